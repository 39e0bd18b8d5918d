#include "history/episodes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "history/database.h"
#include "history/older.h"
#include "history/row.h"
#include "history/verdicts.h"

static const char *const end_words[] = {
#define X(name, text) text,
	FAILOVER_ENDS(X)
#undef X
};

/* Storing ------------------------------------------------------------------------------------- */

/* As in schema.sql; files from before there were such tables get them here. */
static const char tables[] =
	"CREATE TABLE IF NOT EXISTS failover (arm INTEGER NOT NULL, lane INTEGER NOT NULL, "
	"fault INTEGER NOT NULL, attempt INTEGER NOT NULL, to_ns INTEGER, ended TEXT NOT NULL, "
	"led_anew INTEGER);"
	"CREATE TABLE IF NOT EXISTS gap (arm INTEGER NOT NULL, lane INTEGER NOT NULL, "
	"from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS occasion (subject TEXT PRIMARY KEY, occasions INTEGER NOT "
	"NULL, harmed INTEGER NOT NULL, harmed_low REAL, harmed_high REAL, rate_low REAL, "
	"rate_high REAL) WITHOUT ROWID;"
	"DELETE FROM failover; DELETE FROM gap; DELETE FROM occasion";

static int step(sqlite3_stmt *row, struct error *err)
{
	int result =
		sqlite3_step(row) == SQLITE_DONE ? 0 : database_error(sqlite3_db_handle(row), err);

	sqlite3_reset(row);
	sqlite3_clear_bindings(row);
	return result;
}

static int store_failover(sqlite3_stmt *row, const struct verdicts *verdicts, int i,
			  struct error *err)
{
	const struct failover_row *failover = &verdicts->failover[i];

	CHECK((failover->end == FAILOVER_TAKEN) == (failover->to_ns != NEVER_NS));
	sqlite3_bind_int(row, 1, failover->arm);
	sqlite3_bind_int(row, 2, failover->lane);
	sqlite3_bind_int64(row, 3, failover->fault->id);
	sqlite3_bind_int64(row, 4, failover->attempt);
	if (failover->end == FAILOVER_TAKEN)
		sqlite3_bind_int64(row, 5, failover->to_ns);
	sqlite3_bind_text(row, 6, end_words[failover->end], -1, SQLITE_STATIC);
	if (failover->led != LED_UNKNOWN)
		sqlite3_bind_int(row, 7, failover->led == LED_ANEW);
	return step(row, err);
}

static int store_gap(sqlite3_stmt *row, const struct verdicts *verdicts, int i, struct error *err)
{
	const struct gap *gap = &verdicts->gap[i];

	sqlite3_bind_int(row, 1, gap->arm);
	sqlite3_bind_int(row, 2, gap->lane);
	sqlite3_bind_int64(row, 3, gap->from_ns);
	sqlite3_bind_int64(row, 4, gap->to_ns);
	return step(row, err);
}

/* SQLite stores a NAN as NULL. */
static int store_occasion(sqlite3_stmt *row, const struct verdicts *verdicts, int i,
			  struct error *err)
{
	const struct judgement *judged = &verdicts->judgement[i];
	const struct by_occasion *by = &judged->by_occasion;

	CHECK(by->harmed <= by->occasions);
	sqlite3_bind_text(row, 1, judged->subject, -1, SQLITE_STATIC);
	sqlite3_bind_int64(row, 2, by->occasions);
	sqlite3_bind_int64(row, 3, by->harmed);
	sqlite3_bind_double(row, 4, by->harmed_low);
	sqlite3_bind_double(row, 5, by->harmed_high);
	sqlite3_bind_double(row, 6, by->rate_low);
	sqlite3_bind_double(row, 7, by->rate_high);
	return step(row, err);
}

static int store_rows(sqlite3 *db, const char *sql, const struct verdicts *verdicts, int count,
		      int (*store)(sqlite3_stmt *, const struct verdicts *, int, struct error *),
		      struct error *err)
{
	sqlite3_stmt *row = NULL;
	int result = 0;

	if (count == 0)
		return 0;
	/* Not database_prepare: the file's tables may be anybody's. */
	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
		return database_error(db, err);
	for (int i = 0; i < count && result == 0; i++)
		result = store(row, verdicts, i, err);
	sqlite3_finalize(row);
	return result;
}

int episodes_store(sqlite3 *db, const struct verdicts *verdicts, struct error *err)
{
	if (database_exec(db, tables, err) ||
	    store_rows(db,
		       "INSERT INTO failover (arm, lane, fault, attempt, to_ns, ended, led_anew) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		       verdicts, verdicts->failovers, store_failover, err) ||
	    store_rows(db, "INSERT INTO gap (arm, lane, from_ns, to_ns) VALUES (?1, ?2, ?3, ?4)",
		       verdicts, verdicts->gaps, store_gap, err))
		return -1;
	return store_rows(db,
			  "INSERT INTO occasion (subject, occasions, harmed, harmed_low, "
			  "harmed_high, rate_low, rate_high) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			  verdicts, verdicts->judgements, store_occasion, err);
}

/* Loading ------------------------------------------------------------------------------------- */

static enum failover_end read_end(struct rows *rows)
{
	const char *word = rows_text(rows);

	for (int i = 0; i < FAILOVER_ENDS_COUNT; i++)
		if (strcmp(word, end_words[i]) == 0)
			return (enum failover_end)i;
	rows_refuse(rows, "an unknown word");
	return FAILOVER_UNWANTED;
}

static bool read_failover(const struct history *history, struct rows *rows,
			  struct failover_row *failover)
{
	failover->arm = (int)rows_int(rows, 0, history->arms - 1);
	failover->lane = (int)rows_int(rows, 0, history->lanes - 1);
	failover->fault = history_fault(history, rows_int(rows, INT64_MIN, INT64_MAX));
	failover->attempt = rows_int(rows, INT64_MIN, INT64_MAX);
	failover->to_ns = rows_ns_or(rows, NEVER_NS, 0);
	failover->end = read_end(rows);
	failover->led = (enum led)rows_int_or(rows, LED_UNKNOWN, 0, 1);
	bool taken = failover->end == FAILOVER_TAKEN;

	if (!failover->fault)
		rows_refuse(rows, "a failover without its fault");
	else if (taken != (failover->to_ns != NEVER_NS) ||
		 (taken && failover->to_ns < failover->fault->began_ns))
		rows_refuse(rows, "a failover that ends before its fault begins");
	return !rows->failed;
}

static int load_failovers(const struct history *history, struct verdicts *verdicts,
			  struct error *err)
{
	struct failover_row failover = {0};
	struct rows rows;

	if (!older_has_table(history->db, "failover"))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "failover",
		      "SELECT arm, lane, fault, attempt, to_ns, ended, led_anew FROM failover "
		      "ORDER BY rowid",
		      err))
		return -1;
	while (rows_next(&rows) && read_failover(history, &rows, &failover))
		*ROWS_APPEND(verdicts->failover, verdicts->failovers) = failover;
	return rows_close(&rows);
}

static int load_gaps(const struct history *history, struct verdicts *verdicts, struct error *err)
{
	struct rows rows;

	if (!older_has_table(history->db, "gap"))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "gap",
		      "SELECT arm, lane, from_ns, to_ns FROM gap ORDER BY rowid", err))
		return -1;
	while (rows_next(&rows)) {
		struct gap *gap = ROWS_ADD(verdicts->gap, verdicts->gaps);

		gap->arm = (int)rows_int(&rows, 0, history->arms - 1);
		gap->lane = (int)rows_int(&rows, 0, history->lanes - 1);
		gap->from_ns = rows_ns(&rows);
		gap->to_ns = rows_int(&rows, gap->from_ns, HISTORY_LAST_NS);
	}
	return rows_close(&rows);
}

static int load_occasions(const struct history *history, struct verdicts *verdicts,
			  struct error *err)
{
	struct rows rows;

	if (!older_has_table(history->db, "occasion"))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "occasion",
		      "SELECT subject, occasions, harmed, harmed_low, harmed_high, rate_low, "
		      "rate_high FROM occasion",
		      err))
		return -1;
	while (rows_next(&rows)) {
		const char *subject = rows_text(&rows);
		struct by_occasion by = {.occasions = rows_int(&rows, 0, INT64_MAX)};

		by.harmed = rows_int(&rows, 0, by.occasions);
		by.harmed_low = rows_real(&rows);
		by.harmed_high = rows_real(&rows);
		by.rate_low = rows_real(&rows);
		by.rate_high = rows_real(&rows);
		for (int i = 0; i < verdicts->judgements; i++)
			if (strcmp(verdicts->judgement[i].subject, subject) == 0)
				verdicts->judgement[i].by_occasion = by;
	}
	return rows_close(&rows);
}

int episodes_load(const struct history *history, struct verdicts *verdicts, struct error *err)
{
	return load_failovers(history, verdicts, err) || load_gaps(history, verdicts, err) ||
			       load_occasions(history, verdicts, err)
		       ? -1
		       : 0;
}

void episodes_free(struct verdicts *verdicts)
{
	free(verdicts->failover);
	free(verdicts->gap);
}
