/* What the conductor sees of its own run: who stands still, what links carry, for how long nothing
 * ran, what a log says. */
#include <check.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conductor/lag.h"
#include "conductor/log_quote.h"
#include "base/places.h"
#include "conductor/watchdog.h"
#include "conductor/interference.h"
#include "conductor/traffic.h"
#include "history/database.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

static struct campaign campaign;
static struct plan plan;
static struct hosts *hosts;
static struct area *area;

/* Somebody else's cluster, which nobody asks anything: hosts and their control blocks are there. */
static void setup(void)
{
	static const char text[] =
		"cluster { endpoints = {'http://127.0.0.1:1'} }\n"
		"arm a { lanes = 1  workers = 2  ttl = '2s'  heartbeat = '300ms' }\n"
		"arm b { lanes = 1  workers = 2  ttl = '1s'  heartbeat = '400ms' }\n";
	struct error err = {0};

	ck_assert_msg(campaign_load_text(text, "test", &campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(plan_open(&plan, &campaign, scratch_file("run"), &err), 0);
	char logs[300];

	snprintf(logs, sizeof(logs), "%s/logs", plan.run_dir);
	ck_assert(mkdir(plan.run_dir, 0700) == 0 && mkdir(logs, 0700) == 0);
	const struct hosts_plan wanted = {.engine = &engine_local,
					  .run_dir = plan.run_dir,
					  .count = plan.hosts,
					  .host = plan.host};

	ck_assert_msg(hosts_open(&hosts, &wanted, &err) == 0, "%s", err.text);
	ck_assert_int_eq(area_open(&area, 1, 64, &err), 0);
}

static void teardown(void)
{
	area_close(area);
	hosts_close(hosts);
	plan_close(&plan);
}

static uint32_t drain(struct event *events)
{
	return ring_drain(area_ring(area, 0), events, 16);
}

/* Pulses -------------------------------------------------------------------------------------- */

static struct switches switches;
static struct pulse *pulse;
static int64_t now_ns;

static int host_with(enum pulse_of whose)
{
	const int watched[] = {plan.recorder, plan.store, plan.witness, plan.nemesis};

	return watched[whose];
}

static void set_running(enum pulse_of whose, bool runs)
{
	atomic_store(&hosts_control(hosts, host_with(whose))->pid, runs ? 4321 : 0);
}

static void setup_pulse(void)
{
	setup();
	switches = (struct switches){0};
	now_ns = clock_now_ns();
	pulse = pulse_open(&plan, hosts, &switches, area_live(area));
	for (int i = 0; i < PULSES; i++)
		set_running((enum pulse_of)i, true);
}

static void teardown_pulse(void)
{
	for (int i = 0; i < PULSES; i++)
		set_running((enum pulse_of)i, false);
	pulse_close(pulse);
	teardown();
}

/* All but that one move their counters, and somebody looks every half second: after how many
 * seconds is it said that it stands still? At most 100, then 0. */
static int still_after_s(int but, struct error *err)
{
	for (int i = 1; i <= 200; i++) {
		for (int k = 0; k < PULSES; k++)
			if (k != but)
				atomic_fetch_add(&switches.pulse[k], 1);
		now_ns += NS_PER_S / 2;
		if (pulse_look(pulse, now_ns, err))
			return i / 2;
	}
	return 0;
}

START_TEST(one_that_stands_still_for_forty_seconds_is_named)
{
	static const char *const names[] = {"recorder", "store", "witness", "nemesis"};

	for (int i = 0; i < PULSES; i++) {
		struct error err = {0};
		int after_s = still_after_s(i, &err);

		ck_assert_int_ge(after_s, 40);
		ck_assert_int_le(after_s, 41);
		ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
		ck_assert_ptr_nonnull(strstr(err.text, names[i]));
		atomic_fetch_add(&switches.pulse[i], 1);
	}
}
END_TEST

START_TEST(who_moves_now_and_then_or_does_not_run_stands_not_still)
{
	struct error err = {0};

	ck_assert_int_eq(still_after_s(PULSES, &err), 0);
	set_running(PULSE_WITNESS, false);
	ck_assert_int_eq(still_after_s(PULSE_WITNESS, &err), 0);
	/* It begins anew when it runs again. */
	set_running(PULSE_WITNESS, true);
	ck_assert_int_ge(still_after_s(PULSE_WITNESS, &err), 40);
	for (int i = 0; i < 10; i++) {
		err = (struct error){0};
		atomic_fetch_add(&switches.pulse[PULSE_WITNESS], 1);
		now_ns += 30 * NS_PER_S;
		for (int k = 0; k < 30; k++) {
			atomic_fetch_add(&switches.pulse[PULSE_RECORDER], 1);
			atomic_fetch_add(&switches.pulse[PULSE_STORE], 1);
			atomic_fetch_add(&switches.pulse[PULSE_NEMESIS], 1);
			now_ns += NS_PER_S;
			ck_assert_int_eq(pulse_look(pulse, now_ns, &err), 0);
		}
	}
}
END_TEST

/* A look that comes late means that the machine stood still, or the conductor. */
START_TEST(a_look_adds_a_second_at_most)
{
	struct error err = {0};

	ck_assert_int_eq(pulse_look(pulse, now_ns, &err), 0);
	for (int i = 1; i <= 40; i++) {
		now_ns += 1000 * NS_PER_S;
		ck_assert_int_eq(pulse_look(pulse, now_ns, &err), 0);
	}
	now_ns += NS_PER_S;
	ck_assert_int_eq(pulse_look(pulse, now_ns, &err), -1);
}
END_TEST

START_TEST(the_store_alone_may_be_still_while_there_is_a_fault)
{
	struct error err = {0};

	atomic_store(&area_live(area)->faults_active, 1);
	ck_assert_int_eq(still_after_s(PULSE_STORE, &err), 0);
	ck_assert_int_ge(still_after_s(PULSE_NEMESIS, &err), 40);
	err = (struct error){0};
	atomic_fetch_add(&switches.pulse[PULSE_NEMESIS], 1);
	atomic_store(&area_live(area)->faults_active, 0);
	ck_assert_int_ge(still_after_s(PULSE_STORE, &err), 40);
}
END_TEST

START_TEST(a_roll_call_is_over_when_all_that_run_have_moved)
{
	const char *silent = NULL;

	atomic_store(&switches.pulse[PULSE_STORE], 7);
	pulse_call(pulse);
	for (int i = 0; i < PULSES; i++) {
		ck_assert(!pulse_all_answered(pulse, NULL));
		ck_assert(!pulse_all_answered(pulse, &silent));
		ck_assert_str_eq(silent, plan.host[host_with((enum pulse_of)i)].name);
		if (i == PULSE_WITNESS)
			set_running(PULSE_WITNESS, false);
		else
			atomic_fetch_add(&switches.pulse[i], 1);
	}
	ck_assert(pulse_all_answered(pulse, &silent));
	ck_assert_str_eq(silent, "nemesis"); /* as it was */
}
END_TEST

/* Links --------------------------------------------------------------------------------------- */

START_TEST(of_each_link_what_came_since_the_last_sample_is_told)
{
	const struct link_count first[] = {
		{.from = 1, .to = 2, .packets = 10, .bytes = 1000, .dropped = 1},
		{.from = 2, .to = 1, .packets = 4, .bytes = 400},
		{.from = -1, .to = 1, .packets = 9, .bytes = 900}, /* of the hub */
		{.from = 1, .to = -1, .packets = 9, .bytes = 900},
		{.from = 0, .to = 3}, /* nothing yet */
		{.from = 3, .to = 0, .packets = 1, .bytes = 60},
	};
	const struct link_count second[] = {
		{.from = 1, .to = 2, .packets = 13, .bytes = 1600, .dropped = 1},
		{.from = 2, .to = 1, .packets = 4, .bytes = 400},
		{.from = 3, .to = 0, .packets = 1, .bytes = 60, .dropped = 5},
	};
	static const struct link_event told[] = {
		{.from = 1, .to = 2, .packets = 10, .bytes = 1000, .dropped = 1},
		{.from = 2, .to = 1, .packets = 4, .bytes = 400},
		{.from = 3, .to = 0, .packets = 1, .bytes = 60},
		{.from = 1, .to = 2, .packets = 3, .bytes = 600},
		{.from = 3, .to = 0, .dropped = 5},
	};
	int64_t begun_ns = clock_now_ns();
	struct traffic *traffic = traffic_open(hosts, begun_ns - 7 * NS_PER_S, area_ring(area, 0));
	struct event events[16];

	traffic_take(traffic, first, 6);
	traffic_take(traffic, second, 3);
	traffic_take(traffic, second, 3);
	ck_assert_uint_eq(drain(events), 5);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(events[i].kind, EVENT_LINK);
		ck_assert_int_ge(events[i].at_ns, begun_ns);
		ck_assert_int_ge(events[i].link.second, 7);
		ck_assert_int_eq(events[i].link.from, told[i].from);
		ck_assert_int_eq(events[i].link.to, told[i].to);
		ck_assert_int_eq(events[i].link.packets, told[i].packets);
		ck_assert_int_eq(events[i].link.bytes, told[i].bytes);
		ck_assert_int_eq(events[i].link.dropped, told[i].dropped);
	}
	/* Of a cluster whose links are not ours nothing is known. */
	traffic_sample(traffic);
	ck_assert_uint_eq(drain(events), 0);
	traffic_close(traffic);
}
END_TEST

/* Nothing ran --------------------------------------------------------------------------------- */

/* A process that is stopped for a second, as its own thread sees it. */
START_TEST(a_time_at_which_nothing_ran_is_measured)
{
	struct lag *lag =
		mmap(NULL, sizeof(*lag), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		lag_start(lag);
		for (;;)
			pause();
	}
	int64_t began_ns = clock_now_ns();

	while (atomic_load(&lag->beats) < 3)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	kill(child, SIGSTOP);
	ck_assert_int_eq(waitpid(child, NULL, WUNTRACED), child);
	int64_t stopped_ns = clock_now_ns();

	clock_sleep_until_ns(stopped_ns + NS_PER_S);
	int64_t on_ns = clock_now_ns(), beats = atomic_load(&lag->beats);

	kill(child, SIGCONT);
	while (atomic_load(&lag->beats) < beats + 3)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	beats = atomic_load(&lag->beats);
	int64_t ended_ns = clock_now_ns();

	/* It was due within 10 ms, and came only afterwards. */
	ck_assert_int_ge(atomic_load(&lag->worst_ns), on_ns - stopped_ns - 20 * NS_PER_MS);
	ck_assert_int_le(atomic_load(&lag->worst_ns), ended_ns - began_ns);
	ck_assert_int_ge(atomic_load(&lag->worst_at_ns), on_ns);
	ck_assert_int_le(atomic_load(&lag->worst_at_ns), ended_ns);
	/* What was missed is not made up: a beat takes 10 ms. */
	ck_assert_int_le(beats,
			 (ended_ns - began_ns - (on_ns - stopped_ns)) / (10 * NS_PER_MS) + 4);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(lag, sizeof(*lag));
}
END_TEST

/* Arm b gives its lease up after 0.6 s without a renewal, arm a after 1.7 s. */
START_TEST(a_gap_that_may_have_cost_a_lease_makes_the_run_suspect)
{
	struct event event[16];
	struct lag lag = {.worst_ns = 600 * NS_PER_MS,
			  .worst_at_ns = plan.start_ns + 4250 * NS_PER_MS};

	reach_note(hosts, &plan, &lag, area_ring(area, 0));
	ck_assert_uint_eq(drain(event), 0);
	lag.worst_ns++;
	reach_note(hosts, &plan, &lag, area_ring(area, 0));
	ck_assert_uint_eq(drain(event), 1);
	ck_assert_str_eq(event[0].note.topic, "reach");
	ck_assert_int_eq(event[0].note.breaks, 0);
	ck_assert_ptr_nonnull(strstr(event[0].note.text, "0.600 s before 4.250 s"));
}
END_TEST

static int64_t run_int(sqlite3 *db, const char *key)
{
	sqlite3_stmt *ask = database_prepare(db, "SELECT value FROM run WHERE key = ?1");

	sqlite3_bind_text(ask, 1, key, -1, SQLITE_STATIC);
	ck_assert_int_eq(sqlite3_step(ask), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(ask, 0);

	sqlite3_finalize(ask);
	return value;
}

START_TEST(the_worst_gap_stands_in_the_history)
{
	struct lag lag = {.worst_ns = 5, .worst_at_ns = plan.start_ns + 70};
	struct lag none = {0};
	struct error err = {0};
	sqlite3 *db = NULL;

	ck_assert_int_eq(database_create(scratch_file("reach.db"), &db, &err), 0);
	ck_assert_int_eq(reach_record(hosts, &plan, &lag, db, &err), 0);
	ck_assert_int_eq(run_int(db, "worst_gap_ns"), 5);
	ck_assert_int_eq(run_int(db, "worst_gap_at_ns"), 70);
	ck_assert_int_eq(reach_record(hosts, &plan, &none, db, &err), 0);
	ck_assert_int_eq(run_int(db, "worst_gap_ns"), 0);
	ck_assert_int_eq(run_int(db, "worst_gap_at_ns"), 0);
	sqlite3_close(db);
}
END_TEST

/* Logs ---------------------------------------------------------------------------------------- */

/* What log_quote prints of such a log, without the line that names it. */
static const char *quoted(const char *log)
{
	const char *path = scratch_file("member.log"), *told = scratch_file("told");
	FILE *out = fopen(path, "w");
	int error = dup(STDERR_FILENO);

	fputs(log, out);
	fclose(out);
	ck_assert_ptr_nonnull(freopen(told, "w", stderr));
	log_quote(path);
	fflush(stderr);
	dup2(error, STDERR_FILENO);
	close(error);
	const char *text = told_in(told);
	const char *body = strchr(text, '\n');

	ck_assert_ptr_nonnull(body);
	ck_assert_ptr_nonnull(strstr(text, "member.log:\n"));
	return body + 1;
}

START_TEST(of_a_log_its_begin_and_its_end_are_shown)
{
	ck_assert_str_eq(quoted(""), "");
	ck_assert_str_eq(quoted("one"), "    one\n");
	ck_assert_str_eq(quoted("1\n\n2\n3\n"), "    1\n    2\n    3\n");
	ck_assert_str_eq(quoted("1\n2\n3\n4\n5\n6\n7\n8\n"),
			 "    1\n    2\n    3\n    4\n    5\n    6\n    7\n    8\n");
	ck_assert_str_eq(quoted("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"),
			 "    1\n    2\n    ...\n    5\n    6\n    7\n    8\n    9\n    10\n");
}
END_TEST

START_TEST(long_lines_of_a_log_are_cut)
{
	char line[400];

	memset(line, 'x', sizeof(line));
	line[399] = '\0';
	ck_assert_uint_eq(strlen(quoted(line)), 4 + 300 + 1);
	log_quote("/nowhere/member.log"); /* which is none */
}
END_TEST

/* Places -------------------------------------------------------------------------------------- */

/* This program is BUILD/tests/NAME: BUILD/.. stands for the tree, BUILD for the prefix. */
START_TEST(files_are_found_in_the_tree_or_below_the_prefix)
{
	char path[PATH_MAX], self[PATH_MAX] = "", *build;

	ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	*strrchr(self, '/') = '\0';
	*strrchr(self, '/') = '\0';
	build = strrchr(self, '/') + 1;
	ck_assert_int_eq(place_find(build, "nowhere", path, sizeof(path)), 0);
	ck_assert_ptr_nonnull(strstr(path, "/../../"));
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_int_eq(place_find("nowhere", "tests", path, sizeof(path)), 0);
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_ptr_null(strstr(path, "/../../"));
	ck_assert_int_eq(place_find("nowhere", "nowhere", path, sizeof(path)), -1);
	ck_assert_int_eq(place_find(build, "tests", path, 10), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: watch");
	TCase *pulses = tcase_create("pulses"), *others = tcase_create("others");

	suite_add_tcase(suite, pulses);
	tcase_add_checked_fixture(pulses, setup_pulse, teardown_pulse);
	tcase_add_test(pulses, one_that_stands_still_for_forty_seconds_is_named);
	tcase_add_test(pulses, who_moves_now_and_then_or_does_not_run_stands_not_still);
	tcase_add_test(pulses, a_look_adds_a_second_at_most);
	tcase_add_test(pulses, the_store_alone_may_be_still_while_there_is_a_fault);
	tcase_add_test(pulses, a_roll_call_is_over_when_all_that_run_have_moved);
	suite_add_tcase(suite, others);
	tcase_set_timeout(others, 60);
	tcase_add_checked_fixture(others, setup, teardown);
	tcase_add_test(others, of_each_link_what_came_since_the_last_sample_is_told);
	tcase_add_test(others, a_time_at_which_nothing_ran_is_measured);
	tcase_add_test(others, a_gap_that_may_have_cost_a_lease_makes_the_run_suspect);
	tcase_add_test(others, the_worst_gap_stands_in_the_history);
	tcase_add_test(others, of_a_log_its_begin_and_its_end_are_shown);
	tcase_add_test(others, long_lines_of_a_log_are_cut);
	tcase_add_test(others, files_are_found_in_the_tree_or_below_the_prefix);
	return suite_run(suite);
}
