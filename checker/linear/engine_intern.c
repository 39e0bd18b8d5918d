#include "checker/linear/engine_intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { FIRST_BUCKETS = 64, FIRST_BYTES = 1024, ALIGNMENT = 8 };

/* Whole words first: states are up to kilobytes long and are hashed at every step. */
static uint32_t hash_of(const uint8_t *bytes, size_t length)
{
	uint64_t hash = length * UINT64_C(0x9e3779b97f4a7c15);

	for (; length >= 8; bytes += 8, length -= 8) {
		uint64_t word;

		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	for (; length > 0; bytes++, length--)
		hash = (hash ^ *bytes) * UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)(hash >> 32 ^ hash);
}

void intern_open(struct intern *intern, struct budget *budget)
{
	*intern = (struct intern){.buckets = FIRST_BUCKETS, .budget = budget};
	ARRAY_NEW(intern->bucket, intern->buckets);
	budget->used += intern->buckets * sizeof *intern->bucket;
	CHECK(intern_put(intern, "", 0) == 0);
}

static void *copied(const void *from, size_t size)
{
	void *copy = malloc(size);

	CHECK_MEMORY(copy);
	return memcpy(copy, from, size);
}

void intern_copy(struct intern *into, const struct intern *from, struct budget *budget)
{
	*into = *from;
	into->budget = budget;
	budget->used += from->size + from->capacity * sizeof *from->entry +
			from->buckets * sizeof *from->bucket;
	into->bytes = copied(from->bytes, from->size);
	into->entry = copied(from->entry, from->capacity * sizeof *from->entry);
	into->bucket = copied(from->bucket, from->buckets * sizeof *from->bucket);
}

void intern_close(struct intern *intern)
{
	free(intern->bytes);
	free(intern->entry);
	free(intern->bucket);
}

void *intern_room(struct intern *intern, size_t length)
{
	CHECK(length <= UINT32_MAX && intern->entries < UINT32_C(1) << 30);
	uint64_t needed = intern->used + length + ALIGNMENT;

	if (intern->size < needed) {
		uint64_t size = intern->size ? intern->size : FIRST_BYTES;

		while (size < needed)
			size *= 2;
		uint8_t *bytes = budget_resize(intern->budget, intern->bytes, intern->size, size);

		if (!bytes)
			return NULL;
		intern->bytes = bytes;
		intern->size = size;
	}
	return intern->bytes + intern->used;
}

static void rebuild(struct intern *intern)
{
	memset(intern->bucket, 0, intern->buckets * sizeof *intern->bucket);
	for (uint32_t i = 0; i < intern->entries; i++) {
		uint32_t at = intern->entry[i].hash & (intern->buckets - 1);

		while (intern->bucket[at])
			at = (at + 1) & (intern->buckets - 1);
		intern->bucket[at] = i + 1;
	}
}

/* Room for one more entry, with at most half of the buckets taken. */
static bool grow(struct intern *intern)
{
	if (intern->entries == intern->capacity) {
		uint32_t capacity = intern->capacity ? intern->capacity * 2 : FIRST_BUCKETS / 2;
		struct intern_entry *entry =
			budget_resize(intern->budget, intern->entry,
				      intern->capacity * sizeof *entry, capacity * sizeof *entry);

		if (!entry)
			return false;
		intern->entry = entry;
		intern->capacity = capacity;
	}
	if (intern->entries >= intern->buckets / 2) {
		size_t size = intern->buckets * sizeof *intern->bucket;
		uint32_t *bucket = budget_resize(intern->budget, intern->bucket, size, 2 * size);

		if (!bucket)
			return false;
		intern->bucket = bucket;
		intern->buckets *= 2;
		rebuild(intern);
	}
	CHECK(intern->entries < intern->buckets); /* or a search among them never ends */
	return true;
}

static uint32_t find(const struct intern *intern, const void *bytes, size_t length, uint32_t hash)
{
	uint32_t at = hash & (intern->buckets - 1);

	for (; intern->bucket[at]; at = (at + 1) & (intern->buckets - 1)) {
		const struct intern_entry *known = &intern->entry[intern->bucket[at] - 1];

		if (known->hash == hash && known->length == length &&
		    memcmp(intern->bytes + known->at, bytes, length) == 0)
			return intern->bucket[at] - 1;
	}
	return UINT32_MAX;
}

uint32_t intern_find(const struct intern *intern, const void *bytes, size_t length)
{
	return find(intern, bytes, length, hash_of(bytes, length));
}

uint32_t intern_commit(struct intern *intern, size_t length)
{
	const uint8_t *bytes = intern->bytes + intern->used;
	uint32_t hash = hash_of(bytes, length), at;
	uint32_t known = find(intern, bytes, length, hash);

	if (known != UINT32_MAX)
		return known;
	if (!grow(intern))
		return 0;
	for (at = hash & (intern->buckets - 1); intern->bucket[at];)
		at = (at + 1) & (intern->buckets - 1);
	intern->entry[intern->entries] =
		(struct intern_entry){.at = intern->used, .length = (uint32_t)length, .hash = hash};
	intern->used += (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	intern->bucket[at] = ++intern->entries;
	return intern->entries - 1;
}

uint32_t intern_put(struct intern *intern, const void *bytes, size_t length)
{
	void *room = intern_room(intern, length);

	if (!room)
		return 0;
	memcpy(room, bytes, length);
	return intern_commit(intern, length);
}

const void *intern_bytes(const struct intern *intern, uint32_t number, size_t *length)
{
	CHECK(number < intern->entries);
	*length = intern->entry[number].length;
	return intern->bytes + intern->entry[number].at;
}
