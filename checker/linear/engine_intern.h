/*
 * Hash-consed byte strings: equal contents have equal numbers, found by comparing all bytes. A
 * state that does not fit into 64 bits (a text, a set of holders) is such a number. Nothing is ever
 * forgotten; number 0 is the empty string.
 */
#ifndef CHECKER_LINEAR_ENGINE_INTERN_H
#define CHECKER_LINEAR_ENGINE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker/linear/engine_budget.h"

struct intern_entry {
	uint64_t at; /* offset of its bytes */
	uint32_t length, hash;
};

struct intern {
	uint8_t *bytes;
	uint64_t used, size;
	struct intern_entry *entry;
	uint32_t *bucket; /* entry + 1; 0: free. Open addressing, a power of two */
	uint32_t entries, capacity, buckets;
	struct budget *budget;
};

/* The budget is borrowed for as long as it is open. */
void intern_open(struct intern *intern, struct budget *budget);
void intern_copy(struct intern *into, const struct intern *from, struct budget *budget);
void intern_close(struct intern *intern);

/* Room for a new string, aligned for any type; borrowed until the next call. NULL when the
 * budget refuses. Fill it, then commit; after a refusal the number is 0, and means nothing.
 * Pointers from intern_bytes are stale after it. */
void *intern_room(struct intern *intern, size_t length);
uint32_t intern_commit(struct intern *intern, size_t length);

uint32_t intern_put(struct intern *intern, const void *bytes, size_t length);
/* UINT32_MAX: there is no such string. */
uint32_t intern_find(const struct intern *intern, const void *bytes, size_t length);
const void *intern_bytes(const struct intern *intern, uint32_t number, size_t *length);

#endif
