#include "history/formats/interner.h"

#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"

/* Texts stand in blocks, which never move; a text longer than a block gets one of its own. */
enum { BLOCK_SIZE = 64 * 1024, FIRST_SLOTS = 64 };

struct block {
	struct block *previous;
	char bytes[];
};

struct entry {
	const char *text;
	uint32_t hash;
};

struct interner {
	struct entry *entry;
	uint32_t *slot; /* open addressing, linear probes: entry's number + 1, or 0 */
	uint32_t count, capacity, slots;
	struct block *block; /* the newest */
	size_t used, room;   /* of its bytes */
};

struct interner *interner_open(void)
{
	struct interner *interner = calloc(1, sizeof(*interner));
	CHECK(interner);
	interner->slots = FIRST_SLOTS;
	interner->slot = calloc(FIRST_SLOTS, sizeof(*interner->slot));
	CHECK(interner->slot);
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
	free(interner->entry);
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
	return interner->entry[number].text;
}

void interner_seal(struct interner *interner)
{
	free(interner->slot);
	interner->slot = NULL;
	interner->slots = 0;
}

/* Eight bytes at a time, each mixed in by a multiplication (as in splitmix64's finalizer). */
static uint32_t hash_of(const char *text, size_t length)
{
	uint64_t hash = length * UINT64_C(0x9e3779b97f4a7c15);
	for (; length > 0; text += 8) {
		uint64_t word = 0;
		size_t part = length < 8 ? length : 8;
		memcpy(&word, text, part);
		length -= part;
		hash = (hash ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash ^ hash >> 32);
}

static const char *copy_text(struct interner *interner, const char *text, size_t length)
{
	if (interner->room - interner->used < length + 1) {
		size_t room = length + 1 > BLOCK_SIZE ? length + 1 : BLOCK_SIZE;
		struct block *block = malloc(sizeof(*block) + room);
		CHECK(block);
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

static void double_slots(struct interner *interner)
{
	CHECK(interner->slots <= UINT32_MAX / 4);
	interner->slots *= 2;
	free(interner->slot);
	interner->slot = calloc(interner->slots, sizeof(*interner->slot));
	CHECK(interner->slot);
	for (uint32_t i = 0; i < interner->count; i++) {
		uint32_t at = interner->entry[i].hash & (interner->slots - 1);
		while (interner->slot[at])
			at = (at + 1) & (interner->slots - 1);
		interner->slot[at] = i + 1;
	}
}

static uint32_t append(struct interner *interner, const char *text, size_t length, uint32_t hash)
{
	if (interner->count == interner->capacity) {
		CHECK(interner->capacity <= UINT32_MAX / 4);
		interner->capacity = interner->capacity ? 2 * interner->capacity : 16;
		interner->entry =
			realloc(interner->entry, interner->capacity * sizeof(*interner->entry));
		CHECK(interner->entry);
	}
	struct entry *entry = &interner->entry[interner->count];
	entry->text = copy_text(interner, text, length);
	entry->hash = hash;
	return interner->count++;
}

uint32_t interner_add(struct interner *interner, const char *text, size_t length)
{
	CHECK(interner->slot); /* not sealed */
	uint32_t hash = hash_of(text, length);
	uint32_t at = hash & (interner->slots - 1);
	for (; interner->slot[at]; at = (at + 1) & (interner->slots - 1)) {
		const struct entry *entry = &interner->entry[interner->slot[at] - 1];
		if (entry->hash == hash && strncmp(entry->text, text, length) == 0 &&
		    entry->text[length] == '\0')
			return interner->slot[at] - 1;
	}
	if (interner->count >= interner->slots / 4 * 3) {
		double_slots(interner);
		at = hash & (interner->slots - 1);
		while (interner->slot[at])
			at = (at + 1) & (interner->slots - 1);
	}
	uint32_t number = append(interner, text, length, hash);
	interner->slot[at] = number + 1;
	return number;
}
