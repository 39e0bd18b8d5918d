/* A run read process by process tells what its lanes tell, and leaves to them what is not sound. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "checker/holds/belief_stream.h"
#include "checker/holds/lane_trace.h"
#include "history/database.h"
#include "tests/support/big_run.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"
#include "tests/support/trace_to_history.h"

static void exec(const char *path, const char *sql)
{
	struct error err = {0};
	sqlite3 *db;

	ck_assert_msg(database_open(path, DATABASE_WRITE, &db, &err) == 0, "%s", err.text);
	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s", err.text);
	sqlite3_close(db);
}

static bool streams(const char *path, uint64_t *failed, uint64_t *ignored)
{
	struct trace_source source = {.path = path};
	struct history history;
	struct holes holes = {.history = &history};
	struct error err = {0};
	struct trace trace;
	struct run run;

	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	run_open(&history, NEVER_NS, 0, &run);
	struct trace_builder *builder = trace_begin("history");

	ck_assert_int_eq(history_foresee_lanes(&history, NULL, &err), 0);
	bool whole = stream_tell(&run, &source, &holes, builder, failed, ignored);

	trace_end(builder, &trace);
	trace_free(&trace);
	holes_close(&holes);
	run_close(&run);
	history_close(&history);
	return whole;
}

static char *import(const char *path, struct trace *trace)
{
	struct trace_source source = {.path = path, .format = TRACE_HISTORY, .in_parts = true};
	struct error err = {0};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert(out);
	ck_assert_msg(holds_import_run(&source, EXCLUSION_CLIENT, trace, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(trace_export_jsonl(trace, out, &err) == 0, "%s", err.text);
	fclose(out);
	return text;
}

/* An unsealed file is read lane by lane. */
static void compare(const char *path)
{
	struct trace sealed, unsealed;
	uint64_t failed, ignored;

	ck_assert(streams(path, &failed, &ignored));
	_cleanup_free_ char *streamed = import(path, &sealed);

	exec(path, "UPDATE run SET value = 0 WHERE key = 'sealed'");
	ck_assert(!streams(path, &failed, &ignored));
	_cleanup_free_ char *told = import(path, &unsealed);

	ck_assert(sealed.ops > 0);
	ck_assert_str_eq(streamed, told);
	ck_assert_int_eq((int64_t)sealed.left_out, (int64_t)unsealed.left_out);
	ck_assert_int_eq((int64_t)sealed.ignored, (int64_t)unsealed.ignored);
	for (uint32_t i = 0; i < sealed.ops; i++)
		ck_assert_int_eq(sealed.op[i].line, unsealed.op[i].line);
	trace_free(&sealed);
	trace_free(&unsealed);
}

START_TEST(stream_tells_what_lanes_tell)
{
	const char *path = scratch_file("history.db");
	struct generator wish = {.model = MODEL_FENCED_MUTEX,
				 .seed = (uint64_t)_i,
				 .operations = 3000,
				 .clients = 2 + 3 * _i,
				 .limit = 1,
				 .unknown_percent = 5 * _i,
				 .violation = _i % 2};
	struct trace trace;

	ck_assert(generate_trace(&wish, &trace));
	trace_to_history(&trace, path);
	trace_free(&trace);
	compare(path);
}
END_TEST

START_TEST(stream_tells_a_run_with_others)
{
	const char *path = scratch_file("history.db");

	big_run_write(path, 3000);
	compare(path);
}
END_TEST

/* Acquires that fail or are tried again, holds until the process ends (later than the next
 * attempt), a restart, an arm with a planted client, equal times. */
START_TEST(stream_tells_what_is_rare)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	int sound = maker_arm(maker, .guard = "none"), planted = maker_arm(maker, .planted = 1);

	for (int i = 0; i < 4; i++)
		maker_lane(maker, i == 1 ? planted : sound);
	for (int i = 0; i < 4; i++)
		for (int worker = 0; worker < 3; worker++) {
			for (uint32_t attempt = 1; attempt <= 3; attempt++) {
				maker_op(maker, .lane = i, .worker = worker, .attempt = attempt,
					 .f = F_ACQUIRE, .invoked_ms = 10 * attempt,
					 .returned_ms = 10 * attempt + 2,
					 .outcome = attempt == 2 ? OUTCOME_FAIL : OUTCOME_INFO);
				maker_op(maker, .lane = i, .worker = worker, .attempt = attempt,
					 .f = F_ACQUIRE, .invoked_ms = 10 * attempt + 2,
					 .returned_ms = 10 * attempt + 5, .token = 7,
					 .outcome = worker == 1 ? OUTCOME_INFO : OUTCOME_OK);
				maker_op(maker, .lane = i, .worker = worker, .f = F_LEASE_GRANT,
					 .invoked_ms = 10 * attempt + 6,
					 .returned_ms = 10 * attempt + 7, .outcome = OUTCOME_OK);
			}
			maker_restart(maker, i, worker, 100);
			maker_op(maker, .lane = i, .worker = worker, .attempt = 1, .f = F_ACQUIRE,
				 .invoked_ms = 110, .returned_ms = 120, .outcome = OUTCOME_OK);
			maker_op(maker, .lane = i, .worker = worker, .attempt = 1, .f = F_RELEASE,
				 .invoked_ms = 120, .returned_ms = 130, .outcome = OUTCOME_FAIL);
		}
	maker_count_rows(maker);
	maker_close(maker, true);
	compare(path);
}
END_TEST

START_TEST(stream_tells_a_run_in_which_nothing_was_done)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	uint64_t failed, ignored;

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_count_rows(maker);
	maker_close(maker, true);
	ck_assert(streams(path, &failed, &ignored));
	exec(path, "UPDATE recorded SET rows = 1 WHERE what = 'op'");
	ck_assert(!streams(path, &failed, &ignored));
}
END_TEST

/* What is not sound: the lanes say what it is. */
START_TEST(stream_leaves_holes_to_the_lanes)
{
	static const char *const changes[] = {
		"DELETE FROM op WHERE f = 3 AND id & 0xffffffff = 2",
		"DELETE FROM op WHERE id = (SELECT max(id) FROM op WHERE process = 1)",
		"UPDATE recorded SET rows = rows + 1 WHERE what = 'op' AND process = 0",
		"DELETE FROM op WHERE attempt = (1 << 32) + 2",
		"UPDATE op SET lane = 1 WHERE id = (1 << 32) + 3",
		"UPDATE op SET worker = 2 WHERE id = (1 << 32) + 3",
		"UPDATE op SET attempt = (1 << 32) + 1 WHERE id = (1 << 32) + 20",
		"UPDATE op SET invoked_ns = 5 WHERE id = (1 << 32) + 9",
		"UPDATE op SET lease = 5 WHERE id = (1 << 32) + 9",
		"UPDATE op SET f = 'acquire' WHERE id = (1 << 32) + 9",
		"UPDATE op SET error = x'00' WHERE id = (1 << 32) + 9",
		"UPDATE op SET value = 5 WHERE f = 6 AND process = 3",
		"UPDATE decision SET version_after = 77 WHERE id = 40",
		"DELETE FROM decision WHERE id = 40",
		"UPDATE key_event SET key = 'other/key' WHERE id = 30",
		"UPDATE key_event SET seen_ns = 1 WHERE id = 30",
		"INSERT INTO op SELECT (900 << 32) + 1, process, arm, lane, worker, attempt, f, "
		"mode, "
		"outcome, invoked_ns, returned_ns, endpoint, lease, key, ttl_ms, token, revision, "
		"safe_until_ns, version, base_version, value, error FROM op LIMIT 1",
	};
	const char *path = scratch_file("history.db");
	uint64_t failed, ignored;

	ck_assert_int_eq(sizeof(changes) / sizeof(*changes), 17);
	big_run_write(path, 3000);
	ck_assert(streams(path, &failed, &ignored));
	exec(path, changes[_i]);
	ck_assert_msg(!streams(path, &failed, &ignored), "%s", changes[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: holds, process by process");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, stream_tells_what_lanes_tell, 0, 5);
	tcase_add_test(tests, stream_tells_a_run_with_others);
	tcase_add_test(tests, stream_tells_what_is_rare);
	tcase_add_test(tests, stream_tells_a_run_in_which_nothing_was_done);
	tcase_add_loop_test(tests, stream_leaves_holes_to_the_lanes, 0, 17);
	return suite_run(suite);
}
