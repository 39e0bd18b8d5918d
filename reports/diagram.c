#include "reports/diagram.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "checker/holds/leaders.h"

/* Actors -------------------------------------------------------------------------------------- */

static int add_actor(struct diagram *diagram, int hold, int member, const char *name)
{
	for (int i = 0; i < diagram->actors; i++)
		if (diagram->actor[i].hold == hold && diagram->actor[i].member == member)
			return i;
	CHECK(diagram->actors < DIAGRAM_ACTORS);
	struct diagram_actor *actor = &diagram->actor[diagram->actors];

	actor->hold = hold;
	actor->member = member;
	text_copy(actor->name, sizeof(actor->name), name);
	return diagram->actors++;
}

static bool asks_member(const struct story *story, const struct story_message *message)
{
	return *member_name(story->history, message->op.endpoint) != '\0';
}

static int target_of(struct diagram *diagram, const struct story *story,
		     const struct story_message *message)
{
	if (!asks_member(story, message))
		return add_actor(diagram, -1, -1, "the store");
	return add_actor(diagram, -1, message->op.endpoint,
			 member_name(story->history, message->op.endpoint));
}

static void add_hold(struct diagram *diagram, const struct story *story, int hold)
{
	for (int i = 0; i < story->messages; i++)
		if (story->message[i].hold == hold && story->message[i].asked.times)
			add_actor(diagram, hold, -1, story->hold[hold].worker);
}

/* The accused worker first, then the others, the members by their number, the store last. */
static void find_actors(struct diagram *diagram, const struct story *story)
{
	if (story->accused >= 0)
		add_hold(diagram, story, story->accused);
	for (int h = 0; h < story->holds; h++)
		add_hold(diagram, story, h);
	for (int m = 0; *member_name(story->history, m); m++)
		for (int i = 0; i < story->messages; i++)
			if (story->message[i].asked.times && story->message[i].op.endpoint == m)
				target_of(diagram, story, &story->message[i]);
	for (int i = 0; i < story->messages; i++)
		if (story->message[i].asked.times)
			target_of(diagram, story, &story->message[i]);
}

char *diagram_describe_actor(const struct story *story, const struct diagram_actor *actor)
{
	CHECK(actor->hold < story->holds);
	const char *part = actor->hold < 0 ? NULL : story->hold[actor->hold].part;

	if (part)
		return text_format("%s, the %s", actor->name, part);
	if (actor->member >= 0)
		return text_format("member %s%s", actor->name,
				   actor->member == story->leader ? ", which led" : "");
	return text_format("%s", actor->name);
}

/* Rows ---------------------------------------------------------------------------------------- */

static struct diagram_row *add_row(struct diagram *diagram, double at_s, int from, int to)
{
	CHECK(diagram->rows < DIAGRAM_ROWS);
	CHECK(from < diagram->actors && to < diagram->actors);
	CHECK(from != to || from < 0);
	CHECK(!isnan(at_s)); /* it would stay where it is, and part what is sorted */
	struct diagram_row *row = &diagram->row[diagram->rows++];

	*row = (struct diagram_row){
		.at_s = at_s, .from = from, .to = to, .message = -1, .under_fault = -1};
	return row;
}

/* The packet at first; when nothing shows that it arrived and it was sent again, the last time. */
static void add_packet(struct diagram *diagram, const struct story_packet *packet, int from, int to,
		       const char *text)
{
	struct diagram_row *row = add_row(diagram, packet->at_s, from, to);
	bool arrived = packet->arrived_s < INFINITY; /* not of NAN, either */
	bool at_once = arrived && (packet->times < 2 || packet->arrived_s < packet->again_s);
	CHECK(packet->times > 0);
	row->lost = !at_once;
	snprintf(row->text, sizeof(row->text), "%s%s", text, at_once ? "" : ", not acknowledged");
	if (at_once || packet->times < 2)
		return;
	row = add_row(diagram, packet->last_s, from, to);
	row->lost = !arrived;
	snprintf(row->text, sizeof(row->text), "%s%s, sent again %d time%s", text,
		 arrived ? "" : ", not acknowledged", packet->times - 1,
		 packet->times == 2 ? "" : "s");
}

/* Of one that find_actors gave a column. */
static int column_of_hold(struct diagram *diagram, int hold)
{
	int actors = diagram->actors, column = add_actor(diagram, hold, -1, "");

	CHECK(diagram->actors == actors);
	return column;
}

static void add_asked(struct diagram *diagram, const struct story *story, int message)
{
	const struct story_message *told = &story->message[message];
	int from = column_of_hold(diagram, told->hold), before = diagram->rows;
	const char *what = function_name(told->op.f);
	char token[48] = "", text[128];

	if (told->request >= 0 && story->request[told->request].decision.token)
		snprintf(token, sizeof(token), ", token %" PRId64,
			 story->request[told->request].decision.token);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s", what,
		 strcmp(told->path, what) == 0 ? "" : " (",
		 strcmp(told->path, what) == 0 ? "" : told->path,
		 strcmp(told->path, what) == 0 ? "" : ")", token,
		 told->answered.times ? "" : ", no answer seen");
	add_packet(diagram, &told->asked, from, target_of(diagram, story, told), text);
	for (int i = before; i < diagram->rows; i++)
		diagram->row[i].message = message;
}

/* What the store did, or what the worker recorded. */
static void say_answer(const struct story *story, const struct story_message *told, char *text,
		       size_t size)
{
	static const char *const outcomes[] = {"outcome unknown", "ok", "failed"};
	const struct op_row *op = &told->op;

	CHECK(op->outcome >= OUTCOME_INFO && op->outcome <= OUTCOME_FAIL);
	if (told->request >= 0) {
		const struct decision_row *decision = &story->request[told->request].decision;

		if (!decision->accepted)
			snprintf(text, size, "refused, seen token %" PRId64,
				 decision->greatest_token);
		else if (decision->f == F_WRITE)
			snprintf(text, size, "applied, version %" PRId64, decision->version_after);
		else
			snprintf(text, size, "version %" PRId64, decision->version_before);
	} else if ((op->f == F_KEEPALIVE || op->f == F_LEASE_GRANT) && op->outcome == OUTCOME_OK) {
		snprintf(text, size, op->ttl_ms ? "ok, TTL %.3g s" : "ok, lease gone",
			 op->ttl_ms / 1e3);
	} else {
		snprintf(text, size, "%s", outcomes[op->outcome]);
	}
}

static void add_answered(struct diagram *diagram, const struct story *story, int message)
{
	const struct story_message *told = &story->message[message];
	int to = column_of_hold(diagram, told->hold), before = diagram->rows;
	char meaning[80], text[128];

	say_answer(story, told, meaning, sizeof(meaning));
	snprintf(text, sizeof(text), "%s: %d, %s", function_name(told->op.f), told->status,
		 meaning);
	add_packet(diagram, &told->answered, target_of(diagram, story, told), to, text);
	for (int i = before; i < diagram->rows; i++)
		diagram->row[i].message = message;
}

/* By time; what is of one microsecond stays as it was added. */
static void sort_rows(struct diagram *diagram)
{
	for (int i = 1; i < diagram->rows; i++) {
		struct diagram_row row = diagram->row[i];
		int at = i;

		for (; at > 0 && diagram->row[at - 1].at_s > row.at_s; at--)
			diagram->row[at] = diagram->row[at - 1];
		diagram->row[at] = row;
	}
}

/* The guilty fault ---------------------------------------------------------------------------- */

/* Whom it hit, of those that have a column; -1: none of them. */
static int hit_by(const struct diagram *diagram, const struct story *story,
		  const struct fault_row *fault)
{
	for (int i = 0; i < diagram->actors; i++) {
		const struct diagram_actor *actor = &diagram->actor[i];

		if (actor->hold >= 0
			    ? story->hold[actor->hold].process == fault->process
			    : actor->member >= 0 && fault->host >= 0 &&
				      member_of_host(story->history, fault->host) == actor->member)
			return i;
	}
	return -1;
}

static void add_fault(struct diagram *diagram, const struct story *story)
{
	if (story->guilty < 0)
		return;
	const struct story_fault *fault = &story->fault[story->guilty];
	double last_s = 0;

	for (int i = 0; i < diagram->rows; i++)
		last_s = fmax(last_s, diagram->row[i].at_s);
	struct diagram_row *row = add_row(diagram, fault->began_s, -1, -1);

	snprintf(row->text, sizeof(row->text), "fault %" PRId64 " begins: %s", fault->row->id,
		 fault->name);
	if (isfinite(fault->ended_s) && fault->ended_s <= last_s) {
		row = add_row(diagram, fault->ended_s, -1, -1);
		snprintf(row->text, sizeof(row->text), "fault %" PRId64 " ends", fault->row->id);
	}
	sort_rows(diagram);
	int hit = hit_by(diagram, story, fault->row);

	for (int i = 0; i < diagram->rows; i++)
		if (diagram->row[i].at_s >= fault->began_s &&
		    diagram->row[i].at_s <= fault->ended_s)
			diagram->row[i].under_fault = hit;
}

/* The whole ----------------------------------------------------------------------------------- */

void diagram_build(const struct story *story, struct diagram *diagram)
{
	*diagram = (struct diagram){0};
	if (story->capture != STORY_CAPTURE_READ)
		return;
	find_actors(diagram, story);
	for (int i = 0; i < story->messages; i++) {
		const struct story_message *message = &story->message[i];
		int before = diagram->rows;

		CHECK(message->asked.times || !message->answered.times);
		if (message->asked.times)
			add_asked(diagram, story, i);
		if (message->answered.times)
			add_answered(diagram, story, i);
		for (; before < diagram->rows; before++)
			diagram->row[before].is_proof = message->is_proof;
	}
	sort_rows(diagram);
	if (diagram->rows)
		add_fault(diagram, story);
}

const char *diagram_why_empty(const struct story *story, const struct diagram *diagram)
{
	switch (story->capture) {
	case STORY_NOT_CAPTURED:
		return "No packets of this run were captured, so none are shown.";
	case STORY_CAPTURE_MISSING:
		return "No packets are shown: capture.pcap is not beside the history, or not one.";
	case STORY_CAPTURE_GAP:
		return "No packets are shown: the capture gave some of this time up, so that "
		       "silence in it would prove nothing.";
	case STORY_CAPTURE_READ:
		break;
	}
	return diagram->rows ? NULL
			     : "No packets are shown: none in the capture can be read as a request "
			       "of this story (encrypted ones cannot).";
}
