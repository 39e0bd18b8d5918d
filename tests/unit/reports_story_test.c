/* A story gathers the right instants from the rows around a violation. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/story.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* Worker 0 believes from 100 to 900 ms, its key lives from 99 to 600 ms, its safe deadline is at
 * 510 ms; worker 1 believes from 650 ms on. A cut on worker 0 from 200 to 800 ms. */
static void make_history(const char *path, int64_t *attempt, int64_t *late_write)
{
	struct maker *maker = maker_open(path);
	int lane = maker_lane(maker, maker_arm(maker, .guard = "token"));

	for (int w = 0; w < 2; w++) {
		double from_ms = w ? 650 : 100;

		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_LEASE_GRANT,
			 .outcome = OUTCOME_OK, .invoked_ms = 10, .returned_ms = 11, .lease = 5 + w,
			 .ttl_ms = 500 + 1000 * w);
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = 20, .returned_ms = from_ms,
			 .lease = 5 + w, .key = w ? "l/6" : "l/5");
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_TOKEN,
			 .outcome = OUTCOME_OK, .invoked_ms = from_ms + 1,
			 .returned_ms = from_ms + 2, .token = 30 + w, .revision = 32,
			 .key = w ? "l/6" : "l/5");
		maker_key(maker, .lane = lane, .revision = 30 + w, .create_revision = 30 + w,
			  .lease = 5 + w, .key = w ? "l/6" : "l/5", .seen_ms = from_ms - 1);
		/* An earlier grant of the same key is not this one. */
		maker_key(maker, .lane = lane, .revision = 3 + w, .create_revision = 3 + w,
			  .key = w ? "l/6" : "l/5", .seen_ms = 1);
	}
	maker_key(maker, .lane = lane, .revision = 33, .create_revision = 30, .deleted = true,
		  .key = "l/5", .seen_ms = 600);
	/* Nor is a later one to the same lease. */
	maker_key(maker, .lane = lane, .revision = 40, .create_revision = 40, .lease = 5,
		  .key = "l/5", .seen_ms = 950);
	int64_t write = maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_WRITE,
				 .outcome = OUTCOME_FAIL, .invoked_ms = 810, .returned_ms = 830,
				 .token = 30);

	maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_LOSE, .outcome = OUTCOME_OK,
		 .invoked_ms = 900, .returned_ms = 900);
	*late_write = maker_decision(maker, .lane = lane, .op = write, .f = F_WRITE,
				     .accepted = false, .token = 30, .greatest_token = 31,
				     .decided_ms = 820, .reason = "stale");
	maker_fault(maker, .kind = "cut", .lane = lane, .worker = 0, .attempt = 1, .began_ms = 200,
		    .ended_ms = 800, .bitten = true);
	attempt[0] = maker_attempt(maker, lane, 0, 1);
	attempt[1] = maker_attempt(maker, lane, 1, 1);
	maker_close(maker, true);
}

static double absolute_ms(const struct story *story, double at_s)
{
	return (double)story->zero_ns / 1e6 + at_s * 1e3;
}

START_TEST(story_knows_belief_grant_deadline_request_and_fault)
{
	struct history history;
	struct story story;
	struct error err = {0};
	int64_t attempt[2], write;

	make_history(scratch_file("s.db"), attempt, &write);
	ck_assert_msg(history_open(scratch_file("s.db"), &history, &err) == 0, "%s", err.text);
	/* The later holder is known only by the evidence; the first by its decision, too. */
	const struct violation violation = {.lane = 0,
					    .at_ns = 820000000,
					    .evidences = 3,
					    .evidence = {{"attempt", attempt[1], "later holder"},
							 {"attempt", attempt[0], "holder"},
							 {"decision", write, "write"}}};

	ck_assert_msg(story_gather(&history, &violation, &story, &err) == 0, "%s", err.text);
	ck_assert_int_eq(story.holds, 2);
	const struct story_hold *first = &story.hold[0], *later = &story.hold[1];

	ck_assert_str_eq(first->part, "holder");
	ck_assert_int_eq(first->token, 30);
	ck_assert_double_eq_tol(absolute_ms(&story, first->believed_s), 100, 1e-3);
	ck_assert_double_eq_tol(absolute_ms(&story, first->believed_until_s), 900, 1e-3);
	ck_assert_double_eq_tol(absolute_ms(&story, first->granted_s), 99, 1e-3);
	ck_assert_double_eq_tol(absolute_ms(&story, first->granted_until_s), 600, 1e-3);
	ck_assert_double_eq_tol(absolute_ms(&story, first->safe_until_s), 510, 1e-3);
	ck_assert_int_eq(first->ended_by, F_LOSE);
	ck_assert_double_eq_tol(absolute_ms(&story, later->believed_s), 650, 1e-3);
	ck_assert(isinf(later->believed_until_s) && isinf(later->granted_until_s));
	ck_assert_int_eq(story.requests, 1);
	ck_assert(story.request[0].is_proof && story.request[0].ungranted);
	ck_assert_int_eq(story.request[0].hold, 0);
	ck_assert_int_eq(story.faults, 1);
	ck_assert_double_eq_tol(absolute_ms(&story, story.fault[0].ended_s), 800, 1e-3);
	ck_assert(absolute_ms(&story, story.from_s) < 100);
	ck_assert(absolute_ms(&story, story.until_s) >= 900);
	ck_assert_double_eq_tol(absolute_ms(&story, first->renewed_s), 10, 1e-3);
	story_free(&story);
	history_close(&history);
}
END_TEST

/* Until the begin of the kill, not for ever; a grant that nobody removed stands. */
START_TEST(the_belief_of_a_killed_holder_ends_with_it)
{
	struct maker *maker = maker_open(scratch_file("killed.db"));
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));
	struct history history;
	struct story story;
	struct error err = {0};

	maker_op(maker, .lane = lane, .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_OK,
		 .invoked_ms = 10, .returned_ms = 20, .lease = 5, .key = "l/5", .revision = 7);
	maker_key(maker, .lane = lane, .revision = 7, .create_revision = 7, .lease = 5,
		  .key = "l/5", .seen_ms = 15);
	maker_fault(maker, .kind = "kill", .lane = lane, .attempt = 1, .began_ms = 100,
		    .ended_ms = 400, .bitten = true);
	const struct violation violation = {
		.lane = 0,
		.at_ns = 50000000,
		.evidences = 1,
		.evidence = {{"attempt", maker_attempt(maker, lane, 0, 1), "holder"}}};

	maker_restart(maker, lane, 0, 200);
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file("killed.db"), &history, &err) == 0, "%s", err.text);
	ck_assert_msg(story_gather(&history, &violation, &story, &err) == 0, "%s", err.text);
	ck_assert_double_eq_tol(absolute_ms(&story, story.hold[0].believed_until_s), 100, 1e-3);
	ck_assert_int_eq(story.hold[0].ended_by, 0);
	ck_assert(isinf(story.hold[0].granted_until_s));
	story_free(&story);
	history_close(&history);
}
END_TEST

START_TEST(story_of_no_lane_or_no_attempt_has_nothing_to_draw)
{
	struct history history;
	struct story story;
	struct error err = {0};
	const struct violation service = {.lane = -1}, bare = {.lane = 0};

	sample_run_make(scratch_file("bare.db"), NULL);
	ck_assert_int_eq(history_open(scratch_file("bare.db"), &history, &err), 0);
	ck_assert_int_eq(story_gather(&history, &service, &story, &err), 0);
	ck_assert_int_eq(story.holds, 0);
	story_free(&story);
	ck_assert_int_eq(story_gather(&history, &bare, &story, &err), 0);
	ck_assert_int_eq(story.holds, 0);
	story_free(&story);
	history_close(&history);
}
END_TEST

/* As the checker says it of one write: what it was, and who believed what. */
static struct violation accuse(enum violation_name name, int arm, int64_t holder, int64_t decision)
{
	static int64_t last_id;
	int64_t id = ++last_id;
	struct violation violation = {
		.id = id, .name = name, .arm = arm, .definite = true, .at_ns = id};

	violation.evidence[violation.evidences++] = (struct evidence){"attempt", holder, "holder"};
	if (decision)
		violation.evidence[violation.evidences++] =
			(struct evidence){"decision", decision, "write"};
	return violation;
}

/* The gravest violation of each story that is told, as indexes; returns how many. */
static int pick(struct violation *violations, int count, int *picked, int limit)
{
	struct judgement judged = {.arm = 0};
	const struct verdicts verdicts = {.judgements = 1,
					  .judgement = &judged,
					  .violations = count,
					  .violation = violations};
	const struct history without_arms = {0};
	struct incidents incidents;
	struct error err = {0};

	ck_assert_int_eq(incidents_find(&without_arms, &verdicts, limit, &incidents, &err), 0);
	int told = incidents.count;

	for (int i = 0; i < told; i++)
		picked[i] = (int)(incidents.incident[i].told[0] - violations);
	ck_assert_ptr_eq(incident_gravest(&verdicts), incidents.incident[0].told[0]);
	incidents_free(&incidents);
	return told;
}

START_TEST(a_write_that_was_stale_and_lost_an_update_is_one_story)
{
	struct violation violations[] = {
		accuse(VIOLATION_OVERLAP, 0, 7, 0),      accuse(VIOLATION_LOST_UPDATE, 0, 7, 31),
		accuse(VIOLATION_STALE_WRITE, 0, 7, 31), accuse(VIOLATION_STALE_WRITE, 0, 7, 32),
		accuse(VIOLATION_STALE_WRITE, 0, 8, 33), accuse(VIOLATION_OVERLAP, 0, 9, 0),
	};
	int picked[INCIDENTS_MAX];

	ck_assert_int_eq(pick(violations, 6, picked, INCIDENTS_MAX), 1);
	ck_assert_int_eq(picked[0], 2);
}
END_TEST

START_TEST(each_name_of_each_subject_has_a_story_the_gravest_and_definite_first)
{
	struct violation violations[] = {
		accuse(VIOLATION_OVERLAP, 0, 1, 0),       accuse(VIOLATION_STALE_WRITE, 0, 2, 11),
		accuse(VIOLATION_STALE_WRITE, 0, 3, 12),  accuse(VIOLATION_STALE_WRITE, 0, 4, 13),
		accuse(VIOLATION_STALE_WRITE, 1, 5, 14),  accuse(VIOLATION_LOST_UPDATE, 0, 6, 15),
		accuse(VIOLATION_FENCE_BREACH, 1, 7, 16), accuse(VIOLATION_GHOST_GRANT, -1, 8, 0),
		accuse(VIOLATION_EARLY_EXPIRY, -1, 8, 0),
	};
	int picked[INCIDENTS_MAX];

	violations[1].definite = false; /* so the next one of that name is told */
	ck_assert_int_eq(pick(violations, 9, picked, INCIDENTS_MAX), 6);
	ck_assert_int_eq(picked[0], 6);
	ck_assert_int_eq(picked[1], 2);
	ck_assert_int_eq(picked[2], 4);
	ck_assert_int_eq(picked[3], 5);
	ck_assert_int_eq(picked[4], 7); /* with early-expiry, of the same grant */
	ck_assert_int_eq(picked[5], 0);
	ck_assert_int_eq(pick(violations, 9, picked, 2), 2);
}
END_TEST

/* Of two stale writes the one that a fault lay over, and that has more names, explains more. */
START_TEST(an_incident_with_a_cause_is_told_rather_than_an_earlier_one_without)
{
	struct violation violations[] = {accuse(VIOLATION_STALE_WRITE, 0, 1, 11),
					 accuse(VIOLATION_STALE_WRITE, 0, 2, 12)};
	int picked[INCIDENTS_MAX];

	violations[1].evidence[violations[1].evidences++] = (struct evidence){"fault", 5, "cover"};
	ck_assert_int_eq(pick(violations, 2, picked, INCIDENTS_MAX), 1);
	ck_assert_int_eq(picked[0], 1);
}
END_TEST

/* What would have stopped it is to be seen, though no violation tells of it. */
START_TEST(a_guarded_arm_that_refused_a_write_has_a_story)
{
	struct history history;
	struct incidents incidents;
	struct story story;
	struct error err = {0};
	int64_t attempt[2], write;
	struct judgement judged[2] = {{.arm = 0}, {.arm = -1}};
	const struct verdicts verdicts = {.judgements = 2, .judgement = judged};

	make_history(scratch_file("refused.db"), attempt, &write);
	ck_assert_int_eq(history_open(scratch_file("refused.db"), &history, &err), 0);
	ck_assert_msg(incidents_find(&history, &verdicts, 20, &incidents, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(incidents.count, 1);
	ck_assert(incidents.incident[0].refused);
	ck_assert(incident_cites(&incidents.incident[0], "decision", write));
	ck_assert(incident_cites(&incidents.incident[0], "attempt", attempt[0]));
	ck_assert(incident_cites(&incidents.incident[0], "attempt", attempt[1]));
	ck_assert_int_ne(incident_fault(&incidents.incident[0]), 0);
	ck_assert_int_eq(story_gather_incident(&history, &incidents.incident[0], &story, &err), 0);
	ck_assert_int_eq(story.zero_ns, 200000000); /* the begin of the cut */
	ck_assert_ptr_nonnull(story_deed(&story));
	char *inequality = story_inequality(&story);

	ck_assert_str_eq(inequality, "token 30 < 31, the greatest that the store had seen");
	free(inequality);
	story_free(&story);
	incidents_free(&incidents);
	history_close(&history);
}
END_TEST

/* Every row of the evidence has its number, and time has one zero. */
START_TEST(all_evidence_is_told_by_time_in_numbered_sentences)
{
	struct history history;
	struct story story;
	struct error err = {0};
	int64_t attempt[2], write;

	make_history(scratch_file("told.db"), attempt, &write);
	ck_assert_int_eq(history_open(scratch_file("told.db"), &history, &err), 0);
	const struct violation violation = {.lane = 0,
					    .at_ns = 820000000,
					    .evidences = 4,
					    .evidence = {{"attempt", attempt[0], "holder"},
							 {"attempt", attempt[1], "later holder"},
							 {"decision", write, "write"},
							 {"fault", history.fault[0].id, "cover"}}};
	int shown = 0;

	ck_assert_int_eq(story_gather(&history, &violation, &story, &err), 0);
	ck_assert_int_ge(story.points, 6);
	ck_assert_int_le(story.points, STORY_TOLD);
	for (int i = 0; i < story.points; i++) {
		char *sentence = story_sentence(&story, &story.point[i]);

		ck_assert_int_eq(story.point[i].number, i + 1);
		ck_assert(i == 0 || story.point[i - 1].at_s <= story.point[i].at_s);
		ck_assert_int_eq(sentence[strlen(sentence) - 1], '.');
		shown += story.point[i].proofs;
		free(sentence);
	}
	ck_assert_int_eq(shown, 4);
	ck_assert_int_eq(story.guilty, 0);
	ck_assert_double_eq(story.fault[0].began_s, 0);
	char *left = story_inequality(&story), *setting = story_setting(&story);

	/* 600 ms of cut; 510 - 200 ms were left. The renewal left at 10 ms: 790 ms to the end. */
	ck_assert_ptr_nonnull(strstr(left, "0.600 s that the fault lasted > 0.310 s"));
	ck_assert_ptr_nonnull(strstr(setting, "A TTL above 0.79 s (it was 0.5 s)"));
	ck_assert_ptr_nonnull(strstr(setting, "sent 0.300 s after the safe deadline"));
	free(left);
	free(setting);
	story_free(&story);
	history_close(&history);
}
END_TEST

/* A guard that compares versions has seen no token. */
START_TEST(a_refusal_is_told_by_its_reason_where_no_token_is_its_cause)
{
	struct maker *maker = maker_open(scratch_file("base.db"));
	int lane = maker_lane(maker, maker_arm(maker, .guard = "idempotent"));
	struct history history;
	struct story story;
	struct error err = {0};
	int64_t write = maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_WRITE,
				 .outcome = OUTCOME_FAIL, .invoked_ms = 810, .returned_ms = 830);
	int64_t decision =
		maker_decision(maker, .lane = lane, .op = write, .f = F_WRITE, .decided_ms = 820,
			       .reason = "based on version 2, it is at 3");
	const struct violation refusal = {.lane = lane,
					  .definite = true,
					  .at_ns = 820000000,
					  .evidences = 1,
					  .evidence = {{"decision", decision, "refused write"}}};
	struct incident incident = incident_of(&refusal);

	incident.refused = true;
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file("base.db"), &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(story_gather_incident(&history, &incident, &story, &err), 0);
	ck_assert_int_eq(story.points, 1);
	char *sentence = story_sentence(&story, &story.point[0]);
	char *numbers = story_inequality(&story);

	ck_assert_str_eq(sentence,
			 "The store refuses a write of w-0-0: based on version 2, it is at 3.");
	ck_assert_msg(!numbers || !strstr(numbers, "greatest"), "%s", numbers);
	free(sentence);
	free(numbers);
	story_free(&story);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: stories");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, story_knows_belief_grant_deadline_request_and_fault);
	tcase_add_test(tests, the_belief_of_a_killed_holder_ends_with_it);
	tcase_add_test(tests, story_of_no_lane_or_no_attempt_has_nothing_to_draw);
	tcase_add_test(tests, a_write_that_was_stale_and_lost_an_update_is_one_story);
	tcase_add_test(tests, each_name_of_each_subject_has_a_story_the_gravest_and_definite_first);
	tcase_add_test(tests, an_incident_with_a_cause_is_told_rather_than_an_earlier_one_without);
	tcase_add_test(tests, a_guarded_arm_that_refused_a_write_has_a_story);
	tcase_add_test(tests, all_evidence_is_told_by_time_in_numbered_sentences);
	tcase_add_test(tests, a_refusal_is_told_by_its_reason_where_no_token_is_its_cause);
	return suite_run(suite);
}
