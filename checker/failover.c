/*
 * Failovers: a bitten fault began while a worker believed that it holds the lock, and ended that
 * hold; how long until somebody held that lock again?
 *
 * Theory of operation. A hold was ended by a fault when its lease went without its asking, or its
 * process died holding, and a fault stands behind that as behind an exposure. Faults that are older
 * than the hold are left out: how long the lock was away because of them does not begin with them.
 * A failover is measured when somebody tried at every instant from when the key went until somebody
 * held the lock: else it would tell how long nobody wanted it. The witness may see the key go later
 * than the next holder has its answer; then the lock was never away.
 */
#include "base/array.h"
#include "checker/checks.h"
#include "history/row.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When its key went without its asking; NEVER_NS: it died holding, and its key stood. False: the
 * hold ended otherwise, or nothing tells how. */
static bool ended_unasked(const struct attempt *attempt, int64_t *lost_ns)
{
	const struct grant *grant = attempt->grant;

	if (!attempt->acquire || !grant || attempt->ambiguous || grant->wrongly_released)
		return false;
	if (attempt->mode == MODE_SHARED) /* others may have held it all the time */
		return false;
	*lost_ns = grant->removed_seen_ns;
	if (*lost_ns == NEVER_NS)
		return !attempt->ending && attempt->believed_to_ns != NEVER_NS;
	return !hold_ended_by_asking(attempt);
}

/* Whoever believes first after that instant, but for the loser itself; NULL. */
static const struct attempt *next_holder(const struct lane_facts *facts,
					 const struct attempt *loser, int64_t after_ns)
{
	int i = (int)ARRAY_BEFORE(facts->holders, n,
				  facts->holder[n]->believed_from_ns <= after_ns);

	while (i < facts->holders && facts->holder[i] == loser)
		i++;
	return i < facts->holders ? facts->holder[i] : NULL;
}

static bool tried_all_the_time(const struct period *tries, int count, int64_t from_ns,
			       int64_t to_ns)
{
	int begun = (int)ARRAY_BEFORE(count, n, tries[n].from_ns <= from_ns);

	CHECK(from_ns <= to_ns && begun <= count);
	return begun && to_ns <= tries[begun - 1].to_ns;
}

static enum led find_led(const struct leaders *leaders, int64_t from_ns, int64_t to_ns)
{
	int first = leaders_at(leaders, from_ns);

	if (first == NO_MEMBER || to_ns == NEVER_NS)
		return LED_UNKNOWN;
	for (int i = (int)ARRAY_BEFORE(leaders->leads, n, leaders->lead[n].at_ns <= from_ns);
	     i < leaders->leads && leaders->lead[i].at_ns <= to_ns; i++)
		if (leaders->lead[i].member != first)
			return LED_ANEW;
	return LED_ON;
}

static void count_failover(struct docket *docket, const struct lane_facts *facts,
			   const struct period *tries, int count, const struct attempt *attempt)
{
	int64_t lost_ns;

	if (!ended_unasked(attempt, &lost_ns))
		return;
	const struct fault_row *fault =
		hold_fault_behind(facts, attempt, least(lost_ns, attempt->believed_to_ns));

	if (!fault || fault->began_ns < attempt->believed_from_ns)
		return;
	CHECK(fault->bitten); /* one that did not ended nothing */
	const struct attempt *next = next_holder(facts, attempt, fault->began_ns);
	int64_t to_ns = next ? next->believed_from_ns : NEVER_NS;
	struct failover_row failover = {
		.arm = facts->lane->arm,
		.lane = facts->lane->id,
		.fault = fault,
		.attempt = attempt->id,
		.to_ns = NEVER_NS,
		.end = FAILOVER_UNWANTED,
	};

	if (!next) {
		int64_t last_ns = least(lost_ns, facts->run->ended_ns);

		if (last_ns != NEVER_NS &&
		    tried_all_the_time(tries, count, last_ns, facts->run->ended_ns))
			failover.end = FAILOVER_CUT_OFF;
	} else if (tried_all_the_time(tries, count, least(lost_ns, to_ns), to_ns)) {
		failover.end = FAILOVER_TAKEN;
		failover.to_ns = to_ns;
	}
	failover.led = find_led(&facts->run->leaders, fault->began_ns, failover.to_ns);
	CHECK(failover.to_ns > fault->began_ns); /* or whoever reads it back refuses it */
	*ROWS_APPEND(docket->failover, docket->failovers) = failover;
}

void count_failovers(struct docket *docket, const struct lane_facts *facts,
		     const struct period *tries, int count)
{
	for (int i = 0; i < facts->attempts; i++)
		count_failover(docket, facts, tries, count, &facts->attempt[i]);
}
