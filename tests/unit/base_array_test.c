/* Arrays keep what is in them on their way to big pages and back. */
#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "tests/support/suite.h"

enum { MANY = 3000000, BIG_PAGE = 2 << 20 };

START_TEST(grows_from_nothing_to_many_pages)
{
	uint32_t *array = NULL;
	uint32_t room = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		ARRAY_GROW(array, i, room);
		array[i] = i * 7;
	}
	for (uint32_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(array[i], i * 7);
	ck_assert_uint_eq((uintptr_t)array % BIG_PAGE, 0);
	free(array);
}
END_TEST

START_TEST(shrinks_to_what_is_kept)
{
	uint32_t *array;

	ARRAY_ROOM(array, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		array[i] = ~i;
	for (uint32_t room = MANY; room > 0; room /= 3) {
		array = array_resized(array, room, sizeof(*array));
		for (uint32_t i = 0; i < room; i += 1 + room / 1000)
			ck_assert_uint_eq(array[i], ~i);
	}
	free(array);
}
END_TEST

/* Where something was before, too. */
START_TEST(new_ones_are_zero)
{
	for (int round = 0; round < 3; round++) {
		for (size_t count = 1; count <= MANY; count *= 5) {
			uint32_t *array;

			ARRAY_NEW(array, count);
			for (size_t i = 0; i < count; i++)
				ck_assert_uint_eq(array[i], 0);
			memset(array, 0xff, count * sizeof(*array));
			free(array);
		}
	}
}
END_TEST

START_TEST(none_is_greater_than_memory)
{
	for (int kind = 0; kind < 2; kind++) {
		pid_t child = fork();
		int status;

		ck_assert_int_ge(child, 0);
		if (child == 0) {
			close(STDERR_FILENO);
			kind ? array_resized(NULL, SIZE_MAX / 8, 16) : array_new(SIZE_MAX / 8, 16);
			_exit(EXIT_SUCCESS);
		}
		ck_assert(waitpid(child, &status, 0) == child);
		ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS);
	}
}
END_TEST

/* What the kernel tells of the mapping around an address. */
static bool asks_for_big_pages(const void *address)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	uintptr_t wanted = (uintptr_t)address, begin, end;
	bool inside = false, asks = false;
	char line[512];

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
			inside = wanted >= begin && wanted < end;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			asks = strstr(line, " hg") != NULL;
	}
	fclose(maps);
	return asks;
}

/* Also when they have grown to that, which must not cost them what is in them. */
START_TEST(large_arrays_ask_for_big_pages)
{
	enum { SMALL = 1 << 19, LARGE = 8 << 20 };
	char *small, *zeroed, *room;
	uint32_t *grown = NULL, count = 0, capacity = 0;

	if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK))
		return; /* the kernel has none */
	ARRAY_ROOM(small, SMALL);
	ARRAY_NEW(zeroed, LARGE);
	ARRAY_ROOM(room, LARGE);
	for (; count < LARGE / sizeof(*grown); grown[count] = count, count++)
		ARRAY_GROW(grown, count, capacity);
	ck_assert(!asks_for_big_pages(small));
	ck_assert(asks_for_big_pages(zeroed) && asks_for_big_pages(zeroed + LARGE - 1));
	ck_assert(asks_for_big_pages(room) && asks_for_big_pages(room + LARGE - 1));
	ck_assert(asks_for_big_pages(grown) && asks_for_big_pages(&grown[count - 1]));
	for (uint32_t i = 0; i < count; i++)
		ck_assert_uint_eq(grown[i], i);
	for (size_t i = 0; i < LARGE; i++)
		ck_assert(!zeroed[i]);
	free(small);
	free(zeroed);
	free(room);
	free(grown);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base_array");
	TCase *tests = tcase_create("arrays");

	tcase_add_test(tests, grows_from_nothing_to_many_pages);
	tcase_add_test(tests, shrinks_to_what_is_kept);
	tcase_add_test(tests, new_ones_are_zero);
	tcase_add_test(tests, none_is_greater_than_memory);
	tcase_add_test(tests, large_arrays_ask_for_big_pages);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
