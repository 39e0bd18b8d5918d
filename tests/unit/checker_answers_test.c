/*
 * stale-read and false-gone: what one answer says against the others, in both directions, with the
 * boundaries.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/holds/acknowledged.h"
#include "tests/support/lock_story.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* stale-read ---------------------------------------------------------------------------------- */

enum { TOLD = 30, OLDER = 29, NONE = -1, UNKNOWN = 9 };

/*
 * Lane 0: worker 0's answer, of revision 30, comes back at 100 ms from member 0. Lane 1, of another
 * arm: worker 0 asks at `sent_ms` and is answered by member 2 as of `revision`.
 */
struct answered {
	enum function told, f;
	unsigned int told_outcome, outcome; /* UNKNOWN: info */
	double sent_ms;
	int64_t revision;
	unsigned int planted_told, planted;
	bool by_witness; /* not lane 0's worker, but the witness was told */
	bool other_clock;
};

static enum outcome outcome_of(unsigned int outcome)
{
	return outcome == UNKNOWN ? OUTCOME_INFO : (enum outcome)outcome;
}

static struct story *two_lanes(const struct answered *answered)
{
	struct story *story = story_open("none", answered->planted_told);
	struct maker *maker = story_maker(story);

	maker_lane(maker, maker_arm(maker, .guard = "token", .planted = answered->planted));
	if (answered->by_witness)
		maker_key(maker, .lane = -1, .member = 1, .revision = TOLD, .seen_ms = 100);
	else
		maker_op(maker, .attempt = 1, .f = answered->told,
			 .outcome = outcome_of(answered->told_outcome), .invoked_ms = 90,
			 .returned_ms = 100, .revision = TOLD, .lease = 7, .ttl_ms = STORY_TTL_MS);
	maker_op(maker, .lane = 1, .attempt = 1, .f = answered->f,
		 .outcome = outcome_of(answered->outcome), .invoked_ms = answered->sent_ms,
		 .returned_ms = answered->sent_ms + 5, .endpoint = 2,
		 .revision = answered->revision == NONE ? 0 : answered->revision, .lease = 8,
		 .ttl_ms = answered->f == F_KEEPALIVE ? STORY_TTL_MS : 0);
	if (answered->other_clock)
		sqlite3_exec(maker_db(maker), "UPDATE host SET clock_error_ns = 1 WHERE id = 3",
			     NULL, NULL, NULL);
	return story;
}

static int64_t stale(struct answered answered, int arm)
{
	answered.told = answered.told ?: F_KEEPALIVE;
	answered.f = answered.f ?: F_TOKEN;
	answered.told_outcome = answered.told_outcome ?: OUTCOME_OK;
	answered.outcome = answered.outcome ?: OUTCOME_OK;
	answered.sent_ms = answered.sent_ms > 0 ? answered.sent_ms : 100.001;
	answered.revision = answered.revision ?: OLDER;
	struct story *story = two_lanes(&answered);
	const struct verdicts *verdicts = story_judge(story, 1);
	int64_t found = story_definite(verdicts, arm, VIOLATION_STALE_READ);

	ck_assert_int_eq(story_total(verdicts), found);
	story_end(story);
	return found;
}

/* What is not named: a renewal and a token read, both ok, the second a microsecond after the first
 * and a revision behind. */
#define STALE(...) stale((struct answered){__VA_ARGS__}, STORY_SERVICE)

START_TEST(stale_read_is_older_than_what_anybody_was_told_before_it_was_sent)
{
	ck_assert_int_eq(STALE(), 1);
	ck_assert_int_eq(STALE(.sent_ms = 100), 0);
	ck_assert_int_eq(STALE(.revision = TOLD), 0);
	ck_assert_int_eq(STALE(.revision = NONE), 0);
	ck_assert_int_eq(STALE(.by_witness = true), 1);
	ck_assert_int_eq(STALE(.by_witness = true, .sent_ms = 100), 0);
}
END_TEST

START_TEST(stale_read_is_any_answer_through_the_log_and_no_other)
{
	ck_assert_int_eq(STALE(.f = F_RELEASE), 1);
	ck_assert_int_eq(STALE(.f = F_KEEPALIVE), 0);
	ck_assert_int_eq(STALE(.f = F_LEASE_REVOKE), 0);
	ck_assert_int_eq(STALE(.outcome = UNKNOWN), 0);
	/* The service did answer: that the key is not there. */
	ck_assert_int_eq(STALE(.outcome = OUTCOME_FAIL), 1);
	ck_assert_int_eq(STALE(.f = F_RELEASE, .outcome = OUTCOME_FAIL), 0);
	ck_assert_int_eq(STALE(.f = F_LOOK), 1);
	ck_assert_int_eq(STALE(.f = F_LOOK, .outcome = OUTCOME_FAIL), 1);
	/* Of a resource in the service: a transaction, done or refused. */
	ck_assert_int_eq(STALE(.f = F_READ, .outcome = OUTCOME_FAIL), 1);
	ck_assert_int_eq(STALE(.f = F_WRITE, .outcome = OUTCOME_FAIL), 1);
}
END_TEST

START_TEST(stale_read_takes_the_word_of_every_answer_that_is_ok)
{
	ck_assert_int_eq(STALE(.told = F_LEASE_REVOKE), 1);
	ck_assert_int_eq(STALE(.told = F_RELEASE), 1);
	ck_assert_int_eq(STALE(.told_outcome = UNKNOWN), 0);
	ck_assert_int_eq(STALE(.told_outcome = OUTCOME_FAIL), 0);
}
END_TEST

START_TEST(stale_read_needs_an_honest_client_and_one_clock)
{
	struct answered answered = {0};

	answered.planted = PLANTED_CLIENT;
	ck_assert_int_eq(stale(answered, 1), 1); /* the arm's, not the service's */
	answered.planted = PLANTED_STORE;
	ck_assert_int_eq(stale(answered, STORY_SERVICE), 1);
	answered.planted = 0;
	answered.planted_told = PLANTED_CLIENT;
	ck_assert_int_eq(stale(answered, STORY_SERVICE), 0);
	answered.planted_told = 0;
	answered.other_clock = true;
	ck_assert_int_eq(stale(answered, STORY_SERVICE), 0);
}
END_TEST

/* Every lock, unlock and token read of a right service is as new as it must be. */
START_TEST(stale_read_is_none_in_a_right_story_and_each_forged_answer_is_one)
{
	struct story *story = story_open("none", 0);
	struct maker *maker = story_maker(story);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_learn_token(story, a, 120, story_token(story, a));
	b = story_ask(story, 1, 130);
	story_expire(story, a, 201);
	story_acknowledge(story, a, F_RELEASE, 200, 202);
	story_get(story, b, 203);
	story_learn_token(story, b, 204, story_token(story, b));
	/* The lock b has its token read again, from a member that has lost the last change. */
	maker_op(maker, .worker = 1, .attempt = 1, .f = F_TOKEN, .outcome = OUTCOME_OK,
		 .invoked_ms = 210, .returned_ms = 211, .endpoint = 1, .revision = 12,
		 .token = story_token(story, b), .lease = 7000001);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct violation *violation = story_violation(verdicts, VIOLATION_STALE_READ);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_STALE_READ), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert_int_eq(story_judgement(verdicts, STORY_SERVICE)->verdict, VERDICT_UNSAFE);
	ck_assert_str_eq(
		violation->summary,
		"the token that w-0-1 sent at 0.210 s was answered as of revision 12 (by "
		"m2, 1 revision behind) although m1 had told the witness of revision 13 by "
		"0.201 s");
	story_end(story);
}
END_TEST

/*
 * What was acknowledged, at every instant, against all answers one by one: of 2 workers of an
 * honest client and 1 of another, in any order of time, and of the witness.
 */
enum { INSTANTS = 60, ANSWERS = 40 };

struct plain {
	int64_t sent, came, revision;
	bool is_op, linearizable;
};

static int64_t greatest_before(const struct plain *plain, int64_t at)
{
	int64_t greatest = 0;

	for (int i = 0; i < ANSWERS; i++)
		if (plain[i].came < at && plain[i].revision > greatest)
			greatest = plain[i].revision;
	return greatest;
}

static int64_t least_since(const struct plain *plain, int64_t at)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ANSWERS; i++)
		if (plain[i].linearizable && plain[i].sent >= at && plain[i].revision < least &&
		    greatest_before(plain, plain[i].sent) <= plain[i].revision)
			least = plain[i].revision;
	return least;
}

static void draw_answer(struct random_stream *random, struct maker *maker, struct plain *plain)
{
	static const enum function functions[] = {F_TOKEN, F_KEEPALIVE};
	int worker = (int)random_between(random, 0, 3);
	bool is_planted = worker == 2;
	enum function f = functions[random_between(random, 0, 1)];
	int64_t sent = random_between(random, 0, INSTANTS);
	int64_t came = sent + random_between(random, 1, 10);
	int64_t revision = sent / 2 + random_between(random, 1, 8);

	*plain = (struct plain){sent, came, is_planted ? 0 : revision, worker != 3,
				f == F_TOKEN && worker < 2};
	if (worker == 3)
		maker_key(maker, .lane = -1, .revision = revision, .seen_ms = (double)came);
	else
		maker_op(maker, .lane = is_planted, .worker = worker % 2, .attempt = 1, .f = f,
			 .outcome = OUTCOME_OK, .invoked_ms = (double)sent,
			 .returned_ms = (double)came, .revision = revision, .lease = 7,
			 .ttl_ms = STORY_TTL_MS);
}

START_TEST(acknowledged_is_what_the_answers_one_by_one_tell)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	struct random_stream random = random_open((uint64_t)_i, "answers");
	struct plain plain[ANSWERS];
	struct acknowledged acknowledged;
	struct history history;
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_lane(maker, maker_arm(maker, .guard = "none", .planted = PLANTED_CLIENT));
	for (int i = 0; i < ANSWERS; i++)
		draw_answer(&random, maker, &plain[i]);
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(acknowledged_open(&history, &acknowledged, &err), 0);
	int near = 0;

	for (int64_t at = 0; at < INSTANTS + 12; at++) {
		int far = (int)random_between(&random, 0, acknowledged.rises);
		const struct answer_row *known =
			acknowledged_before(&acknowledged, at * NS_PER_MS, &near);

		ck_assert_int_eq(known ? known->revision : 0, greatest_before(plain, at));
		ck_assert_ptr_eq(known, acknowledged_before(&acknowledged, at * NS_PER_MS, &far));
		ck_assert_int_eq(acknowledged_least_since(&acknowledged, at * NS_PER_MS),
				 least_since(plain, at));
	}
	acknowledged_close(&acknowledged);
	history_close(&history);
}
END_TEST

/* false-gone ---------------------------------------------------------------------------------- */

/* Worker 0 acquires and is told at 500 ms that its lease is gone; then it does `f` at `sent_ms`. */
static int64_t gone(enum function f, double sent_ms, enum outcome outcome, int64_t *total)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_renew(story, a, 300, 301);
	story_told_gone(story, a, 499, 500);
	story_lose(story, a, 500.5);
	if (f == F_KEEPALIVE)
		story_renew(story, a, sent_ms, sent_ms + 1);
	else
		story_try(story, a, f, sent_ms, outcome);
	const struct verdicts *verdicts = story_judge(story, 1);
	int64_t found = story_definite(verdicts, STORY_SERVICE, VIOLATION_FALSE_GONE);

	if (total)
		*total = story_total(verdicts);
	story_end(story);
	return found;
}

/* An answer that may be older than what was committed when it was asked for says nothing of that.
 */
START_TEST(least_since_is_told_by_linearizable_answers_alone)
{
	static const struct {
		enum function f;
		int64_t least;
	} asked[] = {{F_TOKEN, OLDER}, {F_KEEPALIVE, INT64_MAX}, {F_LEASE_REVOKE, INT64_MAX}};
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	struct acknowledged acknowledged;
	struct history history;
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_op(maker, .attempt = 1, .f = asked[_i].f, .outcome = OUTCOME_OK, .invoked_ms = 100,
		 .returned_ms = 110, .revision = OLDER, .lease = 7, .ttl_ms = STORY_TTL_MS);
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(acknowledged_open(&history, &acknowledged, &err), 0);
	ck_assert(acknowledged_least_since(&acknowledged, 99 * INT64_C(1000000)) ==
		  asked[_i].least);
	ck_assert(acknowledged_least_since(&acknowledged, 101 * INT64_C(1000000)) == INT64_MAX);
	acknowledged_close(&acknowledged);
	history_close(&history);
}
END_TEST

START_TEST(false_gone_is_a_lease_that_its_owner_revokes_later)
{
	int64_t total;

	ck_assert_int_eq(gone(F_LEASE_REVOKE, 500.001, OUTCOME_OK, &total), 1);
	ck_assert_int_eq(total, 1);
	ck_assert_int_eq(gone(F_LEASE_REVOKE, 500, OUTCOME_OK, NULL), 0);
	/* What a right service answers: requested lease not found. */
	ck_assert_int_eq(gone(F_LEASE_REVOKE, 600, OUTCOME_FAIL, &total), 0);
	ck_assert_int_eq(total, 0);
	ck_assert_int_eq(gone(F_LEASE_REVOKE, 600, OUTCOME_INFO, NULL), 0);
	/* A release of a key that is gone answers ok. */
	ck_assert_int_eq(gone(F_RELEASE, 600, OUTCOME_OK, NULL), 0);
}
END_TEST

START_TEST(false_gone_is_a_lease_that_is_renewed_later)
{
	ck_assert_int_eq(gone(F_KEEPALIVE, 500.001, OUTCOME_OK, NULL), 1);
	ck_assert_int_eq(gone(F_KEEPALIVE, 500, OUTCOME_OK, NULL), 0);
}
END_TEST

/* Told gone at 500 ms. The key goes by itself, and is seen gone at 900 ms; worker 1's lock is
 * answered, asked at `asked_ms`, as of `before` revisions before that. */
static const struct verdicts *seen_late(struct story *story, double asked_ms, int before)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_told_gone(story, a, 499, 500);
	maker_op(story_maker(story), .worker = 1, .attempt = 9, .f = F_LEASE_GRANT,
		 .outcome = OUTCOME_OK, .invoked_ms = asked_ms, .returned_ms = asked_ms + 1,
		 .lease = 99, .ttl_ms = STORY_TTL_MS, .revision = 15 - before);
	story_pass_revisions(story, 3);
	story_lose(story, a, 500.5);
	story_expire(story, a, 900); /* revision 15 */
	return story_judge(story, 1);
}

START_TEST(false_gone_is_one_whose_key_stood_until_a_later_revision)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = seen_late(story, 500, 1);
	const struct violation *violation = story_violation(verdicts, VIOLATION_FALSE_GONE);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_FALSE_GONE), 1);
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, 0), "holder"));
	ck_assert_ptr_nonnull(strstr(violation->summary, "deleted only at revision 15"));
	story_end(story);
}
END_TEST

START_TEST(false_gone_is_not_one_whose_end_was_only_seen_late)
{
	struct story *story = story_open("none", 0);

	/* The answer may have been given before the key went, and "gone" after it. */
	ck_assert_int_eq(
		story_definite(seen_late(story, 499.999, 1), STORY_SERVICE, VIOLATION_FALSE_GONE),
		0);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(
		story_definite(seen_late(story, 600, 0), STORY_SERVICE, VIOLATION_FALSE_GONE), 0);
	story_end(story);
}
END_TEST

/* The lease ended in its time, and the worker tries again under another one. */
START_TEST(false_gone_is_not_one_that_was_gone_and_whose_lock_is_taken_anew)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_expire(story, a, 2200);
	story_told_gone(story, a, 2210, 2211);
	story_lose(story, a, 2212);
	story_try(story, a, F_LEASE_REVOKE, 2213, OUTCOME_FAIL);
	b = story_ask(story, 0, 2300);
	story_get(story, b, 2310);
	story_renew(story, b, 2400, 2401);
	story_release(story, b, 2500, 2501);
	story_acknowledge(story, b, F_LEASE_REVOKE, 2510, 2511);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

/* A renewal after the proof of the end is a lie itself, and shows no life. */
START_TEST(false_gone_is_not_proved_by_a_dead_keepalive)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a, 2200);
	story_told_gone(story, a, 2210, 2211);
	story_renew(story, a, 2300, 2301);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	story_end(story);
}
END_TEST

/* A stale answer is no bound for what was still to come. */
START_TEST(false_gone_is_not_proved_by_a_stale_read)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a, 2200); /* revision 12 */
	story_told_gone(story, a, 2210, 2211);
	story_lose(story, a, 2212);
	maker_op(story_maker(story), .worker = 1, .attempt = 9, .f = F_TOKEN, .outcome = OUTCOME_OK,
		 .invoked_ms = 2300, .returned_ms = 2301, .lease = 99, .revision = 11);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_STALE_READ), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	story_end(story);
}
END_TEST

/* Nobody vouches for what an adapter says, either. */
static const unsigned int of_the_arm[] = {PLANTED_CLIENT, FOREIGN_CLIENT};

START_TEST(false_gone_of_a_client_that_nobody_vouches_for_is_the_arms)
{
	struct story *story = story_open("none", of_the_arm[_i]);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_told_gone(story, a, 499, 500);
	story_acknowledge(story, a, F_LEASE_REVOKE, 600, 601);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FALSE_GONE), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_FALSE_GONE), 0);
	story_end(story);
}
END_TEST

START_TEST(what_an_adapter_does_not_tell_is_said_to_be_not_judged)
{
	struct story *story = story_open("none", of_the_arm[_i]);

	maker_op(story_maker(story), .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_OK,
		 .invoked_ms = 10, .returned_ms = 20);
	maker_op(story_maker(story), .attempt = 1, .f = F_RELEASE, .outcome = OUTCOME_OK,
		 .invoked_ms = 30, .returned_ms = 40);
	const char *why = story_judge(story, 1)->judgement[0].why;

	ck_assert_msg(!strstr(why, "not judged: overlap-safe of 1 of 1 holds") == (_i == 0), "%s",
		      why);
	ck_assert_msg(!strstr(why, "not judged: what the service did to 1 of 1 holds") == (_i == 0),
		      "%s", why);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: answers");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, acknowledged_is_what_the_answers_one_by_one_tell, 0, 20);
	tcase_add_loop_test(tests, least_since_is_told_by_linearizable_answers_alone, 0, 3);
	tcase_add_test(tests, stale_read_is_older_than_what_anybody_was_told_before_it_was_sent);
	tcase_add_test(tests, stale_read_is_any_answer_through_the_log_and_no_other);
	tcase_add_test(tests, stale_read_takes_the_word_of_every_answer_that_is_ok);
	tcase_add_test(tests, stale_read_needs_an_honest_client_and_one_clock);
	tcase_add_test(tests, stale_read_is_none_in_a_right_story_and_each_forged_answer_is_one);
	tcase_add_test(tests, false_gone_is_a_lease_that_its_owner_revokes_later);
	tcase_add_test(tests, false_gone_is_a_lease_that_is_renewed_later);
	tcase_add_test(tests, false_gone_is_one_whose_key_stood_until_a_later_revision);
	tcase_add_test(tests, false_gone_is_not_one_whose_end_was_only_seen_late);
	tcase_add_test(tests, false_gone_is_not_one_that_was_gone_and_whose_lock_is_taken_anew);
	tcase_add_test(tests, false_gone_is_not_proved_by_a_dead_keepalive);
	tcase_add_test(tests, false_gone_is_not_proved_by_a_stale_read);
	tcase_add_loop_test(tests, what_an_adapter_does_not_tell_is_said_to_be_not_judged, 0, 2);
	tcase_add_loop_test(tests, false_gone_of_a_client_that_nobody_vouches_for_is_the_arms, 0,
			    2);
	return suite_run(suite);
}
