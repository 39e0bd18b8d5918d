/* The tables of violations and of guards: every row is whole. */
#include <check.h>
#include <string.h>

#include "history/guard.h"
#include "tests/support/suite.h"

START_TEST(violations_word_is_its_own)
{
	const char *word = violation_word((enum violation_name)_i);

	ck_assert_int_gt((int)strlen(word), 0);
	for (int other = 0; other < _i; other++)
		ck_assert_str_ne(word, violation_word((enum violation_name)other));
}
END_TEST

START_TEST(violation_says_in_a_sentence_what_it_is)
{
	const char *sentence = violation_kinds[_i].sentence;

	ck_assert_msg(*sentence && sentence[strlen(sentence) - 1] == '.', "%s: '%s'",
		      violation_word((enum violation_name)_i), sentence);
}
END_TEST

START_TEST(no_two_violations_are_equally_grave)
{
	int count[VIOLATION_NAMES_COUNT + 1] = {0};

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		ck_assert_int_ge(violation_kinds[name].gravity, 1);
		ck_assert_int_le(violation_kinds[name].gravity, VIOLATION_NAMES_COUNT);
		ck_assert_int_eq(count[violation_kinds[name].gravity]++, 0);
	}
}
END_TEST

START_TEST(violation_blames_whom_it_always_blamed)
{
	const uint32_t harm = 1u << VIOLATION_OVERLAP | 1u << VIOLATION_STALE_WRITE |
			      1u << VIOLATION_LATE_WRITE | 1u << VIOLATION_LOST_UPDATE;

	ck_assert_uint_eq(violations_that_blame(BLAMES_UNGUARDED), harm);
	ck_assert_uint_eq(violations_that_blame(BLAMES_ARM), 1u << VIOLATION_FENCE_BREACH);
	ck_assert_uint_eq(violations_that_blame(BLAMES_NOBODY), 1u << VIOLATION_STUCK);
	ck_assert_uint_eq(violations_that_blame(BLAMES_MEMBERS), 1u << VIOLATION_DIVERGENCE);
}
END_TEST

/* Guards -------------------------------------------------------------------------------------- */

START_TEST(guard_is_found_by_its_own_word)
{
	ck_assert_ptr_eq(guard_find(guard_names[_i]), &guard_kinds[_i]);
	ck_assert_str_eq(guard_kinds[_i].word, guard_names[_i]);
	ck_assert_ptr_null(guard_names[GUARDS_COUNT]);
	ck_assert_ptr_null(guard_find("tokens"));
}
END_TEST

static void says(const struct guard_kind *guard, const char *words, bool it_does)
{
	ck_assert_msg(!strstr(guard->sentence, words) == !it_does, "guard %s: '%s'", guard->word,
		      guard->sentence);
}

START_TEST(guard_says_what_it_does_and_promises)
{
	const struct guard_kind *guard = &guard_kinds[_i];

	says(guard, "no stale write", guard->promises & NO_STALE_WRITE);
	says(guard, "no late write", guard->promises & NO_LATE_WRITE);
	says(guard, "no lost update", guard->promises & NO_LOST_UPDATE);
	says(guard, "promises nothing", !guard->promises);
	says(guard, "carries the fencing token",
	     guard_needs_token(guard) && !guard->carries_lease_id);
	says(guard, "write carries the lease id", guard->carries_lease_id);
	says(guard, "known to be wrong", guard->known_wrong);
	says(guard, "lies in the service", guard->in_service);
	/* Whoever plays the right ones alone leaves out just those. */
	ck_assert_int_eq(guard->known_wrong, _i >= GUARDS_RIGHT);
	ck_assert(guard_helps(guard) == (guard->promises && !guard->known_wrong));
	ck_assert(!guard_helps(NULL));
	says(guard, "every read", guard->reads_carry);
	says(guard, "write carries", guard->writes_carry);
	says(guard, "looks at its safe deadline", guard->looks_at_deadline);
	says(guard, "which version it is based on", guard->writes_carry_base);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history_records");
	TCase *tests = tcase_create("violations");

	tcase_add_loop_test(tests, violations_word_is_its_own, 0, VIOLATION_NAMES_COUNT);
	tcase_add_loop_test(tests, violation_says_in_a_sentence_what_it_is, 0,
			    VIOLATION_NAMES_COUNT);
	tcase_add_test(tests, no_two_violations_are_equally_grave);
	tcase_add_test(tests, violation_blames_whom_it_always_blamed);
	suite_add_tcase(suite, tests);
	tests = tcase_create("guards");
	tcase_add_loop_test(tests, guard_is_found_by_its_own_word, 0, GUARDS_COUNT);
	tcase_add_loop_test(tests, guard_says_what_it_does_and_promises, 0, GUARDS_COUNT);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
