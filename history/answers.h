/*
 * The service's answers over the whole run, in the order of time: all lanes and arms together. In
 * memory 48 bytes for each, while they are open.
 */
#ifndef HISTORY_ANSWERS_H
#define HISTORY_ANSWERS_H

#include "history/reader.h"

struct answer_row {
	int64_t at_ns; /* when the answer had come; in the other order: when the request was sent */
	int64_t revision;
	int64_t ref;     /* op.id; key_event.id when process is 0 */
	int process;     /* that was answered; 0: the witness */
	int arm;         /* -1: the witness's */
	int member;      /* that answered; -1: unknown */
	enum function f; /* of an operation */
};

typedef void answer_visitor(void *context, const struct answer_row *answer);

struct answers;

/* Every ok answer that names a revision, and every change of a key that a member told the witness.
 */
int answers_open(const struct history *history, struct answers **answers, struct error *err);
void answers_close(struct answers *answers); /* NULL is fine */

/* By the time at which it was known. */
void answers_by_arrival(const struct answers *answers, answer_visitor *visit, void *context);

/* Those to operations only, from the one that was asked for last. */
void answers_last_asked_first(const struct answers *answers, answer_visitor *visit, void *context);

/* False when a host's stamps are said to be off: then times of two processes cannot be compared to
 * the nanosecond. */
int answers_share_a_clock(const struct history *history, bool *shared, struct error *err);

#endif
