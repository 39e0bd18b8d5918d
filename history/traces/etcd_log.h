/*
 * An operations log of etcd's robustness tests in memory: what was asked and what was answered, in
 * the order of the lines. Read by etcd_operations.c, turned into a trace by etcd_log.c.
 */
#ifndef HISTORY_TRACES_ETCD_LOG_H
#define HISTORY_TRACES_ETCD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "history/traces/interner.h"
#include "history/traces/trace.h"

#define ETCD_NONE UINT32_MAX

enum etcd_act_kind {
	ETCD_COMPARE, /* of a key's mod revision with `revision`; 0: it is not there */
	ETCD_READ,    /* of one key */
	ETCD_RANGE,   /* of all keys from `start` on, below `end` */
	ETCD_PUT,
	ETCD_DELETE,
};

/* A part of a request. */
struct etcd_act {
	uint8_t kind;
	bool on_failure;      /* in the branch of a transaction whose compares failed */
	bool leased;          /* a put that is bound to a lease */
	bool found;           /* a delete that found its key */
	bool cut;             /* a range that ended at its limit: what lies behind was not told */
	uint32_t key;         /* index into keys */
	uint32_t value;       /* index into values: what is put */
	uint32_t start, end;  /* indices into bounds; end: ETCD_NONE, there is none */
	uint32_t seen, seens; /* what a read or range saw: from `seen` on */
	int64_t revision;
};

struct etcd_seen {
	uint32_t key, value;
	int64_t revision; /* at which the key was put last */
};

enum etcd_answer {
	ETCD_OK,
	ETCD_OPEN, /* an error: it may have happened, or may yet */
};

struct etcd_request {
	int64_t call, returned; /* nanoseconds */
	int64_t revision;       /* of the answer: the store's */
	int32_t client;
	uint32_t line;
	uint32_t act, acts; /* from `act` on */
	uint8_t answer;
	bool failure; /* of a transaction that is ok: its compares failed */
};

struct etcd_log {
	struct interner *keys, *values, *bounds; /* values as EDN */
	struct etcd_request *request;
	struct etcd_act *act;
	struct etcd_seen *seen;
	uint32_t requests, acts, seens;
	uint32_t requests_room, acts_room, seens_room;
	int64_t revision_max; /* of the store, as far as anybody saw */
	uint64_t failed;      /* reads without an answer, requests that were refused */
	uint64_t revokes;     /* that may have taken keys away */
	uint64_t grants, others, stale, keys_only, versions; /* what is left out, see the remark */
};

/* The trace that it tells: etcd_log.c says how. */
void etcd_log_tell(const struct etcd_log *log, struct trace *trace);

#endif
