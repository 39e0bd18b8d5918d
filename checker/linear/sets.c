/*
 * T8: the elements of a set that nobody removes. The set grows only, so the reads must stand in a
 * row in which each saw what the one before saw, and what the row says of the order must agree with
 * time. One pass over the events: at the return of a read what it saw is held against the reads and
 * the adds that were answered before. Time and room for the operations and what the reads saw.
 */
#include "checker/linear/sets.h"

#include "base/array.h"
#include "checker/linear/models.h"

/* An element so far. */
struct member {
	uint32_t added;    /* the add that was invoked first; TRACE_NEVER: none */
	uint32_t answered; /* ... that returned first; TRACE_NEVER: none */
	uint32_t before;   /* how many elements had been answered when `added` was invoked */
	uint32_t stage;    /* of the smallest read that saw it; TRACE_NEVER: none did */
	uint32_t stamp;    /* the last read that saw it, + 1 */
};

/* Of a read: what was known when it was sent, and how many elements it saw. */
struct sent {
	uint32_t before;   /* how many elements had been answered */
	uint32_t greatest; /* the read answered by then that saw most; TRACE_NEVER: none */
	uint32_t size;
};

/* A size that some read had; the reads of one size saw the same. */
struct stage {
	uint32_t size;
	uint32_t read; /* one of them, by its number among the object's operations */
};

struct growing {
	const struct set_history *set;
	const struct linear_object *object;
	const struct trace_op *ops;
	struct member *member;
	struct sent *sent; /* by operation of the object */
	struct stage *stage;
	uint32_t stages, stage_room;
	uint32_t answered; /* elements */
	uint32_t greatest; /* as in struct sent */
	uint32_t most;     /* elements that this read saw */
	struct sets_culprits *culprits;
};

static const struct member no_member = {TRACE_NEVER, TRACE_NEVER, 0, TRACE_NEVER, 0};

static const struct trace_op *op_of(const struct growing *growing, uint32_t number)
{
	return &growing->ops[object_op(growing->object, number)];
}

static bool was_answered(const struct growing *growing, const struct member *member, uint32_t by)
{
	return member->answered != TRACE_NEVER && growing->ops[member->answered].returned < by;
}

/* What `before` saw and this read did not, which has put its stamp on all that it saw. */
static uint32_t missing_from(const struct growing *growing, uint32_t read, uint32_t before)
{
	const struct set_history *set = growing->set;
	uint32_t at = set->begin[before];

	while (set->removed[set->seen[at]] || growing->member[set->seen[at]].stamp == read + 1)
		at++;
	CHECK(at < set->begin[before + 1]);
	return set->seen[at];
}

/* What this read saw, and the reads of that size did not. */
static uint32_t seen_beyond(const struct growing *growing, uint32_t read, uint32_t size)
{
	const struct set_history *set = growing->set;
	uint32_t at = set->begin[read];

	while (set->removed[set->seen[at]] || growing->member[set->seen[at]].stage <= size)
		at++;
	CHECK(at < set->begin[read + 1]);
	return set->seen[at];
}

static void blame_element(struct growing *growing, int i, uint32_t element, bool seen)
{
	const struct member *member = &growing->member[element];

	growing->culprits->element[i] = element;
	growing->culprits->add[i] = seen ? member->added : member->answered;
}

static bool blame(struct growing *growing, enum sets_fault fault, uint32_t read)
{
	uint32_t index = object_op(growing->object, read);

	growing->culprits->fault = fault;
	growing->culprits->read[0] = growing->culprits->stuck = index;
	return false;
}

/* A read that was answered before this one saw something that this one did not. */
static bool blame_two(struct growing *growing, uint32_t before, uint32_t read)
{
	bool later = op_of(growing, before)->returned < op_of(growing, read)->invoked;

	blame(growing, later ? SETS_BACK : SETS_APART, read);
	growing->culprits->read[0] = object_op(growing->object, before);
	growing->culprits->read[1] = object_op(growing->object, read);
	blame_element(growing, 0, missing_from(growing, read, before), true);
	if (!later)
		blame_element(growing, 1, seen_beyond(growing, read, growing->sent[before].size),
			      true);
	return false;
}

/* The read did not see all that was answered before it was sent, or before the add of something
 * that it saw (`latest`) was. */
static bool blame_missing(struct growing *growing, uint32_t read, uint32_t latest, uint32_t by)
{
	const struct member *member = growing->member;
	uint32_t missing = 0;

	while (member[missing].stamp == read + 1 || !was_answered(growing, &member[missing], by))
		CHECK(++missing < growing->set->elements);
	bool lost = was_answered(growing, &member[missing], op_of(growing, read)->invoked);

	blame(growing, lost ? SETS_LOST : SETS_ORDER, read);
	if (!lost)
		blame_element(growing, 0, latest, true);
	blame_element(growing, lost ? 0 : 1, missing, false);
	return false;
}

/* Are the adds in order? Counts what the read saw. */
static bool heeds_adds(struct growing *growing, uint32_t read)
{
	const struct set_history *set = growing->set;
	uint32_t by = op_of(growing, read)->invoked, before = growing->sent[read].before;
	uint32_t latest = 0, there = 0;

	growing->most = 0;
	for (uint32_t i = set->begin[read]; i < set->begin[read + 1]; i++) {
		struct member *member = &growing->member[set->seen[i]];

		if (set->removed[set->seen[i]])
			continue;
		if (member->added == TRACE_NEVER) {
			blame_element(growing, 0, set->seen[i], true);
			return blame(growing, SETS_UNADDED, read);
		}
		if (growing->ops[member->added].invoked > by) {
			latest = set->seen[i];
			by = growing->ops[member->added].invoked;
			before = member->before;
		}
		member->stamp = read + 1;
		growing->most++;
	}
	for (uint32_t i = set->begin[read]; i < set->begin[read + 1]; i++)
		if (!set->removed[set->seen[i]])
			there += was_answered(growing, &growing->member[set->seen[i]], by);
	return there == before || blame_missing(growing, read, latest, by);
}

/* The first stage that is greater. */
static uint32_t stage_above(const struct growing *growing, uint32_t size)
{
	return (uint32_t)ARRAY_BEFORE(growing->stages, i, growing->stage[i].size <= size);
}

static void insert(struct growing *growing, uint32_t at, struct stage stage)
{
	ARRAY_GROW(growing->stage, growing->stages, growing->stage_room);
	for (uint32_t i = growing->stages++; i > at; i--)
		growing->stage[i] = growing->stage[i - 1];
	growing->stage[at] = stage;
	CHECK(at == 0 || growing->stage[at - 1].size < stage.size);
	CHECK(at + 1 == growing->stages || stage.size < growing->stage[at + 1].size);
}

/* Does it stand in a row with the reads before? It must have all of the stage below or equal, and
 * nothing that the one above has not. */
static bool heeds_reads(struct growing *growing, uint32_t read)
{
	static const struct stage none = {0, TRACE_NEVER};
	const struct set_history *set = growing->set;
	uint32_t size = growing->most, above = stage_above(growing, size), common = 0;
	struct stage below = above > 0 ? growing->stage[above - 1] : none;
	uint32_t limit = above < growing->stages ? growing->stage[above].size : TRACE_NEVER;

	for (uint32_t i = set->begin[read]; i < set->begin[read + 1]; i++) {
		const struct member *member = &growing->member[set->seen[i]];

		if (set->removed[set->seen[i]])
			continue;
		common += member->stage <= below.size;
		if (member->stage > limit)
			return blame_two(growing, growing->stage[above].read, read);
	}
	if (common != below.size)
		return blame_two(growing, below.read, read);
	if (below.read == TRACE_NEVER || below.size != size)
		insert(growing, above, (struct stage){size, read});
	for (uint32_t i = set->begin[read]; i < set->begin[read + 1]; i++) {
		struct member *member = &growing->member[set->seen[i]];

		member->stage = member->stage > size ? size : member->stage;
	}
	return true;
}

/* Did it see all that reads saw which were answered before it was sent? */
static bool heeds_time(struct growing *growing, uint32_t read)
{
	uint32_t greatest = growing->sent[read].greatest;

	if (greatest == TRACE_NEVER || growing->sent[greatest].size <= growing->most)
		return true;
	return blame_two(growing, greatest, read);
}

static bool sweep_read(struct growing *growing, uint32_t read, bool is_return)
{
	struct sent *sent = &growing->sent[read];

	if (!is_return) {
		sent->before = growing->answered;
		sent->greatest = growing->greatest;
		return true;
	}
	if (!heeds_adds(growing, read) || !heeds_time(growing, read) || !heeds_reads(growing, read))
		return false;
	sent->size = growing->most;
	if (growing->greatest == TRACE_NEVER || sent->size > growing->sent[growing->greatest].size)
		growing->greatest = read;
	return true;
}

static void sweep_add(struct growing *growing, uint32_t add, bool is_return)
{
	uint32_t element = growing->set->of[add], index = object_op(growing->object, add);
	struct member *member = &growing->member[element];

	if (growing->set->removed[element])
		return;
	if (member->added == TRACE_NEVER) { /* it is sent */
		member->added = index;
		member->before = growing->answered;
	} else if (is_return && member->answered == TRACE_NEVER) {
		member->answered = index;
		growing->answered++;
		CHECK(growing->answered <= growing->set->elements);
	}
}

static bool sweep(struct growing *growing)
{
	const struct linear_object *object = growing->object;

	for (uint32_t i = 0; i < object->events; i++) {
		uint32_t index = object->event[i] >> 1;
		bool is_return = object->event[i] & 1;
		const struct trace_op *op = &growing->ops[index];

		if (set_history_is_read(op)) {
			if (!sweep_read(growing, object_find_op(object, index), is_return))
				return false;
		} else if (set_history_changes(op)) {
			sweep_add(growing, object_find_op(object, index), is_return);
		}
	}
	return true;
}

bool sets_fit(const struct set_history *set, struct sets_culprits *culprits)
{
	struct growing growing = {.set = set,
				  .object = set->object,
				  .ops = set->ops,
				  .greatest = TRACE_NEVER,
				  .culprits = culprits};

	*culprits = (struct sets_culprits){.fault = SETS_FIT,
					   .read = {TRACE_NEVER, TRACE_NEVER},
					   .add = {TRACE_NEVER, TRACE_NEVER},
					   .stuck = TRACE_NEVER};
	ARRAY_NEW(growing.member, set->elements);
	ARRAY_NEW(growing.sent, set->object->ops);
	for (uint32_t i = 0; i < set->elements; i++)
		growing.member[i] = no_member;
	bool fits = sweep(&growing);

	free(growing.member);
	free(growing.sent);
	free(growing.stage);
	return fits;
}

/* False: neither refuted nor, without removes, decided. */
static bool decide(const struct set_history *set, const struct linear_bounds *bounds,
		   struct linear_result *result)
{
	struct sets_culprits culprits;
	bool fits = sets_fit(set, &culprits);

	*result = (struct linear_result){
		.verdict = LINEARIZABLE, .procedure = "T8", .certificate = {.stuck = TRACE_NEVER}};
	if (fits && set->has_removes && set_orders_find(set, bounds)) {
		result->procedure = "T8c";
	} else if (fits && set->has_removes) {
		result->procedure = "T8b";
		fits = set_parts_fit(set, bounds, &culprits, NULL, &result->configurations);
		if (fits)
			return false;
	}
	CHECK(fits == (culprits.stuck == TRACE_NEVER));
	if (!fits)
		object_refute(set->object,
			      object_find_event(set->object, set->ops[culprits.stuck].returned),
			      result);
	return true;
}

bool linear_sets(const struct linear_object *object, enum model model,
		 const struct linear_bounds *bounds, struct linear_result *result)
{
	struct linear_result own;
	struct set_history set;

	if (model != MODEL_SET)
		return false;
	bool answers = set_history_open(&set, object) && decide(&set, bounds, &own);

	if (answers)
		*result = own;
	set_history_close(&set);
	return answers;
}
