/* The twin: the same entry of the schedule and the same lane number in two arms, the nearest ones.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "reports/twin.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { ARMS = 3, LANES = 3 };

/*
 * Arm 0 is unguarded, arm 1 guarded but with another TTL, arm 2 guarded and else like arm 0. Each
 * has three lanes, whose holder (worker 0) one entry of the schedule pauses, and which then writes
 * late: applied in arm 0 (in lane 2 nobody accuses it), refused in lanes 0 of the others.
 */
static struct violation violation[LANES];

static int64_t make_lane(struct maker *maker, int arm, int number, int64_t entry, bool refused)
{
	int lane = maker_lane(maker, arm);
	double late_ms = number * 10;

	for (int w = 0; w < 2; w++) {
		char key[16] = {'l', (char)('0' + lane), '/', (char)('a' + w)};

		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_LEASE_GRANT,
			 .outcome = OUTCOME_OK, .invoked_ms = 10, .returned_ms = 11,
			 .lease = 100 * lane + 5 + w, .ttl_ms = 500);
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = 20, .returned_ms = 100 + 550 * w,
			 .lease = 100 * lane + 5 + w, .key = key, .token = 30 + w);
	}
	int64_t write = maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_WRITE,
				 .outcome = refused ? OUTCOME_FAIL : OUTCOME_OK,
				 .invoked_ms = 801 + late_ms, .returned_ms = 830 + late_ms,
				 .token = arm ? 30 : 0);
	int64_t decision =
		maker_decision(maker, .lane = lane, .op = write, .f = F_WRITE, .accepted = !refused,
			       .token = arm ? 30 : 0, .greatest_token = 31, .version_before = 6,
			       .version_after = refused ? 6 : 7, .decided_ms = 820 + late_ms);
	int64_t fault = maker_fault(maker, .kind = "pause", .lane = lane, .attempt = 1,
				    .began_ms = 200 + late_ms, .ended_ms = 800 + late_ms,
				    .bitten = true, .schedule = entry);

	if (arm == 0)
		violation[number] = (struct violation){
			.id = number + 1,
			.name = VIOLATION_STALE_WRITE,
			.lane = lane,
			.definite = true,
			.at_ns = (int64_t)((820 + late_ms) * 1e6),
			.evidences = 4,
			.evidence = {{"decision", decision, "write"},
				     {"attempt", maker_attempt(maker, lane, 0, 1), "holder"},
				     {"attempt", maker_attempt(maker, lane, 1, 1), "later holder"},
				     {"fault", fault, "cover"}}};
	return fault;
}

static int64_t fault[ARMS][LANES];

/* As check would store them: twins are found in the file, drawings are of what was loaded. */
static void open_run(const char *path, bool refusing, struct history *history,
		     struct verdicts *verdicts, struct model *model)
{
	static struct judgement judged[ARMS + 1];
	struct maker *maker = maker_open(path);
	struct error err = {0};
	int64_t entry = maker_occasion(maker, "pause", "now");

	for (int a = 0; a < ARMS; a++) {
		int arm = maker_arm(maker, .guard = a ? "token" : "none",
				    .ttl_ms = a == 1 ? 900 : 500);

		judged[a] = (struct judgement){.arm = arm};
		snprintf(judged[a].subject, sizeof(judged[a].subject), "arm %d", a);
		judgement_measure_nothing(&judged[a]);
		for (int l = 0; l < LANES; l++)
			fault[a][l] = make_lane(maker, arm, l, entry, refusing && a && l == 0);
	}
	maker_close(maker, true);
	judged[0].definite[VIOLATION_STALE_WRITE] = LANES - 1;
	judged[ARMS] = (struct judgement){.arm = -1, .subject = "service"};
	judgement_measure_nothing(&judged[ARMS]);
	*verdicts = (struct verdicts){.judgements = ARMS + 1,
				      .judgement = judged,
				      .violations = LANES - 1,
				      .violation = violation};
	ck_assert_msg(history_open(path, history, &err) == 0, "%s", err.text);
	ck_assert_msg(verdicts_store(history, verdicts, &err) == 0, "%s", err.text);
	ck_assert_msg(model_build(history, verdicts, true, model, &err) == 0, "%s", err.text);
}

START_TEST(the_twin_is_of_the_arms_that_differ_least_and_is_counted)
{
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct twin twin;
	struct error err = {0};
	bool found;

	open_run(scratch_file("twin.db"), true, &history, &verdicts, &model);
	ck_assert_msg(twin_find(&model, &twin, &found, &err) == 0, "%s", err.text);
	ck_assert(found);
	ck_assert_int_eq(twin.harmed_arm, 0);
	ck_assert_int_eq(twin.refused_arm, 2);
	ck_assert_int_eq(twin.harmed_fault, fault[0][0]);
	ck_assert_int_eq(twin.refused_fault, fault[2][0]);
	ck_assert_int_eq(twin.pairs, 3);
	ck_assert_int_eq(twin.harmed, 2);
	ck_assert_int_eq(twin.refused, 1);
	model_free(&model);
	history_close(&history);
}
END_TEST

START_TEST(the_twin_ends_in_applied_and_refused_with_the_tokens)
{
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct error err = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	open_run(scratch_file("drawn.db"), true, &history, &verdicts, &model);
	ck_assert_msg(twin_draw(out, &model, &err) == 0, "%s", err.text);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "1 of 2 twins"));
	ck_assert_ptr_nonnull(strstr(text, ">APPLIED: it made version 7"));
	ck_assert_ptr_nonnull(
		strstr(text, ">REFUSED: token 30 &lt; 31, the greatest that the store has seen<"));
	free(text);
	model_free(&model);
	history_close(&history);
}
END_TEST

START_TEST(harm_that_is_laid_to_no_arm_has_no_twin)
{
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct error err = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	open_run(scratch_file("of-none.db"), true, &history, &verdicts, &model);
	for (int l = 0; l < LANES; l++)
		violation[l].arm = -1; /* no check does so, but the file may be anybody's */
	ck_assert_msg(twin_draw(out, &model, &err) == 0, "%s", err.text);
	fclose(out);
	ck_assert_str_eq(text, "");
	free(text);
	model_free(&model);
	history_close(&history);
}
END_TEST

START_TEST(where_nothing_was_refused_there_is_no_twin)
{
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct error err = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	open_run(scratch_file("none.db"), false, &history, &verdicts, &model);
	ck_assert_msg(twin_draw(out, &model, &err) == 0, "%s", err.text);
	fclose(out);
	ck_assert_str_eq(text, "");
	free(text);
	model_free(&model);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: the twin");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, the_twin_is_of_the_arms_that_differ_least_and_is_counted);
	tcase_add_test(tests, the_twin_ends_in_applied_and_refused_with_the_tokens);
	tcase_add_test(tests, harm_that_is_laid_to_no_arm_has_no_twin);
	tcase_add_test(tests, where_nothing_was_refused_there_is_no_twin);
	return suite_run(suite);
}
