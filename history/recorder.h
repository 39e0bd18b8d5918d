/*
 * The recorder: drains every ring of an area into the history, in batches, in a process of its own.
 *
 * An operation is one row. Its invocation waits in memory for its return; what is still open when a
 * batch is committed is written as it stands (outcome info, returned_ns NULL) and completed later,
 * so that at any moment the file lacks at most one batch.
 */
#ifndef HISTORY_RECORDER_H
#define HISTORY_RECORDER_H

#include <stdatomic.h>

#include "base/error.h"
#include "history/ring.h"

struct recorder_config {
	struct area *area;       /* borrows until it returns */
	const char *path;        /* of a database made with database_create */
	int64_t start_ns;        /* the run's start: subtracted from every stamp */
	int batch_ms;            /* a commit at least this often; 50 is good */
	_Atomic int *stop;       /* in shared memory; 1: drain to the end and return */
	_Atomic uint32_t *pulse; /* moved at each look at *stop; NULL: nobody looks */
};

/*
 * Drains until told to stop, then once more to the end, and commits. Events lost in full rings are
 * written as a note that breaks the run. Fails when SQLite does (disk full); what was committed
 * before stays.
 */
int recorder_run(const struct recorder_config *config, struct error *err);

#endif
