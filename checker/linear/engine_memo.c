/*
 * A hash finds the bucket; equality is decided by comparing keys in full.
 *
 * Dominance compares all counts of a word at once: with the highest bit of every field set in
 * `more` and clear in `less`, the subtraction more - less borrows that bit in just those fields
 * where less > more, and never from a neighbour.
 */
#include "checker/linear/engine_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { FIRST_ENTRIES = 64 };

void memo_open(struct memo *memo, const struct problem *problem, struct budget *budget)
{
	*memo = (struct memo){.guards = problem->guards,
			      .key_words = CONFIG_MASK + problem->mask_words,
			      .count_words = problem->count_words,
			      .buckets = FIRST_ENTRIES,
			      .generation = 1,
			      .budget = budget};
	memo->words = memo->key_words + memo->count_words;
	budget->used += memo->buckets * sizeof *memo->bucket;
	ARRAY_NEW(memo->bucket, memo->buckets);
}

void memo_close(struct memo *memo)
{
	free(memo->config);
	free(memo->link);
	free(memo->bucket);
}

static uint32_t hash_of(const struct memo *memo, const uint64_t *config)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < memo->key_words; i++) {
		hash = (hash ^ config[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

static bool same_key(const struct memo *memo, const uint64_t *a, const uint64_t *b)
{
	for (uint32_t i = 0; i < memo->key_words; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static bool used_no_more(const struct memo *memo, const uint64_t *less, const uint64_t *more)
{
	less += memo->key_words;
	more += memo->key_words;
	for (uint32_t i = 0; i < memo->count_words; i++)
		if ((((more[i] | memo->guards[i]) - less[i]) & memo->guards[i]) != memo->guards[i])
			return false;
	return true;
}

static uint64_t *bucket_of(const struct memo *memo, uint32_t hash)
{
	return &memo->bucket[hash & (memo->buckets - 1)];
}

static uint32_t first_in(const struct memo *memo, uint32_t hash)
{
	uint64_t bucket = *bucket_of(memo, hash);

	return bucket >> 32 == memo->generation ? (uint32_t)bucket : MEMO_NONE;
}

static void link_entry(struct memo *memo, uint32_t entry, uint32_t hash)
{
	memo->link[entry] = (struct memo_link){.next = first_in(memo, hash), .hash = hash};
	*bucket_of(memo, hash) = (uint64_t)memo->generation << 32 | entry;
}

static bool grow_buckets(struct memo *memo)
{
	size_t size = memo->buckets * sizeof *memo->bucket;
	uint64_t *bucket = budget_resize(memo->budget, memo->bucket, size, 4 * size);

	if (!bucket)
		return false;
	memo->bucket = bucket;
	memo->buckets *= 4;
	memset(bucket, 0, 4 * size); /* no generation is 0 */
	for (uint32_t i = 0; i < memo->entries; i++)
		link_entry(memo, i, memo->link[i].hash);
	return true;
}

static bool grow_entries(struct memo *memo)
{
	uint64_t from = memo->capacity, to = from ? from * 2 : FIRST_ENTRIES;
	size_t size = memo->words * sizeof *memo->config;
	uint64_t *config = budget_resize(memo->budget, memo->config, from * size, to * size);

	if (!config)
		return false;
	memo->config = config;

	struct memo_link *link =
		budget_resize(memo->budget, memo->link, from * sizeof *link, to * sizeof *link);

	if (!link)
		return false;
	memo->link = link;
	memo->capacity = (uint32_t)to;
	return true;
}

uint64_t *memo_room(struct memo *memo)
{
	if (memo->entries == memo->capacity) {
		if (memo->capacity == MEMO_MOST) {
			memo->budget->refused = true;
			return NULL;
		}
		if (!grow_entries(memo) || (memo->capacity > memo->buckets && !grow_buckets(memo)))
			return NULL;
	}
	return memo_config(memo, memo->entries);
}

uint32_t memo_commit(struct memo *memo)
{
	CHECK(memo->entries < memo->capacity); /* memo_room was asked */
	const uint64_t *config = memo_config(memo, memo->entries);
	uint32_t hash = hash_of(memo, config);

	for (uint32_t i = first_in(memo, hash); i != MEMO_NONE; i = memo->link[i].next) {
		const uint64_t *known = memo_config(memo, i);

		if (memo->link[i].hash == hash && same_key(memo, known, config) &&
		    used_no_more(memo, known, config))
			return MEMO_NONE;
	}
	link_entry(memo, memo->entries, hash);
	return memo->entries++;
}

bool memo_dominated(const struct memo *memo, uint32_t entry)
{
	const uint64_t *config = memo_config(memo, entry);
	uint32_t hash = memo->link[entry].hash;

	if (memo->count_words == 0)
		return false;
	for (uint32_t i = first_in(memo, hash); i != MEMO_NONE; i = memo->link[i].next) {
		const uint64_t *other = memo_config(memo, i);

		if (i != entry && memo->link[i].hash == hash && same_key(memo, other, config) &&
		    used_no_more(memo, other, config))
			return true;
	}
	return false;
}

void memo_restart(struct memo *memo, uint32_t kept)
{
	CHECK(kept <= memo->entries);
	memo->entries = kept;
	if (++memo->generation == 0) {
		memset(memo->bucket, 0, memo->buckets * sizeof *memo->bucket);
		memo->generation = 1;
	}
}
