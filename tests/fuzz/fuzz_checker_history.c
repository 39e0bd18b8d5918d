/*
 * A history from anybody: opened, its lanes and verdicts loaded, each text and number touched;
 * judged; and as a trace.
 *
 * Bytes from nothing rarely make a SQLite file. So an input that does not begin like one is a list
 * of patches to a good history: pairs of a place (3 bytes) and the byte to put there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/invariant.h"
#include "checker/checker.h"
#include "checker/holds/lane_trace.h"
#include "history/database.h"
#include "history/reader.h"
#include "history/verdicts.h"
#include "tests/fuzz/trace_round_trip.h"

enum { PATCH = 4 };

static char path[] = "/dev/shm/fuzz_checker_history-XXXXXX";
static unsigned char *good, *patched;
static size_t good_size;

static const char rows[] =
	"INSERT INTO run VALUES ('seed', 7), ('duration_ns', 100), ('name', 'x');"
	"INSERT INTO arm VALUES (0, 'none', 'etcd', 'lock', 'none', 'mutex', 1, 5000, 1000, 3, 10, "
	"0,"
	" 'any', 0, '{}');"
	"INSERT INTO lane VALUES (0, 0, 'none/0', 'l', 'r'), (1, 0, 'none/1', 'l', 'r');"
	"INSERT INTO host (id, name, role, address) VALUES (0, 'm1', 'member', '10.77.0.1');"
	"INSERT INTO process VALUES (1, 0, 'worker', 'w', 'lock', 0, 0, 0, 1, 9, 0, NULL, NULL);"
	"INSERT INTO op VALUES (4294967297, 1, 0, 0, 0, 4294967297, 3, 0, 1, 10, 20, 0, 5, 'k', 1,"
	" 2, 3, 50, NULL, NULL, NULL, NULL), (4294967298, 1, 0, 1, 0, 4294967297, 6, 0, 0, 30,"
	" NULL, NULL, 5, 'k', NULL, 2, NULL, 50, 1, 0, 9, 'lost');"
	"INSERT INTO key_event VALUES (1, 0, 0, 0, 3, 3, 5, 'k', 15);"
	"INSERT INTO decision VALUES (1, 4294967298, 0, 6, 1, 2, 2, 0, 1, 9, 31, 32, 'ok');"
	"INSERT INTO schedule VALUES (1, 'p', 5, '{\"kind\":\"pause\",\"when\":\"now\"}');"
	"INSERT INTO fault VALUES (1, 1, 'pause', 'stop', 'holder', 0, 0, 1, 4294967297, 0, 5, 6, "
	"7, 8, 1,"
	" 'd', 6);"
	"INSERT INTO proof VALUES (1, 1, 7, 1, 'state T', 1, NULL);"
	"INSERT INTO note VALUES (1, 9, NULL, 0, 't', 'text');"
	"INSERT INTO verdict VALUES ('none', 0, 'UNSAFE', 'why', 3, 1, 0.3, 0.1, 0.9);"
	"INSERT INTO tally VALUES ('none', 'stale-write', 1, 0);"
	"INSERT INTO violation VALUES (1, 'stale-write', 'none', 0, 0, 1, 31, 'summary');"
	"INSERT INTO evidence VALUES (1, 'op', 4294967298, 'write');";

static void write_file(const unsigned char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

/* After each input, since libFuzzer ends the process without atexit. */
static void remove_file(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

	for (int i = 0; i < 4; i++) {
		char name[sizeof(path) + 16];

		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct error err = {0};
	struct stat status;
	sqlite3 *db;
	int fd = mkstemp(path);

	(void)argc;
	(void)argv;
	CHECK(fd >= 0);
	close(fd);
	unlink(path);
	CHECK(database_create(path, &db, &err) == 0 && database_exec(db, rows, &err) == 0);
	sqlite3_close(db);
	CHECK(database_seal(path, &err) == 0 && stat(path, &status) == 0);
	good_size = (size_t)status.st_size;
	good = malloc(good_size);
	patched = malloc(good_size);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(good && patched && fd >= 0 && read(fd, good, good_size) == (ssize_t)good_size);
	close(fd);
	remove_file();
	return 0;
}

static void patch(const uint8_t *bytes, size_t size)
{
	memcpy(patched, good, good_size);
	for (size_t i = 0; i + PATCH <= size; i += PATCH) {
		size_t place = (size_t)bytes[i] << 16 | (size_t)bytes[i + 1] << 8 | bytes[i + 2];

		patched[place % good_size] = bytes[i + 3];
	}
	write_file(patched, good_size);
}

/* Reads what the loaded structures point to, so that the sanitizer sees what is not theirs. */
static size_t touch(const char *text)
{
	return text ? strlen(text) : 0;
}

static size_t load_all(struct history *history)
{
	struct verdicts verdicts;
	size_t touched = 0;

	for (int i = 0; i < history->lanes; i++) {
		struct error err = {0};
		struct lane_history lane;

		if (history_load_lane(history, i, &lane, &err)) {
			CHECK(err.code != EXIT_AS_EXPECTED && err.text[0]);
			continue;
		}
		for (int j = 0; j < lane.ops; j++)
			touched += touch(lane.op[j].key) + touch(lane.op[j].error) +
				   touch(function_name(lane.op[j].f)) +
				   touch(history->arm[history->lane[i].arm].name);
		history_free_lane(&lane);
	}
	struct error err = {0};

	if (verdicts_load(history, &verdicts, &err) == 0) {
		for (int i = 0; i < verdicts.violations; i++)
			touched += touch(violation_word(verdicts.violation[i].name));
		struct error stored = {0};

		verdicts_store(history, &verdicts, &stored);
		verdicts_free(&verdicts);
	}
	return touched + touch(history_text(history, "name"));
}

/* A text format takes times beyond 13 months for a wall clock's. */
static bool has_short_times(const struct trace *trace)
{
	for (uint32_t i = 0; i < trace->ops; i++)
		if (trace->op[i].invoked_ns > INT64_C(1) << 55 ||
		    trace->op[i].returned_ns > INT64_C(1) << 55)
			return false;
	return true;
}

static void judge(struct history *history)
{
	const struct checker_config config = {.min_exposures = 1, .violations_kept = 10};
	struct verdicts verdicts;
	struct error err = {0};

	if (checker_judge(history, &config, &verdicts, &err))
		CHECK(err.code != EXIT_AS_EXPECTED && err.text[0]);
	else
		verdicts_free(&verdicts);
}

static void import_trace(void)
{
	struct trace_source source = {.path = path, .format = TRACE_HISTORY, .in_parts = true};
	struct error err = {0};
	struct trace trace;

	if (holds_import_run(&source, EXCLUSION_SERVICE, &trace, &err)) {
		CHECK(err.code != EXIT_AS_EXPECTED && err.text[0] && !trace.op);
		return;
	}
	check_trace(&trace);
	if (has_short_times(&trace)) {
		check_round_trip(&trace, false);
		check_round_trip(&trace, true);
	}
	trace_free(&trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct history history;
	struct error err = {0};
	bool raw = size >= 16 && memcmp(bytes, "SQLite format 3", 16) == 0;

	if (raw)
		write_file(bytes, size);
	else
		patch(bytes, size);
	if (history_open(path, &history, &err)) {
		CHECK(err.code != EXIT_AS_EXPECTED && err.text[0]);
	} else {
		load_all(&history);
		judge(&history);
		history_close(&history);
	}
	import_trace();
	remove_file();
	return 0;
}
