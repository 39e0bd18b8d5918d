/* What a campaign means in hosts, lanes and rings, and what of it stands in the history. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conductor/logbook.h"
#include "conductor/plan.h"
#include "history/database.h"
#include "history/reader.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

static struct campaign campaign;
static struct plan plan;
static const char *path;

static const char text[] =
	"name = 'of tests'\nseed = 4294967299\nduration = '20s'\nsettle = '3s'\nmin-exposures = 7\n"
	"service-expect = safe\n"
	"cluster { members = 3  election = '700ms'  heartbeat = '70ms' }\n"
	"arm none { lanes = 2  workers = 3  ttl = '2s'  heartbeat = '500ms'  retries = 5\n"
	"  acquire-timeout = '4s'  acquire-within = '9s'  work = '20ms .. 30ms'  rest = '40ms'\n"
	"  renew-timeout = '400ms'  retry-after = '150ms'  expect = unsafe }\n"
	"arm token { guard = token  store = ignores-tokens  recipe = broken-put  lanes = 1\n"
	"  workers = 2 }\n"
	"fault a { do = pause  target = holder  first = '2s'  every = '5s'  lanes = 1 }\n"
	"fault b { do = kill  target = member  first = '9s'  length = '1s' }\n";

static void setup(void)
{
	struct error err = {0};

	ck_assert_msg(campaign_load_text(text, "test", &campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(plan_open(&plan, &campaign, "runs/one", &err), 0);
}

static void teardown(void)
{
	plan_close(&plan);
}

static void expect_host(int id, enum host_role role, const char *name)
{
	ck_assert_int_lt(id, plan.hosts);
	ck_assert_int_eq(plan.host[id].id, id);
	ck_assert_int_eq(plan.host[id].role, role);
	ck_assert_str_eq(plan.host[id].name, name);
}

START_TEST(hosts_are_members_store_witness_workers_and_the_hub)
{
	static const char *const workers[] = {"none-0-0", "none-0-1", "none-0-2",  "none-1-0",
					      "none-1-1", "none-1-2", "token-0-0", "token-0-1"};

	ck_assert_int_eq(plan.hosts, 3 + 2 + 8 + 3);
	expect_host(0, HOST_MEMBER, "m1");
	expect_host(2, HOST_MEMBER, "m3");
	expect_host(plan.store, HOST_STORE, "store");
	ck_assert_int_eq(plan.store, 3);
	expect_host(plan.witness, HOST_WITNESS, "witness");
	ck_assert_int_eq(plan.witness, 4);
	for (int i = 0; i < 8; i++)
		expect_host(5 + i, HOST_WORKER, workers[i]);
	expect_host(plan.recorder, HOST_HUB, "recorder");
	expect_host(plan.capture, HOST_HUB, "capture");
	expect_host(plan.nemesis, HOST_HUB, "nemesis");
	ck_assert_int_eq(plan.recorder, 13);
	ck_assert_int_eq(plan.nemesis, 15);
}
END_TEST

START_TEST(lanes_count_over_all_arms_and_each_has_a_lock_of_this_run)
{
	static const struct {
		int arm, number;
		const char *name;
	} lanes[] = {{0, 0, "none/0"}, {0, 1, "none/1"}, {1, 0, "token/0"}};

	ck_assert_int_eq(plan.lanes, 3);
	for (int i = 0; i < 3; i++) {
		char lock[100];

		ck_assert_int_eq(plan.lane[i].arm, lanes[i].arm);
		ck_assert_int_eq(plan.lane[i].number, lanes[i].number);
		ck_assert_str_eq(plan.lane[i].name, lanes[i].name);
		snprintf(lock, sizeof(lock), "%s%s", plan.prefix, lanes[i].name);
		ck_assert_str_eq(plan.lane[i].lock, lock);
	}
	ck_assert_int_eq(plan.workers, 8);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(plan.worker[i].lane, i < 3 ? 0 : i < 6 ? 1 : 2);
		ck_assert_int_eq(plan.worker[i].arm, i < 6 ? 0 : 1);
		ck_assert_int_eq(plan.worker[i].number, i < 6 ? i % 3 : i - 6);
		ck_assert_int_eq(plan.worker[i].host, 5 + i);
	}
}
END_TEST

/* Two runs on one cluster must not meet. */
START_TEST(prefix_is_of_the_seed_and_the_moment)
{
	struct error err = {0};
	struct plan later;
	char expected[60];

	snprintf(expected, sizeof(expected), "fencepost/3-%llx/",
		 (unsigned long long)(plan.start_ns / 1000) & 0xffffffff);
	ck_assert_str_eq(plan.prefix, expected);
	while (clock_now_ns() / 1000 == plan.start_ns / 1000)
		;
	ck_assert_int_eq(plan_open(&later, &campaign, "runs/one", &err), 0);
	ck_assert_str_ne(plan.prefix, later.prefix);
	plan_close(&later);
}
END_TEST

START_TEST(each_host_that_is_no_member_has_a_ring_of_its_own)
{
	ck_assert_int_eq(plan_rings(&plan), 1 + 13);
	for (int host = 3; host < plan.hosts; host++)
		ck_assert_int_eq(plan_ring_of(&plan, host), host - 2);
	ck_assert_int_lt(plan_ring_of(&plan, plan.nemesis), plan_rings(&plan));
}
END_TEST

START_TEST(run_lies_where_it_is_told_to_if_that_can_be_said)
{
	struct error err = {0};
	struct plan other;
	char dir[300];

	ck_assert_str_eq(plan.run_dir, "runs/one");
	ck_assert_str_eq(plan.history, "runs/one/history.db");
	memset(dir, 'x', sizeof(dir));
	dir[sizeof(plan.run_dir)] = '\0';
	ck_assert_int_eq(plan_open(&other, &campaign, dir, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	dir[sizeof(plan.run_dir) - 1] = '\0';
	ck_assert_int_eq(plan_open(&other, &campaign, dir, &err), 0);
	plan_close(&other);
}
END_TEST

/* A campaign that became smaller leaves arms behind. */
START_TEST(arms_beyond_the_last_are_none)
{
	struct error err = {0};

	teardown();
	campaign.arms = 1;
	ck_assert_int_eq(plan_open(&plan, &campaign, "runs/one", &err), 0);
	ck_assert_int_eq(plan.workers, 6);
	ck_assert_int_eq(plan.lanes, 2);
	ck_assert_int_eq(plan.hosts, 3 + 2 + 6 + 3);
}
END_TEST

START_TEST(schedule_is_drawn_over_the_lanes_of_the_arm_that_has_most)
{
	struct schedule expected;
	int second_lanes = 0;

	schedule_resolve(campaign.block, campaign.blocks, campaign.seed, 20 * NS_PER_S, 2, 3,
			 &expected);
	ck_assert_int_eq(plan.schedule.count, expected.count);
	ck_assert_int_eq(plan.schedule.count, 5);
	ck_assert_mem_eq(plan.schedule.entry, expected.entry,
			 (size_t)expected.count * sizeof(*expected.entry));
	for (int i = 0; i < plan.schedule.count; i++)
		second_lanes +=
			plan.schedule.entry[i].lanes == 1 && plan.schedule.entry[i].lane[0] == 1;
	ck_assert_int_gt(second_lanes, 0);
	schedule_free(&expected);
}
END_TEST

/* In the history ------------------------------------------------------------------------------ */

static const char *ask(const char *sql)
{
	const char *answer = told_by(path, sql);

	ck_assert_msg(answer != NULL, "cannot ask: %s", sql);
	return answer;
}

static void record(void)
{
	struct error err = {0};
	sqlite3 *db = NULL;

	path = scratch_file("plan.db");
	snprintf(plan.etcd_path, sizeof(plan.etcd_path), "/opt/etcd");
	snprintf(plan.etcd_version, sizeof(plan.etcd_version), "3.4.99");
	snprintf(plan.host[0].address, sizeof(plan.host[0].address), "10.0.0.1");
	ck_assert_msg(database_create(path, &db, &err) == 0, "%s", err.text);
	ck_assert_msg(plan_record(&plan, db, "fencepost run it", &err) == 0, "%s", err.text);
	sqlite3_close(db);
}

START_TEST(history_has_the_arms_with_all_their_settings)
{
	record();
	ck_assert_str_eq(
		ask("SELECT id, name, service, recipe, guard, model, permits, ttl_ms, "
		    "heartbeat_ms, "
		    "retries, acquire_timeout_ms, acquire_within_ms, expect, planted, settings "
		    "FROM arm ORDER BY id"),
		"0|none|etcd|lock|none|mutex|1|2000|500|5|4000|9000|unsafe|0|"
		"{\"lanes\":2,\"workers\":3,\"work_min_ms\":20,\"work_max_ms\":30,"
		"\"rest_max_ms\":40,\"renew_timeout_ms\":400,\"retry_after_ms\":150,"
		"\"store\":\"honest\"}\n"
		"1|token|etcd|broken-put|token|mutex|1|1000|300|3|10000|0|any|3|"
		"{\"lanes\":1,\"workers\":2,\"work_min_ms\":20,\"work_max_ms\":200,"
		"\"rest_max_ms\":50,\"store\":\"ignores-tokens\"}\n");
}
END_TEST

START_TEST(history_has_lanes_hosts_and_schedule)
{
	char expected[400];

	record();
	snprintf(expected, sizeof(expected),
		 "0|0|none/0|%snone/0|none/0\n1|0|none/1|%snone/1|none/1\n2|1|token/0|%stoken/0|"
		 "token/0\n",
		 plan.prefix, plan.prefix, plan.prefix);
	ck_assert_str_eq(ask("SELECT id, arm, name, lock, resource FROM lane ORDER BY id"),
			 expected);
	ck_assert_str_eq(ask("SELECT id, name, role, address FROM host WHERE id IN (0, 3, 12, 15) "
			     "ORDER BY id"),
			 "0|m1|member|10.0.0.1\n3|store|store|\n12|token-0-1|worker|\n"
			 "15|nemesis|hub|\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM host"), "16\n");
	ck_assert_str_eq(ask("SELECT id, block, at_ns, json_extract(plan, '$.kind') FROM schedule "
			     "ORDER BY id"),
			 "1|a|2000000000|pause\n2|a|7000000000|pause\n3|b|9000000000|kill\n"
			 "4|a|12000000000|pause\n5|a|17000000000|pause\n");
}
END_TEST

START_TEST(history_has_the_facts_of_the_run)
{
	char expected[100], directory[sizeof(plan.run_dir) + 1];

	record();
	ck_assert_str_eq(
		ask("SELECT key, value FROM run WHERE key IN ('campaign_name', 'command', 'etcd', "
		    "'etcd_path', 'sandbox', 'service_expect', 'seed', 'duration_ns', 'settle_ms', "
		    "'min_exposures', 'members', 'election_ms', 'sealed', 'fencepost') ORDER BY "
		    "key"),
		"campaign_name|of tests\ncommand|fencepost run it\nduration_ns|20000000000\n"
		"election_ms|700\netcd|3.4.99\netcd_path|/opt/etcd\nfencepost|" FENCEPOST_VERSION
		"\nmembers|3\nmin_exposures|7\nsandbox|namespaces\nsealed|0\nseed|4294967299\n"
		"service_expect|safe\nsettle_ms|3000\n");
	snprintf(directory, sizeof(directory), "%s\n", plan.run_dir);
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'directory'"), directory);
	snprintf(expected, sizeof(expected), "%s\n", plan.prefix);
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'prefix'"), expected);
	snprintf(expected, sizeof(expected), "%lld\n", (long long)plan.start_ns);
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'start_monotonic_ns'"), expected);
	ck_assert_ptr_nonnull(strstr(ask("SELECT value FROM run WHERE key = 'machine'"), "Linux "));
	ck_assert_int_eq(strlen(ask("SELECT value FROM run WHERE key = 'started'")),
			 strlen("2026-11-29T12:58:53Z\n"));
	/* Zero of time on the wall clock, as exact as two readings are near each other. */
	int64_t wall_ns = clock_wall_ns() - (clock_now_ns() - plan.start_ns);
	int64_t told_ns = atoll(ask("SELECT value FROM run WHERE key = 'start_wall_ns'"));

	ck_assert_int_lt(llabs(wall_ns - told_ns), NS_PER_S);
	ck_assert_str_eq(ask("SELECT count(*) FROM run"), "25\n");
	snprintf(expected, sizeof(expected), "%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'cores'"), expected);
	ck_assert_int_gt(atoll(ask("SELECT value FROM run WHERE key = 'memory_bytes'")), 1 << 20);
	ck_assert_int_ge(atoi(ask("SELECT value FROM run WHERE key = 'load_before'")), 0);
	ck_assert_ptr_nonnull(
		strstr(ask("SELECT value FROM run WHERE key = 'program'"), "conductor_plan_test"));
}
END_TEST

START_TEST(campaign_in_the_history_is_the_one_that_was_run)
{
	static struct campaign again;
	struct error err = {0};

	record();
	ck_assert_msg(campaign_load_text(ask("SELECT value FROM run WHERE key = 'campaign'"),
					 "history", &again, &err) == 0,
		      "%s", err.text);
	again.place = campaign.place;
	ck_assert_mem_eq(&again, &campaign, sizeof(again));
}
END_TEST

START_TEST(of_somebody_elses_cluster_the_election_timeout_is_not_known)
{
	struct error err = {0};

	teardown();
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://a:1", &err), 0);
	ck_assert_int_eq(plan_open(&plan, &campaign, "runs/one", &err), 0);
	record();
	ck_assert_str_eq(ask("SELECT key, value FROM run WHERE key IN ('members', 'sandbox', "
			     "'election_ms') ORDER BY key"),
			 "election_ms|0\nmembers|1\nsandbox|existing cluster\n");
}
END_TEST

START_TEST(hosts_get_their_addresses_once_they_are_known)
{
	struct error err = {0};
	sqlite3 *db = NULL;

	record();
	snprintf(plan.host[3].address, sizeof(plan.host[3].address), "10.0.0.7");
	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(plan_record_hosts(&plan, db, &err), 0);
	sqlite3_close(db);
	ck_assert_str_eq(ask("SELECT id, name, address FROM host WHERE id IN (0, 3) ORDER BY id"),
			 "0|m1|10.0.0.1\n3|store|10.0.0.7\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM host"), "16\n");
}
END_TEST

/* Whatever cannot be written is told, and nothing of the plan stands there. */
START_TEST(what_cannot_be_recorded_is_an_error)
{
	static const char *const in_the_way[] = {
		"INSERT INTO lane VALUES (2, 1, '', '', '')",
		"INSERT INTO schedule VALUES (4, '', 0, '')",
		"CREATE UNIQUE INDEX no ON arm (service)",
		"PRAGMA max_page_count = 1",
	};

	for (size_t i = 0; i < sizeof(in_the_way) / sizeof(*in_the_way); i++) {
		char name[16], command[8000];
		struct error err = {0};
		sqlite3 *db = NULL;

		memset(command, 'x', sizeof(command));
		command[sizeof(command) - 1] = '\0';
		snprintf(name, sizeof(name), "full-%zu.db", i);
		path = scratch_file(name);
		ck_assert_int_eq(database_create(path, &db, &err), 0);
		ck_assert_int_eq(database_exec(db, in_the_way[i], &err), 0);
		ck_assert_int_eq(plan_record(&plan, db, command, &err), -1);
		ck_assert_msg(strstr(err.text, i == 3 ? "full" : "UNIQUE") != NULL, "%s", err.text);
		sqlite3_close(db);
		ck_assert_str_eq(ask("SELECT count(*) FROM arm"), "0\n");
	}
}
END_TEST

START_TEST(hosts_that_cannot_be_recorded_are_an_error)
{
	struct error err = {0};
	sqlite3 *db = NULL;

	record();
	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_exec(db, "PRAGMA query_only = 1", &err), 0);
	ck_assert_int_eq(plan_record_hosts(&plan, db, &err), -1);
	ck_assert_int_ne(err.code, 0);
	sqlite3_close(db);
}
END_TEST

/* The conductor's own events ------------------------------------------------------------------ */

static struct event drained(struct area *area)
{
	struct event event[2];

	ck_assert_uint_eq(ring_drain(area_ring(area, 0), event, 2), 1);
	return event[0];
}

START_TEST(processes_are_told_with_who_and_where_they_are)
{
	struct error err = {0};
	struct area *area;
	int64_t before_ns = clock_now_ns();

	ck_assert_int_eq(area_open(&area, 1, 64, &err), 0);
	logbook_process_started(area_ring(area, 0), &plan, 11, 1234, 56, 3);
	struct event event = drained(area);

	ck_assert_uint_eq(event.kind, EVENT_PROCESS);
	ck_assert(event.at_ns >= before_ns && event.at_ns <= clock_now_ns());
	ck_assert_int_eq(event.started.id, 56);
	ck_assert_int_eq(event.started.host, 11);
	ck_assert_int_eq(event.started.arm, 1);
	ck_assert_int_eq(event.started.lane, 2);
	ck_assert_int_eq(event.started.worker, 0);
	ck_assert_int_eq(event.started.os_pid, 1234);
	ck_assert_int_eq(event.started.incarnation, 3);
	ck_assert_int_eq(event.started.ended, 0);
	ck_assert_str_eq(event.started.role, "worker");
	ck_assert_str_eq(event.started.name, "token-0-0");
	ck_assert_str_eq(event.started.client, "broken-put");
	logbook_process_started(area_ring(area, 0), &plan, plan.recorder, 1, 2, 1);
	event = drained(area);
	ck_assert_str_eq(event.started.role, "recorder"); /* not "hub", which all three are */
	ck_assert_str_eq(event.started.client, "");
	ck_assert_int_eq(event.started.arm, -1);
	ck_assert_int_eq(event.started.lane, -1);
	ck_assert_int_eq(event.started.worker, -1);
	logbook_process_started(area_ring(area, 0), &plan, 1, 1, 2, 1);
	ck_assert_str_eq(drained(area).started.role, "member");
	logbook_process_ended(area_ring(area, 0), &plan, 4, 78, 9);
	event = drained(area);
	ck_assert_uint_eq(event.kind, EVENT_PROCESS);
	ck_assert_int_ge(event.at_ns, before_ns);
	ck_assert_int_eq(event.started.ended, 1);
	ck_assert_int_eq(event.started.id, 78);
	ck_assert_int_eq(event.started.host, 4);
	ck_assert_int_eq(event.started.exit_status, 9);
	ck_assert_str_eq(event.started.name, "witness");
	area_close(area);
}
END_TEST

START_TEST(notes_say_whether_they_break_the_run)
{
	struct error err = {0};
	struct area *area;
	int64_t before_ns = clock_now_ns();

	ck_assert_int_eq(area_open(&area, 1, 64, &err), 0);
	logbook_note(area_ring(area, 0), NOTE_BREAKS, "topic", "%d of %s", 3, "these");
	struct event event = drained(area);

	ck_assert_uint_eq(event.kind, EVENT_NOTE);
	ck_assert_int_ge(event.at_ns, before_ns);
	ck_assert_int_eq(event.note.breaks, 1);
	ck_assert_str_eq(event.note.topic, "topic");
	ck_assert_str_eq(event.note.text, "3 of these");
	logbook_note(area_ring(area, 0), NOTE_TELLS, "topic", "x");
	ck_assert_int_eq(drained(area).note.breaks, 0);
	area_close(area);
}
END_TEST

START_TEST(a_run_that_failed_leaves_its_mark_in_the_file)
{
	struct error err = {0};

	record();
	ck_assert_int_eq(logbook_mark_broken(path, "the 'why'", &err), 0);
	ck_assert_str_eq(ask("SELECT at_ns, breaks, topic, text FROM note"), "0|1|run|the 'why'\n");
	ck_assert_int_eq(logbook_mark_broken("/nowhere/history.db", "x", &err), -1);
	ck_assert_int_ne(err.code, 0);
	err = (struct error){0};
	sqlite3 *db = NULL;

	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_exec(db, "CREATE UNIQUE INDEX no ON note (topic)", &err), 0);
	sqlite3_close(db);
	ck_assert_int_eq(logbook_mark_broken(path, "x", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "UNIQUE"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: plan");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, hosts_are_members_store_witness_workers_and_the_hub);
	tcase_add_test(tests, lanes_count_over_all_arms_and_each_has_a_lock_of_this_run);
	tcase_add_test(tests, prefix_is_of_the_seed_and_the_moment);
	tcase_add_test(tests, each_host_that_is_no_member_has_a_ring_of_its_own);
	tcase_add_test(tests, run_lies_where_it_is_told_to_if_that_can_be_said);
	tcase_add_test(tests, arms_beyond_the_last_are_none);
	tcase_add_test(tests, schedule_is_drawn_over_the_lanes_of_the_arm_that_has_most);
	tcase_add_test(tests, history_has_the_arms_with_all_their_settings);
	tcase_add_test(tests, history_has_lanes_hosts_and_schedule);
	tcase_add_test(tests, history_has_the_facts_of_the_run);
	tcase_add_test(tests, campaign_in_the_history_is_the_one_that_was_run);
	tcase_add_test(tests, of_somebody_elses_cluster_the_election_timeout_is_not_known);
	tcase_add_test(tests, hosts_get_their_addresses_once_they_are_known);
	tcase_add_test(tests, what_cannot_be_recorded_is_an_error);
	tcase_add_test(tests, hosts_that_cannot_be_recorded_are_an_error);
	tcase_add_test(tests, processes_are_told_with_who_and_where_they_are);
	tcase_add_test(tests, notes_say_whether_they_break_the_run);
	tcase_add_test(tests, a_run_that_failed_leaves_its_mark_in_the_file);
	return suite_run(suite);
}
