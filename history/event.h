/*
 * The event: what a producer (worker, store, witness, nemesis, conductor) puts into its ring.
 *
 * Fixed size, plain data, no pointers: it crosses processes in shared memory and survives its
 * producer. `at_ns` is CLOCK_MONOTONIC, stamped by the process that acts, at the moment it acts.
 * What becomes of an event in the file is told in history/schema.sql.
 */
#ifndef HISTORY_EVENT_H
#define HISTORY_EVENT_H

#include <stdint.h>

/* The columns' numbers are part of the file format: add at the end, never renumber. */
#define HISTORY_FUNCTIONS(X)                                                                       \
	X(1, LEASE_GRANT, "lease-grant")                                                           \
	X(2, KEEPALIVE, "keepalive")                                                               \
	X(3, ACQUIRE, "acquire")                                                                   \
	X(4, TOKEN, "token")     /* reads the lock key to learn the fencing token */               \
	X(5, READ, "read")       /* of the protected resource */                                   \
	X(6, WRITE, "write")     /* to the protected resource */                                   \
	X(7, RELEASE, "release") /* deletes the lock key */                                        \
	X(8, LEASE_REVOKE, "lease-revoke")                                                         \
	X(9, LOSE, "lose") /* no request: the worker learned, or decided, that it holds no more */ \
	X(10, LOOK, "look") /* asks, right before the write, whether the lock is still there */

enum function {
#define X(number, name, text) F_##name = (number),
	HISTORY_FUNCTIONS(X)
#undef X
		F_LAST = F_LOOK
};

/* ok: it took effect. fail: it surely did not. info: unknown whether it did; in doubt, info. */
#define HISTORY_OUTCOMES(X)                                                                        \
	X(0, INFO, "info")                                                                         \
	X(1, OK, "ok")                                                                             \
	X(2, FAIL, "fail")

enum outcome {
#define X(number, name, text) OUTCOME_##name = (number),
	HISTORY_OUTCOMES(X)
#undef X
};

const char *function_name(enum function f);
const char *outcome_name(enum outcome outcome);

enum mode { MODE_EXCLUSIVE, MODE_SHARED };

/* For what nobody vouches in an arm, bits of arm.planted: what is wrong on purpose, a negative
 * control; and a program of somebody else's, an adapter, which is neither planted nor known to be
 * right. What such a client suffers, or says that it suffers, accuses the arm, never the service.
 */
enum planted { PLANTED_CLIENT = 1, PLANTED_STORE = 2, FOREIGN_CLIENT = 4 };

/* What a fault does to its victim, as far as a reader of the history must know; fault.effect holds
 * the word. X(name in code, name in words) */
#define FAULT_EFFECTS(X)                                                                           \
	X(STOP, "stop")         /* it stands still, all the time or in turns */                    \
	X(STALL, "stall")       /* its disk does */                                                \
	X(KILL, "kill")         /* it dies: from the begin on it believes and asks nothing more */ \
	X(CLOCK, "clock")       /* its clock is wrong */                                           \
	X(PACKETS, "packets")   /* what it sends or is sent suffers */                             \
	X(OPERATOR, "operator") /* what an operator may do to a healthy cluster */                 \
	X(REVOKE, "revoke")     /* an operator ends the lease of a lock key */                     \
	X(LOAD, "load")         /* it has more to do: no occasion to break a promise */

enum fault_effect {
	EFFECT_UNKNOWN, /* no fault has this */
#define X(name, text) EFFECT_##name,
	FAULT_EFFECTS(X)
#undef X
};

/* NULL for EFFECT_UNKNOWN; EFFECT_UNKNOWN for a word that is none of them. */
const char *fault_effect_word(enum fault_effect effect);
enum fault_effect fault_effect_of_word(const char *word);

enum { KEY_SIZE = 96, ERROR_SIZE = 64 };

/* One operation of a worker. The invocation and the return are two events with one `seq`. */
struct op_event {
	uint32_t seq;     /* counts the process's operations from 1: op.id is process << 32 | seq */
	uint8_t f;        /* enum function */
	uint8_t outcome;  /* enum outcome; of a return */
	uint8_t mode;     /* enum mode */
	int8_t endpoint;  /* index of the member (or endpoint) that was asked, -1: none */
	uint32_t attempt; /* counts the process's attempts from 1: attempt.id is process << 32 | it
			   */
	int32_t ttl_ms;   /* as granted or renewed, or as a look was told is left, from the answer;
			     0: none or lease gone */
	int64_t lease;    /* 0: none. Lease and key are the identity of an attempt in the service */
	int64_t token; /* fencing token that was sent (read, write) or learned (token); 0: none */
	int64_t revision;      /* the service's revision in the answer; 0: none */
	int64_t safe_until_ns; /* the worker's safe deadline at this moment; 0: holds no lease */
	int64_t version; /* of the resource: read, or made by this write; for a write's invocation
			    the version it is based on */
	int64_t value;   /* of the resource: read or written. Every write's value is unique */
	char key[KEY_SIZE];     /* the lock key, once known */
	char error[ERROR_SIZE]; /* of a return that is not ok: why, in the service's words */
};

/* A lock key changed, as one member told the witness. */
struct key_event {
	int32_t member;          /* index of the member that told */
	int32_t lane;            /* -1: outside every lane */
	uint8_t deleted;         /* 0: put, 1: deleted */
	int64_t revision;        /* of the change */
	int64_t create_revision; /* of the key; for a delete, of the key that was deleted, 0:
				    unknown */
	int64_t lease;           /* of a put; 0: none */
	char key[KEY_SIZE];
};

/* The store decided on one request; or, of a resource in the service, the service did, and the
 * witness was told. The order of decisions is the true order of the resource. */
struct decision_event {
	int64_t seq;  /* counts the run's decisions from 1 */
	int64_t op;   /* op.id of the request, as the client named it; 0: unnamed */
	int32_t lane; /* of the resource */
	uint8_t f;    /* F_READ or F_WRITE */
	uint8_t accepted;
	int64_t token;          /* carried by the request; 0: none */
	int64_t greatest_token; /* the greatest seen before this request */
	int64_t version_before; /* of the resource */
	int64_t version_after;  /* version_before + 1 for an applied write */
	int64_t value;          /* read or written */
	int64_t arrived_ns; /* when the request was read; the event's at_ns is the decision. Told
			       by the witness, both are its sight: not earlier than either */
	char reason[ERROR_SIZE]; /* of a refusal */
};

/* What a fault does and where. Begins are FAULT_BEGIN, ends FAULT_END, both with the same id. */
struct fault_event {
	int32_t id;         /* counts the injected faults from 1 */
	int32_t scheduled;  /* schedule.id of the entry that it came from */
	int32_t arm;        /* -1: of no arm */
	int32_t lane;       /* lane.id; -1: none */
	int32_t process;    /* the worker's process.id at injection; 0: none */
	int32_t host;       /* host.id of the (first) target */
	uint32_t attempt;   /* the target worker's current attempt; 0: none */
	uint8_t bitten;     /* of an end: 1 when a proof shows that it bit */
	uint8_t effect;     /* enum fault_effect */
	int64_t planned_ns; /* when the schedule wanted it */
	int64_t aimed_ns;   /* when its target was found at its moment; 0: not told */
	int64_t length_ns;  /* planned */
	char kind[24];      /* "pause", "cut", "kill" */
	char target[24];    /* "holder", "leader", "member", ... as in the campaign */
	char detail[80];    /* in words: "worker none-0-2, holder of none/0 since 0.31 s" */
};

/* One observation that a fault bit (or did not). */
struct proof_event {
	int32_t fault;
	uint8_t holds; /* 1: it shows that the fault bit */
	int64_t count; /* packets dropped, term, exit signal: as `what` says */
	char what[40]; /* "state T in /proc/PID/stat", "packets dropped", "leader changed" */
	char detail[96];
};

/* Packets on one directed link of the hub in one second. */
struct link_event {
	int32_t second;         /* since the run's start */
	int32_t from, to;       /* host.id */
	int64_t packets, bytes; /* that arrived at the hub for this link, dropped ones included */
	int64_t dropped;        /* packets that a cut dropped */
};

/* Packets that one fault's cuts dropped on one directed link. */
struct dropped_event {
	int32_t fault;
	int32_t from, to; /* host.id */
	int64_t packets;
};

/* A process started or ended. */
struct process_event {
	int32_t id;                /* process.id: counts starts from 1, never used twice */
	int32_t host;              /* host.id */
	int32_t arm, lane, worker; /* -1: not a worker */
	int32_t os_pid;            /* inside the sandbox */
	int32_t incarnation;       /* counts this host's starts from 1 */
	int32_t exit_status;       /* of an end: as from waitpid */
	uint8_t ended;
	char role[16]; /* "worker", "member", "store", "witness", "nemesis", ... */
	char name[32];
	char client[32]; /* of a worker: the recipe or the adapter's name */
};

/* A remark for the run's log: capture unavailable, witness resumed, cluster healed ... */
enum note_weight { NOTE_TELLS, NOTE_BREAKS /* the run is BROKEN by this alone */ };
struct note_event {
	uint8_t breaks; /* enum note_weight */
	char topic[24]; /* "capture", "witness", "heal", "recorder", ... */
	char text[160];
};

/* Who leads, by one member's own word; told when it changes. */
struct leader_event {
	int32_t member; /* index of the member that told */
	int32_t leader; /* index of the member that it takes for the leader; -1: it knows none */
	int64_t term;   /* its raft term */
};

enum event_kind {
	EVENT_INVOKE = 1,  /* op */
	EVENT_RETURN,      /* op */
	EVENT_KEY,         /* key */
	EVENT_DECISION,    /* decision */
	EVENT_FAULT_BEGIN, /* fault */
	EVENT_FAULT_END,   /* fault */
	EVENT_PROOF,       /* proof */
	EVENT_LINK,        /* link */
	EVENT_PROCESS,     /* process */
	EVENT_NOTE,        /* note */
	EVENT_LEADER,      /* leader */
	EVENT_DROPPED,     /* dropped */
	EVENT_LAST = EVENT_DROPPED,
};

struct event {
	uint32_t kind;   /* enum event_kind */
	int32_t process; /* process.id of the producer */
	int64_t at_ns;
	union {
		struct op_event op;
		struct key_event key;
		struct decision_event decision;
		struct fault_event fault;
		struct proof_event proof;
		struct link_event link;
		struct process_event started;
		struct note_event note;
		struct leader_event leader;
		struct dropped_event dropped;
	};
};

_Static_assert(sizeof(struct event) <= 256, "an event is four cache lines");

#endif
