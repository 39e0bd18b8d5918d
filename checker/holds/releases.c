/*
 * Releases that ended somebody else's, or a newer, hold: what they took says nothing about the
 * service's promise to keep it.
 *
 * Theory of operation. An acknowledged release that deleted something names, in its answer, the
 * revision of its own deletion. So a release whose revision R is also the one at which *another*
 * hold's key went is suspect, unless somebody else may have asked for that. It is no proof: a
 * release that found its key already gone deletes nothing, and its answer then names whatever
 * revision was the last, be it the expiry of another hold. (Seen on etcd 3.4.23: a release that was
 * on its way while the leader stood still came right after a hundred leases had been ended early.)
 * It is one
 *   - when the releaser's own key stood at R: then its release had something to delete, made
 *     revision R, and yet it was the other key that went, or both in one transaction;
 *   - when it names the very key that went, but that was in the hands of a newer lease, which
 *     should have lived on. If that lease may have been due, the release is only suspect.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/holds/attempts.h"
#include "history/row.h"

struct removal {
	struct grant *grant;
	struct attempt *owner; /* NULL: unknown */
};

static int compare_removals(const void *left, const void *right)
{
	const struct removal *a = left, *b = right;

	return array_order(a->grant->removed_order, b->grant->removed_order)
		       ?: strcmp(a->grant->key, b->grant->key);
}

/* The deleted grants by the revision of their deletion. */
static int collect_removals(const struct lane_facts *facts, struct removal *removal)
{
	struct attempt **owner;
	int removals = 0;

	ARRAY_NEW(owner, facts->grants);
	for (int i = 0; i < facts->attempts; i++) {
		const struct grant *grant = facts->attempt[i].grant;

		CHECK(!grant || (grant >= facts->grant && grant < facts->grant + facts->grants));
		if (grant)
			owner[grant - facts->grant] = &facts->attempt[i];
	}
	for (int i = 0; i < facts->grants; i++) {
		struct grant *grant = &facts->grant[i];

		if (grant->removed_order != STANDS && !grant->taken_over)
			removal[removals++] = (struct removal){grant, owner[i]};
	}
	array_sort(removal, (size_t)removals, sizeof(*removal), compare_removals);
	free(owner);
	return removals;
}

static int first_removal_at(const struct removal *removal, int removals, int64_t revision)
{
	return (int)ARRAY_BEFORE(removals, i, removal[i].grant->removed_order < revision);
}

/* The hold's own worker released it at that very revision. */
static bool was_given_back(const struct removal *removal)
{
	for (int i = 0; removal->owner && i < removal->owner->ops; i++) {
		const struct op_row *op = removal->owner->op[i];

		if (op->f == F_RELEASE && op->outcome == OUTCOME_OK &&
		    op->revision == removal->grant->removed_order)
			return true;
	}
	return false;
}

static void judge_release(struct lane_facts *facts, const struct op_row *release,
			  const struct removal *removal)
{
	struct attempt *by = facts_attempt_of_op(facts, release->id);
	struct grant *grant = removal->grant;

	CHECK(grant->removed_order == release->revision && grant->removed_seen_ns != NEVER_NS);
	if (!by || (by->lease && by->lease == grant->lease) ||
	    grant->removed_seen_ns <= release->invoked_ns ||
	    grant->may_end_ns < grant->removed_seen_ns || was_given_back(removal))
		return;
	const struct grant *own = by->grant;
	bool own_stood = own && !own->taken_over && own->order < release->revision &&
			 (own->removed_order == STANDS || own->removed_order >= release->revision);
	if (!own_stood && strcmp(release->key ?: "", grant->key) != 0)
		return;
	bool definite = own_stood || (removal->owner &&
				      attempt_lease_lives(removal->owner, grant->removed_seen_ns));

	CHECK(by != removal->owner); /* nobody wrongs himself */
	grant->wrongly_released |= definite;
	*ROWS_APPEND(facts->wrong_release, facts->wrong_releases) =
		(struct wrong_release){release, by, removal->owner, grant, definite};
}

void facts_find_wrong_releases(struct lane_facts *facts)
{
	struct removal *removal;
	int removals;

	ARRAY_NEW(removal, facts->grants);
	removals = collect_removals(facts, removal);
	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];

		if (op->f != F_RELEASE || op->outcome != OUTCOME_OK || !op->revision)
			continue;
		for (int j = first_removal_at(removal, removals, op->revision);
		     j < removals && removal[j].grant->removed_order == op->revision; j++)
			judge_release(facts, op, &removal[j]);
	}
	free(removal);
}
