#include "history/traces/interner.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/invariant.h"

/* Texts stand in blocks, which never move; a text longer than a block gets one of its own. */
enum { BLOCK_SIZE = 64 * 1024, FIRST_SLOTS = 64 };

struct block {
	struct block *previous;
	char bytes[];
};

/* With the hash beside the number, a probe that meets another text touches nothing else. */
struct slot {
	uint32_t hash;
	uint32_t number; /* of the text, + 1; 0: free */
};

struct interner {
	const char **text;
	struct slot *slot; /* open addressing, linear probes; slots is a power of 2 */
	uint32_t count, capacity, slots;
	struct block *block; /* the newest */
	size_t used, room;   /* of its bytes */
};

struct interner *interner_open(void)
{
	struct interner *interner = calloc(1, sizeof(*interner));
	CHECK_MEMORY(interner);
	interner->slots = FIRST_SLOTS;
	interner->slot = calloc(FIRST_SLOTS, sizeof(*interner->slot));
	CHECK_MEMORY(interner->slot);
	return interner;
}

void interner_close(struct interner *interner)
{
	if (!interner)
		return;
	while (interner->block) {
		struct block *previous = interner->block->previous;
		free(interner->block);
		interner->block = previous;
	}
	free(interner->text);
	free(interner->slot);
	free(interner);
}

uint32_t interner_count(const struct interner *interner)
{
	return interner->count;
}

const char *interner_text(const struct interner *interner, uint32_t number)
{
	CHECK(number < interner->count);
	return interner->text[number];
}

void interner_seal(struct interner *interner)
{
	free(interner->slot);
	interner->slot = NULL;
	interner->slots = 0;
}

static const char *copy_text(struct interner *interner, const char *text, size_t length)
{
	if (interner->room - interner->used < length + 1) {
		size_t room = length + 1 > BLOCK_SIZE ? length + 1 : BLOCK_SIZE;
		struct block *block = malloc(sizeof(*block) + room);
		CHECK_MEMORY(block);
		block->previous = interner->block;
		interner->block = block;
		interner->used = 0;
		interner->room = room;
	}
	char *copy = interner->block->bytes + interner->used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	interner->used += length + 1;
	return copy;
}

/* The slot with the text, or the free one where it belongs. */
static struct slot *find_slot(const struct interner *interner, uint32_t hash, const char *text,
			      size_t length)
{
	for (uint32_t at = hash;; at++) {
		struct slot *slot = &interner->slot[at & (interner->slots - 1)];

		if (!slot->number)
			return slot;
		if (slot->hash != hash || !text)
			continue;
		const char *found = interner->text[slot->number - 1];

		if (strncmp(found, text, length) == 0 && found[length] == '\0')
			return slot;
	}
}

static void double_slots(struct interner *interner)
{
	struct interner old = *interner;

	CHECK(old.slots <= UINT32_MAX / 4);
	interner->slots = 2 * old.slots;
	interner->slot = calloc(interner->slots, sizeof(*interner->slot));
	CHECK_MEMORY(interner->slot);
	for (uint32_t i = 0; i < old.slots; i++)
		if (old.slot[i].number)
			*find_slot(interner, old.slot[i].hash, NULL, 0) = old.slot[i];
	free(old.slot);
}

static uint32_t append(struct interner *interner, const char *text, size_t length)
{
	if (interner->count == interner->capacity) {
		CHECK(interner->capacity <= UINT32_MAX / 4);
		interner->capacity = interner->capacity ? 2 * interner->capacity : 16;
		interner->text =
			realloc(interner->text, interner->capacity * sizeof(*interner->text));
		CHECK_MEMORY(interner->text);
	}
	interner->text[interner->count] = copy_text(interner, text, length);
	return interner->count++;
}

uint32_t interner_add(struct interner *interner, const char *text, size_t length)
{
	CHECK(interner->slot); /* not sealed */
	uint32_t hash = hash_bytes(text, length);
	struct slot *slot = find_slot(interner, hash, text, length);

	if (slot->number)
		return slot->number - 1;
	if (interner->count >= interner->slots / 4 * 3) {
		double_slots(interner);
		slot = find_slot(interner, hash, NULL, 0);
	}
	*slot = (struct slot){hash, append(interner, text, length) + 1};
	return slot->number - 1;
}
