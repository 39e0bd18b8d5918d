/* The nemesis's loop: what becomes of the schedule, when, in which order, and what is healed. In
 * the cluster that only writes down (nemesis_rig.h): all times here are exact. */
#include "base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/nemesis_rig.h"

static _Atomic uint32_t pulse;

static void set_up_all(void)
{
	set_up();
	cluster->abilities = CAN_CUT | CAN_FAULT_MEMBERS | CAN_FAULT_DISKS;
	cluster->disk.held = 1;
	atomic_store(&pulse, 0);
	config.pulse = &pulse;
}

static void stop_it(void)
{
	atomic_store(&stop, 1);
}

static void another_leads(void)
{
	cluster->leader = 2;
	cluster->term = 9;
}

/* Time ---------------------------------------------------------------------------------------- */

START_TEST(faults_begin_and_end_at_their_time)
{
	plan_stall(0, 120);
	plan_stall(1, 630); /* the first is over */
	run_load(3000);
	ck_assert_str_eq(story(), "120 begin 1 stall member: host-0\n"
				  "620 end 1 bitten\n"
				  "630 begin 2 stall member: host-1\n"
				  "1130 end 2 bitten\n");
	ck_assert_int_eq(now_ns, config.load_ends_ns);
}
END_TEST

START_TEST(what_is_aimed_at_is_hit_as_soon_as_it_is_there)
{
	plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 100, 0);
	at_ms(123, hold_lane_0);
	run_load(3000);
	ck_assert_str_eq(story(),
			 "123 begin 1 kill-for-good holder: host-5, working, holder for 0.0 "
			 "ms, 0 waiting\n"
			 "123 end 1 bitten\n");
}
END_TEST

/* 2 s after the load began, but for what comes before. */
START_TEST(what_time_alone_brings_is_not_waited_for_any_longer)
{
	struct fault_block *one = plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 100, 0);

	one->moment = MOMENT_BEFORE_EXPIRY;
	planned_entry[0].after = 0.515;
	hold_lane_0();
	atomic_store(&live->worker[0].renewed_ns, now_ns);
	run_load(3000);
	ck_assert_str_eq(story(), "1485 begin 1 kill-for-good holder: host-5, working, holder for "
				  "1485.0 ms, 0 waiting\n"
				  "1485 end 1 bitten\n");
	set_up_all();
	one = plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 100, 0);
	one->moment = MOMENT_AFTER_GRANT;
	planned_entry[0].after = 0.017;
	at_ms(203, hold_lane_0);
	run_load(3000);
	ck_assert_str_eq(story(), "220 begin 1 kill-for-good holder: host-5, working, holder for "
				  "17.0 ms, 0 waiting\n"
				  "220 end 1 bitten\n");
	set_up_all();
	plan_fault(FAULT_STALL, TARGET_LEADER, 0, 500);
	at_ms(3, another_leads);
	run_load(3000);
	ck_assert_str_eq(story(), "100 begin 1 stall leader: host-2, leader in term 9\n"
				  "600 end 1 bitten\n");
}
END_TEST

START_TEST(it_looks_twenty_times_a_second_while_nothing_is_due)
{
	run_load(1000);
	ck_assert_uint_eq(atomic_load(&pulse), 20);
	set_up_all();
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 0, 60000); /* nobody ever holds */
	run_load(1000);
	ck_assert_uint_eq(atomic_load(&pulse), 40); /* and at the fault, each time */
	set_up_all();
	for (int i = 0; i < 10; i++) /* with nothing to aim at, what workers do wakes nobody */
		at_ms(10 + i, hold_lane_0);
	run_load(1000);
	ck_assert_uint_eq(atomic_load(&pulse), 20);
}
END_TEST

START_TEST(stop_is_heeded_within_a_twentieth_of_a_second_and_all_is_healed)
{
	plan_stall(0, 100);
	planned_entry[0].length = 60;
	plan_stall(1, 10000);
	at_ms(301, stop_it);
	run_load(60000);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n"
				  "350 end 1 bitten\n"
				  "350 note stopped before 1 of 2 occasions\n");
}
END_TEST

static void ask_to_end(void)
{
	raise(SIGTERM);
	raise(SIGINT);
}

START_TEST(signals_that_ask_it_to_end_leave_no_fault_behind)
{
	plan_stall(0, 100);
	at_ms(150, ask_to_end);
	run_load(200);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n200 end 1 bitten\n");
}
END_TEST

START_TEST(at_the_end_of_the_load_all_is_healed_the_newest_first)
{
	for (int i = 0; i < 3; i++) {
		plan_stall(i, 100 + i)->overlap = true;
		planned_entry[i].length = 60;
	}
	run_load(1000);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n"
				  "101 begin 2 stall member: host-1\n"
				  "102 begin 3 stall member: host-2\n"
				  "1000 end 3 bitten\n"
				  "1000 end 2 bitten\n"
				  "1000 end 1 bitten\n");
	ck_assert_int_eq(atomic_load(&live->faults_active), 0);
	ck_assert_int_eq(atomic_load(&live->faults_bitten), 3);
	ck_assert_int_eq(atomic_load(&live->faults_ended), 3);
}
END_TEST

START_TEST(what_is_over_is_never_healed_again)
{
	static const int begins_ms[] = {100, 100, 100, 400},
			 lengths_ms[] = {100, 60000, 200, 60000};

	for (int i = 0; i < 4; i++) {
		plan_stall(i % MEMBERS, begins_ms[i])->overlap = true;
		planned_entry[i].length = lengths_ms[i] / 1000.0;
	}
	run_load(1000);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n"
				  "100 begin 2 stall member: host-1\n"
				  "100 begin 3 stall member: host-2\n"
				  "200 end 1 bitten\n"
				  "300 end 3 bitten\n"
				  "400 begin 4 stall member: host-0\n"
				  "1000 end 4 bitten\n"
				  "1000 end 2 bitten\n");
}
END_TEST

/* An operation takes a second here. */
START_TEST(nothing_begins_after_the_load_has_ended)
{
	plan_fault(FAULT_COMPACT, TARGET_CLUSTER, 100, 0);
	plan_stall(0, 100);
	run_load(500);
	ck_assert_str_eq(story(), "100 begin 1 compact cluster: cluster\n"
				  "1100 end 1 without effect\n"
				  "1100 note aim not met: b2, occasion 2, lane -1: never looked\n");
}
END_TEST

static void see_one_active(void)
{
	ck_assert_int_eq(atomic_load(&live->faults_active), 1);
	ck_assert_int_eq(atomic_load(&live->faults_ended), 0);
}

START_TEST(fault_in_force_is_counted)
{
	plan_stall(0, 100);
	at_ms(300, see_one_active);
	run_load(3000);
	ck_assert_int_eq(atomic_load(&live->faults_active), 0);
	ck_assert_int_eq(atomic_load(&live->faults_ended), 1);
}
END_TEST

/* Aims that do not come true ------------------------------------------------------------------ */

START_TEST(aim_is_given_up_when_the_fault_would_long_be_over)
{
	struct fault_block *one = plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);

	planned_entry[0].after = 0.25; /* and 2 TTLs of 2 s */
	planned_entry[0].lanes = 0;
	config.lanes = 1;
	run_load(20000);
	ck_assert_str_eq(story(), "4850 note aim not met: b1, occasion 1, lane 0: nobody holds\n");
	set_up_all();
	one = plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	one->length.in_ttl = one->after.in_ttl = true; /* 1 s, half a second */
	planned_entry[0].after = 0.25;
	run_load(20000);
	ck_assert_str_eq(story(), "5600 note aim not met: b1, occasion 1, lane 0: nobody holds\n");
}
END_TEST

START_TEST(what_still_aims_at_the_end_is_noted)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	run_load(1000);
	ck_assert_str_eq(story(), "1000 note aim not met: b1, occasion 1, lane 0: nobody holds\n");
}
END_TEST

/* A fault in each of so many lanes, in which nobody ever holds. */
static void plan_many(int count, int begin_ms)
{
	static struct nemesis_lane many[FAULTS_MAX + 2];

	for (int i = 0; i < count; i++)
		many[i] = (struct nemesis_lane){.number = i, .lane = 100 + i, .ttl_ns = NS_PER_S};
	config.lane = many;
	config.lanes = count;
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, begin_ms, 500);
	planned_entry[0].lanes = 0; /* all */
}

START_TEST(no_more_faults_at_once_than_there_is_room_for)
{
	plan_many(FAULTS_MAX + 2, 100);
	run_load(200);
	read_record();
	ck_assert_ptr_eq(strstr(told,
				"100 BREAKS b1: more than 1024 faults at once; this one left out\n"
				"100 BREAKS b1: more than 1024 faults at once; this one left out\n"
				"200 note aim not met: b1, occasion 1, lane 100: nobody holds\n"),
			 told);
}
END_TEST

START_TEST(set_for_which_there_is_no_room_left_is_cut_short)
{
	plan_many(FAULTS_MAX - 1, 100);
	plan_fault(FAULT_PAUSE, TARGET_MEMBERS, 100, 500);
	run_load(200);
	read_record();
	ck_assert_ptr_eq(strstr(told,
				"100 BREAKS b2: more than 1024 faults at once; this one left out\n"
				"100 BREAKS b2: more than 1024 faults at once; this one left out\n"
				"100 begin 1 pause members: host-0\n"),
			 told);
}
END_TEST

START_TEST(same_for_which_there_is_no_room_left_is_left_out)
{
	plan_many(FAULTS_MAX - 1, 50);
	plan_stall(0, 100);
	plan_fault(FAULT_STALL, TARGET_SAME, 0, 500)->follows = 2;
	planned_block[2].with_begin = true;
	run_load(200);
	read_record();
	ck_assert_ptr_eq(strstr(told, "100 begin 1 stall member: host-0\n"
				      "100 BREAKS b3: more than 1024 faults at once; this one left "
				      "out\n"),
			 told);
}
END_TEST

/* What a cluster can bear ----------------------------------------------------------------------- */

START_TEST(blocks_that_the_cluster_cannot_do_are_noted_and_left_out)
{
	static const struct {
		enum fault_kind kind;
		enum fault_target target;
		int needs;
	} kinds[] = {
		{FAULT_PAUSE, TARGET_HOLDER, 0},
		{FAULT_PAUSE, TARGET_ENDPOINT, CAN_FAULT_MEMBERS},
		{FAULT_PAUSE, TARGET_STORE, CAN_FAULT_MEMBERS},
		{FAULT_CUT, TARGET_HOLDER, CAN_CUT},
		{FAULT_CUT, TARGET_LEADER, CAN_CUT | CAN_FAULT_MEMBERS},
		{FAULT_PARTITION, TARGET_CLUSTER, CAN_CUT},
		{FAULT_STALL, TARGET_MEMBER, CAN_FAULT_MEMBERS | CAN_FAULT_DISKS},
		{FAULT_WRITES, TARGET_CLUSTER, CAN_FAULT_MEMBERS},
	};

	for (int abilities = 0; abilities < 8; abilities++) {
		char expected[SAID_MAX] = "";

		set_up_all();
		cluster->abilities = abilities;
		for (int i = 0; i < 8; i++) {
			plan_fault(kinds[i].kind, kinds[i].target, 900000, 1);
			if ((kinds[i].needs & abilities) != kinds[i].needs)
				add_line(expected,
					 "0 note b%d: not possible on an existing cluster", i + 1);
		}
		add_line(expected, "100 note stopped before 8 of 8 occasions");
		run_load(100);
		ck_assert_told(expected);
	}
}
END_TEST

START_TEST(block_that_is_not_possible_does_nothing)
{
	cluster->abilities = CAN_CUT | CAN_FAULT_MEMBERS;
	plan_stall(0, 100);
	plan_fault(FAULT_STALL, TARGET_SAME, 100, 500);
	planned_block[1].follows = 1;
	run_load(3000);
	ck_assert_asked("");
	ck_assert_str_eq(story(), "0 note b1: not possible on an existing cluster\n"
				  "0 note b2: not possible on an existing cluster\n");
}
END_TEST

/* Lanes and sets -------------------------------------------------------------------------------- */

START_TEST(fault_comes_in_the_lanes_that_were_drawn)
{
	static const struct {
		int lanes, lane;
		const char *story;
	} draws[] = {
		{1, 0,
		 "100 begin 1 kill-for-good holder: host-5, working, holder for 100.0 ms, 0 "
		 "waiting\n"
		 "100 end 1 bitten\n"},
		{1, 1,
		 "100 begin 1 kill-for-good holder: host-8, working, holder for 100.0 ms, 0 "
		 "waiting\n"
		 "100 end 1 bitten\n"},
		{0, 0,
		 "100 begin 1 kill-for-good holder: host-5, working, holder for 100.0 ms, 0 "
		 "waiting\n"
		 "100 begin 2 kill-for-good holder: host-8, working, holder for 100.0 ms, 0 "
		 "waiting\n"
		 "100 end 1 bitten\n"
		 "100 end 2 bitten\n"},
	};

	for (int i = 0; i < 3; i++) {
		set_up_all();
		hold_both();
		plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 100, 0);
		planned_entry[0].lanes = draws[i].lanes;
		planned_entry[0].lane[0] = draws[i].lane;
		run_load(3000);
		ck_assert_str_eq(story(), draws[i].story);
	}
}
END_TEST

START_TEST(pause_of_a_set_pauses_each_of_it)
{
	static const struct {
		enum fault_target target;
		int members;
		const char *stopped;
	} sets[] = {
		{TARGET_MINORITY, 1, "0"},    {TARGET_MINORITY, 3, "1"},
		{TARGET_MINORITY, 4, "1"},    {TARGET_MINORITY, 5, "1 2"},
		{TARGET_MAJORITY, 3, "1 2"},  {TARGET_MAJORITY, 5, "1 2 3"},
		{TARGET_MEMBERS, 3, "1 2 0"}, {TARGET_MEMBER, 5, "1"},
		{TARGET_EACH_MEMBER, 5, "0"},
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		char stopped[SAID_MAX] = "";

		set_up_all();
		lay_out(sets[i].members);
		cluster->abilities = CAN_FAULT_MEMBERS;
		plan_fault(FAULT_PAUSE, sets[i].target, 100, 500);
		planned_entry[0].member = 1;
		run_load(3000);
		for (char *line = strtok(asked, "\n"); line; line = strtok(NULL, "\n"))
			if (strstr(line, "STOP to host-"))
				add_text(stopped, "%s%s", *stopped ? " " : "",
					 strrchr(line, '-') + 1);
		ck_assert_msg(strcmp(stopped, sets[i].stopped) == 0, "%d of %d: %s",
			      (int)sets[i].target, sets[i].members, stopped);
		asked[0] = 0;
	}
}
END_TEST

START_TEST(cut_of_a_set_is_one_fault)
{
	plan_fault(FAULT_CUT, TARGET_MAJORITY, 100, 500)->from = FROM_CLIENTS;
	run_load(3000);
	ck_assert_asked("cut 1 between 0 1 and 5 6 7 8 9 10\ncount 1\nuncut 1\n");
}
END_TEST

/* Leaders ----------------------------------------------------------------------------------------- */

static void nobody_leads(void)
{
	cluster->leader = -1;
}

static void first_leads(void)
{
	cluster->leader = 0;
}

static void leads_again(void)
{
	cluster->term = 8;
}

START_TEST(fault_of_the_leader_proves_whether_the_leader_changed)
{
	static const struct {
		void (*change)(void);
		const char *proof;
	} changes[] = {
		{NULL, "600 no proof 1 7 leader changed: host-1 in term 7, host-1 in term 7\n"},
		{another_leads,
		 "600 proof 1 9 leader changed: host-1 in term 7, host-2 in term 9\n"},
		{first_leads, "600 proof 1 7 leader changed: host-1 in term 7, host-0 in term 7\n"},
		{leads_again, "600 proof 1 8 leader changed: host-1 in term 7, host-1 in term 8\n"},
		{nobody_leads,
		 "600 no proof 1 0 leader changed: no leader known right after the heal\n"},
	};

	for (int i = 0; i < 5; i++) {
		char expected[512];

		set_up_all();
		cluster->leader = 1;
		cluster->term = 7;
		plan_fault(FAULT_STALL, TARGET_LEADER, 100, 500);
		if (changes[i].change)
			at_ms(300, changes[i].change);
		run_load(3000);
		snprintf(expected, sizeof(expected),
			 "100 begin 1 stall leader: host-1, leader in term 7\n"
			 "600 proof 1 1 syncs held: 1 of 0 syncs, the longest for 0.000 s\n"
			 "600 end 1 bitten\n%s",
			 changes[i].proof);
		ck_assert_told(expected);
	}
}
END_TEST

/* The record -------------------------------------------------------------------------------------- */

static struct fault_event first_fault(void)
{
	static struct event events[256];

	ck_assert_uint_gt(ring_drain(area_ring(area, 0), events, 256), 0);
	ck_assert_uint_eq(events[0].kind, EVENT_FAULT_BEGIN);
	return events[0].fault;
}

START_TEST(begin_of_a_workers_fault_tells_whose_it_is)
{
	static const struct nemesis_lane lane = {
		.arm = 2, .number = 0, .lane = 1, .ttl_ns = 3 * NS_PER_S};

	config.lane = &lane;
	config.lanes = 1;
	holds(3, LIVE_WORKING, 0);
	atomic_store(&live->worker[3].attempt, 41);
	plan_fault(FAULT_CUT, TARGET_HOLDER, 100, 0)->length.in_ttl = true;
	planned_entry[0].length = 1.5;
	planned_entry[0].id = 12;
	run_load(3000);
	struct fault_event begin = first_fault();

	ck_assert_int_eq(begin.id, 1);
	ck_assert_int_eq(begin.scheduled, 12);
	ck_assert_int_eq(begin.arm, 2);
	ck_assert_int_eq(begin.lane, 1);
	ck_assert_int_eq(begin.process, FIRST_PROCESS + 8);
	ck_assert_int_eq(begin.host, 8);
	ck_assert_uint_eq(begin.attempt, 41);
	ck_assert_int_eq(begin.effect, EFFECT_PACKETS);
	ck_assert_int_eq(begin.planned_ns, config.load_began_ns + 100 * NS_PER_MS);
	ck_assert_int_eq(begin.aimed_ns, config.load_began_ns + 100 * NS_PER_MS);
	ck_assert_int_eq(begin.length_ns, 4500 * NS_PER_MS);
	ck_assert_str_eq(begin.kind, "cut");
	ck_assert_str_eq(begin.target, "holder");
}
END_TEST

START_TEST(begin_of_the_clusters_fault_is_at_no_host)
{
	plan_fault(FAULT_PARTITION, TARGET_CLUSTER, 100, 500);
	run_load(3000);
	ck_assert_int_eq(first_fault().host, -1);
}
END_TEST

START_TEST(begin_of_a_named_hosts_fault_tells_its_name)
{
	struct fault_block *named = plan_fault(FAULT_PAUSE, TARGET_HOST, 100, 500);

	text_copy(named->host, sizeof(named->host), "host-1");
	run_load(3000);
	struct fault_event begin = first_fault();

	ck_assert_str_eq(begin.target, "host-1");
	ck_assert_int_eq(begin.host, 1);
	ck_assert_int_eq(begin.arm, -1);
	ck_assert_int_eq(begin.lane, -1);
	ck_assert_int_eq(begin.process, 0);
	ck_assert_uint_eq(begin.attempt, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: loop");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up_all, tear_down);
	tcase_add_test(tests, faults_begin_and_end_at_their_time);
	tcase_add_test(tests, what_is_aimed_at_is_hit_as_soon_as_it_is_there);
	tcase_add_test(tests, what_time_alone_brings_is_not_waited_for_any_longer);
	tcase_add_test(tests, it_looks_twenty_times_a_second_while_nothing_is_due);
	tcase_add_test(tests, stop_is_heeded_within_a_twentieth_of_a_second_and_all_is_healed);
	tcase_add_test(tests, signals_that_ask_it_to_end_leave_no_fault_behind);
	tcase_add_test(tests, at_the_end_of_the_load_all_is_healed_the_newest_first);
	tcase_add_test(tests, what_is_over_is_never_healed_again);
	tcase_add_test(tests, nothing_begins_after_the_load_has_ended);
	tcase_add_test(tests, fault_in_force_is_counted);
	tcase_add_test(tests, aim_is_given_up_when_the_fault_would_long_be_over);
	tcase_add_test(tests, what_still_aims_at_the_end_is_noted);
	tcase_add_test(tests, no_more_faults_at_once_than_there_is_room_for);
	tcase_add_test(tests, set_for_which_there_is_no_room_left_is_cut_short);
	tcase_add_test(tests, same_for_which_there_is_no_room_left_is_left_out);
	tcase_add_test(tests, blocks_that_the_cluster_cannot_do_are_noted_and_left_out);
	tcase_add_test(tests, block_that_is_not_possible_does_nothing);
	tcase_add_test(tests, fault_comes_in_the_lanes_that_were_drawn);
	tcase_add_test(tests, pause_of_a_set_pauses_each_of_it);
	tcase_add_test(tests, cut_of_a_set_is_one_fault);
	tcase_add_test(tests, fault_of_the_leader_proves_whether_the_leader_changed);
	tcase_add_test(tests, begin_of_a_workers_fault_tells_whose_it_is);
	tcase_add_test(tests, begin_of_the_clusters_fault_is_at_no_host);
	tcase_add_test(tests, begin_of_a_named_hosts_fault_tells_its_name);
	return suite_run(suite);
}
