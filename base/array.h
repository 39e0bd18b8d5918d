/* What is done to arrays everywhere. Memory that is not there aborts: its caller has
 * no way on without it, and the history stays as it was. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

#include "base/invariant.h"

/* Zeroed room for `count` elements of what the pointer points to, and never NULL. */
#define ARRAY_NEW(pointer, count) ((pointer) = array_new((size_t)(count), sizeof(*(pointer))))

static inline void *array_new(size_t count, size_t size)
{
	void *array = calloc(count + 1, size);

	CHECK(array);
	return array;
}

/* Before element `at` of an array of pointers is followed: what later ones point to, far apart in
 * memory, is fetched meanwhile. */
#define array_foresee(pointer, at, count)                                                          \
	do {                                                                                       \
		if ((at) + ARRAY_AHEAD < (count)) {                                                \
			const char *array_later = (const void *)(pointer)[(at) + ARRAY_AHEAD];     \
			__builtin_prefetch(array_later);                                           \
			__builtin_prefetch(array_later + 64);                                      \
		}                                                                                  \
	} while (0)
enum { ARRAY_AHEAD = 12 };

/* The three-way comparison of a sort: negative, zero, positive. */
static inline int array_order(int64_t left, int64_t right)
{
	return (left > right) - (left < right);
}

#endif
