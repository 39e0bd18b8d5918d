/*
 * Reading a history: small tables at once, the bulk lane by lane, so that memory is bounded by the
 * largest lane; or, for whoever will go through all lanes, at once, each table once. Works on
 * sealed and unsealed files, on copies, without write permission.
 *
 * Arrays and strings belong to the structure that holds them and live until its close or free.
 * Absent values (SQL NULL) are 0 where 0 means nothing (token, lease, revision, attempt), NEVER_NS
 * for instants that never came, NULL for texts.
 */
#ifndef HISTORY_READER_H
#define HISTORY_READER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/event.h"
#include "history/sharing.h"

#define NEVER_NS INT64_MAX

struct arm_row {
	int id;
	const char *name, *service, *recipe, *guard, *model, *expect, *settings;
	int permits, ttl_ms, heartbeat_ms, retries, acquire_timeout_ms;
	int acquire_within_ms;                /* 0: any time */
	int renew_timeout_ms, retry_after_ms; /* told by settings; 0: the worker's habit */
	unsigned int planted;                 /* enum planted */
};

/* False for a negative control, a client with a planted bug, and for an adapter: its word accuses
 * nobody but itself. */
static inline bool arm_is_honest(const struct arm_row *arm)
{
	return !(arm->planted & (PLANTED_CLIENT | FOREIGN_CLIENT));
}

/* An adapter: a program of somebody else's. */
static inline bool arm_is_foreign(const struct arm_row *arm)
{
	return arm->planted & FOREIGN_CLIENT;
}

/* Of a model that is not known: as if nobody shared it. */
static inline enum sharing arm_sharing(const struct arm_row *arm)
{
	enum sharing sharing = sharing_of_word(arm->model);

	return sharing == SHARINGS_COUNT ? SHARING_MUTEX : sharing;
}

struct text_row {
	const char *key, *value;
};

struct lane_row {
	int id, arm;
	const char *name, *lock, *resource;
};

struct host_row {
	int id;
	const char *name, *role, *address;
};

struct process_row {
	int id, host, arm, lane, worker, incarnation, os_pid; /* -1: NULL */
	const char *role, *name, *client;
	int64_t started_ns, ended_ns;
	int exit_status;
};

struct schedule_row {
	int64_t id;
	const char *block;
	const char *kind, *when; /* from the plan, never empty */
	bool of_lanes;           /* the plan names lanes, or all of them */
	bool length_in_ttl;      /* and counts its length in TTLs */
};

struct fault_row {
	int64_t id, schedule;
	const char *kind, *target, *detail;
	const char *when; /* the moment of the schedule's entry that it came from; NULL: of none */
	int arm, lane, process, host; /* -1: NULL */
	int64_t attempt;
	int64_t planned_ns, length_ns, began_ns, ended_ns;
	bool bitten;
	enum fault_effect effect;
};

struct connection_row { /* of a host's TCP; see the schema */
	int host;
	int64_t opened, failed, reset, retransmitted;
};

struct proof_row {
	int64_t fault, at_ns, count;
	bool holds;
	const char *what, *detail;
};

struct note_row {
	int64_t at_ns;
	bool breaks;
	const char *topic, *text;
};

/* The end of the note of a block of faults that was left out; its name stands before it. */
#define NOTE_IMPOSSIBLE ": not possible on an existing cluster"

struct leader_row {
	int64_t at_ns, term;
	int member, leader; /* leader -1: none known */
};

/* Two lines of the cache: there are a million of these. What nobody judges by is not read. */
struct op_row {
	int64_t id;
	int process, worker;
	int64_t attempt, invoked_ns, returned_ns;
	int64_t lease, token, revision, version, base_version, value;
	int ttl_ms;
	int endpoint : 16;
	enum function f : 8;
	enum mode mode : 4;
	enum outcome outcome : 4;
	const char *key, *error;
};

struct key_row {
	int64_t id, revision, create_revision, lease, seen_ns;
	int member;
	bool deleted;
	const char *key;
};

struct decision_row {
	int64_t id, op, token, greatest_token, version_before, version_after, value;
	int64_t arrived_ns, decided_ns;
	enum function f;
	bool accepted;
	const char *reason;
};

struct history {
	sqlite3 *db; /* owned */
	const char *path;
	bool sealed;
	int64_t seed, duration_ns, healed_ns; /* healed_ns: NEVER_NS when the end was not reached */
	int64_t worst_gap_ns, worst_gap_at_ns; /* that nothing ran for; -1: the file does not say */
	int64_t election_ms;                   /* the service's; 0: the file does not say */
	int arms, lanes, hosts, processes, schedules, faults, proofs, notes, connections, leaders,
		texts;
	struct arm_row *arm;
	struct lane_row *lane;
	struct host_row *host;
	struct process_row *process;
	struct schedule_row *schedule;     /* by id */
	struct fault_row *fault;           /* by began_ns */
	struct proof_row *proof;           /* by fault, at_ns */
	struct note_row *note;             /* by at_ns */
	struct connection_row *connection; /* by host; none in older files */
	struct leader_row *leader;         /* by at_ns; none in older files */
	struct text_row *text;             /* by key: the table run; history_text */
	struct arena *arena;               /* private: the strings */
	struct mixed *mixed;               /* private: NULL, but for history_foresee_lanes */
};

/* The bulk of one lane. */
struct lane_history {
	int ops, keys, decisions;
	struct op_row *op;             /* by invoked_ns, then id */
	struct key_row *key;           /* by revision, then seen_ns; one per member that told */
	struct decision_row *decision; /* in the store's order */
	struct arena *arena;
};

/* Whoever still writes a file that is not sealed (a recorder whose run was killed a moment ago) is
 * not seen from here on: all that is read is of one moment, until history_end_snapshot. */
int history_open(const char *path, struct history *history, struct error *err);
int history_end_snapshot(const struct history *history, struct error *err);
void history_close(struct history *history);

/* Sees the rows of two tables, in their order. */
struct history_viewer {
	void (*see_op)(void *context, int lane, const struct op_row *op);
	void (*see_key)(void *context, const struct key_row *key);
	void *context;
};

/*
 * Whoever will load every lane says so: what the tables have mixed is then read once for all of
 * them, and each lane's part of it stays in memory until the lane was loaded and freed. So do the
 * operations if there is a viewer; for him it is read anew.
 */
int history_foresee_lanes(struct history *history, const struct history_viewer *viewer,
			  struct error *err);

int history_load_lane(const struct history *history, int lane, struct lane_history *into,
		      struct error *err);
/* The same, but for its operations. */
int history_load_others(const struct history *history, int lane, struct lane_history *into,
			struct error *err);
void history_free_lane(struct lane_history *lane);

/*
 * The operations of one process of a lane, by id and one after the other, without their keys,
 * endpoints, TTLs and revisions: nothing is kept but the texts of errors. Several may be
 * open at once. NULL, and PROCESS_ODD: not everything is as it should be; history_load_lane tells
 * what.
 */
struct process_ops;
enum process_next { PROCESS_OP, PROCESS_END, PROCESS_ODD };

struct process_ops *history_open_process(const struct history *history,
					 const struct process_row *process);
enum process_next history_next_op(struct process_ops *ops, struct op_row *op);
void history_close_process(struct process_ops *ops); /* NULL is fine */

/* The fault of that id; NULL: there is none. */
const struct fault_row *history_fault(const struct history *history, int64_t id);

/* What the run tells under that key (table run); NULL: nothing. Lives until history_close. */
const char *history_text(const struct history *history, const char *key);
/* The same as a whole number; whatever stands there, by its first digits. */
int64_t history_number(const struct history *history, const char *key, int64_t absent);

/* From here on it tells that, in memory: the file stays as it is. Copies both. */
void history_tell(struct history *history, const char *key, const char *value);

#endif
