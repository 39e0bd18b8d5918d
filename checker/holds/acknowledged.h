/*
 * What the service had told to anybody by when: over all lanes, arms and clients, and the witness.
 *
 * Every ok answer of etcd names a revision in its header that the member which answers has applied:
 * so it was committed when the answer came, whatever was asked. (A renewal's is filled in before
 * the renewal, a revoke's after it; both before the answer.) The witness is told of changes that
 * the member has applied. What a client with a planted bug recorded is not heeded.
 *
 * Some answers promise more: whatever was committed when the request was sent is in them. Those are
 * linearizable reads and all that goes through the log: see op_is_linearizable.
 */
#ifndef CHECKER_HOLDS_ACKNOWLEDGED_H
#define CHECKER_HOLDS_ACKNOWLEDGED_H

#include "history/reader.h"

struct asked_late; /* private: a lower bound */

struct answer_row {
	int64_t at_ns; /* when it had come */
	int64_t revision;
	int64_t ref;     /* op.id; key_event.id when process is 0 */
	int process;     /* that was answered; 0: the witness */
	int member;      /* that answered; -1: unknown */
	enum function f; /* of an operation */
};

struct acknowledged {
	int rises, lows;
	struct answer_row *rise; /* ascending in at_ns and revision */
	struct asked_late *low;  /* private */
};

/* The one pass over the file that foresees its lanes, with their operations. Without a file, and
 * for processes on machines whose clocks are not one, nothing is known: then every question is
 * answered so. Memory: a step for each revision at most. */
int acknowledged_open(struct history *history, struct acknowledged *acknowledged,
		      struct error *err);
void acknowledged_close(struct acknowledged *acknowledged);

/* The greatest revision that was known before that instant; NULL: none. Questions in the order of
 * time are answered faster when `near` (0 at first) is kept between them. */
const struct answer_row *acknowledged_before(const struct acknowledged *acknowledged, int64_t at_ns,
					     int *near);

/* A revision that was surely not passed yet at that instant: what is greater was made later. It is
 * the least that a linearizable answer to a request sent then or later named; answers that are
 * older than they may be do not count. INT64_MAX: nothing is known. */
int64_t acknowledged_least_since(const struct acknowledged *acknowledged, int64_t at_ns);

/*
 * Whether the answer's revision is not older than what was committed when the request was sent.
 * etcd answers a token's range (not serializable), a lock's last read or transaction, an unlock's
 * deletion and a lease's grant so, the last three from the log's entry itself. Not a renewal: that
 * goes past the log, and its header is what the asked member happens to have applied. Of a revoke
 * the same is true as of a grant, but its header is not relied upon. Reads and writes of a resource
 * name a revision only where the resource lies in etcd, written in transactions.
 */
bool op_is_linearizable(const struct op_row *op);

#endif
