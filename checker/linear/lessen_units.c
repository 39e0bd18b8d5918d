/*
 * Of each holder the operations that answered are paired as brackets are: a release with the last
 * acquire before it that has none yet. Where some of them overlap, their order is open, and so are
 * they: of such a cluster the releases are put first, which leaves the fewest acquires alone.
 *
 * Why each may go, in every model, is proved in README.md, "Leaving out holds". In short: between
 * the acquire and the release of a pair nothing of the holder's needs an instant, so there it may
 * as well not hold once more. An acquire that no release answered for ended by an open one, or
 * never. That it ended is known once somebody took a lock that nobody then held, and the open
 * release is spent: of those that it can have been, the one that was invoked last is of least use
 * to others, and goes with it.
 */
#include "checker/linear/lessen_units.h"

#include "base/array.h"
#include "checker/linear/models.h"

static const struct trace_op *op_of(const struct units *units, uint32_t i)
{
	return &units->excerpt->trace->op[units->excerpt->op[i]];
}

bool units_cover(enum model model)
{
	return model_knows(model, TRACE_ACQUIRE) && model != MODEL_MUTEX &&
	       model != MODEL_SEMAPHORE;
}

static bool answered(const struct units *units, uint32_t i)
{
	return excerpt_is_mandatory(units->excerpt, i) && op_of(units, i)->outcome == TRACE_OK &&
	       op_of(units, i)->f != TRACE_PROOF;
}

static bool observes(const struct units *units, uint32_t i)
{
	return excerpt_is_mandatory(units->excerpt, i) && op_observes(op_of(units, i));
}

/* Neither answered nor observing: it may have happened, or it failed. */
static bool may_happen(const struct units *units, uint32_t i)
{
	return !excerpt_is_mandatory(units->excerpt, i) &&
	       op_of(units, i)->outcome != TRACE_FAILED && op_of(units, i)->f != TRACE_PROOF;
}

/* An open acquire whose token is known all the same. */
static bool tells_token(const struct trace_op *op)
{
	return op->outcome == TRACE_OPEN && op->has_token;
}

/* Holders ------------------------------------------------------------------------------------- */

static uint32_t holder_of(const struct units *units, uint32_t i)
{
	const struct trace_op *op = op_of(units, i);

	return units->excerpt->by_attempt && units->model != MODEL_REENTRANT_MUTEX ? op->attempt
										   : op->owner;
}

static void number_holders(struct units *units)
{
	uint32_t ops = units->excerpt->ops, low = UINT32_MAX, high = 0;

	for (uint32_t i = 0; i < ops; i++) {
		uint32_t holder = holder_of(units, i);

		low = holder < low ? holder : low;
		high = holder > high ? holder : high;
	}
	keys_open(&units->keys, low, high, ops);
	ARRAY_NEW(units->holder, ops);
	ARRAY_NEW(units->member, ops);
	for (uint32_t i = 0; i < ops; i++)
		units->holder[i] = keys_number(&units->keys, holder_of(units, i));
}

static void list_members(struct units *units)
{
	uint32_t ops = units->excerpt->ops, holders = units->keys.count;
	uint32_t *next;

	ARRAY_NEW(units->first, holders + 1);
	ARRAY_NEW(next, holders + 1);
	for (uint32_t i = 0; i < ops; i++)
		units->first[units->holder[i] + 1]++;
	for (uint32_t h = 0; h < holders; h++)
		next[h + 1] = units->first[h + 1] += units->first[h];
	CHECK(units->first[holders] == ops); /* each operation is one holder's */
	for (uint32_t i = 0; i < ops; i++)
		units->member[next[units->holder[i]]++] = i;
	free(next);
}

/* When a hold has surely ended ---------------------------------------------------------------- */

/* Of the acquires from some operation on, at which nobody else held: the first to return, and the
 * first of another holder. */
struct ends {
	uint32_t at, other_at; /* positions; TRACE_NEVER: none */
	uint32_t holder;       /* of the first */
};

/* Did nobody hold when it took effect? (Of a reentrant mutex: nobody else.) */
static bool finds_it_free(const struct units *units, uint32_t i)
{
	if (!answered(units, i) || !op_acquires(op_of(units, i)))
		return false;
	if (units->model == MODEL_OWNED_SEMAPHORE)
		return false;
	return units->model != MODEL_RWLOCK || op_of(units, i)->mode == TRACE_EXCLUSIVE;
}

static struct ends *find_ends(const struct units *units)
{
	const struct ends none = {TRACE_NEVER, TRACE_NEVER, TRACE_NEVER};
	struct ends *ends;

	ARRAY_NEW(ends, units->excerpt->ops + 1);
	ends[units->excerpt->ops] = none;
	for (uint32_t i = units->excerpt->ops; i-- > 0;) {
		uint32_t at = op_of(units, i)->returned, holder = units->holder[i];

		ends[i] = ends[i + 1];
		if (!finds_it_free(units, i))
			continue;
		if (at < ends[i].at) {
			if (holder != ends[i].holder)
				ends[i].other_at = ends[i].at;
			ends[i].at = at;
			ends[i].holder = holder;
		} else if (holder != ends[i].holder && at < ends[i].other_at) {
			ends[i].other_at = at;
		}
	}
	return ends;
}

/* The first operation of the excerpt that was invoked after a position. */
static uint32_t first_after(const struct units *units, uint32_t position)
{
	return (uint32_t)ARRAY_BEFORE(units->excerpt->ops, i, op_of(units, i)->invoked <= position);
}

/* By when the hold of an acquire that no release answered for had surely ended. */
static uint32_t end_of(const struct units *units, const struct ends *ends, uint32_t acquire)
{
	const struct ends *later = &ends[first_after(units, op_of(units, acquire)->returned)];
	bool by_other = units->model == MODEL_REENTRANT_MUTEX;

	return by_other && later->holder == units->holder[acquire] ? later->other_at : later->at;
}

/* Pairing ------------------------------------------------------------------------------------- */

struct pairing {
	struct units *units;
	const struct ends *ends;
	uint32_t *open; /* acquires without a release, a stack; UNCLEAR marks what overlaps */
	uint32_t opens;
	uint32_t *list; /* operations of the holder that answered */
	uint32_t listed;
	bool *overlaps; /* each of the list */
	bool are_alike; /* the holder's open acquires */
};

static void add_unit(struct pairing *pairing, enum unit_kind kind, uint32_t op, uint32_t end)
{
	struct units *units = pairing->units;
	struct unit *unit = &units->unit[units->count];

	CHECK(units->count < units->excerpt->ops && op <= end);
	CHECK(units->holder[op] == units->holder[end]);
	*unit = (struct unit){.kind = kind,
			      .op = op,
			      .end = end,
			      .from = op_of(units, op)->invoked,
			      .until = op_of(units, end)->returned};
	if (kind == UNIT_LONE) {
		unit->until = end_of(units, pairing->ends, op);
		unit->spends = unit->until != TRACE_NEVER && units->model != MODEL_LEASED_LOCK;
	} else if (kind == UNIT_ASTRAY) {
		unit->from = 0;
		unit->spends = pairing->are_alike;
	}
	units->count++;
}

/* Are the holder's open acquires of one kind? */
static bool are_alike(const struct units *units, uint32_t holder)
{
	bool modes[2] = {false, false};

	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++) {
		const struct trace_op *op = op_of(units, units->member[m]);

		if (!may_happen(units, units->member[m]) || !op_acquires(op))
			continue;
		if (tells_token(op))
			return false;
		modes[op->mode] = true;
	}
	return !modes[TRACE_EXCLUSIVE] || !modes[TRACE_SHARED];
}

static void list_answered(struct pairing *pairing, uint32_t holder)
{
	const struct units *units = pairing->units;

	pairing->listed = 0;
	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++)
		if (answered(units, units->member[m]))
			pairing->list[pairing->listed++] = units->member[m];
}

static void find_overlaps(struct pairing *pairing)
{
	uint32_t busy_until = 0;

	for (uint32_t i = 0; i < pairing->listed; i++) {
		const struct trace_op *op = op_of(pairing->units, pairing->list[i]);

		pairing->overlaps[i] = i > 0 && busy_until > op->invoked;
		if (pairing->overlaps[i])
			pairing->overlaps[i - 1] = true;
		busy_until = op->returned > busy_until ? op->returned : busy_until;
	}
}

static bool is_release(const struct pairing *pairing, uint32_t i)
{
	return op_of(pairing->units, pairing->list[i])->f == TRACE_RELEASE;
}

/* `i`: of the list. */
static void pair_release(struct pairing *pairing, uint32_t i)
{
	uint32_t release = pairing->list[i];

	if (pairing->opens == 0) {
		add_unit(pairing, pairing->overlaps[i] ? UNIT_LOOSE : UNIT_ASTRAY, release,
			 release);
		return;
	}
	uint32_t acquired = pairing->open[--pairing->opens], acquire = pairing->list[acquired];

	if (pairing->overlaps[i] || pairing->overlaps[acquired]) {
		add_unit(pairing, UNIT_LOOSE, acquire, acquire);
		add_unit(pairing, UNIT_LOOSE, release, release);
	} else {
		add_unit(pairing, UNIT_PAIR, acquire, release);
	}
}

/* Operations [begin, end) of the list, which overlap, or a single one. */
static void pair_cluster(struct pairing *pairing, uint32_t begin, uint32_t end)
{
	for (uint32_t i = begin; i < end; i++)
		if (is_release(pairing, i))
			pair_release(pairing, i);
	for (uint32_t i = begin; i < end; i++)
		if (!is_release(pairing, i))
			pairing->open[pairing->opens++] = i;
}

static void pair_holder(struct pairing *pairing, uint32_t holder)
{
	list_answered(pairing, holder);
	find_overlaps(pairing);
	pairing->are_alike = are_alike(pairing->units, holder);
	pairing->opens = 0;
	for (uint32_t begin = 0, end; begin < pairing->listed; begin = end) {
		uint32_t busy_until = op_of(pairing->units, pairing->list[begin])->returned;

		for (end = begin + 1; end < pairing->listed; end++) {
			const struct trace_op *op = op_of(pairing->units, pairing->list[end]);

			if (op->invoked > busy_until)
				break;
			busy_until = op->returned > busy_until ? op->returned : busy_until;
		}
		pair_cluster(pairing, begin, end);
	}
	for (uint32_t i = 0; i < pairing->opens; i++) {
		uint32_t left = pairing->open[i], acquire = pairing->list[left];

		add_unit(pairing, pairing->overlaps[left] ? UNIT_LOOSE : UNIT_LONE, acquire,
			 acquire);
	}
}

static int compare_units(const void *left, const void *right)
{
	const struct unit *a = left, *b = right;

	return array_order(a->op, b->op);
}

static void make_units(struct units *units)
{
	uint32_t ops = units->excerpt->ops;
	struct ends *ends = find_ends(units);
	struct pairing pairing = {.units = units, .ends = ends};

	ARRAY_NEW(pairing.open, ops);
	ARRAY_NEW(pairing.list, ops);
	ARRAY_NEW(pairing.overlaps, ops);
	ARRAY_NEW(units->unit, ops);
	ARRAY_NEW(units->unit_of, ops);
	for (uint32_t h = 0; h < units->keys.count; h++)
		pair_holder(&pairing, h);
	qsort(units->unit, units->count, sizeof(*units->unit), compare_units);
	for (uint32_t i = 0; i < ops; i++)
		units->unit_of[i] = TRACE_NEVER;
	for (uint32_t i = 0; i < units->count; i++) {
		CHECK(units->unit_of[units->unit[i].op] == TRACE_NEVER); /* in one unit only */
		units->unit_of[units->unit[i].op] = i;
		units->unit[i].keep = true;
	}
	free(pairing.open);
	free(pairing.list);
	free(pairing.overlaps);
	free(ends);
}

bool units_open(struct units *units, const struct excerpt *excerpt, enum model model)
{
	*units = (struct units){.excerpt = excerpt, .model = model};
	if (!units_cover(model) || excerpt->ops == 0)
		return false;
	number_holders(units);
	list_members(units);
	make_units(units);
	return true;
}

void units_close(struct units *units)
{
	keys_close(&units->keys);
	free(units->holder);
	free(units->first);
	free(units->member);
	free(units->unit_of);
	free(units->unit);
	*units = (struct units){0};
}

/* Leaving out --------------------------------------------------------------------------------- */

enum fate { KEPT, WEAKENED, LEFT_OUT };

struct leaving {
	struct units *units;
	uint8_t *fate;       /* of each operation of the excerpt */
	uint32_t *seen;      /* of each, the latest return of observers kept up to it */
	uint32_t *candidate; /* open operations, a stack */
	uint32_t looking;    /* how many observers are kept */
};

static void keep_observers(struct leaving *leaving, uint32_t from)
{
	const struct units *units = leaving->units;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < units->excerpt->ops; i++) {
		const struct trace_op *op = op_of(units, i);

		if (observes(units, i) && op->invoked >= from) {
			leaving->looking++;
			seen = op->returned > seen ? op->returned : seen;
		} else if (!answered(units, i) && !may_happen(units, i)) {
			leaving->fate[i] = LEFT_OUT;
		}
		leaving->seen[i] = seen;
	}
}

/* Is there an observer that might notice that the unit is missing? */
static bool is_observed(const struct leaving *leaving, const struct unit *unit)
{
	const struct units *units = leaving->units;

	if (leaving->looking == 0)
		return false;
	uint32_t last = first_after(units, unit->until);

	return last > 0 && leaving->seen[last - 1] > unit->from;
}

/* A pair goes when all that it encloses goes; so from the last on. */
static void leave_holds(struct leaving *leaving, uint32_t holder)
{
	struct units *units = leaving->units;
	uint32_t next_kept = TRACE_NEVER;

	for (uint32_t m = units->first[holder + 1]; m-- > units->first[holder];) {
		uint32_t op = units->member[m];

		if (units->unit_of[op] == TRACE_NEVER)
			continue;
		const struct unit *unit = &units->unit[units->unit_of[op]];
		CHECK(unit->op == op);
		bool goes = !unit->keep && !is_observed(leaving, unit) &&
			    (unit->kind == UNIT_LONE || unit->kind == UNIT_ASTRAY ||
			     (unit->kind == UNIT_PAIR && next_kept > unit->end));

		if (goes)
			leaving->fate[unit->op] = leaving->fate[unit->end] = LEFT_OUT;
		else
			next_kept = op;
	}
}

/* The open operations that ended, or began, the holds of the units left out of this kind. Each goes
 * with the last that it can have been. */
static void spend(struct leaving *leaving, uint32_t holder, enum unit_kind kind)
{
	const struct units *units = leaving->units;
	uint32_t candidates = 0, next = units->first[holder];

	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++) {
		uint32_t op = units->member[m];
		const struct unit *unit =
			units->unit_of[op] == TRACE_NEVER ? NULL : &units->unit[units->unit_of[op]];

		if (!unit || unit->kind != kind || !unit->spends || leaving->fate[op] != LEFT_OUT)
			continue;
		for (; next < units->first[holder + 1]; next++) {
			uint32_t other = units->member[next];

			if (op_of(units, other)->invoked > unit->until)
				break;
			if (may_happen(units, other) &&
			    op_acquires(op_of(units, other)) == (kind == UNIT_ASTRAY))
				leaving->candidate[candidates++] = other;
		}
		if (candidates > 0)
			leaving->fate[leaving->candidate[--candidates]] = LEFT_OUT;
	}
}

/* True when one of the holder's units is to be kept. */
static bool weaken(struct leaving *leaving, uint32_t holder)
{
	const struct units *units = leaving->units;
	bool keeps = false;

	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++) {
		uint32_t op = units->member[m];

		if (units->unit_of[op] == TRACE_NEVER)
			continue;
		const struct unit *unit = &units->unit[units->unit_of[op]];

		keeps |= unit->keep;
		if (!unit->keep && unit->kind == UNIT_LOOSE)
			leaving->fate[op] = WEAKENED;
	}
	return keeps;
}

static bool is_open(const struct leaving *leaving, uint32_t op)
{
	return leaving->fate[op] == WEAKENED ||
	       (leaving->fate[op] == KEPT && may_happen(leaving->units, op));
}

/* How many acquires or releases that answered are kept; *until: the last return of these. */
static uint32_t count_answered(const struct leaving *leaving, uint32_t holder, bool acquires,
			       uint32_t *until)
{
	const struct units *units = leaving->units;
	uint32_t count = 0;

	*until = 0;
	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++) {
		uint32_t op = units->member[m], at = op_of(units, op)->returned;

		if (leaving->fate[op] != KEPT || !answered(units, op) ||
		    op_acquires(op_of(units, op)) != acquires)
			continue;
		*until = at > *until ? at : *until;
		count++;
	}
	return count;
}

/* An open acquire is of use to a release that answered later, one to each, and to nobody else:
 * unless somebody looks. How many are kept. */
static uint32_t trim_acquires(struct leaving *leaving, uint32_t holder, uint32_t releases,
			      uint32_t released_until)
{
	const struct units *units = leaving->units;
	uint32_t used[2] = {0, 0}, kept = 0;

	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++) {
		uint32_t op = units->member[m];
		const struct trace_op *acquire = op_of(units, op);

		if (!op_acquires(acquire) || !is_open(leaving, op))
			continue;
		bool of_use =
			leaving->looking > 0 || tells_token(acquire) ||
			(acquire->invoked < released_until && used[acquire->mode]++ < releases);

		if (!of_use)
			leaving->fate[op] = LEFT_OUT;
		kept += of_use;
	}
	return kept;
}

/* Of equal operations those that were invoked first serve best. */
static void trim(struct leaving *leaving, uint32_t holder)
{
	const struct units *units = leaving->units;
	uint32_t until, releases = count_answered(leaving, holder, false, &until);
	uint32_t open = trim_acquires(leaving, holder, releases, until);
	uint32_t acquires = count_answered(leaving, holder, true, &until) + open;

	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++) {
		uint32_t op = units->member[m];

		if (op_of(units, op)->f != TRACE_RELEASE || !is_open(leaving, op))
			continue;
		if (releases < acquires)
			releases++;
		else
			leaving->fate[op] = LEFT_OUT;
	}
}

static void leave_holder(struct leaving *leaving, uint32_t holder)
{
	const struct units *units = leaving->units;

	for (uint32_t m = units->first[holder]; m < units->first[holder + 1]; m++)
		leaving->fate[units->member[m]] = LEFT_OUT;
}

void units_leave_out(struct units *units, uint32_t observers_from, struct excerpt *smaller)
{
	const struct excerpt *excerpt = units->excerpt;
	struct leaving leaving = {.units = units};

	ARRAY_NEW(leaving.fate, excerpt->ops);
	ARRAY_NEW(leaving.seen, excerpt->ops);
	ARRAY_NEW(leaving.candidate, excerpt->ops);
	keep_observers(&leaving, observers_from);
	for (uint32_t holder = 0; holder < units->keys.count; holder++) {
		leave_holds(&leaving, holder);
		spend(&leaving, holder, UNIT_LONE);
		spend(&leaving, holder, UNIT_ASTRAY);
		if (!weaken(&leaving, holder) && leaving.looking == 0)
			leave_holder(&leaving, holder);
		else
			trim(&leaving, holder);
	}
	excerpt_begin_like(smaller, excerpt);
	for (uint32_t i = 0; i < excerpt->ops; i++)
		if (leaving.fate[i] != LEFT_OUT)
			excerpt_add(smaller, excerpt->op[i],
				    excerpt->open[i] || leaving.fate[i] == WEAKENED);
	free(leaving.fate);
	free(leaving.seen);
	free(leaving.candidate);
}

void units_trim(struct excerpt *excerpt, enum model model)
{
	struct excerpt smaller;
	struct units units;

	if (units_open(&units, excerpt, model)) {
		units_leave_out(&units, 0, &smaller);
		excerpt_free(excerpt);
		*excerpt = smaller;
	}
	units_close(&units);
}
