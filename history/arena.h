/*
 * The strings of a history: a bump allocator that is freed as a whole. Strings that repeat, as keys
 * and errors do from operation to operation, are stored once as long as they are remembered.
 */
#ifndef HISTORY_ARENA_H
#define HISTORY_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_open(void);
void arena_close(struct arena *arena); /* NULL is fine */

/* A copy that lives as long as the arena; equal strings mostly share one. */
const char *arena_text(struct arena *arena, const char *text, size_t length);

#endif
