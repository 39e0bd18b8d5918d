/*
 * Exposures: how often a violation was possible. Zero violations mean something only beside them.
 *
 * Theory of operation. A hold is exposed when its key was removed while its worker still believed,
 * and another worker was waiting. The witness may see the removal after the next holder has its
 * answer, so that nobody seems to wait any more at the moment of sight: the queue itself is asked
 * too, whether the next holder's key stood there at the removal's revision. Who waits at an instant
 * is counted in one sweep over begins and ends of acquires, per worker, since a worker that never
 * gave its last hold up (a negative control) is not somebody else.
 */
#include "base/array.h"
#include "checker/checks.h"

enum moment { ENDS, ASKS, BEGINS }; /* the order at one instant: waiting is (begin, end), open */

struct point {
	int64_t at_ns;
	enum moment moment;
	int worker;
	struct attempt *attempt; /* of ASKS */
};

static int compare_points(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return array_order(a->at_ns, b->at_ns)
		       ?: array_order(a->moment, b->moment)
			       ?: array_order(a->worker, b->worker);
}

/* When the hold's key was gone while its worker believed; NEVER_NS when it was not. A ghost's key
 * was gone before it believed: then the hold is exposed from its begin. */
static int64_t lost_ns(const struct attempt *attempt)
{
	if (!attempt->acquire || !attempt->grant)
		return NEVER_NS;
	int64_t lost = attempt->grant->removed_seen_ns;

	if (lost < attempt->believed_from_ns)
		lost = attempt->believed_from_ns;
	return lost < attempt->believed_to_ns ? lost : NEVER_NS;
}

static int collect_points(const struct lane_facts *facts, struct point *points)
{
	int count = 0;

	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];
		const struct actor *actor = run_actor(facts->run, op->process);

		if (op->f != F_ACQUIRE)
			continue;
		int64_t until_ns = op->returned_ns;

		if (actor && actor->ended_ns < until_ns)
			until_ns = actor->ended_ns;
		if (until_ns <= op->invoked_ns)
			continue;
		points[count++] = (struct point){op->invoked_ns, BEGINS, op->worker, NULL};
		points[count++] = (struct point){until_ns, ENDS, op->worker, NULL};
	}
	for (int i = 0; i < facts->holders; i++) {
		struct attempt *attempt = facts->holder[i];
		int64_t at_ns = lost_ns(attempt);

		if (at_ns != NEVER_NS)
			points[count++] = (struct point){at_ns, ASKS, attempt->worker, attempt};
	}
	qsort(points, (size_t)count, sizeof(*points), compare_points);
	return count;
}

/* Sets waited[i] for every attempt i (by its place in facts->attempt) that somebody else waited for
 * when it lost its key. */
static void find_waited_for(const struct point *points, int count, const struct lane_facts *facts,
			    bool *waited)
{
	int *waiting, everybody = 0, workers = 0;

	for (int i = 0; i < count; i++)
		if (points[i].worker >= workers)
			workers = points[i].worker + 1; /* the reader bounds them */
	ARRAY_NEW(waiting, workers);
	for (int i = 0; i < count; i++) {
		const struct point *point = &points[i];

		switch (point->moment) {
		case ENDS:
			everybody--;
			waiting[point->worker]--;
			break;
		case ASKS:
			waited[point->attempt - facts->attempt] =
				everybody > waiting[point->worker];
			break;
		case BEGINS:
			everybody++;
			waiting[point->worker]++;
			break;
		}
	}
	free(waiting);
}

/* The next holder had been in the queue when the key was removed. */
static bool next_stood_in_line(const struct attempt *attempt, const struct attempt *next)
{
	int64_t removed = attempt->grant ? attempt->grant->removed_revision : STANDS;

	return removed != STANDS && next->grant && next->grant->revision < removed &&
	       next->worker != attempt->worker && lost_ns(attempt) != NEVER_NS &&
	       next->acquire->invoked_ns < lost_ns(attempt);
}

/* What lay over the worker, or else over the service, between the last renewal that is known to
 * have come through and the loss. */
static const struct fault_row *fault_behind(const struct lane_facts *facts,
					    const struct attempt *attempt)
{
	int64_t to_ns = lost_ns(attempt);
	int64_t from_ns = attempt->acknowledged_ns < to_ns ? attempt->acknowledged_ns : to_ns;

	return run_cover(facts->run, attempt->process, from_ns, to_ns)
		       ?: run_members_cover(facts->run, from_ns, to_ns);
}

static void count_exposures_of_arm(struct docket *docket, const struct lane_facts *facts,
				   unsigned int counting)
{
	struct tally *tally = docket_tally_of_arm(docket, facts);
	struct point *points;
	bool *waited;

	ARRAY_NEW(points, 2 * (size_t)facts->rows->ops + (size_t)facts->holders);
	ARRAY_NEW(waited, facts->attempts);
	find_waited_for(points, collect_points(facts, points), facts, waited);
	for (int i = 1; i < facts->ordered; i++)
		if (next_stood_in_line(facts->by_order[i - 1], facts->by_order[i]))
			waited[facts->by_order[i - 1] - facts->attempt] = true;
	for (int i = 0; i < facts->attempts; i++) {
		tally->exposures += waited[i];
		tally->events += waited[i] && facts->attempt[i].marks & counting;
		if (waited[i])
			coverage_count_exposure(&docket->coverage,
						fault_behind(facts, &facts->attempt[i]));
	}
	free(points);
	free(waited);
}

/* For the service, each key that it had granted while a fault lay over one of its members is an
 * occasion. */
static void count_exposures_of_service(struct docket *docket, const struct lane_facts *facts)
{
	struct tally *tally = docket_tally_of_service(docket);
	unsigned int counting = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (violation_is_of_service((enum violation_name)name))
			counting |= 1u << name;
	for (int i = 0; i < facts->holders; i++) {
		const struct attempt *attempt = facts->holder[i];
		const struct grant *grant = attempt->grant;

		if (!grant)
			continue;
		const struct fault_row *fault = run_cover(
			facts->run, RUN_MEMBERS, grant->created_seen_ns, grant->removed_seen_ns);

		if (!fault || run_is_load(fault))
			continue;
		tally->exposures++;
		tally->events += (attempt->marks & counting) != 0;
	}
}

void count_exposures(struct docket *docket, const struct lane_facts *facts,
		     const struct promise *promise)
{
	count_exposures_of_arm(docket, facts, promise_counting(promise, facts->honest));
	if (facts->honest)
		count_exposures_of_service(docket, facts);
}
