/*
 * Is a trace linearizable? For each object by itself (locality), by the decision procedure that
 * covers its model, or by search. Definitions, claims and proofs: checker/linear/README.md.
 */
#ifndef CHECKER_LINEAR_LINEAR_H
#define CHECKER_LINEAR_LINEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/traces/trace.h"

/* X(name in code, name in words) */
#define MODELS(X)                                                                                  \
	X(MUTEX, "mutex")                     /* anonymous: anybody may release */                 \
	X(OWNED_MUTEX, "owned-mutex")         /* only the holder may release */                    \
	X(REENTRANT_MUTEX, "reentrant-mutex") /* the holder may acquire up to `limit` times */     \
	X(FENCED_MUTEX, "fenced-mutex")       /* owned, and tokens grow from hold to hold */       \
	X(SEMAPHORE, "semaphore")             /* `limit` permits, anonymous */                     \
	X(OWNED_SEMAPHORE, "owned-semaphore") /* `limit` permits, each given back by its holder */ \
	X(RWLOCK, "rwlock")                   /* owned; shared holds exclude exclusive ones */     \
	X(LEASED_LOCK, "leased-lock") /* the service may end a hold; proofs of possession */       \
	X(CAS_REGISTER, "cas-register")                                                            \
	X(KV, "kv") /* get, put, append; a missing key is the empty string */                      \
	X(SET, "set")

enum model {
#define X(name, text) MODEL_##name,
	MODELS(X)
#undef X
		MODELS_COUNT
};

extern const char *const model_names[]; /* NULL-terminated, in the order of the enum */

/* The model of each of the trace's objects, by its functions, identities and tokens; whether the
 * lock service may end holds is a matter of the whole trace. False when the functions of one belong
 * to no one model. `model` has room for trace->objects. */
bool models_guess(const struct trace *trace, enum model *model);
/* The one model of all objects; false also when they differ. */
bool model_of_trace(const struct trace *trace, enum model *model);

enum linear_verdict { LINEARIZABLE, NOT_LINEARIZABLE, LINEAR_UNKNOWN };

/* One object's operations: indices into trace->op by invocation, and its events in order. Borrows
 * from the split that made it. */
struct linear_object {
	const struct trace *trace;
	uint32_t object;
	uint32_t ops;
	const uint32_t *op; /* NULL: all of the trace, op i is i */
	uint32_t events;
	const uint32_t *event; /* as trace->event: (index into the trace's op) << 1 | is return */
	bool names_attempts;   /* as trace->has_attempts, of this object alone */
};

struct linear_bounds { /* of searches; 0: none */
	uint64_t configurations;
	uint64_t bytes;
	int64_t deadline_ns;
};

enum { CERTIFICATE_MAX = 64 };

/* Why not: for lock models the attempts that cannot stand together (two, or limit + 1), each as its
 * acquire and release (TRACE_NEVER when it has none); for searched models the shortest illegal
 * prefix. All are indices into trace->op. */
struct certificate {
	int attempts;
	uint32_t acquire[CERTIFICATE_MAX], release[CERTIFICATE_MAX];
	uint32_t stuck;  /* the operation at whose return nothing was left; TRACE_NEVER */
	uint32_t prefix; /* events of this object up to and with that return */
};

struct linear_result {
	enum linear_verdict verdict;
	const char *procedure; /* "T1", "T8b", "breadth-first", "depth-first"; static */
	char bound[96];        /* of unknown: which bound was hit */
	bool unfinished;       /* of unknown: more configurations might decide it */
	bool untold; /* of unknown: `bound` is not a search's, but what the trace does not tell */
	struct certificate certificate; /* of not linearizable */
	uint64_t configurations;        /* explored by a search */
	uint64_t violations; /* disjoint ones, where the procedure counts them; else 0 or 1 */
};

/* Decides one object. `limit`: permits, or depth; 1 where the model has none. */
void linear_decide(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result);

/*
 * A fenced mutex of which no acquire has a token is unknown, unless it is none without them either.
 *
 * The whole trace, object by object, in rounds: each lets every undecided object search eight times
 * as far as the one before, so that a hard object starves no other, and the first round with a
 * violation is the last. What was still undecided then stays unknown.
 */
struct linear_summary {
	enum linear_verdict verdict; /* the gravest: not linearizable, unknown, linearizable */
	uint32_t objects, not_linearizable, unknown;
	uint32_t
		worst; /* the object with the earliest violation (else the first unknown, else 0) */
	struct linear_result result; /* of `worst` */
	enum model model;            /* that `worst` was judged by */
};

struct linear_request {
	enum model model;
	const enum model *models; /* of each object; NULL: `model` for all */
	int limit;
	struct linear_bounds bounds;
	void (*progress)(void *context, uint32_t done, uint32_t objects); /* NULL: none */
	void *context;
};

int linear_judge(const struct trace *trace, const struct linear_request *request,
		 struct linear_summary *summary, struct error *err);

/* One object of a trace; free `op` and `event` after (both may be NULL: all of the trace). */
void linear_split(const struct trace *trace, uint32_t object, struct linear_object *into);
void linear_split_free(struct linear_object *object);

/* The procedures, for linear_decide and for tests. Each answers only for what its header says it
 * covers and returns false otherwise. */
bool linear_counting(const struct linear_object *object, enum model model, int limit,
		     struct linear_result *result); /* T1, T1b: mutex, semaphore */
bool linear_attempts(const struct linear_object *object, enum model model, int limit,
		     struct linear_result *result); /* T2, T2 with leases, T3, T5, T6 */
bool linear_zones(const struct linear_object *object, enum model model,
		  struct linear_result *result); /* T7: registers, unique writes */
bool linear_sets(const struct linear_object *object, enum model model,
		 const struct linear_bounds *bounds,
		 struct linear_result *result); /* T8, T8b, T8c: sets */
bool linear_eras(const struct linear_object *object, enum model model,
		 struct linear_result *result); /* T9: key-value, texts that tell who wrote them */
bool linear_search(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result); /* the rest */

/* Exhaustive and independent of all of the above; for at most 24 operations. Verifies certificates
 * and is the oracle of the tests. */
enum linear_verdict linear_exhaust(const struct linear_object *object, enum model model, int limit);

#endif
