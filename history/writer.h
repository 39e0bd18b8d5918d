/*
 * Events as rows: one prepared statement per table, and the rules by which an event's fields become
 * columns (what 0 and -1 mean, which half of an operation a value comes from).
 */
#ifndef HISTORY_WRITER_H
#define HISTORY_WRITER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/event.h"

struct writer {
	sqlite3 *db; /* borrowed */
	int64_t start_ns;
	int lanes; /* in the file */
	sqlite3_stmt *op, *op_again, *key, *decision, *fault, *fault_end, *proof, *link, *dropped,
		*process, *process_end, *note, *leader;
	int64_t refused; /* events that contradict the rows that are there */
	char first_refusal[96];
	int64_t taken[EVENT_LAST + 1]; /* by enum event_kind, of those that writer_event got */
	int64_t early;                 /* stamps before the start; they are written as 0 */
};

struct place { /* of a worker */
	int arm, lane, worker;
};

void writer_open(struct writer *writer, sqlite3 *db, int64_t start_ns);
void writer_close(struct writer *writer);

/* Inserts an operation, or updates the row of one that was inserted before (`again`). `returned` is
 * NULL for one that is still under way. */
int writer_op(struct writer *writer, const struct event *invoked, const struct event *returned,
	      struct place place, bool again, struct error *err);

/* Writes any other event. What the file refuses is counted; an error is SQLite's. */
int writer_event(struct writer *writer, const struct event *event, struct error *err);

/* At the end, into the table `recorded`: what was taken in, so that what is lost later is missed.
 * ops[process]: how many operations of each process there were. */
int writer_write_counts(struct writer *writer, const uint32_t *ops, int32_t processes,
			struct error *err);

#endif
