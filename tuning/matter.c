#include "tuning/matter.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/fault.h"
#include "history/row.h"

enum { MIN_EXPOSURES = 30 };

/* What the service granted may be more than what was asked for. Any of the answers tells it. */
int matter_lease(const struct history *history, const struct arm_row *row, struct lease *lease,
		 struct error *err)
{
	struct rows rows;
	_cleanup_free_ char *sql =
		text_format("SELECT ttl_ms FROM op WHERE arm = %d AND f = %d AND outcome = %d AND "
			    "ttl_ms > 0 LIMIT 1",
			    row->id, F_LEASE_GRANT, OUTCOME_OK);

	int ttl_ms = row->ttl_ms;

	if (rows_open(&rows, history->db, history->arena, "op", sql, err))
		return -1;
	if (rows_next(&rows))
		ttl_ms = (int)rows_int(&rows, 1, INT_MAX);
	*lease = lease_of_worker(ttl_ms, row->heartbeat_ms, row->retries);
	lease_take_habits(lease, row->renew_timeout_ms, row->retry_after_ms);
	return rows_close(&rows);
}

static const struct judgement *judgement_of(const struct verdicts *verdicts, int arm)
{
	for (int i = 0; i < verdicts->judgements; i++)
		if (verdicts->judgement[i].arm == arm)
			return &verdicts->judgement[i];
	return NULL;
}

static bool outlasts(const struct arm_matter *arm, const struct standstill *stood)
{
	return stood->to_ns - stood->from_ns > lease_outlives_pause_ns(&arm->lease);
}

static void measure_pauses(const struct history *history, struct arm_matter *arm)
{
	standstills_gather(history, arm->row->id, arm->lease.patience_ns, &arm->stood);
	for (int i = 0; i < arm->stood.count; i++) {
		int64_t length_ns = arm->stood.at[i].to_ns - arm->stood.at[i].from_ns;

		arm->outlasting += outlasts(arm, &arm->stood.at[i]);
		if (length_ns > arm->longest_ns)
			arm->longest_ns = length_ns;
	}
}

/* A pause that, with those right before and after it, outlasts the lease. */
static bool is_harmful(const struct arm_matter *arm, const struct fault_row *fault)
{
	for (int i = 0; i < arm->stood.count; i++) {
		const struct standstill *stood = &arm->stood.at[i];

		if (stood->attempt == fault->attempt && stood->from_ns <= fault->began_ns &&
		    stood->to_ns >= fault->began_ns)
			return fault_is_standstill(fault) && outlasts(arm, stood);
	}
	return false;
}

static bool is_harmful_pause(const struct matter *matter, int arm, int64_t fault)
{
	const struct fault_row *row = history_fault(matter->history, fault);

	return row && row->arm == arm && is_harmful(&matter->arm[arm], row);
}

static bool cites_pause(const struct matter *matter, const struct violation *violation)
{
	for (int i = 0; i < violation->evidences; i++)
		if (strcmp(violation->evidence[i].kind, "fault") == 0 &&
		    is_harmful_pause(matter, violation->arm, violation->evidence[i].ref))
			return true;
	return false;
}

static void mark_harms_of_pauses(struct matter *matter)
{
	for (int i = 0; i < matter->verdicts->violations; i++) {
		const struct violation *violation = &matter->verdicts->violation[i];
		bool counts = (NO_HARM | 1u << VIOLATION_OVERLAP) >> violation->name & 1;

		struct arm_matter *arm =
			violation->arm >= 0 && violation->arm < matter->arms && violation->definite
				? &matter->arm[violation->arm]
				: NULL;

		if (arm && counts && arm->outlasting && !arm->harmed_by_pause)
			arm->harmed_by_pause = cites_pause(matter, violation);
	}
}

static bool has_pauses_in_ttl(const struct history *history)
{
	for (int i = 0; i < history->schedules; i++) {
		const struct schedule_row *entry = &history->schedule[i];

		if (entry->of_lanes && entry->length_in_ttl &&
		    strcmp(entry->kind, fault_kind_names[FAULT_PAUSE]) == 0)
			return true;
	}
	return false;
}

/* A history made by others may say anything. */
static bool is_sound(const struct lease *lease)
{
	return lease->heartbeat_ns > 0 && lease->retries > 0 && lease->retries < 1000 &&
	       lease->heartbeat_ns < lease->ttl_ns;
}

static int gather_arm(struct matter *matter, int number, struct error *err)
{
	struct arm_matter *arm = &matter->arm[number];

	arm->row = &matter->history->arm[number];
	arm->judged = judgement_of(matter->verdicts, number);
	arm->guard = guard_find(arm->row->guard);
	if (matter_lease(matter->history, arm->row, &arm->lease, err))
		return -1;
	arm->harm = arm->judged ? judgement_count(arm->judged, NO_HARM) : 0;
	arm->overlaps = arm->judged ? arm->judged->definite[VIOLATION_OVERLAP] : 0;
	/* The rules are of one holder, and of a token that tells who came later. */
	arm->fenceable = arm->judged && (arm->row->planted & ~FOREIGN_CLIENT) == 0 &&
			 is_sound(&arm->lease) && arm_sharing(arm->row) != SHARING_SEMAPHORE &&
			 (arm->judged->verdict == VERDICT_UNSAFE ||
			  arm->judged->verdict == VERDICT_INCONCLUSIVE);
	arm->advised = arm->fenceable && !arm_is_foreign(arm->row);
	measure_pauses(matter->history, arm);
	return 0;
}

static int64_t positive(int64_t number, int64_t otherwise)
{
	return number > 0 ? number : otherwise;
}

int matter_gather(const struct history *history, const struct verdicts *verdicts,
		  struct matter *matter, struct error *err)
{
	int64_t began_ns = positive(history_number(history, "load_began_ns", 0), 0);

	*matter = (struct matter){
		.history = history,
		.verdicts = verdicts,
		.service = judgement_of(verdicts, -1),
		.election_ns = history->election_ms * NS_PER_MS,
		.min_exposures =
			positive(history_number(history, "min_exposures", 0), MIN_EXPOSURES),
		.arms = history->arms,
		.arm = calloc((size_t)history->arms + 1, sizeof(*matter->arm)),
	};
	CHECK_MEMORY(matter->arm);
	if (history->healed_ns != NEVER_NS && history->healed_ns > began_ns)
		matter->load_ns = history->healed_ns - began_ns;
	for (int i = 0; i < matter->arms; i++)
		if (gather_arm(matter, i, err)) {
			matter_free(matter);
			return -1;
		}
	mark_harms_of_pauses(matter);
	matter->pauses_in_ttl = has_pauses_in_ttl(history);
	return 0;
}

void matter_free(struct matter *matter)
{
	for (int i = 0; i < matter->arms; i++)
		standstills_free(&matter->arm[i].stood);
	free(matter->arm);
	matter->arm = NULL;
}
