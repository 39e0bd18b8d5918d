/*
 * A trace: operations on objects, as any recorder tells them. What the checker's models judge;
 * what importers make (history/traces/) and exporters write.
 *
 * An operation has an invocation and, unless it is open for ever, a return; all of these *events*
 * stand in one total order (at equal times invocations come first), and a position in that order
 * is all that judging needs. Times are kept for explanations only.
 *
 * Compact: 10 million operations take about 0.6 GB.
 */
#ifndef HISTORY_TRACES_TRACE_H
#define HISTORY_TRACES_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#define TRACE_NEVER   UINT32_MAX
#define TRACE_OPS_MAX (UINT32_C(1) << 30) /* so that their events can be numbered */

/* X(name in code, name in files) */
#define TRACE_FUNCTIONS(X)                                                                         \
	X(ACQUIRE, "acquire")         /* of a mutex, a permit, a lock in `mode` */                 \
	X(TRY_ACQUIRE, "try-acquire") /* its definite failure saw the lock held: an observer */    \
	X(RELEASE, "release")                                                                      \
	X(PROOF, "proof") /* showed that the attempt held the lock at some instant within: an      \
			     acknowledged renewal, a guarded transaction */                        \
	X(READ, "read")                                                                            \
	X(WRITE, "write")                                                                          \
	X(CAS, "cas") /* a: expected, b: new; a definite failure saw another value */              \
	X(GET, "get") /* of a key-value store */                                                   \
	X(PUT, "put")                                                                              \
	X(APPEND, "append")                                                                        \
	X(ADD, "add")       /* to a set */                                                         \
	X(REMOVE, "remove") /* from a set */

enum trace_function {
#define X(name, text) TRACE_##name,
	TRACE_FUNCTIONS(X)
#undef X
		TRACE_FUNCTIONS_COUNT
};

extern const char *const trace_function_names[]; /* NULL-terminated, in the order of the enum */

/* open: no answer, or one that does not tell. A failed operation that tells nothing is left out of
 * a trace (and counted in `left_out`); one that tells something stays, as an observer. */
enum trace_outcome { TRACE_OK, TRACE_OPEN, TRACE_FAILED };

enum trace_mode { TRACE_EXCLUSIVE, TRACE_SHARED };

/* A value is an index into the trace's values; these two stand in every trace. */
enum { TRACE_NIL, TRACE_EMPTY /* the empty string */, TRACE_VALUES_FIXED };

struct trace_op {
	uint32_t invoked, returned; /* positions among the events; TRACE_NEVER for an open one */
	uint32_t object;            /* index into object names: judged each by itself */
	int32_t process;            /* as the source names it; for display */
	uint32_t owner;             /* who would hold: an index, equal for the same owner. The
				       process, unless the source tells owners */
	uint32_t attempt;           /* identity of the hold that it begins, proves or ends, from 1,
				       unique in the trace; 0: the source tells none */
	uint32_t a, b;              /* values; of a read or get that is ok, `a` is what it saw */
	int64_t token;              /* fencing token, if has_token */
	int64_t invoked_ns, returned_ns; /* since the trace's begin; for display */
	uint32_t line;      /* in the source, of the invocation; row id's low half in a .db */
	uint8_t f, outcome; /* enums above, as `mode` */
	uint8_t mode : 1;   /* in bits, so that all is one line of the cache */
	bool has_owner : 1; /* told by the source, where that tells owners */
	bool has_token : 1; /* any number is one, 0 too. The builder sets it where `token` is not 0
			     */
};

struct trace_text; /* private: interned texts */

struct trace {
	uint32_t ops;
	struct trace_op *op; /* by invocation; NULL when a listener was told of them */
	unsigned functions;  /* 1 << f: there may be such operations */
	uint32_t events;
	uint32_t *event; /* the total order: op index << 1 | is return */
	uint32_t objects, values;
	uint64_t left_out; /* failed operations that tell nothing */
	uint32_t failures; /* of these, the releases: why a hold went on. No part of the history; */
	struct trace_op *failure; /* invoked, returned: how many events stand before them; `a`: the
				     error, if it was told */
	uint64_t ignored;         /* events of processes that are no clients (:nemesis) */
	bool has_attempts;        /* every acquire, release and proof names its attempt */
	bool has_tokens;          /* some acquire that may have taken effect has one */
	uint32_t open;            /* operations */
	uint32_t acquires_ok, tokens_ok; /* acquires that are ok, and those of them with a token */
	uint64_t torn_line;              /* the last one, passed over; 0: none */
	bool whole_tuples;               /* values look like [key value], and were not split */
	uint64_t times_back, back_line;  /* times that go back, where the order is told otherwise,
					    and  the line of the first */
	uint64_t valueless;              /* reads and gets that are ok and saw nothing: left out */
	uint64_t other_values; /* answers with another value than was to be written: passed over */
	uint64_t lock_values;  /* answers of acquires with a value in which no fence is */
	bool has_owners;       /* told by the source; else the process is the owner */
	bool has_times;
	uint32_t initial;  /* what a register or key holds at first, a value; TRACE_NIL */
	bool initial_any;  /* nobody knows what; `initial` stands for what nobody wrote or saw */
	bool initial_told; /* by the user */
	bool shows_tokens; /* they are the recipe's, not the lock service's: not judged with leases
			    */
	char *remark;      /* what was left out of the source, or inferred; owned; NULL: none */
	char *doubt; /* why it is not proved linearizable though each object is; owned; NULL: no */
	struct trace *weaker; /* the same if more was done than the source shows: a violation is one
				 in both; owned; NULL: there is none */
	char format[24];      /* of trace_format_names */
	struct trace_text *text; /* owned */
};

enum trace_format {
	TRACE_AUTO,
	TRACE_JEPSEN,
	TRACE_REGISTER_LOG,
	TRACE_KV_LOG,
	TRACE_JSONL,
	TRACE_CSV,
	TRACE_HISTORY,
	TRACE_HISTORY_TXT,
	TRACE_JEPSEN_LOG,
	TRACE_ETCD_OPERATIONS
};
extern const char *const trace_format_names[]; /* "auto", "jepsen", "register-log", "kv-log",
						  "jsonl", "csv", "history", "history-txt",
						  "jepsen-log", "etcd-operations", NULL */

/* What a failed cas tells: in Jepsen's histories only that it did not happen; in those of some
 * other recorders that it saw another value than the expected one. */
enum trace_failed_cas { FAILED_CAS_AS_FORMAT, FAILED_CAS_OBSERVES, FAILED_CAS_NOTHING };
extern const char *const trace_failed_cas_names[]; /* "format", "observes", "nothing", NULL */

/* Are values [key value] those of independent objects? auto: if that is plain. */
enum trace_independent { INDEPENDENT_AUTO, INDEPENDENT_YES, INDEPENDENT_NO };
extern const char *const trace_independent_names[]; /* "auto", "yes", "no", NULL */

enum trace_sort { SORT_NONE, SORT_TIME };

/*
 * Is told of a source's events instead of their being kept, so that memory does not grow with the
 * source. Whatever cannot be told so stops it: the source is to be read again, without a listener.
 */
struct trace_listener {
	/* The next event of the total order. Its operation's outcome is known: what had no answer
	 * for many events is told as open. Failed ones that tell nothing are left out. */
	void (*event)(void *context, const struct trace_op *op, bool returns);
	void *context;
	uint32_t patience;   /* so many events wait for an answer at most; 0: a million */
	const char *stopped; /* NULL; else why, a static text: nothing more will be told */
};

struct trace_source {
	const char *path;     /* "-": standard input */
	enum trace_sort sort; /* events by their times; then there may be more files */
	const char *const *more_path;
	uint32_t more_paths;
	enum trace_format format;
	enum trace_failed_cas failed_cas;
	enum trace_independent independent;
	bool reuse;          /* a process may go on after info, in Jepsen's formats too */
	bool prefix;         /* it may be torn at its end: what is not whole there is passed over */
	const char *initial; /* value of registers and keys: JSON, EDN, or a plain word; "any";
				NULL: nil, the empty string */
	/* Called now and then with bytes read and their number in all (0: unknown); NULL: never. */
	void (*progress)(void *context, int64_t done, int64_t all);
	void *context;
	struct trace_listener *listener; /* NULL; else the trace has counts and names only, and
					    importing fails once it is stopped */
	bool in_parts; /* a run made by hand, of what matters only: not asked for holes. For tests
			*/
};

/* Reads a whole source, of any format but TRACE_HISTORY: a run is read by checker/holds, which
 * knows what a hold is. Malformed input is an error with FILE:LINE:COLUMN and what was expected. */
int trace_import(const struct trace_source *source, struct trace *trace, struct error *err);
void trace_free(struct trace *trace);

/* Names, owned by the trace. */
const char *trace_object_name(const struct trace *trace, uint32_t object);
const char *trace_value_text(const struct trace *trace, uint32_t value); /* canonical EDN */

/* Building one by hand (importers, generators, tests) ---------------------------------------- */

struct trace_builder;

struct trace_builder *trace_begin(const char *format);
uint32_t trace_intern_object(struct trace_builder *builder, const char *name);
uint32_t trace_intern_value(struct trace_builder *builder, const char *edn);
/* What registers and keys hold at first; NULL: nobody knows. */
void trace_set_initial(struct trace_builder *builder, const char *edn);
/* Events in the total order. Returns the operation's handle for trace_return. `op` is copied;
 * invoked, returned, outcome are set by the builder. */
uint32_t trace_invoke(struct trace_builder *builder, const struct trace_op *op);
/* Completes it; fields that the answer tells (a, b, token, attempt, returned_ns) are taken from
 * `op` where they are not 0. TRACE_FAILED drops it, unless it is an observer (try-acquire, cas). */
void trace_return(struct trace_builder *builder, uint32_t handle, enum trace_outcome outcome,
		  const struct trace_op *op);
/* Hands the trace over and frees the builder. What was never returned is open. */
void trace_end(struct trace_builder *builder, struct trace *trace);

/* Exporters; both are read back by trace_import to the same trace. */
int trace_export_jepsen(const struct trace *trace, FILE *out, struct error *err);
int trace_export_jsonl(const struct trace *trace, FILE *out, struct error *err);

#endif
