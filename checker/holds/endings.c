/*
 * Who asked for the end of what: releases name a key, revokes name a lease, and either may be
 * another attempt's. And the nemesis, in an operator's part, may have revoked the lease of the key
 * that came first (fault "revoke"): that is no doing of the service.
 */
#include <string.h>

#include "base/array.h"
#include "checker/holds/attempts.h"

/* A request, under what it names. */
struct ending {
	const char *key; /* "": by lease */
	int64_t lease;
	const struct op_row *op;
};

struct endings {
	struct ending *ending; /* by name, then invocation */
	int count;
};

static int compare_names(const struct ending *a, const struct ending *b)
{
	return strcmp(a->key, b->key) ?: array_order(a->lease, b->lease);
}

static int compare_endings(const void *left, const void *right)
{
	const struct ending *a = left, *b = right;

	return compare_names(a, b)
		       ?: array_order(a->op->invoked_ns, b->op->invoked_ns)
			       ?: array_order(a->op->id, b->op->id);
}

typedef bool choice(const struct op_row *op);

static bool any(const struct op_row *op)
{
	(void)op;
	return true;
}

/* It may have taken effect, and its answer does not tell at which revision. A revoke's header is
 * not trusted with that: it may be filled in after the answer. */
static bool may_end_silently(const struct op_row *op)
{
	if (op->outcome == OUTCOME_FAIL)
		return false;
	return op->f == F_LEASE_REVOKE || op->outcome == OUTCOME_INFO || !op->revision;
}

static bool revoked_surely(const struct op_row *op)
{
	return op->f == F_LEASE_REVOKE && op->outcome == OUTCOME_OK;
}

static struct endings collect(const struct lane_facts *facts, choice *chosen)
{
	struct endings endings = {0};

	ARRAY_NEW(endings.ending, facts->rows->ops);
	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];
		bool release = op->f == F_RELEASE && op->key && *op->key;

		if (!release && !(op->f == F_LEASE_REVOKE && op->lease))
			continue;
		if (chosen(op))
			endings.ending[endings.count++] = (struct ending){
				release ? op->key : "", release ? 0 : op->lease, op};
	}
	qsort(endings.ending, (size_t)endings.count, sizeof(*endings.ending), compare_endings);
	return endings;
}

/* The first request that names this key or lease. */
static const struct op_row *first_of(const struct endings *endings, const char *key, int64_t lease)
{
	const struct ending wanted = {key, lease, NULL};
	int low = 0, high = endings->count;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (compare_names(&endings->ending[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < endings->count && !compare_names(&endings->ending[low], &wanted);

	return found ? endings->ending[low].op : NULL;
}

/* When the key or the lease was first named. */
static int64_t first_ns(const struct endings *endings, const char *key, int64_t lease)
{
	const struct op_row *by_key = key ? first_of(endings, key, 0) : NULL;
	const struct op_row *by_lease = lease ? first_of(endings, "", lease) : NULL;
	int64_t ns = by_key ? by_key->invoked_ns : NEVER_NS;

	return by_lease && by_lease->invoked_ns < ns ? by_lease->invoked_ns : ns;
}

/* The create_revision of the key that went, as the fault's proof tells; 0: it tells of none. */
static int64_t revoked_revision(const struct history *history, const struct fault_row *fault)
{
	int low = 0, high = history->proofs;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (history->proof[middle].fault < fault->id)
			low = middle + 1;
		else
			high = middle;
	}
	bool told = low < history->proofs && history->proof[low].fault == fault->id;

	return told && fault->bitten ? history->proof[low].count : 0;
}

/* A revoke that did not bite may still have taken effect, on whatever key stood then. */
static bool may_have_been_revoked(const struct attempt *attempt, const struct fault_row *fault,
				  int64_t revision)
{
	const struct grant *grant = attempt->grant;

	if (revision)
		return grant && grant->revision == revision;
	return !grant || grant->removed_seen_ns >= fault->began_ns;
}

static void heed_operator(struct lane_facts *facts)
{
	const struct history *history = facts->run->history;

	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];

		if (fault->lane != facts->lane->id || fault->effect != EFFECT_REVOKE)
			continue;
		int64_t revision = revoked_revision(history, fault);

		for (int k = 0; k < facts->attempts; k++) {
			struct attempt *attempt = &facts->attempt[k];

			if (!may_have_been_revoked(attempt, fault, revision))
				continue;
			attempt->taken_by_operator |= revision != 0;
			if (fault->began_ns < attempt->given_up_ns)
				attempt->given_up_ns = fault->began_ns;
		}
	}
}

void facts_find_endings(struct lane_facts *facts)
{
	struct endings all = collect(facts, any), silent = collect(facts, may_end_silently);
	struct endings sure = collect(facts, revoked_surely);

	for (int i = 0; i < facts->attempts; i++) {
		struct attempt *attempt = &facts->attempt[i];
		const char *key = attempt->grant ? attempt->grant->key : attempt->key;
		int64_t lease = attempt->grant ? attempt->grant->lease : attempt->lease;
		int64_t named_ns = first_ns(&all, key, lease);

		if (named_ns < attempt->given_up_ns)
			attempt->given_up_ns = named_ns;
		if (attempt->lease)
			attempt->revoked = first_of(&sure, "", attempt->lease);
	}
	for (int i = 0; i < facts->grants; i++) {
		struct grant *grant = &facts->grant[i];

		grant->may_end_ns = first_ns(&silent, grant->key, grant->lease);
	}
	heed_operator(facts);
	free(all.ending);
	free(silent.ending);
	free(sure.ending);
}
