#include "history/database.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "history/event.h"

static const char schema_sql[] =
#include "history/schema.sql.h"
	;
static const char indexes_sql[] =
#include "history/indexes.sql.h"
	;

enum { APPLICATION_ID = 0x46454e43, BUSY_TIMEOUT_MS = 5000, LONGEST_VALUE = 64 << 20 };

static enum exit_code code_of(sqlite3 *db, int status)
{
	if (db && error_is_of_machine(sqlite3_system_errno(db)))
		return EXIT_MACHINE_LACKS;
	switch (status & 0xff) {
	case SQLITE_FULL:
	case SQLITE_NOMEM:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return EXIT_MACHINE_LACKS;
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* the SQL is right, so the schema is not: "no such column" */
	case SQLITE_CORRUPT:
	case SQLITE_TOOBIG:
		return EXIT_BAD_USAGE;
	}
	return EXIT_OUR_FAULT;
}

int database_error(sqlite3 *db, struct error *err)
{
	const char *path = sqlite3_db_filename(db, "main");
	int status = sqlite3_errcode(db);

	if ((status & 0xff) == SQLITE_NOTADB)
		return error_set(err, EXIT_BAD_USAGE, "%.300s is not a history (no SQLite file)",
				 path);
	return error_set(err, code_of(db, status), "%.300s: %.300s", path ? path : "history",
			 sqlite3_errmsg(db));
}

int database_exec(sqlite3 *db, const char *sql, struct error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : database_error(db, err);
}

sqlite3_stmt *database_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

	CHECK_MEMORY(status != SQLITE_NOMEM);
	if (status != SQLITE_OK)
		log_line("fencepost: %s: %s", sql, sqlite3_errmsg(db));
	CHECK(status == SQLITE_OK);
	return statement;
}

/* As a URI, each byte that is not plain escaped, so that a path with '?', '%' or a leading "file:"
 * or "//" names itself. */
static char *uri_of(const char *path, const char *parameters)
{
	char *uri = NULL;
	size_t size;
	FILE *out = text_begin(&uri, &size);

	fputs("file:", out);
	for (const char *c = path; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9') || strchr("-._", *c);

		fprintf(out, plain ? "%c" : "%%%02x", (unsigned char)*c);
	}
	fputs(parameters, out);
	text_end(out, &uri);
	return uri;
}

static int connect(const char *path, int flags, const char *parameters, sqlite3 **db,
		   struct error *err)
{
	_cleanup_free_ char *uri = uri_of(path, parameters);
	int status = sqlite3_open_v2(uri, db, flags | SQLITE_OPEN_URI, NULL);

	if (status != SQLITE_OK) {
		error_set(err, code_of(*db, status), "%.300s: %s", path,
			  *db ? sqlite3_errmsg(*db) : sqlite3_errstr(status));
		sqlite3_close(take(*db));
		return -1;
	}
	/* The file may come from anybody: nothing in its schema may act. */
	sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
	sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MS);
	return 0;
}

static int fill_words(sqlite3 *db, struct error *err)
{
	static const char words[] =
#define X(number, name, text) "INSERT INTO function VALUES (" #number ", '" text "');"
		HISTORY_FUNCTIONS(X)
#undef X
#define X(number, name, text) "INSERT INTO outcome VALUES (" #number ", '" text "');"
			HISTORY_OUTCOMES(X)
#undef X
		;

	return database_exec(db, words, err);
}

static int fill_schema(const char *path, struct error *err)
{
	sqlite3 *db;

	if (connect(path, SQLITE_OPEN_READWRITE, "", &db, err))
		return -1;
	/* Of pages twice the usual size there are half as many calls to read a table from end to
	 * end; of larger ones the many tables with a few rows take more than that is worth. */
	int result = database_exec(db,
				   "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; "
				   "PRAGMA synchronous = OFF; BEGIN",
				   err) ||
		     database_exec(db, schema_sql, err) || fill_words(db, err) ||
		     database_exec(db, "COMMIT", err);

	sqlite3_close(db);
	return result ? -1 : 0;
}

/* It is filled beside its name: whoever finds the name finds a history, whenever we are killed. */
/* Nobody asked for a file of his own that could be a bad one. */
static int of_machine(struct error *err)
{
	err->code = EXIT_MACHINE_LACKS;
	return -1;
}

int database_create(const char *path, sqlite3 **db, struct error *err)
{
	_cleanup_free_ char *beside = text_format("%s.new", path);

	*db = NULL;
	_cleanup_close_ int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return error_errno(err, EXIT_MACHINE_LACKS, "make %.300s", beside);
	if (fill_schema(beside, err) || file_take_name(beside, path, err)) {
		unlink(beside);
		return of_machine(err);
	}
	if (connect(path, SQLITE_OPEN_READWRITE, "", db, err))
		return of_machine(err);
	if (database_exec(*db, "PRAGMA synchronous = OFF", err)) {
		sqlite3_close(take(*db));
		return of_machine(err);
	}
	return 0;
}

static bool file_is_there(const char *path, const char *suffix)
{
	_cleanup_free_ char *beside = text_format("%s%s", path, suffix);
	return access(beside, F_OK) == 0;
}

/* A name that a link or a second name leads to another place is only read: the file may be
 * anybody's who made the folder, and the one that it leads to is not his to have written. (SQLite
 * itself follows no link at the names of its journals.) */
static bool may_write(const char *path)
{
	_cleanup_free_ char *copy = strdup(path); /* dirname writes into it */
	struct stat found;

	CHECK_MEMORY(copy);
	if (lstat(path, &found))
		return false;
	errno = S_ISLNK(found.st_mode) ? ELOOP : EMLINK;
	return S_ISREG(found.st_mode) && found.st_nlink == 1 && eaccess(path, W_OK) == 0 &&
	       eaccess(dirname(copy), W_OK | X_OK) == 0;
}

static int query_int(sqlite3 *db, const char *sql, int64_t *value, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	*value = 0;
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		*value = sqlite3_column_int64(statement, 0);
	int result = status == SQLITE_ROW ? 0 : database_error(db, err);

	sqlite3_finalize(statement);
	return result;
}

static int check_tables(sqlite3 *db, const char *path, struct error *err)
{
	static const char *const tables[] = {
		"run",  "function",  "outcome",   "arm",      "lane",  "host",  "process",
		"op",   "key_event", "decision",  "schedule", "fault", "proof", "link",
		"note", "verdict",   "violation", "evidence", "tally"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		char sql[160];
		int64_t found;

		/* A view or a virtual table of that name could do anything when it is read. */
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
			 "AND name = '%s' AND sql LIKE 'CREATE TABLE %%'",
			 tables[i]);
		if (query_int(db, sql, &found, err))
			return -1;
		if (found != 1)
			return error_set(err, EXIT_BAD_USAGE, "%.300s: the history lacks table %s",
					 path, tables[i]);
	}
	return 0;
}

static int check_format(sqlite3 *db, const char *path, struct error *err)
{
	int64_t application, version;

	if (query_int(db, "PRAGMA application_id", &application, err) ||
	    query_int(db, "PRAGMA user_version", &version, err))
		return -1;
	if (application != APPLICATION_ID)
		return error_set(err, EXIT_BAD_USAGE,
				 "%.300s is not a history (SQLite, but application_id is not "
				 "\"FENC\")",
				 path);
	if (version < 1 || version > HISTORY_SCHEMA_VERSION)
		return error_set(err, EXIT_BAD_USAGE,
				 "%.300s has schema version %" PRId64
				 ", this fencepost reads up to %d: use a newer fencepost",
				 path, version, HISTORY_SCHEMA_VERSION);
	return check_tables(db, path, err);
}

/*
 * A file in WAL mode can be read without writing only while its -wal and -shm lie beside it, or
 * when SQLite is told that nothing will change (immutable=1). The latter is true, and nothing is
 * missed, only where there is no -wal: a run that is being recorded, or was killed, has one.
 */
static int connect_read_only(const char *path, sqlite3 **db, struct error *err)
{
	int64_t version;
	struct error ignored = {0};

	if (connect(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, "", db, err))
		return -1;
	if (query_int(*db, "PRAGMA schema_version", &version, &ignored) == 0)
		return 0;
	int status = sqlite3_errcode(*db) & 0xff;

	if (status != SQLITE_CANTOPEN && status != SQLITE_READONLY)
		return 0; /* something else is wrong: check_format says what */
	sqlite3_close(take(*db));
	if (file_is_there(path, "-wal"))
		return error_set(err, EXIT_BAD_USAGE,
				 "%.300s was not sealed and its -wal cannot be read here: copy "
				 "both into a folder that can be written",
				 path);
	return connect(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, "?immutable=1", db, err);
}

int database_recognise(const char *path, bool *is_history, struct error *err)
{
	static const char magic[] = "SQLite format 3"; /* and a NUL */
	char head[sizeof(magic)] = "";
	struct stat status;

	*is_history = false;
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return 0;
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file)
		return error_errno(err, EXIT_BAD_USAGE, "open %.300s", path);
	*is_history =
		fread(head, sizeof(head), 1, file) == 1 && memcmp(head, magic, sizeof(magic)) == 0;
	return 0;
}

int database_open(const char *path, enum database_use use, sqlite3 **db, struct error *err)
{
	struct stat status;

	*db = NULL;
	if (access(path, R_OK) < 0 || stat(path, &status) < 0)
		return error_errno(err, EXIT_BAD_USAGE, "open %.300s", path);
	if (S_ISDIR(status.st_mode)) /* to SQLite, a disk that fails */
		return error_set(err, EXIT_BAD_USAGE, "%.300s is a folder, not a history", path);
	bool writes = may_write(path);

	if (use == DATABASE_WRITE && !writes)
		return error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", path);
	/* Who only reads does so in one thread, and asks for every value of every row: locks would
	 * be a tenth of the time. */
	if (writes ? connect(path,
			     SQLITE_OPEN_READWRITE |
				     (use == DATABASE_WRITE ? 0 : SQLITE_OPEN_NOMUTEX),
			     "", db, err)
		   : connect_read_only(path, db, err))
		return -1;
	if (check_format(*db, path, err)) {
		sqlite3_close(take(*db));
		return -1;
	}
	return 0;
}

/* The value is a text, or a number when the text is NULL. */
static int set(sqlite3 *db, const char *key, const char *text, int64_t number, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(
		db, "INSERT OR REPLACE INTO run (key, value) VALUES (?1, coalesce(?2, ?3))", -1,
		&statement, NULL);

	if (status == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 3, number);
		status = sqlite3_step(statement);
	}
	int result = status == SQLITE_DONE ? 0 : database_error(db, err);

	sqlite3_finalize(statement);
	return result;
}

int database_set_text(sqlite3 *db, const char *key, const char *value, struct error *err)
{
	return set(db, key, value, 0, err);
}

int database_set_int(sqlite3 *db, const char *key, int64_t value, struct error *err)
{
	return set(db, key, NULL, value, err);
}

/* The journal is folded in first, so that a seal that is cut short leaves an unsealed file. That
 * fails ("database is locked") while somebody else has the file open. */
static int seal(sqlite3 *db, struct error *err)
{
	if (database_exec(db, "PRAGMA journal_mode = DELETE", err))
		return -1;
	if (database_exec(db, "PRAGMA cache_size = -65536; PRAGMA analysis_limit = 1000; BEGIN",
			  err) ||
	    database_exec(db, indexes_sql, err) || database_exec(db, "ANALYZE", err) ||
	    database_set_int(db, "sealed", 1, err))
		return -1;
	return database_exec(db, "COMMIT", err);
}

int database_seal(const char *path, struct error *err)
{
	sqlite3 *db;

	if (database_open(path, DATABASE_WRITE, &db, err))
		return -1;
	int result = seal(db, err);

	sqlite3_close(db);
	return result;
}
