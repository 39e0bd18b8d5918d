/*
 * Companions of the nemesis: ballast, writes, slow (sandbox/companion.h). They run for as long as
 * the fault lasts, as children that die with the nemesis.
 *
 * They bit when renewals or writes were acknowledged; when the process was seen stopped.
 */
#include <stdio.h>

#include "base/invariant.h"
#include "base/clock.h"
#include "cluster/cluster.h"
#include "cluster/load.h"
#include "nemesis/faults.h"
#include "sandbox/slow.h"

static const int64_t STOPS_WITHIN_NS = 5 * NS_PER_S;

/* What a companion does, and what it counts of that. */
struct errand {
	int (*start)(struct nemesis *nemesis, struct fault *fault, struct companion **companion,
		     struct error *err);
	void (*prove)(struct nemesis *nemesis, struct fault *fault, const void *counts);
};

static const struct errand *errand_of(const struct fault *fault)
{
	return fault->verb->own;
}

static enum verb_result companion_inject(struct nemesis *nemesis, struct fault *fault,
					 struct error *err)
{
	struct companion *companion;

	if (errand_of(fault)->start(nemesis, fault, &companion, err))
		return VERB_FAILED;
	fault->effect = companion;
	fault_begun(nemesis, fault);
	return VERB_DONE;
}

static int companion_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct error trouble = {0};

	(void)err;
	if (companion_stop(fault->effect, clock_now_ns() + STOPS_WITHIN_NS, &trouble))
		record_note(nemesis, NOTE_TELLS, "fault %d: %s", fault->id, trouble.text);
	fault->ended_ns = clock_now_ns();
	errand_of(fault)->prove(nemesis, fault, companion_counts(fault->effect));
	companion_close(fault->effect);
	return 0;
}

#define VERB(needs, start, prove)                                                                  \
	{                                                                                          \
		companion_inject, NULL, companion_heal, needs, &(const struct errand)              \
		{                                                                                  \
			start, prove                                                               \
		}                                                                                  \
	}

/* slow ---------------------------------------------------------------------------------------- */

/* A period, and how much of it the process is stopped. */
static int start_slow(struct nemesis *nemesis, struct fault *fault, struct companion **companion,
		      struct error *err)
{
	int period_ms = (int)(fault->by_ns / NS_PER_MS);
	int stop_ms = (int)(period_ms * fault->block->percent / 100);

	(void)nemesis;
	if (stop_ms < 1)
		stop_ms = 1;
	if (period_ms <= stop_ms)
		period_ms = stop_ms + 1;
	CHECK(0 < stop_ms && stop_ms < period_ms);
	const struct slow_plan plan = {.machine = fault->machine,
				       .pidfd = fault->pidfd,
				       .stop_ms = stop_ms,
				       .go_ms = period_ms - stop_ms};

	return slow_start(companion, &plan, err);
}

static void prove_slow(struct nemesis *nemesis, struct fault *fault, const void *counted)
{
	const struct slow_counts *counts = counted;

	record_bite(nemesis, fault, counts->stops > 0, counts->stops, "continued %lld times",
		    (long long)counts->continues);
}

const struct verb verb_slow = VERB(0, start_slow, prove_slow);

/* Load: not on somebody else's cluster, which would have to bear it. -------------------------- */

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static int start_load(struct nemesis *nemesis, struct fault *fault, struct companion **companion,
		      struct error *err)
{
	const struct fault_block *block = fault->block;

	CHECK(fault->ttl_ns > 0);
	uint32_t uses = fault_traits(block->kind)->uses;
	char prefix[96];
	struct load_plan plan = {
		.service = cluster_target(nemesis->config->cluster),
		.ttl_s = (int)(fault->ttl_ns / NS_PER_S),
		.prefix = prefix,
		.leases = uses & USES_COUNT ? smaller(block->count, LOAD_LEASES_MAX) : 0,
		.writes_per_s = uses & USES_RATE ? smaller(block->rate, LOAD_WRITES_MAX) : 0,
	};

	snprintf(prefix, sizeof(prefix), "%sload/%d/", nemesis->config->prefix,
		 fault_next_id(nemesis));
	return load_start(companion, &plan, err);
}

static void prove_ballast(struct nemesis *nemesis, struct fault *fault, const void *counted)
{
	const struct load_counts *counts = counted;

	record_bite(nemesis, fault, counts->renewals > 0, counts->renewals,
		    "%lld leases granted, %lld lost early, %lld lost late",
		    (long long)counts->grants, (long long)counts->lost_early,
		    (long long)counts->lost_late);
}

static void prove_writes(struct nemesis *nemesis, struct fault *fault, const void *counted)
{
	const struct load_counts *counts = counted;

	record_bite(nemesis, fault, counts->writes > 0, counts->writes, "%lld were not",
		    (long long)counts->writes_failed);
}

const struct verb verb_ballast = VERB(CAN_FAULT_MEMBERS, start_load, prove_ballast);
const struct verb verb_writes = VERB(CAN_FAULT_MEMBERS, start_load, prove_writes);
