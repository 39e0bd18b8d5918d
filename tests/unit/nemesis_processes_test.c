/* Pauses, kills and restarts: signals, what is seen of the process then, and whose it is to bring
 * it back. In the cluster that only writes down (nemesis_rig.h); nemesis_verbs_test has true
 * processes. */
#include "tests/support/suite.h"
#include "tests/unit/nemesis_rig.h"

#define HOLDER         "host-5, working, holder for 110.0 ms, 0 waiting"
#define BEGIN(n, kind) "100 begin " n " " kind " holder: " HOLDER "\n"
#define SEEN_STOPPED(n)                                                                            \
	"100 proof " n " 2 threads in state T in /proc: 2 of 2 threads, 1 process led by pid "     \
	"4005\n"
#define AIM_TRUE(n) "100 proof " n " 0 aim still true once stopped: " HOLDER "\n"
#define PAUSED(n)   BEGIN(n, "pause") SEEN_STOPPED(n) AIM_TRUE(n)
#define GONE(n)     "100 proof " n " 9 gone after SIGKILL: pid 4005, incarnation 1\n"

/* Worker 0, on host 5, holds lane 0. */
static void set_up_holder(void)
{
	set_up();
	cluster->abilities = CAN_CUT | CAN_FAULT_MEMBERS;
	holds(0, LIVE_WORKING, 10);
}

static struct host_control *control_of_holder(void)
{
	return hosts_control(cluster, FIRST_WORKER);
}

/* What the conductor does. */
static void start_again(void)
{
	atomic_fetch_add(&control_of_holder()->incarnation, 1);
	atomic_store(&control_of_holder()->pid, FIRST_PID + FIRST_WORKER);
	cluster->state[FIRST_WORKER] = 'S';
}

/* Pauses -------------------------------------------------------------------------------------- */

START_TEST(pause_stops_all_of_a_host_and_lets_it_go)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	run_load(3000);
	ck_assert_asked("signal STOP to host-5\n"
			"signal STOP to all of host-5\n"
			"signal CONT to host-5\n"
			"signal CONT to all of host-5\n");
	ck_assert_told(PAUSED("1") "600 proof 1 0 still in state T before SIGCONT: state T\n"
				   "600 proof 1 0 runs again after SIGCONT: state S\n"
				   "600 end 1 bitten\n");
}
END_TEST

START_TEST(pause_of_a_member_has_no_aim_to_look_at_again)
{
	plan_fault(FAULT_PAUSE, TARGET_MEMBER, 100, 500);
	run_load(3000);
	ck_assert_told("100 begin 1 pause member: host-0\n"
		       "100 proof 1 2 threads in state T in /proc: 2 of 2 threads, 1 process led "
		       "by pid 4000\n"
		       "600 proof 1 0 still in state T before SIGCONT: state T\n"
		       "600 proof 1 0 runs again after SIGCONT: state S\n"
		       "600 end 1 bitten\n");
}
END_TEST

START_TEST(pause_of_which_a_thread_ran_on_did_not_bite)
{
	cluster->look = (struct machine_look){.processes = 2, .threads = 3, .stopped = 2};
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	run_load(3000);
	ck_assert_told(BEGIN("1", "pause") "100 no proof 1 2 threads in state T in /proc: 2 of 3 "
					   "threads, 2 processes led by pid 4005\n" AIM_TRUE(
						   "1") "600 no proof 1 0 still in state T before "
							"SIGCONT: state T\n"
							"600 proof 1 0 runs again after SIGCONT: "
							"state S\n"
							"600 end 1 without effect\n");
}
END_TEST

static void a_thread_runs(void)
{
	cluster->look.stopped--;
}

START_TEST(pause_that_did_not_last_did_not_bite)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	at_ms(300, a_thread_runs);
	run_load(3000);
	ck_assert_told(PAUSED("1") "600 no proof 1 0 still in state T before SIGCONT: state T\n"
				   "600 proof 1 0 runs again after SIGCONT: state S\n"
				   "600 end 1 without effect\n");
}
END_TEST

static void end_holder(void)
{
	cluster->state[FIRST_WORKER] = 0;
}

static void leave_zombie(void)
{
	cluster->state[FIRST_WORKER] = 'Z';
}

START_TEST(death_during_a_pause_is_told_and_waits_for_nothing)
{
	void (*const ends[])(void) = {end_holder, leave_zombie};

	for (int i = 0; i < 2; i++) {
		set_up_holder();
		plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
		at_ms(300, ends[i]);
		cluster->stubborn = true; /* who is dead heeds no SIGCONT */
		cluster->refuses = "signal";
		cluster->passes = 1;
		cluster->why = ESRCH;
		run_load(3000);
		ck_assert_told(PAUSED("1") "600 no proof 1 0 still in state T before SIGCONT: its "
					   "process ended during the pause\n"
					   "600 no proof 1 0 runs again after SIGCONT: its process "
					   "ended during the pause\n"
					   "600 end 1 without effect\n");
	}
}
END_TEST

START_TEST(pause_of_one_that_is_gone_is_missed_and_aimed_again)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	cluster->refuses = "signal";
	cluster->why = ESRCH;
	run_load(200);
	ck_assert_asked("signal STOP to host-5\nsignal STOP to host-5\n");
	ck_assert_told("200 note aim not met: b1, occasion 1, lane 0: the target slipped away\n");
}
END_TEST

START_TEST(pause_that_is_not_allowed_breaks_the_run)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	cluster->refuses = "signal";
	cluster->why = EPERM;
	run_load(3000);
	ck_assert_asked("signal STOP to host-5\n");
	ck_assert_told("100 BREAKS b1 at " HOLDER ": stop pid 4005: Operation not permitted\n");
}
END_TEST

START_TEST(pause_that_cannot_be_ended_breaks_the_run)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	cluster->refuses = "signal";
	cluster->passes = 1;
	cluster->why = EPERM;
	run_load(3000);
	ck_assert_told(PAUSED(
		"1") "600 proof 1 0 still in state T before SIGCONT: state T\n"
		     "600 BREAKS fault 1 cannot be healed: continue pid 4005: Operation not "
		     "permitted\n"
		     "3000 BREAKS fault 1 cannot be healed: continue pid 4005: Operation not "
		     "permitted\n");
}
END_TEST

static void stop_for_good(void)
{
	cluster->stubborn = true;
}

/* It is looked at for a second each time. */
START_TEST(process_that_stays_stopped_breaks_the_run)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	at_ms(300, stop_for_good);
	run_load(3000);
	ck_assert_told(PAUSED("1") "600 proof 1 0 still in state T before SIGCONT: state T\n"
				   "1600 no proof 1 0 runs again after SIGCONT: state T\n"
				   "1600 BREAKS fault 1 cannot be healed: pid 4005 stays stopped "
				   "after SIGCONT\n"
				   "4000 no proof 1 0 runs again after SIGCONT: state T\n"
				   "4000 BREAKS fault 1 cannot be healed: pid 4005 stays stopped "
				   "after SIGCONT\n");
}
END_TEST

START_TEST(overlapping_pause_of_the_same_process_is_left_to_the_other)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 500);
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 100, 900)->overlap = true;
	run_load(3000);
	ck_assert_told(PAUSED("1")
			       PAUSED("2") "600 proof 1 0 still in state T before SIGCONT: state "
					   "T\n"
					   "600 proof 1 0 left to another pause: pid 4005\n"
					   "600 end 1 bitten\n"
					   "1000 proof 2 0 still in state T before SIGCONT: "
					   "state T\n"
					   "1000 proof 2 0 runs again after SIGCONT: state S\n"
					   "1000 end 2 bitten\n");
	ck_assert_asked("signal STOP to host-5\nsignal STOP to all of host-5\n"
			"signal STOP to host-5\nsignal STOP to all of host-5\n"
			"signal CONT to host-5\nsignal CONT to all of host-5\n");
}
END_TEST

START_TEST(pause_of_a_later_process_on_the_host_is_not_left_to)
{
	static const struct fault_block other = {.name = "other", .kind = FAULT_PAUSE};
	struct fault *mine = &nemesis.fault[0];
	struct error err = {0};

	block.kind = FAULT_PAUSE;
	block.target = TARGET_HOLDER;
	nemesis.faults = 2;
	nemesis.fault[0] = (struct fault){
		.block = &block, .entry = &entry, .lane = &lanes[0], .host = -1, .pidfd = -1};
	nemesis.fault[1] = (struct fault){.stage = STAGE_INJECTED,
					  .block = &other,
					  .host = FIRST_WORKER,
					  .pid = FIRST_PID + FIRST_WORKER + 1};
	block.overlap = true;
	ck_assert(aim_find(&nemesis, mine));
	ck_assert_int_eq(verb_pause.inject(&nemesis, mine, &err), VERB_DONE);
	ck_assert_int_eq(verb_pause.heal(&nemesis, mine, &err), 0);
	ck_assert_int_eq(cluster->state[FIRST_WORKER], 'S');
	close(mine->pidfd);
}
END_TEST

static void release_lock(void)
{
	live_publish(live, &live->worker[0], LIVE_IDLE);
}

/* The stop is slow: meanwhile the holder went on. */
START_TEST(aim_is_looked_at_again_once_the_target_is_stopped)
{
	struct fault fault = {
		.block = &block, .entry = &entry, .lane = &lanes[0], .host = -1, .pidfd = -1};
	struct error err = {0};

	block.kind = FAULT_PAUSE;
	block.target = TARGET_HOLDER;
	ck_assert(aim_find(&nemesis, &fault));
	release_lock();
	ck_assert_int_eq(verb_pause.inject(&nemesis, &fault, &err), VERB_DONE);
	ck_assert_str_eq(fault.detail, "host-5, idle, so for 0.0 ms, 0 waiting");
	ck_assert_told("0 begin 1 pause holder: host-5, idle, so for 0.0 ms, 0 waiting\n"
		       "0 proof 1 2 threads in state T in /proc: 2 of 2 threads, 1 process led by "
		       "pid 4005\n"
		       "0 no proof 1 0 aim still true once stopped: host-5, idle, so for 0.0 ms, 0 "
		       "waiting\n");
	close(fault.pidfd);
}
END_TEST

/* Kills --------------------------------------------------------------------------------------- */

#define KILLED                                                                                     \
	"want host-5 down\n"                                                                       \
	"signal KILL to host-5\n"                                                                  \
	"signal KILL to all of host-5\n"

static void see_it_start(void)
{
	ck_assert_int_eq(atomic_load(&control_of_holder()->wanted), WANTED_UP);
	start_again();
}

START_TEST(kill_wants_it_down_first_and_up_again_at_the_end)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
	at_ms(610, see_it_start);
	run_load(3000);
	ck_assert_asked(KILLED "want host-5 up\n");
	ck_assert_told(BEGIN("1", "kill")
			       GONE("1") "610 proof 1 2 started again: pid 4005, incarnation 2\n"
					 "610 end 1 bitten\n");
}
END_TEST

static void start_without_pid(void)
{
	atomic_fetch_add(&control_of_holder()->incarnation, 1);
}

static void give_pid(void)
{
	atomic_store(&control_of_holder()->pid, FIRST_PID + FIRST_WORKER);
}

START_TEST(killed_one_is_back_when_its_new_process_runs)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
	at_ms(610, start_without_pid);
	at_ms(700, give_pid);
	run_load(3000);
	ck_assert_told(BEGIN("1", "kill")
			       GONE("1") "700 proof 1 2 started again: pid 4005, incarnation 2\n"
					 "700 end 1 bitten\n");
}
END_TEST

START_TEST(killed_one_that_ends_at_its_start_is_not_back)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
	at_ms(610, start_without_pid);
	run_load(10700);
	read_record();
	ck_assert_ptr_nonnull(
		strstr(told, "10600 no proof 1 2 started again: pid 0, incarnation 2\n"));
}
END_TEST

START_TEST(killed_one_that_was_started_twice_is_no_proof)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
	at_ms(610, start_without_pid);
	at_ms(620, start_again);
	run_load(3000);
	ck_assert_told(BEGIN("1", "kill")
			       GONE("1") "620 no proof 1 3 started again: pid 4005, incarnation 3\n"
					 "620 end 1 bitten\n");
}
END_TEST

START_TEST(killed_one_that_is_not_started_within_ten_seconds_breaks_the_run)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
	at_ms(12000, start_again);
	run_load(11500);
	ck_assert_told(BEGIN("1", "kill")
			       GONE("1") "10600 no proof 1 1 started again: pid 0, incarnation 1\n"
					 "10600 BREAKS fault 1 cannot be healed: host-5 was not "
					 "started again within 10 s\n"
					 "12000 proof 1 2 started again: pid 4005, incarnation 2\n"
					 "12000 end 1 bitten\n");
}
END_TEST

START_TEST(kill_that_left_something_alive_did_not_bite)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
	cluster->stubborn = true;
	at_ms(610, start_again);
	run_load(3000);
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "100 no proof 1 9 gone after SIGKILL: "));
	ck_assert_ptr_nonnull(strstr(told, "610 end 1 without effect\n"));
}
END_TEST

/* Of that the conductor must hear as a crash. */
START_TEST(one_that_ended_by_itself_is_not_killed_nor_wanted_down)
{
	struct fault fault = {
		.block = &block, .entry = &entry, .lane = &lanes[0], .host = -1, .pidfd = -1};
	struct error err = {0};

	block.kind = FAULT_KILL;
	block.target = TARGET_HOLDER;
	ck_assert(aim_find(&nemesis, &fault));
	end_holder();
	ck_assert_int_eq(verb_kill.inject(&nemesis, &fault, &err), VERB_MISSED);
	ck_assert_asked("");
	close(fault.pidfd);
}
END_TEST

START_TEST(one_that_cannot_be_killed_is_wanted_up_again)
{
	static const struct {
		int why;
		const char *told;
	} whys[] = {
		{ESRCH, "110 note aim not met: b1, occasion 1, lane 0: the target slipped away\n"},
		{EPERM, "100 BREAKS b1 at " HOLDER ": kill pid 4005: Operation not permitted\n"},
	};

	for (int i = 0; i < 2; i++) {
		set_up_holder();
		plan_fault(FAULT_KILL, TARGET_HOLDER, 100, 500);
		cluster->refuses = "signal";
		cluster->why = whys[i].why;
		run_load(110);
		ck_assert_ptr_eq(strstr(asked, "want host-5 down\n"
					       "signal KILL to host-5\n"
					       "want host-5 up\n"),
				 asked);
		ck_assert_int_eq(atomic_load(&control_of_holder()->wanted), WANTED_UP);
		ck_assert_told(whys[i].told);
	}
}
END_TEST

static void come_back(void)
{
	start_again();
	holds(0, LIVE_WORKING, 0);
}

START_TEST(kinds_that_hold_a_host_down_are_known)
{
	static const enum fault_kind down[] = {FAULT_KILL, FAULT_KILL_FOR_GOOD, FAULT_POWER_LOSS,
					       FAULT_SHIFTED_RESTART, FAULT_REPLACE_MEMBER};
	static const enum fault_kind up[] = {FAULT_PAUSE, FAULT_SLOW, FAULT_CUT, FAULT_SYNC_ERROR};

	for (size_t i = 0; i < sizeof(down) / sizeof(*down); i++)
		ck_assert(fault_traits(down[i])->holds & HOLDS_DOWN);
	for (size_t i = 0; i < sizeof(up) / sizeof(*up); i++)
		ck_assert(!(fault_traits(up[i])->holds & HOLDS_DOWN));
}
END_TEST

START_TEST(killed_one_stays_down_while_another_fault_holds_it_down)
{
	struct fault_block other = {.name = "other"};
	struct fault fault = {
		.block = &block, .entry = &entry, .host = FIRST_WORKER, .id = 1, .incarnation = 1};
	struct error err = {0};

	block.kind = FAULT_KILL;
	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++) {
		bool is_kill = fault_traits((enum fault_kind)kind)->holds & HOLDS_DOWN;

		set_up_holder();
		start_again();
		other.kind = (enum fault_kind)kind;
		nemesis.faults = 1;
		nemesis.fault[0] = (struct fault){
			.stage = STAGE_INJECTED, .block = &other, .host = FIRST_WORKER};
		fault.ended_ns = 0;
		ck_assert_int_eq(verb_kill.heal(&nemesis, &fault, &err), 0);
		ck_assert_int_eq(fault.ended_ns, now_ns);
		ck_assert_asked(is_kill ? "" : "want host-5 up\n");
		ck_assert_told(is_kill ? "0 proof 1 0 left to another fault: it stays down\n"
				       : "0 proof 1 2 started again: pid 4005, incarnation 2\n");
	}
}
END_TEST

START_TEST(killed_for_good_is_given_up)
{
	plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 100, 0);
	run_load(3000);
	ck_assert_asked(KILLED "give up host-5\n");
	ck_assert_told(BEGIN("1", "kill-for-good") GONE("1") "100 end 1 bitten\n");
}
END_TEST

/* Restarts with another clock ----------------------------------------------------------------- */

/* Of worker 0's host, as if it were a member. */
static void plan_shifted(int64_t shows_ns)
{
	set_up_holder();
	plan_fault(FAULT_SHIFTED_RESTART, TARGET_HOLDER, 100, 500);
	planned_entry[0].by = 3600;
	cluster->clock_offset_ns = shows_ns;
	at_ms(610, come_back);
}

START_TEST(shifted_restart_sets_the_clock_for_one_start)
{
	plan_shifted(3600 * NS_PER_S);
	run_load(3000);
	ck_assert_asked("clock of host-5: 3600 s\n" KILLED "want host-5 up\n"
			"clock of host-5: 0 s\n");
	ck_assert_told(BEGIN("1", "shifted-restart") GONE(
		"1") "610 proof 1 2 started again: pid 4005, incarnation 2\n"
		     "610 proof 1 3600 seconds ahead of ours: by /proc/PID/timens_offsets\n"
		     "610 end 1 bitten\n");
}
END_TEST

static void show_shift(void)
{
	cluster->clock_offset_ns = 3600 * NS_PER_S;
}

START_TEST(shift_may_show_within_a_second)
{
	plan_shifted(0);
	at_ms(1600, show_shift);
	run_load(3000);
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "1600 proof 1 3600 seconds ahead of ours"));
	plan_shifted(0);
	at_ms(1620, show_shift);
	run_load(3000);
	told[0] = 0;
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "1610 no proof 1 0 seconds ahead of ours"));
	ck_assert_ptr_nonnull(strstr(told, "610 end 1 without effect"));
}
END_TEST

START_TEST(shift_that_cannot_be_read_is_no_proof)
{
	plan_shifted(3600 * NS_PER_S);
	cluster->refuses = "read-clock";
	run_load(3000);
	ck_assert_told(BEGIN("1", "shifted-restart") GONE(
		"1") "610 proof 1 2 started again: pid 4005, incarnation 2\n"
		     "1610 no proof 1 0 seconds ahead of ours: read-clock refused\n"
		     "610 end 1 without effect\n");
}
END_TEST

START_TEST(shifted_restart_that_left_something_alive_did_not_bite)
{
	plan_shifted(3600 * NS_PER_S);
	cluster->stubborn = true;
	run_load(3000);
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "610 no proof 1 3600 seconds ahead of ours"));
	ck_assert_ptr_nonnull(strstr(told, "610 end 1 without effect"));
}
END_TEST

START_TEST(shift_that_is_refused_kills_nobody)
{
	plan_shifted(0);
	cluster->refuses = "clock";
	run_load(3000);
	ck_assert_asked("clock of host-5: 3600 s\n");
	ck_assert_told("100 BREAKS b1 at " HOLDER ": clock refused\n");
}
END_TEST

START_TEST(shift_that_cannot_be_taken_away_breaks_the_run)
{
	plan_shifted(3600 * NS_PER_S);
	cluster->refuses = "clock";
	cluster->passes = 1;
	run_load(620);
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "610 BREAKS fault 1 cannot be healed: clock refused\n"));
}
END_TEST

START_TEST(shifted_one_that_does_not_come_back_has_no_clock_to_read)
{
	plan_shifted(3600 * NS_PER_S);
	steps = 0;
	run_load(11000);
	read_record();
	ck_assert_ptr_null(strstr(told, "seconds ahead of ours"));
	ck_assert_ptr_nonnull(strstr(told, "10600 BREAKS fault 1 cannot be healed"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: processes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up_holder, tear_down);
	tcase_add_test(tests, pause_stops_all_of_a_host_and_lets_it_go);
	tcase_add_test(tests, pause_of_a_member_has_no_aim_to_look_at_again);
	tcase_add_test(tests, pause_of_which_a_thread_ran_on_did_not_bite);
	tcase_add_test(tests, pause_that_did_not_last_did_not_bite);
	tcase_add_test(tests, death_during_a_pause_is_told_and_waits_for_nothing);
	tcase_add_test(tests, pause_of_one_that_is_gone_is_missed_and_aimed_again);
	tcase_add_test(tests, pause_that_is_not_allowed_breaks_the_run);
	tcase_add_test(tests, pause_that_cannot_be_ended_breaks_the_run);
	tcase_add_test(tests, process_that_stays_stopped_breaks_the_run);
	tcase_add_test(tests, overlapping_pause_of_the_same_process_is_left_to_the_other);
	tcase_add_test(tests, pause_of_a_later_process_on_the_host_is_not_left_to);
	tcase_add_test(tests, aim_is_looked_at_again_once_the_target_is_stopped);
	tcase_add_test(tests, kill_wants_it_down_first_and_up_again_at_the_end);
	tcase_add_test(tests, killed_one_is_back_when_its_new_process_runs);
	tcase_add_test(tests, killed_one_that_ends_at_its_start_is_not_back);
	tcase_add_test(tests, killed_one_that_was_started_twice_is_no_proof);
	tcase_add_test(tests, killed_one_that_is_not_started_within_ten_seconds_breaks_the_run);
	tcase_add_test(tests, kill_that_left_something_alive_did_not_bite);
	tcase_add_test(tests, one_that_ended_by_itself_is_not_killed_nor_wanted_down);
	tcase_add_test(tests, one_that_cannot_be_killed_is_wanted_up_again);
	tcase_add_test(tests, kinds_that_hold_a_host_down_are_known);
	tcase_add_test(tests, killed_one_stays_down_while_another_fault_holds_it_down);
	tcase_add_test(tests, killed_for_good_is_given_up);
	tcase_add_test(tests, shifted_restart_sets_the_clock_for_one_start);
	tcase_add_test(tests, shift_may_show_within_a_second);
	tcase_add_test(tests, shift_that_cannot_be_read_is_no_proof);
	tcase_add_test(tests, shifted_restart_that_left_something_alive_did_not_bite);
	tcase_add_test(tests, shift_that_is_refused_kills_nobody);
	tcase_add_test(tests, shift_that_cannot_be_taken_away_breaks_the_run);
	tcase_add_test(tests, shifted_one_that_does_not_come_back_has_no_clock_to_read);
	return suite_run(suite);
}
