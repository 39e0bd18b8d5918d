/* A hash of bytes, for tables in memory: never stored, and never what decides. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xbf58476d1ce4e5b9); /* of splitmix64's finalizer */
	return hash ^ hash >> 29;
}

/* Eight bytes at a time. */
static inline uint32_t hash_bytes(const void *bytes, size_t length)
{
	const char *at = bytes;
	uint64_t hash = length * UINT64_C(0x9e3779b97f4a7c15), word = 0;

	for (; length >= sizeof(word); length -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = hash_mix(hash, word);
	}
	if (length > 0) {
		word = 0;
		memcpy(&word, at, length);
		hash = hash_mix(hash, word);
	}
	return (uint32_t)(hash ^ hash >> 32);
}

#endif
