/* The inside of a teller: what it knows, and what the fields of the event at hand say. */
#ifndef HISTORY_TRACES_TELLER_FIELDS_H
#define HISTORY_TRACES_TELLER_FIELDS_H

#include "history/traces/attempt_names.h"
#include "history/traces/builder.h"
#include "history/traces/hash_int.h"
#include "history/traces/independent.h"
#include "history/traces/interner.h"
#include "history/traces/text_memo.h"
#include "history/traces/names.h"
#include "history/traces/order.h"
#include "history/traces/teller.h"

/* A process of the source, with the operation that it waits for. */
struct client {
	int process;
	uint32_t handle;
	bool pending;
	bool retired; /* its last answer was info */
	uint8_t f;    /* of the last invocation, as its object and its line */
	uint32_t object, attempt;
	uint32_t owner; /* of the process itself; OWNER_UNKNOWN */
	uint64_t line;
	struct text_memo named_owner, named_attempt; /* the last ones */
	uint32_t named_at;                           /* the object of named_attempt */
	UT_hash_handle hh;
};

enum { OWNER_UNKNOWN = UINT32_MAX };
enum { WORD_MEMOS = 4, SMALL_PROCESSES = 256 };
enum { TOLD_CLIENTS_MAX = 1 << 20 }; /* where memory must not grow with the source */

/* An acquire with an attempt that was named before, and the place where it is told. */
struct claim {
	const struct trace_source *source;
	uint32_t handle, line, column;
};

struct teller {
	const struct syntax *syntax;
	struct trace_builder *builder;
	struct client *clients;
	struct client *small[SMALL_PROCESSES]; /* those of small numbers */
	struct interner *owners, *processes;
	struct attempts *attempts;
	struct trace_listener *listener; /* of the source; NULL: none. Then: */
	struct names *names;             /* instead of `attempts` */
	struct tuples tuples;
	bool integers; /* some process is one */
	struct buffer word;
	struct claim *claim;
	size_t claims, claims_room;
	uint64_t ignored;
	uint32_t invocations;
	bool owners_told, cas_observes;
	struct order order;
	struct input at_hand;                          /* of an event from the shelf */
	uint64_t lock_values, valueless, other_values; /* see struct trace */
	int64_t base_ns;                               /* of the wall clock; 0: none was seen */

	struct text_memo word_memo[FIELDS_COUNT][WORD_MEMOS], object_memo;
	unsigned words; /* that were remembered so far */

	/* the event at hand */
	const struct fields *fields;
	const struct input *input;
	const char *where;
	struct error *err;
};

enum type { TYPE_INVOKE, TYPE_OK, TYPE_FAIL, TYPE_INFO };

static inline struct slice field(const struct teller *teller, enum field field)
{
	return teller->fields->field[field];
}

static inline bool told(const struct teller *teller, enum field which)
{
	return field(teller, which).at != NULL;
}

static inline bool of_locks(uint8_t f)
{
	return f == TRACE_ACQUIRE || f == TRACE_TRY_ACQUIRE || f == TRACE_RELEASE ||
	       f == TRACE_PROOF;
}

static inline bool reads(uint8_t f)
{
	return f == TRACE_READ || f == TRACE_GET;
}

/* Those that return int: -1 when it is refused. Texts and slices last until the next call. */
int teller_refuse(struct teller *teller, enum field which, const char *expected);
/* 1: a client's, 0: somebody's who is none. */
int teller_read_process(struct teller *teller, int *process);
int teller_read_type(struct teller *teller, enum type *type);
int teller_read_function(struct teller *teller, uint8_t *f);
int teller_read_mode(struct teller *teller, struct trace_op *op);
int teller_read_integer(struct teller *teller, enum field which, int64_t *value);
int teller_read_integer_of(struct teller *teller, enum field which, struct slice text,
			   int64_t *value);
int teller_read_token(struct teller *teller, struct trace_op *op);
int teller_read_time(struct teller *teller, int64_t *time_ns);
uint32_t teller_intern_value(struct teller *teller, struct slice value);
bool teller_intern_pair(struct teller *teller, struct slice value, struct trace_op *op);
uint32_t teller_intern_object(struct teller *teller);
uint32_t teller_intern_attempt(struct teller *teller, struct client *client, uint32_t object);
uint32_t teller_intern_owner(struct teller *teller, struct client *client, int process);
int teller_read_arguments(struct teller *teller, struct trace_op *op);
const char *teller_name_of(struct teller *teller, enum field which);

#endif
