/*
 * What to change: of each kind of run the first advice, and for each rule the runs, alike but for
 * one thing, in which it says nothing.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tuning/advice.h"

enum { ARMS = 2, LANES = 4, SERVICE = ARMS };

/* A run of two arms, none and token, as a test wants it before advise() makes it. */
struct scene {
	struct maker_arm arm[ARMS];
	int granted_ms[ARMS];
	double pause_ms; /* of one worker of each arm; 0: none */
	const char *pause_kind;
	double next_after_ms; /* another pause as long comes so long after it; 0: none */
	bool unproved;
	const char *etcd;
	const char *unit; /* of the schedule's pauses; NULL: there is no schedule */
	int election_ms, min_exposures;
	enum verdict verdict[ARMS + 1];
	int64_t definite[ARMS + 1][VIOLATION_NAMES_COUNT];
	int64_t exposures[ARMS], tests[ARMS], spurious[ARMS];
	enum violation_name cites;   /* arm 0's, with the pause as its cover */
	enum violation_name service; /* with a fault of the leader as its cover */
	const char *leader_kind;     /* "pause", "stall"; NULL: none */
	struct advice advice;
};

static struct scene sound(void)
{
	struct scene scene = {
		.arm = {{.guard = "none", .ttl_ms = 2000, .heartbeat_ms = 400, .retries = 3},
			{.guard = "token", .ttl_ms = 2000, .heartbeat_ms = 400, .retries = 3}},
		.pause_kind = "pause",
		.etcd = "3.5.30",
		.election_ms = 500,
		.min_exposures = 30,
		.exposures = {50, 50},
		.tests = {MEASURE_NONE, 40},
		.cites = VIOLATION_STALE_WRITE,
		.service = VIOLATION_EARLY_EXPIRY,
	};

	return scene;
}

/* A holder slept for 1.9 s, and nothing refused what it then wrote. */
static struct scene harmed(void)
{
	struct scene scene = sound();

	scene.pause_ms = 1900;
	scene.verdict[0] = VERDICT_UNSAFE;
	scene.definite[0][VIOLATION_STALE_WRITE] = 7;
	scene.definite[0][VIOLATION_OVERLAP] = 11;
	return scene;
}

/* The same behind a guard whose promise stops none of it, so that no token is advised. */
static struct scene harmed_by_its_lease(void)
{
	struct scene scene = harmed();

	scene.arm[0].guard = "no such guard";
	return scene;
}

static void make_pause(struct maker *maker, const struct scene *scene, int lane)
{
	double next_ms = 5000 + scene->pause_ms + scene->next_after_ms;

	if (scene->next_after_ms > 0)
		maker_fault(maker, .lane = lane, .worker = 0, .attempt = 1, .began_ms = next_ms,
			    .ended_ms = next_ms + scene->pause_ms, .bitten = true,
			    .kind = scene->pause_kind);
	if (scene->pause_ms > 0)
		maker_fault(maker, .lane = lane, .worker = 0, .attempt = 1, .began_ms = 5000,
			    .ended_ms = 5000 + scene->pause_ms, .bitten = !scene->unproved,
			    .kind = scene->pause_kind);
}

/* Fault 1 is the pause in arm 0's lane, fault 2 that in arm 1's; the leader's is the last. */
static void make_history(const struct scene *scene, const char *path)
{
	struct maker *maker = maker_open(path);

	for (int i = 0; i < ARMS; i++)
		maker_add_arm(maker, &scene->arm[i]);
	for (int i = 0; i < LANES; i++) {
		int lane = maker_lane(maker, i % ARMS);

		maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_LEASE_GRANT,
			 .outcome = OUTCOME_OK, .invoked_ms = 10, .returned_ms = 11, .lease = 7,
			 .ttl_ms = scene->granted_ms[i % ARMS] ? scene->granted_ms[i % ARMS]
							       : scene->arm[i % ARMS].ttl_ms);
		if (i < ARMS)
			make_pause(maker, scene, lane);
	}
	if (scene->leader_kind)
		maker_fault(maker, .lane = -1, .host = 0, .target = "leader", .began_ms = 9000,
			    .ended_ms = 12000, .bitten = true, .kind = scene->leader_kind);
	maker_set_int(maker, "load_began_ns", 1000000000);
	maker_set_int(maker, "healed_ns", INT64_C(61000000000));
	maker_set_int(maker, "election_ms", scene->election_ms);
	maker_set_int(maker, "min_exposures", scene->min_exposures);
	maker_set_text(maker, "etcd", scene->etcd);
	if (scene->unit)
		maker_count_in(maker, maker_occasion(maker, "pause", "now"), scene->unit);
	maker_close(maker, true);
}

static void add_violation(struct verdicts *verdicts, const struct history *history, int arm,
			  enum violation_name name, int fault)
{
	struct violation *violation = &verdicts->violation[verdicts->violations++];

	*violation = (struct violation){
		.id = verdicts->violations, .name = name, .arm = arm, .lane = -1, .definite = true};
	if (fault < history->faults)
		violation->evidence[violation->evidences++] = (struct evidence){
			.kind = "fault", .ref = history->fault[fault].id, .part = "cover"};
}

static void judge(const struct scene *scene, const struct history *history,
		  struct verdicts *verdicts)
{
	*verdicts = (struct verdicts){
		.judgements = ARMS + 1,
		.judgement = calloc(ARMS + 1, sizeof(*verdicts->judgement)),
		.violation = calloc(2, sizeof(*verdicts->violation)),
	};
	for (int i = 0; i <= SERVICE; i++) {
		struct judgement *judged = &verdicts->judgement[i];

		judged->arm = i == SERVICE ? -1 : i;
		judged->verdict = scene->verdict[i];
		memcpy(judged->definite, scene->definite[i], sizeof(judged->definite));
		judgement_measure_nothing(judged);
		if (i == SERVICE)
			continue;
		judged->exposures = scene->exposures[i];
		judged->measure[MEASURE_GUARD_TESTS] = scene->tests[i];
		judged->measure[MEASURE_GUARD_FAILURES] =
			scene->tests[i] == MEASURE_NONE ? MEASURE_NONE : 0;
		judged->measure[MEASURE_SPURIOUS_LOSSES] = scene->spurious[i];
	}
	if (scene->verdict[0] == VERDICT_UNSAFE)
		add_violation(verdicts, history, 0, scene->cites, 0);
	if (scene->verdict[SERVICE] == VERDICT_UNSAFE)
		add_violation(verdicts, history, -1, scene->service,
			      scene->leader_kind ? history->faults - 1 : history->faults);
}

static void advise(struct scene *scene)
{
	struct error err = {0};
	struct history history;
	struct verdicts verdicts;
	static int runs;
	char name[32];

	snprintf(name, sizeof(name), "%d.db", ++runs);
	make_history(scene, scratch_file(name));
	ck_assert_msg(history_open(scratch_file(name), &history, &err) == 0, "%s", err.text);
	judge(scene, &history, &verdicts);
	ck_assert_msg(advice_give(&history, &verdicts, &scene->advice, &err) == 0, "%s", err.text);
	verdicts_free(&verdicts);
	history_close(&history);
}

static const struct advice_item *find(const struct scene *scene, enum advice_rule rule)
{
	for (int i = 0; i < scene->advice.items; i++)
		if (scene->advice.item[i].rule == rule)
			return &scene->advice.item[i];
	return NULL;
}

/* Makes the run and expects that rule first, with those words in it. */
static void expect_first(struct scene scene, enum advice_rule rule, const char *change,
			 const char *gain, const char *price)
{
	advise(&scene);
	ck_assert_int_gt(scene.advice.items, 0);
	const struct advice_item *item = &scene.advice.item[0];

	ck_assert_str_eq(advice_rule_word(item->rule), advice_rule_word(rule));
	ck_assert_msg(strstr(item->change, change) != NULL, "%s", item->change);
	ck_assert_msg(strstr(item->gain, gain) != NULL, "%s", item->gain);
	ck_assert_msg(strstr(item->price, price) != NULL, "%s", item->price);
	advice_free(&scene.advice);
}

static void expect_none(struct scene scene, enum advice_rule rule)
{
	advise(&scene);
	const struct advice_item *item = find(&scene, rule);

	ck_assert_msg(!item, "%s", item ? item->change : "");
	advice_free(&scene.advice);
}

static void expect_some(struct scene scene, enum advice_rule rule)
{
	advise(&scene);
	ck_assert_msg(find(&scene, rule) != NULL, "%s", advice_rule_word(rule));
	advice_free(&scene.advice);
}

START_TEST(nothing_is_advised_where_everything_is_safe)
{
	struct scene scene = sound();

	scene.pause_ms = 1900;
	scene.arm[0].heartbeat_ms = 1500;
	scene.spurious[0] = 5;
	advise(&scene);
	ck_assert_int_eq(scene.advice.items, 0);
}
END_TEST

START_TEST(nothing_is_advised_of_a_run_that_is_broken_or_never_judged)
{
	struct scene scene = harmed();
	struct verdicts none = {0};
	struct error err = {0};
	struct history history;

	scene.verdict[0] = scene.verdict[1] = scene.verdict[SERVICE] = VERDICT_BROKEN;
	advise(&scene);
	ck_assert_int_eq(scene.advice.items, 0);
	make_history(&scene, scratch_file("unjudged.db"));
	ck_assert_int_eq(history_open(scratch_file("unjudged.db"), &history, &err), 0);
	ck_assert_int_eq(advice_give(&history, &none, &scene.advice, &err), 0);
	ck_assert_int_eq(scene.advice.items, 0);
	history_close(&history);
}
END_TEST

START_TEST(harm_without_a_token_asks_for_one)
{
	expect_first(harmed(), ADVICE_TOKEN, "create_revision", "7 stale writes",
		     "a number with each");
	expect_first(harmed(), ADVICE_TOKEN, "arm none", "arm token-1 refused each of 40", "");
}
END_TEST

START_TEST(no_guarded_arm_is_praised_that_is_not_safe_or_was_never_tried)
{
	for (int i = 0; i < 2; i++) {
		struct scene scene = harmed();

		if (i)
			scene.tests[1] = 0;
		else
			scene.verdict[1] = VERDICT_INCONCLUSIVE;
		advise(&scene);
		ck_assert_ptr_eq(strstr(find(&scene, ADVICE_TOKEN)->gain, "refused"), NULL);
		advice_free(&scene.advice);
	}
}
END_TEST

START_TEST(tokens_on_writes_alone_ask_for_those_on_reads)
{
	struct scene scene = harmed();

	scene.arm[0].guard = "token-writes";
	expect_first(scene, ADVICE_TOKEN, "with reads too", "7 stale writes", "");
}
END_TEST

START_TEST(overlap_without_harm_is_not_called_harm)
{
	struct scene scene = harmed();

	scene.definite[0][VIOLATION_STALE_WRITE] = 0;
	expect_first(scene, ADVICE_TOKEN, "", "No write did harm in this run, but 11 times", "");
}
END_TEST

START_TEST(no_token_is_asked_of_who_has_one_or_is_wrong_on_purpose)
{
	struct scene scene = harmed();

	scene.arm[0].guard = "token";
	expect_none(scene, ADVICE_TOKEN);
	scene = harmed();
	scene.arm[0].planted = PLANTED_CLIENT;
	expect_none(scene, ADVICE_TOKEN);
}
END_TEST

/* How it renews, and what of it can be set, nobody knows; a store can refuse what it sends. */
START_TEST(of_somebody_elses_client_the_guard_alone_is_asked)
{
	struct scene scene = harmed();

	scene.arm[0].planted = FOREIGN_CLIENT;
	expect_first(scene, ADVICE_TOKEN, "In arm none:", "7 stale writes",
		     "a number with each request, and a comparison");
	scene = harmed_by_its_lease();
	scene.arm[0].planted = FOREIGN_CLIENT;
	expect_none(scene, ADVICE_TTL);
	expect_none(scene, ADVICE_GIVES_UP);
}
END_TEST

START_TEST(pause_that_outlasts_the_lease_asks_for_a_longer_ttl)
{
	/* 1.9 s + a heartbeat of 0.4 s: 3 s. etcd: 3.5 s to expire; 2 x 3 + 3 x 0.5 + 0.5. */
	expect_first(
		harmed_by_its_lease(), ADVICE_TTL, "from 2 s to 3 s",
		"Pauses of its workers: 1, of which 1 were longer than the 1.6 s",
		"failover of 2.6 to 3.5 s instead of 1.6 to 2.5 s, and up to 8 s instead of 6 s "
		"when the leader changes meanwhile");
}
END_TEST

/* Seen: holders that were paused again 1 to 90 ms after they had woken, and lost a lease that
 * outlives each of the two. Less than the time-out of a renewal, 0.4 s, is no time to renew. */
START_TEST(pauses_with_no_time_to_renew_between_them_are_one)
{
	struct scene scene = harmed_by_its_lease();

	scene.pause_ms = 1000;
	scene.next_after_ms = 60;
	expect_first(scene, ADVICE_TTL, "from 2 s to 3 s", "the longest was 2.06 s", "");
	scene.next_after_ms = 399;
	expect_first(scene, ADVICE_TTL, "from 2 s to 3 s", "the longest was 2.399 s", "");
	scene.next_after_ms = 400;
	expect_none(scene, ADVICE_TTL);
}
END_TEST

START_TEST(ttl_is_that_which_was_granted)
{
	struct scene scene = harmed_by_its_lease();

	scene.arm[0].ttl_ms = 1000;
	scene.granted_ms[0] = 2000;
	expect_first(scene, ADVICE_TTL, "from 2 s to 3 s", "", "");
	scene.granted_ms[0] = 3000;
	expect_none(scene, ADVICE_TTL);
}
END_TEST

START_TEST(failover_with_a_leader_change_is_told_where_the_election_is)
{
	struct scene scene = harmed_by_its_lease();

	scene.election_ms = 0;
	expect_first(scene, ADVICE_TTL, "", "", "failover of 2.6 to 3.5 s instead of 1.6 to 2.5 s");
}
END_TEST

START_TEST(no_longer_ttl_is_asked_for_by_what_no_lease_died_of)
{
	struct scene scene = harmed_by_its_lease();

	scene.pause_ms = 1600; /* outlived, just so */
	expect_none(scene, ADVICE_TTL);
	scene = harmed_by_its_lease();
	scene.unproved = true;
	expect_none(scene, ADVICE_TTL);
	scene = harmed_by_its_lease();
	scene.pause_kind = "slow"; /* it runs by turns */
	expect_none(scene, ADVICE_TTL);
	scene = harmed_by_its_lease();
	scene.pause_kind = "cut";
	expect_none(scene, ADVICE_TTL);
	scene = harmed_by_its_lease();
	scene.cites = VIOLATION_STUCK; /* the harm is another fault's */
	expect_none(scene, ADVICE_TTL);
	scene = harmed_by_its_lease();
	scene.arm[0].guard = "token";
	expect_none(scene, ADVICE_TTL);
}
END_TEST

START_TEST(pauses_in_ttls_are_said_to_grow)
{
	for (int i = 0; i < 2; i++) {
		struct scene scene = harmed_by_its_lease();

		scene.unit = i ? "ttl" : "s";
		advise(&scene);
		ck_assert_int_eq(strstr(find(&scene, ADVICE_TTL)->change, "grow") != NULL, i);
		advice_free(&scene.advice);
	}
}
END_TEST

/* 4 x 0.5 s = 2 s: at the very end of the lease is not before it. */
START_TEST(holder_that_gives_up_late_asks_for_a_shorter_heartbeat)
{
	struct scene scene = harmed_by_its_lease();

	scene.pause_ms = 0;
	scene.arm[0].heartbeat_ms = 500;
	expect_first(scene, ADVICE_GIVES_UP, "a heartbeat of 0.49 s, or 2 retries",
		     "gives up 2 s after", "failover stays at 1.5 to 2.5 s");
	scene.arm[0].heartbeat_ms = 50;
	scene.arm[0].retries = 20; /* x 100 ms, the shortest time-out */
	expect_first(scene, ADVICE_GIVES_UP, "19 retries", "", "failover stays at 1.95 to 2.5 s");
}
END_TEST

START_TEST(nobody_is_said_to_give_up_late_who_does_not_or_need_not)
{
	struct scene scene = harmed_by_its_lease();

	scene.pause_ms = 0;
	scene.arm[0].heartbeat_ms = 490;
	expect_none(scene, ADVICE_GIVES_UP);
	scene.arm[0].heartbeat_ms = 500;
	expect_some(scene, ADVICE_GIVES_UP);
	scene.arm[0].settings = "{\"renew_timeout_ms\": 400}"; /* 0.5 + 3 x 0.4 s */
	expect_none(scene, ADVICE_GIVES_UP);
	scene.arm[0].settings = "{\"renew_timeout_ms\": 400, \"retry_after_ms\": 600}";
	expect_some(scene, ADVICE_GIVES_UP);
	scene.arm[0].settings = NULL;
	scene.arm[0].guard = "deadline";
	expect_none(scene, ADVICE_GIVES_UP);
	scene.arm[0].guard = "token";
	expect_none(scene, ADVICE_GIVES_UP);
	scene.arm[0].guard = "no such guard";
	scene.arm[0].planted = PLANTED_STORE;
	expect_none(scene, ADVICE_GIVES_UP);
	scene.arm[0].planted = 0;
	scene.pause_ms = 2300; /* the longer TTL, 3 s, mends this too */
	expect_some(scene, ADVICE_TTL);
	expect_none(scene, ADVICE_GIVES_UP);
}
END_TEST

static struct scene of_a_wrong_service(void)
{
	struct scene scene = sound();

	scene.etcd = "3.4.23";
	scene.verdict[SERVICE] = VERDICT_UNSAFE;
	scene.definite[SERVICE][VIOLATION_GHOST_GRANT] = 25;
	scene.service = VIOLATION_GHOST_GRANT;
	return scene;
}

START_TEST(etcd_with_a_bug_that_was_ended_asks_for_the_release)
{
	struct scene scene = of_a_wrong_service();

	expect_first(scene, ADVICE_VERSION, "Run etcd 3.5.0 or a later one instead of 3.4.23",
		     "etcd #11456 (a waiter whose lease died", "upgrade");
	scene.service = VIOLATION_EARLY_EXPIRY;
	scene.leader_kind = "stall";
	expect_first(scene, ADVICE_VERSION, "Run etcd 3.4.31 or", "etcd #15247", "");
}
END_TEST

START_TEST(no_release_is_named_that_would_not_end_it)
{
	struct scene scene = of_a_wrong_service();

	scene.etcd = "3.5.16"; /* which does not have that one: not known to us */
	expect_none(scene, ADVICE_VERSION);
	scene.etcd = "an etcd of somebody's";
	expect_none(scene, ADVICE_VERSION);
	scene = of_a_wrong_service();
	scene.service = VIOLATION_EARLY_EXPIRY; /* known of all: no release ended it */
	scene.leader_kind = "pause";
	expect_none(scene, ADVICE_VERSION);
	scene.leader_kind = "cut"; /* which brings no bug that is known */
	expect_none(scene, ADVICE_VERSION);
	scene = of_a_wrong_service();
	scene.verdict[SERVICE] = VERDICT_INCONCLUSIVE;
	expect_none(scene, ADVICE_VERSION);
}
END_TEST

START_TEST(fewer_than_three_attempts_ask_for_a_quarter_of_the_ttl)
{
	struct scene scene = harmed_by_its_lease();

	scene.pause_ms = 0;
	scene.arm[0].retries = 1;
	scene.arm[0].heartbeat_ms = 700;
	expect_first(scene, ADVICE_ATTEMPTS, "a heartbeat of 0.49 s and 3 retries",
		     "1 renewal is sent", "failover of 1.51 to 2.5 s instead of 1.3 to 2.5 s");
	scene.arm[0].heartbeat_ms = 480;
	scene.arm[0].retries = 3;
	expect_none(scene, ADVICE_ATTEMPTS);
	scene.arm[0].retries = 2;
	expect_some(scene, ADVICE_ATTEMPTS);
	scene.arm[0].heartbeat_ms = 700;
	scene.arm[0].retries = 1;
	scene.verdict[0] = VERDICT_SAFE;
	expect_none(scene, ADVICE_ATTEMPTS);
}
END_TEST

static struct scene untold(void)
{
	struct scene scene = sound();

	scene.pause_ms = 2500;
	scene.verdict[0] = VERDICT_INCONCLUSIVE;
	scene.exposures[0] = 10;
	return scene;
}

/* 30 wanted: 30 + 2 x sqrt(30) + 2 = 42.95, 4.295 times the 10 of 60 s and 2 lanes. */
START_TEST(too_few_exposures_ask_for_more_time_or_lanes)
{
	struct scene scene = untold();

	expect_first(scene, ADVICE_MORE, "260 s instead of 60 s, or with 9 lanes instead of 2",
		     "10 exposures came in this run and 30 are the least", "up to 9.5 %");
	scene.verdict[0] = VERDICT_SAFE;
	scene.verdict[1] = VERDICT_INCONCLUSIVE;
	scene.tests[1] = 20;
	expect_first(scene, ADVICE_MORE, "130 s", "20 tests of its guard came", "");
}
END_TEST

START_TEST(nothing_at_all_asks_for_longer_pauses_not_for_more)
{
	struct scene scene = untold();

	scene.exposures[0] = 0;
	scene.pause_ms = 1000;
	expect_first(scene, ADVICE_MORE, "Pause holders of arm none for at least 3.5 s",
		     "the longest of 1 pauses was 1 s", "");
	scene.pause_ms = 0;
	expect_first(scene, ADVICE_MORE, "Add a fault that pauses holders", "No pause", "");
	scene.pause_ms = 2500; /* long enough: it is not that */
	expect_none(scene, ADVICE_MORE);
}
END_TEST

START_TEST(enough_exposures_ask_for_no_more)
{
	struct scene scene = untold();

	scene.exposures[0] = 30; /* something possible stands open */
	expect_none(scene, ADVICE_MORE);
	scene.exposures[0] = 29;
	expect_some(scene, ADVICE_MORE);
	scene.verdict[0] = VERDICT_UNSAFE;
	expect_none(scene, ADVICE_MORE);
}
END_TEST

/* h 0.4 s, T 2 s: 3 retries give up at 1.6 s, 4 at 2 s, which is too late; of T 3 s 6 at 2.8 s. */
START_TEST(leases_given_up_early_ask_for_more_retries)
{
	struct scene scene = harmed_by_its_lease();

	scene.pause_ms = 0;
	scene.spurious[0] = 3;
	expect_none(scene, ADVICE_RETRIES);
	scene.arm[0].ttl_ms = 3000;
	expect_first(scene, ADVICE_RETRIES, "from 3 to 6", "gave up 3 leases",
		     "2.8 s after its last good renewal instead of 1.6 s");
	scene.spurious[0] = 0;
	expect_none(scene, ADVICE_RETRIES);
}
END_TEST

START_TEST(at_most_four_are_given_in_the_order_of_their_effect)
{
	struct scene scene = harmed();

	scene.pause_ms = 2600;
	scene.etcd = "3.4.23";
	scene.verdict[SERVICE] = VERDICT_UNSAFE;
	scene.service = VIOLATION_GHOST_GRANT;
	scene.verdict[1] = VERDICT_INCONCLUSIVE;
	scene.tests[1] = 3;
	scene.arm[1].heartbeat_ms = 800;
	scene.spurious[0] = 1;
	advise(&scene);
	ck_assert_int_eq(scene.advice.items, ADVICE_MAX);
	for (int i = 1; i < ADVICE_MAX; i++)
		ck_assert_int_lt(scene.advice.item[i - 1].rule, scene.advice.item[i].rule);
	ck_assert_int_eq(scene.advice.item[0].rule, ADVICE_TOKEN);
	ck_assert_int_eq(scene.advice.item[ADVICE_MAX - 1].rule, ADVICE_ATTEMPTS);
	advice_free(&scene.advice);
}
END_TEST

/* A file by somebody else: no lease that lives, no number that divides by nothing. */
START_TEST(settings_that_make_no_sense_are_left_alone)
{
	static const struct maker_arm odd[] = {
		{.guard = "none", .ttl_ms = 1, .heartbeat_ms = 2000000000, .retries = 3},
		{.guard = "none", .ttl_ms = 2000000000, .heartbeat_ms = 1, .retries = 2000000000},
		{.guard = "none", .ttl_ms = 1000, .heartbeat_ms = 1000, .retries = 1},
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct scene scene = harmed();

		scene.arm[0] = odd[i];
		scene.spurious[0] = 4;
		advise(&scene);
		ck_assert_int_eq(scene.advice.items, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_advice");
	TCase *cases = tcase_create("advice");

	tcase_add_test(cases, nothing_is_advised_where_everything_is_safe);
	tcase_add_test(cases, nothing_is_advised_of_a_run_that_is_broken_or_never_judged);
	tcase_add_test(cases, harm_without_a_token_asks_for_one);
	tcase_add_test(cases, no_guarded_arm_is_praised_that_is_not_safe_or_was_never_tried);
	tcase_add_test(cases, tokens_on_writes_alone_ask_for_those_on_reads);
	tcase_add_test(cases, overlap_without_harm_is_not_called_harm);
	tcase_add_test(cases, no_token_is_asked_of_who_has_one_or_is_wrong_on_purpose);
	tcase_add_test(cases, of_somebody_elses_client_the_guard_alone_is_asked);
	tcase_add_test(cases, pause_that_outlasts_the_lease_asks_for_a_longer_ttl);
	tcase_add_test(cases, pauses_with_no_time_to_renew_between_them_are_one);
	tcase_add_test(cases, ttl_is_that_which_was_granted);
	tcase_add_test(cases, failover_with_a_leader_change_is_told_where_the_election_is);
	tcase_add_test(cases, no_longer_ttl_is_asked_for_by_what_no_lease_died_of);
	tcase_add_test(cases, pauses_in_ttls_are_said_to_grow);
	tcase_add_test(cases, holder_that_gives_up_late_asks_for_a_shorter_heartbeat);
	tcase_add_test(cases, nobody_is_said_to_give_up_late_who_does_not_or_need_not);
	tcase_add_test(cases, etcd_with_a_bug_that_was_ended_asks_for_the_release);
	tcase_add_test(cases, no_release_is_named_that_would_not_end_it);
	tcase_add_test(cases, fewer_than_three_attempts_ask_for_a_quarter_of_the_ttl);
	tcase_add_test(cases, too_few_exposures_ask_for_more_time_or_lanes);
	tcase_add_test(cases, nothing_at_all_asks_for_longer_pauses_not_for_more);
	tcase_add_test(cases, enough_exposures_ask_for_no_more);
	tcase_add_test(cases, leases_given_up_early_ask_for_more_retries);
	tcase_add_test(cases, at_most_four_are_given_in_the_order_of_their_effect);
	tcase_add_test(cases, settings_that_make_no_sense_are_left_alone);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
