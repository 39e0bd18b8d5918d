/*
 * Every column of a history by itself: its value comes back in its own field, its least and its
 * greatest value are read, what lies beyond is refused by name, and NULL is where it may be.
 */
#include <check.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "history/database.h"
#include "history/reader.h"
#include "history/row.h"
#include "history/verdicts.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* Process 3 of two; one row in each other table, with a value of its own in each column. */
static const char rows[] =
	"PRAGMA foreign_keys = OFF;"
	"INSERT INTO process (id, host, role, name, client, arm, lane, worker, incarnation, "
	"os_pid, "
	"started_ns, ended_ns, exit_status) VALUES (2, NULL, 'store', 'st', NULL, NULL, NULL, "
	"NULL, 1, 9, "
	"0, NULL, NULL), (3, 2, 'worker', 'w-1-0', 'lock', 1, 1, 4, 5, 6, 7, 8, -9);"
	"INSERT INTO op VALUES (12884901889, 3, 1, 1, 11, 12884901890, 4, 1, 1, 13, 14, 15, 16, "
	"'key17', "
	"18, 19, 20, 21, 22, 23, 24, 'error25');"
	"INSERT INTO key_event VALUES (31, 32, 1, 1, 34, 35, 36, 'key37', 38);"
	"INSERT INTO decision VALUES (41, 42, 1, 5, 1, 43, 44, 45, 46, 47, 48, 49, 'reason50');"
	"INSERT INTO schedule VALUES (51, 'block52', 53, "
	"'{\"kind\":\"kind54\",\"when\":\"when55\"}');"
	"INSERT INTO fault (id, schedule, kind, effect, target, arm, lane, process, attempt, host, "
	"planned_ns, length_ns, began_ns, ended_ns, bitten, detail, aimed_ns) VALUES (61, 51, "
	"'kind62', "
	"'load', 'target63', 1, 1, 64, 65, 2, 66, 67, 68, 69, 1, 'detail70', 71);"
	"INSERT INTO proof VALUES (81, 82, 83, 1, 'what84', 85, 'detail86');"
	"INSERT INTO note VALUES (91, 92, 93, 1, 'topic94', 'text95');"
	"INSERT INTO connection VALUES (2, 101, 102, 103, 104);"
	"INSERT INTO leader VALUES (111, 112, 113, 114);"
	"INSERT INTO run VALUES ('worst_gap_ns', 121), ('worst_gap_at_ns', 122), ('election_ms', "
	"123);"
	"UPDATE run SET value = 124 WHERE key = 'healed_ns';"
	"UPDATE run SET value = 125 WHERE key = 'duration_ns';"
	"UPDATE run SET value = 126 WHERE key = 'seed';"
	"UPDATE arm SET name = 'name131', service = 'service132', recipe = 'recipe133', "
	"guard = 'guard134', model = 'model135', permits = 136, ttl_ms = 137, heartbeat_ms = 138, "
	"retries = 139, acquire_timeout_ms = 140, acquire_within_ms = 141, expect = 'expect142', "
	"planted = 2, settings = '{\"a\":143}' WHERE id = 1;"
	"UPDATE lane SET name = 'name151', lock = 'lock152', resource = 'resource153' WHERE id = 1;"
	"UPDATE host SET name = 'name161', role = 'role162', address = 'address163' WHERE id = 1;"
	"INSERT INTO verdict VALUES ('name131', 1, 'UNSAFE', 'why171', 172, 173, 0.25, 0.125, 0.5);"
	"INSERT INTO tally VALUES ('name131', 'lost-update', 181, 182);"
	"INSERT INTO measure VALUES ('name131', 'outlived', 191);"
	"INSERT INTO exclusion VALUES ('name131', 'service', 'failed', 'T2', 201, 202);"
	"INSERT INTO violation VALUES (211, 'late-write', 'name131', 1, 1, 1, 212, 'summary213');"
	"INSERT INTO evidence (violation, kind, ref, part) VALUES (211, 'kind221', 222, 'part223');"
	"INSERT INTO coverage VALUES ('kind231', 'moment232', 233, 234, 230, 236, 237);";

static const char *path;
static sqlite3 *db;
static struct history history;
static struct lane_history lane;
static struct verdicts verdicts;

static void execute(const char *sql)
{
	struct error err = {0};

	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s: %s", sql, err.text);
}

static void set_up(void)
{
	struct maker *maker = maker_open(path = scratch_file("history.db"));

	for (int i = 0; i < 2; i++)
		maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_close(maker, true);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
	execute(rows);
}

static void tear_down(void)
{
	sqlite3_close(db);
}

static void close_all(void)
{
	verdicts_free(&verdicts);
	history_free_lane(&lane);
	history_close(&history);
}

/* All that can be read; true when all was. */
static bool load_all(struct error *err)
{
	if (history_open(path, &history, err))
		return false;
	if (history_load_lane(&history, 1, &lane, err)) {
		history_close(&history);
		return false;
	}
	if (verdicts_load(&history, &verdicts, err)) {
		history_free_lane(&lane);
		history_close(&history);
		return false;
	}
	return true;
}

static void load_soundly(void)
{
	struct error err = {0};

	ck_assert_msg(load_all(&err), "%s", err.text);
}

START_TEST(columns_of_the_campaign_come_back_in_their_fields)
{
	load_soundly();
	const struct arm_row *arm = &history.arm[1];

	ck_assert_int_eq(history.arms, 2);
	ck_assert_int_eq(arm->id, 1);
	ck_assert_str_eq(arm->name, "name131");
	ck_assert_str_eq(arm->service, "service132");
	ck_assert_str_eq(arm->recipe, "recipe133");
	ck_assert_str_eq(arm->guard, "guard134");
	ck_assert_str_eq(arm->model, "model135");
	ck_assert_int_eq(arm->permits, 136);
	ck_assert_int_eq(arm->ttl_ms, 137);
	ck_assert_int_eq(arm->heartbeat_ms, 138);
	ck_assert_int_eq(arm->retries, 139);
	ck_assert_int_eq(arm->acquire_timeout_ms, 140);
	ck_assert_int_eq(arm->acquire_within_ms, 141);
	ck_assert_str_eq(arm->expect, "expect142");
	ck_assert_uint_eq(arm->planted, 2);
	ck_assert_str_eq(arm->settings, "{\"a\":143}");
	ck_assert_int_eq(history.lane[1].id, 1);
	ck_assert_int_eq(history.lane[1].arm, 1);
	ck_assert_str_eq(history.lane[1].name, "name151");
	ck_assert_str_eq(history.lane[1].lock, "lock152");
	ck_assert_str_eq(history.lane[1].resource, "resource153");
	ck_assert_int_eq(history.host[1].id, 1);
	ck_assert_str_eq(history.host[1].name, "name161");
	ck_assert_str_eq(history.host[1].role, "role162");
	ck_assert_str_eq(history.host[1].address, "address163");
	ck_assert_int_eq(history.worst_gap_ns, 121);
	ck_assert_int_eq(history.worst_gap_at_ns, 122);
	ck_assert_int_eq(history.election_ms, 123);
	ck_assert_int_eq(history.healed_ns, 124);
	ck_assert_int_eq(history.duration_ns, 125);
	ck_assert_int_eq(history.seed, 126);
	ck_assert_str_eq(history.path, path);
	close_all();
}
END_TEST

START_TEST(columns_of_processes_and_faults_come_back_in_their_fields)
{
	load_soundly();
	const struct process_row *store = &history.process[0], *worker = &history.process[1];
	const struct fault_row *fault = &history.fault[0];

	ck_assert_int_eq(history.processes, 2);
	ck_assert(store->host == -1 && store->arm == -1 && store->lane == -1 &&
		  store->worker == -1);
	ck_assert_ptr_null(store->client);
	ck_assert_int_eq(store->ended_ns, NEVER_NS);
	ck_assert_int_eq(store->exit_status, 0);
	ck_assert_int_eq(worker->id, 3);
	ck_assert_int_eq(worker->host, 2);
	ck_assert_str_eq(worker->role, "worker");
	ck_assert_str_eq(worker->name, "w-1-0");
	ck_assert_str_eq(worker->client, "lock");
	ck_assert_int_eq(worker->arm, 1);
	ck_assert_int_eq(worker->lane, 1);
	ck_assert_int_eq(worker->worker, 4);
	ck_assert_int_eq(worker->incarnation, 5);
	ck_assert_int_eq(worker->os_pid, 6);
	ck_assert_int_eq(worker->started_ns, 7);
	ck_assert_int_eq(worker->ended_ns, 8);
	ck_assert_int_eq(worker->exit_status, -9);
	ck_assert_int_eq(history.schedule[0].id, 51);
	ck_assert_str_eq(history.schedule[0].block, "block52");
	ck_assert_str_eq(history.schedule[0].kind, "kind54");
	ck_assert_str_eq(history.schedule[0].when, "when55");
	ck_assert_int_eq(fault->id, 61);
	ck_assert_int_eq(fault->schedule, 51);
	ck_assert_str_eq(fault->kind, "kind62");
	ck_assert_int_eq(fault->effect, EFFECT_LOAD);
	ck_assert_str_eq(fault->target, "target63");
	ck_assert_int_eq(fault->arm, 1);
	ck_assert_int_eq(fault->lane, 1);
	ck_assert_int_eq(fault->process, 64);
	ck_assert_int_eq(fault->attempt, 65);
	ck_assert_int_eq(fault->host, 2);
	ck_assert_int_eq(fault->planned_ns, 66);
	ck_assert_int_eq(fault->length_ns, 67);
	ck_assert_int_eq(fault->began_ns, 68);
	ck_assert_int_eq(fault->ended_ns, 69);
	ck_assert(fault->bitten);
	ck_assert_str_eq(fault->detail, "detail70");
	ck_assert_str_eq(fault->when, "when55");
	ck_assert_int_eq(history.proof[0].fault, 82);
	ck_assert_int_eq(history.proof[0].at_ns, 83);
	ck_assert(history.proof[0].holds);
	ck_assert_str_eq(history.proof[0].what, "what84");
	ck_assert_int_eq(history.proof[0].count, 85);
	ck_assert_str_eq(history.proof[0].detail, "detail86");
	close_all();
}
END_TEST

START_TEST(columns_of_what_else_was_seen_come_back_in_their_fields)
{
	load_soundly();
	ck_assert_int_eq(history.note[0].at_ns, 92);
	ck_assert(history.note[0].breaks);
	ck_assert_str_eq(history.note[0].topic, "topic94");
	ck_assert_str_eq(history.note[0].text, "text95");
	ck_assert_int_eq(history.connection[0].host, 2);
	ck_assert_int_eq(history.connection[0].opened, 101);
	ck_assert_int_eq(history.connection[0].failed, 102);
	ck_assert_int_eq(history.connection[0].reset, 103);
	ck_assert_int_eq(history.connection[0].retransmitted, 104);
	ck_assert_int_eq(history.leader[0].at_ns, 111);
	ck_assert_int_eq(history.leader[0].member, 112);
	ck_assert_int_eq(history.leader[0].leader, 113);
	ck_assert_int_eq(history.leader[0].term, 114);
	close_all();
}
END_TEST

START_TEST(columns_of_a_lane_come_back_in_their_fields)
{
	load_soundly();
	const struct op_row *op = &lane.op[0];
	const struct key_row *key = &lane.key[0];
	const struct decision_row *decision = &lane.decision[0];

	ck_assert_int_eq(lane.ops, 1);
	ck_assert_int_eq(op->id, 12884901889);
	ck_assert_int_eq(op->process, 3);
	ck_assert_int_eq(op->worker, 11);
	ck_assert_int_eq(op->attempt, 12884901890);
	ck_assert_int_eq(op->f, 4);
	ck_assert_int_eq(op->mode, MODE_SHARED);
	ck_assert_int_eq(op->outcome, OUTCOME_OK);
	ck_assert_int_eq(op->invoked_ns, 13);
	ck_assert_int_eq(op->returned_ns, 14);
	ck_assert_int_eq(op->endpoint, 15);
	ck_assert_int_eq(op->lease, 16);
	ck_assert_str_eq(op->key, "key17");
	ck_assert_int_eq(op->ttl_ms, 18);
	ck_assert_int_eq(op->token, 19);
	ck_assert_int_eq(op->revision, 20);
	ck_assert_int_eq(op->safe_until_ns, 21);
	ck_assert_int_eq(op->version, 22);
	ck_assert_int_eq(op->base_version, 23);
	ck_assert_int_eq(op->value, 24);
	ck_assert_str_eq(op->error, "error25");
	ck_assert_int_eq(lane.keys, 1);
	ck_assert_int_eq(key->id, 31);
	ck_assert_int_eq(key->member, 32);
	ck_assert(key->deleted);
	ck_assert_int_eq(key->revision, 34);
	ck_assert_int_eq(key->create_revision, 35);
	ck_assert_int_eq(key->lease, 36);
	ck_assert_str_eq(key->key, "key37");
	ck_assert_int_eq(key->seen_ns, 38);
	ck_assert_int_eq(lane.decisions, 1);
	ck_assert_int_eq(decision->id, 41);
	ck_assert_int_eq(decision->op, 42);
	ck_assert_int_eq(decision->f, F_READ);
	ck_assert(decision->accepted);
	ck_assert_int_eq(decision->token, 43);
	ck_assert_int_eq(decision->greatest_token, 44);
	ck_assert_int_eq(decision->version_before, 45);
	ck_assert_int_eq(decision->version_after, 46);
	ck_assert_int_eq(decision->value, 47);
	ck_assert_int_eq(decision->arrived_ns, 48);
	ck_assert_int_eq(decision->decided_ns, 49);
	ck_assert_str_eq(decision->reason, "reason50");
	close_all();
}
END_TEST

START_TEST(columns_of_verdicts_come_back_in_their_fields)
{
	load_soundly();
	const struct judgement *judgement = &verdicts.judgement[0];
	const struct violation *violation = &verdicts.violation[0];
	const struct coverage_cell *cell = &verdicts.cell[0];

	ck_assert_str_eq(judgement->subject, "name131");
	ck_assert_int_eq(judgement->arm, 1);
	ck_assert_int_eq(judgement->verdict, VERDICT_UNSAFE);
	ck_assert_str_eq(judgement->why, "why171");
	ck_assert_int_eq(judgement->exposures, 172);
	ck_assert_int_eq(judgement->events, 173);
	ck_assert_double_eq(judgement->rate, 0.25);
	ck_assert_double_eq(judgement->rate_low, 0.125);
	ck_assert_double_eq(judgement->rate_high, 0.5);
	ck_assert_int_eq(judgement->definite[VIOLATION_LOST_UPDATE], 181);
	ck_assert_int_eq(judgement->possible[VIOLATION_LOST_UPDATE], 182);
	for (int i = 0; i < MEASURES_COUNT; i++)
		ck_assert_int_eq(judgement->measure[i], i == MEASURE_OUTLIVED ? 191 : MEASURE_NONE);
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].verdict, EXCLUSION_FAILED);
	ck_assert_str_eq(judgement->exclusion[EXCLUSION_SERVICE].procedure, "T2");
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].holds, 201);
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].violations, 202);
	ck_assert_int_eq(violation->id, 211);
	ck_assert_int_eq(violation->name, VIOLATION_LATE_WRITE);
	ck_assert_int_eq(violation->arm, 1);
	ck_assert_int_eq(violation->lane, 1);
	ck_assert(violation->definite);
	ck_assert_int_eq(violation->at_ns, 212);
	ck_assert_str_eq(violation->summary, "summary213");
	ck_assert_int_eq(violation->evidences, 1);
	ck_assert_str_eq(violation->evidence[0].kind, "kind221");
	ck_assert_int_eq(violation->evidence[0].ref, 222);
	ck_assert_str_eq(violation->evidence[0].part, "part223");
	ck_assert_str_eq(cell->kind, "kind231");
	ck_assert_str_eq(cell->moment, "moment232");
	ck_assert_int_eq(cell->planned, 233);
	ck_assert_int_eq(cell->injected, 234);
	ck_assert_int_eq(cell->bitten, 230);
	ck_assert_int_eq(cell->exposures, 236);
	ck_assert_int_eq(cell->violations, 237);
	close_all();
}
END_TEST

/* All rows of the verdicts' tables, a line each. */
static void dump_verdicts(char *text, size_t size)
{
	static const char *const tables[] = {"SELECT * FROM verdict",   "SELECT * FROM tally",
					     "SELECT * FROM measure",   "SELECT * FROM exclusion",
					     "SELECT * FROM violation", "SELECT * FROM evidence",
					     "SELECT * FROM coverage"};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		sqlite3_stmt *statement;

		ck_assert_int_eq(sqlite3_prepare_v2(db, tables[i], -1, &statement, NULL),
				 SQLITE_OK);
		while (sqlite3_step(statement) == SQLITE_ROW)
			for (int j = 0; j < sqlite3_column_count(statement); j++) {
				const unsigned char *value = sqlite3_column_text(statement, j);

				used += (size_t)snprintf(
					text + used, size - used, "%s%s",
					value ? (const char *)value : "-",
					j + 1 < sqlite3_column_count(statement) ? "|" : "\n");
			}
		sqlite3_finalize(statement);
	}
}

START_TEST(verdicts_that_were_loaded_are_stored_as_they_were)
{
	static char before[4096], after[4096];
	struct error err = {0};

	execute("INSERT INTO verdict VALUES ('service', NULL, 'SAFE', 'why', 5, 6, NULL, NULL, "
		"NULL);"
		"INSERT INTO tally VALUES ('service', 'ghost-grant', 0, 7);"
		"INSERT INTO violation VALUES (301, 'ghost-grant', 'service', NULL, NULL, 0, 302, "
		"'s');"
		"INSERT INTO evidence (violation, kind, ref, part) VALUES (301, 'k', 303, 'p');"
		"INSERT INTO evidence (violation, kind, ref, part) VALUES (301, 'l', 304, 'q')");
	dump_verdicts(before, sizeof(before));
	load_soundly();
	ck_assert_msg(verdicts_store(&history, &verdicts, &err) == 0, "%s", err.text);
	close_all();
	dump_verdicts(after, sizeof(after));
	ck_assert_str_eq(after, before);
	ck_assert_ptr_nonnull(strstr(after, "service|-|SAFE|why|5|6|-|-|-\n"));
}
END_TEST

/* Bounds -------------------------------------------------------------------------------------- */

enum { NUMBER_MAX = 1 << 20, MEMBER_MAX = 255 }; /* what whoever counts by it can bear */

#define ATTEMPTS_OF_3 (INT64_C(3) << 32)
#define ANY           INT64_MIN, INT64_MAX
#define COUNT         0, INT64_MAX
#define NS            0, HISTORY_LAST_NS

/* Of the row that is changed the other columns stay as above. */
static const struct bound {
	const char *table, *column;
	int64_t low, high;
	bool may_be_null;
} bounds[] = {
	{"arm", "permits", 1, NUMBER_MAX, false},
	{"arm", "ttl_ms", 0, INT_MAX, false},
	{"arm", "heartbeat_ms", 0, INT_MAX, false},
	{"arm", "retries", 0, INT_MAX, false},
	{"arm", "acquire_timeout_ms", 0, INT_MAX, false},
	{"arm", "acquire_within_ms", 0, INT_MAX, false},
	{"arm", "planted", 0, 3, false},
	{"process", "host", 0, 2, true},
	{"process", "arm", 0, 1, true},
	{"process", "lane", 0, 1, true},
	{"process", "worker", 0, NUMBER_MAX, true},
	{"process", "incarnation", 0, INT_MAX, false},
	{"process", "os_pid", 0, INT_MAX, false},
	{"process", "started_ns", 0, 8, false},
	{"process", "ended_ns", 7, HISTORY_LAST_NS, true},
	{"process", "exit_status", INT_MIN, INT_MAX, true},
	{"fault", "id", 1, INT_MAX, false},
	{"fault", "arm", 0, 1, true},
	{"fault", "lane", 0, 1, true},
	{"fault", "process", 1, INT_MAX, true},
	{"fault", "attempt", 1, INT64_MAX, true},
	{"fault", "host", 0, 2, true},
	{"fault", "planned_ns", NS, false},
	{"fault", "length_ns", NS, false},
	{"fault", "began_ns", 0, 69, false},
	{"fault", "ended_ns", 68, HISTORY_LAST_NS, true},
	{"fault", "bitten", 0, 1, true},
	{"proof", "fault", 1, INT_MAX, false},
	{"proof", "at_ns", NS, false},
	{"proof", "holds", 0, 1, false},
	{"proof", "count", ANY, true},
	{"note", "at_ns", NS, false},
	{"note", "breaks", 0, 1, false},
	{"connection", "host", 0, 2, false},
	{"connection", "opened", COUNT, false},
	{"connection", "failed", COUNT, false},
	{"connection", "reset", COUNT, false},
	{"connection", "retransmitted", COUNT, false},
	{"leader", "at_ns", NS, false},
	{"leader", "member", 0, NUMBER_MAX, false},
	{"leader", "leader", 0, NUMBER_MAX, true},
	{"leader", "term", COUNT, false},
	{"op", "worker", 0, NUMBER_MAX, false},
	{"op", "attempt", ATTEMPTS_OF_3, ATTEMPTS_OF_3 + UINT32_MAX, true},
	{"op", "f", F_LEASE_GRANT, F_LOSE, false},
	{"op", "mode", MODE_EXCLUSIVE, MODE_SHARED, false},
	{"op", "outcome", OUTCOME_INFO, OUTCOME_FAIL, false},
	{"op", "invoked_ns", 0, 14, false},
	{"op", "returned_ns", 13, HISTORY_LAST_NS, false},
	{"op", "endpoint", 0, MEMBER_MAX, true},
	{"op", "lease", ANY, true},
	{"op", "ttl_ms", 0, INT_MAX, true},
	{"op", "token", ANY, true},
	{"op", "revision", COUNT, true},
	{"op", "safe_until_ns", NS, true},
	{"op", "version", COUNT, true},
	{"op", "base_version", COUNT, true},
	{"op", "value", ANY, true},
	{"key_event", "id", 1, INT64_MAX, false},
	{"key_event", "member", 0, MEMBER_MAX, false},
	{"key_event", "deleted", 0, 1, false},
	{"key_event", "revision", 1, INT64_MAX, false},
	{"key_event", "create_revision", 1, INT64_MAX, true},
	{"key_event", "lease", ANY, true},
	{"key_event", "seen_ns", NS, false},
	{"decision", "id", 1, INT64_MAX, false},
	{"decision", "op", ANY, true},
	{"decision", "f", F_READ, F_WRITE, false},
	{"decision", "accepted", 0, 1, false},
	{"decision", "token", ANY, true},
	{"decision", "greatest_token", ANY, false},
	{"decision", "version_before", COUNT, false},
	{"decision", "version_after", COUNT, false},
	{"decision", "value", ANY, true},
	{"decision", "arrived_ns", 0, 49, false},
	{"decision", "decided_ns", 48, HISTORY_LAST_NS, false},
	{"verdict", "arm", 0, 1, true},
	{"verdict", "exposures", COUNT, false},
	{"verdict", "events", COUNT, false},
	{"tally", "definite", COUNT, false},
	{"tally", "possible", COUNT, false},
	{"measure", "value", COUNT, false},
	{"exclusion", "holds", COUNT, false},
	{"exclusion", "violations", COUNT, false},
	{"violation", "arm", 0, 1, true},
	{"violation", "lane", 0, 1, true},
	{"violation", "definite", 0, 1, false},
	{"violation", "at_ns", NS, false},
	{"coverage", "planned", COUNT, false},
	{"coverage", "injected", 230, INT64_MAX, false},
	{"coverage", "bitten", 0, 234, false},
	{"coverage", "exposures", COUNT, false},
	{"coverage", "violations", COUNT, false},
};

/* The table as it was, in another one that only this connection sees. */
static void save(const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "CREATE TEMP TABLE saved AS SELECT * FROM %s", table);
	execute(sql);
}

static void restore(const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		 "DELETE FROM %s; INSERT INTO %s SELECT * FROM saved; DROP TABLE saved", table,
		 table);
	execute(sql);
}

/* In the row of arm 1, of process 3, of the only one. */
static void set(const char *table, const char *column, const char *value)
{
	const char *where = "";
	char sql[256];

	if (strcmp(table, "arm") == 0 || strcmp(table, "lane") == 0 || strcmp(table, "host") == 0)
		where = " WHERE id = 1";
	if (strcmp(table, "process") == 0)
		where = " WHERE id = 3";
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s%s", table, column, value, where);
	execute(sql);
}

static void expect_loaded(const struct bound *bound, const char *value, bool is_sound)
{
	struct error err = {0};

	save(bound->table);
	set(bound->table, bound->column, value);
	bool loaded = load_all(&err);

	restore(bound->table);

	ck_assert_msg(loaded == is_sound, "%s.%s = %s: %s", bound->table, bound->column, value,
		      loaded ? "was read" : err.text);
	if (loaded) {
		close_all();
		return;
	}
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, bound->table) != NULL, "%s.%s: %s", bound->table,
		      bound->column, err.text);
}

static void expect_number(const struct bound *bound, int64_t number, bool is_sound)
{
	char value[32];

	if (number == INT64_MIN) /* no literal of SQL */
		expect_loaded(bound, "-9223372036854775807 - 1", is_sound);
	else {
		snprintf(value, sizeof(value), "%" PRId64, number);
		expect_loaded(bound, value, is_sound);
	}
}

/* The key of a table takes no text anyhow. */
static bool is_key(const struct bound *bound)
{
	return strcmp(bound->column, "id") == 0 ||
	       (strcmp(bound->table, "connection") == 0 && strcmp(bound->column, "host") == 0);
}

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

START_TEST(column_is_read_between_its_bounds_and_refused_beyond)
{
	for (const struct bound *bound = bounds; bound < bounds + COUNT_OF(bounds); bound++) {
		expect_number(bound, bound->low, true);
		expect_number(bound, bound->high, true);
		if (bound->low > INT64_MIN)
			expect_number(bound, bound->low - 1, false);
		if (bound->high < INT64_MAX)
			expect_number(bound, bound->high + 1, false);
		if (!is_key(bound))
			expect_loaded(bound, "'text'", false);
		if (bound->may_be_null)
			expect_loaded(bound, "NULL", true);
	}
}
END_TEST

static const struct {
	const char *table, *column;
	bool may_be_null;
} texts[] = {
	{"arm", "name", false},
	{"arm", "service", false},
	{"arm", "recipe", false},
	{"arm", "guard", false},
	{"arm", "model", false},
	{"arm", "expect", false},
	{"arm", "settings", false},
	{"lane", "name", false},
	{"lane", "lock", false},
	{"lane", "resource", false},
	{"host", "name", false},
	{"host", "role", false},
	{"host", "address", false},
	{"process", "role", false},
	{"process", "name", false},
	{"process", "client", true},
	{"schedule", "block", false},
	{"fault", "kind", false},
	{"fault", "target", false},
	{"fault", "detail", true},
	{"proof", "what", false},
	{"proof", "detail", true},
	{"note", "topic", false},
	{"note", "text", false},
	{"op", "key", true},
	{"op", "error", true},
	{"key_event", "key", false},
	{"decision", "reason", true},
	{"verdict", "why", false},
	{"exclusion", "procedure", false},
	{"violation", "summary", false},
	{"evidence", "part", false},
	{"coverage", "moment", false},
};

START_TEST(text_is_a_text)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const struct bound bound = {.table = texts[i].table, .column = texts[i].column};

		if (texts[i].may_be_null)
			expect_loaded(&bound, "NULL", true);
		expect_loaded(&bound, "x'00'", false);
	}
}
END_TEST

static const struct {
	const char *spoil, *complaint;
} words[] = {
	{"UPDATE verdict SET verdict = 'FINE'", "table verdict, row number 1: an unknown word"},
	{"UPDATE verdict SET rate = 'much'", "column rate: not a number"},
	{"UPDATE verdict SET rate_low = 'much'", "column rate_low: not a number"},
	{"UPDATE verdict SET rate_high = 'much'", "column rate_high: not a number"},
	{"UPDATE tally SET name = 'x'", "table tally, row number 1: an unknown word"},
	{"UPDATE tally SET subject = 'x'",
	 "table tally, row number 1: a subject without a verdict"},
	{"UPDATE measure SET name = 'x'", "table measure, row number 1: an unknown word"},
	{"UPDATE measure SET subject = 'x'", "a subject without a verdict"},
	{"UPDATE exclusion SET level = 'x'", "table exclusion, row number 1: an unknown word"},
	{"UPDATE exclusion SET verdict = 'x'", "table exclusion, row number 1: an unknown word"},
	{"UPDATE exclusion SET subject = 'x'", "a subject without a verdict"},
	{"UPDATE violation SET name = 'x'", "table violation, row with id 211: an unknown word"},
	/* numbers that others count by have no gaps */
	{"UPDATE arm SET id = -1 WHERE id = 0", "table arm, row with id -1, column id"},
	{"UPDATE arm SET id = 2 WHERE id = 1", "table arm, row with id 2, column id"},
	{"UPDATE lane SET id = -1 WHERE id = 0", "table lane, row with id -1, column id"},
	{"UPDATE lane SET id = 2 WHERE id = 1", "table lane, row with id 2, column id"},
	{"UPDATE lane SET arm = -1 WHERE id = 0", "table lane, row with id 0, column arm"},
	{"UPDATE lane SET arm = 2 WHERE id = 0", "table lane, row with id 0, column arm"},
	{"UPDATE host SET id = -1 WHERE id = 0", "table host, row with id -1, column id"},
	{"UPDATE host SET id = 3 WHERE id = 2", "table host, row with id 3, column id"},
	{"UPDATE decision SET lane = -1", "table decision, row with id 41: no such lane"},
	{"UPDATE decision SET lane = 2", "table decision, row with id 41: no such lane"},
	{"UPDATE key_event SET lane = -1", "table key_event, row with id 31: no such lane"},
	{"UPDATE key_event SET lane = 2", "table key_event, row with id 31: no such lane"},
	{"UPDATE op SET lane = -1", "table op, row with id 12884901889: no such lane"},
	{"UPDATE op SET lane = 2", "table op, row with id 12884901889: no such lane"},
	{"UPDATE op SET id = (7 << 32) + 1", "its id does not begin with its process"},
	{"UPDATE op SET attempt = (7 << 32) + 1", "its attempt does not begin with its process"},
	{"UPDATE op SET arm = 0", "its arm is not the arm of its lane"},
	{"UPDATE op SET process = 4", "no such process"},
	{"UPDATE op SET returned_ns = NULL", "it has an outcome but never returned"},
	{"DELETE FROM process", "no such process"},
	{"INSERT INTO evidence SELECT 211, 'k', 1, 'p' FROM op, (SELECT 1 UNION ALL SELECT 2 UNION "
	 "ALL "
	 "SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 "
	 "UNION "
	 "ALL SELECT 8)",
	 "more evidence than a violation can have"},
};

START_TEST(what_rows_say_of_one_another_is_held_to)
{
	struct error err = {0};

	execute(words[_i].spoil);
	ck_assert_msg(!load_all(&err), "read: %s", words[_i].spoil);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, words[_i].complaint) != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: columns");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, columns_of_the_campaign_come_back_in_their_fields);
	tcase_add_test(tests, columns_of_processes_and_faults_come_back_in_their_fields);
	tcase_add_test(tests, columns_of_what_else_was_seen_come_back_in_their_fields);
	tcase_add_test(tests, columns_of_a_lane_come_back_in_their_fields);
	tcase_add_test(tests, columns_of_verdicts_come_back_in_their_fields);
	tcase_add_test(tests, verdicts_that_were_loaded_are_stored_as_they_were);
	tcase_add_test(tests, column_is_read_between_its_bounds_and_refused_beyond);
	tcase_add_test(tests, text_is_a_text);
	tcase_add_loop_test(tests, what_rows_say_of_one_another_is_held_to, 0,
			    (int)COUNT_OF(words));
	return suite_run(suite);
}
