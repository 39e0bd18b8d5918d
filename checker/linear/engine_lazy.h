/*
 * Locks whose holders exclude each other whole (owned mutexes, read-write locks): which steps a
 * search need try beside the frontier's. Hardly any: nothing is acquired or given back before
 * something demands it, but for releases of which nobody has a loss. Why that loses no order:
 * checker/linear/ENGINE.md, rules 5 to 7.
 */
#ifndef CHECKER_LINEAR_ENGINE_LAZY_H
#define CHECKER_LINEAR_ENGINE_LAZY_H

#include "checker/linear/engine_space.h"

struct lazy {
	bool all;       /* whatever is legal */
	uint32_t give;  /* the releases of this holder; 0: none */
	uint32_t take;  /* the acquires of this holder; 0: none */
	bool windows;   /* acquires that a release can follow at once ... */
	bool shared;    /* ... those of shared holds, too */
	uint32_t until; /* what returns after so many events of the object can wait */
};

/* What is worth trying from the configuration, which lacks the frontier's operation. */
struct lazy lazy_look(struct space *space, const uint64_t *config);

static inline bool lazy_tries_none(const struct lazy *lazy)
{
	return !lazy->all && !lazy->give && !lazy->take && !lazy->windows;
}

/* Is it worth trying a step of this class? `op`: NULL: by one without an answer. */
bool lazy_tries(const struct lazy *lazy, const struct space *space, const uint64_t *config,
		const struct step *step, uint32_t class, const struct engine_op *op);

/* Puts in the pending releases that may as well come at once, each behind an open acquire of its
 * holder where he does not hold; no observer may be left over. True when there was one. *used: open
 * operations that it took are added. */
bool lazy_hurry(struct space *space, uint64_t *config, uint32_t *used);

#endif
