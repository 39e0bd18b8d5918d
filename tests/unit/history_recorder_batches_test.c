/* The recorder under load and under confusion: when it commits, and what it makes of late words. */
#include "tests/support/suite.h"
#include "tests/unit/history_rig.h"

enum { LONG_SLOTS = 4096 };

static _Atomic int *commits;

static int count_commit(void *unused)
{
	(void)unused;
	atomic_fetch_add(commits, 1);
	return 0;
}

/* SQLite calls it for each file that is opened in this process. */
static int watch_commits(sqlite3 *db, const char **text, const void *api)
{
	(void)text;
	(void)api;
	sqlite3_commit_hook(db, count_commit, NULL);
	return SQLITE_OK;
}

/* Of a recorder that finds so many events in one ring. */
static int commits_over(uint32_t events, int batch_ms)
{
	struct error err = {0};

	area_close(run.area);
	ck_assert_int_eq(area_open(&run.area, RINGS, LONG_SLOTS, &err), 0);
	run.batch_ms = batch_ms;
	atomic_store(commits, 0);
	push_worker(1, 0);
	for (uint32_t seq = 1; seq <= events; seq++)
		push(RING, invocation(1, seq, F_READ));
	atomic_store(run.stop, 1);
	run.pid = fork();
	if (run.pid == 0) {
		sqlite3_auto_extension((void (*)(void))watch_commits);
		_exit(record(&err) == 0 ? 0 : err.code);
	}
	ck_assert_int_eq(wait_for_recorder(), 0);
	int count = atomic_load(commits);

	open_result();
	ck_assert_int_eq(run.lane.ops, events);
	close_result();
	return count;
}

/* What is not committed is seen by nobody, and lost with the recorder. */
START_TEST(long_drain_is_committed_when_a_batch_is_due)
{
	commits = mmap(NULL, sizeof(*commits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	ck_assert(commits != MAP_FAILED);
	int in_one = commits_over(2048, 3600 * 1000);

	unlink(run.path);
	setup();
	int in_batches = commits_over(2048, 0);

	ck_assert_int_ge(in_one, 1);
	ck_assert_int_ge(in_batches - in_one, 2048 / 256 - 1);
}
END_TEST

static void open_lane(int lane)
{
	struct error err = {0};

	history_free_lane(&run.lane);
	ck_assert_int_eq(history_load_lane(&run.history, lane, &run.lane, &err), 0);
}

/* Its ring is drained after the conductor's, which tells its end without its place. */
START_TEST(what_a_process_said_last_stays_in_its_lane)
{
	const struct process_event started = {
		.id = 7, .arm = 0, .lane = 1, .worker = 2, .role = "worker", .name = "none-1-2"};

	push(CONDUCTOR, (struct event){.kind = EVENT_PROCESS, .started = started});
	push(CONDUCTOR, (struct event){.kind = EVENT_PROCESS, .started = {.id = 7, .ended = 1}});
	push(RING, invocation(7, 1, F_READ));
	push(RING, answer(7, 1, F_READ, OUTCOME_OK));
	start_recorder();
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 0);
	open_lane(1);
	ck_assert_int_eq(run.lane.ops, 1);
	ck_assert_int_eq(run.lane.op[0].worker, 2);
	close_result();
}
END_TEST

/* Whether the process is known by then or not, the first answer stands, and the run is BROKEN. */
START_TEST(second_answer_is_counted_and_changes_nothing)
{
	if (_i == 0)
		push_worker(3, 1);
	start_recorder();
	push(RING, invocation(3, 1, F_READ));
	push(RING, answer(3, 1, F_READ, OUTCOME_OK));
	push(RING, answer(3, 1, F_READ, OUTCOME_FAIL));
	while (atomic_load(&area_live(run.area)->recorded) < 3)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	if (_i == 1)
		push_worker(3, 1);
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 1);
	ck_assert_int_eq(run.lane.op[0].outcome, OUTCOME_OK);
	ck_assert_int_eq(run.history.notes, 1);
	ck_assert(run.history.note[0].breaks);
	ck_assert_str_eq(run.history.note[0].text, "1 returns without their invocation");
	close_result();
}
END_TEST

/* The reader ---------------------------------------------------------------------------------- */

static struct maker *open_maker(const char **path)
{
	struct maker *maker = maker_open(*path = scratch_file("made.db"));

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	return maker;
}

static int64_t unsealed_duration_ms(double op_ms, double decision_ms, double key_ms)
{
	const char *path;
	struct maker *maker = open_maker(&path);
	struct history history;
	struct error err = {0};
	int64_t op = maker_op(maker, .worker = 0, .attempt = 1, .f = F_READ, .outcome = OUTCOME_OK,
			      .invoked_ms = op_ms - 1, .returned_ms = op_ms);

	maker_decision(maker, .op = op, .f = F_READ, .accepted = true, .decided_ms = decision_ms);
	maker_key(maker, .revision = 5, .create_revision = 5, .lease = 7, .key = "lock/7",
		  .seen_ms = key_ms);
	maker_close(maker, false);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	int64_t duration_ms = history.duration_ns / NS_PER_MS;

	history_close(&history);
	unlink(path);
	return duration_ms;
}

START_TEST(unsealed_run_lasts_until_its_last_stamp_whoever_set_it)
{
	ck_assert_int_eq(unsealed_duration_ms(900, 20, 30), 900);
	ck_assert_int_eq(unsealed_duration_ms(10, 900, 30), 900);
	ck_assert_int_eq(unsealed_duration_ms(10, 20, 900), 900);
}
END_TEST

/* The checker searches them by bisection. */
START_TEST(proofs_stand_together_by_their_fault_and_in_time)
{
	static const struct {
		int fault, at_ns;
	} told[] = {{2, 30}, {1, 40}, {3, 10}, {1, 20}, {2, 5}},
	  expected[] = {{1, 20}, {1, 40}, {2, 5}, {2, 30}, {3, 10}};
	const char *path;
	struct maker *maker = open_maker(&path);
	struct history history;
	struct error err = {0};
	char sql[128];

	for (int i = 0; i < 3; i++)
		maker_fault(maker, .lane = 0, .worker = 0, .began_ms = 1 + i, .bitten = true);
	for (int i = 0; i < 5; i++) {
		snprintf(sql, sizeof(sql),
			 "INSERT INTO proof (fault, at_ns, holds, what) VALUES (%d, %d, 1, 'w')",
			 told[i].fault, told[i].at_ns);
		ck_assert_int_eq(database_exec(maker_db(maker), sql, &err), 0);
	}
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(history.proofs, 5);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(history.proof[i].fault, expected[i].fault);
		ck_assert_int_eq(history.proof[i].at_ns, expected[i].at_ns);
	}
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: batches, late words, order");
	TCase *tests = tcase_create("recorder"), *reader = tcase_create("reader");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, long_drain_is_committed_when_a_batch_is_due);
	tcase_add_test(tests, what_a_process_said_last_stays_in_its_lane);
	tcase_add_loop_test(tests, second_answer_is_counted_and_changes_nothing, 0, 2);
	suite_add_tcase(suite, reader);
	tcase_set_timeout(reader, 60);
	tcase_add_test(reader, unsealed_run_lasts_until_its_last_stamp_whoever_set_it);
	tcase_add_test(reader, proofs_stand_together_by_their_fault_and_in_time);
	return suite_run(suite);
}
