/*
 * Two holders at one instant: as they believed (overlap), as they could know by their safe
 * deadlines (overlap-safe), as the service granted (overlap-granted).
 *
 * Theory of operation. Intervals are swept in the order of their begins. Of those seen so far only
 * the one that ends last can matter, and, since two intervals of one worker are no violation, the
 * one that ends last among those of all *other* workers: two candidates, however many intervals.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "checker/checks.h"

struct interval {
	struct attempt *attempt;
	int64_t from_ns, to_ns;
};

struct sweep {
	struct interval last, last_of_others; /* of a worker that is not last.attempt's */
};

static void sweep_add(struct sweep *sweep, const struct interval *added)
{
	if (!sweep->last.attempt) {
		sweep->last = *added;
	} else if (added->attempt->worker == sweep->last.attempt->worker) {
		if (added->to_ns > sweep->last.to_ns)
			sweep->last = *added;
	} else if (added->to_ns > sweep->last.to_ns) {
		sweep->last_of_others = sweep->last;
		sweep->last = *added;
	} else if (!sweep->last_of_others.attempt || added->to_ns > sweep->last_of_others.to_ns) {
		sweep->last_of_others = *added;
	}
}

/* The earlier interval of another worker that shares a piece of positive length; NULL. */
static const struct interval *sweep_meets(const struct sweep *sweep, const struct interval *added)
{
	const struct interval *other = &sweep->last;

	if (other->attempt && other->attempt->worker == added->attempt->worker)
		other = &sweep->last_of_others;
	if (!other->attempt || other->to_ns <= added->from_ns || added->to_ns <= added->from_ns)
		return NULL;
	return other;
}

static void describe(struct violation *violation, const struct interval *earlier,
		     const struct interval *later, const char *claim)
{
	struct label one = attempt_label(earlier->attempt), two = attempt_label(later->attempt);
	int64_t end_ns = earlier->to_ns < later->to_ns ? earlier->to_ns : later->to_ns;
	char length[48] = "to the end of the run";

	CHECK(earlier->attempt->worker != later->attempt->worker && end_ns > violation->at_ns);
	if (end_ns != NEVER_NS)
		snprintf(length, sizeof(length), "for %.3f s", seconds(end_ns - violation->at_ns));
	docket_cite_attempt(violation, earlier->attempt, "holder");
	docket_cite_attempt(violation, later->attempt, "later holder");
	docket_say(violation, "%s and %s %s at once from %.3f s %s", one.text, two.text, claim,
		   seconds(violation->at_ns), length);
}

/* The worker that believes for too long is what was hit. */
static void tell_holders_fault(struct violation *violation, const struct lane_facts *facts,
			       const struct attempt *holder)
{
	const struct fault_row *cover = docket_cite_cover(
		violation, facts, holder->process, holder->acknowledged_ns, violation->at_ns);

	if (cover)
		docket_say(violation, "; fault %lld (%.20s) lay over the first",
			   (long long)cover->id, cover->kind);
}

/* Sums up the times in which several workers believed; they come by their begins, and those that
 * meet become one. `end_ns`: of the run, for what never ended; NEVER_NS, and it is not counted. */
static void add_overlap(struct tally *tally, struct period *last, struct period overlap,
			int64_t end_ns)
{
	if (overlap.to_ns > end_ns)
		overlap.to_ns = end_ns;
	if (overlap.from_ns < last->to_ns)
		overlap.from_ns = last->to_ns;
	else if (overlap.from_ns > last->to_ns)
		last->from_ns = overlap.from_ns;
	if (overlap.to_ns == NEVER_NS || overlap.to_ns <= overlap.from_ns)
		return;
	last->to_ns = overlap.to_ns;
	tally->overlap_ns += overlap.to_ns - overlap.from_ns;
	if (last->to_ns - last->from_ns > tally->longest_overlap_ns)
		tally->longest_overlap_ns = last->to_ns - last->from_ns;
	CHECK(tally->longest_overlap_ns <= tally->overlap_ns);
}

void check_overlap(struct docket *docket, const struct lane_facts *facts)
{
	struct sweep sweep = {0};
	struct period last = {0, 0};

	for (int i = 0; i < facts->holders; i++) {
		struct attempt *attempt = facts->holder[i];
		const struct interval hold = {attempt, attempt->believed_from_ns,
					      attempt->believed_to_ns};
		const struct interval *other = sweep_meets(&sweep, &hold);

		/* The sweep goes by their begins. */
		CHECK(!i || facts->holder[i - 1]->believed_from_ns <= hold.from_ns);
		if (other) {
			struct violation violation =
				docket_draft(facts, VIOLATION_OVERLAP, IS_DEFINITE, hold.from_ns);

			describe(&violation, other, &hold, "believed that they held");
			tell_holders_fault(&violation, facts, other->attempt);
			docket_file(docket, facts, &violation, other->attempt, attempt);
			add_overlap(docket_tally_of_arm(docket, facts), &last,
				    (struct period){hold.from_ns, other->to_ns < hold.to_ns
									  ? other->to_ns
									  : hold.to_ns},
				    facts->run->ended_ns);
		}
		sweep_add(&sweep, &hold);
	}
}

/* The service gave away what it had promised to that one. */
static void tell_blame(struct violation *violation, const struct lane_facts *facts,
		       const struct attempt *attempt, int64_t to_ns)
{
	const struct blame_question question = docket_ask_of_lease(facts, attempt, to_ns);

	docket_tell_blame(violation, facts, &question);
}

static int compare_intervals(const void *left, const void *right)
{
	const struct interval *a = left, *b = right;

	return array_order(a->from_ns, b->from_ns)
		       ?: array_order(a->to_ns, b->to_ns)
			       ?: array_order(a->attempt->id, b->attempt->id);
}

/* The service ended nothing, if an honest client put itself into the key, as it may by its own
 * clock: what is wrong then is that. */
static bool was_taken_over(const struct lane_facts *facts, const struct attempt *attempt)
{
	return facts->honest && attempt->grant && attempt->grant->taken_over;
}

/* Somebody, or an abandoned acquire, may have asked the service to end this hold before `at`. */
static bool may_have_been_ended(const struct attempt *attempt, int64_t at_ns)
{
	return attempt->doubtful || attempt->given_up_ns <= at_ns;
}

void check_overlap_safe(struct docket *docket, const struct lane_facts *facts)
{
	struct sweep sweep = {0};
	const struct attempt **accused;
	struct interval *spans;
	int count = 0;

	for (int i = 0; i < facts->holders; i++)
		count += facts->holder[i]->spans;
	ARRAY_NEW(spans, count);
	ARRAY_NEW(accused, facts->attempts);
	count = 0;
	for (int i = 0; i < facts->holders; i++)
		for (int j = 0; j < facts->holder[i]->spans; j++)
			spans[count++] = (struct interval){facts->holder[i],
							   facts->holder[i]->safe[j].from_ns,
							   facts->holder[i]->safe[j].to_ns};
	array_sort(spans, (size_t)count, sizeof(*spans), compare_intervals);
	for (int i = 0; i < count; i++) {
		struct attempt *attempt = spans[i].attempt;
		const struct interval *other = sweep_meets(&sweep, &spans[i]);
		const struct attempt **seen = &accused[attempt - facts->attempt];

		CHECK(spans[i].from_ns < spans[i].to_ns);
		/* A pair of attempts counts once. What an operator took away, the service may give
		 * to the next at once. */
		if (other && *seen != other->attempt && !other->attempt->taken_by_operator &&
		    !was_taken_over(facts, other->attempt)) {
			struct violation violation = docket_draft(
				facts, VIOLATION_OVERLAP_SAFE,
				!may_have_been_ended(other->attempt, spans[i].from_ns) &&
					!may_have_been_ended(attempt, spans[i].from_ns),
				spans[i].from_ns);

			*seen = other->attempt;
			describe(&violation, other, &spans[i], "were inside their safe deadlines");
			tell_blame(&violation, facts, other->attempt, violation.at_ns);
			docket_file(docket, facts, &violation, other->attempt, attempt);
		}
		sweep_add(&sweep, &spans[i]);
	}
	free(spans);
	free(accused);
}

/* `first` stood ahead in the queue, and still did when the service answered `second`. */
static void file_double_grant(struct docket *docket, const struct lane_facts *facts,
			      struct attempt *first, struct attempt *second)
{
	CHECK(first->grant != second->grant && first->grant->order <= second->grant->order);
	CHECK(second->answer_order > 0);
	struct violation violation = docket_draft(facts, VIOLATION_OVERLAP_GRANTED, IS_DEFINITE,
						  second->believed_from_ns);
	struct label one = attempt_label(first), two = attempt_label(second);
	char end[48] = "was never seen deleted";

	if (first->grant->removed_order != STANDS)
		snprintf(end, sizeof(end), "was deleted only at revision %lld",
			 (long long)first->grant->removed_order);
	docket_cite_attempt(&violation, first, "holder");
	docket_cite_attempt(&violation, second, "later holder");
	if (first->grant->removal)
		docket_cite(&violation, "key_event", first->grant->removal, "removal");
	docket_say(&violation,
		   "%s was granted the lock at revision %lld, but the key of %s, ahead of it and "
		   "granted too, %s",
		   two.text, (long long)second->answer_order, one.text, end);
	tell_blame(&violation, facts, first, second->believed_from_ns);
	docket_file(docket, facts, &violation, first, second);
}

static int64_t stands_until(const struct attempt *attempt)
{
	const struct grant *grant = attempt->grant;

	return grant->removed_order == STANDS ? INT64_MAX : grant->removed_order;
}

void check_overlap_granted(struct docket *docket, const struct lane_facts *facts)
{
	struct attempt *longest = NULL; /* of the holders ahead, the one that stood longest */

	for (int i = 0; i < facts->ordered; i++) {
		struct attempt *attempt = facts->by_order[i];

		if (!attempt->grant || attempt->grant->taken_over)
			continue;
		/* A deletion that was not told happened after everything that was told; the second
		 * key must have stood itself at the answer, else it is a ghost. */
		bool known = attempt->answer_order && attempt->answer_order <= facts->told_order &&
			     attempt->answer_order < stands_until(attempt);

		if (known && longest && longest->grant != attempt->grant &&
		    stands_until(longest) > attempt->answer_order && longest->answer_order &&
		    longest->answer_order < stands_until(attempt))
			file_double_grant(docket, facts, longest, attempt);
		if (!longest || stands_until(attempt) > stands_until(longest))
			longest = attempt;
	}
}
