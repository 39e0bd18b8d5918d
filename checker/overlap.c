/*
 * More holders at one instant than may be: as they believed (overlap), as they could know by their
 * safe deadlines (overlap-safe), as the service granted (overlap-granted). Who may hold a lock
 * together, and how many, together.h tells.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "checker/checks.h"
#include "checker/together.h"

enum { OTHERS_CITED = 3 }; /* beside two that are cited with their acquires, and a fault */

/* Of those that stand in its way the one whose key had gone first: a lock has one, a semaphore
 * many, and this one is not to be there. */
static const struct piece *first_gone(const struct bar *bar)
{
	const struct piece *first = bar->piece[bar->count - 1];
	int64_t gone_ns = NEVER_NS;

	for (int i = bar->count - 1; i >= 0; i--) {
		const struct grant *grant = bar->piece[i]->attempt->grant;

		if (!grant || grant->removed_seen_ns >= gone_ns)
			continue;
		gone_ns = grant->removed_seen_ns;
		first = bar->piece[i];
	}
	return first;
}

/* The others of a semaphore. */
static void cite_others(struct violation *violation, const struct bar *bar,
			const struct piece *named)
{
	for (int i = 0, cited = 0; i < bar->count && cited < OTHERS_CITED; i++) {
		if (bar->piece[i] == named)
			continue;
		docket_cite(violation, "attempt", bar->piece[i]->attempt->id, "holder");
		cited++;
	}
}

static void describe(struct violation *violation, const struct bar *bar,
		     const struct piece *earlier, const struct piece *later, const char *claim)
{
	struct label one = attempt_label(earlier->attempt), two = attempt_label(later->attempt);
	int64_t end_ns = bar->until < later->to ? bar->until : later->to;
	char length[48] = "to the end of the run";

	CHECK(earlier->attempt->worker != later->attempt->worker && end_ns > violation->at_ns);
	if (end_ns != NEVER_NS)
		snprintf(length, sizeof(length), "for %.3f s", seconds(end_ns - violation->at_ns));
	docket_cite_attempt(violation, earlier->attempt, "holder");
	docket_cite_attempt(violation, later->attempt, "later holder");
	cite_others(violation, bar, earlier);
	docket_say(violation, "%s and %s %s at once from %.3f s %s", one.text, two.text, claim,
		   seconds(violation->at_ns), length);
	if (bar->count > 1)
		docket_say(violation, ", beside %d more: %d where %d may", bar->count - 1,
			   bar->count + 1, bar->count);
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

static void file_overlap(struct docket *docket, const struct lane_facts *facts,
			 const struct bar *bar, const struct piece *hold, struct period *last)
{
	const struct piece *other = first_gone(bar);
	int64_t to_ns = bar->until < hold->to ? bar->until : hold->to;
	struct violation violation =
		docket_draft(facts, VIOLATION_OVERLAP, IS_DEFINITE, hold->from);

	describe(&violation, bar, other, hold, "believed that they held");
	tell_holders_fault(&violation, facts, other->attempt);
	docket_file(docket, facts, &violation, other->attempt, hold->attempt);
	add_overlap(docket_tally_of_arm(docket, facts), last, (struct period){hold->from, to_ns},
		    facts->run->ended_ns);
}

void check_overlap(struct docket *docket, const struct lane_facts *facts)
{
	struct period last = {0, 0};
	struct together together;
	struct bar bar;

	together_open(&together, facts);
	for (int i = 0; i < facts->holders; i++) {
		struct attempt *attempt = facts->holder[i];
		const struct piece hold = {attempt->worker, attempt->believed_from_ns,
					   attempt->believed_to_ns, attempt};

		/* They are added by their begins. */
		CHECK(!i || facts->holder[i - 1]->believed_from_ns <= hold.from);
		if (hold.to > hold.from && together_bars(&together, &hold, attempt->mode, &bar))
			file_overlap(docket, facts, &bar, &hold, &last);
		together_add(&together, &hold, attempt->mode);
	}
	together_close(&together);
}

/* The service gave away what it had promised to that one. */
static void tell_blame(struct violation *violation, const struct lane_facts *facts,
		       const struct attempt *attempt, int64_t to_ns)
{
	const struct blame_question question = docket_ask_of_lease(facts, attempt, to_ns);

	docket_tell_blame(violation, facts, &question);
}

static int compare_pieces(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	return array_order(a->from, b->from)
		       ?: array_order(a->to, b->to)
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

static bool any_may_have_been_ended(const struct bar *bar, int64_t at_ns)
{
	bool may = false;

	for (int i = 0; i < bar->count; i++)
		may |= may_have_been_ended(bar->piece[i]->attempt, at_ns);
	return may;
}

/* What an operator took away, the service may give to the next at once; and what a client took over
 * was not its to give. */
static bool any_was_taken(const struct lane_facts *facts, const struct bar *bar)
{
	bool taken = false;

	for (int i = 0; i < bar->count; i++)
		taken |= bar->piece[i]->attempt->taken_by_operator ||
			 was_taken_over(facts, bar->piece[i]->attempt);
	return taken;
}

static void file_overlap_safe(struct docket *docket, const struct lane_facts *facts,
			      const struct bar *bar, const struct piece *span,
			      const struct piece *other)
{
	bool unsure = any_may_have_been_ended(bar, span->from) ||
		      may_have_been_ended(span->attempt, span->from);
	struct violation violation = docket_draft(facts, VIOLATION_OVERLAP_SAFE,
						  unsure ? IS_POSSIBLE : IS_DEFINITE, span->from);

	describe(&violation, bar, other, span, "were inside their safe deadlines");
	tell_blame(&violation, facts, other->attempt, violation.at_ns);
	docket_file(docket, facts, &violation, other->attempt, span->attempt);
}

/* All safe parts of the lane, by their begins. The caller frees. */
static struct piece *list_safe_parts(const struct lane_facts *facts, int *count)
{
	struct piece *spans;

	*count = 0;
	for (int i = 0; i < facts->holders; i++)
		*count += facts->holder[i]->spans;
	ARRAY_NEW(spans, *count);
	*count = 0;
	for (int i = 0; i < facts->holders; i++)
		for (int j = 0; j < facts->holder[i]->spans; j++)
			spans[(*count)++] = (struct piece){
				facts->holder[i]->worker, facts->holder[i]->safe[j].from_ns,
				facts->holder[i]->safe[j].to_ns, facts->holder[i]};
	array_sort(spans, (size_t)*count, sizeof(*spans), compare_pieces);
	return spans;
}

void check_overlap_safe(struct docket *docket, const struct lane_facts *facts)
{
	const struct attempt **accused;
	struct together together;
	struct bar bar;
	int count;
	struct piece *spans = list_safe_parts(facts, &count);

	ARRAY_NEW(accused, facts->attempts);
	together_open(&together, facts);
	for (int i = 0; i < count; i++) {
		const struct attempt *attempt = spans[i].attempt;
		const struct attempt **seen = &accused[attempt - facts->attempt];

		CHECK(spans[i].from < spans[i].to);
		if (together_bars(&together, &spans[i], attempt->mode, &bar) &&
		    !any_was_taken(facts, &bar)) {
			const struct piece *other = first_gone(&bar);

			if (*seen != other->attempt) /* a pair of attempts counts once */
				file_overlap_safe(docket, facts, &bar, &spans[i], other);
			*seen = other->attempt;
		}
		together_add(&together, &spans[i], attempt->mode);
	}
	together_close(&together);
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

/* All of them had been granted before any of their keys went. */
static bool stood_together(const struct bar *bar, const struct piece *last)
{
	int64_t granted = last->attempt->answer_order, gone = last->to;

	for (int i = 0; i < bar->count; i++) {
		const struct attempt *attempt = bar->piece[i]->attempt;

		if (!attempt->answer_order || attempt->answer_order >= last->to)
			return false;
		if (attempt->answer_order > granted)
			granted = attempt->answer_order;
		if (bar->piece[i]->to < gone)
			gone = bar->piece[i]->to;
	}
	return bar->count == 1 || granted < gone;
}

/* By the order of the keys; each stands until its removal. */
void check_overlap_granted(struct docket *docket, const struct lane_facts *facts)
{
	struct together ahead;
	struct bar bar;

	together_open(&ahead, facts);
	for (int i = 0; i < facts->ordered; i++) {
		struct attempt *attempt = facts->by_order[i];

		if (!attempt->grant || attempt->grant->taken_over)
			continue;
		const struct piece key = {attempt->grant - facts->grant, attempt->answer_order,
					  stands_until(attempt), attempt};
		/* A deletion that was not told happened after everything that was told; the second
		 * key must have stood itself at the answer, else it is a ghost. */
		bool known = attempt->answer_order && attempt->answer_order <= facts->told_order &&
			     attempt->answer_order < stands_until(attempt);

		if (known && together_bars(&ahead, &key, attempt->mode, &bar) &&
		    stood_together(&bar, &key))
			file_double_grant(docket, facts, bar.piece[0]->attempt, attempt);
		together_add(&ahead, &key, attempt->mode);
	}
	together_close(&ahead);
}
