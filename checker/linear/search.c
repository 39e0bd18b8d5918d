/*
 * The general search: the two searches in competition, since each explodes where the other shines.
 * Most histories are decided by either within a few hundred configurations, which costs less than
 * to start a thread; so each first has a short turn on the caller's thread, and only then the two
 * run side by side until one of them has an answer.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/engine.h"
#include "checker/linear/engine_ahead.h"
#include "checker/linear/engine_pairs.h"

enum {
	FIRST_TURN = 2000, /* configurations, of each search alone */
	SHORT_TURN = 250,  /* ... that the two orders of depth first begin with */
	RACERS = 2,        /* each has this part of what is bounded */
	ELDEST_PART = 4,   /* of the configurations, at most, the other depth first has one part */
	FORWARD_PART = 4,  /* so many configurations for an event are not too many */
	PAIRS_PART = 4,    /* of the configurations, pairs of holders have one part */
};

struct racer {
	struct breadth *breadth; /* one of the two; NULL: not open, or the other one */
	struct depth *depth;
	struct search *search;
	atomic_bool *stop; /* of everybody */
	enum search_end end;
};

struct racers {
	struct racer racer[RACERS];
	struct racer eldest;     /* depth first again, what was invoked first being tried first */
	uint64_t configurations; /* of those that are closed, and of pairs */
	uint32_t passed; /* pairs have refuted the history: up to this operation's return it may
			    be legal. Else NO_OP */
};

static bool has_answer(const struct racer *racer)
{
	return racer->end == SEARCH_YES || racer->end == SEARCH_NO;
}

static bool run(struct racer *racer, uint64_t pause_at)
{
	racer->search->leash.pause_at = pause_at;
	racer->end = racer->breadth ? breadth_run(racer->breadth) : depth_run(racer->depth);
	if (has_answer(racer))
		atomic_store(racer->stop, true);
	return has_answer(racer);
}

static void open_depth(struct racer *racer, const struct problem *problem,
		       const struct search_leash *leash, bool eldest_first)
{
	racer->depth = depth_open(problem, leash);
	racer->search = depth_search(racer->depth);
	racer->search->space.eldest_first = eldest_first;
}

static void close_depth(struct racer *racer, uint64_t *configurations)
{
	if (!racer->depth)
		return;
	*configurations += racer->search->configurations;
	depth_close(racer->depth);
	racer->depth = NULL;
}

static void *run_to_end(void *racer)
{
	run(racer, UINT64_MAX);
	return NULL;
}

/* Side by side; without a second thread, one after the other. */
static void race(struct racer racers[RACERS])
{
	pthread_t thread;
	bool parallel = pthread_create(&thread, NULL, run_to_end, &racers[1]) == 0;

	run_to_end(&racers[0]);
	if (parallel)
		CHECK(pthread_join(thread, NULL) == 0);
	else if (!has_answer(&racers[0]))
		run_to_end(&racers[1]);
}

/* What of the configurations is not the racers'; 0: no bound. */
struct parts {
	uint64_t eldest, pairs;
};

/* Lets depth first go on for as long as it comes forward; true when it has the answer. */
static bool go_on(struct racer *first)
{
	struct search *search = first->search;
	uint64_t turn = FIRST_TURN;

	for (bool forward = true; forward; turn *= 2) {
		uint64_t begun = search->configurations;
		uint32_t from = search->problem->op[search->stuck].prefix;

		if (run(first, 2 * turn))
			return true;
		forward = first->end == SEARCH_PAUSED &&
			  search->problem->op[search->stuck].prefix - from >
				  (search->configurations - begun) / FORWARD_PART;
	}
	return false;
}

/* Where depth first gets stuck, is it for a reason that two holders are enough for? True when there
 * is an answer. */
static bool refute_pairs(struct racers *racers, const struct problem *problem,
			 const struct search_leash *leash, uint64_t most)
{
	struct racer *first = &racers->racer[0];
	struct search_leash turns = *leash;

	if (first->search->stuck == NO_OP) /* no memory for even one configuration */
		return false;
	if (go_on(first))
		return true;
	if (first->end == SEARCH_BEYOND_DEADLINE)
		return false;
	turns.configurations = most;
	turns.pause_at = UINT64_MAX;
	uint32_t stuck =
		pairs_refute(problem, first->search->stuck, &turns, &racers->configurations);

	if (stuck == NO_OP)
		return false;
	racers->passed = first->search->stuck;
	first->search->stuck = stuck;
	first->end = SEARCH_NO;
	return true;
}

/* Returns the one that has the answer; when none has, the first. Depth first has the first turn: on
 * a history that is linearizable it often needs hardly more configurations than operations. What
 * returns first is tried first, and in turns between, what was invoked first: either is hopeless on
 * histories that the other reads off. */
static const struct racer *search(struct racers *racers, const struct problem *problem,
				  const struct search_leash *leash, const struct parts *parts)
{
	uint64_t eldest = parts->eldest;

	open_depth(&racers->racer[0], problem, leash, false);
	for (uint64_t turn = SHORT_TURN; turn <= FIRST_TURN; turn *= 2) {
		if (run(&racers->racer[0], turn))
			return &racers->racer[0];
		if (turn == SHORT_TURN)
			open_depth(&racers->eldest, problem, leash, true);
		if (run(&racers->eldest, turn < eldest ? turn : eldest))
			return &racers->eldest;
	}
	close_depth(&racers->eldest, &racers->configurations); /* the bytes are another's */
	if (problem->partner && refute_pairs(racers, problem, leash, parts->pairs))
		return &racers->racer[0];
	racers->racer[1].breadth = breadth_open(problem, leash);
	racers->racer[1].search = breadth_search(racers->racer[1].breadth);
	if (run(&racers->racer[1], FIRST_TURN))
		return &racers->racer[1];
	race(racers->racer);
	return &racers->racer[!has_answer(&racers->racer[0]) && has_answer(&racers->racer[1])];
}

static void name_bound(const struct racer *racer, const struct linear_bounds *bounds,
		       int64_t begun_ns, struct linear_result *result)
{
	size_t size = sizeof result->bound;

	switch (racer->end) {
	case SEARCH_BEYOND_CONFIGURATIONS:
		snprintf(result->bound, size, "%" PRIu64 " configurations", bounds->configurations);
		result->unfinished = true;
		break;
	case SEARCH_BEYOND_BYTES:
		if (bounds->bytes != 0)
			snprintf(result->bound, size, "%" PRIu64 " bytes", bounds->bytes);
		else
			snprintf(result->bound, size, "the machine's memory");
		break;
	case SEARCH_BEYOND_DEADLINE:
		snprintf(result->bound, size, "%.3f s",
			 (double)(bounds->deadline_ns - begun_ns) / NS_PER_S);
		break;
	case SEARCH_YES:
	case SEARCH_NO:
	case SEARCH_PAUSED:
	case SEARCH_STOPPED:
		CHECK(!"a search ended without an answer or a bound");
	}
}

static void tell(const struct racer *racer, const struct linear_bounds *bounds, int64_t begun_ns,
		 struct linear_result *result)
{
	const struct problem *problem = racer->search->problem;

	*result = (struct linear_result){.procedure =
						 racer->breadth ? "breadth-first" : "depth-first",
					 .certificate.stuck = TRACE_NEVER};
	if (racer->end == SEARCH_YES) {
		result->verdict = LINEARIZABLE;
	} else if (racer->end == SEARCH_NO) {
		CHECK(racer->search->stuck != NO_OP);
		const struct engine_op *stuck = &problem->op[racer->search->stuck];

		result->verdict = NOT_LINEARIZABLE;
		result->violations = 1;
		result->certificate.stuck = stuck->source;
		result->certificate.prefix = stuck->prefix;
	} else {
		result->verdict = LINEAR_UNKNOWN;
		name_bound(racer, bounds, begun_ns, result);
	}
}

static uint64_t share_of(uint64_t bound)
{
	return bound > 0 && bound < RACERS ? 1 : bound / RACERS;
}

static struct parts parts_of(uint64_t bound)
{
	bool some = bound > 0 && bound / ELDEST_PART < FIRST_TURN;

	return (struct parts){.eldest = some ? bound / ELDEST_PART : FIRST_TURN,
			      .pairs = bound > 0 && bound < PAIRS_PART ? 1 : bound / PAIRS_PART};
}

/* Of a history that is not linearizable, operations: the shortest illegal prefix ends at the return
 * of the one or later, and of the other or earlier. */
struct doubt {
	uint32_t from, to;
};

/* One race; fills the result. */
static struct doubt decide(const struct problem *problem, const struct linear_bounds *bounds,
			   int64_t begun_ns, struct linear_result *result)
{
	atomic_bool stop = false;
	uint64_t bound = bounds->configurations;
	const struct parts parts = parts_of(bound);
	uint64_t others = parts.eldest + (problem->partner ? parts.pairs : 0);
	uint64_t racers_part = bound > others ? bound - others : bound > 0; /* 0: no bound */
	struct search_leash leash = {.configurations = share_of(racers_part),
				     .bytes = share_of(bounds->bytes),
				     .deadline_ns = bounds->deadline_ns,
				     .stop = &stop};
	struct racers racers = {.racer = {{.stop = &stop}, {.stop = &stop}},
				.eldest = {.stop = &stop},
				.passed = NO_OP};
	CHECK((leash.configurations > 0) == (bound > 0));
	const struct racer *first = search(&racers, problem, &leash, &parts);
	const struct doubt doubt = {.from = racers.passed == NO_OP ? first->search->stuck
								   : racers.passed,
				    .to = first->search->stuck};

	tell(first, bounds, begun_ns, result);
	close_depth(&racers.racer[0], &racers.configurations);
	close_depth(&racers.eldest, &racers.configurations);
	if (racers.racer[1].breadth) {
		racers.configurations += racers.racer[1].search->configurations;
		breadth_close(racers.racer[1].breadth);
	}
	result->configurations = racers.configurations;
	return doubt;
}

/* The event at which an operation returns. */
static uint32_t return_of(const struct problem *problem, uint32_t op)
{
	uint32_t at = problem->events;

	CHECK(op != NO_OP);
	do
		CHECK(at > 0);
	while (problem->event[--at] != (op << 1 | 1));
	return at;
}

/* The first event from `at` on that may end the shortest prefix. */
static uint32_t next_end(const struct problem *problem, uint32_t at)
{
	if (problem->ahead)
		return ahead_sight(problem, at);
	while (!(problem->event[at] & 1))
		at++;
	return at;
}

static void end_at(const struct problem *problem, uint32_t last, struct linear_result *result)
{
	const struct engine_op *op = &problem->op[problem->event[last] >> 1];

	CHECK(problem->event[last] & 1);
	result->certificate.stuck = op->source;
	result->certificate.prefix = op->prefix;
}

/*
 * Where a search that looked ahead got stuck, the prefix need not be illegal yet; it is at the
 * return of some observer from there on. Where a pair has, a shorter one may be illegal, but none
 * that a search has passed. So from `at` to `last`: found in steps that double, and then halve.
 * Within the bounds; past them the prefix is an illegal one, but perhaps not the shortest.
 */
static void find_prefix(struct problem *problem, uint32_t at, uint32_t last,
			const struct linear_bounds *bounds, int64_t begun_ns,
			struct linear_result *result)
{
	uint32_t all = problem->events, ends = 0, *end, step = 1;

	CHECK(at <= last && last < all);
	ARRAY_NEW(end, last + 1 - at);
	for (; at <= last && (at = next_end(problem, at)) <= last; at++)
		end[ends++] = at;
	CHECK(ends > 0);
	for (uint32_t legal = 0; legal < ends - 1;) {
		uint32_t half = legal + (ends - 1 - legal) / 2;
		uint32_t try = half - legal < step ? half : legal + step - 1;
		struct linear_result probe;

		problem->events = end[try] + 1;
		decide(problem, bounds, begun_ns, &probe);
		problem->events = all;
		result->configurations += probe.configurations;
		if (probe.verdict == LINEAR_UNKNOWN)
			break;
		if (probe.verdict == NOT_LINEARIZABLE)
			ends = try + 1;
		else
			legal = try + 1;
		step *= 2;
	}
	end_at(problem, end[ends - 1], result);
	free(end);
}

bool linear_search(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result)
{
	int64_t begun_ns = bounds->deadline_ns != 0 ? clock_now_ns() : 0;
	struct problem problem;
	bool known = problem_open(&problem, object, model, limit);

	if (known) {
		bool ahead = ahead_open(&problem);
		struct doubt doubt = decide(&problem, bounds, begun_ns, result);

		if (result->verdict == NOT_LINEARIZABLE) {
			uint32_t last = ahead ? problem.events - 1 : return_of(&problem, doubt.to);

			find_prefix(&problem, return_of(&problem, doubt.from), last, bounds,
				    begun_ns, result);
		}
	}
	problem_close(&problem);
	return known;
}
