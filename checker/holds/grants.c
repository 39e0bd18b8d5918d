/*
 * Grants from the witness's rows, and which attempt each belongs to.
 *
 * Theory of operation. Rows are sorted by (key, revision, sight): the several members' words about
 * one change come together, the earliest first. Within one key a put begins a grant unless the same
 * lease holds the key already (a proclaim), another lease's put takes the key over, and a deletion
 * ends the grant; so does an untold one, known by a put that names a create_revision after the last
 * put. (One between two earlier puts contradicts those: nothing is concluded, and divergence says
 * so.) An attempt owns the grant with its lease, else with its key; among several (a key that was
 * made, deleted and made again) the last one that is not younger than the service's answer to the
 * acquire. Without such an answer several candidates stay ambiguous, and nothing is concluded from
 * the absence of a grant.
 */
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "checker/holds/attempts.h"

static int compare_key_rows(const void *left, const void *right)
{
	const struct key_row *a = *(const struct key_row *const *)left;
	const struct key_row *b = *(const struct key_row *const *)right;

	return strcmp(a->key, b->key)
		       ?: array_order(a->revision, b->revision)
			       ?: array_order(a->seen_ns, b->seen_ns)
				       ?: array_order(a->id, b->id);
}

static int compare_grants(const void *left, const void *right)
{
	const struct grant *a = left, *b = right;

	return array_order(a->order, b->order) ?: strcmp(a->key, b->key);
}

static int compare_by_key(const void *left, const void *right)
{
	const struct grant *a = *(const struct grant *const *)left;
	const struct grant *b = *(const struct grant *const *)right;

	return strcmp(a->key, b->key) ?: array_order(a->order, b->order);
}

static int compare_by_lease(const void *left, const void *right)
{
	const struct grant *a = *(const struct grant *const *)left;
	const struct grant *b = *(const struct grant *const *)right;

	return array_order(a->lease, b->lease) ?: array_order(a->order, b->order);
}

static bool same_change(const struct key_row *row, const struct key_row *before)
{
	return before && row->revision == before->revision && !strcmp(row->key, before->key);
}

static void begin_grant(struct lane_facts *facts, const struct key_row *row)
{
	CHECK(facts->grants < facts->rows->keys);
	facts->grant[facts->grants++] = (struct grant){
		.key = row->key,
		.lease = row->lease,
		.order = row->revision,
		.last_put = row->revision,
		.created_seen_ns = row->seen_ns,
		.removed_seen_ns = NEVER_NS,
	};
}

static void end_grant(struct grant *grant, const struct key_row *row)
{
	/* A key goes once, and after it was put. */
	CHECK(grant->removed_order == STANDS && row->revision > grant->last_put);
	grant->removed_order = row->revision;
	grant->removed_seen_ns = row->seen_ns;
	grant->removal = row->id;
	grant->taken_over = !row->deleted;
}

/* `open`: the grant of this key that still stands, or NULL. */
static void read_change(struct lane_facts *facts, struct grant *open, const struct key_row *row)
{
	if (row->deleted) {
		if (open)
			end_grant(open, row);
		return;
	}
	if (open && open->lease == row->lease &&
	    (!row->create_revision || row->create_revision <= open->last_put)) {
		open->last_put = row->revision;
		return;
	}
	if (open)
		end_grant(open, row);
	begin_grant(facts, row);
}

static void read_rows(struct lane_facts *facts)
{
	const struct lane_history *rows = facts->rows;
	const struct key_row **sorted, *before = NULL;

	ARRAY_ROOM(facts->grant, rows->keys);
	ARRAY_ROOM(sorted, rows->keys);
	for (int i = 0; i < rows->keys; i++) {
		sorted[i] = &rows->key[i];
		if (rows->key[i].revision > facts->told_order)
			facts->told_order = rows->key[i].revision;
	}
	array_sort(sorted, (size_t)rows->keys, sizeof(*sorted), compare_key_rows);
	for (int i = 0; i < rows->keys; before = sorted[i++]) {
		struct grant *last = facts->grants ? &facts->grant[facts->grants - 1] : NULL;
		bool stands =
			last && last->removed_order == STANDS && !strcmp(last->key, sorted[i]->key);

		if (!same_change(sorted[i], before))
			read_change(facts, stands ? last : NULL, sorted[i]);
	}
	free(sorted);
	array_sort(facts->grant, (size_t)facts->grants, sizeof(*facts->grant), compare_grants);
}

typedef int compare_function(const void *, const void *);

static const struct grant **sort_by_key(const struct lane_facts *facts)
{
	const struct grant **sorted;

	ARRAY_ROOM(sorted, facts->grants);
	for (int i = 0; i < facts->grants; i++)
		sorted[i] = &facts->grant[i];
	array_sort(sorted, (size_t)facts->grants, sizeof(*sorted), compare_by_key);
	return sorted;
}

/* They come by revision. */
static const struct grant **sort_by_lease(const struct lane_facts *facts)
{
	const struct grant **sorted;
	struct sort_item *item;

	ARRAY_ROOM(item, facts->grants);
	for (int i = 0; i < facts->grants; i++)
		item[i] = (struct sort_item){facts->grant[i].lease, (uint32_t)i};
	sort_items(item, (size_t)facts->grants);
	ARRAY_ROOM(sorted, facts->grants);
	for (int i = 0; i < facts->grants; i++)
		sorted[i] = &facts->grant[item[i].place];
	free(item);
	return sorted;
}

/* How many of the sorted grants are not after `wanted`. */
static int count_up_to(const struct grant **sorted, int grants, const struct grant *wanted,
		       compare_function *compare)
{
	return (int)ARRAY_BEFORE(grants, i, compare(&sorted[i], &wanted) <= 0);
}

/* Finds the attempt's grant among those with its lease, or with its key. */
static void join(const struct lane_facts *facts, struct attempt *attempt,
		 const struct grant **sorted, compare_function *compare)
{
	struct grant wanted = {
		.key = attempt->key ? attempt->key : "",
		.lease = attempt->lease,
		.order = 0,
	};
	int first = count_up_to(sorted, facts->grants, &wanted, compare);

	wanted.order = INT64_MAX;
	int after = count_up_to(sorted, facts->grants, &wanted, compare);

	if (attempt->answer_order) {
		wanted.order = attempt->answer_order;
		after = count_up_to(sorted, facts->grants, &wanted, compare);
	} else if (after - first > 1) {
		attempt->ambiguous = true;
		return;
	}
	CHECK(first <= after && after <= facts->grants);
	/* A lease that is kept had other keys before. */
	if (after == first || sorted[after - 1]->removed_seen_ns < attempt->op[0]->invoked_ns)
		return;
	attempt->grant = sorted[after - 1];
	/* Its own, and not younger than the answer. */
	CHECK(attempt->grant->lease == attempt->lease ||
	      !strcmp(attempt->grant->key, attempt->key));
	CHECK(!attempt->answer_order || attempt->grant->order <= attempt->answer_order);
}

/* When the lease was made in this attempt, its key was put after the lease was asked for. */
static int64_t lease_asked_ns(const struct attempt *attempt)
{
	for (int i = 0; i < attempt->ops; i++)
		if (attempt->op[i]->f == F_LEASE_GRANT && attempt->op[i]->outcome == OUTCOME_OK &&
		    attempt->op[i]->lease && attempt->op[i]->lease == attempt->grant->lease)
			return attempt->op[i]->invoked_ns;
	return 0;
}

static void join_attempts(struct lane_facts *facts)
{
	const struct grant **by_key = sort_by_key(facts);
	const struct grant **by_lease = sort_by_lease(facts);

	for (int i = 0; i < facts->attempts; i++) {
		struct attempt *attempt = &facts->attempt[i];

		if (attempt->lease)
			join(facts, attempt, by_lease, compare_by_lease);
		if (attempt->key && !attempt->grant && !attempt->ambiguous)
			join(facts, attempt, by_key, compare_by_key);
		if (!attempt->grant)
			continue;
		attempt->order = attempt->grant->order;
		int64_t asked_ns = lease_asked_ns(attempt);

		if (asked_ns > facts->told_invoked_ns)
			facts->told_invoked_ns = asked_ns;
	}
	free(by_key);
	free(by_lease);
}

/* Without the witness's word the token of an honest recipe is the key's create_revision, except
 * where it is plainly something else. That of an adapter is its own affair, and counts where the
 * witness knows none of the lane's holders: else two orders would be mixed. */
static bool tokens_tell_order(const struct lane_facts *facts)
{
	if (!arm_is_foreign(facts->arm))
		return facts->honest;
	for (int i = 0; i < facts->attempts; i++)
		if (facts->attempt[i].grant)
			return false;
	return true;
}

static void order_by_token(struct lane_facts *facts)
{
	bool tell = tokens_tell_order(facts);

	for (int i = 0; i < facts->attempts && tell; i++) {
		struct attempt *attempt = &facts->attempt[i];

		if (!attempt->order && attempt->token != attempt->lease)
			attempt->order = attempt->token;
	}
}

void facts_build_grants(struct lane_facts *facts)
{
	read_rows(facts);
	join_attempts(facts);
	order_by_token(facts);
}
