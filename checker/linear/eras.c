/*
 * T9: key-value stores in which each text that a get saw can have come about in one way only. An
 * *era* is what happens from a put to the next one; a get tells the whole of its era up to there:
 * which put began it, and what was appended, in which order. So within an era the order is known;
 * and eras stand in a row as the values of a register do whose writes are unique, which is for T7
 * to judge: a put writes its era, and what was appended and seen in it reads that era. What nobody
 * saw spoils the text until the next put, and so is an era of its own.
 */
#include "checker/linear/eras.h"

#include <string.h>

#include "base/array.h"
#include "checker/linear/models.h"
#include "checker/linear/text_ways.h"
#include "checker/linear/zones.h"

struct eras {
	const struct problem *problem;
	const struct trace_op *ops; /* the trace's */
	uint32_t until;
	struct ways ways;
	/* By operation of the problem, and one more: the first text, which begins an era as a put
	 * does. NO_OP where there is none. */
	uint32_t *before, *after; /* the operation that wrote what stands before it, and behind */
	uint32_t *get, *next_get; /* the gets that saw its end last */
	uint32_t *era;            /* by what it was begun; of what nobody saw none */
	struct eras_culprits *culprits;
};

/* A register's history of the same operations. */
struct eras_register {
	struct trace trace;
	struct linear_object object;
	uint32_t *number; /* by operation of the problem; NO_OP: left out */
	uint32_t *event, *unanswered;
	uint32_t unanswereds;
};

static uint32_t invoked(const struct eras *eras, uint32_t op)
{
	return eras->ops[eras->problem->op[op].source].invoked;
}

static uint32_t returned(const struct eras *eras, uint32_t op)
{
	uint32_t at = eras->ops[eras->problem->op[op].source].returned;

	return at < eras->until ? at : TRACE_NEVER;
}

static enum trace_function function_of(const struct eras *eras, uint32_t op)
{
	return (enum trace_function)eras->ops[eras->problem->op[op].source].f;
}

/* Appends of nothing change nothing, and have an instant wherever they like. */
static bool is_empty(const struct eras *eras, uint32_t op)
{
	return function_of(eras, op) == TRACE_APPEND && eras->problem->op[op].step.a == 0;
}

/* The operations before `until` are the first ones. */
static uint32_t count_ops(const struct eras *eras)
{
	uint32_t count = eras->problem->ops;

	while (count > 0 && invoked(eras, count - 1) >= eras->until)
		count--;
	return count;
}

/* Always false. An operation that wrote comes with a get that saw it, if there is one. */
static bool blame(struct eras *eras, uint32_t op, uint32_t other)
{
	const uint32_t both[] = {op, other};
	struct eras_culprits *culprits = eras->culprits;

	for (int i = 0; i < 2; i++) {
		uint32_t seen = both[i];

		CHECK((size_t)culprits->ops + 2 <= sizeof(culprits->op) / sizeof(*culprits->op));
		if (both[i] == NO_OP)
			continue;
		if (both[i] < eras->problem->ops)
			culprits->op[culprits->ops++] = both[i];
		/* A get that tells an operation twice has tied a knot. */
		for (uint32_t steps = 0; seen != NO_OP && eras->get[seen] == NO_OP; steps++)
			seen = steps < eras->problem->ops ? eras->after[seen] : NO_OP;
		if (seen != NO_OP)
			culprits->op[culprits->ops++] = eras->get[seen];
	}
	return false;
}

/* What the texts tell -------------------------------------------------------------------------- */

static bool list_values(struct eras *eras, uint32_t count)
{
	const struct problem *problem = eras->problem;
	struct ways *ways = &eras->ways;
	bool few = ways_add(ways, &ways->set, (uint32_t)problem->initial, problem->ops);

	for (uint32_t i = 0; i < count && few; i++) {
		bool puts = function_of(eras, i) == TRACE_PUT;

		if (!problem->op[i].observes && !is_empty(eras, i))
			few = ways_add(ways, puts ? &ways->set : &ways->appended,
				       problem->op[i].step.a, i);
	}
	return few;
}

/* Who wrote what the get saw. False: another get has told it otherwise. */
static bool tell_way(struct eras *eras, uint32_t get, uint32_t length)
{
	struct ways_place *place = &eras->ways.place[length];
	uint32_t last = place->op;

	for (; !place->passed && !place->set; place = &eras->ways.place[place->from]) {
		uint32_t before = eras->ways.place[place->from].op;

		place->passed = true;
		if (eras->before[place->op] == NO_OP && eras->after[before] == NO_OP) {
			eras->before[place->op] = before;
			eras->after[before] = place->op;
		}
		if (eras->before[place->op] != before)
			return blame(eras, get,
				     eras->before[place->op] == NO_OP ? eras->after[before]
								      : place->op);
	}
	eras->next_get[get] = eras->get[last];
	eras->get[last] = get;
	return true;
}

static enum eras_answer tell_ways(struct eras *eras, uint32_t count)
{
	enum eras_answer answer = ERAS_FIT;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t length;
		bool fits;

		if (!eras->problem->op[i].observes || returned(eras, i) == TRACE_NEVER)
			continue;
		int ways = ways_find(&eras->ways, eras->problem->op[i].step.a, &length);

		if (ways == WAYS_MANY)
			return ERAS_UNCOVERED;
		if (answer == ERAS_CLASH)
			continue;
		fits = ways == 0 ? blame(eras, i, NO_OP) : tell_way(eras, i, length);
		answer = fits ? ERAS_FIT : ERAS_CLASH;
	}
	return answer;
}

/* One era -------------------------------------------------------------------------------------- */

/* What was seen later must not have returned before what was seen earlier was invoked. *latest:
 * of what was seen earlier what was invoked last. */
static bool comes_after(struct eras *eras, uint32_t op, uint32_t latest)
{
	return latest == NO_OP || returned(eras, op) > invoked(eras, latest) ||
	       blame(eras, op, latest);
}

static uint32_t later(const struct eras *eras, uint32_t op, uint32_t other)
{
	return other == NO_OP || invoked(eras, op) > invoked(eras, other) ? op : other;
}

static bool is_ordered(struct eras *eras, uint32_t begins)
{
	uint32_t latest = NO_OP;

	for (uint32_t op = begins; op != NO_OP; op = eras->after[op]) {
		if (op != eras->problem->ops) {
			if (!comes_after(eras, op, latest))
				return false;
			latest = later(eras, op, latest);
		}
		eras->era[op] = begins;
		uint32_t before = latest;

		for (uint32_t get = eras->get[op]; get != NO_OP; get = eras->next_get[get]) {
			if (!comes_after(eras, get, before))
				return false;
			latest = later(eras, get, latest);
			eras->era[get] = begins;
		}
	}
	return true;
}

static bool are_ordered(struct eras *eras, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (function_of(eras, i) == TRACE_PUT &&
		    (eras->get[i] != NO_OP || eras->after[i] != NO_OP) && !is_ordered(eras, i))
			return false;
	return is_ordered(eras, eras->problem->ops);
}

/* The row of eras ------------------------------------------------------------------------------ */

static void add_op(const struct eras *eras, struct eras_register *as, uint32_t op)
{
	bool answered = returned(eras, op) != TRACE_NEVER, seen = eras->era[op] != NO_OP;
	bool writes = !seen || function_of(eras, op) == TRACE_PUT;
	struct trace_op *into = &as->trace.op[as->trace.ops];

	as->number[op] = NO_OP;
	if (is_empty(eras, op) || (!answered && !seen))
		return;
	*into = (struct trace_op){.f = writes ? TRACE_WRITE : TRACE_READ,
				  .outcome = answered || !writes ? TRACE_OK : TRACE_OPEN,
				  .a = seen ? eras->era[op] : op,
				  .line = op,
				  .invoked = invoked(eras, op),
				  .returned = returned(eras, op)};
	if (!answered && !writes) /* it surely took effect: as if it returned in the end */
		as->unanswered[as->unanswereds++] = as->trace.ops;
	as->number[op] = as->trace.ops++;
}

static void list_events(const struct eras *eras, struct eras_register *as)
{
	const struct problem *problem = eras->problem;
	uint32_t events = 0;

	for (uint32_t i = 0; i < problem->events; i++) {
		uint32_t op = problem->event[i] >> 1;
		bool returns = problem->event[i] & 1;
		uint32_t at = returns ? returned(eras, op) : invoked(eras, op);

		if (at < eras->until && as->number[op] != NO_OP)
			as->event[events++] = as->number[op] << 1 | returns;
	}
	for (uint32_t i = 0; i < as->unanswereds; i++) {
		as->trace.op[as->unanswered[i]].returned = TRACE_NEVER - as->unanswereds + i;
		as->event[events++] = as->unanswered[i] << 1 | 1;
	}
	CHECK(events >= as->trace.ops && events <= 2 * as->trace.ops);
	as->trace.events = events;
}

static void blame_zones(struct eras *eras, const struct trace_op *ops,
			const struct zones_culprits *culprits)
{
	for (int i = 0; i < 2; i++) {
		uint32_t first = culprits->zone[i].first, last = culprits->zone[i].last;

		blame(eras, first == TRACE_NEVER ? NO_OP : ops[first].line,
		      last == TRACE_NEVER || last == first ? NO_OP : ops[last].line);
	}
}

static bool stand_in_a_row(struct eras *eras, uint32_t count)
{
	struct eras_register as = {.trace.initial = eras->problem->ops, .trace.objects = 1};
	struct zones_culprits culprits;

	ARRAY_NEW(as.trace.op, count);
	ARRAY_NEW(as.number, eras->problem->ops);
	ARRAY_NEW(as.event, 2 * (size_t)count);
	ARRAY_NEW(as.unanswered, count);
	for (uint32_t i = 0; i < eras->problem->ops; i++)
		as.number[i] = NO_OP;
	for (uint32_t i = 0; i < count; i++)
		add_op(eras, &as, i);
	CHECK(as.trace.ops <= count && as.unanswereds <= as.trace.ops);
	list_events(eras, &as);
	as.trace.event = as.event;
	as.object = (struct linear_object){.trace = &as.trace,
					   .ops = as.trace.ops,
					   .events = as.trace.events,
					   .event = as.event};
	CHECK(zones_look(&as.object, TRACE_NEVER, &culprits));
	if (culprits.fault != ZONES_FIT)
		blame_zones(eras, as.trace.op, &culprits);
	free(as.trace.op);
	free(as.number);
	free(as.event);
	free(as.unanswered);
	return culprits.fault == ZONES_FIT;
}

static uint32_t *new_links(uint32_t count)
{
	uint32_t *link;

	ARRAY_NEW(link, count);
	for (uint32_t i = 0; i < count; i++)
		link[i] = NO_OP;
	return link;
}

enum eras_answer eras_look(const struct problem *problem, uint32_t until,
			   struct eras_culprits *culprits)
{
	struct eras eras = {.problem = problem,
			    .ops = problem->object->trace->op,
			    .until = until,
			    .culprits = culprits};
	uint32_t nodes = problem->ops + 1, count = count_ops(&eras);
	enum eras_answer answer = ERAS_UNCOVERED;

	*culprits = (struct eras_culprits){0};
	ways_open(&eras.ways, &problem->texts);
	eras.before = new_links(nodes);
	eras.after = new_links(nodes);
	eras.get = new_links(nodes);
	eras.next_get = new_links(nodes);
	eras.era = new_links(nodes);
	if (list_values(&eras, count))
		answer = tell_ways(&eras, count);
	if (answer == ERAS_FIT && !(are_ordered(&eras, count) && stand_in_a_row(&eras, count)))
		answer = ERAS_CLASH;
	ways_close(&eras.ways);
	free(eras.before);
	free(eras.after);
	free(eras.get);
	free(eras.next_get);
	free(eras.era);
	return answer;
}

/* Can the value stand in the text that `ways` was asked for last, behind what can have come about?
 */
static bool may_stand(const struct ways *ways, uint32_t text, uint32_t value, bool first)
{
	size_t size, length;
	const char *bytes = intern_bytes(ways->texts, text, &size);
	const char *piece = intern_bytes(ways->texts, value, &length);

	for (size_t at = 0; at + length <= size; at++)
		if ((first ? at == 0 : ways->place[at].ways > 0) &&
		    memcmp(bytes + at, piece, length) == 0)
			return true;
	return false;
}

void eras_writers(const struct problem *problem, uint32_t until,
		  const struct eras_culprits *culprits, bool *may_write)
{
	struct eras eras = {.problem = problem, .ops = problem->object->trace->op, .until = until};
	uint32_t count = count_ops(&eras), length;

	ways_open(&eras.ways, &problem->texts);
	CHECK(list_values(&eras, count));
	for (int k = 0; k < culprits->ops; k++) {
		const struct engine_op *get = &problem->op[culprits->op[k]];

		may_write[culprits->op[k]] = true;
		if (!get->observes)
			continue;
		ways_find(&eras.ways, get->step.a, &length);
		for (uint32_t i = 0; i < count; i++)
			if (!problem->op[i].observes && !is_empty(&eras, i) && !may_write[i])
				may_write[i] =
					may_stand(&eras.ways, get->step.a, problem->op[i].step.a,
						  function_of(&eras, i) == TRACE_PUT);
	}
	ways_close(&eras.ways);
}

/* Up to the object's event number `last`. Prefixes of what is covered are covered. */
static bool prefix_fits(const struct problem *problem, uint32_t last)
{
	uint32_t until = object_event_position(problem->object, last) + 1;
	struct eras_culprits culprits;

	return eras_look(problem, until, &culprits) == ERAS_FIT;
}

bool linear_eras(const struct linear_object *object, enum model model, struct linear_result *result)
{
	struct eras_culprits culprits;
	struct problem problem;
	enum eras_answer answer = ERAS_UNCOVERED;

	if (model != MODEL_KV)
		return false;
	if (problem_open(&problem, object, model, 1))
		answer = eras_look(&problem, TRACE_NEVER, &culprits);
	if (answer != ERAS_UNCOVERED)
		*result = (struct linear_result){.verdict = LINEARIZABLE,
						 .procedure = "T9",
						 .certificate = {.stuck = TRACE_NEVER}};
	if (answer == ERAS_CLASH)
		object_refute(
			object,
			(uint32_t)ARRAY_BEFORE(object->events - 1, i, prefix_fits(&problem, i)),
			result);
	problem_close(&problem);
	return answer != ERAS_UNCOVERED;
}
