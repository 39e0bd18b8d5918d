/*
 * T8b: elements that were removed, each by itself. What a set's history says of one element is a
 * register's: an add writes that it is there, a remove that it is not, a read sees the one or the
 * other. Each is searched; if one has no order, the set has none.
 *
 * Of the reads only those are looked at that can make a difference. In a stretch of time in which
 * nothing else happens, of the reads that were sent in it and saw the same, the one that returned
 * first stands for all; and for earlier ones that returned later. So the room is that of the
 * operations and what the reads saw, and an element that few operations touch is searched at once.
 */
#include "base/array.h"
#include "checker/linear/models.h"
#include "checker/linear/sets.h"

enum { CONFIGURATIONS_LEAST = 4096, CONFIGURATIONS_PER_OP = 8, ABSENT = TRACE_NIL, PRESENT };

/* Operations by element: those of element e stand at op[begin[e]] .. op[begin[e + 1]]. */
struct by_element {
	uint32_t *begin, *op;
};

struct part_event {
	uint32_t position, event;
};

struct parts {
	const struct set_history *set;
	const struct trace_op *ops;
	uint32_t reads, *read; /* that were answered, by invocation; indices into the trace's */
	uint32_t *soonest;     /* a tree over them: of each half the one that returns first */
	struct by_element changes, sights; /* of removed elements; indices into the trace's */
	uint32_t *bound;                   /* positions between which nothing happens; ascending */
	uint32_t bounds;
	struct set_part part; /* of the element at hand */
	uint32_t room;        /* of what follows: its operations as a register's, its events */
	struct trace_op *op;
	struct part_event *order;
	uint32_t *event;
};

static int compare_numbers(const void *left, const void *right)
{
	return array_order(*(const uint32_t *)left, *(const uint32_t *)right);
}

/* Gathering ----------------------------------------------------------------------------------- */

static uint32_t sooner(const struct parts *parts, uint32_t one, uint32_t other)
{
	if (one == TRACE_NEVER || other == TRACE_NEVER)
		return one == TRACE_NEVER ? other : one;
	return parts->ops[one].returned < parts->ops[other].returned ? one : other;
}

static void gather_reads(struct parts *parts)
{
	const struct linear_object *object = parts->set->object;

	ARRAY_NEW(parts->read, object->ops);
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t index = object_op(object, i);

		if (set_history_is_read(&parts->ops[index]))
			parts->read[parts->reads++] = index;
	}
	ARRAY_NEW(parts->soonest, 2 * (size_t)parts->reads);
	for (uint32_t i = 0; i < parts->reads; i++)
		parts->soonest[parts->reads + i] = parts->read[i];
	for (uint32_t i = parts->reads; i-- > 1;)
		parts->soonest[i] = sooner(parts, parts->soonest[2 * i], parts->soonest[2 * i + 1]);
}

/* Of the reads from one to another the one that returns first; TRACE_NEVER: there is none. */
static uint32_t soonest_of(const struct parts *parts, uint32_t from, uint32_t to)
{
	uint32_t found = TRACE_NEVER;

	for (from += parts->reads, to += parts->reads; from < to; from /= 2, to /= 2) {
		if (from & 1)
			found = sooner(parts, found, parts->soonest[from++]);
		if (to & 1)
			found = sooner(parts, found, parts->soonest[--to]);
	}
	return found;
}

/* The elements that operation i of the object changes, or that it saw as a read. */
static const uint32_t *elements_of(const struct parts *parts, uint32_t i, bool reads,
				   uint32_t *count)
{
	const struct set_history *set = parts->set;
	const struct trace_op *op = &parts->ops[object_op(set->object, i)];

	*count = 0;
	if (reads && set_history_is_read(op))
		*count = set->begin[i + 1] - set->begin[i];
	if (!reads && set_history_changes(op))
		*count = 1;
	return reads ? &set->seen[set->begin[i]] : &set->of[i];
}

/* begin[e + 2] counts first; then begin[e + 1] is where e's operations begin, and in the end where
 * they end. */
static void sort_by_element(const struct parts *parts, bool reads, struct by_element *by)
{
	const struct set_history *set = parts->set;
	uint32_t count;

	ARRAY_NEW(by->begin, set->elements + 2);
	for (uint32_t i = 0; i < set->object->ops; i++) {
		const uint32_t *element = elements_of(parts, i, reads, &count);

		for (; count > 0; count--, element++)
			by->begin[*element + 2] += set->removed[*element];
	}
	for (uint32_t e = 0; e < set->elements; e++)
		by->begin[e + 2] += by->begin[e + 1];
	ARRAY_NEW(by->op, by->begin[set->elements + 1]);
	for (uint32_t i = 0; i < set->object->ops; i++) {
		const uint32_t *element = elements_of(parts, i, reads, &count);

		for (; count > 0; count--, element++)
			if (set->removed[*element])
				by->op[by->begin[*element + 1]++] = object_op(set->object, i);
	}
}

/* The reads that matter ------------------------------------------------------------------------ */

static void add_op(struct parts *parts, uint32_t index, bool saw)
{
	parts->part.op[parts->part.ops++] = index << 1 | saw;
}

static void add_bounds(struct parts *parts, uint32_t index)
{
	const struct trace_op *op = &parts->ops[index];

	parts->bound[parts->bounds++] = op->invoked;
	if (op->returned != TRACE_NEVER)
		parts->bound[parts->bounds++] = op->returned;
}

static void sort_bounds(struct parts *parts)
{
	qsort(parts->bound, parts->bounds, sizeof(*parts->bound), compare_numbers);
}

/* How many of these were invoked before the position. */
static uint32_t count_before(const struct parts *parts, const uint32_t *read, uint32_t reads,
			     uint32_t position)
{
	return (uint32_t)ARRAY_BEFORE(reads, i, parts->ops[read[i]].invoked < position);
}

/* Takes the read when it returns before all that were sent later and are kept. */
static void keep_sooner(struct parts *parts, uint32_t read, bool saw, uint32_t *soonest)
{
	if (read == TRACE_NEVER || parts->ops[read].returned >= *soonest)
		return;
	*soonest = parts->ops[read].returned;
	add_op(parts, read, saw);
}

/* Those that did not see it. All reads sent between two bounds are such. */
static void keep_blind(struct parts *parts)
{
	uint32_t soonest = TRACE_NEVER, end = parts->reads;

	for (uint32_t k = parts->bounds + 1; k-- > 0;) {
		uint32_t from = k == 0 ? 0
				       : count_before(parts, parts->read, parts->reads,
						      parts->bound[k - 1] + 1);

		keep_sooner(parts, soonest_of(parts, from, end), false, &soonest);
		end = k == 0 ? 0 : count_before(parts, parts->read, from, parts->bound[k - 1]);
	}
}

static void keep_sights(struct parts *parts, const uint32_t *sight, uint32_t sights)
{
	uint32_t soonest = TRACE_NEVER;

	for (uint32_t k = parts->bounds + 1; k-- > 0;) {
		uint32_t from = k == 0 ? 0 : parts->bound[k - 1], first = TRACE_NEVER;

		while (sights > 0 && parts->ops[sight[sights - 1]].invoked >= from)
			first = sooner(parts, first, sight[--sights]);
		keep_sooner(parts, first, true, &soonest);
	}
}

/* What was done with the element, in parts->part. */
static void make_part(struct parts *parts, uint32_t element)
{
	const struct by_element *changes = &parts->changes, *sights = &parts->sights;
	uint32_t first = sights->begin[element], end = sights->begin[element + 1];

	parts->part.ops = parts->bounds = 0;
	for (uint32_t i = changes->begin[element]; i < changes->begin[element + 1]; i++)
		add_op(parts, changes->op[i], false);
	uint32_t own = parts->part.ops;

	for (uint32_t i = 0; i < own; i++)
		add_bounds(parts, parts->part.op[i] >> 1);
	for (uint32_t i = first; i < end; i++)
		add_bounds(parts, sights->op[i]);
	sort_bounds(parts);
	keep_blind(parts);
	parts->bounds = 0;
	for (uint32_t i = 0; i < parts->part.ops; i++)
		add_bounds(parts, parts->part.op[i] >> 1);
	sort_bounds(parts);
	keep_sights(parts, &sights->op[first], end - first);
	/* each change and each sight, and a blind read for each stretch: the room of open_part */
	CHECK(parts->part.ops > 0 && parts->part.ops <= 3 * (own + end - first) + 1);
	CHECK(parts->bounds <= 6 * (own + end - first) + 2);
	qsort(parts->part.op, parts->part.ops, sizeof(*parts->part.op), compare_numbers);
}

/* Searching it -------------------------------------------------------------------------------- */

static int compare_events(const void *left, const void *right)
{
	const struct part_event *one = left, *other = right;

	return array_order(one->position, other->position);
}

static void make_room(struct parts *parts)
{
	uint32_t ops = parts->part.ops;

	if (ops <= parts->room)
		return;
	parts->room = 2 * ops;
	parts->op = array_resized(parts->op, parts->room, sizeof(*parts->op));
	parts->order = array_resized(parts->order, 2 * (size_t)parts->room, sizeof(*parts->order));
	parts->event = array_resized(parts->event, 2 * (size_t)parts->room, sizeof(*parts->event));
}

/* Returns how many events there are. */
static uint32_t order_events(struct parts *parts)
{
	uint32_t events = 0;

	for (uint32_t i = 0; i < parts->part.ops; i++) {
		const struct trace_op *op = &parts->op[i];

		parts->order[events++] = (struct part_event){op->invoked, i << 1};
		if (op->returned != TRACE_NEVER)
			parts->order[events++] = (struct part_event){op->returned, i << 1 | 1};
	}
	qsort(parts->order, events, sizeof(*parts->order), compare_events);
	for (uint32_t i = 0; i < events; i++)
		parts->event[i] = parts->order[i].event;
	return events;
}

/* Is it an order if each takes effect as it returns, or each as it is invoked? Mostly one of them
 * is, and that is far cheaper to see than by a search. */
static bool is_plain(const struct parts *parts, uint32_t events, bool at_return)
{
	uint32_t value = ABSENT;

	for (uint32_t i = 0; i < events; i++) {
		const struct trace_op *op = &parts->op[parts->event[i] >> 1];

		if ((parts->event[i] & 1) != at_return || op->outcome != TRACE_OK)
			continue;
		if (op->f == TRACE_READ && op->a != value)
			return false;
		value = op->a;
	}
	return true;
}

/* As a register's. */
static void search_part(struct parts *parts, const struct linear_bounds *within,
			struct linear_result *result)
{
	struct linear_bounds bounds = *within;
	struct trace trace = {.ops = parts->part.ops, .objects = 1};
	struct linear_object object = {.trace = &trace, .ops = trace.ops};

	bounds.configurations =
		CONFIGURATIONS_LEAST + CONFIGURATIONS_PER_OP * (uint64_t)parts->part.ops;
	make_room(parts);
	for (uint32_t i = 0; i < parts->part.ops; i++) {
		const struct trace_op *op = &parts->ops[parts->part.op[i] >> 1];
		bool there = parts->part.op[i] & 1 || op->f == TRACE_ADD;

		parts->op[i] =
			(struct trace_op){.invoked = op->invoked,
					  .returned = op->returned,
					  .f = op->f == TRACE_READ ? TRACE_READ : TRACE_WRITE,
					  .outcome = op->outcome,
					  .a = there ? PRESENT : ABSENT};
	}
	trace.op = parts->op;
	trace.events = object.events = order_events(parts);
	trace.event = parts->event;
	object.event = parts->event;
	*result = (struct linear_result){.verdict = LINEARIZABLE};
	if (is_plain(parts, trace.events, true) || is_plain(parts, trace.events, false))
		return;
	CHECK(linear_search(&object, MODEL_CAS_REGISTER, 1, &bounds, result));
}

/* Room for the bounds and the operations of the element that most is done with. */
static void open_part(struct parts *parts)
{
	uint32_t most = 0;

	for (uint32_t e = 0; e < parts->set->elements; e++) {
		uint32_t ops = parts->changes.begin[e + 1] - parts->changes.begin[e] +
			       parts->sights.begin[e + 1] - parts->sights.begin[e];

		most = ops > most ? ops : most;
	}
	/* At most so many blind reads as there are stretches, 2 * most + 1. */
	ARRAY_NEW(parts->bound, 6 * (size_t)most + 2);
	ARRAY_NEW(parts->part.op, 3 * (size_t)most + 1);
}

static void open_parts(struct parts *parts, const struct set_history *set)
{
	*parts = (struct parts){.set = set, .ops = set->ops};
	gather_reads(parts);
	sort_by_element(parts, false, &parts->changes);
	sort_by_element(parts, true, &parts->sights);
	open_part(parts);
}

static void close_parts(struct parts *parts)
{
	free(parts->read);
	free(parts->soonest);
	free(parts->changes.begin);
	free(parts->changes.op);
	free(parts->sights.begin);
	free(parts->sights.op);
	free(parts->bound);
	free(parts->part.op);
	free(parts->op);
	free(parts->order);
	free(parts->event);
}

bool set_parts_fit(const struct set_history *set, const struct linear_bounds *bounds,
		   struct sets_culprits *culprits, struct set_part *part, uint64_t *configurations)
{
	struct linear_result result = {.verdict = LINEARIZABLE};
	struct parts parts;

	if (!set->has_removes)
		return true;
	open_parts(&parts, set);
	for (uint32_t e = 0; e < set->elements && result.verdict != NOT_LINEARIZABLE; e++) {
		if (!set->removed[e])
			continue;
		make_part(&parts, e);
		search_part(&parts, bounds, &result);
		*configurations += result.configurations;
		CHECK(result.verdict != NOT_LINEARIZABLE ||
		      result.certificate.stuck < parts.part.ops);
		if (result.verdict == NOT_LINEARIZABLE)
			*culprits = (struct sets_culprits){
				.fault = SETS_ELEMENT,
				.element = {e},
				.stuck = parts.part.op[result.certificate.stuck] >> 1};
	}
	if (part && result.verdict == NOT_LINEARIZABLE) {
		*part = parts.part;
		parts.part.op = NULL;
	}
	close_parts(&parts);
	return result.verdict != NOT_LINEARIZABLE;
}
