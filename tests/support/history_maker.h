/*
 * Hand-made histories for the tests of those who read them.
 *
 *	struct maker *maker = maker_open(scratch_file("history.db"));
 *	int arm = maker_arm(maker, .guard = "token");
 *	int lane = maker_lane(maker, arm);
 *	maker_op(maker, .lane = lane, .worker = 1, .attempt = 1, .f = F_ACQUIRE,
 *		 .invoked_ms = 10, .returned_ms = 12, .outcome = OUTCOME_OK,
 *		 .lease = 7, .key = "a/7", .revision = 5);
 *	maker_close(maker, true);
 *
 * What is left out is 0, and 0 becomes NULL where schema.sql says that 0 means nothing. Times are
 * milliseconds since the run's start. Workers' hosts and processes are made when first mentioned.
 * Anything that goes wrong aborts.
 */
#ifndef TESTS_HISTORY_MAKER_H
#define TESTS_HISTORY_MAKER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "history/event.h"

struct maker;

struct maker_arm {
	const char *guard;   /* "none" */
	const char *name;    /* the guard's name, with the arm's number from the second one on */
	const char *service; /* "etcd" */
	const char *recipe;  /* "lock" */
	const char *model;   /* "mutex" */
	int permits;         /* 1 */
	const char *expect;  /* "any" */
	int ttl_ms;          /* 5000 */
	int heartbeat_ms;    /* a third of the TTL */
	int retries;
	int acquire_timeout_ms; /* 10000 */
	unsigned int planted;   /* enum planted */
	const char *settings;   /* "{}" */
};

struct maker_op {
	int lane, worker;
	uint32_t attempt; /* counts from 1 within the worker's process; 0: none */
	enum function f;
	enum outcome outcome;
	double invoked_ms, returned_ms; /* returned 0: never */
	double safe_until_ms;
	enum mode mode;
	int endpoint; /* -1: none */
	int ttl_ms;
	int64_t lease, token, revision, version, base_version, value;
	const char *key, *error;
};

struct maker_key {
	int lane; /* -1: outside every lane */
	int member;
	bool deleted;
	int64_t revision, create_revision, lease;
	const char *key;
	double seen_ms;
};

struct maker_decision {
	int lane;
	int64_t op;
	enum function f;
	bool accepted;
	int64_t token, greatest_token, version_before, version_after, value;
	double arrived_ms, decided_ms; /* arrived 0: when decided */
	const char *reason;
};

struct maker_fault {
	const char *kind;   /* "pause" */
	const char *target; /* "holder" */
	const char *detail;
	int lane;                  /* -1: it hit no worker, but `host` */
	int worker;                /* of the lane */
	uint32_t attempt;          /* of the worker */
	int host;                  /* with lane -1; -1: no single host */
	double began_ms, ended_ms; /* ended 0: never */
	bool bitten;
	int64_t schedule;   /* the entry that it came from */
	const char *effect; /* that of the kind with the nemesis; "stop" for one of no known kind */
};

/* The file must not exist. Three members' hosts are in it from the start, 0 .. 2. */
struct maker *maker_open(const char *path);

/* Sealed: with indexes, duration_ns (the last time mentioned, unless set), healed_ns (the same) and
 * sealed = 1. Else as a killed recorder leaves it, but without a WAL. */
void maker_close(struct maker *maker, bool sealed);

int maker_add_arm(struct maker *maker, const struct maker_arm *arm);  /* arm.id */
int maker_lane(struct maker *maker, int arm);                         /* lane.id */
int64_t maker_add_op(struct maker *maker, const struct maker_op *op); /* op.id */
int64_t maker_add_key(struct maker *maker, const struct maker_key *key);
int64_t maker_add_decision(struct maker *maker, const struct maker_decision *decision);
int64_t maker_add_fault(struct maker *maker, const struct maker_fault *fault);
void maker_proof(struct maker *maker, int64_t fault, const char *what, int64_t count);
/* An occasion of the schedule; its id, for maker_fault. */
int64_t maker_occasion(struct maker *maker, const char *kind, const char *when);
/* It is of all lanes, and its length counts in this: "s" or "ttl". */
void maker_count_in(struct maker *maker, int64_t occasion, const char *unit);
/* From then on the member says that that one leads (-1: none), in that term. */
void maker_leader(struct maker *maker, double at_ms, int member, int leader, int64_t term);
void maker_note(struct maker *maker, double at_ms, enum note_weight weight, const char *topic,
		const char *text);

#define maker_arm(maker, ...) maker_add_arm((maker), &(struct maker_arm){__VA_ARGS__})
#define maker_op(maker, ...)  maker_add_op((maker), &(struct maker_op){__VA_ARGS__})
#define maker_key(maker, ...) maker_add_key((maker), &(struct maker_key){__VA_ARGS__})
#define maker_decision(maker, ...)                                                                 \
	maker_add_decision((maker), &(struct maker_decision){__VA_ARGS__})
#define maker_fault(maker, ...) maker_add_fault((maker), &(struct maker_fault){__VA_ARGS__})

/* The worker's process ended (killed), and the worker's next operations are another one's. */
void maker_restart(struct maker *maker, int lane, int worker, double at_ms);

/* process.id of the worker's present process, and attempt.id of one of its attempts. */
int maker_process(struct maker *maker, int lane, int worker);
int64_t maker_attempt(struct maker *maker, int lane, int worker, uint32_t attempt);

void maker_set_int(struct maker *maker, const char *key, int64_t value);
void maker_set_text(struct maker *maker, const char *key, const char *value);

/* As the recorder leaves it, so that a reader who asks for holes finds none; once all is made. */
void maker_count_rows(struct maker *maker);

/* Anything else: database_exec(maker_db(maker), ...). */
sqlite3 *maker_db(struct maker *maker);

#endif
