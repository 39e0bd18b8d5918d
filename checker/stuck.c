/*
 * Liveness: after the last fault was healed, a lane that somebody tries to lock must be locked by
 * somebody within the bound.
 */
#include <stddef.h>

#include "base/invariant.h"
#include "base/clock.h"
#include "checker/checks.h"

void check_stuck(struct docket *docket, const struct lane_facts *facts)
{
	const struct run *run = facts->run;
	int64_t healed_ns = run->history->healed_ns;
	int64_t first_ns = NEVER_NS, last_ns = 0; /* of the trying, after the heal */
	const struct op_row *tried = NULL;

	/* Then waits.c files it, wherever it was. */
	if (facts->arm->acquire_within_ms > 0 &&
	    facts->arm->acquire_within_ms * NS_PER_MS <= run->settle_ns)
		return;
	if (healed_ns == NEVER_NS || run->ended_ns == NEVER_NS || run->settle_ns <= 0)
		return;
	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];

		if (op->f != F_ACQUIRE || op->returned_ns <= healed_ns)
			continue;
		if (op->outcome == OUTCOME_OK)
			return;
		const struct actor *actor = run_actor(run, op->process);
		int64_t until_ns = op->returned_ns;

		if (actor && actor->ended_ns < until_ns) /* the dead do not try */
			until_ns = actor->ended_ns;
		if (until_ns > run->ended_ns)
			until_ns = run->ended_ns;
		if (until_ns <= healed_ns)
			continue;
		if (op->invoked_ns < first_ns)
			first_ns = op->invoked_ns;
		if (until_ns > last_ns) {
			last_ns = until_ns;
			tried = op;
		}
	}
	if (first_ns < healed_ns)
		first_ns = healed_ns;
	if (!tried || last_ns - first_ns < run->settle_ns)
		return;
	CHECK(first_ns >= healed_ns && last_ns <= run->ended_ns && tried->outcome != OUTCOME_OK);
	struct violation violation =
		docket_draft(facts, VIOLATION_STUCK, IS_DEFINITE, first_ns + run->settle_ns);

	docket_cite(&violation, "op", tried->id, "acquire");
	docket_cite_cover(&violation, facts, RUN_MEMBERS, healed_ns, run->ended_ns);
	docket_say(
		&violation,
		"nobody acquired %.40s after the heal at %.3f s, although its workers tried from "
		"%.3f s to %.3f s",
		facts->lane->name, seconds(healed_ns), seconds(first_ns), seconds(last_ns));
	docket_file(docket, facts, &violation, NULL, NULL);
}
