/*
 * Corners of the campaign's checks, where planted bugs went unseen: each story is the smallest in
 * which the condition makes the difference.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

/* Of a story's first two holds. */
enum { LEASE_0 = 7000000, OTHER_LEASE = 999 };
#define KEY_0 "lock/6acfc0"
#define KEY_1 "lock/6acfc1"

static int64_t of_service(struct story *story, enum violation_name name)
{
	int64_t definite = story_definite(story_judge(story, 1), STORY_SERVICE, name);

	story_end(story);
	return definite;
}

/* One member's word on a key at the next revision. */
static void tell_key(struct story *story, int64_t revision, int64_t created, int64_t lease,
		     const char *key, double seen_ms)
{
	story_pass_revisions(story, 1);
	maker_key(story_maker(story), .revision = revision, .create_revision = created,
		  .lease = lease, .deleted = !lease, .key = key, .seen_ms = seen_ms);
}

/* ghost-grant --------------------------------------------------------------------------------- */

/* The third in the queue loses its key after the second did, while the first still stands. */
START_TEST(ghost_grant_goes_by_the_key_ahead_that_stood_longest)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b, c;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	c = story_ask(story, 2, 130);
	story_expire(story, b, 500);
	story_not_get(story, b, 510, OUTCOME_FAIL);
	story_expire(story, c, 600);
	story_release(story, a, 700, 701);
	story_get_unnamed(story, c, 710);
	ck_assert_int_eq(of_service(story, VIOLATION_GHOST_GRANT), 1);
}
END_TEST

START_TEST(ghost_grant_is_one_behind_a_key_that_stands_for_ever)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_expire(story, b, 500);
	story_get_unnamed(story, b, 510);
	ck_assert_int_eq(of_service(story, VIOLATION_GHOST_GRANT), 1);
}
END_TEST

/* The answer names the revision at which somebody put the key over. */
START_TEST(ghost_grant_is_not_one_of_a_key_that_was_put_over)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	tell_key(story, 12, 11, OTHER_LEASE, KEY_0, 105);
	story_get(story, a, 110);
	ck_assert_int_eq(of_service(story, VIOLATION_GHOST_GRANT), 0);
}
END_TEST

/* stuck --------------------------------------------------------------------------------------- */

/* Healed at 10 s, 2 s to settle; one acquire, begun at 9 s, is never answered. 0: nobody dies. */
static int64_t stuck(double died_ms, int64_t ended_ms)
{
	struct story *story = story_open("none", 0);

	maker_set_int(story_maker(story), "healed_ns", 10 * NS_PER_S);
	maker_set_int(story_maker(story), "ended_ns", ended_ms * NS_PER_MS);
	maker_set_int(story_maker(story), "settle_ms", 2000);
	maker_op(story_maker(story), .worker = 1, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_INFO, .invoked_ms = 9000, .lease = LEASE_0);
	if (died_ms > 0)
		maker_restart(story_maker(story), 0, 1, died_ms);
	int64_t found = story_definite(story_judge(story, 1), 0, VIOLATION_STUCK);

	story_end(story);
	return found;
}

START_TEST(stuck_counts_the_trying_of_the_living)
{
	ck_assert_int_eq(stuck(11999, 20000), 0);
	ck_assert_int_eq(stuck(12000, 20000), 1);
	ck_assert_int_eq(stuck(0, 20000), 1);
}
END_TEST

START_TEST(stuck_counts_the_trying_until_the_end_of_the_run)
{
	ck_assert_int_eq(stuck(0, 11999), 0);
	ck_assert_int_eq(stuck(0, 12000), 1);
}
END_TEST

/* An acquire is answered at `answered_ms`; another one, sent at 10.5 s, never is. */
static int64_t stuck_after(double answered_ms)
{
	struct story *story = story_open("none", 0);

	maker_set_int(story_maker(story), "healed_ns", 10 * NS_PER_S);
	maker_set_int(story_maker(story), "ended_ns", 20 * NS_PER_S);
	maker_set_int(story_maker(story), "settle_ms", 2000);
	maker_op(story_maker(story), .worker = 0, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = 9000, .returned_ms = answered_ms);
	maker_op(story_maker(story), .worker = 1, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_INFO, .invoked_ms = 10500);
	int64_t found = story_definite(story_judge(story, 1), 0, VIOLATION_STUCK);

	story_end(story);
	return found;
}

START_TEST(stuck_is_not_one_when_somebody_was_answered_after_the_heal)
{
	ck_assert_int_eq(stuck_after(10000), 1);
	ck_assert_int_eq(stuck_after(10000.001), 0);
}
END_TEST

/* Writes -------------------------------------------------------------------------------------- */

static int read_by(struct story *story, int worker, double at_ms)
{
	int hold = story_ask(story, worker, at_ms);

	story_get(story, hold, at_ms + 1);
	story_read(story, hold, at_ms + 2);
	story_release(story, hold, at_ms + 3, at_ms + 4);
	return hold;
}

START_TEST(lost_update_names_the_writer_whose_version_it_was)
{
	struct story *story = story_open("none", 0);
	int late = read_by(story, 0, 100), first = read_by(story, 1, 200);

	story_write(story, first, 202.5);
	int last = read_by(story, 2, 300);

	story_write(story, last, 302.5);
	story_write(story, late, 400);
	const struct violation *violation =
		story_violation(story_judge(story, 1), VIOLATION_LOST_UPDATE);

	ck_assert_ptr_nonnull(violation);
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, last), "overwritten"));
	ck_assert(
		!violation_cites(violation, "attempt", story_attempt(story, first), "overwritten"));
	ck_assert_msg(strstr(violation->summary, "was at version 2 by w-0-2 "), "%s",
		      violation->summary);
	story_end(story);
}
END_TEST

/* Leases -------------------------------------------------------------------------------------- */

/* The attempt's key is known by its name only, and belonged to another lease, which ended; its own
 * goes on. */
static struct story *open_key_of_another_lease(void)
{
	struct story *story = story_open("none", 0);
	int a = story_ask_in_vain(story, 0, 100);

	tell_key(story, 11, 11, OTHER_LEASE, KEY_0, 105);
	story_get(story, a, 110);
	tell_key(story, 12, 11, 0, KEY_0, 500);
	story_renew(story, a, 600, 601);
	return story;
}

START_TEST(dead_keepalive_is_not_one_when_the_key_of_another_lease_went)
{
	ck_assert_int_eq(of_service(open_key_of_another_lease(), VIOLATION_DEAD_KEEPALIVE), 0);
}
END_TEST

START_TEST(early_expiry_is_not_one_when_the_key_of_another_lease_went)
{
	ck_assert_int_eq(of_service(open_key_of_another_lease(), VIOLATION_EARLY_EXPIRY), 0);
}
END_TEST

/* Its own lease was granted until 2,098 ms; a renewal of another one says nothing of it. */
START_TEST(early_expiry_is_not_proved_by_a_renewal_of_another_lease)
{
	for (int own = 0; own < 2; own++) {
		struct story *story = story_open("none", 0);
		int a = story_ask(story, 0, 100);

		story_get(story, a, 110);
		maker_op(story_maker(story), .worker = 0, .attempt = 1, .f = F_KEEPALIVE,
			 .outcome = OUTCOME_OK, .invoked_ms = 1500, .returned_ms = 1501,
			 .lease = own ? LEASE_0 : OTHER_LEASE, .ttl_ms = STORY_TTL_MS);
		story_expire(story, a, 2200);
		ck_assert_int_eq(of_service(story, VIOLATION_EARLY_EXPIRY), own);
	}
}
END_TEST

/* Overlaps ------------------------------------------------------------------------------------ */

/* Worker 0 holds from 110 ms on; worker 1 is told ok at 400 ms. */
static void expect_length(double first_until_ms, double second_until_ms, const char *length)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b = story_ask(story, 1, 120);

	story_get(story, a, 110);
	story_get(story, b, 400);
	story_lose(story, a, first_until_ms);
	if (second_until_ms > 0)
		story_lose(story, b, second_until_ms);
	const struct violation *violation =
		story_violation(story_judge(story, 1), VIOLATION_OVERLAP);

	ck_assert_ptr_nonnull(violation);
	ck_assert_msg(strstr(violation->summary, length) != NULL, "%s", violation->summary);
	story_end(story);
}

START_TEST(overlap_lasts_until_the_first_of_both_ends)
{
	expect_length(600, 900, "from 0.400 s for 0.200 s");
	expect_length(900, 600, "from 0.400 s for 0.200 s");
	expect_length(700, 0, "from 0.400 s for 0.300 s");
}
END_TEST

/* etcd answers a second lock call with the same lease with the same key. */
START_TEST(overlap_granted_is_not_one_of_a_grant_that_two_attempts_share)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	maker_op(story_maker(story), .worker = 1, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = 120, .returned_ms = 130, .lease = LEASE_0,
		 .key = KEY_0, .revision = 11);
	ck_assert_int_eq(of_service(story, VIOLATION_OVERLAP_GRANTED), 0);
}
END_TEST

/* Both keys stand at worker 1's answer; somebody puts over worker `of`'s later. */
static int64_t granted_twice(int of)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_get(story, b, 130);
	if (of >= 0)
		tell_key(story, 13, 11 + of, OTHER_LEASE, of ? KEY_1 : KEY_0, 200);
	return of_service(story, VIOLATION_OVERLAP_GRANTED);
}

START_TEST(overlap_granted_concludes_nothing_from_a_key_that_was_put_over)
{
	ck_assert_int_eq(granted_twice(-1), 1);
	ck_assert_int_eq(granted_twice(0), 0);
	ck_assert_int_eq(granted_twice(1), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: corners");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, ghost_grant_goes_by_the_key_ahead_that_stood_longest);
	tcase_add_test(tests, ghost_grant_is_one_behind_a_key_that_stands_for_ever);
	tcase_add_test(tests, ghost_grant_is_not_one_of_a_key_that_was_put_over);
	tcase_add_test(tests, stuck_counts_the_trying_of_the_living);
	tcase_add_test(tests, stuck_counts_the_trying_until_the_end_of_the_run);
	tcase_add_test(tests, stuck_is_not_one_when_somebody_was_answered_after_the_heal);
	tcase_add_test(tests, lost_update_names_the_writer_whose_version_it_was);
	tcase_add_test(tests, dead_keepalive_is_not_one_when_the_key_of_another_lease_went);
	tcase_add_test(tests, early_expiry_is_not_one_when_the_key_of_another_lease_went);
	tcase_add_test(tests, early_expiry_is_not_proved_by_a_renewal_of_another_lease);
	tcase_add_test(tests, overlap_lasts_until_the_first_of_both_ends);
	tcase_add_test(tests, overlap_granted_is_not_one_of_a_grant_that_two_attempts_share);
	tcase_add_test(tests, overlap_granted_concludes_nothing_from_a_key_that_was_put_over);
	return suite_run(suite);
}
