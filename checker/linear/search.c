/*
 * The general search: the two searches in competition, since each explodes where the other shines.
 * Most histories are decided by either within a few hundred configurations, which costs less than
 * to start a thread; so each first has a short turn on the caller's thread, and only then the two
 * run side by side until one of them has an answer.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/engine.h"

enum {
	FIRST_TURN = 2000, /* configurations, of each search alone */
	RACERS = 2,        /* each has this part of what is bounded */
};

struct racer {
	struct breadth *breadth; /* one of the two; NULL: not open, or the other one */
	struct depth *depth;
	struct search *search;
	atomic_bool *stop; /* of everybody */
	enum search_end end;
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

/* Returns the one that has the answer; when none has, the first. Depth first has the first turn: on
 * a history that is linearizable it often needs hardly more configurations than operations. */
static const struct racer *search(struct racer racers[RACERS], const struct problem *problem,
				  const struct search_leash *leash)
{
	racers[0].depth = depth_open(problem, leash);
	racers[0].search = depth_search(racers[0].depth);
	if (run(&racers[0], FIRST_TURN))
		return &racers[0];
	racers[1].breadth = breadth_open(problem, leash);
	racers[1].search = breadth_search(racers[1].breadth);
	if (run(&racers[1], FIRST_TURN))
		return &racers[1];
	race(racers);
	return &racers[!has_answer(&racers[0]) && has_answer(&racers[1])];
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

bool linear_search(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result)
{
	int64_t begun_ns = bounds->deadline_ns != 0 ? clock_now_ns() : 0;
	struct problem problem;
	bool known = problem_open(&problem, object, model, limit);

	if (known) {
		atomic_bool stop = false;
		struct search_leash leash = {.configurations = share_of(bounds->configurations),
					     .bytes = share_of(bounds->bytes),
					     .deadline_ns = bounds->deadline_ns,
					     .stop = &stop};
		struct racer racers[RACERS] = {{.stop = &stop}, {.stop = &stop}};

		tell(search(racers, &problem, &leash), bounds, begun_ns, result);
		result->configurations = racers[0].search->configurations;
		depth_close(racers[0].depth);
		if (racers[1].breadth) {
			result->configurations += racers[1].search->configurations;
			breadth_close(racers[1].breadth);
		}
	}
	problem_close(&problem);
	return known;
}
