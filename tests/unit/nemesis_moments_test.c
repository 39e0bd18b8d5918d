/* Moments of the live view, the waiters that targets name, and the hosts at the ends of a link. */
#include "tests/support/suite.h"
#include "tests/unit/nemesis_rig.h"

static struct live_worker *worker(int number)
{
	return &live->worker[number];
}

static int64_t ago(int ms)
{
	return clock_now_ns() - ms * NS_PER_MS;
}

static bool comes(enum fault_moment moment)
{
	return aim(TARGET_HOLDER, moment) >= 0;
}

/* Moments ------------------------------------------------------------------------------------- */

START_TEST(waited_needs_somebody_who_waits_and_can)
{
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_WAITED), -1);
	waits(2);
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_WAITED), FIRST_WORKER + 2);
	put_under_fault(FIRST_WORKER + 2, false);
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_WAITED), -1);
}
END_TEST

START_TEST(after_grant_is_over_soon)
{
	holds(1, LIVE_HOLDING, 30);
	ck_assert(comes(MOMENT_AFTER_GRANT));
	holds(1, LIVE_HOLDING, 31);
	ck_assert(!comes(MOMENT_AFTER_GRANT));
}
END_TEST

START_TEST(after_renewal_is_of_this_hold_and_over_soon)
{
	holds(1, LIVE_WORKING, 500);
	atomic_store(&worker(1)->renewed_ns, ago(400)); /* however long the answer took */
	atomic_store(&worker(1)->answered_ns, ago(30));
	ck_assert(comes(MOMENT_AFTER_RENEWAL));
	atomic_store(&worker(1)->answered_ns, ago(31));
	ck_assert(!comes(MOMENT_AFTER_RENEWAL));
	holds(1, LIVE_WORKING, 2); /* the lease was granted before the lock */
	atomic_store(&worker(1)->renewed_ns, ago(10));
	atomic_store(&worker(1)->answered_ns, ago(1));
	ck_assert(!comes(MOMENT_AFTER_RENEWAL));
	atomic_store(&worker(1)->renewed_ns, ago(2)); /* or with it */
	ck_assert(!comes(MOMENT_AFTER_RENEWAL));
}
END_TEST

/* The lease of the lane lasts 2 s. */
START_TEST(before_expiry_counts_from_the_last_renewal)
{
	struct fault fault = {.block = &block,
			      .entry = &entry,
			      .lane = &lanes[0],
			      .after_ns = 500 * NS_PER_MS,
			      .ttl_ns = lanes[0].ttl_ns,
			      .host = -1,
			      .pidfd = -1};

	block.target = TARGET_HOLDER;
	block.moment = MOMENT_BEFORE_EXPIRY;
	holds(1, LIVE_WORKING, 3000);
	atomic_store(&worker(1)->renewed_ns, ago(1000));
	ck_assert(!aim_find(&nemesis, &fault));
	ck_assert_str_eq(fault.lacks, "the lease is renewed in time");
	/* it says when to look again: 1.5 s after the renewal */
	ck_assert_int_eq(fault.look_ns, atomic_load(&worker(1)->renewed_ns) + 1500 * NS_PER_MS);
	clock_sleep_until_ns(fault.look_ns - 1);
	ck_assert(!aim_find(&nemesis, &fault));
	clock_sleep_until_ns(fault.look_ns);
	ck_assert(aim_find(&nemesis, &fault));
	close(fault.pidfd);
}
END_TEST

START_TEST(contended_hold_is_young_for_fifty_milliseconds_or_after_a_ttl_of_waiting)
{
	struct fault fault = {.block = &block,
			      .entry = &entry,
			      .lane = &lanes[0],
			      .planned_ns = now_ns,
			      .ttl_ns = lanes[0].ttl_ns};
	const char *why;
	int64_t look_ns;

	block.target = TARGET_HOLDER;
	block.moment = MOMENT_CONTENDED;
	waits(0);
	holds(1, LIVE_WORKING, 50);
	ck_assert(view_moment(&nemesis, &fault, fault.lane, &why, &look_ns));
	holds(1, LIVE_WORKING, 51);
	ck_assert(!view_moment(&nemesis, &fault, fault.lane, &why, &look_ns));
	ck_assert_str_eq(why, "the hold is no longer young");
	clock_sleep_until_ns(fault.planned_ns + lanes[0].ttl_ns - 1);
	ck_assert(!view_moment(&nemesis, &fault, fault.lane, &why, &look_ns));
	clock_sleep_until_ns(fault.planned_ns + lanes[0].ttl_ns);
	ck_assert(view_moment(&nemesis, &fault, fault.lane, &why, &look_ns));
	fault.planned_ns = now_ns;
	block.target = TARGET_WAITER; /* of others no hold need be young */
	ck_assert(view_moment(&nemesis, &fault, fault.lane, &why, &look_ns));
}
END_TEST

START_TEST(moments_say_what_they_lack)
{
	static const struct {
		enum fault_moment moment;
		const char *lacks;
	} moments[] = {
		{MOMENT_CONTENDED, "no holder before its write with somebody waiting"},
		{MOMENT_WAITED, "nobody waits"},
		{MOMENT_AFTER_GRANT, "no hold has just begun"},
		{MOMENT_AFTER_RENEWAL, "no renewal was just acknowledged"},
		{MOMENT_BEFORE_EXPIRY, "nobody holds"},
		{MOMENT_BETWEEN, "no holder is between its read and its write"},
		{MOMENT_ACQUIRING, "the lock is not about to pass on"},
	};
	struct fault fault = {.block = &block, .entry = &entry, .lane = &lanes[0]};
	int64_t look_ns;

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		const char *why = NULL;

		block.moment = moments[i].moment;
		ck_assert(!view_moment(&nemesis, &fault, fault.lane, &why, &look_ns));
		ck_assert_str_eq(why, moments[i].lacks);
	}
}
END_TEST

START_TEST(between_is_after_the_read_and_before_the_write)
{
	static const struct {
		enum live_state state;
		bool is;
	} states[] = {{LIVE_HOLDING, false},
		      {LIVE_READING, false},
		      {LIVE_WORKING, true},
		      {LIVE_WRITING, false},
		      {LIVE_RELEASING, false}};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		holds(1, states[i].state, 10);
		ck_assert_msg(comes(MOMENT_BETWEEN) == states[i].is, "state %d", states[i].state);
	}
}
END_TEST

START_TEST(acquiring_is_when_the_lock_passes_on)
{
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_ACQUIRING), -1); /* nobody waits */
	waits(0);
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_ACQUIRING), FIRST_WORKER); /* it is free */
	holds(1, LIVE_WORKING, 10);
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_ACQUIRING), -1);
	holds(1, LIVE_RELEASING, 10);
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_ACQUIRING), FIRST_WORKER);
}
END_TEST

START_TEST(after_waits_for_the_same_attempt)
{
	struct fault fault = {.block = &block,
			      .entry = &entry,
			      .lane = &lanes[0],
			      .after_ns = 30 * NS_PER_MS,
			      .ttl_ns = lanes[0].ttl_ns,
			      .host = -1,
			      .pidfd = -1};

	block.target = TARGET_HOLDER;
	block.moment = MOMENT_BETWEEN;
	holds(1, LIVE_WORKING, 1);
	ck_assert(!aim_find(&nemesis, &fault));
	ck_assert_int_gt(fault.ripe_ns, clock_now_ns());
	live_publish(live, worker(1), LIVE_WRITING); /* the moment is over; it ripens on */
	clock_sleep_until_ns(fault.ripe_ns);
	atomic_fetch_add(&worker(1)->attempt, 1); /* but this is another hold */
	ck_assert(!aim_find(&nemesis, &fault));
	holds(1, LIVE_WORKING, 1);
	ck_assert(!aim_find(&nemesis, &fault)); /* it begins anew */
	clock_sleep_until_ns(fault.ripe_ns);
	live_publish(live, worker(1), LIVE_IDLE); /* it lost the lock meanwhile */
	ck_assert(!aim_find(&nemesis, &fault));
	holds(1, LIVE_WORKING, 1);
	ck_assert(!aim_find(&nemesis, &fault));
	clock_sleep_until_ns(fault.ripe_ns);
	live_publish(live, worker(1), LIVE_WRITING);
	ck_assert(aim_find(&nemesis, &fault));
	ck_assert_int_eq(fault.host, FIRST_WORKER + 1);
	close(fault.pidfd);
}
END_TEST

/* Targets ------------------------------------------------------------------------------------- */

START_TEST(oldest_and_newest_waiter_are_by_when_they_came)
{
	waits(0);
	waits(1);
	waits(2);
	waits(4); /* of another lane */
	atomic_store(&worker(0)->since_ns, ago(20));
	atomic_store(&worker(1)->since_ns, ago(90));
	atomic_store(&worker(2)->since_ns, ago(50));
	atomic_store(&worker(4)->since_ns, ago(500));
	for (entry.pick = 0; entry.pick < 3; entry.pick++) {
		ck_assert_int_eq(aim(TARGET_OLDEST_WAITER, MOMENT_NOW), FIRST_WORKER + 1);
		ck_assert_int_eq(aim(TARGET_NEWEST_WAITER, MOMENT_NOW), FIRST_WORKER);
	}
	put_under_fault(FIRST_WORKER + 1, false);
	ck_assert_int_eq(aim(TARGET_OLDEST_WAITER, MOMENT_NOW), FIRST_WORKER + 2);
}
END_TEST

START_TEST(overlap_hits_what_is_under_a_fault)
{
	waits(0);
	put_under_fault(FIRST_WORKER, false);
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_NOW), -1);
	block.overlap = true;
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_NOW), FIRST_WORKER);
}
END_TEST

START_TEST(two_that_stop_one_process_do_not_meet)
{
	static const struct fault_block slow = {.name = "slow", .kind = FAULT_SLOW};

	block.overlap = true; /* not even then */
	block.kind = FAULT_PAUSE;
	waits(0);
	nemesis.fault[nemesis.faults++] = (struct fault){
		.stage = STAGE_INJECTED, .block = &slow, .host = FIRST_WORKER, .lane = &lanes[0]};
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_NOW), -1);
	block.kind = FAULT_KILL;
	ck_assert_int_eq(aim(TARGET_WAITER, MOMENT_NOW), FIRST_WORKER);
}
END_TEST

START_TEST(endpoint_is_the_member_of_the_holder)
{
	ck_assert_int_eq(aim(TARGET_ENDPOINT, MOMENT_NOW), -1);
	holds(1, LIVE_WORKING, 10);
	atomic_store(&worker(1)->endpoint, 2);
	ck_assert_int_eq(aim(TARGET_ENDPOINT, MOMENT_NOW), 2);
}
END_TEST

START_TEST(same_is_the_worker_as_it_runs_now)
{
	struct fault fault = {.block = &block,
			      .entry = &entry,
			      .lane = &lanes[0],
			      .ttl_ns = lanes[0].ttl_ns,
			      .host = FIRST_WORKER + 1,
			      .slot = worker(1),
			      .pidfd = -1};

	block.target = TARGET_SAME;
	put_under_fault(FIRST_WORKER + 1, false); /* that of its leader may be in force */
	ck_assert(aim_find(&nemesis, &fault));
	close(fault.pidfd);
	ck_assert_int_eq(fault.process, 100 + FIRST_WORKER + 1);
	atomic_store(&hosts_control(cluster, FIRST_WORKER + 1)->process, 400);
	ck_assert(!aim_find(&nemesis, &fault)); /* it starts, and has no slot yet */
	atomic_store(&worker(1)->process, 400);
	ck_assert(aim_find(&nemesis, &fault));
	close(fault.pidfd);
	ck_assert_int_eq(fault.process, 400);
}
END_TEST

/* Ends of a link ------------------------------------------------------------------------------ */

static struct fault at_host(enum fault_target target, enum fault_from from, int host_id)
{
	block.target = target;
	block.from = from;
	return (struct fault){.block = &block, .entry = &entry, .lane = &lanes[0], .host = host_id};
}

/* The hosts as bits. */
static unsigned int far_side(enum fault_target target, enum fault_from from, int host_id)
{
	struct fault fault = at_host(target, from, host_id);
	int16_t hosts[CUT_HOSTS_MAX];
	unsigned int bits = 0;

	for (int i = hosts_of_far_side(&nemesis, &fault, hosts); i > 0; i--)
		bits |= 1u << hosts[i - 1];
	return bits;
}

static unsigned int near_side(enum fault_target target, int host_id)
{
	struct fault fault = at_host(target, FROM_ALL, host_id);
	int16_t hosts[CUT_HOSTS_MAX];
	unsigned int bits = 0;

	for (int i = hosts_of_target(&nemesis, &fault, hosts); i > 0; i--)
		bits |= 1u << hosts[i - 1];
	return bits;
}

START_TEST(far_side_is_whom_the_word_names_but_the_target)
{
	const unsigned int members = 7u, workers = 63u << FIRST_WORKER, store = 1u << STORE;
	const int me = FIRST_WORKER + 1;

	holds(1, LIVE_WORKING, 10);
	atomic_store(&worker(1)->endpoint, 2);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_CLUSTER, me), members);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_CLIENTS, me), workers & ~(1u << me));
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_STORE, me), store);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_ENDPOINT, me), 4u);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_ALL, me),
			  (members | store | workers) & ~(1u << me)); /* the witness never */
	ck_assert_uint_eq(far_side(TARGET_ENDPOINT, FROM_HOLDER, 2), 1u << me);
	ck_assert_uint_eq(far_side(TARGET_MEMBER, FROM_PEERS, 1), 5u);
	ck_assert_uint_eq(far_side(TARGET_MEMBER, FROM_LEADER, 1), 0); /* nobody knows one */
	holds(1, LIVE_IDLE, 0);
	ck_assert_uint_eq(far_side(TARGET_WAITER, FROM_HOLDER, FIRST_WORKER), 0);
	ck_assert_uint_eq(far_side(TARGET_WAITER, FROM_ENDPOINT, FIRST_WORKER), 0);
	cluster->leader = 2;
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_LEADER, me), 4u);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_FOLLOWERS, me), 3u);
	ck_assert_uint_eq(far_side(TARGET_MEMBER, FROM_FOLLOWERS, 0), 2u);
	cluster->leader = -1;
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_FOLLOWERS, me), 0);
}
END_TEST

START_TEST(endpoint_and_holder_are_the_targets_own_first)
{
	struct fault fault = at_host(TARGET_WAITER, FROM_ENDPOINT, FIRST_WORKER);
	int16_t hosts[CUT_HOSTS_MAX];

	fault.slot = worker(0);
	atomic_store(&worker(0)->endpoint, 2);
	holds(1, LIVE_WORKING, 10);
	ck_assert_int_eq(hosts_of_far_side(&nemesis, &fault, hosts), 1);
	ck_assert_int_eq(hosts[0], 2); /* not the holder's, which is 0 */
	fault.slot = NULL;
	ck_assert_int_eq(hosts_of_far_side(&nemesis, &fault, hosts), 1);
	ck_assert_int_eq(hosts[0], 0);
	fault.lane = NULL; /* no lane has no holder */
	ck_assert_int_eq(hosts_of_far_side(&nemesis, &fault, hosts), 0);
	block.from = FROM_HOLDER;
	ck_assert_int_eq(hosts_of_far_side(&nemesis, &fault, hosts), 0);
}
END_TEST

START_TEST(far_side_of_some_members_begins_with_the_drawn_one)
{
	const int me = FIRST_WORKER + 1;

	holds(1, LIVE_WORKING, 10);
	entry.member = 1;
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_MINORITY, me), 2u);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_MAJORITY, me), 6u);
	entry.member = 2;
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_MINORITY, me), 4u);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_MAJORITY, me), 5u); /* goes round */
}
END_TEST

START_TEST(minority_of_one_member_is_that_one_and_of_two_nobody)
{
	lay_out(1);
	ck_assert_uint_eq(far_side(TARGET_WAITER, FROM_MINORITY, 4), 1u);
	ck_assert_uint_eq(near_side(TARGET_MINORITY, 0), 1u);
	lay_out(2);
	ck_assert_uint_eq(far_side(TARGET_WAITER, FROM_MINORITY, 5), 0);
	ck_assert_uint_eq(near_side(TARGET_MINORITY, 0), 0);
}
END_TEST

START_TEST(near_side_of_a_set_is_all_of_it)
{
	ck_assert_uint_eq(near_side(TARGET_MINORITY, 2), 4u);
	ck_assert_uint_eq(near_side(TARGET_MAJORITY, 2), 5u); /* goes round */
	ck_assert_uint_eq(near_side(TARGET_MEMBERS, 1), 7u);
	ck_assert_uint_eq(near_side(TARGET_STORE, STORE), 1u << STORE);
	lay_out(5);
	ck_assert_uint_eq(near_side(TARGET_MINORITY, 4), 0x11u);
	ck_assert_uint_eq(near_side(TARGET_MAJORITY, 3), 0x19u);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_MINORITY, 8), 0x3u);
	ck_assert_uint_eq(far_side(TARGET_HOLDER, FROM_MAJORITY, 8), 0x7u);
	lay_out(3);
	ck_assert_uint_eq(far_side(TARGET_MAJORITY, FROM_PEERS, 2), 2u);
	ck_assert_uint_eq(far_side(TARGET_MEMBERS, FROM_PEERS, 0), 0);
}
END_TEST

START_TEST(lengths_in_ttls_are_counted_in_the_granted_one)
{
	struct fault fault;

	block.target = TARGET_HOLDER;
	block.length = (struct span){.in_ttl = true, .low = 1.5, .high = 1.5};
	entry.length = 1.5;
	fault = (struct fault){
		.block = &block, .entry = &entry, .lane = &lanes[0], .host = -1, .pidfd = -1};
	fault_count_lengths(&fault, lanes[0].ttl_ns);
	ck_assert_int_eq(fault.length_ns, 3 * NS_PER_S);
	holds(0, LIVE_WORKING, 1);
	ck_assert(aim_find(&nemesis, &fault));
	ck_assert_int_eq(fault.length_ns, 3 * NS_PER_S);
	atomic_store(&live->worker[4].granted_ns, 9 * NS_PER_S); /* of another lane */
	atomic_store(&live->worker[1].granted_ns, 4 * NS_PER_S);
	ck_assert(aim_find(&nemesis, &fault));
	ck_assert_int_eq(fault.length_ns, 6 * NS_PER_S);
	ck_assert_int_eq(view_granted_ns(&nemesis, NULL), 4 * NS_PER_S);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: moments");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, lengths_in_ttls_are_counted_in_the_granted_one);
	tcase_add_test(tests, waited_needs_somebody_who_waits_and_can);
	tcase_add_test(tests, after_grant_is_over_soon);
	tcase_add_test(tests, after_renewal_is_of_this_hold_and_over_soon);
	tcase_add_test(tests, before_expiry_counts_from_the_last_renewal);
	tcase_add_test(tests,
		       contended_hold_is_young_for_fifty_milliseconds_or_after_a_ttl_of_waiting);
	tcase_add_test(tests, moments_say_what_they_lack);
	tcase_add_test(tests, between_is_after_the_read_and_before_the_write);
	tcase_add_test(tests, acquiring_is_when_the_lock_passes_on);
	tcase_add_test(tests, after_waits_for_the_same_attempt);
	tcase_add_test(tests, oldest_and_newest_waiter_are_by_when_they_came);
	tcase_add_test(tests, overlap_hits_what_is_under_a_fault);
	tcase_add_test(tests, two_that_stop_one_process_do_not_meet);
	tcase_add_test(tests, endpoint_is_the_member_of_the_holder);
	tcase_add_test(tests, same_is_the_worker_as_it_runs_now);
	tcase_add_test(tests, far_side_is_whom_the_word_names_but_the_target);
	tcase_add_test(tests, endpoint_and_holder_are_the_targets_own_first);
	tcase_add_test(tests, far_side_of_some_members_begins_with_the_drawn_one);
	tcase_add_test(tests, minority_of_one_member_is_that_one_and_of_two_nobody);
	tcase_add_test(tests, near_side_of_a_set_is_all_of_it);
	return suite_run(suite);
}
