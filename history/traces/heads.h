/* A heap of what comes next of each of several sequences: the earliest is head[0]. */
#ifndef HISTORY_TRACES_HEADS_H
#define HISTORY_TRACES_HEADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"

/* Ties: in the order of `rank`. */
struct head {
	int64_t at_ns;
	uint32_t rank, end; /* end: the caller's */
};

struct heads {
	struct head *head; /* owned */
	uint32_t count, capacity;
};

static inline bool comes_first(const struct head *a, const struct head *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->rank < b->rank);
}

/* The first head has changed, for the later. */
static inline void heads_sift(struct heads *heads)
{
	struct head moved = heads->head[0];
	uint32_t at = 0;

	for (uint32_t child; (child = 2 * at + 1) < heads->count; at = child) {
		if (child + 1 < heads->count &&
		    comes_first(&heads->head[child + 1], &heads->head[child]))
			child++;
		if (!comes_first(&heads->head[child], &moved))
			break;
		heads->head[at] = heads->head[child];
	}
	heads->head[at] = moved;
}

static inline void heads_push(struct heads *heads, struct head head)
{
	ARRAY_GROW(heads->head, heads->count, heads->capacity);
	uint32_t at = heads->count++;

	for (; at > 0 && comes_first(&head, &heads->head[(at - 1) / 2]); at = (at - 1) / 2)
		heads->head[at] = heads->head[(at - 1) / 2];
	heads->head[at] = head;
}

static inline void heads_pop(struct heads *heads)
{
	heads->head[0] = heads->head[--heads->count];
	if (heads->count > 0)
		heads_sift(heads);
}

#endif
