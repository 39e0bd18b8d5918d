/* Disks, operators, load and clocks: what the verbs ask of the cluster, in which order, and what
 * they record of it. */
#include "tests/support/suite.h"
#include "tests/unit/nemesis_one_fault.h"

/* Disks --------------------------------------------------------------------------------------- */

START_TEST(fault_of_a_disk_is_what_its_kind_says)
{
	static const struct {
		enum fault_kind kind;
		enum fault_scope scope;
		const char *asked, *told;
	} kinds[] = {
		{FAULT_STALL, SCOPE_WAL, "disk 1 of host-1: stall, wal, 80 ms\nheal disk 1\n",
		 OF_MEMBER("stall") "600 proof 1 2 syncs held: "
				    "2 of 7 syncs, the longest for 0.250 s\n"},
		{FAULT_SLOW_SYNC, SCOPE_ALL, "disk 1 of host-1: slow, all, 80 ms\nheal disk 1\n",
		 OF_MEMBER("slow-sync") "600 proof 1 2 syncs held: "
					"2 of 7 syncs, the longest for 0.250 s\n"},
		{FAULT_SYNC_ERROR, SCOPE_ALL, "disk 1 of host-1: eio, all, 80 ms\nheal disk 1\n",
		 OF_MEMBER("sync-error") "600 proof 1 3 syncs failed: "
					 "3 of 7 syncs, the longest for 0.250 s\n"},
		{FAULT_DISK_FULL, SCOPE_ALL, "disk 1 of host-1: full, all, 80 ms\nheal disk 1\n",
		 OF_MEMBER("disk-full") "600 proof 1 4096 bytes of ballast: "
					"until nothing more could be written\n"},
		{FAULT_POWER_LOSS, SCOPE_ALL,
		 "disk 1 of host-1: power loss, all, 80 ms\nheal disk 1\n",
		 OF_MEMBER("power-loss") "600 proof 1 512 bytes of the WAL lost: "
					 "written and not synced; the process is gone\n"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char expected[512];

		set_up_all();
		plan_one(kinds[i].kind, TARGET_MEMBER)->scope = kinds[i].scope;
		planned_entry[0].by = 0.08;
		cluster->disk = (struct disk_count){.seen = 7,
						    .held = 2,
						    .failed = 3,
						    .longest_hold_ns = 250 * NS_PER_MS,
						    .ballast_bytes = 4096,
						    .lost_bytes = 512};
		run_load(3000);
		ck_assert_asked(kinds[i].asked);
		snprintf(expected, sizeof(expected), "%s600 end 1 bitten\n", kinds[i].told);
		ck_assert_told(expected);
	}
}
END_TEST

/* But a power loss, of which the loss of the process is proof enough. */
START_TEST(disk_that_nobody_used_was_not_bitten)
{
	static const enum fault_kind kinds[] = {FAULT_STALL, FAULT_SYNC_ERROR, FAULT_DISK_FULL,
						FAULT_POWER_LOSS};

	for (int i = 0; i < 4; i++) {
		set_up_all();
		plan_one(kinds[i], TARGET_MEMBER);
		run_load(3000);
		read_record();
		ck_assert_ptr_nonnull(strstr(told, i < 3 ? "600 no proof 1 0 "
							 : "600 proof 1 0 bytes of the WAL lost"));
		ck_assert_ptr_nonnull(
			strstr(told, i < 3 ? "600 end 1 without effect" : "600 end 1 bitten"));
	}
}
END_TEST

START_TEST(one_sync_or_byte_is_proof_enough)
{
	static const enum fault_kind kinds[] = {FAULT_STALL, FAULT_SLOW_SYNC, FAULT_SYNC_ERROR,
						FAULT_DISK_FULL};

	for (int i = 0; i < 4; i++) {
		set_up_all();
		plan_one(kinds[i], TARGET_MEMBER);
		cluster->disk = (struct disk_count){.held = kinds[i] != FAULT_SYNC_ERROR,
						    .failed = kinds[i] == FAULT_SYNC_ERROR,
						    .ballast_bytes = kinds[i] == FAULT_DISK_FULL};
		run_load(3000);
		told[0] = 0;
		read_record();
		ck_assert_ptr_nonnull(strstr(told, "600 end 1 bitten\n"));
	}
}
END_TEST

START_TEST(refused_fault_of_a_disk_is_healed_all_the_same)
{
	plan_one(FAULT_STALL, TARGET_MEMBER);
	cluster->refuses = "disk";
	run_load(3000);
	ck_assert_asked("disk 1 of host-1: stall, wal, 0 ms\nheal disk 1\n");
	ck_assert_told("100 BREAKS b1 at host-1: disk refused\n");
}
END_TEST

START_TEST(disk_that_cannot_be_healed_has_no_end)
{
	plan_one(FAULT_STALL, TARGET_MEMBER);
	cluster->disk.held = 1;
	cluster->refuses = "heal";
	run_load(3000);
	ck_assert_told(OF_MEMBER("stall") "600 proof 1 1 syncs held: "
					  "1 of 0 syncs, the longest for 0.000 s\n"
					  "600 BREAKS fault 1 cannot be healed: heal refused\n"
					  "3000 BREAKS fault 1 cannot be healed: heal refused\n");
}
END_TEST

/* Operators ----------------------------------------------------------------------------------- */

/* Every operation here takes a second. */
START_TEST(operation_is_over_when_it_is_done)
{
	static const struct {
		enum fault_kind kind;
		enum fault_target target;
		const char *asked, *begin, *proof;
	} kinds[] = {
		{FAULT_MOVE_LEADER, TARGET_CLUSTER, "move leader to -1\n",
		 BEGIN("move-leader", "cluster", "cluster"), "term of the new leader"},
		{FAULT_COMPACT, TARGET_CLUSTER, "compact\n", BEGIN("compact", "cluster", "cluster"),
		 "compacted at revision"},
		{FAULT_DEFRAGMENT, TARGET_MEMBER, "defragment 1\n", OF_MEMBER("defragment"),
		 "microseconds to defragment"},
		{FAULT_REVOKE, TARGET_HOLDER, "revoke the holder of none/0\n", OF_HOLDER("revoke"),
		 "key gone, created at revision"},
	};

	for (int i = 0; i < 8; i++) {
		char expected[512];
		bool done = i >= 4;

		set_up_all();
		cluster->operation =
			(struct operation){.took_effect = done, .count = 17, .proof = "seen"};
		plan_one(kinds[i % 4].kind, kinds[i % 4].target);
		planned_entry[0].length = 0;
		run_load(3000);
		ck_assert_asked(kinds[i % 4].asked);
		snprintf(expected, sizeof(expected), "%s1100 %s 1 17 %s: seen\n1100 end 1 %s\n",
			 kinds[i % 4].begin, done ? "proof" : "no proof", kinds[i % 4].proof,
			 done ? "bitten" : "without effect");
		ck_assert_told(expected);
	}
}
END_TEST

START_TEST(replaced_member_stays_away_for_its_time_from_the_removal_on)
{
	plan_one(FAULT_REPLACE_MEMBER, TARGET_MEMBER);
	cluster->operation = (struct operation){.took_effect = true, .count = 2, .proof = "seen"};
	run_load(5000);
	ck_assert_asked("remove member 1\nadd member 1\n");
	ck_assert_told(OF_MEMBER("replace-member") "1100 proof 1 2 members left: seen\n"
						   "2600 proof 1 2 milliseconds until it served: "
						   "seen\n"
						   "2600 end 1 bitten\n");
}
END_TEST

START_TEST(member_that_does_not_come_back_breaks_the_run)
{
	plan_one(FAULT_REPLACE_MEMBER, TARGET_MEMBER);
	cluster->operation = (struct operation){.proof = "no quorum"};
	run_load(5000);
	ck_assert_asked("remove member 1\nadd member 1\nadd member 1\n");
	ck_assert_told(
		OF_MEMBER("replace-member") "1100 no proof 1 0 members left: no quorum\n"
					    "2600 no proof 1 0 milliseconds until it served: "
					    "no quorum\n"
					    "2600 BREAKS fault 1 cannot be healed: adding "
					    "the member again: no quorum\n"
					    "6000 no proof 1 0 milliseconds until it served: "
					    "no quorum\n"
					    "6000 BREAKS fault 1 cannot be healed: adding "
					    "the member again: no quorum\n");
}
END_TEST

/* Load and slowness --------------------------------------------------------------------------- */

START_TEST(load_is_as_great_as_asked_for_and_no_greater_than_allowed)
{
	static const struct {
		enum fault_kind kind;
		int amount;
		const char *asked;
	} loads[] = {
		{FAULT_BALLAST, 20, "20 leases of 2 s, 0 writes/s"},
		{FAULT_BALLAST, 1001, "1000 leases of 2 s, 0 writes/s"},
		{FAULT_WRITES, 30, "0 leases of 2 s, 30 writes/s"},
		{FAULT_WRITES, 4001, "0 leases of 2 s, 4000 writes/s"},
	};

	for (int i = 0; i < 4; i++) {
		char expected[256];

		set_up_all();
		struct fault_block *one = plan_one(loads[i].kind, TARGET_CLUSTER);

		one->count = one->rate = loads[i].amount;
		run_load(3000);
		snprintf(expected, sizeof(expected),
			 "load at http://a:1 and 2 others: %s under run/load/1/\n"
			 "stop the companion\n",
			 loads[i].asked);
		ck_assert_asked(expected);
	}
}
END_TEST

START_TEST(load_bit_when_something_was_acknowledged)
{
	static const struct {
		enum fault_kind kind;
		enum fault_target target;
		struct counts none, some;
		const char *begin, *proof_none, *proof_some;
	} loads[] = {
		{FAULT_BALLAST,
		 TARGET_CLUSTER,
		 {.load.grants = 5},
		 {.load.grants = 5, .load.renewals = 1},
		 BEGIN("ballast", "cluster", "cluster"),
		 "600 no proof 1 0 renewals acknowledged: 5 leases granted, 0 lost early, 0 lost "
		 "late\n",
		 "600 proof 1 1 renewals acknowledged: 5 leases granted, 0 lost early, 0 lost "
		 "late\n"},
		{FAULT_WRITES,
		 TARGET_CLUSTER,
		 {.load.writes_failed = 3},
		 {.load.writes = 1},
		 BEGIN("writes", "cluster", "cluster"),
		 "600 no proof 1 0 writes acknowledged: 3 were not\n",
		 "600 proof 1 1 writes acknowledged: 0 were not\n"},
		{FAULT_SLOW,
		 TARGET_HOLDER,
		 {.slow.continues = 2},
		 {.slow.stops = 1, .slow.continues = 1},
		 OF_HOLDER("slow"),
		 "600 no proof 1 0 stops seen in /proc: continued 2 times\n",
		 "600 proof 1 1 stops seen in /proc: continued 1 times\n"},
	};

	for (int i = 0; i < 6; i++) {
		char expected[512];

		set_up_all();
		plan_one(loads[i / 2].kind, loads[i / 2].target);
		cluster->counts = i % 2 ? loads[i / 2].some : loads[i / 2].none;
		run_load(3000);
		snprintf(expected, sizeof(expected), "%s%s600 end 1 %s\n", loads[i / 2].begin,
			 i % 2 ? loads[i / 2].proof_some : loads[i / 2].proof_none,
			 i % 2 ? "bitten" : "without effect");
		ck_assert_told(expected);
	}
}
END_TEST

START_TEST(slow_is_stopped_for_its_share_of_a_period_and_never_all_of_it)
{
	static const struct {
		double by, percent;
		const char *asked;
	} cases[] = {
		{0.1, 80, "slow host-5: 80 ms stopped, 20 ms not\nstop the companion\n"},
		{0.01, 5, "slow host-5: 1 ms stopped, 9 ms not\nstop the companion\n"},
		{0.001, 50, "slow host-5: 1 ms stopped, 1 ms not\nstop the companion\n"},
		{0.02, 10, "slow host-5: 2 ms stopped, 18 ms not\nstop the companion\n"},
		{0.003, 100, "slow host-5: 3 ms stopped, 1 ms not\nstop the companion\n"},
	};

	for (int i = 0; i < 5; i++) {
		set_up_all();
		plan_one(FAULT_SLOW, TARGET_HOLDER)->percent = cases[i].percent;
		planned_entry[0].by = cases[i].by;
		run_load(3000);
		ck_assert_asked(cases[i].asked);
	}
}
END_TEST

START_TEST(companion_that_does_not_start_breaks_the_run_one_that_fails_later_is_noted)
{
	plan_one(FAULT_WRITES, TARGET_CLUSTER);
	cluster->refuses = "load";
	run_load(3000);
	ck_assert_told("100 BREAKS b1 at cluster: load refused\n");
	set_up_all();
	plan_one(FAULT_WRITES, TARGET_CLUSTER);
	cluster->counts.load.writes = 2;
	cluster->refuses = "stop";
	run_load(3000);
	ck_assert_told(BEGIN("writes", "cluster", "cluster") "600 note fault 1: stop refused\n"
							     "600 proof 1 2 writes acknowledged: "
							     "0 were not\n"
							     "600 end 1 bitten\n");
}
END_TEST

/* Clocks -------------------------------------------------------------------------------------- */

static int32_t seen_rate;
static int64_t seen_offset_ns, gained_ns;

/* While the fault lasts, the worker shows a renewal. */
static void renew(void)
{
	seen_rate = atomic_load(&live->worker[0].clock_rate_ppm);
	seen_offset_ns = atomic_load(&live->worker[0].clock_offset_ns);
	atomic_fetch_add(&live->worker[0].clock_ahead_ns, gained_ns);
}

static void run_clock(double percent, double by, bool back, int64_t gains_ns)
{
	set_up_all();
	atomic_store(&live->worker[0].clock_ahead_ns, 5 * NS_PER_MS); /* from earlier faults */
	atomic_store(&live->worker[0].clock_offset_ns, 7);
	gained_ns = gains_ns;
	struct fault_block *one = plan_one(FAULT_CLOCK, TARGET_HOLDER);

	one->percent = percent;
	one->back = back;
	planned_entry[0].by = by;
	at_ms(300, renew);
	run_load(3000);
	ck_assert_int_eq(atomic_load(&live->worker[0].clock_rate_ppm), 0);
	ck_assert_int_eq(atomic_load(&live->worker[0].clock_offset_ns), 7);
	for (int i = 1; i < WORKERS; i++)
		ck_assert_int_eq(atomic_load(&live->worker[i].clock_offset_ns), 0);
}

START_TEST(clock_goes_at_its_speed_and_is_set_for_as_long_as_the_fault_lasts)
{
	run_clock(150, 2, false, 2 * NS_PER_S);
	ck_assert_int_eq(seen_rate, 500000);
	ck_assert_int_eq(seen_offset_ns, 7 + 2 * NS_PER_S);
	ck_assert_told(
		OF_HOLDER("clock") "600 proof 1 2000000 microseconds that it moved ahead: by "
				   "its own word at its last acknowledged renewal; speed "
				   "150 %, set by 2.000 s\n"
				   "600 end 1 bitten\n");
	run_clock(50, 2, true, -2 * NS_PER_S);
	ck_assert_int_eq(seen_rate, -500000);
	ck_assert_int_eq(seen_offset_ns, 7 - 2 * NS_PER_S);
	ck_assert_told(OF_HOLDER("clock") "600 proof 1 -2000000 microseconds that it moved ahead: "
					  "by its own word at its last acknowledged renewal; "
					  "speed 50 %, set by -2.000 s\n"
					  "600 end 1 bitten\n");
}
END_TEST

START_TEST(clock_that_moved_by_no_more_than_a_millisecond_was_not_bitten)
{
	run_clock(100, 2, false, 1 * NS_PER_MS);
	ck_assert_told(
		OF_HOLDER("clock") "600 no proof 1 1000 microseconds that it moved ahead: by "
				   "its own word at its last acknowledged renewal; speed "
				   "100 %, set by 2.000 s\n"
				   "600 end 1 without effect\n");
	run_clock(100, 2, false, 1001 * NS_PER_US);
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "600 end 1 bitten\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: calls");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up_all, tear_down);
	tcase_add_test(tests, fault_of_a_disk_is_what_its_kind_says);
	tcase_add_test(tests, disk_that_nobody_used_was_not_bitten);
	tcase_add_test(tests, one_sync_or_byte_is_proof_enough);
	tcase_add_test(tests, refused_fault_of_a_disk_is_healed_all_the_same);
	tcase_add_test(tests, disk_that_cannot_be_healed_has_no_end);
	tcase_add_test(tests, operation_is_over_when_it_is_done);
	tcase_add_test(tests, replaced_member_stays_away_for_its_time_from_the_removal_on);
	tcase_add_test(tests, member_that_does_not_come_back_breaks_the_run);
	tcase_add_test(tests, load_is_as_great_as_asked_for_and_no_greater_than_allowed);
	tcase_add_test(tests, load_bit_when_something_was_acknowledged);
	tcase_add_test(tests, slow_is_stopped_for_its_share_of_a_period_and_never_all_of_it);
	tcase_add_test(tests,
		       companion_that_does_not_start_breaks_the_run_one_that_fails_later_is_noted);
	tcase_add_test(tests, clock_goes_at_its_speed_and_is_set_for_as_long_as_the_fault_lasts);
	tcase_add_test(tests, clock_that_moved_by_no_more_than_a_millisecond_was_not_bitten);
	return suite_run(suite);
}
