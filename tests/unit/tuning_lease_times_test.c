/*
 * The arithmetic of a lease against a small simulation of the worker's protocol that shares no
 * formula with it: step by step of 10 ms, over every phase at which a fault can begin.
 */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/support/suite.h"
#include "tuning/lease_times.h"

enum { STEP_MS = 10 };

struct settings {
	int ttl_ms, heartbeat_ms, retries;
	int patience_ms, spacing_ms; /* 0: as our workers */
};

static const struct settings settings[] = {
	{1000, 300, 3, 0, 0},        {2000, 600, 3, 0, 0},       {2000, 1000, 2, 0, 0},
	{3000, 1000, 1, 0, 0},       {8000, 2000, 3, 0, 0},      {8000, 990, 3, 0, 0},
	{1000, 50, 5, 0, 0},         {1000, 90, 12, 0, 0},       {1000, 990, 1, 0, 0},
	{5000, 1250, 4, 0, 0},       {2000, 500, 3, 0, 0},       {3000, 1000, 7, 0, 0},
	{1000, 100, 9, 0, 0},        {1000, 100, 10, 0, 0},      {9000, 2000, 3, 1000, 0},
	{9000, 2000, 3, 500, 1500},  {9000, 3000, 4, 2000, 500}, {6000, 2000, 2, 5000, 0},
	{4000, 1000, 3, 1000, 1000},
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static struct lease lease_of(const struct settings *set)
{
	struct lease lease = lease_of_worker(set->ttl_ms, set->heartbeat_ms, set->retries);

	if (set->patience_ms)
		lease.patience_ns = set->patience_ms * NS_PER_MS;
	lease.spacing_ns = set->spacing_ms * NS_PER_MS;
	return lease;
}

static int64_t ms(int64_t ns)
{
	ck_assert_int_eq(ns % NS_PER_MS, 0);
	return ns / NS_PER_MS;
}

/*
 * The renewal of time 0 was the last good one; the next is sent at `heartbeat`, and after each that
 * is not answered within its time-out the next, no sooner than `spacing` after it, until `retries`
 * failed. Packets are lost from `from` until `to`. Returns when one comes through before the TTL is
 * over, or -1 with *gave_up.
 */
static int renew_in_cut(const struct settings *set, int from, int to, int *gave_up)
{
	int patience = set->heartbeat_ms < 100 ? 100 : set->heartbeat_ms;
	int now = set->heartbeat_ms;

	if (set->patience_ms)
		patience = set->patience_ms;
	for (int failed = 0; failed < set->retries; failed++) {
		bool lost = now >= from && now < to;

		if (!lost)
			return now < set->ttl_ms ? now : -1;
		*gave_up = now + patience;
		now += patience > set->spacing_ms ? patience : set->spacing_ms;
	}
	return -1;
}

static bool always_keeps_in_cut(const struct settings *set, int length)
{
	int gave_up;

	for (int from = 0; from <= set->heartbeat_ms; from += STEP_MS)
		if (renew_in_cut(set, from, from + length, &gave_up) < 0)
			return false;
	return true;
}

/* Due while it stands still, the renewal is sent at the end of the pause. */
static bool always_keeps_in_pause(const struct settings *set, int length)
{
	for (int from = 0; from <= set->heartbeat_ms; from += STEP_MS) {
		int sent = from + length > set->heartbeat_ms ? from + length : set->heartbeat_ms;

		if (sent >= set->ttl_ms)
			return false;
	}
	return true;
}

START_TEST(cut_that_is_outlived_is_so_at_each_phase_and_a_longer_one_is_not)
{
	struct lease lease = lease_of(&settings[_i]);
	int bound = (int)ms(lease_outlives_cut_ns(&lease));

	for (int length = 0; length <= bound; length += STEP_MS)
		ck_assert_msg(always_keeps_in_cut(&settings[_i], length), "%d ms", length);
	ck_assert(!always_keeps_in_cut(&settings[_i], bound + STEP_MS));
}
END_TEST

START_TEST(pause_that_is_outlived_is_so_at_each_phase_and_a_longer_one_is_not)
{
	struct lease lease = lease_of(&settings[_i]);
	int bound = (int)ms(lease_outlives_pause_ns(&lease));

	for (int length = 0; length < bound; length += STEP_MS)
		ck_assert_msg(always_keeps_in_pause(&settings[_i], length), "%d ms", length);
	ck_assert(!always_keeps_in_pause(&settings[_i], bound));
	ck_assert_int_eq(ms(lease_outlives_pause_ns(&lease)),
			 settings[_i].ttl_ms - settings[_i].heartbeat_ms);
}
END_TEST

START_TEST(holder_that_is_cut_off_gives_up_when_its_last_renewal_has_failed)
{
	struct lease lease = lease_of(&settings[_i]);
	int gave_up = 0;

	renew_in_cut(&settings[_i], 0, 1 << 30, &gave_up);
	ck_assert_int_eq(ms(lease_gives_up_ns(&lease)), gave_up);
	ck_assert_int_eq(lease_gives_up_in_time(&lease), gave_up < settings[_i].ttl_ms);
}
END_TEST

START_TEST(proposed_heartbeat_gives_up_in_time_and_ten_more_milliseconds_do_not)
{
	struct lease lease = lease_of(&settings[_i]);
	int64_t heartbeat_ms = ms(lease_heartbeat_in_time_ns(&lease));
	struct settings set = settings[_i];
	struct lease tried;

	if (heartbeat_ms > 0) {
		set.heartbeat_ms = (int)heartbeat_ms;
		tried = lease_of(&set);
		ck_assert(lease_gives_up_in_time(&tried));
	}
	set.heartbeat_ms = (int)heartbeat_ms + STEP_MS;
	tried = lease_of(&set);
	ck_assert(!lease_gives_up_in_time(&tried));
}
END_TEST

START_TEST(proposed_retries_give_up_in_time_and_one_more_does_not)
{
	struct lease lease = lease_of(&settings[_i]);
	int retries = lease_retries_in_time(&lease);

	lease.retries = retries + 1;
	ck_assert(!lease_gives_up_in_time(&lease));
	lease.retries = retries;
	ck_assert(retries == 0 || lease_gives_up_in_time(&lease));
}
END_TEST

START_TEST(proposed_ttl_is_the_least_that_outlives_the_pause)
{
	struct lease lease = lease_of(&settings[_i]);

	for (int64_t pause_ms = 0; pause_ms < 7000; pause_ms += 50) {
		struct lease tried = lease;

		tried.ttl_ns = lease_ttl_for_pause_ns(&lease, pause_ms * NS_PER_MS);
		ck_assert_int_eq(tried.ttl_ns % NS_PER_S, 0);
		ck_assert_int_gt(lease_outlives_pause_ns(&tried), pause_ms * NS_PER_MS);
		tried.ttl_ns -= NS_PER_S;
		ck_assert_int_le(lease_outlives_pause_ns(&tried), pause_ms * NS_PER_MS);
	}
}
END_TEST

/* 8 s, 3 retries: with a heartbeat of 2 s the holder gives up when its lease may be over, with 1 s
 * long before. Our default campaign gives up 0.2 s late. */
START_TEST(published_tables_come_out)
{
	struct lease late = lease_of_worker(8000, 2000, 3), early = lease_of_worker(8000, 1000, 3),
		     ours = lease_of_worker(1000, 300, 3);

	ck_assert_int_eq(lease_gives_up_ns(&late), 8 * NS_PER_S);
	ck_assert(!lease_gives_up_in_time(&late));
	ck_assert_int_eq(lease_gives_up_ns(&early), 4 * NS_PER_S);
	ck_assert(lease_gives_up_in_time(&early));
	ck_assert_int_eq(lease_gives_up_ns(&ours), 1200 * NS_PER_MS);
	ck_assert_int_eq(lease_heartbeat_in_time_ns(&ours), 240 * NS_PER_MS);
}
END_TEST

/* Measured: TTL 5 s, etcd's election time-out of 1 s, one change of the leader: 11.7 to 12.3 s. */
START_TEST(failover_is_bounded_as_it_was_measured)
{
	struct lease lease = lease_of_worker(5000, 1000, 3);
	struct failover failover = lease_failover(&lease, NS_PER_S);

	ck_assert_int_eq(failover.least_ns, 4 * NS_PER_S);
	ck_assert_int_eq(failover.most_ns, 5500 * NS_PER_MS);
	ck_assert_int_eq(failover.most_with_change_ns, 13500 * NS_PER_MS);
}
END_TEST

START_TEST(least_ttl_is_of_whole_seconds)
{
	static const struct {
		int election_ms, interval_ms, least_s;
	} etcd[] = {
		{1000, 0, 2},
		{500, 0, 1},
		{2000, 0, 3},
		{2001, 0, 4},
		{0, 0, 0},
		{1000, 100, 2},
		{2000, 200, 3},
		/* Of whole intervals, and of a half of them none: 7 are 10, and 10 x 0.1 s is 1 s.
		 */
		{700, 0, 2},
		{700, 100, 1},
		{700, 140, 1},
		{700, 50, 2},
		{1400, 200, 2},
		{1999, 400, 3},
		{1999, 399, 3},
		{2001, 200, 3},
	};

	for (size_t i = 0; i < sizeof(etcd) / sizeof(etcd[0]); i++)
		ck_assert_msg(lease_least_ttl_ns(etcd[i].election_ms * NS_PER_MS,
						 etcd[i].interval_ms * NS_PER_MS) ==
				      etcd[i].least_s * NS_PER_S,
			      "election %d ms, interval %d ms: not %d s", etcd[i].election_ms,
			      etcd[i].interval_ms, etcd[i].least_s);
}
END_TEST

START_TEST(lease_without_a_renewal_in_time_outlives_nothing)
{
	struct lease lease = lease_of_worker(1000, 1500, 3);

	ck_assert_int_eq(lease_outlives_pause_ns(&lease), 0);
	ck_assert_int_eq(lease_attempts(&lease), 0);
	ck_assert_int_eq(lease_outlives_cut_ns(&lease), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_lease_times");
	TCase *cases = tcase_create("leases");

	tcase_add_loop_test(cases, cut_that_is_outlived_is_so_at_each_phase_and_a_longer_one_is_not,
			    0, SETTINGS);
	tcase_add_loop_test(cases,
			    pause_that_is_outlived_is_so_at_each_phase_and_a_longer_one_is_not, 0,
			    SETTINGS);
	tcase_add_loop_test(cases, holder_that_is_cut_off_gives_up_when_its_last_renewal_has_failed,
			    0, SETTINGS);
	tcase_add_loop_test(cases,
			    proposed_heartbeat_gives_up_in_time_and_ten_more_milliseconds_do_not, 0,
			    SETTINGS);
	tcase_add_loop_test(cases, proposed_retries_give_up_in_time_and_one_more_does_not, 0,
			    SETTINGS);
	tcase_add_loop_test(cases, proposed_ttl_is_the_least_that_outlives_the_pause, 0, SETTINGS);
	tcase_add_test(cases, published_tables_come_out);
	tcase_add_test(cases, failover_is_bounded_as_it_was_measured);
	tcase_add_test(cases, least_ttl_is_of_whole_seconds);
	tcase_add_test(cases, lease_without_a_renewal_in_time_outlives_nothing);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
