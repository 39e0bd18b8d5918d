#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/random.h"
#include "base/sort.h"
#include "tests/support/suite.h"

enum { MANY = 5000 };

static int compare(const void *left, const void *right)
{
	const struct sort_item *a = left, *b = right;

	return array_order(a->key, b->key) ?: array_order(a->place, b->place);
}

static void sorts_as_by_comparison(struct random_stream *random, size_t count, int64_t low,
				   int64_t high)
{
	struct sort_item item[MANY], wanted[MANY];

	for (uint32_t i = 0; i < count; i++)
		item[i] = wanted[i] = (struct sort_item){random_between(random, low, high), i};
	sort_items(item, count);
	qsort(wanted, count, sizeof(*wanted), compare);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(item[i].key, wanted[i].key);
		ck_assert_uint_eq(item[i].place, wanted[i].place);
	}
}

START_TEST(items_are_sorted_by_key_and_those_of_one_key_stay_as_they_came)
{
	static const struct {
		int64_t low, high;
	} keys[] = {{0, 3},
		    {-2, 2},
		    {INT64_MIN, INT64_MAX},
		    {INT64_MAX - 1, INT64_MAX},
		    {INT64_MIN, INT64_MIN + 9},
		    {INT64_C(7) << 32, (INT64_C(7) << 32) + 100000}};
	static const size_t counts[] = {0, 1, 2, 3, 511, 512, 513, MANY};
	struct random_stream random = random_open(1, "sort");

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (size_t k = 0; k < sizeof(counts) / sizeof(*counts); k++)
			sorts_as_by_comparison(&random, counts[k], keys[i].low, keys[i].high);
}
END_TEST

static int asked;

/* What stands behind the last one is never asked. */
static bool is_first(uint32_t at, int first, int count)
{
	ck_assert_int_lt((int)at, count);
	asked++;
	return (int)at < first;
}

/* In each length, at each place, in a few questions. */
START_TEST(those_that_come_first_are_counted)
{
	for (int count = 0; count <= 33; count++)
		for (int first = 0; first <= count; first++) {
			asked = 0;
			ck_assert_uint_eq(ARRAY_BEFORE(count, i, is_first(i, first, count)),
					  (unsigned int)first);
			ck_assert_int_le(asked, 6);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: sort");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, items_are_sorted_by_key_and_those_of_one_key_stay_as_they_came);
	tcase_add_test(tests, those_that_come_first_are_counted);
	return suite_run(suite);
}
