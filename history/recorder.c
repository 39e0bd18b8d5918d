/*
 * Theory of operation. Every TICK_NS all rings are drained into one transaction, ring 0 first,
 * which is the conductor's and tells who each process is. An invocation waits in memory (`open`, by
 * op.id) for its return; then one row is inserted. At the commit the ones that are still under way
 * are inserted as they stand, and updated when they return.
 *
 * A worker may be heard before the conductor's word on who it is has arrived. So the rule: an
 * operation becomes a row, at its return or at a commit, when its process is known; until then it
 * waits, complete or not. Whatever waits at the end is lost and breaks the run.
 *
 * The lock on the file is held only while events are written, not during the wait for the next
 * tick, so that the conductor can write too. Nothing is synced to the disk: a recorder that is
 * killed loses nothing that it handed to the kernel; only a machine that loses power would, and its
 * run is lost anyway.
 */
#include "history/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The keys are op.id: one multiplication (Knuth, TAOCP 3, 6.4) spreads them. */
#define HASH_FUNCTION(key, length, hash)                                                           \
	((hash) = (unsigned)((uint64_t) * (const int64_t *)(key)*0x9e3779b97f4a7c15 >> 32))

#include "base/clock.h"
#include "base/hash_table.h"
#include "base/invariant.h"
#include "base/pulse.h"
#include "history/database.h"
#include "history/writer.h"

#define TICK_NS       (5 * NS_PER_MS)
#define DRAIN_END_NS  (60 * NS_PER_S) /* to empty the rings after the stop */
#define DRAIN_AT_ONCE 256             /* events copied out of a ring; stays in the cache */

enum {
	TURN_MAX = 16384,      /* events of one ring before the others have their turn */
	OPEN_MAX = 1 << 20,    /* operations waiting; bounds the memory to about 600 MB */
	PROCESS_MAX = 1 << 17, /* process.id */
};

struct open_op {
	int64_t id;
	bool in_file;
	bool complete; /* `returned` is filled, only the process is not known */
	struct event invoked, returned;
	UT_hash_handle hh; /* also the chain of the spare ones, by hh.next */
};

struct recorder {
	const struct recorder_config *config;
	sqlite3 *db;
	struct writer writer;
	struct open_op *open, *spare;
	struct place *place;   /* by process.id */
	int32_t *last_process; /* by ring: who was last heard in it */
	uint32_t *ops;         /* by process.id: the greatest number of its operations */
	bool in_transaction;
	int64_t commit_due_ns;
	int64_t returns_alone, invoked_twice, too_many_open, process_unknown, left_in_rings;
	int64_t unknown_op; /* an example */
	struct event buffer[DRAIN_AT_ONCE];
};

/* False while nobody has told that the process is a worker. */
static bool find_place(const struct recorder *recorder, int32_t process, struct place *place)
{
	if (process <= 0 || process >= PROCESS_MAX)
		return false;
	*place = recorder->place[process];
	return place->lane >= 0;
}

static void learn_place(struct recorder *recorder, const struct process_event *process)
{
	if (!process->ended && process->id > 0 && process->id < PROCESS_MAX)
		recorder->place[process->id] =
			(struct place){process->arm, process->lane, process->worker};
}

/* Operations ---------------------------------------------------------------------------------- */

static struct open_op *find_open(struct recorder *recorder, const struct event *event)
{
	int64_t id = (int64_t)event->process << 32 | event->op.seq;
	struct open_op *found;

	HASH_FIND(hh, recorder->open, &id, sizeof(id), found);
	return found;
}

static void add_open(struct recorder *recorder, const struct event *invoked)
{
	struct open_op *op = recorder->spare;

	if (HASH_COUNT(recorder->open) >= OPEN_MAX) {
		recorder->too_many_open++;
		return;
	}
	if (op)
		recorder->spare = op->hh.next;
	else
		op = malloc(sizeof(*op));
	CHECK_MEMORY(op);
	op->id = (int64_t)invoked->process << 32 | invoked->op.seq;
	op->in_file = op->complete = false;
	op->invoked = *invoked;
	HASH_ADD(hh, recorder->open, id, sizeof(op->id), op);
}

static void forget_open(struct recorder *recorder, struct open_op *op)
{
	HASH_DELETE(hh, recorder->open, op);
	op->hh.next = recorder->spare;
	recorder->spare = op;
}

static int write_open(struct recorder *recorder, struct open_op *op, struct place place,
		      const struct event *returned, struct error *err)
{
	if (writer_op(&recorder->writer, &op->invoked, returned, place, op->in_file, err))
		return -1;
	op->in_file = true;
	if (returned)
		forget_open(recorder, op);
	return 0;
}

static int take_return(struct recorder *recorder, const struct event *returned, struct error *err)
{
	struct open_op *op = find_open(recorder, returned);
	struct place place;

	if (!op || op->complete) {
		recorder->returns_alone++;
		return 0;
	}
	if (find_place(recorder, returned->process, &place))
		return write_open(recorder, op, place, returned, err);
	op->complete = true;
	op->returned = *returned;
	return 0;
}

static int take_event(struct recorder *recorder, const struct event *event, struct error *err)
{
	if (event->kind == EVENT_RETURN)
		return take_return(recorder, event, err);
	if (event->kind == EVENT_INVOKE) {
		if (event->process > 0 && event->process < PROCESS_MAX &&
		    event->op.seq > recorder->ops[event->process])
			recorder->ops[event->process] = event->op.seq;
		if (find_open(recorder, event))
			recorder->invoked_twice++;
		else
			add_open(recorder, event);
		return 0;
	}
	if (event->kind == EVENT_PROCESS)
		learn_place(recorder, &event->started);
	return writer_event(&recorder->writer, event, err);
}

/* What waits and can be written, is. */
static int write_waiting(struct recorder *recorder, struct error *err)
{
	struct open_op *op, *next;
	struct place place;

	HASH_ITER (hh, recorder->open, op, next) {
		if (op->in_file || !find_place(recorder, op->invoked.process, &place))
			continue;
		if (write_open(recorder, op, place, op->complete ? &op->returned : NULL, err))
			return -1;
	}
	return 0;
}

/* Batches ------------------------------------------------------------------------------------- */

static int begin(struct recorder *recorder, struct error *err)
{
	if (recorder->in_transaction)
		return 0;
	if (database_exec(recorder->db, "BEGIN IMMEDIATE", err))
		return -1;
	recorder->in_transaction = true;
	recorder->commit_due_ns = clock_now_ns() + recorder->config->batch_ms * NS_PER_MS;
	return 0;
}

static int commit(struct recorder *recorder, struct error *err)
{
	if (!recorder->in_transaction)
		return 0;
	if (write_waiting(recorder, err) || database_exec(recorder->db, "COMMIT", err))
		return -1;
	recorder->in_transaction = false;
	return 0;
}

/* One ring's turn; *drained grows by what it gave. */
static int drain_ring(struct recorder *recorder, int index, uint64_t *drained, struct error *err)
{
	struct ring *ring = area_ring(recorder->config->area, index);
	struct live *live = area_live(recorder->config->area);

	for (uint32_t turn = 0, count; turn < TURN_MAX; turn += count) {
		pulse_beat(recorder->config->pulse);
		count = ring_drain(ring, recorder->buffer, DRAIN_AT_ONCE);
		if (count == 0)
			return 0;
		if (begin(recorder, err))
			return -1;
		for (uint32_t i = 0; i < count; i++)
			if (take_event(recorder, &recorder->buffer[i], err))
				return -1;
		recorder->last_process[index] = recorder->buffer[count - 1].process;
		*drained += count;
		atomic_fetch_add(&live->recorded, count);
		if (clock_now_ns() >= recorder->commit_due_ns && commit(recorder, err))
			return -1;
	}
	return 0;
}

static int drain_rings(struct recorder *recorder, uint64_t *drained, struct error *err)
{
	*drained = 0;
	for (int i = 0; i < area_rings(recorder->config->area); i++)
		if (drain_ring(recorder, i, drained, err))
			return -1;
	return commit(recorder, err);
}

static int record_until_stopped(struct recorder *recorder, struct error *err)
{
	uint64_t drained;

	while (!atomic_load(recorder->config->stop)) {
		int64_t next_ns = clock_now_ns() + TICK_NS;

		if (drain_rings(recorder, &drained, err))
			return -1;
		clock_sleep_until_ns(next_ns);
	}
	int64_t end_ns = clock_now_ns() + DRAIN_END_NS;

	do {
		if (drain_rings(recorder, &drained, err))
			return -1;
	} while (drained > 0 && clock_now_ns() < end_ns);
	recorder->left_in_rings = (int64_t)drained;
	return 0;
}

/* Losses -------------------------------------------------------------------------------------- */

static int note_loss(struct recorder *recorder, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int note_loss(struct recorder *recorder, struct error *err, const char *format, ...)
{
	struct event event = {.kind = EVENT_NOTE,
			      .at_ns = clock_now_ns(),
			      .note = {.breaks = 1, .topic = "recorder"}};
	va_list args;

	va_start(args, format);
	vsnprintf(event.note.text, sizeof(event.note.text), format, args);
	va_end(args);
	return writer_event(&recorder->writer, &event, err);
}

static int note_full_rings(struct recorder *recorder, struct error *err)
{
	for (int i = 0; i < area_rings(recorder->config->area); i++) {
		uint64_t lost = ring_lost(area_ring(recorder->config->area, i));

		if (lost && note_loss(recorder, err,
				      "ring %d (process %d) was full: %" PRIu64 " events are lost",
				      i, recorder->last_process[i], lost))
			return -1;
	}
	return 0;
}

static void count_unknown(struct recorder *recorder)
{
	struct open_op *op, *next;

	HASH_ITER (hh, recorder->open, op, next)
		if (!op->in_file) {
			recorder->process_unknown++;
			recorder->unknown_op = op->id;
		}
}

static int note_losses(struct recorder *recorder, struct error *err)
{
	count_unknown(recorder);
	if (begin(recorder, err) || note_full_rings(recorder, err))
		return -1;
	if (recorder->process_unknown &&
	    note_loss(recorder, err,
		      "%" PRId64 " operations are lost: nobody told that process %d is a worker",
		      recorder->process_unknown, (int)(recorder->unknown_op >> 32)))
		return -1;
	if (recorder->returns_alone &&
	    note_loss(recorder, err, "%" PRId64 " returns without their invocation",
		      recorder->returns_alone))
		return -1;
	if (recorder->invoked_twice &&
	    note_loss(recorder, err, "%" PRId64 " operations were invoked twice",
		      recorder->invoked_twice))
		return -1;
	if (recorder->too_many_open &&
	    note_loss(recorder, err, "%" PRId64 " operations are lost: more than %d were open",
		      recorder->too_many_open, OPEN_MAX))
		return -1;
	if (recorder->left_in_rings &&
	    note_loss(recorder, err, "producers went on after the end; what they said is lost"))
		return -1;
	if (recorder->writer.refused &&
	    note_loss(recorder, err, "%" PRId64 " events contradict the file; the first: %s",
		      recorder->writer.refused, recorder->writer.first_refusal))
		return -1;
	if (recorder->writer.early &&
	    note_loss(recorder, err, "%" PRId64 " stamps lie before the run's start",
		      recorder->writer.early))
		return -1;
	if (writer_write_counts(&recorder->writer, recorder->ops, PROCESS_MAX, err))
		return -1;
	return commit(recorder, err);
}

/* ---------------------------------------------------------------------------------------------- */

static void recorder_free(struct recorder *recorder)
{
	struct open_op *op, *next;

	HASH_ITER (hh, recorder->open, op, next)
		forget_open(recorder, op);
	for (op = recorder->spare; op; op = next) {
		next = op->hh.next;
		free(op);
	}
	writer_close(&recorder->writer);
	sqlite3_close(recorder->db);
	free(recorder->place);
	free(recorder->last_process);
	free(recorder->ops);
	free(recorder);
}

int recorder_run(const struct recorder_config *config, struct error *err)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	CHECK_MEMORY(recorder);
	recorder->config = config;
	recorder->place = calloc(PROCESS_MAX, sizeof(*recorder->place));
	recorder->last_process = calloc((size_t)area_rings(config->area), sizeof(int32_t));
	recorder->ops = calloc(PROCESS_MAX, sizeof(*recorder->ops));
	CHECK_MEMORY(recorder->place && recorder->last_process && recorder->ops);
	for (int i = 0; i < PROCESS_MAX; i++)
		recorder->place[i].lane = -1;
	int result = database_open(config->path, DATABASE_WRITE, &recorder->db, err);

	if (result == 0) {
		result = database_exec(recorder->db,
				       "PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; "
				       "PRAGMA wal_autocheckpoint = 4000",
				       err);
		writer_open(&recorder->writer, recorder->db, config->start_ns);
	}
	if (result == 0)
		result = record_until_stopped(recorder, err);
	if (result == 0)
		result = note_losses(recorder, err);
	recorder_free(recorder);
	return result;
}
