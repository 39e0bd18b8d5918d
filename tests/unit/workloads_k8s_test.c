/*
 * `k8s-lease` and `k8s-release` against a real etcd: the record, whose it is and when, by whose
 * clock; and for how long a leader leads on when its etcd answers no more.
 */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_lane.h"
#include "workloads/lease_record.h"
#include "workloads/worker/pace.h"

enum { CANDIDATES = 2, LONG_S = 3600 };

static const struct lock_client_steps *const steps = &recipe_k8s_lease;

static struct candidate_rig {
	struct lock_terms terms;
	struct pace pace;
	struct lock_client *client;
	struct lock_session session;
} candidate[CANDIDATES];

static int64_t in_ms(int64_t ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

static const struct arm brisk = {.heartbeat_ms = 20};

static void open_all(void)
{
	struct error err = {0};

	lane_open();
	for (int i = 0; i < CANDIDATES; i++) {
		struct candidate_rig *of = &candidate[i];

		of->session = (struct lock_session){0};
		of->terms = (struct lock_terms){.service = &lane.service,
						.lock = "lock/1",
						.ttl_s = LONG_S,
						.arm = &brisk,
						.pace = &of->pace};
		pace_open(&of->pace, lane_view(i));
		ck_assert_int_eq(steps->open(&of->client, &of->terms, &err), 0);
	}
}

static void close_all(void)
{
	for (int i = 0; i < CANDIDATES; i++)
		steps->close(candidate[i].client);
	lane_close();
}

static struct lock_answer take(int number, lock_step *step, int64_t within_ms)
{
	struct candidate_rig *of = &candidate[number];

	return step(of->client, &of->session, in_ms(within_ms));
}

static void ck_ok(struct lock_answer answer)
{
	ck_assert_msg(answer.outcome == OUTCOME_OK, "%d: %s", answer.outcome, answer.error);
}

static void ck_refused(struct lock_answer answer, const char *why)
{
	ck_assert_msg(answer.outcome == OUTCOME_FAIL, "%d: %s, instead of: %s", answer.outcome,
		      answer.error, why);
	ck_assert_str_eq(answer.error, why);
	ck_assert(!answer.gone && !answer.unheard && answer.ttl_ms == 0);
}

/* It has looked at the record, however slow the machine is, and did not take it. */
static void ck_waits(int number, const char *why)
{
	int64_t until_ns = in_ms(30 * 1000);
	struct lock_answer answer;

	do {
		answer = take(number, steps->acquire, 100);
		ck_assert_msg(answer.outcome == OUTCOME_FAIL, "%d: %s", answer.outcome,
			      answer.error);
	} while (strcmp(answer.error, why) != 0 && clock_now_ns() < until_ns);
	ck_assert_str_eq(answer.error, why);
	ck_assert_str_eq(candidate[number].session.key, "");
}

/* The record as it stands. */
static struct lease_record look(struct etcd_kv *kv)
{
	struct lease_record record;
	int count;

	ck_assert_int_eq(etcd_range(candidate[0].client->etcd, "lock/1/lease", false, kv, 1, &count,
				    in_ms(5000))
				 .outcome,
			 ETCD_OK);
	ck_assert_int_eq(count, 1);
	ck_assert_msg(lease_record_parse(kv->value, &record), "%s", kv->value);
	return record;
}

START_TEST(first_candidate_leads_at_once_and_the_others_do_not)
{
	struct etcd_kv kv;
	struct lock_answer answer = take(0, steps->acquire, 5000);

	ck_ok(answer);
	struct lease_record record = look(&kv);

	ck_assert_int_eq(answer.ttl_ms, LONG_S * 1000);
	ck_assert_int_gt(answer.sent_ns, 0);
	ck_assert_int_eq(answer.order, kv.mod_revision);
	ck_assert_int_eq(candidate[0].session.token, kv.mod_revision);
	ck_assert_str_eq(candidate[0].session.key, kv.key);
	ck_assert_int_eq(record.holder, candidate[0].session.lease);
	ck_assert_int_eq(record.duration_s, LONG_S);
	ck_assert_int_eq(record.transitions, 1);
	ck_assert_str_eq(record.acquired, record.renewed);
	ck_assert_int_eq(kv.lease, 0);
	ck_waits(1, "another one leads");
	ck_assert_str_eq(candidate[1].session.key, "");
	ck_assert_int_ne(candidate[1].session.lease, candidate[0].session.lease);
}
END_TEST

/* An hour as its own clock shows it, and not the true one, nor that of who leads. */
START_TEST(candidate_takes_over_what_it_has_not_seen_change_by_its_own_clock)
{
	struct etcd_kv kv;

	ck_ok(take(0, steps->acquire, 5000));
	ck_waits(1, "another one leads");
	atomic_store(&lane_view(0)->clock_offset_ns, 2 * LONG_S * NS_PER_S);
	ck_waits(1, "another one leads");
	atomic_store(&lane_view(1)->clock_offset_ns, LONG_S * NS_PER_S - 60 * NS_PER_S);
	ck_waits(1, "another one leads");
	ck_ok(take(0, steps->renew, 5000));
	/* It has seen it change: the hour begins anew. */
	ck_waits(1, "another one leads");
	atomic_store(&lane_view(1)->clock_offset_ns, LONG_S * NS_PER_S + 60 * NS_PER_S);
	ck_waits(1, "another one leads");
	atomic_store(&lane_view(1)->clock_offset_ns, 3 * LONG_S * NS_PER_S);
	ck_ok(take(1, steps->acquire, 5000));
	ck_assert_int_gt(candidate[1].session.token, candidate[0].session.token);
	ck_assert_int_eq(look(&kv).holder, candidate[1].session.lease);
	ck_assert_int_eq(look(&kv).transitions, 2);
	ck_refused(take(0, steps->renew, 5000), "leads no more");
	ck_refused(take(0, steps->release, 5000), "leads no more");
	ck_refused(take(0, recipe_k8s_release.let_go, 5000), "leads no more");
	ck_assert_int_eq(look(&kv).holder, candidate[1].session.lease);
}
END_TEST

START_TEST(leader_renews_the_record_under_its_name)
{
	struct etcd_kv kv;

	ck_ok(take(0, steps->acquire, 5000));
	struct lease_record taken = look(&kv);
	struct lock_answer answer = take(0, steps->renew, 5000);
	struct lease_record renewed = look(&kv);

	ck_ok(answer);
	ck_assert_int_eq(answer.ttl_ms, LONG_S * 1000);
	ck_assert_int_eq(answer.order, kv.mod_revision);
	ck_assert_int_gt(kv.mod_revision, candidate[0].session.token);
	ck_assert_int_eq(renewed.holder, taken.holder);
	ck_assert_int_eq(renewed.transitions, 1);
	ck_assert_str_eq(renewed.acquired, taken.acquired);
	ck_assert_int_gt(strcmp(renewed.renewed, taken.renewed), 0);
}
END_TEST

/* By the one who is through, or by the one who has to stop. */
START_TEST(record_that_was_given_back_names_nobody_and_is_taken_at_once)
{
	struct etcd_kv kv;

	ck_ok(take(0, steps->acquire, 5000));
	ck_waits(1, "another one leads");
	struct lock_answer answer = take(0, _i ? recipe_k8s_release.let_go : steps->release, 5000);

	ck_ok(answer);
	ck_assert_int_eq(answer.ttl_ms, 0);
	ck_assert(answer.gone == (_i == 1));
	ck_assert_int_eq(look(&kv).holder, 0);
	ck_assert_int_eq(look(&kv).transitions, 1);
	ck_refused(take(0, steps->renew, 5000), "leads no more");
	ck_ok(take(1, steps->acquire, 5000));
	ck_assert_int_eq(look(&kv).transitions, 2);
}
END_TEST

START_TEST(what_is_no_record_is_nobodys_to_take)
{
	ck_assert_int_eq(
		etcd_put(candidate[0].client->etcd, "lock/1/lease", "{}", 0, in_ms(5000)).outcome,
		ETCD_OK);
	ck_waits(0, "the record is not one");
}
END_TEST

/* The record ---------------------------------------------------------------------------------- */

START_TEST(record_is_read_as_it_was_printed)
{
	struct lease_record record = {_i ? INT64_MAX : 0, 86400, INT32_MAX, "", ""}, read;
	char text[LEASE_RECORD_SIZE];

	lease_record_stamp(record.acquired);
	lease_record_stamp(record.renewed);
	lease_record_print(&record, text);
	ck_assert_msg(lease_record_parse(text, &read), "%s", text);
	ck_assert_int_eq(read.holder, record.holder);
	ck_assert_int_eq(read.duration_s, record.duration_s);
	ck_assert_int_eq(read.transitions, record.transitions);
	ck_assert_str_eq(read.acquired, record.acquired);
	ck_assert_str_eq(read.renewed, record.renewed);
}
END_TEST

#define RECORD(holder, duration, transitions, time)                                                \
	"{\"holderIdentity\":" holder ",\"leaseDurationSeconds\":" duration                        \
	",\"acquireTime\":\"" time "\",\"renewTime\":\"" time                                      \
	"\",\"leaseTransitions\":" transitions "}"
#define TIME "2026-11-30T12:00:00.000001Z"

START_TEST(what_is_no_record_is_refused)
{
	static const char *const texts[] = {
		"",
		"held",
		"{}",
		"[]",
		"0",
		RECORD("\"a\"", "15", "1", TIME) "x",
		RECORD("7", "15", "1", TIME),
		RECORD("\"pod-1\"", "15", "1", TIME),
		RECORD("\"A\"", "15", "1", TIME),
		RECORD("\"0\"", "15", "1", TIME),
		RECORD("\"ffffffffffffffff\"", "15", "1", TIME),
		RECORD("\"00000000000000001\"", "15", "1", TIME),
		RECORD("\"a\"", "0", "1", TIME),
		RECORD("\"a\"", "1e99", "1", TIME),
		RECORD("\"a\"", "\"15\"", "1", TIME),
		RECORD("\"a\"", "15", "-1", TIME),
		RECORD("\"a\"", "15", "1e10", TIME),
		RECORD("\"a\"", "15", "1", "<b>"),
		RECORD("\"a\"", "15", "1", TIME TIME),
	};
	struct lease_record record;

	ck_assert(lease_record_parse(RECORD("\"a\"", "15", "1", TIME), &record));
	ck_assert_int_eq(record.holder, 10);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!lease_record_parse(texts[i], &record), "%s", texts[i]);
}
END_TEST

/* client-go's numbers ------------------------------------------------------------------------- */

enum { PERIOD_MS = 400, DEADLINE_MS = 1200, WORK_MS = 600000, TRIES = 5 };

static const struct event *last_before(const struct event *before, enum event_kind kind,
				       enum function f, enum outcome outcome)
{
	while (before-- > lane.rig.event)
		if (before->kind == (uint32_t)kind && before->op.f == f &&
		    (kind == EVENT_INVOKE || before->op.outcome == outcome))
			return before;
	ck_abort_msg("there is no %s before", function_name(f));
}

static const struct event *first_after(const struct event *after, enum event_kind kind,
				       enum function f)
{
	while (++after < lane.rig.event + lane.rig.events)
		if (after->kind == (uint32_t)kind && after->op.f == f)
			return after;
	ck_abort_msg("there is no %s after", function_name(f));
}

/* etcd answers no more, right after a renewal: for how long the worker believed that it leads, from
 * the acknowledgement on. `waits`: how often it has its deadline. */
static int64_t lead_without_etcd_ns(int waits)
{
	struct live_worker *view = lane_view(0);
	int64_t acquired_ns;

	lane_start_worker(0);
	ck_assert(lane_await(atomic_load(&view->state) == LIVE_WORKING));
	acquired_ns = atomic_load(&view->acquired_ns);
	ck_assert(lane_await(atomic_load(&view->renewed_ns) > acquired_ns));
	kill(etcd_fixture_pid(lane.etcd), SIGSTOP);
	ck_assert(lane_await(atomic_load(&view->acquired_ns) == 0));
	kill(etcd_fixture_pid(lane.etcd), SIGCONT);
	kill(lane.worker[0].pid, SIGKILL); /* its work is longer than anybody waits */
	ck_assert_int_eq(rig_join(lane.worker[0].pid), -1);
	lane.worker[0].pid = 0;
	lane_drain(0);
	const struct event *lost = lane_find(1, EVENT_INVOKE, F_LOSE);

	ck_assert_ptr_nonnull(lost);
	const struct event *renewed = last_before(lost, EVENT_RETURN, F_KEEPALIVE, OUTCOME_OK);
	const struct event *failed = first_after(renewed, EVENT_INVOKE, F_KEEPALIVE);

	/* What must be so however slow the machine is. */
	ck_assert_int_ge(failed->at_ns, renewed->op.safe_until_ns -
						(lane.arm.ttl_s * 1000 - PERIOD_MS) * NS_PER_MS);
	ck_assert_int_ge(lost->at_ns, failed->at_ns + waits * DEADLINE_MS * NS_PER_MS);
	return lost->at_ns - renewed->at_ns;
}

/* RetryPeriod + RenewDeadline; and + RenewDeadline with ReleaseOnCancel, though the arm would lead
 * for less than its LeaseDuration by its own numbers. A machine that was busy is asked again. */
START_TEST(leader_without_answers_leads_on_for_its_deadlines)
{
	static const enum recipe recipes[] = {RECIPE_K8S_LEASE, RECIPE_K8S_RELEASE};
	int waits = 1 + (recipes[_i] == RECIPE_K8S_RELEASE);
	int64_t told_ns = (PERIOD_MS + waits * DEADLINE_MS) * NS_PER_MS, lead_ns;

	lane.arm.recipe = recipes[_i];
	lane.arm.ttl_s = 2;
	lane.arm.heartbeat_ms = PERIOD_MS;
	lane.arm.renew_deadline_ms = DEADLINE_MS;
	lane.arm.retries = 1;
	lane.arm.acquire_timeout_ms = 15000;
	lane.arm.work_min_ms = lane.arm.work_max_ms = WORK_MS;
	for (int i = 0; i < TRIES; i++) {
		lead_ns = lead_without_etcd_ns(waits);
		if (lead_ns <= told_ns + told_ns / 10)
			break;
	}
	ck_assert_int_le(lead_ns, told_ns + told_ns / 10);
	ck_assert_int_ge(lead_ns, told_ns - told_ns / 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: leases of Kubernetes");
	TCase *tests = tcase_create("record"), *numbers = tcase_create("numbers");

	rig_need_etcd("workloads_k8s_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, open_all, close_all);
	tcase_add_test(tests, first_candidate_leads_at_once_and_the_others_do_not);
	tcase_add_test(tests, candidate_takes_over_what_it_has_not_seen_change_by_its_own_clock);
	tcase_add_test(tests, leader_renews_the_record_under_its_name);
	tcase_add_loop_test(tests, record_that_was_given_back_names_nobody_and_is_taken_at_once, 0,
			    2);
	tcase_add_test(tests, what_is_no_record_is_nobodys_to_take);
	tcase_add_loop_test(tests, record_is_read_as_it_was_printed, 0, 2);
	tcase_add_test(tests, what_is_no_record_is_refused);
	suite_add_tcase(suite, numbers);
	tcase_set_timeout(numbers, 180);
	tcase_add_checked_fixture(numbers, lane_open, lane_close);
	tcase_add_loop_test(numbers, leader_without_answers_leads_on_for_its_deadlines, 0, 2);
	return suite_run(suite);
}
