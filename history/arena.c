#include "history/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/invariant.h"

enum { BLOCK_SIZE = 64 << 10, REMEMBERED = 4096 };

struct block {
	struct block *next;
	char space[];
};

struct string {
	const char *text; /* NULL: none yet */
	size_t length;
};

/* A new string takes the place of the one with the same hash. So interning costs one comparison and
 * no growth; the ops of one attempt, which share their key, come close to one another. */
struct arena {
	struct block *blocks;
	size_t left;        /* in the first block, at its end */
	size_t size;        /* of the first block's space */
	struct string last; /* that was asked for */
	struct string remembered[REMEMBERED];
};

struct arena *arena_open(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	CHECK_MEMORY(arena);
	return arena;
}

void arena_close(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static char *arena_space(struct arena *arena, size_t size)
{
	if (size > arena->left) {
		size_t space = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		struct block *block = malloc(sizeof(*block) + space);

		CHECK_MEMORY(block);
		block->next = arena->blocks;
		arena->blocks = block;
		arena->left = arena->size = space;
	}
	char *found = arena->blocks->space + (arena->size - arena->left);

	arena->left -= size;
	return found;
}

static bool is_text(const struct string *string, const char *text, size_t length)
{
	return string->text && string->length == length && memcmp(string->text, text, length) == 0;
}

const char *arena_text(struct arena *arena, const char *text, size_t length)
{
	if (is_text(&arena->last, text, length))
		return arena->last.text;
	struct string *place = &arena->remembered[hash_bytes(text, length) % REMEMBERED];

	if (is_text(place, text, length)) {
		arena->last = *place;
		return place->text;
	}
	char *copy = arena_space(arena, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	*place = arena->last = (struct string){copy, length};
	return copy;
}
