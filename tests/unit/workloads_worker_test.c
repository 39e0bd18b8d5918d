/*
 * Real workers against a real etcd and a real store, judged by what they put into their rings.
 */
#include <check.h>
#include <stdlib.h>

#include "etcd/etcd.h"
#include "tests/support/stalls.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_lane.h"

/* The decisions of the store: the drained ring is replaced. */
static int drain_decisions(void)
{
	return rig_drain(&lane.rig, RIG_STORE_RING);
}

/* op.id is process << 32 | number. */
static bool is_process(const struct decision_event *decision, int process)
{
	return decision->op >> 32 == process;
}

/* Healthy ------------------------------------------------------------------------------------- */

static void assert_attempt(uint32_t attempt, bool guarded)
{
	static const enum function steps[] = {F_LEASE_GRANT, F_ACQUIRE, F_TOKEN,       F_READ,
					      F_WRITE,       F_RELEASE, F_LEASE_REVOKE};
	const struct event *grant = lane_find(attempt, EVENT_RETURN, F_LEASE_GRANT);
	const struct event *acquire = lane_find(attempt, EVENT_RETURN, F_ACQUIRE);
	int64_t after_ns = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct event *invoke = lane_find(attempt, EVENT_INVOKE, steps[i]);
		const struct event *back = lane_find(attempt, EVENT_RETURN, steps[i]);

		if (steps[i] == F_TOKEN && !guarded) {
			ck_assert_ptr_null(invoke);
			continue;
		}
		ck_assert_msg(invoke && back, "attempt %u lacks %s", attempt,
			      function_name(steps[i]));
		ck_assert_int_eq(back->op.outcome, OUTCOME_OK);
		ck_assert_int_ge(invoke->at_ns, after_ns);
		ck_assert_int_eq(back->op.lease, grant->op.lease);
		if (i > 1)
			ck_assert_str_eq(back->op.key, acquire->op.key);
		after_ns = back->at_ns;
	}
	ck_assert_ptr_null(lane_find(attempt, EVENT_INVOKE, F_LOSE));
}

START_TEST(worker_goes_through_whole_attempts)
{
	const struct event *ops[64];

	lane_start_worker(0);
	lane_await_decisions(8);
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	for (uint32_t attempt = 1; attempt <= 4; attempt++) {
		assert_attempt(attempt, false);
		ck_assert_int_ge(lane_ops_of(attempt, ops, 64), 12);
		const struct event *read = lane_find(attempt, EVENT_RETURN, F_READ);
		const struct event *write = lane_find(attempt, EVENT_INVOKE, F_WRITE);
		const struct event *written = lane_find(attempt, EVENT_RETURN, F_WRITE);

		ck_assert_int_eq(read->op.token, 0);
		ck_assert_int_eq(write->op.version, read->op.version);
		ck_assert_int_eq(written->op.version, read->op.version + 1);
		ck_assert_int_eq(write->op.value, (int64_t)write->process << 32 | write->op.seq);
	}
}
END_TEST

START_TEST(token_is_the_create_revision_of_the_lock_key_and_goes_with_every_request)
{
	struct etcd *etcd = lane_open_etcd();
	struct etcd_kv kv = {0};
	int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_S;
	int count = 0;

	lane.arm.guard = GUARD_TOKEN;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 300;
	lane_start_worker(0);
	while (count == 0 && clock_now_ns() < deadline_ns)
		etcd_range(etcd, LANE_LOCK, true, &kv, 1, &count, deadline_ns);
	ck_assert_int_eq(count, 1);
	lane_await_decisions(4);
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	assert_attempt(1, true);
	const struct event *token = lane_find(1, EVENT_RETURN, F_TOKEN);

	ck_assert_str_eq(token->op.key, kv.key);
	ck_assert_int_eq(token->op.token, kv.create_revision);
	ck_assert_int_eq(lane_find(1, EVENT_INVOKE, F_READ)->op.token, kv.create_revision);
	ck_assert_int_eq(lane_find(1, EVENT_INVOKE, F_WRITE)->op.token, kv.create_revision);
	ck_assert_int_gt(lane_find(2, EVENT_RETURN, F_TOKEN)->op.token, kv.create_revision);
	drain_decisions();
	ck_assert_int_eq(lane.rig.event[0].decision.token, kv.create_revision);
	ck_assert_int_eq(lane.rig.event[1].decision.token, kv.create_revision);
	etcd_close(etcd);
}
END_TEST

/* So many renewals in that time, one every period_ns after the one before: never sooner, and later
 * only by what the machine took; two may be on their way at the ends. */
static void assert_pace(int renewals, int64_t time_ns, int64_t period_ns)
{
	ck_assert_int_le(renewals, time_ns / period_ns + 1);
	ck_assert_int_ge((renewals + 2) * period_ns + stalls_ns(), time_ns);
}

START_TEST(safe_deadline_is_send_time_plus_granted_ttl_and_moves_with_renewals)
{
	lane.arm.work_min_ms = lane.arm.work_max_ms = 1100;
	lane.arm.heartbeat_ms = 200;
	lane_start_worker(0);
	lane_await_decisions(2);
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	const struct event *asked = lane_find(1, EVENT_INVOKE, F_LEASE_GRANT);
	const struct event *granted = lane_find(1, EVENT_RETURN, F_LEASE_GRANT);
	int64_t ttl_ns = granted->op.ttl_ms * NS_PER_MS, safe_ns = granted->op.safe_until_ns;
	const struct event *write = lane_find(1, EVENT_INVOKE, F_WRITE);
	int renewals = 0;

	ck_assert_int_eq(asked->op.safe_until_ns, 0);
	ck_assert_int_ge(granted->op.ttl_ms, 2000);
	ck_assert_int_ge(safe_ns, asked->at_ns + ttl_ns);
	ck_assert_int_le(safe_ns, granted->at_ns + ttl_ns);
	for (const struct event *event = granted; event < write; event++) {
		if (event->kind != EVENT_RETURN || event->op.f != F_KEEPALIVE)
			continue;
		renewals++;
		ck_assert_int_eq(event->op.ttl_ms, granted->op.ttl_ms);
		ck_assert_int_gt(event->op.safe_until_ns, safe_ns);
		ck_assert_int_le(event->op.safe_until_ns, event->at_ns + ttl_ns);
		safe_ns = event->op.safe_until_ns;
	}
	assert_pace(renewals, write->at_ns - granted->at_ns, 200 * NS_PER_MS);
	ck_assert_int_eq(write->op.safe_until_ns, safe_ns);
}
END_TEST

START_TEST(safe_deadline_counts_from_the_sending_and_not_from_the_answer)
{
	lane.arm.ttl_s = 5;
	lane.arm.heartbeat_ms = 1000;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 1600;
	lane_start_worker(0);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), 0);
	/* The first renewal is sent while etcd is stopped, and answered late. */
	int64_t until_ns = atomic_load(&lane_view(0)->renewed_ns) + 1300 * NS_PER_MS;

	kill(etcd_fixture_pid(lane.etcd), SIGSTOP);
	clock_sleep_until_ns(until_ns);
	kill(etcd_fixture_pid(lane.etcd), SIGCONT);
	lane_await_decisions(2);
	lane_stop_workers();
	lane_drain(0);
	const struct event *sent = lane_find(1, EVENT_INVOKE, F_KEEPALIVE);
	const struct event *answered = lane_find(1, EVENT_RETURN, F_KEEPALIVE);

	ck_assert_int_eq(answered->op.outcome, OUTCOME_OK);
	ck_assert_int_ge(answered->at_ns, until_ns);
	ck_assert_int_le(answered->op.safe_until_ns, sent->at_ns + answered->op.ttl_ms * NS_PER_MS +
							     100 * NS_PER_MS + stalls_ns());
}
END_TEST

struct span {
	int64_t from_ns, to_ns;
};

static int holds_of(struct span *spans, int limit)
{
	int count = 0;

	for (uint32_t attempt = 1; attempt <= lane_last_attempt() && count < limit; attempt++) {
		const struct event *acquire = lane_find(attempt, EVENT_RETURN, F_ACQUIRE);
		const struct event *release = lane_find(attempt, EVENT_INVOKE, F_RELEASE);

		if (acquire && acquire->op.outcome == OUTCOME_OK && release)
			spans[count++] = (struct span){acquire->at_ns, release->at_ns};
	}
	return count;
}

START_TEST(two_workers_on_a_healthy_etcd_never_hold_at_once)
{
	enum { HOLDS = 512 };
	static struct span mine[HOLDS], other[HOLDS];

	lane.arm.work_max_ms = 5;
	lane_start_worker(0);
	lane_start_worker(1);
	lane_await_decisions(60);
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	int mines = holds_of(mine, HOLDS);

	lane_drain(1);
	lane_assert_paired();
	int others = holds_of(other, HOLDS);

	ck_assert_int_ge(mines, 5);
	ck_assert_int_ge(others, 5);
	for (int i = 0; i < mines; i++)
		for (int j = 0; j < others; j++)
			ck_assert(mine[i].to_ns <= other[j].from_ns ||
				  other[j].to_ns <= mine[i].from_ns);
}
END_TEST

START_TEST(lanes_of_two_arms_draw_alike)
{
	int64_t work_ns[2][4];

	for (int run = 0; run < 2; run++) {
		lane.arm.work_min_ms = 0;
		lane.arm.work_max_ms = 400;
		snprintf(lane.arm.name, sizeof(lane.arm.name), "arm-%d", run);
		lane_start_worker(0);
		lane_await_decisions(8 * (run + 1));
		lane_stop_workers();
		lane_drain(0);
		for (uint32_t attempt = 1; attempt <= 4; attempt++)
			work_ns[run][attempt - 1] =
				lane_find(attempt, EVENT_INVOKE, F_WRITE)->at_ns -
				lane_find(attempt, EVENT_RETURN, F_READ)->at_ns;
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_lt(llabs(work_ns[0][i] - work_ns[1][i]),
				 60 * NS_PER_MS + stalls_ns());
}
END_TEST

/* With a clock that is wrong ------------------------------------------------------------------- */

/* Works for 2.1 s at a heartbeat of 200 ms, which is period_ns at that rate. */
static void renew_at_rate(int32_t rate_ppm, int64_t period_ns)
{
	int renewals = 0;

	lane.arm.ttl_s = 5;
	lane.arm.heartbeat_ms = 200;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 2100;
	atomic_store(&lane_view(0)->clock_rate_ppm, rate_ppm);
	lane_start_worker(0);
	lane_await_decisions(2);
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	const struct event *grant = lane_find(1, EVENT_RETURN, F_LEASE_GRANT);
	const struct event *write = lane_find(1, EVENT_INVOKE, F_WRITE);

	for (const struct event *event = grant; event < write; event++) {
		if (event->op.f != F_KEEPALIVE)
			continue;
		renewals += event->kind == EVENT_INVOKE;
		/* Whatever its clock shows, the record tells the true deadline. */
		if (event->kind == EVENT_RETURN)
			ck_assert_int_lt(
				llabs(event->op.safe_until_ns - event->at_ns - 5 * NS_PER_S),
				150 * NS_PER_MS + stalls_ns());
	}
	assert_pace(renewals, write->at_ns - grant->at_ns, period_ns);
}

START_TEST(worker_with_a_true_clock_renews_at_its_heartbeat)
{
	renew_at_rate(0, 200 * NS_PER_MS);
	ck_assert_int_eq(atomic_load(&lane_view(0)->clock_ahead_ns), 0);
	ck_assert_int_eq(atomic_load(&lane_view(0)->believes_until_ns),
			 atomic_load(&lane_view(0)->renewed_ns) + 5 * NS_PER_S);
}
END_TEST

START_TEST(worker_with_a_clock_at_half_speed_renews_half_as_often_and_believes_twice_as_long)
{
	renew_at_rate(-500000, 400 * NS_PER_MS);
	int64_t believes_ns = atomic_load(&lane_view(0)->believes_until_ns) -
			      atomic_load(&lane_view(0)->renewed_ns);

	ck_assert_int_lt(atomic_load(&lane_view(0)->clock_ahead_ns), -500 * NS_PER_MS);
	ck_assert_int_lt(llabs(believes_ns - 10 * NS_PER_S), NS_PER_MS);
}
END_TEST

START_TEST(worker_with_a_clock_at_double_speed_renews_twice_as_often)
{
	renew_at_rate(1000000, 100 * NS_PER_MS);
	ck_assert_int_gt(atomic_load(&lane_view(0)->clock_ahead_ns), NS_PER_S);
}
END_TEST

START_TEST(worker_whose_clock_is_set_forward_renews_soon)
{
	lane.arm.ttl_s = 30;
	lane.arm.heartbeat_ms = 20000;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 800;
	lane_start_worker(0);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), 0);
	atomic_store(&lane_view(0)->clock_offset_ns, 25 * NS_PER_S);
	int64_t set_ns = clock_now_ns();

	lane_await_decisions(2);
	lane_stop_workers();
	lane_drain(0);
	const struct event *renewal = lane_find(1, EVENT_INVOKE, F_KEEPALIVE);

	ck_assert_ptr_nonnull(renewal);
	ck_assert_int_lt(renewal->at_ns, set_ns + 300 * NS_PER_MS + stalls_ns());
	ck_assert_int_eq(atomic_load(&lane_view(0)->clock_ahead_ns), 25 * NS_PER_S);
}
END_TEST

/* Paused -------------------------------------------------------------------------------------- */

enum { PAUSED, OTHER };

/* Stops the holder in its work until the other has held and written, and lets it go on. It does not
 * renew, so that nothing but the store can tell it that it is late; a renewal's answer might come
 * before its write does. */
static void pause_the_holder(void)
{
	lane.arm.work_min_ms = lane.arm.work_max_ms = 400;
	lane.arm.acquire_timeout_ms = 10000;
	lane.arm.heartbeat_ms = 60000;
	lane_start_worker(PAUSED);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), PAUSED);
	kill(lane.worker[PAUSED].pid, SIGSTOP);
	lane.arm.heartbeat_ms = 500;
	lane_start_worker(OTHER);
	ck_assert(lane_await_hold_of(OTHER));
	kill(lane.worker[PAUSED].pid, SIGCONT);
	lane_await_decisions(8);
	lane_stop_workers();
}

START_TEST(holder_paused_past_its_ttl_writes_after_the_next_one_when_unguarded)
{
	const struct decision_event *stale = NULL;

	pause_the_holder();
	drain_decisions();
	for (int i = 0; i < lane.rig.events && !stale; i++)
		if (lane.rig.event[i].decision.f == F_WRITE &&
		    is_process(&lane.rig.event[i].decision, lane.worker[PAUSED].process))
			stale = &lane.rig.event[i].decision;
	/* Its first write, based on version 0, comes after another's. */
	ck_assert_ptr_nonnull(stale);
	ck_assert_int_eq(stale->accepted, 1);
	ck_assert_int_ge(stale->version_before, 1);
	lane_drain(PAUSED);
	lane_assert_paired();
	ck_assert_int_eq(lane_find(1, EVENT_RETURN, F_READ)->op.version, 0);
	ck_assert_int_ge(lane_find(1, EVENT_RETURN, F_WRITE)->op.version, 2);
	ck_assert_int_eq(lane_find(1, EVENT_RETURN, F_WRITE)->op.outcome, OUTCOME_OK);
	ck_assert_int_gt(lane_find(1, EVENT_INVOKE, F_WRITE)->at_ns,
			 lane_find(1, EVENT_INVOKE, F_WRITE)->op.safe_until_ns);
}
END_TEST

START_TEST(holder_paused_past_its_ttl_is_refused_when_guarded_and_gives_up)
{
	lane.arm.guard = GUARD_TOKEN;
	pause_the_holder();

	drain_decisions();
	int refused = 0;

	for (int i = 0; i < lane.rig.events; i++)
		refused += !lane.rig.event[i].decision.accepted;
	lane_drain(PAUSED);
	lane_assert_paired();
	const struct event *lose = lane_find(1, EVENT_INVOKE, F_LOSE);
	const struct event *write = lane_find(1, EVENT_RETURN, F_WRITE);

	ck_assert_int_eq(refused, 1);
	ck_assert_ptr_nonnull(write);
	ck_assert_int_eq(write->op.outcome, OUTCOME_FAIL);
	ck_assert_int_eq(strncmp(write->op.error, "token ", 6), 0);
	ck_assert_ptr_nonnull(lose);
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_RELEASE));
	ck_assert_ptr_nonnull(lane_find(1, EVENT_INVOKE, F_LEASE_REVOKE));
}
END_TEST

/* Who is refused for another's write may well hold the lock: it gives it back. */
START_TEST(write_on_the_base_of_what_was_replaced_is_refused_and_no_loss)
{
	lane.arm.guard = GUARD_IDEMPOTENT;
	pause_the_holder();

	drain_decisions();
	lane_drain(PAUSED);
	lane_assert_paired();
	const struct event *write = lane_find(1, EVENT_RETURN, F_WRITE);

	ck_assert_ptr_nonnull(write);
	ck_assert_int_eq(write->op.outcome, OUTCOME_FAIL);
	ck_assert_int_eq(strncmp(write->op.error, "based on version 0, it is at ", 29), 0);
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_LOSE));
	ck_assert_ptr_nonnull(lane_find(1, EVENT_INVOKE, F_RELEASE));
	ck_assert_int_eq(lane_find(2, EVENT_RETURN, F_WRITE)->op.outcome, OUTCOME_OK);
}
END_TEST

START_TEST(holder_paused_past_its_ttl_does_not_write_when_it_looks_at_its_deadline)
{
	lane.arm.guard = GUARD_DEADLINE;
	pause_the_holder();

	drain_decisions();
	for (int i = 0; i < lane.rig.events; i++)
		ck_assert(lane.rig.event[i].decision.accepted);
	lane_drain(PAUSED);
	lane_assert_paired();
	const struct event *lose = lane_find(1, EVENT_INVOKE, F_LOSE);

	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_TOKEN));
	ck_assert_ptr_nonnull(lane_find(1, EVENT_INVOKE, F_READ));
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_WRITE));
	ck_assert_ptr_nonnull(lose);
	ck_assert_str_eq(lose->op.error, "the safe deadline is over");
	ck_assert_int_ge(lose->at_ns, lose->op.safe_until_ns);
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_RELEASE));
	ck_assert_ptr_nonnull(lane_find(1, EVENT_INVOKE, F_LEASE_REVOKE));
	/* Who is in time writes. */
	ck_assert_ptr_nonnull(lane_find(2, EVENT_INVOKE, F_WRITE));
}
END_TEST

START_TEST(reads_carry_no_token_when_only_writes_must)
{
	lane.arm.guard = GUARD_TOKEN_WRITES;
	lane_start_worker(0);
	lane_await_decisions(4);
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	int64_t token = lane_find(1, EVENT_RETURN, F_TOKEN)->op.token;

	ck_assert_int_gt(token, 0);
	ck_assert_int_eq(lane_find(1, EVENT_INVOKE, F_READ)->op.token, 0);
	ck_assert_int_eq(lane_find(1, EVENT_INVOKE, F_WRITE)->op.token, token);
	ck_assert_int_eq(lane_find(1, EVENT_RETURN, F_WRITE)->op.outcome, OUTCOME_OK);
	ck_assert_int_eq(lane_find(2, EVENT_INVOKE, F_READ)->op.token, 0);
}
END_TEST

START_TEST(holder_that_learns_of_its_loss_while_it_works_does_not_write)
{
	lane.arm.work_min_ms = lane.arm.work_max_ms = 1500;
	lane.arm.heartbeat_ms = 200;
	lane_start_worker(0);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), 0);
	struct etcd *etcd = lane_open_etcd();
	struct etcd_kv kv;
	int count = 0;

	etcd_range(etcd, LANE_LOCK, true, &kv, 1, &count, clock_now_ns() + NS_PER_S);
	ck_assert_int_eq(count, 1);
	etcd_lease_revoke(etcd, kv.lease, clock_now_ns() + NS_PER_S);
	ck_assert(lane_await_attempt(0, 2));
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	const struct event *lose = lane_find(1, EVENT_INVOKE, F_LOSE);

	ck_assert_ptr_nonnull(lose);
	ck_assert_str_eq(lose->op.error, "the lease is gone");
	ck_assert_int_eq(lane_find(1, EVENT_RETURN, F_LOSE)->at_ns, lose->at_ns);
	/* At the moment it learned it, not when its work was over. */
	ck_assert_int_lt(lose->at_ns, lane_find(1, EVENT_RETURN, F_READ)->at_ns + 1000 * NS_PER_MS +
					      stalls_ns());
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_WRITE));
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_RELEASE));
	etcd_close(etcd);
}
END_TEST

/* Without etcd -------------------------------------------------------------------------------- */

static void lose_by_silence(void)
{
	lane.arm.ttl_s = 5;
	lane.arm.heartbeat_ms = 200;
	lane.arm.retries = 3;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 1500;
	lane_start_worker(0);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), 0);
}

static void assert_lost_after_retries(void)
{
	int failed = 0;

	lane_drain(0);
	const struct event *lose = lane_find(1, EVENT_INVOKE, F_LOSE);

	ck_assert_ptr_nonnull(lose);
	ck_assert_str_eq(lose->op.error, "3 renewals failed in a row");
	ck_assert_int_eq(lane_count_ops(EVENT_INVOKE, F_LOSE), 1);
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_WRITE));
	ck_assert_ptr_null(lane_find(1, EVENT_INVOKE, F_RELEASE));
	for (int i = 0; i < lane.rig.events; i++) {
		const struct event *event = &lane.rig.event[i];

		if (event->kind == EVENT_RETURN && event->op.f == F_KEEPALIVE &&
		    event->op.outcome != OUTCOME_OK) {
			failed++;
			ck_assert_int_le(event->at_ns, lose->at_ns);
		}
	}
	ck_assert_int_eq(failed, 3);
	/* Each renewal waits for heartbeat_ms, whether it is refused or never answered. */
	const struct event *acquire = lane_find(1, EVENT_RETURN, F_ACQUIRE);

	ck_assert_int_ge(lose->at_ns - acquire->at_ns, 400 * NS_PER_MS);
	ck_assert_int_le(lose->at_ns - acquire->at_ns, 1400 * NS_PER_MS + stalls_ns());
}

START_TEST(heartbeat_gives_up_after_retries_when_etcd_does_not_answer)
{
	lose_by_silence();
	kill(etcd_fixture_pid(lane.etcd), SIGSTOP);
	ck_assert(lane_await_attempt(0, 2));
	kill(etcd_fixture_pid(lane.etcd), SIGCONT);
	lane_stop_workers();
	assert_lost_after_retries();
}
END_TEST

START_TEST(heartbeat_gives_up_after_retries_when_etcd_is_gone)
{
	lose_by_silence();
	etcd_fixture_kill(lane.etcd);
	ck_assert(lane_await_attempt(0, 2));
	lane_stop_workers();
	assert_lost_after_retries();
}
END_TEST

START_TEST(worker_without_a_store_releases_and_writes_nothing)
{
	lane_start_store();
	atomic_store(&lane.rig.flags[RIG_STOP_STORE], 1);
	ck_assert_int_eq(rig_join(lane.rig.store), 0);
	lane.rig.store = 0;
	lane_start_worker(0);
	ck_assert(lane_await_attempt(0, 2));
	lane_stop_workers();
	lane_drain(0);
	lane_assert_paired();
	ck_assert_int_eq(lane_find(1, EVENT_RETURN, F_READ)->op.outcome, OUTCOME_FAIL);
	ck_assert_int_eq(lane_find(1, EVENT_RETURN, F_RELEASE)->op.outcome, OUTCOME_OK);
	ck_assert_int_eq(lane_count_ops(EVENT_INVOKE, F_WRITE), 0);
}
END_TEST

/* Speed --------------------------------------------------------------------------------------- */

START_TEST(worker_without_work_runs_many_cycles_a_second)
{
	lane.arm.work_max_ms = lane.arm.rest_max_ms = 0;
	lane_start_worker(0);
	lane_await_decisions(2);
	int64_t from_ns = clock_now_ns();
	int64_t before = atomic_load(&lane_view(0)->acquisitions);

	clock_sleep_until_ns(from_ns + 2 * NS_PER_S);
	double cycles = (double)(atomic_load(&lane_view(0)->acquisitions) - before) /
			((double)(clock_now_ns() - from_ns) / (double)NS_PER_S);

	lane_stop_workers();
	printf("one worker, one member on loopback: %.0f cycles/s\n", cycles);
	ck_assert_double_gt(cycles, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: worker");
	TCase *tests = tcase_create("all");

	rig_need_etcd("workloads_worker_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, lane_open, lane_close);
	tcase_add_checked_fixture(tests, stalls_begin, NULL);
	tcase_add_test(tests, worker_goes_through_whole_attempts);
	tcase_add_test(tests,
		       token_is_the_create_revision_of_the_lock_key_and_goes_with_every_request);
	tcase_add_test(tests, safe_deadline_is_send_time_plus_granted_ttl_and_moves_with_renewals);
	tcase_add_test(tests, safe_deadline_counts_from_the_sending_and_not_from_the_answer);
	tcase_add_test(tests, worker_with_a_true_clock_renews_at_its_heartbeat);
	tcase_add_test(
		tests,
		worker_with_a_clock_at_half_speed_renews_half_as_often_and_believes_twice_as_long);
	tcase_add_test(tests, worker_with_a_clock_at_double_speed_renews_twice_as_often);
	tcase_add_test(tests, worker_whose_clock_is_set_forward_renews_soon);
	tcase_add_test(tests, two_workers_on_a_healthy_etcd_never_hold_at_once);
	tcase_add_test(tests, lanes_of_two_arms_draw_alike);
	tcase_add_test(tests, holder_paused_past_its_ttl_writes_after_the_next_one_when_unguarded);
	tcase_add_test(tests, holder_paused_past_its_ttl_is_refused_when_guarded_and_gives_up);
	tcase_add_test(tests,
		       holder_paused_past_its_ttl_does_not_write_when_it_looks_at_its_deadline);
	tcase_add_test(tests, write_on_the_base_of_what_was_replaced_is_refused_and_no_loss);
	tcase_add_test(tests, reads_carry_no_token_when_only_writes_must);
	tcase_add_test(tests, holder_that_learns_of_its_loss_while_it_works_does_not_write);
	tcase_add_test(tests, heartbeat_gives_up_after_retries_when_etcd_does_not_answer);
	tcase_add_test(tests, heartbeat_gives_up_after_retries_when_etcd_is_gone);
	tcase_add_test(tests, worker_without_a_store_releases_and_writes_nothing);
	tcase_add_test(tests, worker_without_work_runs_many_cycles_a_second);
	return suite_run(suite);
}
