/*
 * Exposures, what became of them, and tests of the guard: by hand, and against brute force from the
 * definitions in checker/README.md.
 */
#include "tests/support/lock_story.h"
#include "tests/unit/checker_scene.h"

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static int64_t measured(const struct judgement *judgement, enum measure measure)
{
	return judgement->measure[measure];
}

static void expect(const struct judgement *judgement, int64_t exposures, int64_t stopped,
		   int64_t outlived)
{
	ck_assert_int_eq(judgement->exposures, exposures);
	ck_assert_int_eq(measured(judgement, MEASURE_STOPPED_IN_TIME), stopped);
	ck_assert_int_eq(measured(judgement, MEASURE_OUTLIVED), outlived);
	ck_assert_int_eq(judgement->events, exposures - stopped - outlived);
}

/* Who wanted the lock ------------------------------------------------------------------------- */

/* Worker 0's key is seen removed at 2,500 ms. Worker 1 asks and is answered at: */
static struct story *lost(double asked_ms, double got_ms, double lost_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	if (asked_ms < 2500) {
		b = story_ask(story, 1, asked_ms);
		story_expire(story, a, 2500);
	} else {
		story_expire(story, a, 2500);
		b = story_ask(story, 1, asked_ms);
	}
	story_lose(story, a, lost_ms);
	if (got_ms > 0)
		story_get(story, b, got_ms);
	else
		story_not_get(story, b, 0, OUTCOME_INFO);
	return story;
}

static void expect_lost(double asked_ms, double got_ms, double lost_ms, int64_t exposures,
			int64_t stopped, int64_t outlived)
{
	struct story *story = lost(asked_ms, got_ms, lost_ms);

	expect(story_judgement(story_judge(story, 1), 0), exposures, stopped, outlived);
	story_end(story);
}

START_TEST(a_belief_that_outlives_the_key_is_outlived_or_harm)
{
	expect_lost(200, 2600, 2550, 1, 0, 1);
	expect_lost(200, 2600, 2700, 1, 0, 0); /* an overlap */
}
END_TEST

START_TEST(who_stops_before_the_key_goes_has_stopped_in_time)
{
	struct story *story = lost(200, 2600, 2400);
	const struct judgement *judgement = story_judgement(story_judge(story, 1), 0);

	expect(judgement, 1, 1, 0);
	ck_assert_int_eq(measured(judgement, MEASURE_LEAST_MARGIN), 100 * NS_PER_MS);
	ck_assert_int_eq(judgement->verdict, VERDICT_SAFE);
	ck_assert_ptr_nonnull(strstr(judgement->why, "1 holder stopped in time, the latest 0.100 s "
						     "before its key went"));
	story_end(story);
	expect_lost(200, 2600, 2500, 1, 1, 0);     /* at the very instant */
	expect_lost(200, 2600, 2500.001, 1, 0, 1); /* after it */
}
END_TEST

START_TEST(nobody_who_waits_is_no_exposure_unless_he_comes_while_it_lasts)
{
	expect_lost(2499, 2600, 2550, 1, 0, 1);
	expect_lost(2499, 0, 2550, 1, 0, 1); /* and waits for ever */
	expect_lost(2540, 2600, 2550, 1, 0, 1);
	expect_lost(2550.001, 2600, 2550, 0, 0, 0);
	expect_lost(2500.001, 2600, 2400, 0, 0, 0); /* it had stopped: nothing lasts */
	expect_lost(2499, 2600, 2400, 1, 1, 0);
}
END_TEST

START_TEST(the_next_holder_may_hear_before_the_witness)
{
	expect_lost(200, 2499.5, 2499.2, 1, 1, 0);
}
END_TEST

START_TEST(ones_own_next_acquire_is_nobody_else)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 0, 200);
	story_expire(story, a, 2500);
	story_not_get(story, b, 2600, OUTCOME_FAIL);
	expect(story_judgement(story_judge(story, 1), 0), 0, 0, 0);
	story_end(story);
}
END_TEST

/* What ended the lease ------------------------------------------------------------------------ */

/* A holder that has lost hope asks for the end of its lease; its key goes at removed_ms. Its lease
 * is due at 2,100 ms. */
static void expect_asked(bool loses, enum function f, enum outcome outcome, double removed_ms,
			 int64_t exposures)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	if (loses)
		story_lose(story, a, 1000);
	story_try(story, a, f, 1001, outcome);
	story_expire(story, a, removed_ms);
	story_get(story, b, removed_ms + 1);
	expect(story_judgement(story_judge(story, 1), 0), exposures, exposures, 0);
	story_end(story);
}

START_TEST(who_asked_for_the_end_itself_was_in_no_danger)
{
	expect_asked(false, F_RELEASE, OUTCOME_OK, 1002, 0);
	expect_asked(false, F_RELEASE, OUTCOME_INFO, 2200,
		     0); /* it had asked, whatever came of it */
	expect_asked(true, F_LEASE_REVOKE, OUTCOME_OK, 1002, 0);
	expect_asked(true, F_LEASE_REVOKE, OUTCOME_INFO, 1002, 0); /* not due: so it arrived */
	expect_asked(true, F_LEASE_REVOKE, OUTCOME_INFO, 2200, 1); /* it did not: it expired */
	expect_asked(true, F_LEASE_REVOKE, OUTCOME_FAIL, 2200, 1);
}
END_TEST

/* A holder reads, is killed at 1,000 ms while its write is under way, or not; its key goes at 2,200
 * ms and worker 1 takes the lock. The write arrives at arrives_ms; 0: never. */
static struct story *killed(const char *guard, bool under_way, double arrives_ms)
{
	struct story *story = story_open(guard, 0);
	struct maker *maker = story_maker(story);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_learn_token(story, a, 111, story_token(story, a));
	story_read(story, a, 112);
	b = story_ask(story, 1, 120);
	maker_fault(maker, .kind = "kill", .lane = 0, .worker = 0, .attempt = 1, .began_ms = 1000,
		    .ended_ms = 1500, .bitten = true);
	int64_t write =
		under_way ? maker_op(maker, .lane = 0, .worker = 0, .attempt = 1, .f = F_WRITE,
				     .invoked_ms = 999, .token = story_token(story, a))
			  : 0;

	story_expire(story, a, 2200);
	story_get(story, b, 2210);
	story_learn_token(story, b, 2211, story_token(story, b));
	story_read(story, b, 2212);
	story_write(story, b, 2300);
	if (arrives_ms > 0)
		maker_decision(maker, .lane = 0, .op = write, .f = F_WRITE,
			       .accepted = !strcmp(guard, "none"), .token = story_token(story, a),
			       .greatest_token = strcmp(guard, "none") ? story_token(story, b) : 0,
			       .version_before = 1, .version_after = strcmp(guard, "none") ? 1 : 2,
			       .decided_ms = arrives_ms);
	return story;
}

START_TEST(a_dead_holder_counts_if_it_left_a_request_under_way)
{
	struct story *story = killed("none", false, 0);

	expect(story_judgement(story_judge(story, 1), 0), 0, 0, 0);
	story_end(story);
	story = killed("none", true, 0);
	expect(story_judgement(story_judge(story, 1), 0), 1, 0, 1);
	story_end(story);
}
END_TEST

START_TEST(a_write_of_the_dead_is_harm_and_has_its_sentence)
{
	struct story *story = killed("none", true, 3900);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct violation *stale = story_violation(verdicts, VIOLATION_STALE_WRITE);

	expect(story_judgement(verdicts, 0), 1, 0, 0);
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_UNSAFE);
	ck_assert_int_eq(measured(story_judgement(verdicts, 0), MEASURE_POSTHUMOUS), 1);
	ck_assert_ptr_nonnull(
		strstr(stale->summary, "dead for 2.900 s, wrote version 2 at 3.900 s"));
	story_end(story);
}
END_TEST

START_TEST(a_write_of_the_dead_tests_the_guard)
{
	struct story *story = killed("token", true, 3900);
	const struct judgement *judgement = story_judgement(story_judge(story, 1), 0);

	expect(judgement, 1, 0, 1);
	ck_assert_int_eq(measured(judgement, MEASURE_GUARD_TESTS), 1);
	ck_assert_int_eq(measured(judgement, MEASURE_GUARD_FAILURES), 0);
	ck_assert_int_eq(judgement->verdict, VERDICT_SAFE);
	story_end(story);
}
END_TEST

/* Tests of the guard -------------------------------------------------------------------------- */

/* Exposed over and over, but the stale holder never speaks to the store again. */
START_TEST(a_guard_that_was_never_tried_is_not_safe)
{
	struct story *story = story_open("token", 0);

	for (int i = 0; i < 40; i++) {
		double at_ms = 100 + i * 10000;
		int a = story_ask(story, 0, at_ms), b = story_ask(story, 1, at_ms + 5);

		story_get(story, a, at_ms + 10);
		story_expire(story, a, at_ms + 2500);
		story_lose(story, a, at_ms + 2600);
		story_get(story, b, at_ms + 2700);
		story_release(story, b, at_ms + 2800, at_ms + 2801);
	}
	const struct judgement *judgement = story_judgement(story_judge(story, 30), 0);

	expect(judgement, 40, 0, 40);
	ck_assert_int_eq(judgement->verdict, VERDICT_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(judgement->why, "its guard was never tried: in 40 exposures"));
	ck_assert(isnan(judgement->rate));
	story_end(story);
}
END_TEST

/* Without a guard there is nothing to try. */
START_TEST(an_arm_without_promises_has_no_tests)
{
	struct story *story = lost(200, 2600, 2550);
	const struct judgement *judgement = story_judgement(story_judge(story, 1), 0);

	ck_assert_int_eq(measured(judgement, MEASURE_GUARD_TESTS), MEASURE_NONE);
	ck_assert_double_eq(judgement->rate, 0);
	story_end(story);
}
END_TEST

/* Brute force --------------------------------------------------------------------------------- */

static struct hold holds[ATTEMPTS];

struct window {
	bool danger, stopped;
	int64_t from, to;
};

static int attempt_of(const struct scene *scene, const struct decision_row *decision)
{
	return (int)scene->op[decision->op - 1].attempt - 1;
}

static const struct op_row *ending_of(const struct scene *scene, int attempt)
{
	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];

		if (op->attempt == attempt + 1 && op->f >= F_RELEASE &&
		    op->invoked_ns >= holds[attempt].from &&
		    op->invoked_ns < scene->process[op->worker].ended_ns)
			return op;
	}
	return NULL;
}

/* Requests of unknown outcome that the store had not decided on when the key was seen to go. */
static int under_way(const struct scene *scene, int attempt)
{
	int open = 0;

	for (int i = 0; i < DECISIONS; i++) {
		const struct decision_row *decision = &scene->decision[i];

		open += attempt_of(scene, decision) == attempt &&
			scene->op[decision->op - 1].outcome == OUTCOME_INFO &&
			decision->decided_ns >= holds[attempt].removed_seen;
	}
	return open;
}

static struct window window_of(const struct scene *scene, int attempt)
{
	const struct hold *hold = &holds[attempt];
	const struct op_row *ending = ending_of(scene, attempt);
	int64_t from = hold->removed_seen > hold->from ? hold->removed_seen : hold->from, last = 0;

	if (!hold->held || !hold->made || !hold->removed)
		return (struct window){0};
	for (int i = 0; i < DECISIONS; i++)
		if (attempt_of(scene, &scene->decision[i]) == attempt)
			last = scene->decision[i].decided_ns;
	if (from < hold->to)
		return (struct window){true, false, from, last > hold->to ? last : hold->to};
	if (!ending)
		return (struct window){under_way(scene, attempt) > 0, false, from,
				       last > from ? last : from};
	return (struct window){ending->f == F_LOSE, true, from, from};
}

static bool wanted(const struct scene *scene, int attempt, const struct window *window)
{
	const struct hold *hold = &holds[attempt], *next = NULL;

	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];
		int64_t until = op->returned_ns < scene->process[op->worker].ended_ns
					? op->returned_ns
					: scene->process[op->worker].ended_ns;

		if (op->f != F_ACQUIRE || op->worker == hold->worker || until <= op->invoked_ns)
			continue;
		if ((op->invoked_ns < window->from && until > window->from) ||
		    (op->invoked_ns >= window->from && op->invoked_ns <= window->to))
			return true;
	}
	for (int b = 0; b < ATTEMPTS; b++)
		if (holds[b].held && holds[b].order > hold->order &&
		    (!next || holds[b].order < next->order))
			next = &holds[b];
	return next && next->made && next->made < hold->removed && next->worker != hold->worker &&
	       next->asked < window->from;
}

static int64_t brute_tests(const struct scene *scene)
{
	int64_t tests = 0;

	for (int i = 0; i < DECISIONS; i++) {
		const struct hold *hold = &holds[attempt_of(scene, &scene->decision[i])];
		bool later = false;

		for (int j = 0; j < i; j++)
			later |= hold->order &&
				 holds[attempt_of(scene, &scene->decision[j])].order > hold->order;
		tests += later && scene->decision[i].f == F_WRITE;
	}
	return tests;
}

/* The store refuses everything, so that no harm adds to what the witness and the workers tell. */
START_TEST(exposures_and_tests_agree_with_brute_force)
{
	static struct scene scene;
	struct random_stream random = random_open(20265, "exposures");
	int64_t all = 0, in_time = 0, dead = 0, tests = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t exposures = 0, stopped = 0;
		struct verdicts verdicts;

		draw_scene(&scene, &random);
		scene.arm.guard = "token-writes";
		for (int i = 0; i < DECISIONS; i++)
			scene.decision[i].accepted = false;
		for (int a = 0; a < ATTEMPTS; a++)
			holds[a] = hold_of(&scene, a);
		for (int a = 0; a < ATTEMPTS; a++) {
			struct window window = window_of(&scene, a);

			if (!window.danger || !wanted(&scene, a, &window))
				continue;
			exposures++;
			stopped += window.stopped;
			dead += !window.stopped && holds[a].to <= window.from;
		}
		judge_scene(&scene, &verdicts);
		expect(&verdicts.judgement[0], exposures, stopped, exposures - stopped);
		ck_assert_int_eq(measured(&verdicts.judgement[0], MEASURE_GUARD_TESTS),
				 brute_tests(&scene));
		verdicts_free(&verdicts);
		all += exposures;
		in_time += stopped;
		tests += brute_tests(&scene);
	}
	/* A comparison of nothing with nothing would prove nothing. */
	ck_assert_int_gt(all, ROUNDS / 2);
	ck_assert_int_gt(in_time, ROUNDS / 20);
	ck_assert_int_gt(dead, ROUNDS / 100);
	ck_assert_int_gt(tests, ROUNDS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: exposures and tests of the guard");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_belief_that_outlives_the_key_is_outlived_or_harm);
	tcase_add_test(tests, who_stops_before_the_key_goes_has_stopped_in_time);
	tcase_add_test(tests, nobody_who_waits_is_no_exposure_unless_he_comes_while_it_lasts);
	tcase_add_test(tests, the_next_holder_may_hear_before_the_witness);
	tcase_add_test(tests, ones_own_next_acquire_is_nobody_else);
	tcase_add_test(tests, who_asked_for_the_end_itself_was_in_no_danger);
	tcase_add_test(tests, a_dead_holder_counts_if_it_left_a_request_under_way);
	tcase_add_test(tests, a_write_of_the_dead_is_harm_and_has_its_sentence);
	tcase_add_test(tests, a_write_of_the_dead_tests_the_guard);
	tcase_add_test(tests, a_guard_that_was_never_tried_is_not_safe);
	tcase_add_test(tests, an_arm_without_promises_has_no_tests);
	tcase_add_test(tests, exposures_and_tests_agree_with_brute_force);
	return suite_run(suite);
}
