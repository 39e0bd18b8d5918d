/*
 * The file itself: made before anything starts, filled by the recorder, sealed when the run ends.
 * Times given here are absolute (CLOCK_MONOTONIC); the file holds them relative to run.start_ns.
 */
#ifndef HISTORY_DATABASE_H
#define HISTORY_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { HISTORY_SCHEMA_VERSION = 1 };

/* Makes the file with the schema of this version, in WAL mode; it must not exist. Until it is whole
 * it is called PATH.new. The caller closes with sqlite3_close. */
int database_create(const char *path, sqlite3 **db, struct error *err);

/* Whether a regular file begins as an SQLite database does: a run's history, which is opened by
 * database_open, and not somebody's trace. Pipes are left alone: what is read of them is gone.
 * Fails when it cannot be opened. */
int database_recognise(const char *path, bool *is_history, struct error *err);

/* Opens an existing history and checks application_id and version. To read, it is opened read-only
 * when the file or its folder cannot be written (sqlite3_db_readonly tells). */
enum database_use { DATABASE_READ, DATABASE_WRITE };
int database_open(const char *path, enum database_use use, sqlite3 **db, struct error *err);

/* run.key := value. */
int database_set_text(sqlite3 *db, const char *key, const char *value, struct error *err);
int database_set_int(sqlite3 *db, const char *key, int64_t value, struct error *err);

/* Runs SQL without results; the error names the file and quotes SQLite. */
int database_exec(sqlite3 *db, const char *sql, struct error *err);

/* Prepares a statement; a bug of ours (wrong SQL) aborts. */
sqlite3_stmt *database_prepare(sqlite3 *db, const char *sql);

/* Fills the error from SQLite's last one. */
int database_error(sqlite3 *db, struct error *err);

/* Indexes, sealed = 1, journal folded in: from here on it is one file, read-only by convention. */
int database_seal(const char *path, struct error *err);

#endif
