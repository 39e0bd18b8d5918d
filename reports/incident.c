#include "reports/incident.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/guard.h"
#include "reports/query.h"

/* Grouping ------------------------------------------------------------------------------------ */

/* What makes two violations one incident: the act that they accuse. */
struct act {
	int arm, lane;
	int64_t holder;   /* the attempt that is accused, or to which it was done; 0: none */
	int64_t decision; /* the write that did harm; 0: none */
	const struct violation *violation;
};

static int64_t cited(const struct violation *violation, const char *kind, const char *part)
{
	for (int i = 0; i < violation->evidences; i++)
		if (strcmp(violation->evidence[i].kind, kind) == 0 &&
		    (!part || strcmp(violation->evidence[i].part, part) == 0))
			return violation->evidence[i].ref;
	return 0;
}

static struct act act_of(const struct violation *violation)
{
	int64_t holder = cited(violation, "attempt", "holder");

	return (struct act){
		.arm = violation->arm,
		.lane = violation->lane,
		.holder = holder ? holder : cited(violation, "attempt", NULL),
		.decision = cited(violation, "decision", "write"),
		.violation = violation,
	};
}

#define ORDER(x, y)                                                                                \
	do {                                                                                       \
		if ((x) != (y))                                                                    \
			return (x) < (y) ? -1 : 1;                                                 \
	} while (0)

static int by_gravity(const struct violation *one, const struct violation *other)
{
	ORDER(other->definite, one->definite);
	ORDER(violation_kinds[one->name].gravity, violation_kinds[other->name].gravity);
	ORDER(one->at_ns, other->at_ns);
	ORDER(one->id, other->id);
	return 0;
}

/* Writes before what is no write, so that a belief goes to its holder's first harmful write. */
static int by_act(const void *a, const void *b)
{
	const struct act *one = a, *other = b;

	ORDER(one->arm, other->arm);
	ORDER(one->lane, other->lane);
	ORDER(one->holder, other->holder);
	ORDER(one->decision == 0, other->decision == 0);
	ORDER(one->decision, other->decision);
	return by_gravity(one->violation, other->violation);
}

static bool same_holder(const struct act *one, const struct act *other)
{
	return one->arm == other->arm && one->lane == other->lane && one->lane >= 0 &&
	       one->holder != 0 && one->holder == other->holder;
}

static void incident_add(struct incident *incident, const struct violation *violation)
{
	for (int i = 0; i < incident->names; i++)
		if (incident->told[i]->name == violation->name)
			return; /* the same again, of the same act */
	CHECK(incident->names < VIOLATION_NAMES_COUNT);
	int at = incident->names++;

	for (; at > 0 && by_gravity(violation, incident->told[at - 1]) < 0; at--)
		incident->told[at] = incident->told[at - 1];
	incident->told[at] = violation;
}

/* Groups all violations into `group`, of which there is room for as many; returns how many groups.
 * What is no write goes to the first write of its holder. */
static int group_all(const struct verdicts *verdicts, struct incident *group)
{
	struct act *act = calloc((size_t)verdicts->violations + 1, sizeof(*act));
	int groups = 0, first_of_holder = 0;

	CHECK_MEMORY(act);
	for (int i = 0; i < verdicts->violations; i++)
		act[i] = act_of(&verdicts->violation[i]);
	qsort(act, (size_t)verdicts->violations, sizeof(*act), by_act);
	for (int i = 0; i < verdicts->violations; i++) {
		bool known = i > 0 && same_holder(&act[i - 1], &act[i]);

		if (!known)
			first_of_holder = groups;
		CHECK(!known || first_of_holder < groups);
		if (known && act[i].decision == 0) {
			incident_add(&group[first_of_holder], act[i].violation);
		} else if (known && act[i].decision == act[i - 1].decision) {
			incident_add(&group[groups - 1], act[i].violation);
		} else {
			group[groups] = (struct incident){0};
			incident_add(&group[groups++], act[i].violation);
		}
	}
	free(act);
	return groups;
}

/* Picking ------------------------------------------------------------------------------------- */

static int by_worth(const void *a, const void *b)
{
	const struct incident *one = a, *other = b;

	ORDER(other->told[0]->definite, one->told[0]->definite);
	ORDER(violation_kinds[one->told[0]->name].gravity,
	      violation_kinds[other->told[0]->name].gravity);
	ORDER(incident_fault(one) == 0, incident_fault(other) == 0); /* with a cause first */
	ORDER(other->names, one->names);
	return by_gravity(one->told[0], other->told[0]);
}

/* Adds its names to those that its subject's stories tell; false: it tells nothing new. */
static bool cover(const struct incident *incident, uint32_t *covered)
{
	uint32_t *told = &covered[incident->told[0]->arm + 1], before = *told;

	CHECK(incident->names > 0);
	for (int i = 0; i < incident->names; i++)
		*told |= 1u << incident->told[i]->name;
	return *told != before;
}

/* Fills `picked` with at most `limit` incidents; returns how many. */
static int pick(const struct verdicts *verdicts, int limit, struct incident *picked)
{
	struct incident *group = calloc((size_t)verdicts->violations + 1, sizeof(*group));
	int arms = 0, count = 0;

	CHECK(limit > 0);
	for (int i = 0; i < verdicts->violations; i++)
		if (verdicts->violation[i].arm >= arms)
			arms = verdicts->violation[i].arm + 1;
	uint32_t *covered = calloc((size_t)arms + 1, sizeof(*covered));

	CHECK_MEMORY(group && covered);
	int groups = group_all(verdicts, group);

	qsort(group, (size_t)groups, sizeof(*group), by_worth);
	for (int i = 0; i < groups && count < limit; i++)
		if (cover(&group[i], covered))
			picked[count++] = group[i];
	free(covered);
	free(group);
	return count;
}

const struct violation *incident_gravest(const struct verdicts *verdicts)
{
	struct incident incident;

	return verdicts->judgements && pick(verdicts, 1, &incident) ? incident.told[0] : NULL;
}

/* Refused writes ------------------------------------------------------------------------------ */

/* An accepted request's harm has a violation; a refused one has none, and is found here. First of
 * those on which a bitten fault lay that did harm elsewhere, then on which any lay. */
#define REFUSED_WRITES                                                                             \
	"SELECT op.arm, op.lane, decision.id, op.id, op.attempt, fault.id, decision.decided_ns, "  \
	"decision.greatest_token FROM decision JOIN op ON op.id = decision.op "                    \
	"LEFT JOIN fault ON fault.attempt = op.attempt AND fault.bitten "                          \
	" AND fault.began_ns < decision.decided_ns "                                               \
	"WHERE decision.accepted = 0 AND decision.f = 6 AND op.attempt IS NOT NULL "
#define REFUSED_ORDER                                                                              \
	"ORDER BY op.arm, fault.id IS NULL, coalesce(fault.schedule, -1) NOT IN ("                 \
	" SELECT harmful.schedule FROM evidence JOIN violation ON violation.id = "                 \
	" evidence.violation JOIN fault AS harmful ON harmful.id = evidence.ref "                  \
	" WHERE evidence.kind = 'fault' AND harmful.schedule IS NOT NULL "                         \
	" AND violation.name IN ('stale-write', 'late-write', 'lost-update')), "                   \
	"decision.decided_ns, decision.id, fault.began_ns DESC"

struct refusals {
	const struct history *history;
	int count, limit;
	struct violation *violation;
	int64_t greatest_token[INCIDENTS_MAX]; /* that the store had seen */
};

static void cite(struct violation *violation, const char *kind, int64_t ref, const char *part)
{
	CHECK(violation->evidences < EVIDENCE_MAX);
	if (ref)
		violation->evidence[violation->evidences++] = (struct evidence){kind, ref, part};
}

/* The first row of each arm whose guard promises something. */
static void visit_refusal(sqlite3_stmt *row, void *context)
{
	struct refusals *refusals = context;
	const struct history *history = refusals->history;
	int arm = sqlite3_column_int(row, 0), lane = sqlite3_column_int(row, 1);
	const struct guard_kind *guard =
		arm >= 0 && arm < history->arms ? guard_find(history->arm[arm].guard) : NULL;

	if (!guard_helps(guard) || lane < 0 || lane >= history->lanes ||
	    refusals->count == refusals->limit ||
	    (refusals->count && refusals->violation[refusals->count - 1].arm == arm))
		return;
	refusals->greatest_token[refusals->count] = sqlite3_column_int64(row, 7);
	struct violation *violation = &refusals->violation[refusals->count++];

	*violation = (struct violation){
		.arm = arm, .lane = lane, .definite = true, .at_ns = sqlite3_column_int64(row, 6)};
	cite(violation, "decision", sqlite3_column_int64(row, 2), "refused write");
	cite(violation, "op", sqlite3_column_int64(row, 3), "refused write");
	cite(violation, "attempt", sqlite3_column_int64(row, 4), "holder");
	cite(violation, "fault", sqlite3_column_int64(row, 5), "cover");
}

static void visit_later_holder(sqlite3_stmt *row, void *context)
{
	struct violation *violation = context;

	if (cited(violation, "attempt", NULL) != sqlite3_column_int64(row, 0))
		cite(violation, "attempt", sqlite3_column_int64(row, 0), "later holder");
}

/* Who had the token that was greater. */
static int find_later_holders(struct refusals *refusals, struct error *err)
{
	for (int i = 0; i < refusals->count; i++) {
		char sql[256];

		snprintf(sql, sizeof(sql),
			 "SELECT attempt FROM op WHERE lane = %d AND token = %" PRId64
			 " AND attempt IS NOT NULL ORDER BY invoked_ns, id LIMIT 1",
			 refusals->violation[i].lane, refusals->greatest_token[i]);
		if (query_rows(refusals->history, sql, visit_later_holder, &refusals->violation[i],
			       err))
			return -1;
	}
	return 0;
}

static int find_refusals(struct refusals *refusals, const char *sql, struct error *err)
{
	CHECK(refusals->limit <= INCIDENTS_MAX);
	if (query_rows(refusals->history, sql, visit_refusal, refusals, err))
		return -1;
	return find_later_holders(refusals, err);
}

static int guarded_arms(const struct history *history)
{
	int count = 0;

	for (int i = 0; i < history->arms; i++)
		count += guard_helps(guard_find(history->arm[i].guard));
	return count;
}

int incident_refused_by_fault(const struct history *history, int64_t fault,
			      struct violation *refusal, bool *found, struct error *err)
{
	struct refusals refusals = {.history = history, .limit = 1, .violation = refusal};
	char sql[sizeof(REFUSED_WRITES REFUSED_ORDER) + 64];

	snprintf(sql, sizeof(sql), "%s AND fault.id = %" PRId64 " %s", REFUSED_WRITES, fault,
		 REFUSED_ORDER);
	if (find_refusals(&refusals, sql, err))
		return -1;
	*found = refusals.count == 1;
	return 0;
}

int incidents_find(const struct history *history, const struct verdicts *verdicts, int limit,
		   struct incidents *incidents, struct error *err)
{
	int kept = guarded_arms(history);
	struct refusals refusals = {.history = history, .limit = limit / 2};

	CHECK(limit > 0 && limit <= INCIDENTS_MAX);
	*incidents = (struct incidents){0};
	if (verdicts->judgements == 0)
		return 0;
	incidents->refusal = calloc((size_t)limit, sizeof(*incidents->refusal));
	CHECK_MEMORY(incidents->refusal);
	refusals.violation = incidents->refusal;
	if (kept && find_refusals(&refusals, REFUSED_WRITES REFUSED_ORDER, err)) {
		incidents_free(incidents);
		return -1;
	}
	incidents->count = pick(verdicts, limit - refusals.count, incidents->incident);
	for (int i = 0; i < refusals.count; i++) {
		struct incident *incident = &incidents->incident[incidents->count++];

		*incident = incident_of(&incidents->refusal[i]);
		incident->refused = true;
	}
	CHECK(incidents->count <= limit);
	return 0;
}

void incidents_free(struct incidents *incidents)
{
	free(incidents->refusal);
	*incidents = (struct incidents){0};
}

/* One ----------------------------------------------------------------------------------------- */

struct incident incident_of(const struct violation *violation)
{
	CHECK(violation);
	return (struct incident){.names = 1, .told = {violation}};
}

char *incident_names(const struct incident *incident)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < incident->names && !incident->refused; i++)
		fprintf(out, "%s%s", i ? ", " : "", violation_word(incident->told[i]->name));
	if (incident->refused)
		fputs("refused write", out);
	text_end(out, &text);
	return text;
}

const char *violation_sentence(const struct history *history, const struct violation *violation)
{
	bool in_lane = violation->lane >= 0 && violation->lane < history->lanes;
	int arm = in_lane ? history->lane[violation->lane].arm : violation->arm;
	bool of_arm = arm >= 0 && arm < history->arms;

	return sharing_sentence(of_arm ? arm_sharing(&history->arm[arm]) : SHARING_MUTEX,
				violation->name);
}

const char *incident_sentence(const struct history *history, const struct incident *incident)
{
	const struct violation *violation = incident->told[0];

	if (incident->refused)
		return "A guard refused the write of a stale holder.";
	return violation_sentence(history, violation);
}

bool incident_cites(const struct incident *incident, const char *kind, int64_t ref)
{
	for (int i = 0; i < incident->names; i++)
		for (int e = 0; e < incident->told[i]->evidences; e++)
			if (incident->told[i]->evidence[e].ref == ref &&
			    strcmp(incident->told[i]->evidence[e].kind, kind) == 0)
				return true;
	return false;
}

int64_t incident_fault(const struct incident *incident)
{
	for (int i = 0; i < incident->names; i++) {
		int64_t fault = cited(incident->told[i], "fault", NULL);

		if (fault)
			return fault;
	}
	return 0;
}
