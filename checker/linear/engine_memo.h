/*
 * The configurations that a search has seen.
 *
 * A configuration is `layer` (how far the history is consumed), the state, one bit for each pending
 * operation that is already in, and for each class of open operations how many have been used. The
 * first three are its key. Of two with one key, the one that has used no more of any class
 * *dominates*: whatever the other can still do, it can do too.
 */
#ifndef CHECKER_LINEAR_ENGINE_MEMO_H
#define CHECKER_LINEAR_ENGINE_MEMO_H

#include "checker/linear/engine_problem.h"

enum { CONFIG_LAYER, CONFIG_STATE, CONFIG_MASK /* and then the counts */ };
enum { MEMO_NONE = UINT32_MAX, MEMO_MOST = 1 << 30 /* entries */ };

struct memo_link {
	uint32_t next; /* in the same bucket */
	uint32_t hash;
};

struct memo {
	const uint64_t *guards;
	uint32_t key_words, count_words, words; /* of one configuration */
	uint32_t entries, capacity;
	uint64_t *config; /* entry by entry */
	struct memo_link *link;
	uint64_t *bucket; /* generation << 32 | entry; valid in its generation only */
	uint32_t buckets, generation;
	struct budget *budget;
};

/* The budget is borrowed for as long as it is open. */
void memo_open(struct memo *memo, const struct problem *problem, struct budget *budget);
void memo_close(struct memo *memo);

/* Room for one more configuration: fill it, then commit. NULL: the budget refuses.
 * Pointers to configurations are stale after it. */
uint64_t *memo_room(struct memo *memo);
/* Its entry, or MEMO_NONE when one that dominates it, or is equal, is known. */
uint32_t memo_commit(struct memo *memo);

static inline uint64_t *memo_config(const struct memo *memo, uint32_t entry)
{
	return memo->config + (size_t)entry * memo->words;
}

/* True when another entry dominates this one. Equal ones are never kept. */
bool memo_dominated(const struct memo *memo, uint32_t entry);

/* Forgets the table, but not the configurations: entries below `kept` stay. */
void memo_restart(struct memo *memo, uint32_t kept);

#endif
