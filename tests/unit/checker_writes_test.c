#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "history/guard.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

static int64_t tests_of_guard(const struct verdicts *verdicts)
{
	return story_judgement(verdicts, 0)->measure[MEASURE_GUARD_TESTS];
}

/* Worker 0's lease ends while it is paused, worker 1 gets the lock, worker 0 writes at 3,000 ms.
 * What worker 1 has done by then: */
enum progress { ASKED, GOT, READ, WROTE };

struct play {
	const char *guard;
	enum progress progress;
	bool tokens; /* every request carries its holder's */
	bool keys_untold;
	bool unanswered; /* worker 0 never hears of its write */
};

static const struct verdicts *play(struct story *story, const struct play *play)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	if (play->tokens)
		story_learn_token(story, a, 111, story_token(story, a));
	story_read(story, a, 115);
	int b = story_ask(story, 1, 120);

	story_expire(story, a, 2500);
	if (play->progress >= GOT)
		story_get(story, b, 2501);
	if (play->tokens && play->progress >= GOT)
		story_learn_token(story, b, 2502, story_token(story, b));
	if (play->progress >= READ)
		story_read(story, b, 2510);
	if (play->progress >= WROTE)
		story_write(story, b, 2520);
	(play->unanswered ? story_write_unanswered : story_write)(story, a, 3000);
	if (play->progress == READ)
		story_write(story, b, 3010);
	if (play->keys_untold)
		ck_assert_int_eq(sqlite3_exec(maker_db(story_maker(story)), "DELETE FROM key_event",
					      NULL, NULL, NULL),
				 SQLITE_OK);
	return story_judge(story, 1);
}

static struct story *begin(const struct play *play)
{
	return story_open(play->guard ? play->guard : "none", 0);
}

static void expect(const struct play *how, int stale, int late, int lost, int breach)
{
	struct story *story = begin(how);
	const struct verdicts *verdicts = play(story, how);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_STALE_WRITE), stale);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LATE_WRITE), late);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), lost);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), breach);
	story_end(story);
}

START_TEST(stale_write_is_one_after_a_write_by_a_later_holder)
{
	expect(&(struct play){.progress = WROTE}, 1, 0, 1, 0);
}
END_TEST

START_TEST(late_write_is_one_after_the_next_holders_read_and_before_its_write)
{
	/* The lost update is worker 1's: it had read before the late write. */
	expect(&(struct play){.progress = READ}, 0, 1, 1, 0);
}
END_TEST

START_TEST(late_write_that_nobody_could_notice_is_only_counted)
{
	struct play how = {.progress = GOT};
	struct story *story = begin(&how);
	const struct verdicts *verdicts = play(story, &how);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LATE_WRITE), 0);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), 0);
	ck_assert_ptr_nonnull(strstr(story_judgement(verdicts, 0)->why, "1 harmless late write"));
	story_end(story);
	expect(&(struct play){.progress = ASKED}, 0, 0, 0, 0);
}
END_TEST

START_TEST(writes_of_unknown_outcome_are_definite_when_the_store_applied_them)
{
	expect(&(struct play){.progress = WROTE, .unanswered = true}, 1, 0, 1, 0);
}
END_TEST

START_TEST(writes_whose_holders_order_is_unknown_are_only_possibly_stale)
{
	struct play how = {.progress = WROTE, .keys_untold = true};
	struct story *story = begin(&how);
	const struct verdicts *verdicts = play(story, &how);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_STALE_WRITE), 0);
	ck_assert_int_eq(story_possible(verdicts, 0, VIOLATION_STALE_WRITE), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), 1);
	story_end(story);
}
END_TEST

START_TEST(writes_are_ordered_by_the_token_when_the_witness_is_silent)
{
	expect(&(struct play){.progress = WROTE, .keys_untold = true, .tokens = true}, 1, 0, 1, 0);
}
END_TEST

START_TEST(writes_are_not_ordered_by_a_token_that_is_a_lease_id)
{
	struct story *story = story_open("token", 0);
	int b = story_ask_in_vain(story, 1, 50), a = story_ask_in_vain(story, 0, 100);

	/* a acquires first and has the greater lease id. */
	story_get_unnamed(story, a, 110);
	story_learn_token(story, a, 111, 7000001);
	story_try(story, a, F_RELEASE, 112, OUTCOME_OK);
	story_get_unnamed(story, b, 120);
	story_learn_token(story, b, 121, 7000000);
	story_read(story, b, 122);
	story_write(story, b, 123);
	story_read(story, a, 124);
	story_write(story, a, 125);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_possible(verdicts, 0, VIOLATION_STALE_WRITE), 1);
	ck_assert_int_eq(story_possible(verdicts, 0, VIOLATION_FENCE_BREACH), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), 0);
	story_end(story);
}
END_TEST

START_TEST(fence_breach_is_what_the_guard_promised_to_stop)
{
	expect(&(struct play){.guard = "token", .tokens = true, .progress = WROTE}, 1, 0, 1, 1);
	expect(&(struct play){.guard = "token-writes", .tokens = true, .progress = WROTE}, 1, 0, 1,
	       1);
	expect(&(struct play){.guard = "deadline", .progress = WROTE}, 1, 0, 1, 0);
	expect(&(struct play){.guard = "idempotent", .progress = WROTE}, 1, 0, 1, 1);
	/* Of the late write it promises nothing; worker 1's then lost that. */
	expect(&(struct play){.guard = "idempotent", .progress = READ}, 0, 1, 1, 1);
	expect(&(struct play){.guard = "idempotent", .progress = GOT}, 0, 0, 0, 0);
}
END_TEST

START_TEST(fence_breach_is_no_late_write_past_a_token_on_writes_alone)
{
	/* Worker 1's read does not tell the store its token. */
	struct story *story = story_open("token-writes", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_read(story, a, 115);
	story_learn_token(story, a, 116, story_token(story, a));
	b = story_ask(story, 1, 120);
	story_expire(story, a, 2500);
	story_get(story, b, 2501);
	story_read(story, b, 2510);
	story_write(story, a, 3000);
	story_learn_token(story, b, 3001, story_token(story, b));
	story_write(story, b, 3010);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LATE_WRITE), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), 0);
	story_end(story);
	/* Both writes: the late one, and worker 1's, which loses it. */
	expect(&(struct play){.guard = "token", .tokens = true, .progress = READ}, 0, 1, 1, 2);
}
END_TEST

START_TEST(fence_breach_is_a_request_without_a_token_or_with_a_smaller_one)
{
	struct story *story = story_open("token", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_read(story, a, 115); /* carries none */
	story_learn_token(story, a, 116, story_token(story, a));
	story_write(story, a, 120);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), 1);
	story_end(story);

	story = story_open("token", 0);
	a = story_ask(story, 0, 100);
	story_get(story, a, 110);
	story_learn_token(story, a, 116, 99);
	story_read(story, a, 117);
	story_release(story, a, 120, 121);
	a = story_ask(story, 1, 130);
	story_get(story, a, 131);
	story_learn_token(story, a, 132, 98);
	story_read(story, a, 133);
	verdicts = story_judge(story, 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), 1);
	story_end(story);
}
END_TEST

/*
 * A holder's key goes at 200 ms, by a revision of its own. Its transaction was sent before anybody
 * had seen that, and was answered as of `later` revisions after it; the witness was told of its
 * entry when the answer had come.
 */
static void expect_of_transaction(int later, enum verdict verdict, int breach)
{
	struct story *story = story_open("txn", 0);
	struct maker *maker = story_maker(story);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_learn_token(story, a, 120, story_token(story, a));
	int64_t op = maker_op(maker, .attempt = 1, .f = F_WRITE, .outcome = OUTCOME_OK,
			      .invoked_ms = 199, .returned_ms = 203, .value = 9, .version = 1,
			      .token = story_token(story, a),
			      .revision = story_token(story, a) + 1 + later);

	story_expire(story, a, 200);
	maker_decision(maker, .op = op, .f = F_WRITE, .accepted = true, .version_after = 1,
		       .token = story_token(story, a), .value = 9, .arrived_ms = 202,
		       .decided_ms = 204);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, verdict);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), breach);
	story_end(story);
}

START_TEST(fence_breach_is_a_transaction_after_its_lock_key_went)
{
	expect_of_transaction(1, VERDICT_UNSAFE, 1);
	expect_of_transaction(-1, VERDICT_INCONCLUSIVE, 0);
}
END_TEST

START_TEST(writes_of_an_orderly_handover_are_no_violation)
{
	for (int i = 0; i < GUARDS_COUNT; i++) {
		struct story *story = story_open(guard_names[i], 0);

		for (int j = 0; j < 20; j++) {
			int hold = story_ask(story, j % 3, 100 + 10 * j);

			story_get(story, hold, 101 + 10 * j);
			story_learn_token(story, hold, 102 + 10 * j, story_token(story, hold));
			story_read(story, hold, 103 + 10 * j);
			story_write(story, hold, 104 + 10 * j);
			story_release(story, hold, 105 + 10 * j, 106 + 10 * j);
		}
		const struct verdicts *verdicts = story_judge(story, 1);

		ck_assert_int_eq(story_total(verdicts), 0);
		ck_assert_int_eq(tests_of_guard(verdicts),
				 guard_kinds[i].promises ? 0 : MEASURE_NONE);
		story_end(story);
	}
}
END_TEST

/* Two read version 0, the second to write is refused, reads again, and is in. */
START_TEST(guard_of_versions_is_tested_by_a_write_on_what_was_replaced)
{
	struct story *story = story_open("idempotent", 0);
	struct maker *maker = story_maker(story);
	int64_t first = maker_op(maker, .f = F_WRITE, .invoked_ms = 10);
	int64_t second = maker_op(maker, .f = F_WRITE, .invoked_ms = 12);
	int64_t third = maker_op(maker, .f = F_WRITE, .base_version = 1, .invoked_ms = 14);

	maker_decision(maker, .op = first, .f = F_WRITE, .accepted = true, .version_after = 1,
		       .decided_ms = 11);
	maker_decision(maker, .op = second, .f = F_WRITE, .version_before = 1, .version_after = 1,
		       .decided_ms = 13);
	maker_decision(maker, .op = third, .f = F_WRITE, .accepted = true, .version_before = 1,
		       .version_after = 2, .decided_ms = 15);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_total(verdicts), 0);
	ck_assert_int_eq(tests_of_guard(verdicts), 1);
	story_end(story);
}
END_TEST

START_TEST(lost_update_is_told_by_versions_without_any_holder)
{
	struct story *story = story_open("none", 0);
	int64_t first = maker_op(story_maker(story), .f = F_WRITE, .invoked_ms = 10);
	int64_t second = maker_op(story_maker(story), .f = F_WRITE, .invoked_ms = 12);

	maker_decision(story_maker(story), .op = first, .f = F_WRITE, .accepted = true,
		       .version_after = 1, .decided_ms = 11);
	maker_decision(story_maker(story), .op = second, .f = F_WRITE, .accepted = false,
		       .version_before = 1, .version_after = 1, .decided_ms = 13);
	maker_decision(story_maker(story), .op = second, .f = F_WRITE, .accepted = true,
		       .version_before = 1, .version_after = 2, .decided_ms = 14);
	maker_decision(story_maker(story), .op = 0, .f = F_WRITE, .accepted = true,
		       .version_before = 2, .version_after = 3, .decided_ms = 15);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert_ptr_nonnull(
		strstr(story_judgement(verdicts, 0)->why, "1 decision about unknown requests"));
	story_end(story);
}
END_TEST

/* Worker 0 outlives its lease while worker 1 waits, and writes over what nobody's request had
 * written: one exposure, that ended in harm. */
START_TEST(lost_update_over_an_unknown_write_is_of_who_lost_it)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);
	int64_t unknown =
		maker_op(story_maker(story), .worker = 2, .f = F_WRITE, .invoked_ms = 200);
	int64_t late = maker_op(story_maker(story), .worker = 0, .attempt = 1, .f = F_WRITE,
				.invoked_ms = 2600, .lease = 7000000);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 150);

	maker_decision(story_maker(story), .op = unknown, .f = F_WRITE, .accepted = true,
		       .version_after = 1, .decided_ms = 201);
	story_expire(story, a, 2500);
	story_get(story, b, 2510);
	maker_decision(story_maker(story), .op = late, .f = F_WRITE, .accepted = true,
		       .version_before = 1, .version_after = 2, .decided_ms = 2601);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), 1);
	ck_assert_int_eq(story_judgement(verdicts, 0)->exposures, 1);
	ck_assert_int_eq(story_judgement(verdicts, 0)->events, 1);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: writes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, stale_write_is_one_after_a_write_by_a_later_holder);
	tcase_add_test(tests, late_write_is_one_after_the_next_holders_read_and_before_its_write);
	tcase_add_test(tests, late_write_that_nobody_could_notice_is_only_counted);
	tcase_add_test(tests, writes_of_unknown_outcome_are_definite_when_the_store_applied_them);
	tcase_add_test(tests, writes_whose_holders_order_is_unknown_are_only_possibly_stale);
	tcase_add_test(tests, writes_are_ordered_by_the_token_when_the_witness_is_silent);
	tcase_add_test(tests, writes_are_not_ordered_by_a_token_that_is_a_lease_id);
	tcase_add_test(tests, fence_breach_is_what_the_guard_promised_to_stop);
	tcase_add_test(tests, fence_breach_is_no_late_write_past_a_token_on_writes_alone);
	tcase_add_test(tests, fence_breach_is_a_request_without_a_token_or_with_a_smaller_one);
	tcase_add_test(tests, guard_of_versions_is_tested_by_a_write_on_what_was_replaced);
	tcase_add_test(tests, fence_breach_is_a_transaction_after_its_lock_key_went);
	tcase_add_test(tests, writes_of_an_orderly_handover_are_no_violation);
	tcase_add_test(tests, lost_update_is_told_by_versions_without_any_holder);
	tcase_add_test(tests, lost_update_over_an_unknown_write_is_of_who_lost_it);
	return suite_run(suite);
}
