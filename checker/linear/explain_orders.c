/*
 * Every way in which the legal orders of a few operations end.
 *
 * Depth first over (what has taken effect, state): each pair once. Where nothing that may come next
 * is legal, the order ends; of the ends that have the same state and the same operation waiting for
 * its turn, the shortest order is told. The steps are the engine's (engine_step.h); whether it is
 * true that no order reaches the end is for linear_exhaust to say.
 */
#include "checker/linear/explain_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "base/text.h"
#include "checker/linear/engine_problem.h"
#include "checker/linear/explain_state.h"

enum {
	OPS_MAX = 64,
	PAIRS_MAX = 1 << 16,
	ENDS_MAX = 64,
	ENDS_TOLD = 6,
	STATES_IN_HEAD = 4,
	STEPS_TOLD = 7, /* of an order: its last ones */
};

struct end {
	uint64_t state;
	uint32_t blocked; /* the operation whose turn it would be */
	uint32_t steps;
	uint8_t order[OPS_MAX];
};

struct pair {
	uint64_t done, state;
};

struct walk {
	const struct problem *problem;
	const struct trace *trace; /* the excerpt's own */
	struct step_states states;
	uint64_t mandatory, before[OPS_MAX];
	struct pair *seen;
	uint32_t pairs;
	struct end end[ENDS_MAX];
	uint32_t ends;
	uint8_t order[OPS_MAX];
	uint32_t stuck;                    /* the operation in question; NO_OP: none */
	uint64_t late[STATES_IN_HEAD + 1]; /* states when all but the stuck one is placed */
	int lates;
	bool stuck_was_legal;
	bool overran; /* more than is kept */
	bool through; /* an order reached the end: it is legal after all */
};

static void open_walk(struct walk *walk, const struct problem *problem, const struct trace *trace,
		      struct budget *budget)
{
	*walk = (struct walk){
		.problem = problem, .trace = trace, .states.limit = problem->limit, .stuck = NO_OP};
	intern_copy(&walk->states.texts, &problem->texts, budget);
	CHECK(problem->ops <= OPS_MAX);
	walk->seen = calloc(PAIRS_MAX, sizeof(*walk->seen));
	CHECK_MEMORY(walk->seen);
	for (uint32_t i = 0; i < problem->ops; i++) {
		const struct trace_op *op = &trace->op[problem->op[i].source];

		if (!problem->op[i].open)
			walk->mandatory |= UINT64_C(1) << i;
		for (uint32_t j = 0; j < problem->ops; j++)
			if (trace->op[problem->op[j].source].returned < op->invoked)
				walk->before[i] |= UINT64_C(1) << j;
	}
}

static void close_walk(struct walk *walk)
{
	intern_close(&walk->states.texts);
	free(walk->seen);
}

/* Linear: explanations are small. False when the pair was there before, or there is no more room.
 */
static bool is_new(struct walk *walk, uint64_t done, uint64_t state)
{
	uint32_t at = (uint32_t)((done * UINT64_C(0x9e3779b97f4a7c15) ^
				  state * UINT64_C(0xbf58476d1ce4e5b9)) >>
				 40) &
		      (PAIRS_MAX - 1);

	if (walk->pairs >= PAIRS_MAX / 2) {
		walk->overran = true;
		return false;
	}
	/* The pair of nothing done begins the walk and never comes again: 0 marks a free place. */
	CHECK(done != 0);
	while (walk->seen[at].done != 0) {
		if (walk->seen[at].done == done && walk->seen[at].state == state)
			return false;
		at = (at + 1) & (PAIRS_MAX - 1);
	}
	walk->seen[at] = (struct pair){done, state};
	walk->pairs++;
	return true;
}

static void note_end(struct walk *walk, uint64_t done, uint64_t state, uint32_t steps)
{
	uint32_t blocked = NO_OP, at = 0;

	for (uint32_t i = 0; i < walk->problem->ops; i++) {
		if ((done | ~walk->mandatory) >> i & 1)
			continue;
		if (blocked == NO_OP ||
		    walk->trace->op[walk->problem->op[i].source].returned <
			    walk->trace->op[walk->problem->op[blocked].source].returned)
			blocked = i;
	}
	while (at < walk->ends &&
	       (walk->end[at].state != state || walk->end[at].blocked != blocked))
		at++;
	if (at == ENDS_MAX) {
		walk->overran = true;
		return;
	}
	if (at < walk->ends && walk->end[at].steps <= steps)
		return;
	struct end *end = &walk->end[at];

	walk->ends += at == walk->ends;
	*end = (struct end){.state = state, .blocked = blocked, .steps = steps};
	for (uint32_t i = 0; i < steps; i++)
		end->order[i] = walk->order[i];
}

/* A state in which the stuck operation is the last one wanted. */
static void note_late(struct walk *walk, uint64_t state)
{
	for (int i = 0; i < walk->lates; i++)
		if (walk->late[i] == state)
			return;
	if (walk->lates <= STATES_IN_HEAD)
		walk->late[walk->lates++] = state;
}

static void follow(struct walk *walk, uint64_t done, uint64_t state, uint32_t steps)
{
	bool went_on = false;

	walk->through |= (done & walk->mandatory) == walk->mandatory;
	if (walk->stuck != NO_OP &&
	    (done | UINT64_C(1) << walk->stuck | ~walk->mandatory) == UINT64_MAX)
		note_late(walk, state);
	for (uint32_t i = 0; i < walk->problem->ops && !walk->through; i++) {
		uint64_t next;

		if (done >> i & 1 || walk->before[i] & ~done)
			continue;
		if (!walk->problem->model->take(&walk->states, state, &walk->problem->op[i].step,
						&next))
			continue;
		went_on = true;
		walk->stuck_was_legal |= i == walk->stuck;
		CHECK(steps < walk->problem->ops); /* each once */
		walk->order[steps] = (uint8_t)i;
		if (is_new(walk, done | UINT64_C(1) << i, next))
			follow(walk, done | UINT64_C(1) << i, next, steps + 1);
	}
	if (!went_on && !walk->through)
		note_end(walk, done, state, steps);
}

/* "write 4 (line 5), then write 3 (line 4)", the last ones only. */
static char *name_order(const struct explaining *about, const struct walk *walk,
			const struct end *end, const uint32_t *map)
{
	uint32_t begin = end->steps > STEPS_TOLD ? end->steps - STEPS_TOLD : 0;
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (begin > 0)
		fprintf(out, "%" PRIu32 " other%s, ", begin, begin == 1 ? "" : "s");
	for (uint32_t i = begin; i < end->steps; i++) {
		uint32_t op = map[walk->problem->op[end->order[i]].source];
		words what, line;

		fprintf(out, "%s%s (%s)", i == begin ? "" : ", ", words_what(what, about, op),
			words_line(line, about, op));
	}
	text_end(out, &text);
	return text;
}

static void say_end(const struct explaining *about, const struct walk *walk, const struct end *end,
		    const uint32_t *map)
{
	CHECK(end->blocked != NO_OP); /* or it is a legal order */
	words blocked;
	char *order = name_order(about, walk, end, map);
	const struct state_source source = {walk->problem, walk->trace, map, &walk->states};
	char *state = state_in_words(about, &source, end->state);
	uint32_t op = map[walk->problem->op[end->blocked].source];

	explanation_say(about->into, "%s%s%s%s, and the %s does not fit.",
			end->steps ? "After " : "At the beginning ", order, end->steps ? " " : "",
			state, words_op(blocked, about, op));
	free(order);
	free(state);
}

static int by_steps(const void *a, const void *b)
{
	const struct end *one = a, *other = b;

	return array_order(one->steps, other->steps);
}

static void say_ends(const struct explaining *about, struct walk *walk, const uint32_t *map)
{
	words ways;

	if (walk->overran) {
		explanation_say(about->into,
				"Their legal orders come to a stop in too many ways to list.");
		return;
	}
	CHECK(walk->ends > 0 && !walk->through);
	qsort(walk->end, walk->ends, sizeof(*walk->end), by_steps);
	explanation_say(about->into,
			"Every legal order of these operations comes to a stop, in %s:",
			words_plural(ways, walk->ends, "way"));
	for (uint32_t i = 0; i < walk->ends && i < ENDS_TOLD; i++)
		say_end(about, walk, &walk->end[i], map);
	if (walk->ends > ENDS_TOLD)
		explanation_say(about->into, "%s not listed here.",
				walk->ends == ENDS_TOLD + 1 ? "One more is" : "The others are");
}

/* When the stuck operation was legal at no moment of its interval: the states that it would have
 * had to fit at last say why. */
static void say_headline(const struct explaining *about, const struct walk *walk, uint32_t stuck,
			 const uint32_t *map)
{
	const struct state_source source = {walk->problem, walk->trace, map, &walk->states};
	char *text = NULL;
	size_t size;
	words op;

	if (walk->overran || walk->stuck_was_legal || walk->lates == 0 ||
	    walk->lates > STATES_IN_HEAD)
		return;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < walk->lates; i++) {
		char *state = state_in_words(about, &source, walk->late[i]);

		fprintf(out, "%s%s", i ? ", or " : "", state);
		free(state);
	}
	text_end(out, &text);
	explanation_head(about->into, "The %s fits in no legal order: by then, %s.",
			 words_op(op, about, stuck), text);
	free(text);
}

struct orders {
	struct trace trace;
	struct problem problem;
	struct budget budget;
	uint32_t *map;
	struct walk walk;
	bool walked;
};

/* Follows all orders of an excerpt, as far as they are not too many. */
static struct orders *open_orders(const struct explaining *about, const struct excerpt *excerpt,
				  uint32_t stuck)
{
	struct orders *orders = calloc(1, sizeof(*orders));

	CHECK_MEMORY(orders);
	orders->map = calloc(excerpt->ops + 1, sizeof(*orders->map));
	CHECK_MEMORY(orders->map);
	excerpt_build(excerpt, &orders->trace, orders->map);
	struct linear_object whole = {
		.trace = &orders->trace,
		.ops = orders->trace.ops,
		.events = orders->trace.events,
		.event = orders->trace.event,
	};

	if (problem_open(&orders->problem, &whole, about->request->model, about->request->limit) &&
	    orders->problem.ops <= OPS_MAX) {
		orders->walked = true;
		open_walk(&orders->walk, &orders->problem, &orders->trace, &orders->budget);
		for (uint32_t i = 0; i < orders->problem.ops; i++)
			if (orders->map[orders->problem.op[i].source] == stuck)
				orders->walk.stuck = i;
		follow(&orders->walk, 0, orders->problem.initial, 0);
	}
	return orders;
}

static void close_orders(struct orders *orders)
{
	if (orders->walked)
		close_walk(&orders->walk);
	problem_close(&orders->problem);
	trace_free(&orders->trace);
	free(orders->map);
	free(orders);
}

void explain_orders(const struct explaining *about, const struct excerpt *excerpt)
{
	struct orders *orders = open_orders(about, excerpt, TRACE_NEVER);

	if (!orders->walked)
		explanation_say(about->into, "Their orders are too many to follow here.");
	else if (orders->walk.through)
		about->into->proof = EXPLANATION_REFUTED;
	else
		say_ends(about, &orders->walk, orders->map);
	close_orders(orders);
}

void explain_states(const struct explaining *about, const struct excerpt *excerpt, uint32_t stuck)
{
	struct orders *orders = open_orders(about, excerpt, stuck);

	if (orders->walked && !orders->walk.through)
		say_headline(about, &orders->walk, stuck, orders->map);
	close_orders(orders);
}
