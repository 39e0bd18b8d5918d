/*
 * The one door through which the threads of a process put events into its ring: it numbers the
 * operations, stamps the moment and serialises the pushes. Stamps are taken inside, so that a ring
 * is in the order of its stamps.
 */
#ifndef WORKLOADS_WORKER_JOURNAL_H
#define WORKLOADS_WORKER_JOURNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "history/event.h"
#include "history/live.h"
#include "history/ring.h"

struct journal {
	uint32_t magic;
	int process;       /* process.id */
	uint32_t seq;      /* of the last operation */
	struct ring *ring; /* borrowed */
	pthread_mutex_t lock;
};

void journal_open(struct journal *journal, struct ring *ring, int process);

/* Stamps the event with now and the process and pushes it. */
void journal_push(struct journal *journal, struct event *event);

/* Right before a request: numbers the operation (op->seq) and records it. Returns its op.id, which
 * is also what a write writes (op->value), so that every value is unique. */
int64_t journal_invoke(struct journal *journal, struct op_event *op);

/* Right after the answer. */
void journal_return(struct journal *journal, const struct op_event *op);

/* An operation without a request: invocation and return in one moment, outcome ok. */
void journal_moment(struct journal *journal, struct op_event *op);

/* A decision on a request to a resource: numbered among all of the run, and counted. */
void journal_decision(struct journal *journal, struct live *live, struct decision_event *decision);

/* A remark; breaks: the run is BROKEN by it. */
void journal_note(struct journal *journal, enum note_weight weight, const char *topic,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
