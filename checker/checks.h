/*
 * The checks, each over one lane; what each proves, and what it cannot see, stands in README.md.
 * O(n log n) in the lane's rows. They file into the docket and mark the attempts they accuse.
 */
#ifndef CHECKER_CHECKS_H
#define CHECKER_CHECKS_H

#include "checker/docket.h"
#include "checker/guards.h"

void check_overlap(struct docket *docket, const struct lane_facts *facts);
void check_overlap_safe(struct docket *docket, const struct lane_facts *facts);
void check_overlap_granted(struct docket *docket, const struct lane_facts *facts);
void check_writes(struct docket *docket, const struct lane_facts *facts,
		  const struct guard_kind *guard);
void check_wrong_release(struct docket *docket, const struct lane_facts *facts);
void check_early_expiry(struct docket *docket, const struct lane_facts *facts);
void check_dead_keepalive(struct docket *docket, const struct lane_facts *facts);
void check_false_gone(struct docket *docket, const struct lane_facts *facts);
void check_stale_look(struct docket *docket, const struct lane_facts *facts);
void check_stale_read(struct docket *docket, const struct lane_facts *facts);
void check_ghost_grant(struct docket *docket, const struct lane_facts *facts);
void check_token_regression(struct docket *docket, const struct lane_facts *facts);
void check_divergence(struct docket *docket, const struct lane_facts *facts);
/* not-linearizable; and both levels of exclusion, into the arm's tally. */
void check_exclusion(struct docket *docket, const struct lane_facts *facts);

struct audit { /* of the members, at the run's end */
	bool differ, undone;
	const char *what; /* differs, or kept it from being done */
	int64_t at_ns;
};

/* As the run's facts tell it. `in_parts`: a file that need not tell of it. */
void audit_read(const struct history *history, int64_t at_ns, bool in_parts, struct audit *audit);
/* divergence, of the whole run. */
void check_audit(struct docket *docket, const struct audit *audit);
/* How long acquiring took and was in vain; with an acquire-within, stuck. */
void measure_waits(struct docket *docket, const struct lane_facts *facts);
/* What became of it, by enum measure. Sorts the waits. */
void tell_waits(struct tally *tally, int64_t *measure);
/* Appends the longest of an arm's gaps, by their begins. Sorts them. */
void tell_gaps(struct tally *tally, struct verdicts *verdicts);
/* Into the docket; `tries`: when somebody of the lane tried, ascending and disjoint. */
void count_failovers(struct docket *docket, const struct lane_facts *facts,
		     const struct period *tries, int count);
void check_stuck(struct docket *docket, const struct lane_facts *facts);

/* After all others: it asks which exposed attempts were accused. */
void count_exposures(struct docket *docket, const struct lane_facts *facts,
		     const struct guard_kind *guard);
/* Whether the hold's key, which was seen to go, went because its own worker had asked for that. */
bool hold_ended_by_asking(const struct attempt *attempt);
/* What lay over the worker, or else over the service, between the last renewal that is known to
 * have come through and the loss (NEVER_NS: the end of the belief); NULL. */
const struct fault_row *hold_fault_behind(const struct lane_facts *facts,
					  const struct attempt *attempt, int64_t lost_ns);

#endif
