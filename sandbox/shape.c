/*
 * Theory of operation. What is in force is a table of slots in memory that all processes share. A
 * shaper (whoever calls the functions of shape.h) changes it under a robust mutex; the engine's
 * process reads it with each packet and needs no lock, since a slot's contents change only while
 * its state says that the engine leaves it alone. The two hand a slot over by its state, and the
 * shaper waits for the engine's half (a futex, at most 2 s):
 *
 *	shaping: slot filled, NEW -> ACTIVE by the engine, then the rules are loaded
 *	removal: LEAVING -> the engine lets go of all that it kept, GONE -> the rules are unloaded
 *
 * In the moment between the rules and the state packets pass the engine untreated. Whoever dies
 * between two steps leaves a slot that is not FREE, and remove_all needs no more.
 *
 * Which engine. The queue goes before netem where both are: it measures each delay that it applied,
 * counts what was overtaken and copied, and can hold; a fault must prove that it bit, and netem
 * tells no more than its drops.
 */
#include "sandbox/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "sandbox/hosts_inside.h"
#include "sandbox/shared_lock.h"

enum { STARTING_MS = 5000 };

/* The engine's process ------------------------------------------------------------------------ */

static bool engine_lives(struct shapes *shapes)
{
	int result = pthread_mutex_trylock(&shapes->life);

	if (result == EBUSY)
		return true;
	if (result == EOWNERDEAD)
		result = pthread_mutex_consistent(&shapes->life);
	CHECK(result == 0);
	CHECK(pthread_mutex_unlock(&shapes->life) == 0);
	return false;
}

static void bury(struct shapes *shapes)
{
	if (shapes->pid)
		waitpid(shapes->pid, NULL, 0); /* ECHILD: somebody else's, who is gone */
	shapes->pid = 0;
}

/* What the new engine says: nothing but a 0 when all is well. */
static int await_ready(int fd, struct error *err)
{
	char text[256];
	bool said = clock_await_readable(fd, clock_now_ns() + STARTING_MS * NS_PER_MS);
	ssize_t got = said ? read(fd, text, sizeof(text) - 1) : 0;

	if (got == 1 && text[0] == '\0')
		return 0;
	text[got > 0 ? got : 0] = '\0';
	return error_set(err, EXIT_MACHINE_LACKS, "%s", got > 0 ? text : "it did not come up");
}

static int start_engine(struct hosts *hosts, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;
	int ends[2];

	bury(shapes);
	if (pipe2(ends, O_CLOEXEC))
		return error_errno(err, EXIT_OUR_FAULT, "pipe");
	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		close(ends[0]);
		shape_queue_run(hosts, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_errno(err, EXIT_MACHINE_LACKS, "fork");
	}
	shapes->pid = pid;
	int result = await_ready(ends[0], err);

	close(ends[0]);
	if (result == 0)
		return 0;
	kill(pid, SIGKILL);
	bury(shapes);
	return error_wrap(err, "the process that treats packets");
}

static void kick(struct hosts *hosts)
{
	eventfd_t one = 1;

	CHECK(write(hosts->shape_fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
}

/* Waits until the engine has done its half; false: it is dead, or does not answer. */
static bool await_state(struct shapes *shapes, struct shape_slot *slot, enum shape_state before,
			int64_t deadline_ns)
{
	while (slot->state == before) {
		int64_t left_ns = deadline_ns - clock_now_ns();
		struct timespec left = {left_ns / NS_PER_S, left_ns % NS_PER_S};

		if (left_ns <= 0 || !engine_lives(shapes))
			return false;
		syscall(SYS_futex, &slot->state, FUTEX_WAIT, before, &left, NULL, 0);
	}
	return true;
}

static int64_t ack_deadline_ns(void)
{
	return clock_now_ns() + SHAPE_ACK_MS * NS_PER_MS;
}

static struct shape_slot *find(struct shapes *shapes, int id)
{
	for (int i = 0; i < SHAPES_MAX; i++)
		if (shapes->slot[i].state != SLOT_FREE && shapes->slot[i].shape.id == id)
			return &shapes->slot[i];
	return NULL;
}

/* Slots --------------------------------------------------------------------------------------- */

static void fill(struct shapes *shapes, struct shape_slot *slot, const struct shape *shape)
{
	memset(slot->sides, 0, sizeof(slot->sides));
	for (int i = 0; i < shape->froms; i++)
		slot->sides[shape->from[i]] |= SIDE_FROM;
	for (int i = 0; i < shape->tos; i++)
		slot->sides[shape->to[i]] |= SIDE_TO;
	slot->shape = *shape;
	slot->serial = ++shapes->serials;
	slot->offered = slot->seen = slot->dropped = slot->delayed = 0;
	slot->reordered = slot->duplicated = slot->held = slot->kept = 0;
	slot->longest_ns = slot->total_ns = 0;
	slot->base_dropped = 0;
	slot->state = SLOT_NEW;
}

static void count_slot(const struct shape_slot *slot, struct shape_count *count)
{
	*count = (struct shape_count){
		.seen = slot->seen,
		.dropped = slot->dropped,
		.delayed = slot->delayed,
		.reordered = slot->reordered,
		.duplicated = slot->duplicated,
		.held = slot->held,
		.kept = slot->kept,
		.longest_ns = slot->longest_ns,
		.mean_ns = slot->delayed ? slot->total_ns / slot->delayed : 0,
	};
}

static int count_netem(struct hosts *hosts, const struct shape_slot *slot,
		       struct shape_count *count, struct error *err)
{
	*count = (struct shape_count){.delayed = -1,
				      .reordered = -1,
				      .duplicated = -1,
				      .held = -1,
				      .kept = -1,
				      .longest_ns = -1,
				      .mean_ns = -1};
	if (shape_count_matched(slot, &count->seen, err) ||
	    netem_count_dropped(&hosts->shared->shapes, hosts->plan.count, slot, &count->dropped,
				err))
		return -1;
	count->dropped -= slot->base_dropped;
	return 0;
}

int shape_count(struct hosts *hosts, const struct shape_slot *slot, struct shape_count *count,
		struct error *err)
{
	int64_t matched;

	if (hosts->shared->shapes.door == DOOR_NETEM)
		return count_netem(hosts, slot, count, err);
	if (shape_count_matched(slot, &matched, err))
		return -1;
	count_slot(slot, count);
	count->missed = matched > slot->offered ? matched - slot->offered : 0;
	return 0;
}

/* The rest of a removal, once nothing is kept: rules, classes, the slot itself. */
static int unload(struct hosts *hosts, struct shape_slot *slot, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;

	if (shape_load_rules(shapes, hosts->plan.count, slot, err) ||
	    (shapes->door == DOOR_NETEM && netem_apply(shapes, hosts->plan.count, slot, err)))
		return -1;
	slot->state = SLOT_FREE;
	return 0;
}

/* Puts it in force, or leaves all as it was. */
static int load(struct hosts *hosts, struct shape_slot *slot, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;
	int count = hosts->plan.count;
	struct error ignored = {0};

	if (shapes->door == DOOR_NETEM) {
		if (netem_apply(shapes, count, slot, err) == 0 &&
		    netem_count_dropped(shapes, count, slot, &slot->base_dropped, err) == 0 &&
		    shape_load_rules(shapes, count, NULL, err) == 0)
			return 0;
	} else {
		kick(hosts);
		if (!await_state(shapes, slot, SLOT_NEW, ack_deadline_ns()))
			error_set(err, EXIT_OUR_FAULT,
				  "the process that treats packets does not answer");
		else if (shape_load_rules(shapes, count, NULL, err) == 0)
			return 0;
	}
	slot->state = SLOT_LEAVING;
	kick(hosts);
	if (shapes->door != DOOR_NETEM)
		await_state(shapes, slot, SLOT_LEAVING, ack_deadline_ns());
	unload(hosts, slot, &ignored);
	slot->state = SLOT_FREE;
	return -1;
}

/* The calls ----------------------------------------------------------------------------------- */

static int open_door(struct shapes *shapes, struct error *err)
{
	char against[256];

	if (shapes->door != DOOR_NOT_TRIED)
		return 0;
	return shape_open_door(&shapes->door, against, sizeof(against), err);
}

static bool is_percent(double value)
{
	return value >= 0 && value <= 100;
}

static bool is_sound(const struct hosts *hosts, const struct shape *shape)
{
	return shape->id > 0 && hosts_have_links(hosts, shape->from, shape->froms) &&
	       hosts_have_links(hosts, shape->to, shape->tos) && is_percent(shape->loss_percent) &&
	       is_percent(shape->duplicate_percent) && is_percent(shape->reorder_percent) &&
	       shape->delay_ns >= 0 && shape->jitter_ns >= 0 &&
	       shape->jitter_ns <= shape->delay_ns && shape->rate_kbit >= 0 &&
	       (shape->hold || shape->loss_percent > 0 || shape->duplicate_percent > 0 ||
		shape->reorder_percent > 0 || shape->delay_ns > 0 || shape->rate_kbit > 0);
}

static int add(struct hosts *hosts, const struct shape *shape, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;
	struct shape_slot *slot = shapes->slot;

	CHECK(!find(shapes, shape->id));
	if (open_door(shapes, err) || (shapes->door == DOOR_NETEM && netem_check(shape, err)))
		return -1;
	while (slot < shapes->slot + SHAPES_MAX && slot->state != SLOT_FREE)
		slot++;
	if (slot == shapes->slot + SHAPES_MAX)
		return error_set(err, EXIT_OUR_FAULT, "more than %d treatments at once",
				 SHAPES_MAX);
	if (shapes->door != DOOR_NETEM && !engine_lives(shapes) && start_engine(hosts, err))
		return -1;
	fill(shapes, slot, shape);
	return load(hosts, slot, err);
}

int hosts_shape(struct hosts *hosts, const struct shape *shape, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;

	CHECK(hosts_abilities(hosts) & CAN_CUT && is_sound(hosts, shape));
	if (shared_lock_take(&shapes->lock, "treatments", err))
		return -1;
	int result = add(hosts, shape, err);

	shared_lock_give(&shapes->lock);
	return result ? error_wrap(err, "treatment %d", shape->id) : 0;
}

static int removal(struct hosts *hosts, struct shape_slot *slot, struct shape_count *last,
		   struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;

	if (shapes->door != DOOR_NETEM) {
		slot->state = SLOT_LEAVING;
		kick(hosts);
		if (!await_state(shapes, slot, SLOT_LEAVING, ack_deadline_ns()) &&
		    engine_lives(shapes))
			return error_set(err, EXIT_OUR_FAULT,
					 "the process that treats packets does not answer");
	}
	if (last && shape_count(hosts, slot, last, err))
		return -1;
	return unload(hosts, slot, err);
}

int hosts_unshape(struct hosts *hosts, int id, struct shape_count *last, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;
	int result = 0;

	CHECK(hosts_abilities(hosts) & CAN_CUT && id > 0);
	if (last)
		*last = (struct shape_count){0};
	if (shared_lock_take(&shapes->lock, "treatments", err))
		return -1;
	struct shape_slot *slot = find(shapes, id);

	if (slot) /* or heal_all was faster */
		result = removal(hosts, slot, last, err);
	shared_lock_give(&shapes->lock);
	return result ? error_wrap(err, "removing treatment %d", id) : 0;
}

/* Everything ---------------------------------------------------------------------------------- */

static int remove_all(struct hosts *hosts, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;
	int64_t deadline_ns = ack_deadline_ns();
	bool answers = shapes->door != DOOR_NETEM && engine_lives(shapes);

	if (answers)
		kill(shapes->pid, SIGCONT);
	for (int i = 0; i < SHAPES_MAX; i++)
		if (shapes->slot[i].state != SLOT_FREE && shapes->slot[i].state != SLOT_GONE)
			shapes->slot[i].state = SLOT_LEAVING;
	kick(hosts);
	for (int i = 0; i < SHAPES_MAX; i++)
		answers =
			answers && await_state(shapes, &shapes->slot[i], SLOT_LEAVING, deadline_ns);
	if (!answers && engine_lives(shapes)) {
		kill(shapes->pid, SIGKILL); /* then at least nothing is kept any more */
		bury(shapes);
	}
	for (int i = 0; i < SHAPES_MAX; i++)
		if (shapes->slot[i].state != SLOT_FREE && unload(hosts, &shapes->slot[i], err))
			return -1;
	return 0;
}

int shapes_remove_all(struct hosts *hosts, struct error *err)
{
	struct shapes *shapes = &hosts->shared->shapes;

	if (shared_lock_take(&shapes->lock, "treatments", err))
		return -1;
	int result = shapes->door == DOOR_NOT_TRIED ? 0 : remove_all(hosts, err);

	shared_lock_give(&shapes->lock);
	return result ? error_wrap(err, "removing all treatments") : 0;
}

void shapes_open(struct hosts *hosts)
{
	struct shapes *shapes = &hosts->shared->shapes;
	shared_lock_init(&shapes->lock);
	shared_lock_init(&shapes->life);
}

void shapes_close(struct hosts *hosts)
{
	struct shapes *shapes = &hosts->shared->shapes;

	if (shapes->pid == 0)
		return;
	kill(shapes->pid, SIGKILL);
	bury(shapes);
}

/* The doctor ---------------------------------------------------------------------------------- */

int shape_examine(char *found, size_t size, struct error *err)
{
	enum shape_door door = DOOR_NOT_TRIED;
	char against[256];

	if (shape_open_door(&door, against, sizeof(against), err))
		return -1;
	switch (door) {
	case DOOR_BRIDGE:
		snprintf(found, size, "by a packet queue (nft queue, bridge family)");
		break;
	case DOOR_IP:
		snprintf(found, size,
			 "by a packet queue (xtables NFQUEUE, for this kernel has no nft queue)");
		break;
	case DOOR_NETEM:
		snprintf(found, size, "by netem, without holds and measured delays, for %.100s",
			 against);
		break;
	case DOOR_NOT_TRIED:
		CHECK(!"a door");
	}
	return 0;
}
