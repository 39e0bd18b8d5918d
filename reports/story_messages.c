/* Which requests of a story are worth a look at their packets: those that the evidence names, and
 * of the accused worker's and the later holder's others those that explain most. */
#include "reports/story_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/invariant.h"

enum {
	WEIGHT_PLAIN = 1,
	WEIGHT_LEASE = 2,
	WEIGHT_LATER = 4,    /* of the later holder */
	WEIGHT_AFTER = 6,    /* what the accused one asked since the fault began */
	WEIGHT_ACQUIRED = 7, /* how either came to its lock */
	WEIGHT_TOLD = 8,     /* an instant of the sentences */
	WEIGHT_EVIDENCE = 100,
};

int story_request_of(const struct story *story, int64_t op)
{
	CHECK(op); /* 0 would find a request that nobody named */
	for (int r = 0; r < story->requests; r++)
		if (story->request[r].decision.op == op)
			return r;
	return -1;
}

static bool is_told(const struct story *story, const struct op_row *op, int request)
{
	for (int i = 0; i < story->points; i++) {
		const struct story_point *point = &story->point[i];

		if ((point->what == POINT_REQUEST && point->index == request) ||
		    (point->what == POINT_OPERATION && point->op.id == op->id))
			return true;
	}
	return false;
}

static int weight_of(const struct story *story, const struct story_message *message)
{
	const struct op_row *op = &message->op;
	const struct story_hold *hold = &story->hold[message->hold];
	double at_s = story_seconds(story, op->invoked_ns);

	CHECK(message->hold >= 0 && message->hold < story->holds);
	if (message->is_proof)
		return WEIGHT_EVIDENCE;
	if (is_told(story, op, message->request) ||
	    (message->hold == story->accused && at_s == hold->renewed_s))
		return WEIGHT_TOLD;
	if (op->f == F_ACQUIRE)
		return WEIGHT_ACQUIRED;
	if (message->hold == story->accused && story->guilty >= 0 && at_s >= 0)
		return WEIGHT_AFTER;
	if (op->f == F_LEASE_GRANT || op->f == F_LEASE_REVOKE)
		return WEIGHT_LEASE;
	return op->f == F_KEEPALIVE ? WEIGHT_PLAIN : WEIGHT_LATER;
}

/* The weightier, and of two alike the one that is nearer to what happened. */
static bool belongs_before(const struct story *story, const struct story_message *one,
			   const struct story_message *other)
{
	double at_ns = (double)story->violation->at_ns;

	if (one->weight != other->weight)
		return one->weight > other->weight;
	return fabs((double)one->op.invoked_ns - at_ns) <
	       fabs((double)other->op.invoked_ns - at_ns);
}

static void add_message(struct story *story, const struct story_message *message)
{
	int at = story->messages;

	if (at == STORY_MESSAGES) {
		if (!belongs_before(story, message, &story->message[at - 1]))
			return;
		at--;
	} else {
		story->messages++;
	}
	for (; at > 0 && belongs_before(story, message, &story->message[at - 1]); at--)
		story->message[at] = story->message[at - 1];
	story->message[at] = *message;
}

static int by_time(const void *a, const void *b)
{
	const struct op_row *one = &((const struct story_message *)a)->op;
	const struct op_row *other = &((const struct story_message *)b)->op;

	if (one->invoked_ns != other->invoked_ns)
		return one->invoked_ns < other->invoked_ns ? -1 : 1;
	return (one->id > other->id) - (one->id < other->id);
}

static int hold_of(const struct story *story, int64_t attempt)
{
	for (int h = 0; attempt && h < story->holds; h++)
		if (story->hold[h].attempt == attempt)
			return h;
	return -1;
}

void story_find_messages(struct story *story, const struct lane_history *lane)
{
	CHECK(story->messages == 0);
	for (int i = 0; i < lane->ops; i++) {
		const struct op_row *op = &lane->op[i];
		static const struct story_packet none = {0, NAN, NAN, NAN, NAN};
		struct story_message message = {
			.op = *op,
			.hold = hold_of(story, op->attempt),
			.request = story_request_of(story, op->id),
			.asked = none,
			.answered = none,
		};

		if (op->f == F_LOSE || message.hold < 0 ||
		    story_seconds(story, op->invoked_ns) > story->until_s)
			continue;
		message.is_proof =
			incident_cites(&story->incident, "op", op->id) ||
			(message.request >= 0 && story->request[message.request].is_proof);
		if (!message.is_proof && message.hold != story->accused &&
		    message.hold != story->later)
			continue;
		message.op.key = message.op.error = NULL;
		message.weight = weight_of(story, &message);
		add_message(story, &message);
	}
	qsort(story->message, (size_t)story->messages, sizeof(story->message[0]), by_time);
}
