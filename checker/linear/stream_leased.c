/*
 * With `first` the earliest return of what touched an attempt and `last` the latest invocation,
 * each new invocation moves `last`, so what was a window may become a core, and a core grows. It
 * must not grow over anything: another attempt that was met (`first` has come) lies before this
 * core, or its `last` comes after this one's `first`: then it is a core that overlaps, or a window
 * within. So of all attempts only the latest `last` matters, and of two attempts, since one's own
 * does not.
 *
 * Tokens: they grow in the order in which attempts are met, and nobody goes on holding when one
 * with a token was met since. Then that order is the one of attempts_order.c, and each finds its
 * place.
 *
 * Failed tries may need a core stretched: not covered.
 */
#include "checker/linear/stream_leased.h"

#include "base/array.h"
#include "base/hash_table.h"
#include "checker/linear/models.h"

enum { LEASES_MAX = 1 << 20 };

struct lease {
	uint32_t attempt;
	uint32_t first; /* 0: not met */
	uint32_t last;
	bool acquired, released, has_token;
	int64_t token;
	UT_hash_handle hh;
};

static struct lease *find_lease(struct lease *const *leases, uint32_t attempt)
{
	struct lease *lease;

	HASH_FIND(hh, *leases, &attempt, sizeof(attempt), lease);
	return lease;
}

static struct lease *add_lease(struct lease **leases, uint32_t attempt)
{
	struct lease *lease;

	if (HASH_COUNT(*leases) == LEASES_MAX)
		return NULL;
	ARRAY_NEW(lease, 1);
	lease->attempt = attempt;
	HASH_ADD(hh, *leases, attempt, sizeof(lease->attempt), lease);
	return lease;
}

static void note_last(struct leased_stream *leased, const struct lease *lease)
{
	bool first = leased->whose[0] == lease->attempt;

	if (lease->last <= leased->latest[0] && !first) {
		if (lease->last > leased->latest[1]) {
			leased->latest[1] = lease->last;
			leased->whose[1] = lease->attempt;
		}
		return;
	}
	if (!first) {
		leased->latest[1] = leased->latest[0];
		leased->whose[1] = leased->whose[0];
	}
	leased->latest[0] = lease->last;
	leased->whose[0] = lease->attempt;
}

/* Nobody else was seen to hold since it held first. */
static bool goes_on(struct leased_stream *leased, const struct lease *lease)
{
	uint32_t other = leased->latest[leased->whose[0] == lease->attempt];

	CHECK(lease->first < lease->last);
	if (other > lease->first || leased->met_at > lease->first)
		return false;
	note_last(leased, lease);
	return true;
}

static bool invoke(struct leased_stream *leased, struct lease **leases, const struct trace_op *op)
{
	struct lease *lease = find_lease(leases, op->attempt);
	bool ok = op->outcome == TRACE_OK;

	if (!lease)
		lease = add_lease(leases, op->attempt);
	if (!lease)
		return false;
	if (op_acquires(op)) {
		if (lease->acquired)
			return false;
		lease->acquired = true;
		lease->has_token = op->has_token;
		lease->token = op->token;
	} else if (op->f == TRACE_RELEASE && ok) {
		if (lease->released)
			return false;
		lease->released = true;
	}
	if (!ok && !op_acquires(op))
		return true;
	lease->last = op->invoked;
	return !lease->first || goes_on(leased, lease);
}

/* The earliest return of what touched the attempt. */
static bool meet(struct leased_stream *leased, struct lease *lease, uint32_t first)
{
	if (!lease->acquired ||
	    (lease->has_token && leased->has_token && lease->token <= leased->token))
		return false;
	lease->first = first;
	note_last(leased, lease);
	if (!lease->has_token)
		return true;
	leased->has_token = true;
	leased->token = lease->token;
	leased->met_at = first;
	return true;
}

bool leased_step(struct leased_stream *leased, struct lease **leases, const struct trace_op *op,
		 bool returns)
{
	struct lease *lease;

	if (op->outcome == TRACE_FAILED)
		return false;
	if (op->f == TRACE_PROOF && op->outcome != TRACE_OK)
		return true;
	if (!returns)
		return invoke(leased, leases, op);
	lease = find_lease(leases, op->attempt);
	if (!lease) /* its release has returned */
		return true;
	if (!lease->first && !meet(leased, lease, op->returned))
		return false;
	if (op->f != TRACE_RELEASE)
		return true;
	HASH_DEL(*leases, lease);
	free(lease);
	return true;
}

void leased_free(struct lease **leases)
{
	struct lease *lease, *next;

	HASH_ITER (hh, *leases, lease, next) {
		HASH_DEL(*leases, lease);
		free(lease);
	}
}
