#include "reports/story.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "checker/holds/attempts.h"
#include "reports/story_parts.h"

/* What is shown around the deed's instant at most, and the air on both sides. */
static const double before_limit_s = 120, after_limit_s = 30, air_share = 0.04;
static const int64_t latest_ns = INT64_MAX / 2; /* no run's instant lies later */

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
			.how = "",
			.part = part,
			.asked_s = NAN,
			.believed_s = NAN,
			.believed_until_s = NAN,
			.granted_s = NAN,
			.granted_until_s = NAN,
			.safe_until_s = NAN,
			.renewed_s = NAN,
			.promised_s = NAN,
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

static void find_holds_of(struct story *story, const struct lane_history *lane,
			  const struct violation *violation)
{
	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];

		if (strcmp(evidence->kind, "op") == 0)
			add_hold(story, attempt_of_op(lane, evidence->ref), NULL);
		else if (strcmp(evidence->kind, "decision") == 0)
			add_hold(story, attempt_of_decision(lane, evidence->ref), NULL);
		else if (strcmp(evidence->kind, "key_event") == 0)
			add_hold(story, attempt_of_key_event(lane, evidence->ref), NULL);
	}
}

/* The attempts that the evidence names come first, those of the gravest name before the others';
 * the operations behind its other rows add theirs. */
static void find_holds(struct story *story, const struct lane_history *lane)
{
	const struct incident *incident = &story->incident;

	for (int n = 0; n < incident->names; n++)
		for (int i = 0; i < incident->told[n]->evidences; i++)
			if (strcmp(incident->told[n]->evidence[i].kind, "attempt") == 0)
				add_hold(story, incident->told[n]->evidence[i].ref,
					 incident->told[n]->evidence[i].part);
	for (int n = 0; n < incident->names; n++)
		find_holds_of(story, lane, incident->told[n]);
}

static double unless_never(const struct story *story, int64_t at_ns)
{
	return at_ns == NEVER_NS ? INFINITY : story_seconds(story, at_ns);
}

static void follow_belief(const struct story *story, struct story_hold *hold,
			  const struct attempt *attempt)
{
	const struct op_row *renewal = attempt_longest_renewal(attempt, INT64_MAX);

	for (int i = attempt->ops - 1; i >= 0; i--)
		if (attempt->op[i]->f == F_ACQUIRE)
			hold->asked_s = story_seconds(story, attempt->op[i]->invoked_ns);
	if (renewal) {
		hold->renewed_s = story_seconds(story, renewal->invoked_ns);
		hold->safe_until_s = story_seconds(story, op_lease_end_ns(renewal));
		hold->promised_s = hold->safe_until_s - hold->renewed_s;
		CHECK(hold->promised_s >= 0);
	}
	if (!attempt->acquire)
		return;
	CHECK(attempt->believed_from_ns <= attempt->believed_to_ns);
	hold->believed_s = story_seconds(story, attempt->believed_from_ns);
	hold->believed_until_s = unless_never(story, attempt->believed_to_ns);
	hold->ended_by = attempt->ending ? attempt->ending->f : 0;
}

static void follow_grant(const struct story *story, struct story_hold *hold,
			 const struct grant *grant)
{
	hold->grant_revision = grant->order;
	hold->taken_over = grant->taken_over;
	hold->removed_revision = grant->removed_order;
	hold->granted_s = story_seconds(story, grant->created_seen_ns);
	hold->granted_until_s = unless_never(story, grant->removed_seen_ns);
}

static void follow_attempt(const struct story *story, struct story_hold *hold,
			   const struct attempt *attempt)
{
	CHECK(attempt->id == hold->attempt && attempt->ops > 0);
	const char *key = attempt->grant ? attempt->grant->key : attempt->key;

	text_copy(hold->worker, sizeof(hold->worker), attempt->name);
	hold->how = attempt->how;
	hold->mode = attempt->mode;
	text_copy(hold->key, sizeof(hold->key), key ? key : "");
	hold->token = attempt->token;
	hold->answered_revision = attempt->answer_order;
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

static void find_parties(struct story *story)
{
	const struct violation *violation = story->violation;
	int64_t accused = 0, later = 0;

	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];

		if (strcmp(evidence->kind, "attempt") != 0)
			continue;
		if (!accused)
			accused = evidence->ref;
		else if (!later && evidence->ref != accused)
			later = evidence->ref;
	}
	story->accused = story->holds ? 0 : -1;
	story->later = -1;
	for (int h = 0; h < story->holds; h++) {
		if (story->hold[h].attempt == accused)
			story->accused = h;
		if (later && story->hold[h].attempt == later)
			story->later = h;
	}
	CHECK(story->later < 0 || story->later != story->accused); /* it takes two */
}

static void add_renewals(struct story *story, int hold, const struct attempt *attempt)
{
	for (int i = 0; i < attempt->ops && story->renewals < STORY_RENEWALS; i++)
		if (op_renews(attempt->op[i], attempt))
			story->renewal[story->renewals++] = (struct story_renewal){
				story_seconds(story, attempt->op[i]->invoked_ns), hold};
}

/* Not only of those in the story: what is said of them is true of all. */
static void count_others(struct story_hold *hold, const struct lane_facts *facts,
			 const struct attempt *attempt)
{
	int64_t at_ns = attempt->believed_from_ns;

	for (int i = 0; attempt->acquire && i < facts->holders; i++) {
		const struct attempt *other = facts->holder[i];

		if (other->worker != attempt->worker && other->believed_from_ns <= at_ns &&
		    other->believed_to_ns > at_ns)
			hold->others[other->mode]++;
	}
}

static void follow_holds(struct story *story, const struct run *run,
			 const struct lane_history *lane)
{
	struct lane_facts facts;

	facts_open(run, story->violation->lane, lane, &facts);
	story->sharing = facts.sharing;
	story->permits = facts.most;
	for (int h = 0; h < story->holds; h++) {
		const struct attempt *attempt = facts_attempt(&facts, story->hold[h].attempt);

		if (!attempt)
			continue;
		follow_attempt(story, &story->hold[h], attempt);
		count_others(&story->hold[h], &facts, attempt);
	}
	qsort(story->hold, (size_t)story->holds, sizeof(story->hold[0]), by_belief);
	find_parties(story);
	for (int h = 0; h < story->holds; h++) {
		const struct attempt *attempt = facts_attempt(&facts, story->hold[h].attempt);

		if (attempt)
			add_renewals(story, h, attempt);
	}
	facts_close(&facts);
}

/* Faults -------------------------------------------------------------------------------------- */

static double end_of(const struct story *story, const struct fault_row *fault)
{
	return fault->ended_ns == NEVER_NS ? INFINITY : story_seconds(story, fault->ended_ns);
}

/* Whom it hit, by name: the worker's process, else the host, else what it was aimed at. */
static void name_fault(const struct history *history, struct story_fault *fault)
{
	const struct fault_row *row = fault->row;
	const char *whom = NULL;
	char length[32] = "";

	for (int i = 0; i < history->processes && row->process >= 0; i++)
		if (history->process[i].id == row->process)
			whom = history->process[i].name;
	for (int i = 0; i < history->hosts && row->host >= 0 && !whom; i++)
		if (history->host[i].id == row->host)
			whom = history->host[i].name;
	if (!isinf(fault->ended_s))
		snprintf(length, sizeof(length), ", %.3g s", fault->ended_s - fault->began_s);
	if (whom && strcmp(whom, row->target) != 0)
		snprintf(fault->name, sizeof(fault->name), "%.20s of %.24s (%.16s)%s%s", row->kind,
			 whom, row->target, length, row->bitten ? "" : ", did not bite");
	else
		snprintf(fault->name, sizeof(fault->name), "%.20s of %.24s%s%s", row->kind,
			 whom ? whom : row->target, length, row->bitten ? "" : ", did not bite");
}

/* Those that the evidence names come first; of the others, when there are too many, the latest to
 * begin are left out. */
static bool belongs_before(const struct story_fault *one, const struct story_fault *other)
{
	if (one->is_proof != other->is_proof)
		return one->is_proof;
	return one->began_s < other->began_s;
}

static void add_fault(struct story *story, const struct story_fault *fault)
{
	int at = story->faults;

	if (at == STORY_FAULTS) {
		story->faults_left_out++;
		if (!belongs_before(fault, &story->fault[at - 1]))
			return;
		at--;
	} else {
		story->faults++;
	}
	for (; at > 0 && belongs_before(fault, &story->fault[at - 1]); at--)
		story->fault[at] = story->fault[at - 1];
	story->fault[at] = *fault;
}

static int by_begin(const void *a, const void *b)
{
	const struct story_fault *one = a, *other = b;

	if (one->began_s != other->began_s)
		return one->began_s < other->began_s ? -1 : 1;
	return (one->row->id > other->row->id) - (one->row->id < other->row->id);
}

/* A fault belongs to the story when the evidence names it, or when it hit this lane or the service
 * in the time shown. */
static void find_faults(struct story *story)
{
	const struct history *history = story->history;
	int64_t guilty = incident_fault(&story->incident);

	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *row = &history->fault[i];
		struct story_fault fault = {row, story_seconds(story, row->began_ns),
					    end_of(story, row),
					    incident_cites(&story->incident, "fault", row->id), ""};
		bool here = row->lane == story->violation->lane || row->arm < 0;

		CHECK(fault.began_s <= fault.ended_s);
		if (fault.is_proof ||
		    (here && fault.began_s < story->until_s && fault.ended_s > story->from_s)) {
			name_fault(history, &fault);
			add_fault(story, &fault);
		}
	}
	qsort(story->fault, (size_t)story->faults, sizeof(story->fault[0]), by_begin);
	story->guilty = -1;
	for (int i = 0; i < story->faults; i++)
		if (guilty && story->fault[i].row->id == guilty)
			story->guilty = i;
	CHECK(story->guilty < 0 || story->fault[story->guilty].is_proof);
}

/* Requests ------------------------------------------------------------------------------------ */

static int hold_of_op(const struct story *story, int64_t op)
{
	for (int h = 0; op && h < story->holds; h++)
		if (op >= story->hold[h].first_op && op <= story->hold[h].last_op)
			return h;
	return -1;
}

static double sent_at(const struct story *story, const struct lane_history *lane, int64_t op)
{
	for (int i = 0; op && i < lane->ops; i++)
		if (lane->op[i].id == op)
			return story_seconds(story, lane->op[i].invoked_ns);
	return NAN;
}

/* The requests of the attempts in the story, and writes of others between them. What the evidence
 * names always has room. */
static void find_requests(struct story *story, const struct lane_history *lane)
{
	int room = STORY_REQUESTS - STORY_PROOFS;

	for (int i = 0; i < lane->decisions; i++) {
		const struct decision_row *decision = &lane->decision[i];
		const struct incident *incident = &story->incident;
		struct story_request request = {
			.decision = *decision,
			.at_s = story_seconds(story, decision->decided_ns),
			.hold = hold_of_op(story, decision->op),
			.is_proof = incident_cites(incident, "decision", decision->id) ||
				    (decision->op && incident_cites(incident, "op", decision->op)),
		};

		CHECK(request.hold < story->holds);
		if (!request.is_proof &&
		    (request.at_s < story->from_s || request.at_s > story->until_s ||
		     (request.hold < 0 && decision->f != F_WRITE)))
			continue;
		if (story->requests == STORY_REQUESTS || (!request.is_proof && room-- <= 0)) {
			story->requests_left_out++;
			continue;
		}
		request.decision.reason = NULL;
		text_copy(request.reason, sizeof(request.reason),
			  decision->reason ? decision->reason : "");
		request.ungranted = request.hold >= 0 &&
				    story->hold[request.hold].granted_until_s < request.at_s;
		request.sent_s = sent_at(story, lane, decision->op);
		story->request[story->requests++] = request;
	}
}

/* Members ------------------------------------------------------------------------------------- */

static void add_lead(struct story_member *member, double from_s, double until_s)
{
	CHECK(from_s <= until_s);
	if (member->leads < STORY_LEADS) {
		member->lead[member->leads][0] = from_s;
		member->lead[member->leads++][1] = until_s;
	}
}

/* Who led when, where the service is accused. */
static void find_members(struct story *story, const struct run *run)
{
	const struct leaders *leaders = &run->leaders;

	if (story->violation->arm >= 0)
		return;
	for (; story->members < STORY_MEMBERS && *member_name(story->history, story->members);
	     story->members++)
		text_copy(story->member[story->members].name, sizeof(story->member[0].name),
			  member_name(story->history, story->members));
	for (int i = 0; i < leaders->leads; i++) {
		double from_s = story_seconds(story, leaders->lead[i].at_ns);
		double until_s = i + 1 < leaders->leads
					 ? story_seconds(story, leaders->lead[i + 1].at_ns)
					 : INFINITY;
		int member = leaders->lead[i].member;

		if (member >= 0 && member < story->members && from_s < story->until_s &&
		    until_s > story->from_s)
			add_lead(&story->member[member], from_s, until_s);
	}
}

/* The frame of time --------------------------------------------------------------------------- */

static void widen(const struct story *story, double *first_s, double *last_s, double at_s)
{
	double around_s = story_seconds(story, story->violation->at_ns);

	if (isnan(at_s) || isinf(at_s))
		return;
	if (at_s < *first_s)
		*first_s = fmax(at_s, around_s - before_limit_s);
	if (at_s > *last_s)
		*last_s = fmin(at_s, around_s + after_limit_s);
}

static const struct fault_row *named_fault(const struct story *story)
{
	int64_t id = incident_fault(&story->incident); /* 0: none is cited */

	return id ? history_fault(story->history, id) : NULL;
}

static void frame_time(struct story *story, const struct lane_history *lane)
{
	double first_s = story_seconds(story, story->violation->at_ns), last_s = first_s;
	const struct fault_row *fault = named_fault(story);

	for (int n = 1; n < story->incident.names; n++)
		widen(story, &first_s, &last_s,
		      story_seconds(story, story->incident.told[n]->at_ns));
	for (int h = 0; h < story->holds; h++) {
		const struct story_hold *hold = &story->hold[h];

		widen(story, &first_s, &last_s, hold->believed_s);
		widen(story, &first_s, &last_s, hold->believed_until_s);
		widen(story, &first_s, &last_s, hold->granted_until_s);
		widen(story, &first_s, &last_s, hold->renewed_s);
		if (isnan(hold->believed_s)) /* it waited, and was never told that it holds */
			widen(story, &first_s, &last_s, hold->asked_s);
	}
	for (int i = 0; i < lane->ops; i++)
		if (incident_cites(&story->incident, "op", lane->op[i].id))
			widen(story, &first_s, &last_s,
			      story_seconds(story, lane->op[i].invoked_ns));
	if (fault) {
		widen(story, &first_s, &last_s, story_seconds(story, fault->began_ns));
		widen(story, &first_s, &last_s, end_of(story, fault));
	}
	double air_s = fmax((last_s - first_s) * air_share, 0.005);

	story->from_s = first_s - air_s;
	story->until_s = last_s + air_s;
	CHECK(story->from_s < story->until_s); /* the drawing divides by what lies between */
}

/* The begin of the fault; else the first belief, of its own accord or somebody's. */
static void choose_zero(struct story *story, const struct run *run, const struct lane_history *lane)
{
	const struct fault_row *fault = named_fault(story);
	struct lane_facts facts;

	story->zero_ns = story->violation->at_ns;
	if (fault && fault->began_ns >= 0 && fault->began_ns < latest_ns) {
		story->zero_ns = fault->began_ns;
		return;
	}
	facts_open(run, story->violation->lane, lane, &facts);
	for (int h = 0; h < story->holds; h++) {
		const struct attempt *attempt = facts_attempt(&facts, story->hold[h].attempt);

		if (attempt && attempt->acquire && attempt->believed_from_ns < story->zero_ns &&
		    attempt->believed_from_ns >= 0)
			story->zero_ns = attempt->believed_from_ns;
	}
	facts_close(&facts);
}

int story_gather_incident(const struct history *history, const struct incident *incident,
			  struct story *story, struct error *err)
{
	const struct violation *violation = incident->told[0];
	struct lane_history lane;
	struct run run;

	CHECK(incident->names > 0);
	*story = (struct story){.history = history,
				.violation = violation,
				.incident = *incident,
				.zero_ns = violation->at_ns,
				.accused = -1,
				.later = -1,
				.guilty = -1,
				.leader = NO_MEMBER};
	if (violation->lane < 0 || violation->at_ns < 0 || violation->at_ns > latest_ns)
		return 0;
	if (history_load_lane(history, violation->lane, &lane, err))
		return -1;
	run_open(history, NEVER_NS, 0, &run);
	find_holds(story, &lane);
	if (story->holds) {
		choose_zero(story, &run, &lane);
		CHECK(story->zero_ns >= 0 && story->zero_ns <= latest_ns); /* others add to it */
		follow_holds(story, &run, &lane);
		frame_time(story, &lane);
		find_faults(story);
		find_requests(story, &lane);
		find_members(story, &run);
		story_find_points(story, &lane);
		story_find_messages(story, &lane);
		story->leader = leaders_at(&run.leaders, violation->at_ns);
	}
	run_close(&run);
	history_free_lane(&lane);
	return 0;
}

int story_gather(const struct history *history, const struct violation *violation,
		 struct story *story, struct error *err)
{
	const struct incident incident = incident_of(violation);

	return story_gather_incident(history, &incident, story, err);
}

void story_free(struct story *story)
{
	free(story->to_cluster.sent_s);
	free(story->to_cluster.received_s);
	free(story->to_store.sent_s);
	free(story->to_store.received_s);
	*story = (struct story){0};
}
