/* Which instants of a story are told: all that the evidence names, and those that explain them. */
#include "reports/story_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"

/* How much an instant explains; evidence comes before all. */
enum {
	WEIGHT_ASKED = 1,
	WEIGHT_GRANTED = 2,
	WEIGHT_ENDED = 3, /* a belief, or a fault that nobody names */
	WEIGHT_LATER = 5, /* what the later holder did, and the guilty fault's end */
	WEIGHT_ACCUSED = 7,
	WEIGHT_CAUSE = 8,
	WEIGHT_EVIDENCE = 100,
};

/* The point, made if it is new; NULL: there is no such instant, or no room. */
static struct story_point *point_at(struct story *story, enum story_what what, int index,
				    const struct op_row *op, double at_s, int weight)
{
	CHECK(what != POINT_OPERATION || op); /* by which it is told from others */
	if (isnan(at_s) || isinf(at_s))
		return NULL;
	for (int i = 0; i < story->points; i++) {
		struct story_point *point = &story->point[i];

		if (point->what != what || point->index != index ||
		    (what == POINT_OPERATION && point->op.id != op->id) ||
		    (what == POINT_TOLD && point->at_s != at_s))
			continue;
		point->weight = point->weight > weight ? point->weight : weight;
		return point;
	}
	if (story->points == STORY_POINTS)
		return NULL;
	story->point[story->points] =
		(struct story_point){.what = what, .index = index, .at_s = at_s, .weight = weight};
	if (op) {
		story->point[story->points].op = *op;
		story->point[story->points].op.key = story->point[story->points].op.error = NULL;
	}
	return &story->point[story->points++];
}

/* Evidence ------------------------------------------------------------------------------------ */

static int hold_of_attempt(const struct story *story, int64_t attempt)
{
	for (int h = 0; attempt && h < story->holds; h++)
		if (story->hold[h].attempt == attempt)
			return h;
	return -1;
}

static int hold_of_key(const struct story *story, const struct key_row *key)
{
	for (int h = 0; h < story->holds; h++)
		if (story->hold[h].key[0] && strcmp(story->hold[h].key, key->key) == 0 &&
		    (!key->lease || !story->hold[h].lease || key->lease == story->hold[h].lease))
			return h;
	return -1;
}

static struct story_point *point_of_attempt(struct story *story, int64_t attempt)
{
	int h = hold_of_attempt(story, attempt);

	if (h < 0)
		return NULL;
	struct story_point *point = point_at(story, POINT_BELIEVED, h, NULL,
					     story->hold[h].believed_s, WEIGHT_EVIDENCE);

	return point ? point
		     : point_at(story, POINT_ASKED, h, NULL, story->hold[h].asked_s,
				WEIGHT_EVIDENCE);
}

static struct story_point *point_of_decision(struct story *story, int64_t decision, int64_t op)
{
	for (int r = 0; r < story->requests; r++)
		if (story->request[r].decision.id == decision ||
		    (op && story->request[r].decision.op == op))
			return point_at(story, POINT_REQUEST, r, NULL, story->request[r].at_s,
					WEIGHT_EVIDENCE);
	return NULL;
}

static struct story_point *point_of_op(struct story *story, const struct lane_history *lane,
				       int64_t id)
{
	const struct op_row *op = NULL;

	for (int i = 0; i < lane->ops && !op; i++)
		if (lane->op[i].id == id)
			op = &lane->op[i];
	if (!op)
		return NULL;
	int h = hold_of_attempt(story, op->attempt);
	struct story_point *point = NULL;

	if (op->f == F_READ || op->f == F_WRITE)
		point = point_of_decision(story, 0, id);
	if (op->f == F_ACQUIRE && h >= 0 && op->outcome == OUTCOME_OK)
		point = point_of_attempt(story, op->attempt);
	return point ? point
		     : point_at(story, POINT_OPERATION, h, op, story_seconds(story, op->invoked_ns),
				WEIGHT_EVIDENCE);
}

static struct story_point *point_of_key_event(struct story *story, const struct lane_history *lane,
					      int64_t id)
{
	for (int i = 0; i < lane->keys; i++) {
		const struct key_row *key = &lane->key[i];
		int h = key->id == id ? hold_of_key(story, key) : -1;
		struct story_point *point = NULL;

		if (key->id != id)
			continue;
		if (h >= 0)
			point = point_at(story, key->deleted ? POINT_REMOVED : POINT_GRANTED, h,
					 NULL,
					 key->deleted ? story->hold[h].granted_until_s
						      : story->hold[h].granted_s,
					 WEIGHT_EVIDENCE);
		return point ? point
			     : point_at(story, POINT_TOLD, -1, NULL,
					story_seconds(story, key->seen_ns), WEIGHT_EVIDENCE);
	}
	return NULL;
}

static struct story_point *point_of_fault(struct story *story, int64_t id)
{
	for (int f = 0; f < story->faults; f++)
		if (story->fault[f].row->id == id)
			return point_at(story, POINT_FAULT_BEGAN, f, NULL, story->fault[f].began_s,
					WEIGHT_EVIDENCE);
	return NULL;
}

static void show(struct story_point *point, const struct evidence *evidence)
{
	if (!point)
		return;
	point->is_proof = true;
	point->weight = WEIGHT_EVIDENCE;
	for (int i = 0; i < point->proofs; i++)
		if (point->proof[i].ref == evidence->ref &&
		    strcmp(point->proof[i].kind, evidence->kind) == 0)
			return;
	if (point->proofs < STORY_PROOFS)
		point->proof[point->proofs++] = *evidence;
}

static void find_evidence(struct story *story, const struct lane_history *lane,
			  const struct evidence *evidence)
{
	struct story_point *point = NULL;

	if (strcmp(evidence->kind, "attempt") == 0)
		point = point_of_attempt(story, evidence->ref);
	else if (strcmp(evidence->kind, "op") == 0)
		point = point_of_op(story, lane, evidence->ref);
	else if (strcmp(evidence->kind, "key_event") == 0)
		point = point_of_key_event(story, lane, evidence->ref);
	else if (strcmp(evidence->kind, "decision") == 0)
		point = point_of_decision(story, evidence->ref, 0);
	else if (strcmp(evidence->kind, "fault") == 0)
		point = point_of_fault(story, evidence->ref);
	show(point, evidence);
}

/* What explains it ---------------------------------------------------------------------------- */

static void find_cause(struct story *story)
{
	if (story->guilty < 0)
		return;
	CHECK(story->guilty < story->faults);
	const struct story_fault *fault = &story->fault[story->guilty];

	point_at(story, POINT_FAULT_BEGAN, story->guilty, NULL, fault->began_s, WEIGHT_CAUSE);
	point_at(story, POINT_FAULT_ENDED, story->guilty, NULL, fault->ended_s, WEIGHT_LATER);
}

bool story_reaches_deadline(const struct story *story, int hold)
{
	CHECK(hold >= 0 && hold < story->holds);
	return hold == story->accused ||
	       story->hold[hold].believed_until_s >= story->hold[hold].safe_until_s;
}

static void find_instants_of_hold(struct story *story, int h)
{
	const struct story_hold *hold = &story->hold[h];
	bool accused = h == story->accused;

	point_at(story, POINT_ASKED, h, NULL, hold->asked_s, WEIGHT_ASKED);
	point_at(story, POINT_GRANTED, h, NULL, hold->granted_s, WEIGHT_GRANTED);
	point_at(story, POINT_BELIEVED, h, NULL, hold->believed_s,
		 accused ? WEIGHT_ACCUSED : WEIGHT_LATER);
	if (story_reaches_deadline(story, h))
		point_at(story, POINT_DEADLINE, h, NULL, hold->safe_until_s,
			 accused ? WEIGHT_ACCUSED : WEIGHT_ASKED);
	point_at(story, POINT_REMOVED, h, NULL, hold->granted_until_s,
		 accused ? WEIGHT_ACCUSED : WEIGHT_ASKED);
	point_at(story, POINT_BELIEVED_NO_MORE, h, NULL, hold->believed_until_s,
		 accused ? WEIGHT_ENDED : WEIGHT_ASKED);
}

const struct story_request *story_deed(const struct story *story)
{
	const struct violation *violation = story->violation;

	for (int i = 0; i < violation->evidences; i++)
		for (int r = 0; r < story->requests; r++)
			if (strcmp(violation->evidence[i].kind, "decision") == 0 &&
			    story->request[r].decision.id == violation->evidence[i].ref)
				return &story->request[r];
	return NULL;
}

/* What another did to the resource before the deed: the last write, else the last read. */
static void find_done_before(struct story *story)
{
	const struct story_request *deed = story_deed(story);
	int done = -1;

	for (int r = 0; deed && r < story->requests; r++) {
		const struct story_request *request = &story->request[r];

		if (request->decision.id < deed->decision.id && request->decision.accepted &&
		    request->hold != deed->hold &&
		    (done < 0 || request->decision.f == F_WRITE ||
		     story->request[done].decision.f != F_WRITE))
			done = r;
	}
	if (done >= 0)
		point_at(story, POINT_REQUEST, done, NULL, story->request[done].at_s, WEIGHT_LATER);
}

/* Telling ------------------------------------------------------------------------------------- */

static int by_weight(const void *a, const void *b)
{
	const struct story_point *one = a, *other = b;

	if (one->weight != other->weight)
		return other->weight - one->weight;
	return (one->at_s > other->at_s) - (one->at_s < other->at_s);
}

static int by_time(const void *a, const void *b)
{
	const struct story_point *one = a, *other = b;

	if (one->at_s != other->at_s)
		return one->at_s < other->at_s ? -1 : 1;
	if (one->what != other->what)
		return one->what < other->what ? -1 : 1;
	return one->index - other->index;
}

void story_find_points(struct story *story, const struct lane_history *lane)
{
	int told = 0;

	CHECK(story->points == 0);
	for (int n = 0; n < story->incident.names; n++)
		for (int e = 0; e < story->incident.told[n]->evidences; e++)
			find_evidence(story, lane, &story->incident.told[n]->evidence[e]);
	find_cause(story);
	find_done_before(story);
	for (int h = 0; h < story->holds; h++)
		if (h == story->accused || h == story->later || story->holds <= 2)
			find_instants_of_hold(story, h);
	qsort(story->point, (size_t)story->points, sizeof(story->point[0]), by_weight);
	for (int i = 0; i < story->points; i++) {
		const struct story_point *point = &story->point[i];
		bool shown = point->at_s >= story->from_s && point->at_s <= story->until_s;

		if (point->is_proof || (shown && told < STORY_TOLD))
			story->point[told++] = *point;
	}
	story->points = told;
	qsort(story->point, (size_t)story->points, sizeof(story->point[0]), by_time);
	for (int i = 0; i < story->points; i++) {
		CHECK(!i || story->point[i - 1].at_s <= story->point[i].at_s);
		story->point[i].number = i + 1;
	}
}
