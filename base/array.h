/* What is done to arrays everywhere. Memory that is not there ends the process: its caller has
 * no way on without it, and the history stays as it was. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

#include "base/invariant.h"

/* Zeroed room for `count` elements of what the pointer points to, and never NULL. */
#define ARRAY_NEW(pointer, count) ((pointer) = array_new((size_t)(count), sizeof(*(pointer))))
void *array_new(size_t count, size_t size);

/* The same, but what is in it is not told: of whoever writes every element before he reads it. */
#define ARRAY_ROOM(pointer, count)                                                                 \
	((pointer) = array_resized(NULL, (size_t)(count) + 1, sizeof(*(pointer))))

/* Room for `room` elements of `size` bytes, with what was in `array`, which is freed; NULL: nothing
 * was. Owned by the caller, for free(). */
void *array_resized(void *array, size_t room, size_t size);

/* What is freed from here on stays with the process, whose next array need not be cleared by the
 * kernel anew. For whoever makes and frees many big arrays, and ends then. */
void array_keep_freed(void);

/* Room for one element more than `count`: `room`, an integer that begins as 0, doubles. Pages of
 * big arrays that are not yet touched cost nothing. */
#define ARRAY_GROW(pointer, count, room)                                                           \
	do {                                                                                       \
		if ((count) == (room)) {                                                           \
			CHECK((size_t)(room) <= UINT32_MAX / 2);                                   \
			(room) = (room) ? 2 * (room) : ARRAY_FIRST_ROOM;                           \
			(pointer) = array_resized((pointer), (size_t)(room), sizeof(*(pointer)));  \
		}                                                                                  \
	} while (0)
enum { ARRAY_FIRST_ROOM = 64 };

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

/* As qsort, which also spends its time and a copy on what is in order already, as most here is. */
static inline void array_sort(void *array, size_t count, size_t size,
			      int (*compare)(const void *, const void *))
{
	const char *at = array;
	size_t sorted = 1;

	for (; sorted < count && compare(at, at + size) <= 0; at += size)
		sorted++;
	if (sorted < count)
		qsort(array, count, size, compare);
}

/* How many of `count` elements come first: of number `at`, `is_before` is true of these, and of
 * none behind them. */
#define ARRAY_BEFORE(count, at, is_before)                                                         \
	({                                                                                         \
		size_t array_low = 0, array_high = (size_t)(count);                                \
                                                                                                   \
		while (array_low < array_high) {                                                   \
			uint32_t at = (uint32_t)(array_low + (array_high - array_low) / 2);        \
                                                                                                   \
			if (is_before)                                                             \
				array_low = at + 1;                                                \
			else                                                                       \
				array_high = at;                                                   \
		}                                                                                  \
		array_low;                                                                         \
	})

/* The three-way comparison of a sort: negative, zero, positive. */
static inline int array_order(int64_t left, int64_t right)
{
	return (left > right) - (left < right);
}

#endif
