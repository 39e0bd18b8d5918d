#include "history/verdicts.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/database.h"
#include "history/older.h"
#include "history/row.h"

static const char *const verdict_words[] = {
	[VERDICT_SAFE] = "SAFE",
	[VERDICT_UNSAFE] = "UNSAFE",
	[VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
	[VERDICT_BROKEN] = "BROKEN",
};

static const char *const measure_words[] = {
#define X(name, text) text,
	MEASURES(X)
#undef X
};

static const char *const exclusion_level_words[] = {
#define X(name, text) text,
	EXCLUSION_LEVELS(X)
#undef X
};

static const char *const exclusion_words[] = {
	[EXCLUSION_UNKNOWN] = "unknown",
	[EXCLUSION_HELD] = "held",
	[EXCLUSION_FAILED] = "failed",
};

static const char *const never_words[] = {
#define X(name, text) text,
	NEVER_WORDS(X)
#undef X
};

enum { EXCLUSION_VERDICTS = sizeof(exclusion_words) / sizeof(*exclusion_words) };
enum { VERDICTS = sizeof(verdict_words) / sizeof(*verdict_words) };

const char *verdict_word(enum verdict verdict)
{
	return verdict_words[verdict];
}

enum match verdict_match(enum verdict verdict, const char *expected)
{
	bool any = strcmp(expected, "any") == 0;
	bool safe = strcmp(expected, "safe") == 0;

	switch (verdict) {
	case VERDICT_BROKEN:
		return MATCH_BROKEN;
	case VERDICT_INCONCLUSIVE:
		return any ? MATCH_MET : MATCH_UNTOLD;
	case VERDICT_SAFE:
		return any || safe ? MATCH_MET : MATCH_MISSED;
	case VERDICT_UNSAFE:
		return any || !safe ? MATCH_MET : MATCH_MISSED;
	}
	return MATCH_BROKEN;
}

enum match judgement_match(const struct judgement *judgement, const char *expected)
{
	enum match match = verdict_match(judgement->verdict, expected);
	bool late = judgement->measure[MEASURE_LATE_ACQUIRES] > 0;

	return late && match != MATCH_BROKEN ? MATCH_MISSED : match;
}

const char *measure_word(enum measure measure)
{
	return measure_words[measure];
}

const char *exclusion_level_word(enum exclusion_level level)
{
	return exclusion_level_words[level];
}

const char *exclusion_word(enum exclusion_verdict verdict)
{
	return exclusion_words[verdict];
}

enum never coverage_never(const struct coverage_cell *cell)
{
	if (cell->bitten)
		return NEVER_NOTHING;
	if (cell->injected)
		return NEVER_BITTEN;
	return cell->planned ? NEVER_INJECTED : NEVER_NOTHING;
}

const char *never_word(enum never never)
{
	return never_words[never];
}

/* Storing ------------------------------------------------------------------------------------- */

static const char subject_service[] = "service";

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement, struct error *err)
{
	/* Not database_prepare: the file's tables may be anybody's. */
	return sqlite3_prepare_v2(db, sql, -1, statement, NULL) == SQLITE_OK
		       ? 0
		       : database_error(db, err);
}

static int run(sqlite3_stmt *statement, struct error *err)
{
	int status = sqlite3_step(statement);
	int result = status == SQLITE_DONE ? 0 : database_error(sqlite3_db_handle(statement), err);

	sqlite3_reset(statement);
	return result;
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
	sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

static void bind_unless_negative(sqlite3_stmt *statement, int column, int number)
{
	if (number < 0)
		sqlite3_bind_null(statement, column);
	else
		sqlite3_bind_int(statement, column, number);
}

static int store_tally(sqlite3_stmt *statement, const struct judgement *judgement,
		       struct error *err)
{
	bind_text(statement, 1, judgement->subject);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		if (judgement->definite[name] + judgement->possible[name] == 0)
			continue;
		bind_text(statement, 2, violation_words[name]);
		sqlite3_bind_int64(statement, 3, judgement->definite[name]);
		sqlite3_bind_int64(statement, 4, judgement->possible[name]);
		if (run(statement, err))
			return -1;
	}
	return 0;
}

static int store_exclusion(sqlite3_stmt *statement, const struct judgement *judgement,
			   struct error *err)
{
	bind_text(statement, 1, judgement->subject);
	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
		const struct exclusion *exclusion = &judgement->exclusion[level];

		if (!*exclusion->procedure)
			continue;
		bind_text(statement, 2, exclusion_level_words[level]);
		bind_text(statement, 3, exclusion_words[exclusion->verdict]);
		bind_text(statement, 4, exclusion->procedure);
		sqlite3_bind_int64(statement, 5, exclusion->holds);
		sqlite3_bind_int64(statement, 6, exclusion->violations);
		if (run(statement, err))
			return -1;
	}
	return 0;
}

static int store_judgement(sqlite3_stmt *statement, const struct judgement *judgement,
			   struct error *err)
{
	bind_text(statement, 1, judgement->subject);
	bind_unless_negative(statement, 2, judgement->arm);
	bind_text(statement, 3, verdict_words[judgement->verdict]);
	bind_text(statement, 4, judgement->why);
	sqlite3_bind_int64(statement, 5, judgement->exposures);
	sqlite3_bind_int64(statement, 6, judgement->events);
	/* SQLite stores a NAN as NULL. */
	sqlite3_bind_double(statement, 7, judgement->rate);
	sqlite3_bind_double(statement, 8, judgement->rate_low);
	sqlite3_bind_double(statement, 9, judgement->rate_high);
	return run(statement, err);
}

static int store_violation(sqlite3_stmt *statement, const struct history *history,
			   const struct violation *violation, struct error *err)
{
	sqlite3_bind_int64(statement, 1, violation->id);
	bind_text(statement, 2, violation_words[violation->name]);
	bind_text(statement, 3,
		  violation->arm < 0 ? subject_service : history->arm[violation->arm].name);
	bind_unless_negative(statement, 4, violation->arm);
	bind_unless_negative(statement, 5, violation->lane);
	sqlite3_bind_int(statement, 6, violation->definite);
	sqlite3_bind_int64(statement, 7, violation->at_ns);
	bind_text(statement, 8, violation->summary);
	return run(statement, err);
}

static int store_evidence(sqlite3_stmt *statement, const struct violation *violation,
			  struct error *err)
{
	CHECK(violation->evidences >= 0 && violation->evidences <= EVIDENCE_MAX);
	sqlite3_bind_int64(statement, 1, violation->id);
	for (int i = 0; i < violation->evidences; i++) {
		bind_text(statement, 2, violation->evidence[i].kind);
		sqlite3_bind_int64(statement, 3, violation->evidence[i].ref);
		bind_text(statement, 4, violation->evidence[i].part);
		if (run(statement, err))
			return -1;
	}
	return 0;
}

static int store_measures(sqlite3_stmt *statement, const struct judgement *judgement,
			  struct error *err)
{
	bind_text(statement, 1, judgement->subject);
	for (int i = 0; i < MEASURES_COUNT; i++) {
		if (judgement->measure[i] == MEASURE_NONE)
			continue;
		bind_text(statement, 2, measure_words[i]);
		sqlite3_bind_int64(statement, 3, judgement->measure[i]);
		if (run(statement, err))
			return -1;
	}
	return 0;
}

static int store_judgements(sqlite3 *db, const struct verdicts *verdicts, struct error *err)
{
	sqlite3_stmt *row = NULL, *tally = NULL, *measure = NULL, *exclusion = NULL;
	int result =
		prepare(db,
			"INSERT INTO verdict (subject, arm, verdict, why, exposures, events, "
			"rate, rate_low, rate_high) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
			&row, err);

	if (result == 0)
		result = prepare(db,
				 "INSERT INTO tally (subject, name, definite, possible) "
				 "VALUES (?1, ?2, ?3, ?4)",
				 &tally, err);
	if (result == 0)
		result = prepare(db,
				 "INSERT INTO measure (subject, name, value) VALUES (?1, ?2, ?3)",
				 &measure, err);
	if (result == 0)
		result = prepare(db,
				 "INSERT INTO exclusion (subject, level, verdict, procedure, "
				 "holds, violations) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
				 &exclusion, err);
	for (int i = 0; i < verdicts->judgements && result == 0; i++) {
		result = store_judgement(row, &verdicts->judgement[i], err);
		if (result == 0)
			result = store_tally(tally, &verdicts->judgement[i], err);
		if (result == 0)
			result = store_measures(measure, &verdicts->judgement[i], err);
		if (result == 0)
			result = store_exclusion(exclusion, &verdicts->judgement[i], err);
	}
	sqlite3_finalize(row);
	sqlite3_finalize(tally);
	sqlite3_finalize(measure);
	sqlite3_finalize(exclusion);
	return result;
}

static int store_violations(const struct history *history, const struct verdicts *verdicts,
			    struct error *err)
{
	sqlite3_stmt *row = NULL, *evidence = NULL;
	int result =
		prepare(history->db,
			"INSERT INTO violation (id, name, subject, arm, lane, definite, at_ns, "
			"summary) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			&row, err);

	if (result == 0)
		result = prepare(history->db,
				 "INSERT INTO evidence (violation, kind, ref, part) "
				 "VALUES (?1, ?2, ?3, ?4)",
				 &evidence, err);
	for (int i = 0; i < verdicts->violations && result == 0; i++) {
		result = store_violation(row, history, &verdicts->violation[i], err);
		if (result == 0)
			result = store_evidence(evidence, &verdicts->violation[i], err);
	}
	sqlite3_finalize(row);
	sqlite3_finalize(evidence);
	return result;
}

static int store_cells(sqlite3 *db, const struct verdicts *verdicts, struct error *err)
{
	sqlite3_stmt *row = NULL;
	int result =
		prepare(db,
			"INSERT INTO coverage (kind, moment, planned, injected, bitten, exposures, "
			"violations) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			&row, err);

	for (int i = 0; i < verdicts->cells && result == 0; i++) {
		const struct coverage_cell *cell = &verdicts->cell[i];

		bind_text(row, 1, cell->kind);
		bind_text(row, 2, cell->moment);
		sqlite3_bind_int64(row, 3, cell->planned);
		sqlite3_bind_int64(row, 4, cell->injected);
		sqlite3_bind_int64(row, 5, cell->bitten);
		sqlite3_bind_int64(row, 6, cell->exposures);
		sqlite3_bind_int64(row, 7, cell->violations);
		result = run(row, err);
	}
	sqlite3_finalize(row);
	return result;
}

/* The tables that came later than version 1; a file from before gets them here. As in schema.sql.
 */
static const char later_tables[] =
	"CREATE TABLE IF NOT EXISTS exclusion (subject TEXT NOT NULL, level TEXT NOT NULL, "
	"verdict TEXT NOT NULL, procedure TEXT NOT NULL, holds INTEGER NOT NULL, "
	"violations INTEGER NOT NULL, PRIMARY KEY (subject, level)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS measure (subject TEXT NOT NULL, name TEXT NOT NULL, "
	"value INTEGER NOT NULL, PRIMARY KEY (subject, name)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS coverage (kind TEXT NOT NULL, moment TEXT NOT NULL, "
	"planned INTEGER NOT NULL, injected INTEGER NOT NULL, bitten INTEGER NOT NULL, "
	"exposures INTEGER NOT NULL, violations INTEGER NOT NULL, "
	"PRIMARY KEY (kind, moment)) WITHOUT ROWID";

int verdicts_store(struct history *history, const struct verdicts *verdicts, struct error *err)
{
	if (history_end_snapshot(history, err))
		return -1;
	if (sqlite3_db_readonly(history->db, "main"))
		return 0;
	if (database_exec(history->db, "BEGIN IMMEDIATE", err))
		return -1;
	if (database_exec(history->db, later_tables, err) == 0 &&
	    database_exec(history->db,
			  "DELETE FROM verdict; DELETE FROM tally; DELETE FROM measure; "
			  "DELETE FROM exclusion; "
			  "DELETE FROM evidence; DELETE FROM violation; DELETE FROM coverage",
			  err) == 0 &&
	    store_judgements(history->db, verdicts, err) == 0 &&
	    store_violations(history, verdicts, err) == 0 &&
	    store_cells(history->db, verdicts, err) == 0 &&
	    episodes_store(history->db, verdicts, err) == 0 &&
	    database_exec(history->db, "COMMIT", err) == 0)
		return 0;
	sqlite3_exec(history->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

/* Loading ------------------------------------------------------------------------------------- */

/* The number of the next column's word, or 0 with an error. */
static int read_word(struct rows *rows, const char *const *words, int count)
{
	const char *text = rows_text(rows);

	for (int i = 0; i < count; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	rows_refuse(rows, "an unknown word");
	return 0;
}

/* An arm's number for its judgements and violations, -1 for the service's. */
static int read_arm(struct rows *rows, const struct history *history)
{
	return (int)rows_int_or(rows, -1, 0, history->arms - 1);
}

static int load_judgements(const struct history *history, struct verdicts *verdicts,
			   struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "verdict",
		      "SELECT subject, arm, verdict, why, exposures, events, rate, rate_low, "
		      "rate_high FROM verdict ORDER BY arm IS NULL, arm, subject",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct judgement *judgement = ROWS_ADD(verdicts->judgement, verdicts->judgements);

		text_copy(judgement->subject, sizeof(judgement->subject), rows_text(&rows));
		judgement->arm = read_arm(&rows, history);
		judgement->verdict = (enum verdict)read_word(&rows, verdict_words, VERDICTS);
		text_copy(judgement->why, sizeof(judgement->why), rows_text(&rows));
		judgement->exposures = rows_int(&rows, 0, INT64_MAX);
		judgement->events = rows_int(&rows, 0, INT64_MAX);
		judgement->rate = rows_real(&rows);
		judgement->rate_low = rows_real(&rows);
		judgement->rate_high = rows_real(&rows);
		judgement_measure_nothing(judgement);
	}
	return rows_close(&rows);
}

static struct judgement *find_subject(const struct verdicts *verdicts, const char *subject)
{
	for (int i = 0; i < verdicts->judgements; i++)
		if (strcmp(verdicts->judgement[i].subject, subject) == 0)
			return &verdicts->judgement[i];
	return NULL;
}

static int load_tallies(const struct history *history, struct verdicts *verdicts, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "tally",
		      "SELECT subject, name, definite, possible FROM tally", err))
		return -1;
	while (rows_next(&rows)) {
		struct judgement *judgement = find_subject(verdicts, rows_text(&rows));
		int name = read_word(&rows, violation_words, VIOLATION_NAMES_COUNT);

		if (judgement) {
			judgement->definite[name] = rows_int(&rows, 0, INT64_MAX);
			judgement->possible[name] = rows_int(&rows, 0, INT64_MAX);
		} else {
			rows_refuse(&rows, "a subject without a verdict");
		}
	}
	return rows_close(&rows);
}

static int load_measures(const struct history *history, struct verdicts *verdicts,
			 struct error *err)
{
	struct rows rows;

	if (!older_has_table(history->db, "measure")) /* judged before there was such a table */
		return 0;
	if (rows_open(&rows, history->db, history->arena, "measure",
		      "SELECT subject, name, value FROM measure", err))
		return -1;
	while (rows_next(&rows)) {
		struct judgement *judgement = find_subject(verdicts, rows_text(&rows));
		int name = read_word(&rows, measure_words, MEASURES_COUNT);

		if (judgement)
			judgement->measure[name] = rows_int(&rows, 0, INT64_MAX);
		else
			rows_refuse(&rows, "a subject without a verdict");
	}
	return rows_close(&rows);
}

static int load_exclusions(const struct history *history, struct verdicts *verdicts,
			   struct error *err)
{
	struct rows rows;

	if (!older_has_table(history->db, "exclusion")) /* judged before there was such a table */
		return 0;
	if (rows_open(&rows, history->db, history->arena, "exclusion",
		      "SELECT subject, level, verdict, procedure, holds, violations "
		      "FROM exclusion",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct judgement *judgement = find_subject(verdicts, rows_text(&rows));
		int level = read_word(&rows, exclusion_level_words, EXCLUSION_LEVELS_COUNT);
		struct exclusion exclusion = {0};

		exclusion.verdict = (enum exclusion_verdict)read_word(&rows, exclusion_words,
								      EXCLUSION_VERDICTS);
		text_copy(exclusion.procedure, sizeof(exclusion.procedure), rows_text(&rows));
		exclusion.holds = rows_int(&rows, 0, INT64_MAX);
		exclusion.violations = rows_int(&rows, 0, INT64_MAX);
		if (judgement)
			judgement->exclusion[level] = exclusion;
		else
			rows_refuse(&rows, "a subject without a verdict");
	}
	return rows_close(&rows);
}

static int load_violations(const struct history *history, struct verdicts *verdicts,
			   struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "violation",
		      "SELECT id, name, arm, lane, definite, at_ns, summary FROM violation "
		      "ORDER BY at_ns, id",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct violation *violation = ROWS_ADD(verdicts->violation, verdicts->violations);

		violation->id = rows_int(&rows, 0, INT64_MAX);
		violation->name = (enum violation_name)read_word(&rows, violation_words,
								 VIOLATION_NAMES_COUNT);
		violation->arm = read_arm(&rows, history);
		violation->lane = (int)rows_int_or(&rows, -1, 0, history->lanes - 1);
		violation->definite = rows_int(&rows, 0, 1);
		violation->at_ns = rows_ns(&rows);
		text_copy(violation->summary, sizeof(violation->summary), rows_text(&rows));
	}
	return rows_close(&rows);
}

/* Comes in the order of the violations, so that one walk over them finds each one's. */
static int load_evidence(const struct history *history, struct verdicts *verdicts,
			 struct error *err)
{
	struct violation *violation = verdicts->violation;
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "evidence",
		      "SELECT violation, evidence.kind, ref, part FROM violation "
		      "JOIN evidence ON evidence.violation = violation.id "
		      "ORDER BY violation.at_ns, violation.id, evidence.rowid",
		      err))
		return -1;
	while (rows_next(&rows)) {
		int64_t id = rows_int(&rows, INT64_MIN, INT64_MAX);

		while (violation < verdicts->violation + verdicts->violations &&
		       violation->id != id)
			violation++;
		if (violation == verdicts->violation + verdicts->violations ||
		    violation->evidences == EVIDENCE_MAX) {
			rows_refuse(&rows, "more evidence than a violation can have");
			break;
		}
		struct evidence *evidence = &violation->evidence[violation->evidences++];

		evidence->kind = rows_text(&rows);
		evidence->ref = rows_int(&rows, INT64_MIN, INT64_MAX);
		evidence->part = rows_text(&rows);
	}
	return rows_close(&rows);
}

static int load_cells(const struct history *history, struct verdicts *verdicts, struct error *err)
{
	struct rows rows;

	if (!older_has_table(history->db, "coverage")) /* judged before there was such a table */
		return 0;
	if (rows_open(&rows, history->db, history->arena, "coverage",
		      "SELECT kind, moment, planned, injected, bitten, exposures, violations "
		      "FROM coverage ORDER BY kind, moment",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct coverage_cell *cell = ROWS_ADD(verdicts->cell, verdicts->cells);

		cell->kind = rows_text(&rows);
		cell->moment = rows_text(&rows);
		cell->planned = rows_int(&rows, 0, INT64_MAX);
		cell->injected = rows_int(&rows, 0, INT64_MAX);
		cell->bitten = rows_int(&rows, 0, cell->injected);
		cell->exposures = rows_int(&rows, 0, INT64_MAX);
		cell->violations = rows_int(&rows, 0, INT64_MAX);
	}
	return rows_close(&rows);
}

int verdicts_load(const struct history *history, struct verdicts *verdicts, struct error *err)
{
	*verdicts = (struct verdicts){0};
	if (load_judgements(history, verdicts, err) || load_tallies(history, verdicts, err) ||
	    load_measures(history, verdicts, err) || load_exclusions(history, verdicts, err) ||
	    load_violations(history, verdicts, err) || load_evidence(history, verdicts, err) ||
	    load_cells(history, verdicts, err) || episodes_load(history, verdicts, err)) {
		verdicts_free(verdicts);
		return -1;
	}
	return 0;
}

void verdicts_free(struct verdicts *verdicts)
{
	free(verdicts->judgement);
	free(verdicts->violation);
	free(verdicts->cell);
	episodes_free(verdicts);
	*verdicts = (struct verdicts){0};
}
