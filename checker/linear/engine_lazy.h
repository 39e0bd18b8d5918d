/*
 * Locks whose holders exclude each other whole (owned mutexes, read-write locks): which steps a
 * search need try beside the frontier's. Hardly any: nothing is acquired or given back before
 * something demands it. Why that loses no order: checker/linear/ENGINE.md, rule 5.
 */
#ifndef CHECKER_LINEAR_ENGINE_LAZY_H
#define CHECKER_LINEAR_ENGINE_LAZY_H

#include "checker/linear/engine_space.h"

struct lazy {
	bool all;      /* whatever is legal */
	uint32_t give; /* the releases of this holder; 0: none */
	uint32_t take; /* the acquires of this holder; 0: none */
	bool windows;  /* acquires that a release can follow at once ... */
	bool shared;   /* ... those of shared holds, too */
};

/* What is worth trying from the configuration, which lacks the frontier's operation. */
struct lazy lazy_look(struct space *space, const uint64_t *config);

static inline bool lazy_tries_none(const struct lazy *lazy)
{
	return !lazy->all && !lazy->give && !lazy->take && !lazy->windows;
}

/* Is it worth trying a step of this class? `open`: by an operation without an answer. */
bool lazy_tries(const struct lazy *lazy, const struct space *space, const uint64_t *config,
		const struct step *step, uint32_t class, bool open);

#endif
