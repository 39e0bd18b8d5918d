/* A simulated run as a history: the events that its workers, store, witness and nemesis would have
 * told, through the same writer, so that whoever reads histories reads it as any other. */
#ifndef TUNING_SIMULATION_RECORD_H
#define TUNING_SIMULATION_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/writer.h"

struct lock;
struct lock_service;
struct record;
struct session;
struct worker;

struct record_config {            /* borrowed until record_close */
	struct writer *writer;    /* with the run's start at 0 */
	const char *const *lane;  /* names of all lanes, "none/0" */
	const char *const *locks; /* and of their locks at the service */
	int members;              /* hosts 0 .. */
	int store, witness;       /* hosts */
	int first_worker;         /* host of the first; the others follow, lane by lane */
};

void record_open(struct record **record, const struct record_config *config);
/* What SQLite failed at, if it did; then the counts of rows. */
int record_close(struct record *record, struct error *err);

/* For play*.c. The lanes first, each with its workers, then record_begin, then what happens. */
void record_add_lane(struct record *record, int arm, int workers);
void record_begin(struct record *record, const struct lock_service *service);
int64_t record_new_lease(struct record *record);
/* The slot's thread asks, or was answered, now. */
void record_ask(struct record *record, struct lock *lock, int number, int slot);
void record_answer(struct record *record, struct lock *lock, int number, int slot);
void record_loss(struct record *record, struct lock *lock, const struct worker *worker,
		 const char *why);
/* The session's key has changed; if deleted, in the latest revision. */
void record_key(struct record *record, const struct lock *lock, const struct session *session,
		bool deleted);
void record_decision(struct record *record, const struct lock *lock,
		     const struct decision_event *decision);
/* `strike`: enum strike. */
void record_fault(struct record *record, struct lock *lock, int number, int strike,
		  int64_t length_ns);
void record_restart(struct record *record, struct lock *lock, int number);

#endif
