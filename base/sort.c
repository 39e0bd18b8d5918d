/*
 * A radix sort, from the lowest digit up, each pass stable. Digits that all keys share (of times
 * and of numbers within a process most are) cost no pass. A few items are sorted by comparisons:
 * the counters of the digits would cost more.
 */
#include "base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { DIGIT_BITS = 11, DIGITS = 6, VALUES = 1 << DIGIT_BITS, FEW = 512 };

static int compare_items(const void *left, const void *right)
{
	const struct sort_item *a = left, *b = right;

	return array_order(a->key, b->key) ?: array_order(a->place, b->place);
}

static bool is_sorted(const struct sort_item *item, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (item[i].key < item[i - 1].key)
			return false;
	return true;
}

/* Negative keys come first. */
static size_t digit_of(int64_t key, int digit)
{
	return (((uint64_t)key ^ (UINT64_C(1) << 63)) >> (digit * DIGIT_BITS)) & (VALUES - 1);
}

static void sort_by_digit(const struct sort_item *from, struct sort_item *to, size_t count,
			  int digit, size_t *begin)
{
	for (size_t value = 0, sum = 0; value < VALUES; value++) {
		size_t of_value = begin[value];

		begin[value] = sum;
		sum += of_value;
	}
	for (size_t i = 0; i < count; i++)
		to[begin[digit_of(from[i].key, digit)]++] = from[i];
}

void sort_items(struct sort_item *item, size_t count)
{
	if (is_sorted(item, count))
		return;
	if (count < FEW) {
		qsort(item, count, sizeof(*item), compare_items);
		return;
	}
	size_t(*counted)[VALUES];
	struct sort_item *from = item, *to, *room;

	ARRAY_NEW(counted, DIGITS);
	ARRAY_ROOM(room, count);
	for (size_t i = 0; i < count; i++)
		for (int digit = 0; digit < DIGITS; digit++)
			counted[digit][digit_of(item[i].key, digit)]++;
	to = room;
	for (int digit = 0; digit < DIGITS; digit++) {
		if (counted[digit][digit_of(item[0].key, digit)] == count)
			continue;
		sort_by_digit(from, to, count, digit, counted[digit]);
		struct sort_item *swapped = from;

		from = to;
		to = swapped;
	}
	if (from != item)
		memcpy(item, from, count * sizeof(*item));
	free(room);
	free(counted);
}
