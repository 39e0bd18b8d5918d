/*
 * The two searches. Each answers the same question with memory of its own, can be run piece by
 * piece, and can be told to stop from another thread. How they work and what they rest on:
 * checker/linear/ENGINE.md.
 */
#ifndef LINEAR_ENGINE_H
#define LINEAR_ENGINE_H

#include <stdatomic.h>

#include "checker/linear/engine_space.h"

enum search_end {
	SEARCH_YES,     /* linearizable */
	SEARCH_NO,      /* it is not: `stuck` */
	SEARCH_PAUSED,  /* reached `pause_at`; run it again */
	SEARCH_STOPPED, /* by `stop` */
	SEARCH_BEYOND_CONFIGURATIONS,
	SEARCH_BEYOND_BYTES,
	SEARCH_BEYOND_DEADLINE,
};

struct search_leash {
	uint64_t configurations, bytes; /* 0: no bound */
	int64_t deadline_ns;            /* 0: none */
	uint64_t pause_at;              /* configurations */
	const atomic_bool *stop;
};

struct search {
	const struct problem *problem;
	struct space space;
	struct memo memo;
	struct search_leash leash;
	struct budget budget;
	uint64_t configurations; /* explored */
	uint32_t stuck;          /* of the problem's operations: at its return nothing was left */
	uint32_t looks;          /* since the clock and the flag were last looked at */
};

void search_open(struct search *search, const struct problem *problem,
		 const struct search_leash *leash);
void search_close(struct search *search);

/* To be asked before each configuration, and before a search trusts that there is none left. True:
 * go on. Otherwise *end says why not. */
bool search_may_go_on(struct search *search, enum search_end *end);

struct breadth;

struct breadth *breadth_open(const struct problem *problem, const struct search_leash *leash);
enum search_end breadth_run(struct breadth *breadth);
struct search *breadth_search(struct breadth *breadth);
void breadth_close(struct breadth *breadth);

struct depth;

struct depth *depth_open(const struct problem *problem, const struct search_leash *leash);
enum search_end depth_run(struct depth *depth);
struct search *depth_search(struct depth *depth);
void depth_close(struct depth *depth);

#endif
