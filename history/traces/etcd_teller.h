/* The inside of etcd_log.c, which says what is done, and of the other etcd_*.c beside it. */
#ifndef HISTORY_TRACES_ETCD_TELLER_H
#define HISTORY_TRACES_ETCD_TELLER_H

#include "base/hash_table.h"
#include "history/traces/buffer.h"
#include "history/traces/etcd_log.h"

enum {
	ABSENT_MAX = 1 << 22, /* reads of keys that a range did not find */
	NOBODY = -1,          /* the process of what others did */
};

struct pair {
	int64_t key, number; /* a revision, or a value */
};

/* Of a key, put at a revision. */
struct version {
	struct pair id;
	uint32_t value; /* ETCD_NONE: nobody told */
	bool owned;     /* put by a request that is ok */
	bool seen;
	uint32_t line;
	int64_t call, returned; /* the earliest of those who saw it */
	UT_hash_handle hh;
};

/* Puts of a value (or of any: ETCD_NONE) to a key whose outcome is unknown. */
struct open_put {
	struct pair id;
	uint32_t puts, versions; /* so many, and versions that they may have put */
	uint32_t line;
	int32_t client;
	int64_t call, revision; /* the earliest; of the last version */
	UT_hash_handle hh;
};

struct etcd_step {
	struct trace_op op;
	int64_t call, returned;
	enum trace_outcome outcome;
	uint32_t handle;
};

/* What a request did to one key. */
struct effect {
	uint32_t key, saw_value, value; /* ETCD_NONE: not told; deleted */
	bool saw, wrote;
	int64_t saw_revision, other_than;
};

struct etcd_teller {
	const struct etcd_log *log;
	struct trace_builder *builder;
	struct version *version;
	struct open_put *open_put;
	bool *leased; /* keys that were put with a lease */
	int64_t *owned;
	uint32_t owned_count;
	bool others;       /* others write, too */
	bool supposed;     /* ... which nothing proves */
	bool contradicted; /* no order that the revisions allow */
	bool unsure; /* there is what no replay can follow: leases, unknown outcomes, versions */
	int64_t unowned;  /* revisions that no request which is ok has made */
	uint32_t *sorted; /* keys */
	struct etcd_step *step;
	size_t steps, steps_room;
	struct effect *effect;        /* of the request */
	uint32_t effects, *effect_of; /* of a key, + 1 */
	uint32_t *seen_at;            /* of a key, + 1, in the range */
	uint32_t absent;
	uint64_t several, told_nothing, absent_left, inferred;
	struct buffer word;
};

/* Whether the key may be deleted without anybody's request in the log. */
static inline bool etcd_is_fleeting(const struct etcd_teller *teller, uint32_t key)
{
	return teller->others || teller->leased[key];
}

/* etcd_versions.c: notes who put what, and whether others write too; then what the log does not
 * tell of. */
void etcd_count_revisions(struct etcd_teller *teller);
void etcd_infer_versions(struct etcd_teller *teller);

struct version *etcd_find_version(struct etcd_teller *teller, uint32_t key, int64_t revision);
struct open_put *etcd_find_open_put(struct etcd_teller *teller, uint32_t key, uint32_t value);

/* Values of registers, in the trace: a version that was seen (revision 0: the key is not there),
 * and what a request puts (ETCD_NONE: it deletes). */
uint32_t etcd_intern_seen(struct etcd_teller *teller, uint32_t key, int64_t revision,
			  uint32_t value);
uint32_t etcd_intern_put(struct etcd_teller *teller, const struct etcd_request *request,
			 uint32_t key, uint32_t value);

struct etcd_step etcd_step_of(struct etcd_teller *teller, const struct etcd_request *request,
			      uint32_t key, enum trace_function f);
void etcd_add_step(struct etcd_teller *teller, const struct etcd_step *step);

/* Somebody else deleted it just before the request found it missing. */
void etcd_infer_deletion(struct etcd_teller *teller, const struct etcd_request *request,
			 uint32_t key);

/* etcd_order.c: whether the revisions prove an order of all requests on all keys. */
bool etcd_order_is_proved(struct etcd_teller *teller);

/* etcd_effects.c: the steps of a request; the first of `sorted` that is not below `start`. */
uint32_t etcd_first_from(const struct etcd_teller *teller, const char *start);
void etcd_tell_request(struct etcd_teller *teller, const struct etcd_request *request);

/* etcd_remark.c: of the trace; NULL, or the caller frees. */
char *etcd_remark(const struct etcd_teller *teller);
char *etcd_doubt(const struct etcd_teller *teller);

#endif
