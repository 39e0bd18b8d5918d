#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "history/arena.h"
#include "history/database.h"
#include "history/reader.h"
#include "history/verdicts.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { NOBODY = 65534 };

/* Two workers, one lock: the second writes, then the paused first one, whose grant is gone. */
static void make_stale_write(const char *path, bool sealed)
{
	struct maker *maker = maker_open(path);
	int arm = maker_arm(maker, .guard = "none", .ttl_ms = 2000);
	int lane = maker_lane(maker, arm);

	maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_ACQUIRE, .invoked_ms = 10,
		 .returned_ms = 12, .outcome = OUTCOME_OK, .lease = 71, .key = "lock/none/0/71",
		 .revision = 5, .safe_until_ms = 2010);
	maker_key(maker, .lane = lane, .revision = 5, .create_revision = 5, .lease = 71,
		  .key = "lock/none/0/71", .seen_ms = 11);
	maker_key(maker, .lane = lane, .member = 2, .revision = 5, .create_revision = 5,
		  .lease = 71, .key = "lock/none/0/71", .seen_ms = 11.5);
	maker_key(maker, .lane = lane, .deleted = true, .revision = 9, .create_revision = 5,
		  .key = "lock/none/0/71", .seen_ms = 2500);
	int64_t fault = maker_fault(maker, .lane = lane, .worker = 0, .attempt = 1, .began_ms = 20,
				    .ended_ms = 3000, .bitten = true, .detail = "worker w-0-0",
				    .schedule = maker_occasion(maker, "pause", "contended"));

	ck_assert_int_eq(fault, 1);
	maker_op(maker, .lane = lane, .worker = 1, .attempt = 1, .f = F_ACQUIRE, .invoked_ms = 15,
		 .returned_ms = 2502, .outcome = OUTCOME_OK, .lease = 72, .key = "lock/none/0/72",
		 .revision = 10);
	int64_t write = maker_op(maker, .lane = lane, .worker = 1, .attempt = 1, .f = F_WRITE,
				 .invoked_ms = 2510, .returned_ms = 2511, .outcome = OUTCOME_OK,
				 .version = 1, .value = 100, .token = 10);
	maker_decision(maker, .lane = lane, .op = write, .f = F_WRITE, .accepted = true,
		       .token = 10, .version_after = 1, .value = 100, .arrived_ms = 2510.2,
		       .decided_ms = 2510.5);
	write = maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_WRITE,
			 .invoked_ms = 3001, .outcome = OUTCOME_INFO, .base_version = 0,
			 .value = 200, .error = "", .endpoint = -1);
	maker_decision(maker, .lane = lane, .op = write, .f = F_WRITE, .accepted = true, .token = 5,
		       .greatest_token = 10, .version_before = 1, .version_after = 2, .value = 200,
		       .decided_ms = 3002, .reason = "none");
	maker_note(maker, 3100, NOTE_BREAKS, "capture", "not permitted");
	maker_close(maker, sealed);
}

static void open_history(const char *path, struct history *history)
{
	struct error err = {0};

	ck_assert_msg(history_open(path, history, &err) == 0, "%s", err.text);
}

START_TEST(reader_returns_what_the_small_tables_hold)
{
	const char *path = scratch_file("history.db");
	struct history history;

	make_stale_write(path, true);
	open_history(path, &history);
	ck_assert(history.sealed);
	ck_assert_int_eq(history.seed, 1);
	ck_assert_int_eq(history.duration_ns, 3100 * NS_PER_MS);
	ck_assert_int_eq(history.healed_ns, 3100 * NS_PER_MS);
	ck_assert_str_eq(history_text(&history, "start"), "2026-01-01T00:00:00Z");
	ck_assert_str_eq(history_text(&history, "seed"), "1");
	ck_assert_ptr_null(history_text(&history, "nothing"));
	ck_assert_int_eq(history.arms, 1);
	ck_assert_str_eq(history.arm[0].guard, "none");
	ck_assert_int_eq(history.arm[0].ttl_ms, 2000);
	ck_assert_int_eq(history.lanes, 1);
	ck_assert_str_eq(history.lane[0].name, "none/0");
	ck_assert_int_eq(history.hosts, 5);
	ck_assert_str_eq(history.host[3].role, "worker");
	ck_assert_int_eq(history.processes, 2);
	ck_assert_int_eq(history.process[1].worker, 1);
	ck_assert_int_eq(history.process[1].ended_ns, NEVER_NS);
	ck_assert_int_eq(history.faults, 1);
	ck_assert_int_eq(history.fault[0].attempt, (INT64_C(1) << 32) | 1);
	ck_assert_int_eq(history.fault[0].ended_ns, 3000 * NS_PER_MS);
	ck_assert_str_eq(history.fault[0].detail, "worker w-0-0");
	ck_assert(history.fault[0].bitten);
	ck_assert_int_eq(history.schedules, 1);
	ck_assert_int_eq(history.schedule[0].id, 1);
	ck_assert_str_eq(history.schedule[0].block, "pause");
	ck_assert_str_eq(history.schedule[0].kind, "pause");
	ck_assert_str_eq(history.schedule[0].when, "contended");
	ck_assert_int_eq(history.fault[0].schedule, 1);
	ck_assert_str_eq(history.fault[0].when, "contended");
	ck_assert_int_eq(history.notes, 1);
	ck_assert(history.note[0].breaks);
	ck_assert_str_eq(history.note[0].topic, "capture");
	history_close(&history);
}
END_TEST

START_TEST(reader_returns_a_lane_in_order_with_absent_values)
{
	const char *path = scratch_file("history.db");
	struct history history;
	struct lane_history lane;
	struct error err = {0};

	make_stale_write(path, true);
	open_history(path, &history);
	ck_assert_int_eq(history_load_lane(&history, 0, &lane, &err), 0);
	ck_assert_int_eq(lane.ops, 4);
	const struct op_row *acquire = &lane.op[0], *late = &lane.op[3];

	ck_assert_int_eq(acquire->id, (INT64_C(1) << 32) | 1);
	ck_assert_int_eq(acquire->invoked_ns, 10 * NS_PER_MS);
	ck_assert_int_eq(acquire->returned_ns, 12 * NS_PER_MS);
	ck_assert_str_eq(acquire->key, "lock/none/0/71");
	ck_assert_int_eq(acquire->lease, 71);
	ck_assert_int_eq(acquire->revision, 5);
	ck_assert_int_eq(acquire->endpoint, 0);
	ck_assert_ptr_null(acquire->error);
	ck_assert_int_eq(lane.op[1].worker, 1);
	ck_assert_int_eq(late->f, F_WRITE);
	ck_assert_int_eq(late->outcome, OUTCOME_INFO);
	ck_assert_int_eq(late->returned_ns, NEVER_NS);
	ck_assert_int_eq(late->endpoint, -1);
	ck_assert_int_eq(late->token, 0);
	ck_assert_ptr_null(late->key);
	ck_assert_str_eq(late->error, "");
	ck_assert_int_eq(lane.keys, 3);
	ck_assert_int_eq(lane.key[1].member, 2);
	ck_assert(lane.key[2].deleted);
	ck_assert_int_eq(lane.key[2].create_revision, 5);
	ck_assert_int_eq(lane.decisions, 2);
	ck_assert_int_eq(lane.decision[0].arrived_ns, 2510200000);
	ck_assert_int_eq(lane.decision[1].greatest_token, 10);
	ck_assert_int_eq(lane.decision[1].version_after, 2);
	ck_assert_int_eq(lane.decision[1].op, late->id);
	history_free_lane(&lane);
	ck_assert_int_eq(history_load_lane(&history, 1, &lane, &err), -1);
	history_close(&history);
}
END_TEST

START_TEST(reader_takes_an_unsealed_file_and_its_last_stamp_for_its_length)
{
	const char *path = scratch_file("history.db");
	struct history history;

	make_stale_write(path, false);
	open_history(path, &history);
	ck_assert(!history.sealed);
	ck_assert_int_eq(history.duration_ns, 3002 * NS_PER_MS);
	ck_assert_int_eq(history.healed_ns, NEVER_NS);
	history_close(&history);
}
END_TEST

/* Each row: what is done to a good history, and what the complaint must name. */
static const struct {
	const char *spoil, *names;
} nonsense[] = {
	{"UPDATE op SET f = 77 WHERE worker = 1", "table op, row with id 8589934593, column f: 77"},
	{"UPDATE op SET f = 0", "column f"},
	{"UPDATE op SET f = 'write'", "not an integer"},
	{"UPDATE op SET invoked_ns = -1", "column invoked_ns"},
	{"UPDATE op SET returned_ns = invoked_ns - 1 WHERE returned_ns > 0", "column returned_ns"},
	{"UPDATE op SET returned_ns = NULL", "never returned"},
	{"UPDATE op SET outcome = 3", "column outcome"},
	{"UPDATE op SET lane = 1", "table op, row with id 4294967297: no such lane"},
	{"UPDATE op SET lane = 'x'", "no such lane"},
	{"UPDATE op SET process = 9", "no such process"},
	{"UPDATE op SET arm = 7", "column arm"},
	{"UPDATE op SET key = x'00ff'", "column key: not a text"},
	{"UPDATE op SET endpoint = 100000", "column endpoint"},
	{"UPDATE key_event SET lane = -5", "table key_event"},
	{"UPDATE key_event SET member = 99999", "column member"},
	{"UPDATE decision SET lane = 4611686018427387904", "table decision"},
	{"UPDATE decision SET decided_ns = 9223372036854775807", "column decided_ns"},
	{"UPDATE arm SET id = 5", "table arm, row with id 5"},
	{"UPDATE arm SET permits = 0", "column permits"},
	{"UPDATE lane SET arm = 3", "table lane, row with id 0, column arm"},
	{"UPDATE host SET id = 1000000000 WHERE id = 4", "table host"},
	{"UPDATE process SET lane = 8", "table process"},
	{"UPDATE fault SET began_ns = -1", "table fault"},
	{"UPDATE fault SET effect = 'freeze'", "the effect is no known word"},
	{"UPDATE arm SET planted = 8", "column planted"},
	{"UPDATE schedule SET plan = 'pause'",
	 "table schedule, row with id 1: the plan is not a JSON object"},
	{"UPDATE schedule SET plan = '[\"kind\"]'", "the plan is not a JSON object"},
	{"UPDATE schedule SET plan = plan || ' {'", "the plan is not a JSON object"},
	{"UPDATE schedule SET plan = ''", "the plan is not a JSON object"},
	{"UPDATE schedule SET plan = '{\"kind\":\"cut\"}'", "the plan names no when"},
	{"UPDATE schedule SET plan = '{\"kind\":\"cut\",\"when\":\"\"}'", "the plan names no when"},
	{"UPDATE schedule SET plan = '{\"kind\":7,\"when\":\"now\"}'", "the plan names no kind"},
	{"UPDATE schedule SET plan = x'7b7d'", "table schedule, row with id 1, column plan"},
	{"UPDATE schedule SET id = 0", "table schedule, row with id 0, column id"},
	{"UPDATE fault SET schedule = 2",
	 "table fault, row with id 1: no such entry in the schedule"},
	{"DELETE FROM schedule", "table fault, row with id 1: no such entry in the schedule"},
	{"UPDATE note SET breaks = 2", "table note, row number 1, column breaks"},
	{"UPDATE run SET value = 'soon' WHERE key = 'duration_ns'", "run.duration_ns"},
	{"UPDATE run SET value = -3 WHERE key = 'healed_ns'", "run.healed_ns"},
	{"DROP VIEW applied; DROP TABLE decision", "lacks table decision"},
	{"ALTER TABLE op RENAME TO ops; CREATE VIEW op AS SELECT * FROM ops", "lacks table op"},
	{"DROP VIEW operation; DROP VIEW hold; DROP INDEX op_by_lane; ALTER TABLE op DROP COLUMN "
	 "mode",
	 "no such column: mode"},
	{"PRAGMA user_version = 2", "schema version 2"},
	{"PRAGMA user_version = -7", "schema version -7"},
	{"PRAGMA application_id = 1", "is not a history"},
};

static void see_op(void *context, int lane, const struct op_row *op)
{
	(void)context, (void)lane, (void)op;
}

static void see_key(void *context, const struct key_row *key)
{
	(void)context, (void)key;
}

/* Whether a lane is loaded by itself or all are. */
static void try_nonsense(int i, bool foresees)
{
	static const struct history_viewer viewer = {see_op, see_key, NULL};
	const char *path = scratch_file(foresees ? "foreseen.db" : "history.db");
	struct error err = {0};
	struct history history;
	struct lane_history lane;
	sqlite3 *db;

	make_stale_write(path, true);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, nonsense[i].spoil, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	if (history_open(path, &history, &err) == 0) {
		ck_assert_msg((foresees && history_foresee_lanes(&history, &viewer, &err)) ||
				      history_load_lane(&history, 0, &lane, &err) == -1,
			      "accepted: %s", nonsense[i].spoil);
		history_close(&history);
	}
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, path) && strstr(err.text, nonsense[i].names), "%s",
		      err.text);
}
START_TEST(reader_refuses_nonsense_and_names_the_place)
{
	try_nonsense(_i, false);
	try_nonsense(_i, true);
}
END_TEST

static void write_file(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

START_TEST(reader_refuses_what_is_no_history)
{
	struct history history;
	struct error missing = {0}, text = {0}, empty = {0}, folder = {0}, torn = {0};
	const char *path = scratch_file("history.db");
	static char kept[200000];

	ck_assert_int_eq(history_open(path, &history, &missing), -1);
	ck_assert(strstr(missing.text, "No such file"));
	write_file(path,
		   "hello, I am a text, longer than a hundred bytes it need not be, but it is"
		   " so that SQLite looks at it as a whole header.",
		   120);
	ck_assert_int_eq(history_open(path, &history, &text), -1);
	ck_assert_msg(strstr(text.text, "no SQLite file") != NULL, "%s", text.text);
	write_file(path, "", 0);
	ck_assert_int_eq(history_open(path, &history, &empty), -1);
	ck_assert_msg(strstr(empty.text, "is not a history") != NULL, "%s", empty.text);
	ck_assert_int_eq(history_open("/tmp", &history, &folder), -1);
	ck_assert_int_eq(folder.code, EXIT_BAD_USAGE);
	ck_assert_str_eq(folder.text, "/tmp is a folder, not a history");
	unlink(path);
	make_stale_write(path, true);
	int fd = open(path, O_RDWR);
	ssize_t size = read(fd, kept, sizeof(kept));

	ck_assert_int_gt(size, 20000);
	ck_assert_int_eq(ftruncate(fd, size / 2), 0);
	close(fd);
	ck_assert_int_eq(history_open(path, &history, &torn), -1);
	ck_assert_int_eq(torn.code, EXIT_BAD_USAGE);
}
END_TEST

/* Opens and reads as a user who owns nothing. Returns the child's status: 0, or 1 with a text. */
static int read_as_nobody(const char *path)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct history history;
		struct lane_history lane;
		struct error err = {0};

		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(3);
		if (history_open(path, &history, &err) ||
		    history_load_lane(&history, 0, &lane, &err)) {
			fprintf(stderr, "%s\n", err.text);
			_exit(1);
		}
		_exit(sqlite3_db_readonly(history.db, "main") == 1 && lane.ops == 4 ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

START_TEST(reader_needs_no_permission_to_write)
{
	const char *path = scratch_file("history ?%#.db");
	const char *folder = scratch_file("");

	if (geteuid() != 0) {
		puts("SKIP reader_needs_no_permission_to_write: only root can become nobody");
		ck_assert_ptr_null(getenv("MUST_RUN"));
		return;
	}
	make_stale_write(path, _i == 0); /* unsealed: in WAL mode, but without a -wal */
	chmod(folder, 0555);
	ck_assert_int_eq(read_as_nobody(path), 0);
	chmod(folder, 0755);
}
END_TEST

/* Rows of a view, or -1 when it does not run. */
static int count_rows(sqlite3 *db, const char *view, char *first, size_t size)
{
	sqlite3_stmt *statement;
	char sql[64];
	int rows = 0, status;

	snprintf(sql, sizeof(sql), "SELECT * FROM %s", view);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	first[0] = '\0';
	while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
		for (int i = 0; rows == 0 && i < sqlite3_column_count(statement); i++) {
			const unsigned char *text = sqlite3_column_text(statement, i);
			size_t used = strlen(first);

			snprintf(first + used, size - used, "%s|", text ? (const char *)text : "-");
		}
		rows++;
	}
	sqlite3_finalize(statement);
	return status == SQLITE_DONE ? rows : -1;
}

static void store_one_violation(struct history *history)
{
	struct judgement judgement[2] = {{.subject = "none",
					  .arm = 0,
					  .verdict = VERDICT_UNSAFE,
					  .why = "1 stale write",
					  .exposures = 4,
					  .events = 1,
					  .rate = 0.25,
					  .rate_low = 0.01,
					  .rate_high = 0.8},
					 {.subject = "service",
					  .arm = -1,
					  .verdict = VERDICT_INCONCLUSIVE,
					  .why = "few",
					  .rate = NAN,
					  .rate_low = NAN,
					  .rate_high = NAN}};
	judgement_measure_nothing(&judgement[0]);
	judgement_measure_nothing(&judgement[1]);
	judgement[0].measure[MEASURE_GUARD_TESTS] = 0;
	judgement[0].measure[MEASURE_LEAST_MARGIN] = 996000000;
	struct violation violation[2] = {
		{.id = 1,
		 .name = VIOLATION_STALE_WRITE,
		 .arm = 0,
		 .lane = 0,
		 .definite = true,
		 .at_ns = 3002 * NS_PER_MS,
		 .summary = "w-0-0 wrote",
		 .evidences = 2,
		 .evidence = {{"attempt", 42, "holder"}, {"op", 43, "write"}}},
		{.id = 2,
		 .name = VIOLATION_DIVERGENCE,
		 .arm = -1,
		 .lane = -1,
		 .at_ns = 3003 * NS_PER_MS,
		 .summary = "members differ"}};
	struct verdicts verdicts = {
		.judgements = 2, .judgement = judgement, .violations = 2, .violation = violation};
	struct error err = {0};

	judgement[0].definite[VIOLATION_STALE_WRITE] = 17; /* of which one is kept */
	judgement[1].possible[VIOLATION_DIVERGENCE] = 1;
	judgement[0].exclusion[EXCLUSION_CLIENT] = (struct exclusion){EXCLUSION_FAILED, "T2", 9, 2};
	judgement[0].exclusion[EXCLUSION_SERVICE] =
		(struct exclusion){EXCLUSION_HELD, "T2 with leases", 9, 0};
	ck_assert_msg(verdicts_store(history, &verdicts, &err) == 0, "%s", err.text);
}

START_TEST(schema_views_give_the_rows_that_they_promise)
{
	static const struct {
		const char *view;
		int rows;
		const char *first;
	} views[] = {
		{"operation", 4, "4294967297|none/0|0|1|acquire|ok|0.01|0.012|2.0|-|-|-|-|5|0|-|"},
		{"hold", 2, "4294967297|0|0|0|1|71|lock/none/0/71|0|12000000|-|"},
		{"granted", 1, "0|lock/none/0/71|5|5|71|11000000|9|2500000000|"},
		{"applied", 2, "1|none/0|1|1|10|1|0|2.5105|"},
		{"story", 2,
		 "1|none|stale-write|definite|3.002|w-0-0 wrote|"
		 "holder = attempt 42; write = op 43|"},
	};
	const char *path = scratch_file("history.db");
	struct history history;
	char first[256];

	make_stale_write(path, true);
	open_history(path, &history);
	store_one_violation(&history);
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
		int rows = count_rows(history.db, views[i].view, first, sizeof(first));

		ck_assert_msg(rows == views[i].rows, "%s has %d rows", views[i].view, rows);
		ck_assert_str_eq(first, views[i].first);
	}
	history_close(&history);
}
END_TEST

START_TEST(verdicts_come_back_as_they_were_stored)
{
	const char *path = scratch_file("history.db");
	struct history history;
	struct verdicts loaded;
	struct error err = {0};

	make_stale_write(path, true);
	open_history(path, &history);
	ck_assert_int_eq(verdicts_load(&history, &loaded, &err), 0);
	ck_assert_int_eq(loaded.judgements, 0);
	store_one_violation(&history);
	store_one_violation(&history); /* replaces */
	history_close(&history);
	open_history(path, &history);
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.judgements, 2);
	ck_assert_str_eq(loaded.judgement[0].subject, "none");
	ck_assert_int_eq(loaded.judgement[0].verdict, VERDICT_UNSAFE);
	ck_assert(loaded.judgement[0].rate_high == 0.8);
	ck_assert_int_eq(loaded.judgement[0].measure[MEASURE_GUARD_TESTS], 0);
	ck_assert_int_eq(loaded.judgement[0].measure[MEASURE_LEAST_MARGIN], 996000000);
	ck_assert_int_eq(loaded.judgement[0].measure[MEASURE_OUTLIVED], MEASURE_NONE);
	ck_assert(judgement_is_guarded(&loaded.judgement[0]));
	ck_assert(!judgement_is_guarded(&loaded.judgement[1]));
	ck_assert_int_eq(loaded.judgement[0].definite[VIOLATION_STALE_WRITE], 17);
	const struct exclusion *client = &loaded.judgement[0].exclusion[EXCLUSION_CLIENT];

	ck_assert_int_eq(client->verdict, EXCLUSION_FAILED);
	ck_assert_str_eq(client->procedure, "T2");
	ck_assert_int_eq(client->holds, 9);
	ck_assert_int_eq(client->violations, 2);
	ck_assert_int_eq(loaded.judgement[0].exclusion[EXCLUSION_SERVICE].verdict, EXCLUSION_HELD);
	ck_assert_int_eq(loaded.judgement[1].exclusion[EXCLUSION_CLIENT].holds, 0);
	ck_assert_int_eq(loaded.judgement[1].arm, -1);
	ck_assert(isnan(loaded.judgement[1].rate));
	ck_assert_int_eq(loaded.judgement[1].possible[VIOLATION_DIVERGENCE], 1);
	ck_assert_int_eq(loaded.violations, 2);
	ck_assert_int_eq(loaded.violation[0].name, VIOLATION_STALE_WRITE);
	ck_assert(loaded.violation[0].definite);
	ck_assert_int_eq(loaded.violation[0].evidences, 2);
	ck_assert_str_eq(loaded.violation[0].evidence[1].part, "write");
	ck_assert_int_eq(loaded.violation[0].evidence[1].ref, 43);
	ck_assert_int_eq(loaded.violation[1].lane, -1);
	ck_assert_int_eq(loaded.violation[1].evidences, 0);
	verdicts_free(&loaded);
	ck_assert_int_eq(
		sqlite3_exec(history.db, "UPDATE verdict SET verdict = 'FINE'", NULL, NULL, NULL),
		SQLITE_OK);
	ck_assert_int_eq(verdicts_load(&history, &loaded, &err), -1);
	ck_assert_msg(strstr(err.text, "table verdict") != NULL, "%s", err.text);
	history_close(&history);
}
END_TEST

START_TEST(verdicts_of_a_file_from_before_the_table_exclusion_are_read_and_replaced)
{
	const char *path = scratch_file("history.db");
	struct history history;
	struct verdicts loaded;
	struct error err = {0};

	make_stale_write(path, true);
	open_history(path, &history);
	store_one_violation(&history);
	ck_assert_int_eq(sqlite3_exec(history.db, "DROP TABLE exclusion", NULL, NULL, NULL),
			 SQLITE_OK);
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_str_eq(loaded.judgement[0].exclusion[EXCLUSION_CLIENT].procedure, "");
	verdicts_free(&loaded);
	store_one_violation(&history);
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.judgement[0].exclusion[EXCLUSION_CLIENT].violations, 2);
	verdicts_free(&loaded);
	history_close(&history);
}
END_TEST

/* What is planted and what a fault does stood in their names once. */
START_TEST(a_file_from_before_planted_and_effect_says_it_by_names)
{
	const char *path = scratch_file("history.db");
	struct history history;
	struct error err = {0};
	sqlite3 *db;

	make_stale_write(path, true);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				      "DROP VIEW hold;"
				      "ALTER TABLE arm DROP COLUMN planted;"
				      "ALTER TABLE fault DROP COLUMN effect;"
				      "UPDATE arm SET recipe = 'broken-put', "
				      "settings = '{\"store\": \"ignores-tokens\"}';"
				      "UPDATE fault SET kind = 'kill-for-good'",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(history.arm[0].planted, PLANTED_CLIENT | PLANTED_STORE);
	ck_assert_int_eq(history.fault[0].effect, EFFECT_KILL);
	history_close(&history);
}
END_TEST

START_TEST(connections_and_the_worst_gap_are_read_and_older_files_have_none)
{
	const char *path = scratch_file("history.db");
	struct history history;
	struct error err = {0};
	sqlite3 *db;

	make_stale_write(path, true);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				      "INSERT INTO connection VALUES (1, 7, 2, 1, 40);"
				      "INSERT INTO run VALUES ('worst_gap_ns', 5000000), "
				      "('worst_gap_at_ns', 7)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(history.connections, 1);
	ck_assert_int_eq(history.connection[0].host, 1);
	ck_assert_int_eq(history.connection[0].failed, 2);
	ck_assert_int_eq(history.connection[0].retransmitted, 40);
	ck_assert_int_eq(history.worst_gap_ns, 5000000);
	history_close(&history);
	ck_assert_int_eq(sqlite3_exec(db, "UPDATE connection SET failed = -1", NULL, NULL, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(history_open(path, &history, &err), -1);
	ck_assert_msg(strstr(err.text, "connection") != NULL, "%s", err.text);
	ck_assert_int_eq(sqlite3_exec(db,
				      "DROP TABLE connection;"
				      "DELETE FROM run WHERE key LIKE 'worst%'",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	err = (struct error){0};
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(history.connections, 0);
	ck_assert_int_eq(history.worst_gap_ns, -1);
	history_close(&history);
}
END_TEST

START_TEST(verdict_and_violation_words_are_the_format)
{
	ck_assert_str_eq(verdict_word(VERDICT_SAFE), "SAFE");
	ck_assert_str_eq(verdict_word(VERDICT_BROKEN), "BROKEN");
	ck_assert_str_eq(violation_word(VIOLATION_OVERLAP), "overlap");
	ck_assert_str_eq(exclusion_level_word(EXCLUSION_SERVICE), "service");
	ck_assert_str_eq(exclusion_word(EXCLUSION_FAILED), "failed");
	ck_assert_str_eq(violation_word(VIOLATION_NOT_LINEARIZABLE), "not-linearizable");
	ck_assert_str_eq(function_name(F_LEASE_REVOKE), "lease-revoke");
	ck_assert_str_eq(outcome_name(OUTCOME_INFO), "info");
}
END_TEST

START_TEST(arena_gives_each_text_back_as_it_was)
{
	static char text[20000];
	struct arena *arena = arena_open();

	/* Each is the beginning of the one before, and many share a place in its memory. */
	memset(text, 'x', sizeof(text));
	for (size_t length = sizeof(text); length-- > 0;) {
		const char *copy = arena_text(arena, text, length);

		ck_assert_uint_eq(strlen(copy), length);
		ck_assert_int_eq(copy[length / 2], length ? 'x' : '\0');
		ck_assert_ptr_eq(arena_text(arena, text, length), copy);
	}
	arena_close(arena);
}
END_TEST

START_TEST(database_create_refuses_an_existing_file)
{
	const char *path = scratch_file("history.db");
	struct error err = {0};
	sqlite3 *db;

	write_file(path, "mine", 4);
	ck_assert_int_eq(database_create(path, &db, &err), -1);
	ck_assert_msg(strstr(err.text, "File exists") != NULL, "%s", err.text);
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_size, 4);
}
END_TEST

START_TEST(seal_leaves_one_file_and_refuses_while_somebody_writes)
{
	const char *path = scratch_file("history.db");
	char wal[320];
	struct error busy = {0}, err = {0};
	struct history history;
	sqlite3 *db;

	make_stale_write(path, false);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_exec(db, "UPDATE run SET value = 2 WHERE key = 'seed'", &err), 0);
	ck_assert_int_eq(access(wal, F_OK), 0);
	ck_assert_int_eq(database_seal(path, &busy), -1);
	sqlite3_close(db);
	ck_assert_msg(database_seal(path, &err) == 0, "%s", err.text);
	ck_assert_int_eq(access(wal, F_OK), -1);
	ck_assert_msg(database_seal(path, &err) == 0, "again: %s", err.text);
	open_history(path, &history);
	ck_assert(history.sealed);
	ck_assert_int_eq(history.seed, 2);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: database, reader, verdicts");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, reader_returns_what_the_small_tables_hold);
	tcase_add_test(tests, reader_returns_a_lane_in_order_with_absent_values);
	tcase_add_test(tests, reader_takes_an_unsealed_file_and_its_last_stamp_for_its_length);
	tcase_add_loop_test(tests, reader_refuses_nonsense_and_names_the_place, 0,
			    (int)(sizeof(nonsense) / sizeof(*nonsense)));
	tcase_add_test(tests, reader_refuses_what_is_no_history);
	tcase_add_loop_test(tests, reader_needs_no_permission_to_write, 0, 2);
	tcase_add_test(tests, schema_views_give_the_rows_that_they_promise);
	tcase_add_test(tests, verdicts_come_back_as_they_were_stored);
	tcase_add_test(tests,
		       verdicts_of_a_file_from_before_the_table_exclusion_are_read_and_replaced);
	tcase_add_test(tests, a_file_from_before_planted_and_effect_says_it_by_names);
	tcase_add_test(tests, connections_and_the_worst_gap_are_read_and_older_files_have_none);
	tcase_add_test(tests, verdict_and_violation_words_are_the_format);
	tcase_add_test(tests, arena_gives_each_text_back_as_it_was);
	tcase_add_test(tests, database_create_refuses_an_existing_file);
	tcase_add_test(tests, seal_leaves_one_file_and_refuses_while_somebody_writes);
	return suite_run(suite);
}
