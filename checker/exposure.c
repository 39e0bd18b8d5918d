/*
 * Exposures: how often a violation was possible. Zero violations mean something only beside them.
 *
 * Theory of operation. A hold is exposed when its lease ended without its asking while somebody
 * else wanted the lock. What became of it:
 *   - it had stopped in time: its worker had decided (LOSE) that it holds no more, before the key
 *     went. The margin is the time between the two;
 *   - it believed on, or had died and left a request under way. That is outlived, if nothing came
 * of it, else harm: a definite violation that counts. A worker that asked for the end itself, or
 * died without a request under way, was in no danger.
 *
 * Somebody wants the lock who waits when the key goes, or who comes while the danger lasts: until
 * the worker believes no more and the last of its requests has reached the store. The witness may
 * see the removal after the next holder has its answer, so that nobody seems to wait any more at
 * the moment of sight: the queue itself is asked too, whether the next holder's key stood there at
 * the removal's revision. Who waits at an instant is counted in one sweep over begins and ends of
 * acquires, per worker, since a worker that never gave its last hold up (a negative control) is not
 * somebody else.
 *
 * Where several may hold the lock, it is wanted by those whom the hold keeps out: a reader's by
 * writers, a writer's, and one of a semaphore, by everybody.
 *
 * Harm proves danger: an attempt that is at fault in a definite violation is exposed whatever the
 * witness saw, unless the other party of that violation is. So nothing is UNSAFE in no exposure.
 */
#include <stdlib.h>

#include "base/array.h"
#include "checker/holds/covers.h"
#include "checker/checks.h"

enum moment { ENDS, ASKS, BEGINS }; /* the order at one instant: waiting is (begin, end), open */

struct point {
	int64_t at_ns;
	enum moment moment;
	enum mode mode; /* wanted, or held */
	int worker;
	struct attempt *attempt; /* of ASKS */
};

static int compare_points(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return array_order(a->at_ns, b->at_ns)
		       ?: array_order(a->moment, b->moment)
			       ?: array_order(a->worker, b->worker);
}

/* The danger that one hold was in. */
struct danger {
	int64_t from_ns; /* its lease was gone; NEVER_NS: no danger */
	int64_t to_ns;   /* nothing of it can come to the store any more; from_ns when it stopped */
	bool stopped;    /* in time */
};

static const struct danger none = {NEVER_NS, NEVER_NS, false};

static bool asks(const struct op_row *op)
{
	return op->f == F_RELEASE || op->f == F_LEASE_REVOKE;
}

/* A revoke that was acknowledged took the lease. Any other request that may have arrived took the
 * key if that went before the lease was due. */
bool hold_ended_by_asking(const struct attempt *attempt)
{
	CHECK(attempt->grant && attempt->grant->removed_seen_ns != NEVER_NS);
	int64_t removed_ns = attempt->grant->removed_seen_ns;
	bool due = !attempt_lease_lives(attempt, removed_ns);

	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (!asks(op) || op->outcome == OUTCOME_FAIL || op->invoked_ns >= removed_ns)
			continue;
		if (!due || (op->f == F_LEASE_REVOKE && op->outcome == OUTCOME_OK))
			return true;
	}
	return false;
}

/* What the store's log says of an attempt. */
struct arrivals {
	int64_t last_ns; /* when it decided on the last of its requests; 0: it had none */
	int open; /* requests without an answer that did not arrive before its lease was gone:
		     they may come yet, or did */
};

static bool is_open_request(const struct op_row *op)
{
	return (op->f == F_READ || op->f == F_WRITE) && op->outcome == OUTCOME_INFO;
}

static void count_open(const struct attempt *attempt, struct arrivals *arrivals)
{
	for (int i = 0; i < attempt->ops; i++)
		arrivals->open += is_open_request(attempt->op[i]);
}

static void add_arrival(const struct attempt *attempt, const struct op_row *op,
			const struct decision_row *decision, struct arrivals *arrivals)
{
	bool before = attempt->grant && decision->decided_ns < attempt->grant->removed_seen_ns;

	arrivals->open -= is_open_request(op) && before;
	if (decision->decided_ns > arrivals->last_ns)
		arrivals->last_ns = decision->decided_ns;
}

static struct danger danger_of(const struct attempt *attempt, const struct arrivals *arrivals)
{
	if (!attempt->acquire || !attempt->grant || attempt->grant->removed_seen_ns == NEVER_NS)
		return none;
	/* A ghost's key was gone before it believed. */
	int64_t removed_ns = attempt->grant->removed_seen_ns > attempt->believed_from_ns
				     ? attempt->grant->removed_seen_ns
				     : attempt->believed_from_ns;
	struct danger danger = {removed_ns, attempt->believed_to_ns, false};

	if (arrivals->last_ns > danger.to_ns)
		danger.to_ns = arrivals->last_ns;
	if (removed_ns < attempt->believed_to_ns)
		return danger;
	if (!attempt->ending) { /* its process died, before the key went */
		danger.to_ns = arrivals->last_ns > removed_ns ? arrivals->last_ns : removed_ns;
		return arrivals->open > 0 ? danger : none;
	}
	if (attempt->ending->f != F_LOSE || hold_ended_by_asking(attempt))
		return none;
	return (struct danger){removed_ns, removed_ns, true};
}

/* Of every attempt, by its place in facts->attempt. The caller frees. */
static struct danger *find_dangers(const struct lane_facts *facts)
{
	struct arrivals *arrivals;
	struct danger *danger;

	ARRAY_NEW(danger, facts->attempts);
	ARRAY_NEW(arrivals, facts->attempts);
	for (int i = 0; i < facts->attempts; i++)
		count_open(&facts->attempt[i], &arrivals[i]);
	for (int i = 0; i < facts->rows->decisions; i++) {
		const struct decision_row *decision = &facts->rows->decision[i];
		const struct attempt *attempt = facts_attempt_of_op(facts, decision->op);

		if (attempt)
			add_arrival(attempt, facts_op(facts, decision->op), decision,
				    &arrivals[attempt - facts->attempt]);
	}
	for (int i = 0; i < facts->attempts; i++) {
		danger[i] = danger_of(&facts->attempt[i], &arrivals[i]);
		CHECK(danger[i].from_ns <= danger[i].to_ns);
	}
	free(arrivals);
	return danger;
}

/* Who wanted the lock ------------------------------------------------------------------------- */

static int collect_points(const struct lane_facts *facts, const struct danger *danger,
			  struct point *points)
{
	int count = 0;

	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];

		if (op->f != F_ACQUIRE)
			continue;
		const struct actor *actor = run_actor(facts->run, op->process);
		int64_t until_ns = op->returned_ns;

		if (actor && actor->ended_ns < until_ns)
			until_ns = actor->ended_ns;
		if (until_ns <= op->invoked_ns)
			continue;
		enum mode mode = sharing_mode(facts->sharing, op->mode);

		points[count++] = (struct point){op->invoked_ns, BEGINS, mode, op->worker, NULL};
		points[count++] = (struct point){until_ns, ENDS, mode, op->worker, NULL};
	}
	for (int i = 0; i < facts->attempts; i++) {
		struct attempt *attempt = &facts->attempt[i];

		if (danger[i].from_ns != NEVER_NS)
			points[count++] = (struct point){danger[i].from_ns, ASKS, attempt->mode,
							 attempt->worker, attempt};
	}
	array_sort(points, (size_t)count, sizeof(*points), compare_points);
	return count;
}

/* Somebody else begins to wait after points[at] and until to_ns. */
static bool comes_until(enum sharing sharing, const struct point *points, int count, int at,
			int64_t to_ns)
{
	for (int i = at + 1; i < count && points[i].at_ns <= to_ns; i++)
		if (points[i].moment == BEGINS && points[i].worker != points[at].worker &&
		    sharing_keeps_out(sharing, points[at].mode, points[i].mode))
			return true;
	return false;
}

/* Who waits at an instant, in each mode: everybody, and each worker. */
struct waiting {
	int everybody[2], *of_worker[2];
};

/* Another one whom the hold that asks keeps out. */
static bool others_wait(const struct waiting *waiting, enum sharing sharing,
			const struct point *point)
{
	int others = 0;

	for (int mode = MODE_EXCLUSIVE; mode <= MODE_SHARED; mode++)
		if (sharing_keeps_out(sharing, point->mode, (enum mode)mode))
			others +=
				waiting->everybody[mode] - waiting->of_worker[mode][point->worker];
	CHECK(others >= 0);
	return others > 0;
}

static void waiting_change(struct waiting *waiting, const struct point *point, int by)
{
	waiting->everybody[point->mode] += by;
	waiting->of_worker[point->mode][point->worker] += by;
	CHECK(waiting->everybody[point->mode] >= 0 &&
	      waiting->of_worker[point->mode][point->worker] >= 0);
}

/* Sets wanted[i] for every attempt i (by its place in facts->attempt) whose lock somebody else
 * wanted while it was in danger. */
static void find_wanted(const struct point *points, int count, const struct lane_facts *facts,
			const struct danger *danger, bool *wanted)
{
	struct waiting waiting = {0};
	int workers = 0;

	for (int i = 0; i < count; i++)
		if (points[i].worker >= workers)
			workers = points[i].worker + 1; /* the reader bounds them */
	ARRAY_NEW(waiting.of_worker[MODE_EXCLUSIVE], workers);
	ARRAY_NEW(waiting.of_worker[MODE_SHARED], workers);
	for (int i = 0; i < count; i++) {
		const struct point *point = &points[i];

		switch (point->moment) {
		case ENDS:
			waiting_change(&waiting, point, -1);
			break;
		case ASKS:
			wanted[point->attempt - facts->attempt] =
				others_wait(&waiting, facts->sharing, point) ||
				comes_until(facts->sharing, points, count, i,
					    danger[point->attempt - facts->attempt].to_ns);
			break;
		case BEGINS:
			waiting_change(&waiting, point, 1);
			break;
		}
	}
	/* who begins to wait also ends */
	CHECK(waiting.everybody[MODE_EXCLUSIVE] == 0 && waiting.everybody[MODE_SHARED] == 0);
	free(waiting.of_worker[MODE_EXCLUSIVE]);
	free(waiting.of_worker[MODE_SHARED]);
}

/* Who is the next that this one keeps out; NULL. `alone`: the next that shares nothing. Of those
 * who share, the ones between may hold beside it. */
static const struct attempt *next_kept_out(const struct lane_facts *facts, int at,
					   const struct attempt *alone)
{
	if (facts->sharing == SHARING_RWLOCK && facts->by_order[at]->mode == MODE_SHARED)
		return alone;
	return facts->most < facts->ordered - at ? facts->by_order[at + facts->most] : NULL;
}

/* The next holder had been in the queue when the key was removed. */
static bool next_stood_in_line(const struct lane_facts *facts, const struct danger *danger,
			       const struct attempt *attempt, const struct attempt *next)
{
	int64_t removed = attempt->grant ? attempt->grant->removed_order : STANDS;
	int64_t from_ns = danger[attempt - facts->attempt].from_ns;

	return removed != STANDS && next->grant && next->grant->order < removed &&
	       next->worker != attempt->worker && from_ns != NEVER_NS &&
	       next->acquire->invoked_ns < from_ns &&
	       (!facts_share(facts) || next->answer_order >= removed); /* else it held by then */
}

/* The caller frees. */
static bool *find_exposed(const struct lane_facts *facts, const struct danger *danger,
			  unsigned int counting)
{
	const struct attempt *alone = NULL; /* the next one by order that shares nothing */
	struct point *points;
	bool *exposed;

	ARRAY_ROOM(points, 2 * (size_t)facts->rows->ops + (size_t)facts->attempts);
	ARRAY_NEW(exposed, facts->attempts);
	find_wanted(points, collect_points(facts, danger, points), facts, danger, exposed);
	for (int i = facts->ordered - 1; i >= 0; i--) {
		const struct attempt *attempt = facts->by_order[i];
		const struct attempt *next = next_kept_out(facts, i, alone);

		if (next && next_stood_in_line(facts, danger, attempt, next))
			exposed[attempt - facts->attempt] = true;
		if (attempt->mode == MODE_EXCLUSIVE)
			alone = attempt;
	}
	for (int i = 0; i < facts->attempts; i++) {
		const struct attempt *attempt = &facts->attempt[i];

		if (attempt->faults & counting &&
		    !(attempt->met && exposed[attempt->met - facts->attempt]))
			exposed[i] = true;
	}
	free(points);
	return exposed;
}

/* Counting ------------------------------------------------------------------------------------ */

const struct fault_row *hold_fault_behind(const struct lane_facts *facts,
					  const struct attempt *attempt, int64_t lost_ns)
{
	int64_t to_ns = lost_ns == NEVER_NS ? attempt->believed_to_ns : lost_ns;
	int64_t from_ns = attempt->acknowledged_ns < to_ns ? attempt->acknowledged_ns : to_ns;

	return run_cover(facts->run, attempt->process, from_ns, to_ns)
		       ?: run_members_cover(facts->run, from_ns, to_ns);
}

static void count_exposure(struct tally *tally, const struct attempt *attempt,
			   const struct danger *danger, const struct fault_row *fault,
			   unsigned int counting)
{
	int64_t margin_ns = danger->from_ns - attempt->believed_to_ns;

	CHECK(!danger->stopped || margin_ns >= 0);
	tally->exposures++;
	occasions_add(&tally->exposed, fault, attempt->id, attempt->marks & counting);
	if (attempt->marks & counting) {
		tally->events++;
		return;
	}
	tally->stopped += danger->stopped;
	if (danger->stopped && margin_ns < tally->least_margin_ns)
		tally->least_margin_ns = margin_ns;
}

static void count_exposures_of_arm(struct docket *docket, const struct lane_facts *facts,
				   unsigned int counting)
{
	struct danger *danger = find_dangers(facts);
	bool *exposed = find_exposed(facts, danger, counting);

	for (int i = 0; i < facts->attempts; i++) {
		const struct attempt *attempt = &facts->attempt[i];

		if (!exposed[i])
			continue;
		const struct fault_row *fault =
			hold_fault_behind(facts, attempt, danger[i].from_ns);

		count_exposure(docket_tally_of_arm(docket, facts), attempt, &danger[i], fault,
			       counting);
		coverage_count_exposure(&docket->coverage, fault);
	}
	const struct tally *tally = docket_tally_of_arm(docket, facts);

	CHECK(tally->events + tally->stopped <= tally->exposures);
	free(danger);
	free(exposed);
}

/* NULL: none. */
static const struct fault_row *fault_over(const struct lane_facts *facts, const struct grant *grant)
{
	const struct fault_row *fault =
		grant ? run_cover(facts->run, RUN_MEMBERS, grant->created_seen_ns,
				  grant->removed_seen_ns)
		      : NULL;

	return fault && !run_is_load(fault) ? fault : NULL;
}

/* For the service, each key that it had granted to a holder while a fault lay over one of its
 * members is an occasion, and so is each of its violations. */
static void count_exposures_of_service(struct docket *docket, const struct lane_facts *facts)
{
	struct tally *tally = docket_tally_of_service(docket);
	unsigned int counting = violations_of_service();

	for (int i = 0; i < facts->attempts; i++) {
		const struct attempt *attempt = &facts->attempt[i];
		const struct fault_row *fault =
			attempt->acquire ? fault_over(facts, attempt->grant) : NULL;

		if (!fault && !(attempt->faults & counting))
			continue;
		tally->exposures++;
		occasions_add(&tally->exposed, fault, attempt->id, attempt->marks & counting);
		tally->events += (attempt->marks & counting) != 0;
	}
	CHECK(tally->events <= tally->exposures);
}

void count_exposures(struct docket *docket, const struct lane_facts *facts,
		     const struct guard_kind *guard)
{
	count_exposures_of_arm(docket, facts, guard_counting(guard, facts->honest));
	if (facts->honest)
		count_exposures_of_service(docket, facts);
}
