#include "reports/story.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/clock.h"
#include "checker/holds/attempts.h"
#include "reports/query.h"

/* What is shown around the violation's instant at most, and the air on both sides. */
static const double before_limit_s = 120, after_limit_s = 30, air_share = 0.04;
static const int64_t latest_ns = INT64_MAX / 2; /* no run's instant lies later */

static double seconds_after(const struct story *story, int64_t at_ns)
{
	return ((double)at_ns - (double)story->zero_ns) / (double)NS_PER_S;
}

/* Holds --------------------------------------------------------------------------------------- */

static void add_hold(struct story *story, int64_t attempt, const char *part)
{
	if (attempt == 0)
		return;
	for (int i = 0; i < story->holds; i++) {
		if (story->hold[i].attempt != attempt)
			continue;
		if (!story->hold[i].part)
			story->hold[i].part = part;
		return;
	}
	if (story->holds < STORY_HOLDS)
		story->hold[story->holds++] = (struct story_hold){
			.attempt = attempt,
			.process = (int)(attempt >> 32),
			.worker = "a worker",
			.part = part,
			.asked_s = NAN,
			.believed_s = NAN,
			.believed_until_s = NAN,
			.granted_s = NAN,
			.granted_until_s = NAN,
			.safe_until_s = NAN,
		};
}

static int64_t attempt_of_op(const struct lane_history *lane, int64_t op)
{
	for (int i = 0; op && i < lane->ops; i++)
		if (lane->op[i].id == op)
			return lane->op[i].attempt;
	return 0;
}

static int64_t attempt_of_decision(const struct lane_history *lane, int64_t decision)
{
	for (int i = 0; i < lane->decisions; i++)
		if (lane->decision[i].id == decision)
			return attempt_of_op(lane, lane->decision[i].op);
	return 0;
}

static int64_t attempt_of_key_event(const struct lane_history *lane, int64_t event)
{
	const char *key = NULL;

	for (int i = 0; i < lane->keys; i++)
		if (lane->key[i].id == event)
			key = lane->key[i].key;
	for (int i = 0; key && i < lane->ops; i++)
		if (lane->op[i].key && strcmp(lane->op[i].key, key) == 0)
			return lane->op[i].attempt;
	return 0;
}

/* The attempts that the evidence names come first; the operations behind its other rows add theirs.
 */
static void find_holds(struct story *story)
{
	const struct violation *violation = story->violation;

	for (int i = 0; i < violation->evidences; i++)
		if (strcmp(violation->evidence[i].kind, "attempt") == 0)
			add_hold(story, violation->evidence[i].ref, violation->evidence[i].part);
	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];

		if (strcmp(evidence->kind, "op") == 0)
			add_hold(story, attempt_of_op(&story->lane, evidence->ref), NULL);
		else if (strcmp(evidence->kind, "decision") == 0)
			add_hold(story, attempt_of_decision(&story->lane, evidence->ref), NULL);
		else if (strcmp(evidence->kind, "key_event") == 0)
			add_hold(story, attempt_of_key_event(&story->lane, evidence->ref), NULL);
	}
}

static double unless_never(const struct story *story, int64_t at_ns)
{
	return at_ns == NEVER_NS ? INFINITY : seconds_after(story, at_ns);
}

static void follow_belief(const struct story *story, struct story_hold *hold,
			  const struct attempt *attempt)
{
	const struct op_row *renewal = attempt_longest_renewal(attempt, INT64_MAX);

	for (int i = attempt->ops - 1; i >= 0; i--)
		if (attempt->op[i]->f == F_ACQUIRE)
			hold->asked_s = seconds_after(story, attempt->op[i]->invoked_ns);
	if (renewal)
		hold->safe_until_s = seconds_after(story, op_lease_end_ns(renewal));
	if (!attempt->acquire)
		return;
	CHECK(attempt->believed_from_ns <= attempt->believed_to_ns);
	hold->believed_s = seconds_after(story, attempt->believed_from_ns);
	hold->believed_until_s = unless_never(story, attempt->believed_to_ns);
	hold->ended_by = attempt->ending ? attempt->ending->f : 0;
}

static void follow_grant(const struct story *story, struct story_hold *hold,
			 const struct grant *grant)
{
	hold->grant_revision = grant->order;
	hold->granted_s = seconds_after(story, grant->created_seen_ns);
	hold->granted_until_s = unless_never(story, grant->removed_seen_ns);
}

static void follow_attempt(const struct story *story, struct story_hold *hold,
			   const struct attempt *attempt)
{
	CHECK(attempt->id == hold->attempt && attempt->ops > 0);
	hold->worker = attempt->name;
	hold->key = attempt->grant ? attempt->grant->key : attempt->key;
	hold->token = attempt->token;
	hold->lease = attempt->lease;
	hold->first_op = hold->last_op = attempt->op[0]->id;
	for (int i = 0; i < attempt->ops; i++) {
		int64_t op = attempt->op[i]->id;

		hold->first_op = op < hold->first_op ? op : hold->first_op;
		hold->last_op = op > hold->last_op ? op : hold->last_op;
	}
	follow_belief(story, hold, attempt);
	if (attempt->grant)
		follow_grant(story, hold, attempt->grant);
}

static int by_belief(const void *a, const void *b)
{
	const struct story_hold *one = a, *other = b;
	double x = isnan(one->believed_s) ? INFINITY : one->believed_s;
	double y = isnan(other->believed_s) ? INFINITY : other->believed_s;

	return (x > y) - (x < y);
}

static void follow_holds(const struct history *history, struct story *story)
{
	struct lane_facts facts;
	struct run run;

	run_open(history, NEVER_NS, 0, &run);
	facts_open(&run, story->violation->lane, &story->lane, &facts);
	for (int h = 0; h < story->holds; h++) {
		const struct attempt *attempt = facts_attempt(&facts, story->hold[h].attempt);

		if (attempt)
			follow_attempt(story, &story->hold[h], attempt);
	}
	facts_close(&facts);
	run_close(&run);
	qsort(story->hold, (size_t)story->holds, sizeof(story->hold[0]), by_belief);
}

/* Faults and requests ------------------------------------------------------------------------- */

static bool is_proof(const struct violation *violation, const char *kind, int64_t ref)
{
	for (int i = 0; i < violation->evidences; i++)
		if (violation->evidence[i].ref == ref &&
		    strcmp(violation->evidence[i].kind, kind) == 0)
			return true;
	return false;
}

static double end_of(const struct story *story, const struct fault_row *fault)
{
	return fault->ended_ns == NEVER_NS ? INFINITY : seconds_after(story, fault->ended_ns);
}

/* A fault belongs to the story when the evidence names it, or when it hit this lane or the service
 * in the time shown. */
static void find_faults(const struct history *history, struct story *story)
{
	for (int i = 0; i < history->faults && story->faults < STORY_FAULTS; i++) {
		const struct fault_row *row = &history->fault[i];
		struct story_fault fault = {row, seconds_after(story, row->began_ns),
					    end_of(story, row),
					    is_proof(story->violation, "fault", row->id)};
		bool here = row->lane == story->violation->lane || row->arm < 0;

		CHECK(fault.began_s <= fault.ended_s);
		if (fault.is_proof ||
		    (here && fault.began_s < story->until_s && fault.ended_s > story->from_s))
			story->fault[story->faults++] = fault;
	}
}

static int hold_of_op(const struct story *story, int64_t op)
{
	for (int h = 0; op && h < story->holds; h++)
		if (op >= story->hold[h].first_op && op <= story->hold[h].last_op)
			return h;
	return -1;
}

/* The requests of the attempts in the story, and writes of others between them. */
static void find_requests(struct story *story)
{
	for (int i = 0; i < story->lane.decisions; i++) {
		const struct decision_row *decision = &story->lane.decision[i];
		struct story_request request = {
			.decision = decision,
			.at_s = seconds_after(story, decision->decided_ns),
			.hold = hold_of_op(story, decision->op),
			.is_proof =
				is_proof(story->violation, "decision", decision->id) ||
				(decision->op && is_proof(story->violation, "op", decision->op)),
		};

		CHECK(request.hold < story->holds);
		request.ungranted = request.hold >= 0 &&
				    story->hold[request.hold].granted_until_s < request.at_s;
		if (request.at_s < story->from_s || request.at_s > story->until_s ||
		    (request.hold < 0 && decision->f != F_WRITE && !request.is_proof))
			continue;
		if (story->requests < STORY_REQUESTS)
			story->request[story->requests++] = request;
		else
			story->requests_left_out++;
	}
}

/* The frame of time --------------------------------------------------------------------------- */

static void widen(const struct story *story, double *first_s, double *last_s, double at_s)
{
	double around_s = seconds_after(story, story->violation->at_ns);

	if (isnan(at_s) || isinf(at_s))
		return;
	if (at_s < *first_s)
		*first_s = fmax(at_s, around_s - before_limit_s);
	if (at_s > *last_s)
		*last_s = fmin(at_s, around_s + after_limit_s);
}

static void frame_time(const struct history *history, struct story *story)
{
	double first_s = seconds_after(story, story->violation->at_ns), last_s = first_s;

	for (int h = 0; h < story->holds; h++) {
		widen(story, &first_s, &last_s, story->hold[h].believed_s);
		widen(story, &first_s, &last_s, story->hold[h].believed_until_s);
		widen(story, &first_s, &last_s, story->hold[h].granted_until_s);
	}
	for (int i = 0; i < history->faults; i++)
		if (is_proof(story->violation, "fault", history->fault[i].id)) {
			widen(story, &first_s, &last_s,
			      seconds_after(story, history->fault[i].began_ns));
			widen(story, &first_s, &last_s, end_of(story, &history->fault[i]));
		}
	CHECK(first_s <= last_s); /* with the violation's own instant between */
	story->from_s = first_s;
	story->until_s = last_s;
}

/* Everything was measured from the violation's instant; from now on it is from the first thing
 * that is shown, with air on both sides. */
static void move_zero(struct story *story)
{
	double by_s = story->from_s;
	double air_s = fmax((story->until_s - by_s) * air_share, 0.005);

	story->zero_ns += (int64_t)(by_s * (double)NS_PER_S);
	story->from_s = -air_s;
	story->until_s += air_s - by_s;
	CHECK(story->from_s < story->until_s); /* the drawing divides by what lies between */
	for (int h = 0; h < story->holds; h++) {
		struct story_hold *hold = &story->hold[h];

		hold->asked_s -= by_s;
		hold->believed_s -= by_s;
		hold->believed_until_s -= by_s;
		hold->granted_s -= by_s;
		hold->granted_until_s -= by_s;
		hold->safe_until_s -= by_s;
	}
}

/* Traffic ------------------------------------------------------------------------------------- */

static void visit_link(sqlite3_stmt *row, void *context)
{
	struct story *story = context;
	int64_t second = sqlite3_column_int64(row, 0) - story->first_second;
	struct story_traffic *traffic =
		sqlite3_column_int(row, 1) ? &story->to_store : &story->to_cluster;

	if (second < 0 || second >= story->seconds)
		return;
	traffic->known = true;
	traffic->packets[second] = sqlite3_column_int64(row, 2);
	traffic->dropped[second] = sqlite3_column_int64(row, 3);
}

static int find_traffic(const struct history *history, struct story *story, struct error *err)
{
	double zero_s = (double)story->zero_ns / (double)NS_PER_S;
	int host = -1;
	char sql[512];

	for (int i = 0; i < history->processes; i++)
		if (history->process[i].id == story->hold[0].process)
			host = history->process[i].host;
	story->first_second = (int64_t)floor(zero_s + story->from_s);
	story->seconds = (int)(floor(zero_s + story->until_s) - (double)story->first_second) + 1;
	/* The longest time shown, and the air, have room for their packets. */
	CHECK(story->seconds > 0 && story->seconds <= STORY_SECONDS);
	if (host < 0)
		return 0;
	snprintf(sql, sizeof(sql),
		 "SELECT second, host.role = 'store', sum(packets), sum(dropped) FROM link "
		 "JOIN host ON host.id = CASE WHEN src = %d THEN dst ELSE src END "
		 "WHERE (src = %d OR dst = %d) AND host.role IN ('member', 'store') "
		 "AND second BETWEEN %lld AND %lld GROUP BY 1, 2",
		 host, host, host, (long long)story->first_second,
		 (long long)story->first_second + story->seconds - 1);
	return query_rows(history, sql, visit_link, story, err);
}

int story_gather(const struct history *history, const struct violation *violation,
		 struct story *story, struct error *err)
{
	*story = (struct story){.violation = violation, .zero_ns = violation->at_ns};
	if (violation->lane < 0 || violation->at_ns < 0 || violation->at_ns > latest_ns)
		return 0;
	if (history_load_lane(history, violation->lane, &story->lane, err))
		return -1;
	find_holds(story);
	if (story->holds == 0)
		return 0;
	follow_holds(history, story);
	frame_time(history, story);
	move_zero(story);
	find_faults(history, story);
	find_requests(story);
	if (find_traffic(history, story, err)) {
		story_free(story);
		return -1;
	}
	return 0;
}

void story_free(struct story *story)
{
	history_free_lane(&story->lane);
	*story = (struct story){0};
}

/* Picking ------------------------------------------------------------------------------------- */

static int gravity_of(const struct violation *violation)
{
	return violation_kinds[violation->name].gravity;
}

static bool is_told(const struct verdicts *verdicts, const int *picked, int count, int index)
{
	const struct violation *violation = &verdicts->violation[index];

	for (int i = 0; i < count; i++) {
		const struct violation *told = &verdicts->violation[picked[i]];

		if (told->name == violation->name && told->arm == violation->arm)
			return true;
	}
	return false;
}

int story_pick(const struct verdicts *verdicts, int *picked, int limit)
{
	int count = 0;

	for (int definite = 1; definite >= 0; definite--)
		for (int gravity = 1; gravity <= VIOLATION_NAMES_COUNT; gravity++)
			for (int i = 0; i < verdicts->violations && count < limit; i++)
				if (gravity_of(&verdicts->violation[i]) == gravity &&
				    verdicts->violation[i].definite == definite &&
				    !is_told(verdicts, picked, count, i))
					picked[count++] = i;
	CHECK(count <= limit);
	return count;
}
