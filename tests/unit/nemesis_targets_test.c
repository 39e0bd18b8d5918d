/* Whom a target names among members and hosts, what may be hit, and what is said of it. In the
 * cluster that only writes down (nemesis_rig.h). */
#include "base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/nemesis_rig.h"

static struct live_worker *worker(int number)
{
	return &live->worker[number];
}

/* A fault that aims at a member, or at no lane at least. */
static struct fault aiming(enum fault_target target)
{
	block.target = target;
	return (struct fault){.block = &block,
			      .entry = &entry,
			      .planned_ns = now_ns,
			      .ttl_ns = lanes[0].ttl_ns,
			      .host = -1,
			      .pidfd = -1,
			      .lacks = "never looked"};
}

/* The host that it finds, or -1, and then why; nothing stays open. */
static int find(struct fault *fault)
{
	fault->lacks = "nothing";
	bool found = aim_find(&nemesis, fault);

	if (fault->pidfd >= 0)
		close(fault->pidfd);
	fault->pidfd = -1;
	ck_assert_int_eq(open_handles(), 0);
	return found ? fault->host : -1;
}

#define ck_assert_lacks(fault, why)                                                                \
	do {                                                                                       \
		ck_assert_int_eq(find(fault), -1);                                                 \
		ck_assert_str_eq((fault)->lacks, why);                                             \
	} while (0)

static int found_now(enum fault_target target)
{
	struct fault fault = aiming(target);

	return find(&fault);
}

/* Leaders ------------------------------------------------------------------------------------- */

START_TEST(leader_is_whom_the_members_name)
{
	struct fault fault = aiming(TARGET_LEADER);

	cluster->leader = 2;
	cluster->term = 7;
	ck_assert_int_eq(find(&fault), 2);
	ck_assert_int_eq(fault.leader, 2);
	ck_assert_uint_eq(fault.term, 7);
	ck_assert_str_eq(fault.detail, "host-2, leader in term 7");
}
END_TEST

START_TEST(leader_is_asked_for_ten_times_a_second_at_most)
{
	struct fault fault = aiming(TARGET_LEADER);

	ck_assert_lacks(&fault, "the members know no leader");
	ck_assert_int_eq(fault.look_ns, now_ns + 100 * NS_PER_MS);
	cluster->leader = 1;
	clock_sleep_until_ns(fault.look_ns - 1);
	ck_assert_int_eq(find(&fault), -1);
	ck_assert_int_eq(cluster->asked_leader, 1);
	clock_sleep_until_ns(fault.look_ns);
	ck_assert_int_eq(find(&fault), 1);
	ck_assert_int_eq(cluster->asked_leader, 2);
}
END_TEST

START_TEST(follower_is_the_drawn_member_or_the_one_after_it)
{
	static const int followers[MEMBERS][MEMBERS] = {/* leader 0, 1, 2 */
							{1, 0, 0},
							{1, 2, 1},
							{2, 2, 0}};

	for (entry.member = 0; entry.member < MEMBERS; entry.member++)
		for (cluster->leader = 0; cluster->leader < MEMBERS; cluster->leader++)
			ck_assert_int_eq(found_now(TARGET_FOLLOWER),
					 followers[entry.member][cluster->leader]);
	struct fault fault = aiming(TARGET_FOLLOWER);

	cluster->leader = -1;
	ck_assert_lacks(&fault, "the members know no leader");
	ck_assert_int_eq(fault.host, -1);
}
END_TEST

START_TEST(follower_needs_a_second_member)
{
	struct fault fault = aiming(TARGET_FOLLOWER);

	lay_out(1);
	cluster->leader = 0;
	ck_assert_lacks(&fault, "a cluster of one has no follower");
	lay_out(2);
	cluster->leader = 0;
	block.overlap = true; /* of two, one is no minority */
	ck_assert_int_eq(find(&fault), 1);
}
END_TEST

/* Other members and hosts ----------------------------------------------------------------------- */

START_TEST(each_member_takes_its_turn_and_sets_begin_with_the_drawn_one)
{
	struct fault fault;

	for (entry.occasion = 0; entry.occasion < 5; entry.occasion++)
		ck_assert_int_eq(found_now(TARGET_EACH_MEMBER), entry.occasion % MEMBERS);
	fault = aiming(TARGET_MAJORITY);
	entry.member = 2;
	ck_assert_int_eq(find(&fault), 2);
	fault.nth = 1;
	ck_assert_int_eq(find(&fault), 0);
}
END_TEST

START_TEST(endpoint_is_a_member)
{
	struct fault fault = aiming(TARGET_ENDPOINT);

	fault.lane = &lanes[0];
	ck_assert_lacks(&fault, "nobody holds");
	holds(1, LIVE_WORKING, 10);
	atomic_store(&worker(1)->endpoint, -1);
	ck_assert_lacks(&fault, "the holder talks to no member");
	atomic_store(&worker(1)->endpoint, MEMBERS);
	ck_assert_lacks(&fault, "the holder talks to no member");
	atomic_store(&worker(1)->endpoint, 0);
	ck_assert_int_eq(find(&fault), 0);
	ck_assert_str_eq(fault.detail, "host-0");
}
END_TEST

START_TEST(store_is_the_host_of_the_store)
{
	ck_assert_int_eq(found_now(TARGET_STORE), STORE);
}
END_TEST

START_TEST(cluster_is_no_host)
{
	struct fault fault = aiming(TARGET_CLUSTER);

	block.kind = FAULT_COMPACT;
	ck_assert(aim_find(&nemesis, &fault));
	ck_assert_int_eq(fault.host, -1);
	ck_assert_str_eq(fault.detail, "cluster");
}
END_TEST

static void name_host(const char *name)
{
	text_copy(block.host, sizeof(block.host), name);
}

START_TEST(host_is_found_by_its_name)
{
	struct fault fault = aiming(TARGET_HOST);

	name_host("host-12");
	ck_assert_lacks(&fault, "there is no host of that name");
	name_host("host-1");
	ck_assert_int_eq(find(&fault), 1);
	ck_assert_ptr_null(fault.slot);
	name_host("host-7"); /* worker 2's */
	fault = aiming(TARGET_HOST);
	ck_assert_int_eq(find(&fault), 7);
	ck_assert_ptr_eq(fault.slot, worker(2));
	ck_assert_int_eq(fault.process, FIRST_PROCESS + 7);
}
END_TEST

START_TEST(slot_of_a_named_host_is_a_workers_and_in_use)
{
	struct fault fault = aiming(TARGET_HOST);

	name_host("host-1"); /* a slot that nobody has filled in names host 0 */
	atomic_store(&worker(0)->host, 1);
	ck_assert_int_eq(find(&fault), 1);
	ck_assert_ptr_null(fault.slot);
	name_host("host-10"); /* worker 5's */
	atomic_store(&live->workers, 5);
	fault = aiming(TARGET_HOST);
	ck_assert_int_eq(find(&fault), 10);
	ck_assert_ptr_null(fault.slot);
}
END_TEST

/* Processes ------------------------------------------------------------------------------------- */

static void another_starts(void)
{
	atomic_store(&cluster->control[1].pid, FIRST_PID + 2);
}

static void renumber(void)
{
	atomic_fetch_add(&cluster->control[FIRST_WORKER].process, 1);
}

static void its_machine_is_another(void)
{
	cluster->machine_leader = FIRST_PID + 2;
}

START_TEST(target_is_the_process_that_was_found)
{
	struct fault fault = aiming(TARGET_MEMBER);

	entry.member = 1;
	atomic_store(&cluster->control[1].incarnation, 4);
	ck_assert(aim_find(&nemesis, &fault));
	ck_assert_int_eq(fault.pid, FIRST_PID + 1);
	ck_assert_int_eq(fault.incarnation, 4);
	ck_assert_int_eq(fault.machine.leader, FIRST_PID + 1);
	ck_assert_int_ge(fault.pidfd, 0);
	ck_assert_int_eq(fault.process, 0); /* no worker's */
	close(fault.pidfd);
}
END_TEST

START_TEST(process_that_goes_while_it_is_taken_is_no_target)
{
	struct fault fault = aiming(TARGET_MEMBER);

	entry.member = 1;
	cluster->while_opening = another_starts;
	ck_assert_lacks(&fault, "the target's process does not run");
	set_up();
	entry.member = 1;
	cluster->state[1] = 0; /* it ended, which the conductor has not seen yet */
	fault = aiming(TARGET_MEMBER);
	ck_assert_lacks(&fault, "the target's process does not run");
	set_up();
	its_machine_is_another();
	entry.member = 1;
	fault = aiming(TARGET_MEMBER);
	ck_assert_lacks(&fault, "the target's process does not run");
	set_up();
	holds(0, LIVE_WORKING, 10);
	cluster->while_opening = renumber;
	fault = aiming(TARGET_HOLDER);
	fault.lane = &lanes[0];
	ck_assert_lacks(&fault, "the target's process does not run");
}
END_TEST

START_TEST(fault_of_no_process_needs_none)
{
	struct fault fault = aiming(TARGET_MEMBER);

	block.kind = FAULT_CUT;
	atomic_store(&cluster->control[0].pid, 0);
	ck_assert_int_eq(find(&fault), 0);
	ck_assert_int_eq(fault.pid, 0);
}
END_TEST

/* What may be hit ------------------------------------------------------------------------------- */

START_TEST(members_under_faults_stay_a_minority)
{
	struct fault fault = aiming(TARGET_MEMBER);

	lay_out(5);
	put_under_fault(1, true);
	ck_assert_int_eq(find(&fault), 0);
	put_under_fault(3, true);
	ck_assert_lacks(&fault, "a minority of the members is under faults already");
	fault = aiming(TARGET_LEADER);
	cluster->leader = 0;
	ck_assert_lacks(&fault, "a minority of the members is under faults already");
	/* the store and workers are no members */
	ck_assert_int_eq(found_now(TARGET_STORE), 5);
}
END_TEST

START_TEST(member_under_a_fault_already_makes_no_minority_smaller)
{
	struct fault fault = aiming(TARGET_MEMBER);

	put_under_fault(0, true);
	ck_assert_lacks(&fault, "the target is under another fault");
}
END_TEST

START_TEST(greater_sets_overlaps_and_what_another_hit_may_take_the_majority)
{
	struct fault fault;

	put_under_fault(1, true);
	ck_assert_int_eq(found_now(TARGET_MEMBER), -1);
	ck_assert_int_eq(found_now(TARGET_MINORITY), -1);
	ck_assert_int_eq(found_now(TARGET_MAJORITY), 0);
	ck_assert_int_eq(found_now(TARGET_MEMBERS), 0);
	fault = aiming(TARGET_SAME);
	fault.host = 2;
	ck_assert_int_eq(find(&fault), 2);
	block.overlap = true;
	ck_assert_int_eq(found_now(TARGET_MEMBER), 0);
}
END_TEST

START_TEST(only_member_may_be_hit)
{
	lay_out(1);
	ck_assert_int_eq(found_now(TARGET_MEMBER), 0);
	lay_out(2);
	ck_assert_int_eq(found_now(TARGET_MEMBER), -1);
}
END_TEST

START_TEST(what_is_over_or_aims_is_in_nobodys_way)
{
	put_under_fault(0, true);
	nemesis.fault[0].stage = STAGE_OVER;
	ck_assert_int_eq(found_now(TARGET_MEMBER), 0);
	nemesis.fault[0].stage = STAGE_AIMING;
	ck_assert_int_eq(found_now(TARGET_MEMBER), 0);
}
END_TEST

START_TEST(holder_under_a_fault_is_said_to_be)
{
	struct fault fault = aiming(TARGET_HOLDER);

	fault.lane = &lanes[0];
	holds(0, LIVE_WORKING, 10);
	put_under_fault(FIRST_WORKER, false);
	ck_assert_lacks(&fault, "the holder is under another fault");
}
END_TEST

static bool clashes(enum fault_kind mine, enum fault_kind his)
{
	return fault_traits(mine)->excludes & fault_traits(his)->holds;
}

/* Two pauses get on with one another; so do two kills, cuts ... */
START_TEST(kinds_that_would_undo_each_other_are_known)
{
	ck_assert(clashes(FAULT_SLOW, FAULT_SLOW));
	ck_assert(clashes(FAULT_SLOW, FAULT_PAUSE));
	ck_assert(clashes(FAULT_PAUSE, FAULT_SLOW));
	ck_assert(clashes(FAULT_CLOCK, FAULT_CLOCK));
	ck_assert(!clashes(FAULT_PAUSE, FAULT_PAUSE));
	ck_assert(!clashes(FAULT_KILL, FAULT_KILL));
	ck_assert(!clashes(FAULT_SLOW, FAULT_KILL));
	ck_assert(!clashes(FAULT_PAUSE, FAULT_CLOCK));
	ck_assert(!clashes(FAULT_CUT, FAULT_CUT));
}
END_TEST

START_TEST(faults_that_would_undo_each_other_never_meet_at_one_host)
{
	static struct fault_block other = {.name = "other"};

	block.overlap = true;
	put_under_fault(0, true);
	nemesis.fault[0].block = &other;
	for (int mine = 0; mine < FAULT_KINDS_COUNT; mine++)
		for (int his = 0; his < FAULT_KINDS_COUNT; his++) {
			bool clash = clashes((enum fault_kind)mine, (enum fault_kind)his);
			struct fault fault = aiming(TARGET_MEMBER);

			block.kind = (enum fault_kind)mine;
			other.kind = (enum fault_kind)his;
			if (clash)
				ck_assert_lacks(&fault,
						"another fault does the same to the target");
			else
				ck_assert_int_eq(find(&fault), 0);
		}
}
END_TEST

START_TEST(fault_is_not_in_its_interference)
{
	struct fault *fault = &nemesis.fault[0];

	block.kind = FAULT_SLOW;
	nemesis.faults = 1;
	*fault = aiming(TARGET_SAME);
	fault->host = 1;
	fault->stage = STAGE_INJECTED;
	ck_assert_int_eq(find(fault), 1);
}
END_TEST

/* When it is ripe ------------------------------------------------------------------------------- */

START_TEST(fault_of_no_lane_comes_at_the_moment_of_any_lane)
{
	struct fault fault = aiming(TARGET_STORE);

	block.moment = MOMENT_WAITED;
	ck_assert_lacks(&fault, "nobody waits");
	waits(4); /* of the second lane */
	ck_assert_int_eq(find(&fault), STORE);
	live_publish(live, worker(4), LIVE_IDLE);
	ck_assert_lacks(&fault, "nobody waits");
	waits(1); /* of the first one */
	ck_assert_int_eq(find(&fault), STORE);
}
END_TEST

START_TEST(after_counts_from_the_moment_and_needs_it_once)
{
	struct fault fault = aiming(TARGET_STORE);

	block.moment = MOMENT_WAITED;
	fault.after_ns = 30 * NS_PER_MS;
	waits(4);
	ck_assert_lacks(&fault, "the moment has come, `after` is not over");
	ck_assert_int_eq(fault.ripe_ns, now_ns + 30 * NS_PER_MS);
	live_publish(live, worker(4), LIVE_IDLE);
	clock_sleep_until_ns(fault.ripe_ns - 1);
	ck_assert_int_eq(find(&fault), -1);
	clock_sleep_until_ns(fault.ripe_ns);
	ck_assert_int_eq(find(&fault), STORE);
}
END_TEST

START_TEST(after_begins_anew_with_the_next_holder)
{
	struct fault fault = aiming(TARGET_HOLDER);

	fault.lane = &lanes[0];
	fault.after_ns = 30 * NS_PER_MS;
	holds(1, LIVE_WORKING, 0);
	ck_assert_int_eq(find(&fault), -1);
	live_publish(live, worker(1), LIVE_IDLE);
	holds(2, LIVE_WORKING, 0);
	ck_assert_int_eq(find(&fault), -1);
	clock_sleep_until_ns(now_ns + fault.after_ns);
	ck_assert_int_eq(find(&fault), FIRST_WORKER + 2);
}
END_TEST

START_TEST(after_of_a_waiter_does_not_need_a_hold)
{
	struct fault fault = aiming(TARGET_WAITER);

	fault.lane = &lanes[0];
	fault.after_ns = 30 * NS_PER_MS;
	waits(1);
	atomic_store(&worker(1)->attempt, 3);
	ck_assert_int_eq(find(&fault), -1);
	ck_assert_uint_eq(fault.attempt, 3);
	clock_sleep_until_ns(fault.ripe_ns);
	ck_assert_int_eq(find(&fault), FIRST_WORKER + 1);
}
END_TEST

START_TEST(after_of_a_follower_or_before_an_expiry_is_no_delay)
{
	struct fault fault = aiming(TARGET_MEMBER);

	fault.after_ns = 30 * NS_PER_MS;
	block.follows = 1; /* it counted from the leader's end */
	ck_assert_int_eq(find(&fault), 0);
	block.follows = 0;
	ck_assert_int_eq(find(&fault), -1);
	fault = aiming(TARGET_HOLDER);
	fault.lane = &lanes[0];
	fault.after_ns = 500 * NS_PER_MS;
	block.moment = MOMENT_BEFORE_EXPIRY;
	holds(0, LIVE_WORKING, 3000);
	atomic_store(&worker(0)->renewed_ns, now_ns - 1500 * NS_PER_MS);
	ck_assert_int_eq(find(&fault), FIRST_WORKER);
}
END_TEST

/* Whether it still is what was aimed at ----------------------------------------------------------- */

START_TEST(aim_holds_while_the_target_is_what_was_wanted)
{
	struct fault fault = aiming(TARGET_HOLDER);

	fault.lane = &lanes[0];
	fault.stage = STAGE_INJECTED;
	fault.slot = worker(0);
	holds(0, LIVE_WORKING, 500);
	ck_assert(aim_holds(&nemesis, &fault));
	block.moment = MOMENT_CONTENDED;
	ck_assert(!aim_holds(&nemesis, &fault)); /* nobody waits */
	waits(1);
	ck_assert(aim_holds(&nemesis, &fault)); /* though it is no young hold */
	block.moment = MOMENT_BETWEEN;
	live_publish(live, worker(0), LIVE_WRITING); /* moments but that are of the aim alone */
	ck_assert(aim_holds(&nemesis, &fault));
	holds(2, LIVE_WORKING, 1); /* another one holds now */
	ck_assert(!aim_holds(&nemesis, &fault));
}
END_TEST

START_TEST(aim_at_a_waiter_holds_while_it_waits_and_at_others_always)
{
	for (int target = 0; target < FAULT_TARGETS_COUNT; target++) {
		bool waiter = target == TARGET_WAITER || target == TARGET_OLDEST_WAITER ||
			      target == TARGET_NEWEST_WAITER;
		struct fault fault = aiming((enum fault_target)target);

		fault.lane = &lanes[0];
		fault.slot = worker(0);
		waits(0);
		ck_assert_int_eq(aim_holds(&nemesis, &fault), target != TARGET_HOLDER);
		live_publish(live, worker(0), LIVE_HOLDING);
		ck_assert_int_eq(aim_holds(&nemesis, &fault), !waiter);
	}
}
END_TEST

/* Words ------------------------------------------------------------------------------------------- */

START_TEST(workers_are_described_by_what_they_do_and_for_how_long)
{
	static const char *const words[] = {
		"host-5, absent, so for 20.5 ms, 1 waiting",
		"host-5, idle, so for 20.5 ms, 1 waiting",
		"host-5, waiting, so for 20.5 ms, 1 waiting",
		"host-5, holding, holder for 50.0 ms, 1 waiting",
		"host-5, reading, holder for 50.0 ms, 1 waiting",
		"host-5, working, holder for 50.0 ms, 1 waiting",
		"host-5, writing, holder for 50.0 ms, 1 waiting",
		"host-5, releasing, holder for 50.0 ms, 1 waiting",
	};
	struct fault fault = aiming(TARGET_WORKER);

	fault.host = FIRST_WORKER;
	fault.slot = worker(0);
	atomic_store(&worker(0)->attempt, 6);
	waits(1);
	waits(4); /* in another lane */
	for (int state = LIVE_ABSENT; state <= LIVE_RELEASING; state++) {
		holds(0, (enum live_state)state, 50);
		atomic_store(&worker(0)->since_ns, now_ns - 20500 * NS_PER_US);
		aim_look(&nemesis, &fault);
		ck_assert_str_eq(fault.detail, words[state]);
		ck_assert_uint_eq(fault.attempt, 6);
	}
}
END_TEST

/* Who is there ------------------------------------------------------------------------------------ */

START_TEST(who_does_not_run_does_not_hold)
{
	holds(0, LIVE_WORKING, 10);
	ck_assert_ptr_eq(view_holder(&nemesis, 0), worker(0));
	atomic_store(&worker(0)->process, 0); /* no worker uses the slot */
	atomic_store(&cluster->control[FIRST_WORKER].process, 0);
	ck_assert_ptr_null(view_holder(&nemesis, 0));
	set_up();
	holds(0, LIVE_WORKING, 10);
	atomic_store(&cluster->control[FIRST_WORKER].pid,
		     0); /* it ended, and nobody reaped it yet */
	ck_assert_ptr_null(view_holder(&nemesis, 0));
	set_up();
	holds(5, LIVE_WORKING, 10);
	ck_assert_ptr_eq(view_holder(&nemesis, 1), worker(5));
	atomic_store(&live->workers, 5);
	ck_assert_ptr_null(view_holder(&nemesis, 1));
}
END_TEST

START_TEST(absent_worker_is_no_worker)
{
	struct fault fault = aiming(TARGET_WORKER);

	fault.lane = &lanes[0];
	for (int i = 0; i < 3; i++)
		live_publish(live, worker(i), LIVE_ABSENT);
	ck_assert_lacks(&fault, "no worker runs free");
	block.target = TARGET_WAITER;
	ck_assert_lacks(&fault, "nobody waits who is not under a fault");
	block.target = TARGET_HOLDER;
	ck_assert_lacks(&fault, "nobody holds");
}
END_TEST

START_TEST(waiters_are_counted_without_one_and_without_those_under_faults)
{
	for (int i = 0; i < 5; i++)
		waits(i);
	ck_assert_int_eq(view_count_waiting(&nemesis, 0, NULL), 3);
	ck_assert_int_eq(view_count_waiting(&nemesis, 0, worker(1)), 2);
	put_under_fault(FIRST_WORKER, false);
	ck_assert_int_eq(view_count_waiting(&nemesis, 0, worker(1)), 1);
	ck_assert_int_eq(view_count_waiting(&nemesis, 1, NULL), 2);
}
END_TEST

START_TEST(granted_ttl_of_no_lane_is_that_of_the_first_arm)
{
	static const struct nemesis_lane of_arms[] = {
		{.arm = 0, .lane = 0}, {.arm = 0, .lane = 1}, {.arm = 1, .lane = 2}};

	config.lane = of_arms;
	config.lanes = 3;
	atomic_store(&worker(0)->lane, 2);
	atomic_store(&worker(0)->granted_ns, 9 * NS_PER_S);
	ck_assert_int_eq(view_granted_ns(&nemesis, NULL), 0);
	ck_assert_int_eq(view_granted_ns(&nemesis, &of_arms[2]), 9 * NS_PER_S);
	ck_assert_int_eq(view_granted_ns(&nemesis, &of_arms[0]), 0);
	atomic_store(&worker(4)->granted_ns, 5 * NS_PER_S); /* lane 1 */
	ck_assert_int_eq(view_granted_ns(&nemesis, NULL), 5 * NS_PER_S);
	config.lanes = 1; /* what stands behind them is none */
	ck_assert_int_eq(view_granted_ns(&nemesis, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: targets");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, leader_is_whom_the_members_name);
	tcase_add_test(tests, leader_is_asked_for_ten_times_a_second_at_most);
	tcase_add_test(tests, follower_is_the_drawn_member_or_the_one_after_it);
	tcase_add_test(tests, follower_needs_a_second_member);
	tcase_add_test(tests, each_member_takes_its_turn_and_sets_begin_with_the_drawn_one);
	tcase_add_test(tests, endpoint_is_a_member);
	tcase_add_test(tests, store_is_the_host_of_the_store);
	tcase_add_test(tests, cluster_is_no_host);
	tcase_add_test(tests, host_is_found_by_its_name);
	tcase_add_test(tests, slot_of_a_named_host_is_a_workers_and_in_use);
	tcase_add_test(tests, target_is_the_process_that_was_found);
	tcase_add_test(tests, process_that_goes_while_it_is_taken_is_no_target);
	tcase_add_test(tests, fault_of_no_process_needs_none);
	tcase_add_test(tests, members_under_faults_stay_a_minority);
	tcase_add_test(tests, member_under_a_fault_already_makes_no_minority_smaller);
	tcase_add_test(tests, greater_sets_overlaps_and_what_another_hit_may_take_the_majority);
	tcase_add_test(tests, only_member_may_be_hit);
	tcase_add_test(tests, what_is_over_or_aims_is_in_nobodys_way);
	tcase_add_test(tests, holder_under_a_fault_is_said_to_be);
	tcase_add_test(tests, kinds_that_would_undo_each_other_are_known);
	tcase_add_test(tests, faults_that_would_undo_each_other_never_meet_at_one_host);
	tcase_add_test(tests, fault_is_not_in_its_interference);
	tcase_add_test(tests, fault_of_no_lane_comes_at_the_moment_of_any_lane);
	tcase_add_test(tests, after_counts_from_the_moment_and_needs_it_once);
	tcase_add_test(tests, after_begins_anew_with_the_next_holder);
	tcase_add_test(tests, after_of_a_waiter_does_not_need_a_hold);
	tcase_add_test(tests, after_of_a_follower_or_before_an_expiry_is_no_delay);
	tcase_add_test(tests, aim_holds_while_the_target_is_what_was_wanted);
	tcase_add_test(tests, aim_at_a_waiter_holds_while_it_waits_and_at_others_always);
	tcase_add_test(tests, workers_are_described_by_what_they_do_and_for_how_long);
	tcase_add_test(tests, who_does_not_run_does_not_hold);
	tcase_add_test(tests, absent_worker_is_no_worker);
	tcase_add_test(tests, waiters_are_counted_without_one_and_without_those_under_faults);
	tcase_add_test(tests, granted_ttl_of_no_lane_is_that_of_the_first_arm);
	return suite_run(suite);
}
