/* A history with one row in each table, with a value of its own in each column. */
#ifndef HISTORY_ALL_COLUMNS_H
#define HISTORY_ALL_COLUMNS_H

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

static inline void execute(const char *sql)
{
	struct error err = {0};

	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s: %s", sql, err.text);
}

static inline void set_up(void)
{
	struct maker *maker = maker_open(path = scratch_file("history.db"));

	for (int i = 0; i < 2; i++)
		maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_close(maker, true);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
	execute(rows);
}

static inline void tear_down(void)
{
	sqlite3_close(db);
}

static inline void close_all(void)
{
	verdicts_free(&verdicts);
	history_free_lane(&lane);
	history_close(&history);
}

/* All that can be read; true when all was. */
static inline bool load_all(struct error *err)
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

static inline void load_soundly(void)
{
	struct error err = {0};

	ck_assert_msg(load_all(&err), "%s", err.text);
}

#endif
