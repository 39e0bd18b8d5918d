/*
 * Who asked for the end of what: releases name a key, revokes name a lease, and either may be
 * another attempt's. A key may be made again and again, by a kept lease or by whoever holds: what
 * surely ended, or did nothing, before it was made this time asked for the end of another one. And
 * the nemesis, in an operator's part, may have revoked the lease of the key that came first (fault
 * "revoke"): that is no doing of the service.
 */
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "checker/holds/attempts.h"

/* The first requests under one name, a key or a lease: rows come by invocation. */
struct ending {
	const char *key; /* "": by lease; NULL: a free place */
	int64_t lease;
	uint32_t hash;
	int revoked;               /* a row, counted from 1; 0: none such */
	int first, last;           /* the same: of a key's requests; next[] leads through them */
	int64_t any_ns, silent_ns; /* invocations; NEVER_NS */
};

/* Open addressing, linear probes: a hash finds the place, the name itself decides. */
struct endings {
	const struct op_row *row;
	struct ending *ending;
	int *next;             /* of each row, that of its key's next request; 0: none */
	size_t places, leases; /* places: a power of two, twice as many as there can be names */
};

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

static bool releases_key(const struct op_row *op)
{
	return op->f == F_RELEASE && op->key && *op->key;
}

static bool revokes_lease(const struct op_row *op)
{
	return op->f == F_LEASE_REVOKE && op->lease;
}

/* The place of this key, or, under "", of this lease; or the free one where it belongs. */
static struct ending *find_ending(const struct endings *endings, const char *key, int64_t lease)
{
	uint32_t hash = *key ? hash_bytes(key, strlen(key)) : hash_bytes(&lease, sizeof(lease));

	for (size_t at = hash;; at++) {
		struct ending *ending = &endings->ending[at & (endings->places - 1)];

		if (!ending->key)
			ending->hash = hash; /* in case that it is taken */
		if (!ending->key || (ending->hash == hash && ending->lease == lease &&
				     (ending->key == key || !strcmp(ending->key, key))))
			return ending;
	}
}

static void add_ending(struct endings *endings, const char *key, int64_t lease, int row)
{
	CHECK(row > 0);
	struct ending *ending = find_ending(endings, key, lease);
	const struct op_row *op = &endings->row[row - 1];

	if (!ending->key) {
		ending->key = key;
		ending->lease = lease;
		ending->any_ns = op->invoked_ns;
		ending->silent_ns = NEVER_NS;
	}
	CHECK(ending->any_ns <= op->invoked_ns); /* the first request is met first */
	if (ending->silent_ns == NEVER_NS && may_end_silently(op))
		ending->silent_ns = op->invoked_ns;
	if (!ending->revoked && revoked_surely(op))
		ending->revoked = row;
	if (ending->last)
		endings->next[ending->last] = row;
	else
		ending->first = row;
	ending->last = row;
}

static struct endings collect(const struct lane_facts *facts)
{
	const struct op_row *op = facts->rows->op;
	struct endings endings = {.row = op, .places = 1};
	size_t keys = 0;

	for (int i = 0; i < facts->rows->ops; i++) {
		keys += releases_key(&op[i]);
		endings.leases += revokes_lease(&op[i]);
	}
	while (endings.places < 2 * (keys + endings.leases) + 1)
		endings.places *= 2;
	/* A place stays free, or a search never ends; and the mask is one. */
	CHECK(endings.places > keys + endings.leases && !(endings.places & (endings.places - 1)));
	ARRAY_NEW(endings.ending, endings.places);
	ARRAY_NEW(endings.next, facts->rows->ops + 1);
	for (int i = 0; i < facts->rows->ops; i++) {
		if (releases_key(&op[i]))
			add_ending(&endings, op[i].key, 0, i + 1);
		else if (revokes_lease(&op[i]))
			add_ending(&endings, "", op[i].lease, i + 1);
	}
	return endings;
}

static const struct ending no_ending = {.any_ns = NEVER_NS, .silent_ns = NEVER_NS};

static const struct ending *told(const struct ending *ending)
{
	return ending->key ? ending : &no_ending;
}

static const struct ending *ending_of_key(const struct endings *endings, const char *key)
{
	return key && *key ? told(find_ending(endings, key, 0)) : &no_ending;
}

static const struct ending *ending_of_lease(const struct endings *endings, int64_t lease)
{
	return lease && endings->leases ? told(find_ending(endings, "", lease)) : &no_ending;
}

static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* The create_revision of the key that went, as the fault's proof tells; 0: it tells of none. */
static int64_t revoked_revision(const struct history *history, const struct fault_row *fault)
{
	int at = (int)ARRAY_BEFORE(history->proofs, i, history->proof[i].fault < fault->id);
	bool told = at < history->proofs && history->proof[at].fault == fault->id;

	return told && fault->bitten ? history->proof[at].count : 0;
}

/* A revoke that did not bite may still have taken effect, on whatever key stood then. */
static bool may_have_been_revoked(const struct attempt *attempt, const struct fault_row *fault,
				  int64_t revision)
{
	const struct grant *grant = attempt->grant;

	if (revision)
		return grant && grant->order == revision;
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

/* The key was made after that was through with it: it took what stood before, or nothing. */
static bool was_before(const struct op_row *op, const struct grant *grant)
{
	if (op->outcome == OUTCOME_OK)
		return op->revision && op->revision < grant->order;
	return op->outcome == OUTCOME_FAIL && op->returned_ns < grant->created_seen_ns;
}

/* When it was first asked for the end of this grant's key. Grants come by order, so what was before
 * one is before the next one, too, and is passed once. */
static int64_t key_named_ns(const struct endings *endings, const struct grant *grant)
{
	struct ending *ending = find_ending(endings, grant->key, 0);

	while (ending->first && was_before(&endings->row[ending->first - 1], grant))
		ending->first = endings->next[ending->first];
	return ending->first ? endings->row[ending->first - 1].invoked_ns : NEVER_NS;
}

/* `key_ns`: of each grant. */
static void end_attempt(struct attempt *attempt, const struct lane_facts *facts,
			const int64_t *key_ns, const struct endings *endings)
{
	const struct grant *grant = attempt->grant;
	int64_t lease = grant ? grant->lease : attempt->lease;
	int64_t named_ns = earlier(grant ? key_ns[grant - facts->grant]
					 : ending_of_key(endings, attempt->key)->any_ns,
				   ending_of_lease(endings, lease)->any_ns);
	int revoked = ending_of_lease(endings, attempt->lease)->revoked;

	if (named_ns < attempt->given_up_ns)
		attempt->given_up_ns = named_ns;
	if (revoked) {
		attempt->revoked = &endings->row[revoked - 1];
		CHECK(attempt->revoked->lease == attempt->lease);
	}
}

static void end_grant(struct grant *grant, const struct endings *endings)
{
	grant->may_end_ns = earlier(ending_of_key(endings, grant->key)->silent_ns,
				    ending_of_lease(endings, grant->lease)->silent_ns);
}

void facts_find_endings(struct lane_facts *facts)
{
	struct endings endings = collect(facts);
	int64_t *key_ns;

	ARRAY_ROOM(key_ns, facts->grants);
	for (int i = 0; i < facts->grants; i++) {
		key_ns[i] = key_named_ns(&endings, &facts->grant[i]);
		end_grant(&facts->grant[i], &endings);
	}
	for (int i = 0; i < facts->attempts; i++)
		end_attempt(&facts->attempt[i], facts, key_ns, &endings);
	heed_operator(facts);
	free(key_ns);
	free(endings.next);
	free(endings.ending);
}
