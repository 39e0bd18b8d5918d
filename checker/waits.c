/*
 * How the lock served those who wanted it: how long acquiring took, for how long nobody could take
 * a lane's lock although somebody tried, and which holders gave up what they still had.
 *
 * Theory of operation of the trying. A worker tries from the invocation of an attempt's first
 * request until its acquire is answered ok; an attempt that fails and is followed by another one of
 * the same process goes on in that one, so that the rests between tries count. What is never
 * answered ends with the process, for the dead do not try, and with the run. All tries of a lane,
 * laid over one another and cut wherever anybody acquired, leave the pieces that are measured.
 */
#include "checker/checks.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "history/row.h"

enum { GAPS_KEPT = 200 }; /* of an arm */

static int compare_spans(const void *left, const void *right)
{
	const struct period *a = left, *b = right;

	return array_order(a->from_ns, b->from_ns) ?: array_order(a->to_ns, b->to_ns);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When an attempt without success has ended: with the answer to the last of its requests for the
 * lock, or with the process. */
static int64_t given_up_ns(const struct lane_facts *facts, const struct attempt *attempt)
{
	const struct actor *actor = run_actor(facts->run, attempt->process);
	int64_t until_ns = attempt->op[0]->returned_ns;

	for (int i = 0; i < attempt->ops; i++)
		if (attempt->op[i]->f == F_ACQUIRE && attempt->op[i]->returned_ns > until_ns)
			until_ns = attempt->op[i]->returned_ns;
	return actor ? least(until_ns, actor->ended_ns) : until_ns;
}

/* Of a row of attempts from the first one to the last one. */
static void add_try(const struct lane_facts *facts, const struct attempt *first,
		    const struct attempt *last, struct period *tries, int *count)
{
	int64_t from_ns = first->op[0]->invoked_ns;
	int64_t to_ns = last->acquire ? last->acquire->returned_ns : given_up_ns(facts, last);

	CHECK(first <= last && first->process == last->process);
	to_ns = least(to_ns, facts->run->ended_ns);
	if (to_ns == NEVER_NS) /* nothing tells for how long */
		to_ns = last->op[last->ops - 1]->invoked_ns;
	if (from_ns < to_ns)
		tries[(*count)++] = (struct period){from_ns, to_ns};
}

/* One for each row of attempts of one process that ends with a success or with the process. */
static int list_tries(const struct lane_facts *facts, struct period *tries)
{
	const struct attempt *first = NULL; /* of the row at hand */
	int count = 0;

	for (int i = 0; i < facts->attempts; i++) {
		const struct attempt *attempt = &facts->attempt[i];

		if (first && first->process != attempt->process) {
			add_try(facts, first, attempt - 1, tries, &count);
			first = NULL;
		}
		first = first ? first : attempt;
		if (attempt->acquire) {
			add_try(facts, first, attempt, tries, &count);
			first = NULL;
		}
	}
	if (first)
		add_try(facts, first, &facts->attempt[facts->attempts - 1], tries, &count);
	CHECK(count <= facts->attempts);
	array_sort(tries, (size_t)count, sizeof(*tries), compare_spans);
	return count;
}

/* Overlapping tries become one. */
static int merge(struct period *tries, int count)
{
	int merged = 0;

	for (int i = 0; i < count; i++) {
		struct period *last = merged ? &tries[merged - 1] : NULL;

		CHECK(!last || tries[i].from_ns >= last->from_ns);
		if (!last || tries[i].from_ns > last->to_ns)
			tries[merged++] = tries[i];
		else if (tries[i].to_ns > last->to_ns)
			last->to_ns = tries[i].to_ns;
	}
	return merged;
}

static void file_stuck(struct docket *docket, const struct lane_facts *facts,
		       const struct period *piece, const struct attempt *before)
{
	int64_t within_ns = facts->arm->acquire_within_ms * NS_PER_MS;
	struct violation violation =
		docket_draft(facts, VIOLATION_STUCK, IS_DEFINITE, piece->from_ns + within_ns);

	CHECK(within_ns > 0 && piece->to_ns - piece->from_ns >= within_ns);
	if (before)
		docket_cite(&violation, "op", before->acquire->id, "the acquire before");
	docket_cite_cover(&violation, facts, RUN_MEMBERS, piece->from_ns, piece->to_ns);
	docket_say(&violation,
		   "nobody acquired %.40s for %.3f s, from %.3f s to %.3f s, although its workers "
		   "tried all that time; %.3f s were allowed",
		   facts->lane->name, seconds(piece->to_ns - piece->from_ns),
		   seconds(piece->from_ns), seconds(piece->to_ns), seconds(within_ns));
	if (before)
		docket_say(&violation, "; %.40s had acquired it at %.3f s", before->name,
			   seconds(before->believed_from_ns));
	docket_file(docket, facts, &violation, NULL, NULL);
	docket_tally_of_arm(docket, facts)->late++;
}

/* `before`: the last to acquire until the piece began; NULL. */
static void measure_piece(struct docket *docket, const struct lane_facts *facts,
			  const struct period *piece, const struct attempt *before)
{
	struct tally *tally = docket_tally_of_arm(docket, facts);
	int64_t length_ns = piece->to_ns - piece->from_ns;

	CHECK(length_ns > 0);
	if (length_ns > tally->untaken.to_ns - tally->untaken.from_ns) {
		tally->untaken = *piece;
		tally->untaken_lane = facts->lane->id;
	}
	/* What takes less is no failover: a lease renewed at a third of its TTL lives longer. */
	if (length_ns >= facts->arm->ttl_ms * NS_PER_MS / 2)
		*ROWS_APPEND(tally->gap, tally->gaps) = (struct gap){
			facts->lane->arm, facts->lane->id, piece->from_ns, piece->to_ns};
	if (facts->arm->acquire_within_ms > 0 &&
	    length_ns >= facts->arm->acquire_within_ms * NS_PER_MS)
		file_stuck(docket, facts, piece, before);
}

static void measure_pieces(struct docket *docket, const struct lane_facts *facts,
			   const struct period *tries, int count)
{
	int next = 0; /* of the holders, by the acquire's return */

	for (int i = 0; i < count; i++) {
		struct period piece = tries[i];

		while (next < facts->holders &&
		       facts->holder[next]->believed_from_ns <= tries[i].to_ns) {
			const struct attempt *holder = facts->holder[next];

			piece.to_ns = holder->believed_from_ns;
			if (piece.from_ns < piece.to_ns) {
				measure_piece(docket, facts, &piece,
					      next ? facts->holder[next - 1] : NULL);
				piece.from_ns = piece.to_ns;
			}
			next++;
		}
		piece.to_ns = tries[i].to_ns;
		if (piece.from_ns < piece.to_ns)
			measure_piece(docket, facts, &piece, next ? facts->holder[next - 1] : NULL);
	}
}

/* Of the tries what no believed hold covers. */
static int64_t sum_unheld(const struct lane_facts *facts, const struct period *tries, int count)
{
	int64_t held_until_ns = 0, sum_ns = 0;
	int next = 0;

	for (int i = 0; i < count; i++) {
		int64_t free_ns;

		for (; next < facts->holders &&
		       facts->holder[next]->believed_from_ns < tries[i].to_ns;
		     next++) {
			const struct attempt *holder = facts->holder[next];

			free_ns = most(tries[i].from_ns, held_until_ns);
			if (holder->believed_from_ns > free_ns)
				sum_ns += holder->believed_from_ns - free_ns;
			held_until_ns = most(held_until_ns, holder->believed_to_ns);
		}
		free_ns = most(tries[i].from_ns, held_until_ns);
		if (tries[i].to_ns > free_ns)
			sum_ns += tries[i].to_ns - free_ns;
	}
	return sum_ns;
}

static void measure_acquires(struct tally *tally, const struct lane_facts *facts)
{
	int64_t timeout_ns = facts->arm->acquire_timeout_ms * NS_PER_MS;

	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];

		if (op->f != F_ACQUIRE || op->returned_ns == NEVER_NS)
			continue;
		if (op->outcome == OUTCOME_OK)
			*ROWS_APPEND(tally->wait, tally->waits) = op->returned_ns - op->invoked_ns;
		else
			tally->timeouts += op->returned_ns - op->invoked_ns >= timeout_ns;
	}
}

/*
 * Surely nobody had taken what the worker gave up then: its key was seen to go later, and its lease
 * was promised until later, or could be revoked later. A key that another put took over, or that
 * another's release took, is another story.
 */
static bool stood(const struct attempt *attempt, int64_t at_ns)
{
	const struct grant *grant = attempt->grant;

	if (!grant || attempt->ambiguous || grant->taken_over || grant->wrongly_released ||
	    grant->removed_seen_ns <= at_ns)
		return false;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_LEASE_REVOKE && op->outcome == OUTCOME_OK && op->invoked_ns >= at_ns)
			return true;
	}
	return attempt_lease_lives(attempt, at_ns);
}

static bool lost_for_nothing(const struct attempt *attempt)
{
	for (int i = 0; attempt->acquire && i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_LOSE && op->invoked_ns >= attempt->believed_from_ns &&
		    op->invoked_ns <= attempt->given_up_ns)
			return stood(attempt, op->invoked_ns);
	}
	return false;
}

void measure_waits(struct docket *docket, const struct lane_facts *facts)
{
	struct tally *tally = docket_tally_of_arm(docket, facts);
	struct period *tries;

	ARRAY_NEW(tries, facts->attempts);
	int count = merge(tries, list_tries(facts, tries));

	measure_acquires(tally, facts);
	measure_pieces(docket, facts, tries, count);
	tally->unheld_ns += sum_unheld(facts, tries, count);
	count_failovers(docket, facts, tries, count);
	free(tries);
	for (int i = 0; i < facts->attempts; i++)
		tally->spurious_losses += lost_for_nothing(&facts->attempt[i]);
}

static int compare_waits(const void *left, const void *right)
{
	return array_order(*(const int64_t *)left, *(const int64_t *)right);
}

/* The smallest that at least so many percent do not exceed. */
static int64_t percentile(const int64_t *sorted, int count, int percent)
{
	int64_t rank = ((int64_t)count * percent + 99) / 100;

	CHECK(rank > 0 && rank <= count);
	return sorted[rank - 1];
}

void tell_waits(struct tally *tally, int64_t *measure)
{
	int64_t untaken_ns = tally->untaken.to_ns - tally->untaken.from_ns;

	CHECK(untaken_ns >= 0);
	if (tally->waits > 0) /* else there is no array to sort */
		array_sort(tally->wait, (size_t)tally->waits, sizeof(*tally->wait), compare_waits);
	if (tally->waits) {
		measure[MEASURE_WAIT_MEDIAN] = percentile(tally->wait, tally->waits, 50);
		measure[MEASURE_WAIT_P99] = percentile(tally->wait, tally->waits, 99);
		measure[MEASURE_WAIT_LONGEST] = percentile(tally->wait, tally->waits, 100);
		CHECK(measure[MEASURE_WAIT_MEDIAN] <= measure[MEASURE_WAIT_P99] &&
		      measure[MEASURE_WAIT_P99] <= measure[MEASURE_WAIT_LONGEST]);
	}
	if (untaken_ns) {
		measure[MEASURE_UNTAKEN] = untaken_ns;
		measure[MEASURE_UNTAKEN_AT] = tally->untaken.from_ns;
		measure[MEASURE_UNTAKEN_LANE] = tally->untaken_lane;
	}
	measure[MEASURE_TIMEOUTS] = tally->timeouts;
	measure[MEASURE_SPURIOUS_LOSSES] = tally->spurious_losses;
	measure[MEASURE_LATE_ACQUIRES] = tally->late;
	measure[MEASURE_GAPS] = tally->gaps;
	measure[MEASURE_GAPS_TOTAL] = 0;
	for (int i = 0; i < tally->gaps; i++)
		measure[MEASURE_GAPS_TOTAL] += tally->gap[i].to_ns - tally->gap[i].from_ns;
	measure[MEASURE_UNHELD] = tally->unheld_ns;
	measure[MEASURE_OVERLAP_TOTAL] = tally->overlap_ns;
	measure[MEASURE_OVERLAP_LONGEST] = tally->longest_overlap_ns;
}

static int compare_gaps_by_length(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	return array_order(b->to_ns - b->from_ns, a->to_ns - a->from_ns)
		       ?: array_order(a->from_ns, b->from_ns) ?: array_order(a->lane, b->lane);
}

static int compare_gaps_by_begin(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	return array_order(a->from_ns, b->from_ns) ?: array_order(a->lane, b->lane);
}

void tell_gaps(struct tally *tally, struct verdicts *verdicts)
{
	int kept = tally->gaps < GAPS_KEPT ? tally->gaps : GAPS_KEPT;

	if (!kept)
		return;
	array_sort(tally->gap, (size_t)tally->gaps, sizeof(*tally->gap), compare_gaps_by_length);
	array_sort(tally->gap, (size_t)kept, sizeof(*tally->gap), compare_gaps_by_begin);
	for (int i = 0; i < kept; i++)
		*ROWS_APPEND(verdicts->gap, verdicts->gaps) = tally->gap[i];
}
