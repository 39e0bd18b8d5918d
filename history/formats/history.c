/*
 * A run's history.db as a trace of lock operations: each lane is an object, each attempt at its
 * lock an acquire, what proves that it was held, and one release. What becomes of which row, and
 * why, is told in docs/traces.md; the care is in what proves what:
 *
 * - etcd's unlock and revoke answer ok whether or not the key was still there. They end the hold
 *   for the worker, which stops believing when it asks. For the service an ok tells that the key
 *   was there until then only when the lease cannot have run out: within the safe deadline, or when
 *   the lease itself was revoked. In all other cases the release is open: "from here on, it may
 *   have ended".
 * - A renewal proves that the lease lives, and so the lock, only between the acquire's answer and
 *   the first request to give up. After an acquire that was not answered ok, the service may yet
 *   cancel it and delete the key under a lease that lives; then no renewal proves anything.
 * - A worker that was killed gives up by dying.
 *
 * Rows are read in the order of their ids, that is, process by process, and brought into the order
 * of time at the end (replay.c).
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/invariant.h"
#include "history/formats/formats.h"
#include "history/formats/replay.h"
#include "history/reader.h"
#include "history/row.h"

enum { NONE = TRACE_NEVER, PROGRESS_ROWS = 1 << 16 };

struct attempt {
	int64_t id, lease, acquired_ns; /* lease 0: not told; acquired_ns NEVER_NS: never */
	uint32_t acquire, release;      /* operations; NONE */
	bool doubtful;                  /* an acquire before the one that was ok was not */
};

struct importer {
	struct history history;
	struct trace_builder *builder;
	struct recording recording;
	uint32_t *object; /* of each lane; NONE */
	bool *honest;     /* of each lane: its client has no planted bug */
	uint64_t failed, ignored;

	/* The process at hand: its row (NULL: none), its attempts by id, its first operation. An
	 * attempt's number in the trace is that of the first one + its index. */
	const struct process_row *process;
	struct attempt *attempt;
	uint32_t attempts, room, first_number, first_op;
};

/* A row of the table op, as far as it is wanted. */
struct row {
	struct trace_op op; /* process, object, owner, times, token, mode, line */
	int64_t id, attempt, lease, ttl_ms, safe_until_ns;
	enum function f;
	enum outcome outcome;
	bool returned;
	bool honest;
};

static int compare_process(const void *id, const void *process)
{
	int left = *(const int *)id, right = ((const struct process_row *)process)->id;

	return (left > right) - (left < right);
}

static const struct process_row *find_process(const struct importer *importer, int id)
{
	const struct history *history = &importer->history;

	if (importer->process && importer->process->id == id)
		return importer->process;
	return history->processes > 0 ? bsearch(&id, history->process, (size_t)history->processes,
						sizeof(*history->process), compare_process)
				      : NULL;
}

static uint32_t object_of(struct importer *importer, int lane)
{
	if (importer->object[lane] == NONE)
		importer->object[lane] =
			trace_intern_object(importer->builder, importer->history.lane[lane].name);
	return importer->object[lane];
}

static void read_row(struct importer *importer, struct rows *rows, struct row *row)
{
	*row = (struct row){.id = rows_int(rows, 1, INT64_MAX)};
	row->op.process = (int32_t)rows_int(rows, 1, INT_MAX);
	row->op.owner = (uint32_t)row->op.process;
	row->op.line = (uint32_t)row->id;
	int lane = (int)rows_int(rows, 0, importer->history.lanes - 1);

	row->attempt = rows_int_or(rows, 0, 1, INT64_MAX);
	row->f = (enum function)rows_int(rows, F_LEASE_GRANT, F_LOSE);
	row->op.mode = (uint8_t)(rows_int(rows, MODE_EXCLUSIVE, MODE_SHARED) == MODE_SHARED
					 ? TRACE_SHARED
					 : TRACE_EXCLUSIVE);
	row->outcome = (enum outcome)rows_int(rows, OUTCOME_INFO, OUTCOME_FAIL);
	row->op.invoked_ns = rows_ns(rows);
	row->op.returned_ns = rows_ns_or(rows, NEVER_NS, row->op.invoked_ns);
	row->returned = row->op.returned_ns != NEVER_NS;
	row->lease = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	row->ttl_ms = rows_int_or(rows, 0, 0, INT_MAX);
	row->op.token = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	row->safe_until_ns = rows_ns_or(rows, 0, 0);
	if (rows->failed)
		return;
	if (row->outcome != OUTCOME_INFO && !row->returned)
		rows_refuse(rows, "it has an outcome but never returned");
	else if (!find_process(importer, row->op.process))
		rows_refuse(rows, "no such process");
	else if (row->id >> 32 != row->op.process)
		rows_refuse(rows, "its id does not begin with its process");
	else if (importer->recording.count > TRACE_OPS_MAX - 4)
		rows_refuse(rows, "more than 2^30 operations");
	else if (!(row->honest = importer->honest[lane]))
		importer->ignored++;
	else
		row->op.object = object_of(importer, lane);
}

/* What a process leaves --------------------------------------------------------------------- */

static int64_t released_ns(const struct importer *importer, const struct attempt *attempt)
{
	return attempt->release == NONE ? NEVER_NS
					: importer->recording.op[attempt->release].invoked_ns;
}

/* A release that nobody asked for, at the death of the process. */
static void release_by_death(struct importer *importer, struct attempt *attempt)
{
	struct trace_op op = importer->recording.op[attempt->acquire];

	op.f = TRACE_RELEASE;
	op.outcome = TRACE_OPEN;
	op.token = 0;
	op.returned_ns = 0;
	op.invoked_ns = importer->process->ended_ns > attempt->acquired_ns
				? importer->process->ended_ns
				: attempt->acquired_ns;
	attempt->release = recording_add(&importer->recording, &op);
}

/* What returned after the worker had asked to give up proves nothing; at equal times invocations
 * come first, so that it was after. */
static void drop_late_proofs(struct importer *importer)
{
	struct recording *recording = &importer->recording;
	uint32_t kept = importer->first_op;

	for (uint32_t i = importer->first_op; i < recording->count; i++) {
		const struct trace_op *op = &recording->op[i];
		const struct attempt *attempt =
			&importer->attempt[op->attempt - importer->first_number];

		if (op->f != TRACE_PROOF || op->returned_ns < released_ns(importer, attempt))
			recording->op[kept++] = *op;
	}
	recording->count = kept;
}

static void finish_process(struct importer *importer)
{
	if (!importer->process)
		return;
	if (importer->process->ended_ns != NEVER_NS)
		for (uint32_t i = 0; i < importer->attempts; i++)
			if (importer->attempt[i].acquired_ns != NEVER_NS &&
			    importer->attempt[i].release == NONE)
				release_by_death(importer, &importer->attempt[i]);
	drop_late_proofs(importer);
	importer->first_number += importer->attempts;
	importer->first_op = importer->recording.count;
	importer->attempts = 0;
}

/* Rows -------------------------------------------------------------------------------------- */

static struct attempt *add_attempt(struct importer *importer, int64_t id)
{
	if (importer->attempts == importer->room) {
		importer->room = importer->room ? 2 * importer->room : 256;
		importer->attempt =
			realloc(importer->attempt, importer->room * sizeof(*importer->attempt));
		CHECK(importer->attempt);
	}
	importer->attempt[importer->attempts] = (struct attempt){
		.id = id, .acquired_ns = NEVER_NS, .acquire = NONE, .release = NONE};
	return &importer->attempt[importer->attempts++];
}

static int compare_attempt(const void *id, const void *attempt)
{
	int64_t left = *(const int64_t *)id, right = ((const struct attempt *)attempt)->id;

	return (left > right) - (left < right);
}

/* Nearly always the last one; NULL when it should have begun before. */
static struct attempt *find_attempt(struct importer *importer, int64_t id)
{
	struct attempt *last =
		importer->attempts ? &importer->attempt[importer->attempts - 1] : NULL;

	if (last && last->id == id)
		return last;
	if (!last || last->id < id)
		return add_attempt(importer, id);
	return bsearch(&id, importer->attempt, importer->attempts, sizeof(*importer->attempt),
		       compare_attempt);
}

static uint32_t add_op(struct importer *importer, const struct attempt *attempt,
		       const struct row *row, enum trace_function f, enum trace_outcome outcome)
{
	struct trace_op op = row->op;

	op.f = (uint8_t)f;
	op.outcome = (uint8_t)outcome;
	op.attempt = importer->first_number + (uint32_t)(attempt - importer->attempt);
	if (outcome == TRACE_OPEN)
		op.returned_ns = 0;
	return recording_add(&importer->recording, &op);
}

/* Several tries of one attempt are one acquire: from the first that may have taken effect to the
 * first that is known to have. */
static void take_acquire(struct importer *importer, struct attempt *attempt, const struct row *row)
{
	bool ok = row->outcome == OUTCOME_OK;

	if (attempt->acquired_ns != NEVER_NS)
		return;
	if (row->outcome == OUTCOME_FAIL) {
		importer->failed++;
	} else if (attempt->acquire == NONE) {
		attempt->acquire =
			add_op(importer, attempt, row, TRACE_ACQUIRE, ok ? TRACE_OK : TRACE_OPEN);
	} else if (ok) {
		struct trace_op *op = &importer->recording.op[attempt->acquire];

		op->outcome = TRACE_OK;
		op->returned_ns = row->op.returned_ns;
		op->token = row->op.token;
	}
	if (ok) {
		attempt->acquired_ns = row->op.returned_ns;
		attempt->lease = row->lease;
	} else {
		attempt->doubtful = true;
	}
}

static void take_proof(struct importer *importer, struct attempt *attempt, const struct row *row)
{
	bool proves = row->f == F_TOKEN ? row->op.token != 0
					: row->ttl_ms > 0 && !attempt->doubtful &&
						  (!row->lease || row->lease == attempt->lease);

	if (row->outcome != OUTCOME_OK || !proves || row->op.invoked_ns <= attempt->acquired_ns)
		return;
	struct trace_op *acquire = &importer->recording.op[attempt->acquire];

	if (!acquire->token)
		acquire->token = row->op.token;
	add_op(importer, attempt, row, TRACE_PROOF, TRACE_OK);
}

static bool surely_ended(const struct attempt *attempt, const struct row *row)
{
	if (row->outcome != OUTCOME_OK || attempt->doubtful)
		return false;
	return row->f == F_LEASE_REVOKE ||
	       (row->f == F_RELEASE &&
		(!row->safe_until_ns || row->op.returned_ns <= row->safe_until_ns));
}

/* The worker gives up once: with the first request or decision. */
static void take_end(struct importer *importer, struct attempt *attempt, const struct row *row)
{
	bool ended = surely_ended(attempt, row);

	if (row->op.invoked_ns < attempt->acquired_ns ||
	    released_ns(importer, attempt) <= row->op.invoked_ns)
		return;
	if (attempt->release != NONE) { /* told late: the file is not ours */
		struct trace_op *op = &importer->recording.op[attempt->release];

		op->invoked_ns = row->op.invoked_ns;
		op->returned_ns = ended ? row->op.returned_ns : 0;
		op->outcome = ended ? TRACE_OK : TRACE_OPEN;
		return;
	}
	attempt->release =
		add_op(importer, attempt, row, TRACE_RELEASE, ended ? TRACE_OK : TRACE_OPEN);
}

static void take_row(struct importer *importer, struct rows *rows, const struct row *row)
{
	if (!importer->process || importer->process->id != row->op.process) {
		finish_process(importer);
		importer->process = find_process(importer, row->op.process);
	}
	if (!row->honest || !row->attempt)
		return;
	struct attempt *attempt = find_attempt(importer, row->attempt);

	if (!attempt) {
		rows_refuse(rows, "its attempt begins after a later one");
		return;
	}
	switch (row->f) {
	case F_ACQUIRE:
		take_acquire(importer, attempt, row);
		break;
	case F_KEEPALIVE:
	case F_TOKEN:
		take_proof(importer, attempt, row);
		break;
	case F_RELEASE:
	case F_LEASE_REVOKE:
	case F_LOSE:
		take_end(importer, attempt, row);
		break;
	case F_LEASE_GRANT:
	case F_READ:
	case F_WRITE:
		break;
	}
}

/* Bytes, as far as the processes tell. */
static void tell_progress(const struct importer *importer, const struct trace_source *source,
			  int64_t size)
{
	const struct history *history = &importer->history;
	int64_t place = importer->process ? importer->process - history->process : 0;

	if (source->progress && history->processes)
		source->progress(source->context,
				 (int64_t)((double)size * (double)place / history->processes),
				 size);
}

static int read_rows(struct importer *importer, const struct trace_source *source, int64_t size,
		     struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, importer->history.db, NULL, "op",
		      "SELECT id, process, lane, attempt, f, mode, outcome, invoked_ns, "
		      "returned_ns, lease, ttl_ms, token, safe_until_ns FROM op "
		      "WHERE f NOT IN (1, 5, 6) ORDER BY id", /* lease-grant, read, write */
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct row row;

		read_row(importer, &rows, &row);
		if (!rows.failed)
			take_row(importer, &rows, &row);
		if (rows.count % PROGRESS_ROWS == 0)
			tell_progress(importer, source, size);
	}
	if (rows_close(&rows))
		return -1;
	finish_process(importer);
	if (source->progress)
		source->progress(source->context, size, size);
	return 0;
}

/* Exports are UTF-8, and names are all that they take over. */
static int check_names(const struct history *history, const char *path, struct error *err)
{
	for (int i = 0; i < history->lanes; i++) {
		const char *name = history->lane[i].name;
		struct scan scan = scan_of((struct slice){name, strlen(name)});

		while (scan.at < scan.end) {
			if ((unsigned char)*scan.at < 0x80)
				scan.at++;
			else if (!scan_utf8(&scan))
				return error_set(err, EXIT_BAD_USAGE,
						 "%.300s: table lane, row with id %d, column name: "
						 "not UTF-8",
						 path, i);
		}
	}
	return 0;
}

static void prepare_lanes(struct importer *importer)
{
	const struct history *history = &importer->history;
	size_t lanes = (size_t)history->lanes;

	importer->object = malloc((lanes + 1) * sizeof(*importer->object));
	importer->honest = malloc((lanes + 1) * sizeof(*importer->honest));
	CHECK(importer->object && importer->honest);
	for (size_t i = 0; i < lanes; i++) {
		const struct arm_row *arm = &history->arm[history->lane[i].arm];

		importer->object[i] = NONE;
		importer->honest[i] = !(arm->planted & PLANTED_CLIENT);
	}
}

static int64_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : status.st_size;
}

int import_history(const struct trace_source *source, struct trace *trace, struct error *err)
{
	struct importer importer = {.first_number = 1};

	if (strcmp(source->path, "-") == 0)
		return error_set(err, EXIT_BAD_USAGE,
				 "standard input: a history.db is read from a file only");
	if (history_open(source->path, &importer.history, err))
		return -1;
	importer.builder = trace_begin("history");
	prepare_lanes(&importer);
	int result = check_names(&importer.history, source->path, err)
			     ? -1
			     : read_rows(&importer, source, size_of(source->path), err);

	history_close(&importer.history);
	free(importer.object);
	free(importer.honest);
	free(importer.attempt);
	if (!result)
		recording_replay(&importer.recording, importer.builder);
	recording_free(&importer.recording);
	trace_end(importer.builder, trace);
	trace->left_out = importer.failed;
	trace->ignored = importer.ignored;
	trace->has_owners = true;
	if (result)
		trace_free(trace);
	return result;
}
