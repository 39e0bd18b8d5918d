/*
 * Boundaries of the campaign's checks that a planted bug could cross unnoticed: found by `make
 * mutants`, a test for each survivor.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "checker/docket.h"
#include "checker/guards.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

/* Of a story's first two holds. */
enum { LEASE_0 = 7000000 };
#define KEY_0 "lock/6acfc0"
#define KEY_1 "lock/6acfc1"

/* overlap-safe -------------------------------------------------------------------------------- */

/* Worker 1 is told ok at 500 ms, inside worker 0's safe part; worker 2 asks for the end of worker
 * 0's lease at revoked_ms. */
static bool overlap_is_definite(double revoked_ms, bool doubtful)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	if (doubtful)
		story_not_get(story, a, 105, OUTCOME_INFO);
	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	maker_op(story_maker(story), .worker = 2, .attempt = 1, .f = F_LEASE_REVOKE,
		 .lease = LEASE_0, .outcome = OUTCOME_INFO, .invoked_ms = revoked_ms);
	story_get(story, b, 500);
	const struct verdicts *verdicts = story_judge(story, 1);
	int64_t definite = story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE);

	ck_assert_int_eq(definite + story_possible(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE),
			 1);
	story_end(story);
	return definite == 1;
}

START_TEST(overlap_safe_is_only_possible_from_the_moment_of_a_revoke)
{
	ck_assert(!overlap_is_definite(500, false));
	ck_assert(overlap_is_definite(500.001, false));
	ck_assert(!overlap_is_definite(500.001, true));
}
END_TEST

/* Worker 0 is safe until 2,098 ms and again from 3,105 ms on. */
START_TEST(overlap_safe_leaves_out_the_gap_between_a_deadline_and_the_next_answer)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 2300);
	story_get(story, b, 2500);
	story_renew(story, a, 3100, 3105);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct violation *violation = story_violation(verdicts, VIOLATION_OVERLAP_SAFE);

	ck_assert_ptr_nonnull(violation);
	ck_assert_int_eq(violation->at_ns, 3105 * NS_PER_MS);
	story_end(story);
}
END_TEST

START_TEST(overlap_safe_counts_a_pair_of_attempts_once)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_get(story, b, 500);
	story_renew(story, a, 1000, 1001);
	story_renew(story, a, 2500, 2501);
	story_renew(story, b, 3000, 3100); /* it was not safe from 2,118 ms to here */
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_OVERLAP_SAFE), 1);
	story_end(story);
}
END_TEST

/* Worker 1's lease was promised until 2,100 ms; worker 0's until 3,500 ms. */
static int64_t overlap_of_an_answer(double at_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 90), b;

	story_get(story, a, 95);
	b = story_ask(story, 1, 102);
	story_renew(story, a, 1500, 1501);
	story_get(story, b, at_ms);
	int64_t found =
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_OVERLAP_SAFE);

	story_end(story);
	return found;
}

START_TEST(overlap_safe_is_not_one_of_an_answer_that_came_when_its_promise_ended)
{
	ck_assert_int_eq(overlap_of_an_answer(2099.999), 1);
	ck_assert_int_eq(overlap_of_an_answer(2100), 0);
}
END_TEST

/* The same instants for both: a history has one story all the same. */
START_TEST(overlap_safe_of_two_alike_names_the_first_process_first)
{
	struct story *story = story_open("none", 0);
	int b = story_ask(story, 1, 100), a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_get(story, b, 110);
	const struct violation *violation =
		story_violation(story_judge(story, 1), VIOLATION_OVERLAP_SAFE);
	bool later = story_attempt(story, a) > story_attempt(story, b);

	ck_assert_ptr_nonnull(violation);
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, later ? b : a),
				  "holder"));
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, later ? a : b),
				  "later holder"));
	story_end(story);
}
END_TEST

/* overlap-granted ----------------------------------------------------------------------------- */

START_TEST(overlap_granted_is_not_one_of_a_key_that_was_gone_at_its_answer)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_expire(story, b, 130);
	story_get(story, b, 140);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_GRANTED), 0);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_GHOST_GRANT), 1);
	story_end(story);
}
END_TEST

START_TEST(overlap_granted_remembers_the_key_ahead_that_stands_longest)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b, c;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_get(story, b, 130);
	c = story_ask(story, 2, 140);
	story_release(story, b, 150, 151);
	story_get(story, c, 160);
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_OVERLAP_GRANTED), 2);
	story_end(story);
}
END_TEST

/* ghost-grant --------------------------------------------------------------------------------- */

START_TEST(ghost_grant_is_not_one_of_keys_that_went_in_one_revision)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_expire(story, a, 2200); /* revision 13 */
	maker_key(story_maker(story), .deleted = true, .revision = 13,
		  .create_revision = story_token(story, b), .key = KEY_1, .seen_ms = 2200);
	story_get_unnamed(story, b, 2210);
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_GHOST_GRANT), 0);
	story_end(story);
}
END_TEST

START_TEST(ghost_grant_is_known_when_the_witness_told_up_to_the_very_answer)
{
	struct story *story = story_open("none", 0);
	int a = story_ask_in_vain(story, 0, 100);

	story_ask(story, 1, 120);
	story_get(story, a, 130); /* at the revision of the other's key */
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_GHOST_GRANT), 1);
	story_end(story);
}
END_TEST

/* Leases -------------------------------------------------------------------------------------- */

START_TEST(early_expiry_is_not_one_of_a_key_that_another_lease_took_over)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_pass_revisions(story, 1);
	maker_key(story_maker(story), .revision = 12, .create_revision = 11, .lease = 999,
		  .key = KEY_0, .seen_ms = 300);
	story_ask(story, 1, 400);
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 0);
	story_end(story);
}
END_TEST

START_TEST(early_expiry_is_not_one_of_a_key_that_a_wrong_release_deleted)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_get(story, b, 130);
	story_expire(story, b, 205);
	story_acknowledge(story, a, F_RELEASE, 200, 210);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 0);
	story_end(story);
}
END_TEST

START_TEST(dead_keepalive_is_not_one_that_was_told_of_no_ttl)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a, 205);
	story_acknowledge(story, a, F_LEASE_REVOKE, 200, 210);
	maker_op(story_maker(story), .worker = 0, .attempt = 1, .f = F_KEEPALIVE,
		 .outcome = OUTCOME_OK, .invoked_ms = 300, .returned_ms = 301, .lease = LEASE_0);
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 0);
	story_end(story);
}
END_TEST

/* Worker 0's key goes at revision 13, worker 1 is told ok at that revision. Then worker 0's release
 * finds nothing, and its answer names revision 13 too: no proof that its key stood. */
START_TEST(not_linearizable_is_not_proved_by_an_answer_at_the_revision_of_the_removal)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_expire(story, a, 2200);
	story_get(story, b, 2210);
	story_acknowledge(story, a, F_RELEASE, 2400, 2410);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_NOT_LINEARIZABLE), 0);
	story_end(story);
}
END_TEST

/* Writes -------------------------------------------------------------------------------------- */

enum { TOKEN = 9 }; /* for everybody, so that no rule of tokens tells a stale holder */

/* Two holders whose order nobody knows; a is answered first. */
static struct story *open_unordered(const char *guard)
{
	struct story *story = story_open(guard, 1u << 0);
	int a = story_ask_in_vain(story, 0, 100), b = story_ask_in_vain(story, 1, 120);

	story_get_unnamed(story, a, 110);
	story_get_unnamed(story, b, 200);
	return story;
}

START_TEST(late_write_is_not_counted_as_harmless_on_a_guess)
{
	struct story *story = open_unordered("none");

	story_write(story, 0, 300);
	ck_assert_ptr_null(
		strstr(story_judgement(story_judge(story, 1), 0)->why, "harmless late write"));
	story_end(story);
}
END_TEST

START_TEST(fence_breach_is_definite_for_its_surest_reason)
{
	struct story *story = open_unordered("token");

	story_learn_token(story, 0, 202, TOKEN);
	story_learn_token(story, 1, 203, TOKEN);
	story_read(story, 0, 210);
	story_write(story, 1, 300);
	story_write(story, 0, 400); /* perhaps stale, surely on an old version */
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_possible(verdicts, 0, VIOLATION_STALE_WRITE), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LOST_UPDATE), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), 1);
	story_end(story);
}
END_TEST

START_TEST(fence_breach_is_a_late_write_past_a_token)
{
	struct story *story = story_open("token", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_learn_token(story, a, 115, TOKEN);
	story_read(story, a, 120);
	b = story_ask(story, 1, 130);
	story_expire(story, a, 2200);
	story_get(story, b, 2210);
	story_learn_token(story, b, 2215, TOKEN);
	story_read(story, b, 2220);
	story_write(story, a, 2300);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LATE_WRITE), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), 1);
	story_end(story);
}
END_TEST

/* What an arm is held to ---------------------------------------------------------------------- */

START_TEST(arm_is_held_to_what_its_guard_promises)
{
	const unsigned int breach = 1u << VIOLATION_FENCE_BREACH;
	const unsigned int harm = 1u << VIOLATION_OVERLAP | 1u << VIOLATION_STALE_WRITE |
				  1u << VIOLATION_LATE_WRITE | 1u << VIOLATION_LOST_UPDATE;

	ck_assert_uint_eq(guard_counting(guard_find("none"), true), breach | harm);
	ck_assert_uint_eq(guard_counting(guard_find("deadline"), true), breach | harm);
	ck_assert_uint_eq(guard_counting(guard_find("token"), true), breach);
	ck_assert_uint_eq(guard_counting(guard_find("token-writes"), true), breach);
	ck_assert_uint_eq(guard_counting(guard_find("token"), false),
			  breach | violations_that_blame(BLAMES_SERVICE));
}
END_TEST

/* Worker 0 outlives its lease while worker 1 waits. Worker 2 is dead by 150 ms; its last acquire
 * left its machine at asked_ms. */
static int64_t exposures_beside_the_dead(double asked_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	maker_op(story_maker(story), .worker = 2, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_INFO, .invoked_ms = asked_ms);
	maker_restart(story_maker(story), 0, 2, 150);
	b = story_ask(story, 1, 200);
	story_expire(story, a, 2500);
	story_lose(story, a, 2600);
	story_not_get(story, b, 9000, OUTCOME_FAIL);
	int64_t found = story_judgement(story_judge(story, 1), 0)->exposures;

	story_end(story);
	return found;
}

START_TEST(exposure_is_one_whenever_the_dead_had_asked)
{
	ck_assert_int_eq(exposures_beside_the_dead(120), 1);
	ck_assert_int_eq(exposures_beside_the_dead(150), 1);
	ck_assert_int_eq(exposures_beside_the_dead(4000), 1);
}
END_TEST

/* Divergence, faults, the docket -------------------------------------------------------------- */

START_TEST(divergence_is_not_a_revision_of_several_keys_told_in_part)
{
	struct story *story = story_open("none", 0);

	story_ask(story, 0, 100); /* revision 11, told by both members */
	for (int member = 0; member < 2; member++)
		maker_key(story_maker(story), .member = member, .revision = 12,
			  .create_revision = 12, .lease = 8, .key = "lock/8", .seen_ms = 200);
	maker_key(story_maker(story), .member = 0, .revision = 12, .create_revision = 12,
		  .lease = 9, .key = "lock/9", .seen_ms = 201);
	ck_assert_int_eq(story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_DIVERGENCE),
			 0);
	story_end(story);
}
END_TEST

/* The overlap begins at 3,605 ms; the first holder's last renewal was answered at 1,501 ms. Two
 * faults, the first of which must cover it. */
static void first_fault_covers(double first_began_ms, double second_began_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	maker_fault(story_maker(story), .lane = 0, .worker = 0, .began_ms = first_began_ms,
		    .ended_ms = 5000, .bitten = true);
	maker_fault(story_maker(story), .lane = 0, .worker = 0, .began_ms = second_began_ms,
		    .ended_ms = second_began_ms + 100, .bitten = true);
	story_get(story, a, 110);
	story_renew(story, a, 1500, 1501);
	b = story_ask(story, 1, 1600);
	story_expire(story, a, 3600);
	story_get(story, b, 3605);
	const struct violation *violation =
		story_violation(story_judge(story, 1), VIOLATION_OVERLAP);

	ck_assert_ptr_nonnull(violation);
	ck_assert(violation_cites(violation, "fault", 1, "cover"));
	story_end(story);
}

START_TEST(cover_is_found_behind_a_younger_fault_that_was_short)
{
	first_fault_covers(1000, 1100);
}
END_TEST

START_TEST(cover_is_a_fault_that_began_at_that_very_moment)
{
	first_fault_covers(3605, 4000);
}
END_TEST

START_TEST(docket_keeps_definite_violations_before_earlier_possible_ones)
{
	const struct lane_row lane = {.id = 0, .arm = 0};
	const struct lane_facts facts = {.lane = &lane, .honest = true};
	struct violation possible = docket_draft(&facts, VIOLATION_OVERLAP, IS_POSSIBLE, 10);
	struct violation definite = docket_draft(&facts, VIOLATION_OVERLAP, IS_DEFINITE, 20);
	struct docket docket;

	docket_say(&possible, "perhaps");
	docket_cite(&possible, "op", 1, "acquire");
	docket_say(&definite, "surely");
	docket_cite(&definite, "op", 2, "acquire");
	docket_open(&docket, 1, 1);
	docket_file(&docket, &facts, &possible, NULL, NULL);
	docket_file(&docket, &facts, &definite, NULL, NULL);
	const struct slot *slot = docket_slot(&docket, 0, VIOLATION_OVERLAP);

	ck_assert_int_eq(slot->kept, 1);
	ck_assert(slot->violation[0].definite);
	docket_close(&docket);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: boundaries");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, overlap_safe_is_only_possible_from_the_moment_of_a_revoke);
	tcase_add_test(cases,
		       overlap_safe_leaves_out_the_gap_between_a_deadline_and_the_next_answer);
	tcase_add_test(cases, overlap_safe_counts_a_pair_of_attempts_once);
	tcase_add_test(cases,
		       overlap_safe_is_not_one_of_an_answer_that_came_when_its_promise_ended);
	tcase_add_test(cases, overlap_safe_of_two_alike_names_the_first_process_first);
	tcase_add_test(cases, arm_is_held_to_what_its_guard_promises);
	tcase_add_test(cases, exposure_is_one_whenever_the_dead_had_asked);
	tcase_add_test(cases, overlap_granted_is_not_one_of_a_key_that_was_gone_at_its_answer);
	tcase_add_test(cases, overlap_granted_remembers_the_key_ahead_that_stands_longest);
	tcase_add_test(cases, ghost_grant_is_not_one_of_keys_that_went_in_one_revision);
	tcase_add_test(cases, ghost_grant_is_known_when_the_witness_told_up_to_the_very_answer);
	tcase_add_test(cases, early_expiry_is_not_one_of_a_key_that_another_lease_took_over);
	tcase_add_test(cases, early_expiry_is_not_one_of_a_key_that_a_wrong_release_deleted);
	tcase_add_test(cases, dead_keepalive_is_not_one_that_was_told_of_no_ttl);
	tcase_add_test(cases,
		       not_linearizable_is_not_proved_by_an_answer_at_the_revision_of_the_removal);
	tcase_add_test(cases, late_write_is_not_counted_as_harmless_on_a_guess);
	tcase_add_test(cases, fence_breach_is_definite_for_its_surest_reason);
	tcase_add_test(cases, fence_breach_is_a_late_write_past_a_token);
	tcase_add_test(cases, divergence_is_not_a_revision_of_several_keys_told_in_part);
	tcase_add_test(cases, cover_is_found_behind_a_younger_fault_that_was_short);
	tcase_add_test(cases, cover_is_a_fault_that_began_at_that_very_moment);
	tcase_add_test(cases, docket_keeps_definite_violations_before_earlier_possible_ones);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
