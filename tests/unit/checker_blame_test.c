/*
 * Which of several faults is named behind a violation of the service, and what is said of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

/* m1, m2, m3: members 0, 1, 2 on the hosts of those numbers. */
enum { M1, M2, M3 };

/*
 * A lease that is granted at 19,998 ms and ends early: the key is gone at 20,900 ms, while the
 * acquire's lease-grant promised 2 s. Faults are given as they are told; those on a worker are of
 * the holder.
 */
enum { BORN_MS = 19998, GONE_MS = 20900, FAULTS = 3 };

struct scene {
	struct maker_fault fault[FAULTS];
	struct {
		double at_ms;
		int member, leader, term;
	} leader[FAULTS];
	int election_ms;
	bool early; /* else the lease lives as long as promised */
};

static void set(struct story *story, const struct scene *scene)
{
	struct maker *maker = story_maker(story);

	for (int i = 0; i < FAULTS; i++) {
		if (scene->fault[i].ended_ms > 0)
			maker_add_fault(maker, &scene->fault[i]);
		if (scene->leader[i].term)
			maker_leader(maker, scene->leader[i].at_ms, scene->leader[i].member,
				     scene->leader[i].leader, scene->leader[i].term);
	}
	if (scene->election_ms)
		maker_set_int(maker, "election_ms", scene->election_ms);
}

static const char *summary_of(struct story *story, enum violation_name name)
{
	static char summary[sizeof(((struct violation *)NULL)->summary)];
	const struct violation *violation = story_violation(story_judge(story, 1), name);

	ck_assert_ptr_nonnull(violation);
	snprintf(summary, sizeof(summary), "%s", violation->summary);
	return summary;
}

/* What the sentence of the early-expiry says after "nobody released or revoked it". */
static const char *lost(const struct scene *scene)
{
	static char blame[256];
	struct story *story = story_open("none", 0);

	set(story, scene);
	int a = story_ask(story, 0, BORN_MS + 2);

	story_get(story, a, BORN_MS + 12);
	story_expire(story, a, GONE_MS);
	story_lose(story, a, GONE_MS + 100);
	const char *summary = summary_of(story, VIOLATION_EARLY_EXPIRY);
	const char *rest = strstr(summary, "nobody released or revoked it");

	ck_assert_ptr_nonnull(rest);
	snprintf(blame, sizeof(blame), "%s", rest + strlen("nobody released or revoked it"));
	story_end(story);
	return blame;
}

#define LOST(...) lost(&(struct scene){__VA_ARGS__})

#define FAULT(of, what, whom, from, to)                                                            \
	{                                                                                          \
		.kind = (what), .target = (whom), .lane = -1, .host = (of), .began_ms = (from),    \
		.ended_ms = (to), .bitten = true                                                   \
	}
#define HOLDERS(what, from, to)                                                                    \
	{                                                                                          \
		.kind = (what), .target = "holder", .lane = 0, .worker = 0, .attempt = 1,          \
		.began_ms = (from), .ended_ms = (to), .bitten = true                               \
	}

START_TEST(a_leaders_pause_comes_before_packets_that_came_later)
{
	ck_assert_str_eq(LOST(.fault = {FAULT(M2, "pause", "leader", 20100, 20700),
					FAULT(M1, "cut", "member", 20200, 20800)}),
			 "; fault 1 (pause of leader m2) had ended 0.200 s before, on another "
			 "member, preferred over fault 2 (cut of member m1)");
	/* Without the first there is the second. */
	ck_assert_str_eq(LOST(.fault = {FAULT(M1, "cut", "member", 20200, 20800)}),
			 "; fault 1 (cut of member m1) had ended 0.100 s before, on that member");
}
END_TEST

START_TEST(what_is_of_no_single_host_comes_before_the_pause_of_another_member)
{
	ck_assert_str_eq(
		LOST(.fault = {FAULT(-1, "partition", "majority", 20100, 20700),
			       FAULT(M1, "pause", "member", 20200, 20800)}),
		"; fault 1 (partition of majority) had ended 0.200 s before, preferred over "
		"fault 2 (pause of member m1)");
}
END_TEST

START_TEST(stall_kill_and_clock_of_a_leader_are_as_its_pause)
{
	static const char *const kinds[] = {"stall", "kill", "power-loss", "clock"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "; fault 1 (%s of leader m2)", kinds[i]);
		ck_assert_ptr_nonnull(
			strstr(LOST(.fault = {FAULT(M2, kinds[i], "leader", 20100, 20700),
					      FAULT(M1, "cut", "leader", 20200, 20800)}),
			       wanted));
	}
}
END_TEST

START_TEST(who_led_stands_in_the_members_words)
{
	/* m2 led when it was paused, though it was hit by its number; m1's old word has no weight.
	 */
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(M2, "pause", "member", 20100, 20700),
						    FAULT(M1, "cut", "member", 20200, 20800)},
					  .leader = {{1000, M1, M2, 4}, {2000, M1, M1, 3}}),
				     "; fault 1 (pause of member m2)"));
	/* m1 led: its packets come before the pause of another. */
	ck_assert_ptr_nonnull(
		strstr(LOST(.fault = {FAULT(M2, "pause", "member", 20100, 20800),
				      FAULT(M1, "cut", "member", 20200, 20700)},
			    .leader = {{1000, M1, M1, 4}, {2000, M1, M2, 3}}),
		       "; fault 2 (cut of member m1) had ended 0.200 s before, on that "
		       "member, preferred over fault 1 (pause of member m2)"));
	/* m2 came to lead while its clock was wrong, and led when the lease was last renewed. */
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(M2, "clock", "member", 19000, 20700),
						    FAULT(M1, "cut", "leader", 20200, 20800)},
					  .leader = {{1000, M1, M1, 4}, {19500, M1, M2, 5}}),
				     "; fault 1 (clock of member m2)"));
	/* Not if it led only later: then another's stop comes before another's packets all the
	 * same, but after packets of the one that led. */
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(M2, "slow", "member", 19000, 20700),
						    FAULT(M1, "cut", "member", 20200, 20800)},
					  .leader = {{1000, M1, M1, 4}, {20850, M1, M2, 5}}),
				     "; fault 2 (cut of member m1)"));
}
END_TEST

START_TEST(a_leader_that_stood_still_before_the_lease_was_born_does_not_know_it)
{
	/* It began at the very moment at which the lease was asked for. */
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(M2, "pause", "leader", BORN_MS, 20700),
						    FAULT(M1, "cut", "leader", 20200, 20800)}),
				     "; fault 1 (pause of leader m2)"));
	ck_assert_ptr_nonnull(
		strstr(LOST(.fault = {FAULT(M2, "pause", "leader", BORN_MS - 0.001, 20700),
				      FAULT(M1, "cut", "leader", 20200, 20800)}),
		       "; fault 2 (cut of leader m1)"));
	/* One that died knows nothing in any case. */
	ck_assert_ptr_nonnull(
		strstr(LOST(.fault = {FAULT(M2, "kill", "leader", BORN_MS - 0.001, 20700),
				      FAULT(M1, "cut", "leader", 20200, 20800)}),
		       "; fault 1 (kill of leader m2)"));
}
END_TEST

START_TEST(of_two_pauses_the_one_that_is_over_is_named)
{
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(M2, "pause", "leader", 20100, 20700),
						    FAULT(M1, "pause", "leader", 20750, 22000)}),
				     "; fault 1 (pause of leader m2) had ended 0.200 s before"));
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(M2, "pause", "leader", 20100, 20700),
						    FAULT(M1, "pause", "leader", 20050, 20800)}),
				     "; fault 2 (pause of leader m1) had ended 0.100 s before"));
	ck_assert_ptr_nonnull(
		strstr(LOST(.fault = {FAULT(M2, "pause", "leader", 20100, 22000)}),
		       "; fault 1 (pause of leader m2) lay over it, on another member"));
}
END_TEST

/* 5 s + 2 elections + 0.5 s + 2 s after a stop; 2 elections + the TTL + 0.5 s after packets, a
 * kill, or what an operator did. Without a word etcd's default, an election of 1 s. */
START_TEST(aftermath_is_as_long_as_the_server_lets_a_request_wait)
{
	static const struct {
		const char *kind;
		double after_ms;
		int election_ms;
	} reach[] = {{"pause", 9500, 0},
		     {"pause", 8500, 500},
		     {"stall", 9500, 1000},
		     {"cut", 4500, 0},
		     {"cut", 3500, 500},
		     {"kill", 3500, 500},
		     {"shifted-restart", 3500, 500},
		     {"move-leader", 3500, 500}};

	for (size_t i = 0; i < sizeof(reach) / sizeof(reach[0]); i++) {
		double ended_ms = GONE_MS - reach[i].after_ms;

		ck_assert_ptr_nonnull(
			strstr(LOST(.fault = {FAULT(M2, reach[i].kind, "leader", 100, ended_ms)},
				    .election_ms = reach[i].election_ms),
			       "; fault 1 ("));
		ck_assert_str_eq(
			LOST(.fault = {FAULT(M2, reach[i].kind, "leader", 100, ended_ms - 0.001)},
			     .election_ms = reach[i].election_ms),
			"");
	}
}
END_TEST

START_TEST(load_is_named_only_over_it_and_where_nothing_else_is)
{
	ck_assert_str_eq(LOST(.fault = {FAULT(-1, "ballast", "cluster", 100, 30000)}),
			 "; fault 1 (ballast of cluster) lay over it");
	ck_assert_str_eq(LOST(.fault = {FAULT(-1, "writes", "cluster", 100, BORN_MS - 1)}), "");
	ck_assert_ptr_nonnull(strstr(LOST(.fault = {FAULT(-1, "ballast", "cluster", 100, 30000),
						    FAULT(M3, "cut", "member", 17000, 18000)}),
				     "; fault 2 (cut of member m3) had ended 2.900 s before"));
}
END_TEST

START_TEST(a_fault_that_did_not_bite_or_hit_the_holder_stands_back)
{
	struct scene scene = {.fault = {HOLDERS("pause", 20100, 20500),
					FAULT(M2, "pause", "leader", 20100, 20300)}};

	ck_assert_ptr_nonnull(strstr(lost(&scene), "; fault 2 (pause of leader m2)"));
	scene.fault[1].bitten = false;
	ck_assert_str_eq(lost(&scene),
			 "; fault 1 (pause of holder w-0-0) had ended 0.400 s before");
	scene.fault[0].ended_ms = BORN_MS - 1; /* nothing of it is left */
	scene.fault[0].began_ms = 19000;
	ck_assert_str_eq(lost(&scene), "");
}
END_TEST

/* What the early-expiry says of the one that acknowledged the renewal. */
START_TEST(early_expiry_tells_who_acknowledged_and_how_far_it_was_behind)
{
	struct story *story = story_open("none", 0);
	struct maker *maker = story_maker(story);

	maker_leader(maker, 1000, M1, M2, 4);
	maker_add_fault(maker, &(struct maker_fault)FAULT(M3, "stall", "leader", 300, 5000));
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	maker_key(maker, .lane = -1, .member = M1, .revision = 15, .seen_ms = 1999);
	maker_op(maker, .attempt = 1, .f = F_KEEPALIVE, .outcome = OUTCOME_OK, .invoked_ms = 2000,
		 .returned_ms = 2001, .endpoint = M3, .lease = 7000000, .ttl_ms = STORY_TTL_MS,
		 .revision = 11);
	story_pass_revisions(story, 4);
	story_expire(story, a, 2500);
	story_lose(story, a, 2600);
	ck_assert_str_eq(
		summary_of(story, VIOLATION_EARLY_EXPIRY),
		"the key of w-0-0 (revision 11) was gone by 2.500 s although the keepalive sent at "
		"2.000 s and acknowledged promised 2.000 s (by m3, which did not lead, 4 revisions "
		"behind); nobody released or revoked it; fault 1 (stall of leader m3) lay over it, "
		"on that member");
	story_end(story);
}
END_TEST

/* ghost-grant --------------------------------------------------------------------------------- */

/* Worker 0 waits behind worker 1, its key dies in the queue at 3,000 ms, and it is told ok. */
static const char *ghost(const struct scene *scene)
{
	struct story *story = story_open("none", 0);
	int first = story_ask(story, 1, 90), waiter;

	set(story, scene);
	story_get(story, first, 95);
	waiter = story_ask(story, 0, 100);
	story_renew(story, first, 1000, 1001);
	if (scene->early)
		story_renew(story, waiter, 1100, 1101);
	story_expire(story, waiter, 3000);
	story_release(story, first, 3100, 3101);
	story_get(story, waiter, 3110);
	const char *summary = summary_of(story, VIOLATION_GHOST_GRANT);

	story_end(story);
	return summary;
}

#define GHOST(...) ghost(&(struct scene){__VA_ARGS__})

START_TEST(a_ghost_is_first_of_what_hit_the_waiter)
{
	ck_assert_ptr_nonnull(strstr(GHOST(.fault = {HOLDERS("pause", 200, 2900),
						     FAULT(M2, "pause", "leader", 300, 2950)}),
				     "; fault 1 (pause of holder w-0-0) had ended 0.210 s before, "
				     "preferred over fault 2 (pause of leader m2)"));
	/* Not of what was over when the lease was last renewed. */
	ck_assert_ptr_nonnull(strstr(
		GHOST(.fault = {HOLDERS("pause", 10, 97), FAULT(M2, "pause", "leader", 300, 2950)}),
		"; fault 2 (pause of leader m2)"));
}
END_TEST

START_TEST(a_ghost_whose_lease_had_its_time_is_of_what_kept_the_renewals_away)
{
	struct scene scene = {.fault = {FAULT(M1, "kill", "leader", 10, 90),
					FAULT(M2, "cut", "leader", 300, 2000)}};

	/* The kill is over when the lease is granted, and the lease lives its time. */
	ck_assert_ptr_nonnull(strstr(ghost(&scene), "; fault 2 (cut of leader m2)"));
	/* Taken before its time, after a pause that hit those that knew the lease. */
	scene.fault[0] = (struct maker_fault)FAULT(M1, "pause", "leader", 99, 150);
	scene.early = true;
	ck_assert_ptr_nonnull(strstr(ghost(&scene), "; fault 1 (pause of leader m1)"));
	/* Nothing over it: what its aftermath reached. */
	scene.early = false;
	scene.fault[0] = (struct maker_fault)FAULT(M1, "cut", "leader", 10, 90);
	scene.fault[1].bitten = false;
	ck_assert_ptr_nonnull(strstr(ghost(&scene), "; fault 1 (cut of leader m1)"));
}
END_TEST

/* An answer that is wrong --------------------------------------------------------------------- */

START_TEST(a_wrong_answer_is_first_of_what_hit_the_one_that_gave_it)
{
	struct story *story = story_open("none", 0);
	struct maker *maker = story_maker(story);
	int a = story_ask(story, 0, 100);

	maker_add_fault(maker, &(struct maker_fault)FAULT(M3, "cut", "member", 200, 450));
	maker_add_fault(maker, &(struct maker_fault)FAULT(M2, "pause", "leader", 200, 470));
	story_get(story, a, 110);
	maker_op(maker, .attempt = 1, .f = F_KEEPALIVE, .outcome = OUTCOME_OK, .invoked_ms = 499,
		 .returned_ms = 500, .endpoint = M3, .lease = 7000000);
	story_acknowledge(story, a, F_LEASE_REVOKE, 600, 601);
	ck_assert_str_eq(summary_of(story, VIOLATION_FALSE_GONE),
			 "w-0-0 (revision 11) was told at 0.500 s that its lease was gone (by m3), "
			 "but its lease-revoke, sent at 0.600 s, was answered ok at 0.601 s, as "
			 "only that of a living lease is; fault 1 (cut of member m3) had ended "
			 "0.050 s before, preferred over fault 2 (pause of leader m2)");
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: blame");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_leaders_pause_comes_before_packets_that_came_later);
	tcase_add_test(tests, what_is_of_no_single_host_comes_before_the_pause_of_another_member);
	tcase_add_test(tests, stall_kill_and_clock_of_a_leader_are_as_its_pause);
	tcase_add_test(tests, who_led_stands_in_the_members_words);
	tcase_add_test(tests, a_leader_that_stood_still_before_the_lease_was_born_does_not_know_it);
	tcase_add_test(tests, of_two_pauses_the_one_that_is_over_is_named);
	tcase_add_test(tests, aftermath_is_as_long_as_the_server_lets_a_request_wait);
	tcase_add_test(tests, load_is_named_only_over_it_and_where_nothing_else_is);
	tcase_add_test(tests, a_fault_that_did_not_bite_or_hit_the_holder_stands_back);
	tcase_add_test(tests, early_expiry_tells_who_acknowledged_and_how_far_it_was_behind);
	tcase_add_test(tests, a_ghost_is_first_of_what_hit_the_waiter);
	tcase_add_test(tests, a_ghost_whose_lease_had_its_time_is_of_what_kept_the_renewals_away);
	tcase_add_test(tests, a_wrong_answer_is_first_of_what_hit_the_one_that_gave_it);
	return suite_run(suite);
}
