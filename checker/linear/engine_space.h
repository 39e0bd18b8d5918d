/*
 * Where in the history a search stands, and where it can go from a configuration there.
 *
 * The *frontier* is the next return: nothing beyond it may be taken before its operation is in. All
 * operations invoked before it and not yet returned are pending. The space moves forward over
 * events and back again; it holds no configuration.
 */
#ifndef CHECKER_LINEAR_ENGINE_SPACE_H
#define CHECKER_LINEAR_ENGINE_SPACE_H

#include "checker/linear/engine_memo.h"

struct space {
	const struct problem *problem;
	struct step_states states;
	uint32_t position; /* events consumed; the next one is the frontier's return, or none is */
	uint32_t frontier; /* the operation; NO_OP: no return is left */
	uint32_t *in_slot; /* pending operation */
	uint64_t
		*changing; /* slots of pending operations, one bit each: of those that change ... */
	uint64_t *observing;       /* ... and of those that only observe */
	uint64_t *eager;           /* of those that change, the releases that come at once */
	uint32_t *earlier, *later; /* slots of one class of changing ones, by return; NO_OP */
	uint32_t *last_of_class;
	uint32_t *available; /* open operations invoked, by open class */
	bool eldest_first;   /* of those that are pending the one that was invoked first is tried
				first; else the frontier's operation, which returns first */
};

void space_open(struct space *space, const struct problem *problem, struct budget *budget);
void space_close(struct space *space);

/* The configuration that a search begins with. */
void space_begin(const struct space *space, uint64_t *config);

/* Consumes invocations up to the next return, which becomes the frontier; false: none is left. */
bool space_advance(struct space *space);
/* Consumes the frontier's return. */
void space_retire(struct space *space);
/* Back to where `position` events were consumed, the next being a return. */
void space_rewind(struct space *space, uint32_t position);

/* Puts in what nothing is lost by: every pending observer that fits the state, and releases
 * (engine_lazy.h). Returns how many open operations that used. */
uint32_t space_settle(struct space *space, uint64_t *config);

/* One after another, the configurations one step from `config`, with what can be observed there:
 * into `child`; false: no more. `iterator` begins at 0. *used: open operations
 * that it took. */
bool space_next(struct space *space, const uint64_t *config, uint32_t *iterator, uint64_t *child,
		uint32_t *used);

/* The first slot from `slot` on whose operation changes and is not in; `slots` when none is. */
uint32_t space_next_slot(const struct space *space, const uint64_t *config, uint32_t slot);
/* True when an operation of the class that will return is still to be put in: it goes first. */
bool space_waits(const struct space *space, const uint64_t *config, uint32_t class);
/* True when one of the class that never returns was invoked, and is not used. */
bool space_has_open(const struct space *space, const uint64_t *config, uint32_t class);

static inline bool config_has(const uint64_t *config, uint32_t slot)
{
	return config[CONFIG_MASK + slot / 64] >> slot % 64 & 1;
}

static inline void config_drop(uint64_t *config, uint32_t slot)
{
	config[CONFIG_MASK + slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

#endif
