/*
 * A hash table whose keys are an int: faster than by the function for keys of any length. Include
 * this instead of base/hash_table.h.
 */
#ifndef HISTORY_TRACES_HASH_INT_H
#define HISTORY_TRACES_HASH_INT_H

#include <stdint.h>

/* Buckets are chosen by the low bits. The product's middle depends on every bit of the key, so that
 * processes which are all multiples of 2^16 do not share a bucket. */
static inline uint32_t hash_int(const int *key)
{
	return (uint32_t)((uint32_t)*key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

#define HASH_FUNCTION(key, length, hash) ((void)(length), (hash) = hash_int(key))
#include "base/hash_table.h"

#endif
