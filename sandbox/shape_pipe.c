/*
 * Theory of operation. A packet passes the treatments of its pair by age. In each it is seen, and
 * perhaps dropped, copied, or kept until an instant; all that is kept, by whatever treatment, is
 * one list in the order of those instants, so that the head says when to look again. Almost every
 * packet is due after the ones before it, which makes its place near the tail.
 *
 * Order. Delays and jitter keep it within a pair, so that a change of order has one cause only,
 * `reorder`: a packet drawn for that is set aside until a later one of its pair has left the
 * treatment, and leaves right behind it; when none comes in 50 ms it leaves unovertaken, and does
 * not count. At most one of a pair is set aside at a time.
 *
 * A delay is measured from the call in which the treatment saw the packet to the one in which it
 * let it go: less than what the packet felt, never more.
 */
#include "sandbox/shape_pipe.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "base/invariant.h"

struct flow {
	int key;             /* from, to */
	int64_t last_due_ns; /* nothing leaves before that */
	int64_t free_ns;     /* when the slow link has sent all so far */
	struct packet *aside;
	UT_hash_handle hh;
};

static void advance(struct pipe *pipe, struct packet *packet, int64_t now_ns);

static int index_of(const struct pipe *pipe, const struct shape_slot *slot)
{
	return (int)(slot - pipe->shapes->slot);
}

static struct flow *flow_of(struct pipe *pipe, const struct packet *packet)
{
	struct flow **flows = &pipe->flows[index_of(pipe, packet->slot)];
	int key = packet->from * HOSTS_MAX + packet->to;
	struct flow *flow;

	HASH_FIND_INT(*flows, &key, flow);
	if (flow)
		return flow;
	flow = calloc(1, sizeof(*flow));
	CHECK_MEMORY(flow);
	flow->key = key;
	HASH_ADD_INT(*flows, key, flow);
	return flow;
}

static void forget_flows(struct pipe *pipe, int slot)
{
	struct flow *flow, *next;

	HASH_ITER (hh, pipe->flows[slot], flow, next) {
		HASH_DEL(pipe->flows[slot], flow);
		free(flow);
	}
}

static bool draws(struct pipe *pipe, const struct shape_slot *slot, double percent)
{
	struct random_stream *stream = &pipe->random[index_of(pipe, slot)];

	return percent > 0 && (double)random_between(stream, 0, 999999) < percent * 10000;
}

static void discard(struct packet *packet)
{
	free(packet->frame);
	free(packet);
}

/* Keeping ------------------------------------------------------------------------------------- */

static void keep(struct pipe *pipe, struct packet *packet)
{
	struct packet *before = TAILQ_LAST(&pipe->kept, packets);

	while (before && (before->due_ns > packet->due_ns ||
			  (before->due_ns == packet->due_ns && before->order > packet->order)))
		before = TAILQ_PREV(before, packets, link);
	if (before)
		TAILQ_INSERT_AFTER(&pipe->kept, before, packet, link);
	else
		TAILQ_INSERT_HEAD(&pipe->kept, packet, link);
	pipe->kept_count++;
	packet->slot->kept++;
}

/* Takes it off the list and counts what it waited. */
static void unkeep(struct pipe *pipe, struct packet *packet, int64_t now_ns)
{
	struct shape_slot *slot = packet->slot;
	int64_t waited_ns = now_ns - packet->came_ns;

	TAILQ_REMOVE(&pipe->kept, packet, link);
	pipe->kept_count--;
	slot->kept--;
	slot->delayed++;
	slot->total_ns += waited_ns;
	if (waited_ns > slot->longest_ns)
		slot->longest_ns = waited_ns;
}

/* Leaving a treatment ------------------------------------------------------------------------- */

/* The packet, which is not on the list, goes on; one that it has overtaken follows. */
static void leave(struct pipe *pipe, struct packet *packet, int64_t now_ns)
{
	struct shape_slot *slot = packet->slot;
	struct flow *flow = flow_of(pipe, packet);
	struct packet *aside = flow->aside;

	if (aside && aside->order <= packet->order)
		flow->aside = NULL;
	bool overtakes = aside && aside->order < packet->order;

	advance(pipe, packet, now_ns);
	if (!overtakes)
		return;
	slot->reordered++;
	unkeep(pipe, aside, now_ns);
	advance(pipe, aside, now_ns);
}

static void finish(struct pipe *pipe, struct packet *packet)
{
	bool gone = pipe->accept(pipe->context, packet);
	struct shape_slot *copier = packet->copied_by;

	if (gone && copier && copier->serial == packet->copied_serial)
		copier->duplicated++;
	discard(packet);
}

/* In a treatment ------------------------------------------------------------------------------ */

static void lose(struct pipe *pipe, struct packet *packet)
{
	packet->slot->dropped++;
	pipe->drop(pipe->context, packet);
	discard(packet);
}

/* The copy takes the rest of the way by itself. */
static struct packet *copy_of(struct pipe *pipe, const struct packet *packet)
{
	if (!packet->frame || packet->copied_by || pipe->kept_count >= PIPE_KEPT_MAX)
		return NULL;
	struct packet *copy = malloc(sizeof(*copy));

	CHECK_MEMORY(copy);
	*copy = *packet;
	copy->id = 0;
	copy->copied_by = packet->slot;
	copy->copied_serial = packet->slot->serial;
	copy->frame = malloc(packet->frame_size);
	CHECK_MEMORY(copy->frame);
	memcpy(copy->frame, packet->frame, packet->frame_size);
	return copy;
}

/* When the slow link will have sent it; false: it has no room. */
static bool send_slowly(struct flow *flow, const struct packet *packet, int64_t *due_ns)
{
	int rate_kbit = packet->slot->shape.rate_kbit;

	if (rate_kbit == 0)
		return true;
	int64_t start_ns = flow->free_ns > *due_ns ? flow->free_ns : *due_ns;

	if (start_ns - *due_ns > PIPE_BACKLOG_MS * NS_PER_MS)
		return false;
	flow->free_ns = start_ns + (int64_t)packet->bytes * 8 * NS_PER_MS / rate_kbit;
	*due_ns = flow->free_ns;
	return true;
}

/* Decides when the packet, which is not lost, leaves; false: it is lost after all. */
static bool set_due(struct pipe *pipe, struct packet *packet, int64_t now_ns)
{
	const struct shape *shape = &packet->slot->shape;
	struct flow *flow = flow_of(pipe, packet);

	packet->due_ns = now_ns;
	if (!send_slowly(flow, packet, &packet->due_ns))
		return false;
	packet->due_ns += shape->delay_ns;
	if (shape->jitter_ns)
		packet->due_ns += random_between(&pipe->random[index_of(pipe, packet->slot)],
						 -shape->jitter_ns, shape->jitter_ns);
	if (packet->due_ns < flow->last_due_ns)
		packet->due_ns = flow->last_due_ns;
	flow->last_due_ns = packet->due_ns;
	if (draws(pipe, packet->slot, shape->reorder_percent) && !flow->aside) {
		packet->due_ns += PIPE_OVERTAKEN_MS * NS_PER_MS;
		flow->aside = packet;
	}
	return true;
}

/* The packet comes to the treatment that packet->slot names. */
static void treat(struct pipe *pipe, struct packet *packet, int64_t now_ns)
{
	struct shape_slot *slot = packet->slot;
	struct packet *copy = NULL;

	packet->came_ns = now_ns;
	slot->seen++;
	if (slot->kept >= PIPE_SLOT_KEPT_MAX || draws(pipe, slot, slot->shape.loss_percent)) {
		lose(pipe, packet);
		return;
	}
	if (slot->shape.hold) {
		slot->held++;
		packet->due_ns = CLOCK_NEVER;
		keep(pipe, packet);
		return;
	}
	if (draws(pipe, slot, slot->shape.duplicate_percent))
		copy = copy_of(pipe, packet);
	if (!set_due(pipe, packet, now_ns)) {
		lose(pipe, packet);
	} else if (packet->due_ns > now_ns) {
		keep(pipe, packet);
		if (copy) {
			copy->came_ns = now_ns;
			copy->due_ns = packet->due_ns;
			keep(pipe, copy);
			copy = NULL;
		}
	} else {
		leave(pipe, packet, now_ns);
		if (copy)
			leave(pipe, take(copy), now_ns);
	}
	if (copy)
		discard(copy);
}

static struct shape_slot *next_slot(struct pipe *pipe, const struct packet *packet)
{
	struct shape_slot *next = NULL;

	for (int i = 0; i < SHAPES_MAX; i++) {
		struct shape_slot *slot = &pipe->shapes->slot[i];

		if (slot->state == SLOT_ACTIVE && slot->serial > packet->serial &&
		    shape_takes(slot, packet->from, packet->to) &&
		    (!next || slot->serial < next->serial))
			next = slot;
	}
	return next;
}

static void advance(struct pipe *pipe, struct packet *packet, int64_t now_ns)
{
	struct shape_slot *next = next_slot(pipe, packet);

	if (!next) {
		finish(pipe, packet);
		return;
	}
	packet->slot = next;
	packet->serial = next->serial;
	treat(pipe, packet, now_ns);
}

/* The engine's calls -------------------------------------------------------------------------- */

bool pipe_copies(const struct pipe *pipe, int from, int to)
{
	for (int i = 0; i < SHAPES_MAX; i++) {
		const struct shape_slot *slot = &pipe->shapes->slot[i];

		if (slot->state == SLOT_ACTIVE && slot->shape.duplicate_percent > 0 &&
		    shape_takes(slot, from, to))
			return true;
	}
	return false;
}

void pipe_put(struct pipe *pipe, struct packet *packet, int64_t now_ns)
{
	packet->order = ++pipe->orders;
	for (int i = 0; i < SHAPES_MAX; i++) {
		struct shape_slot *slot = &pipe->shapes->slot[i];

		if (slot->state == SLOT_ACTIVE && shape_takes(slot, packet->from, packet->to))
			slot->offered++;
	}
	advance(pipe, packet, now_ns);
}

int64_t pipe_settle(struct pipe *pipe, int64_t now_ns)
{
	struct packet *first;

	while ((first = TAILQ_FIRST(&pipe->kept)) && first->due_ns <= now_ns) {
		unkeep(pipe, first, now_ns);
		leave(pipe, first, now_ns);
	}
	return first ? first->due_ns : CLOCK_NEVER;
}

static void let_go(struct pipe *pipe, struct shape_slot *slot, int64_t now_ns)
{
	struct packets leaving = TAILQ_HEAD_INITIALIZER(leaving);
	struct packet *packet, *next;

	for (packet = TAILQ_FIRST(&pipe->kept); packet; packet = next) {
		next = TAILQ_NEXT(packet, link);
		if (packet->slot != slot)
			continue;
		unkeep(pipe, packet, now_ns);
		TAILQ_INSERT_TAIL(&leaving, packet, link);
	}
	forget_flows(pipe, index_of(pipe, slot));
	while ((packet = TAILQ_FIRST(&leaving))) {
		TAILQ_REMOVE(&leaving, packet, link);
		advance(pipe, packet, now_ns);
	}
}

bool pipe_attend(struct pipe *pipe, int64_t now_ns)
{
	bool changed = false;

	for (int i = 0; i < SHAPES_MAX; i++) {
		struct shape_slot *slot = &pipe->shapes->slot[i];
		char actor[32];

		switch ((enum shape_state)slot->state) {
		case SLOT_NEW:
			snprintf(actor, sizeof(actor), "shape/%d", slot->shape.id);
			pipe->random[i] = random_open(slot->shape.seed, actor);
			slot->state = SLOT_ACTIVE;
			changed = true;
			break;
		case SLOT_LEAVING:
			let_go(pipe, slot, now_ns);
			slot->state = SLOT_GONE;
			changed = true;
			break;
		case SLOT_FREE:
		case SLOT_ACTIVE:
		case SLOT_GONE:
			break;
		}
	}
	return changed;
}
