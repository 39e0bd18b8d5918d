/*
 * Companions of the nemesis: ballast, writes, slow (sandbox/companion.h). They run for as long as
 * the fault lasts, as children that die with the nemesis.
 *
 * They bit when renewals or writes were acknowledged; when the process was seen stopped.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cluster/cluster.h"
#include "cluster/load.h"
#include "nemesis/fault.h"
#include "sandbox/slow.h"

static const int64_t STOPS_WITHIN_NS = 5 * NS_PER_S;

static int start_load(struct nemesis *nemesis, struct fault *fault, struct companion **companion,
		      struct error *err)
{
	const struct fault_block *block = fault->block;
	char prefix[96];
	struct load_plan plan = {
		.service = cluster_target(nemesis->config->cluster),
		.ttl_s = (int)(fault->ttl_ns / NS_PER_S),
		.prefix = prefix,
	};

	snprintf(prefix, sizeof(prefix), "%sload/%d/", nemesis->config->prefix,
		 fault_next_id(nemesis));
	if (block->kind == FAULT_BALLAST)
		plan.leases = block->count < LOAD_LEASES_MAX ? block->count : LOAD_LEASES_MAX;
	else
		plan.writes_per_s = block->rate < LOAD_WRITES_MAX ? block->rate : LOAD_WRITES_MAX;
	return load_start(companion, &plan, err);
}

/* A period, and how much of it the process is stopped. */
static int start_slow(struct fault *fault, struct companion **companion, struct error *err)
{
	int period_ms = (int)(fault->by_ns / NS_PER_MS);
	int stop_ms = (int)(period_ms * fault->block->percent / 100);

	if (stop_ms < 1)
		stop_ms = 1;
	if (period_ms <= stop_ms)
		period_ms = stop_ms + 1;
	const struct slow_plan plan = {.machine = fault->machine,
				       .pidfd = fault->pidfd,
				       .stop_ms = stop_ms,
				       .go_ms = period_ms - stop_ms};

	return slow_start(companion, &plan, err);
}

static enum verb_result companion_inject(struct nemesis *nemesis, struct fault *fault,
					 struct error *err)
{
	struct companion *companion;
	int failed = fault->block->kind == FAULT_SLOW ? start_slow(fault, &companion, err)
						      : start_load(nemesis, fault, &companion, err);

	if (failed)
		return VERB_FAILED;
	fault->effect = companion;
	fault_begun(nemesis, fault);
	return VERB_DONE;
}

static void prove_load(struct nemesis *nemesis, struct fault *fault,
		       const struct load_counts *counts)
{
	if (fault->block->kind == FAULT_BALLAST) {
		fault->bitten = counts->renewals > 0;
		record_proof(nemesis, fault, fault->bitten, counts->renewals,
			     "renewals acknowledged",
			     "%lld leases granted, %lld lost early, %lld lost late",
			     (long long)counts->grants, (long long)counts->lost_early,
			     (long long)counts->lost_late);
	} else {
		fault->bitten = counts->writes > 0;
		record_proof(nemesis, fault, fault->bitten, counts->writes, "writes acknowledged",
			     "%lld were not", (long long)counts->writes_failed);
	}
}

static void prove_slow(struct nemesis *nemesis, struct fault *fault,
		       const struct slow_counts *counts)
{
	fault->bitten = counts->stops > 0;
	record_proof(nemesis, fault, fault->bitten, counts->stops, "stops seen in /proc",
		     "continued %lld times", (long long)counts->continues);
}

static int companion_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct error trouble = {0};

	(void)err;
	if (companion_stop(fault->effect, clock_now_ns() + STOPS_WITHIN_NS, &trouble))
		record_note(nemesis, false, "fault %d: %s", fault->id, trouble.text);
	fault->ended_ns = clock_now_ns();
	if (fault->block->kind == FAULT_SLOW)
		prove_slow(nemesis, fault, companion_counts(fault->effect));
	else
		prove_load(nemesis, fault, companion_counts(fault->effect));
	companion_close(fault->effect);
	return 0;
}

const struct verb verb_slow = {companion_inject, NULL, companion_heal, 0};
/* Not on somebody else's cluster, which would have to bear it. */
const struct verb verb_load = {companion_inject, NULL, companion_heal, CAN_FAULT_MEMBERS};
