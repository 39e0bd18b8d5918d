#include "checker/linear/keys.h"

#include "base/array.h"

enum { DENSE = 4 }; /* a difference may waste so many numbers per identity */

void keys_open(struct keys *keys, uint32_t low, uint32_t high, uint32_t most)
{
	uint64_t range = low <= high ? (uint64_t)high - low + 1 : 0, slots = 64;

	*keys = (struct keys){.low = low, .count = (uint32_t)range};
	if (range <= DENSE * (uint64_t)most + 64)
		return;
	while (slots < 2 * (uint64_t)most)
		slots *= 2;
	CHECK(slots - 1 <= UINT32_MAX);
	keys->count = most;
	keys->mask = (uint32_t)(slots - 1);
	ARRAY_NEW(keys->key, slots);
	ARRAY_NEW(keys->number, slots);
}

void keys_close(struct keys *keys)
{
	free(keys->key);
	free(keys->number);
	*keys = (struct keys){0};
}

uint32_t keys_look_up(struct keys *keys, uint32_t key)
{
	uint32_t at = key * UINT32_C(0x9e3779b1);

	/* number 0 is a free place */
	for (at = (at ^ at >> 15) & keys->mask; keys->number[at]; at = (at + 1) & keys->mask)
		if (keys->key[at] == key)
			return keys->number[at] - 1;
	CHECK(keys->used < keys->count);
	keys->key[at] = key;
	keys->number[at] = ++keys->used;
	return keys->used - 1;
}
