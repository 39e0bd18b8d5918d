/*
 * For tests of the nemesis in the scripted cluster (nemesis_scripted.h): who is there, what is
 * planned, and what was recorded. The live view's memory and the ring are the true ones. What is
 * true of all the rest is tried by nemesis_verbs_test.
 */
#ifndef TESTS_NEMESIS_RIG_H
#define TESTS_NEMESIS_RIG_H

#include "tests/unit/nemesis_scripted.h"

static struct area *area;
static struct live *live;
static struct nemesis nemesis;
static struct nemesis_config config;
static struct fault_block block;
static struct scheduled entry;
static const struct nemesis_lane lanes[] = {
	{.lane = 0, .lock = "none/0", .ttl_ns = 2 * NS_PER_S},
	{.number = 1, .lane = 1, .lock = "none/1", .ttl_ns = 2 * NS_PER_S},
};
static _Atomic int stop; /* zero: nobody stops it */

enum { PLANNED_MAX = 8 };

static struct fault_block planned_block[PLANNED_MAX];
static struct scheduled planned_entry[PLANNED_MAX];
static struct schedule planned = {.entry = planned_entry};

/* What happens so long after the load began: in the order of time. */
static inline void at_ms(int ms, void (*act)(void))
{
	ck_assert_int_lt(steps, 16);
	step[steps++] = (struct step){config.load_began_ns + ms * NS_PER_MS, act};
}

/* Setting up ------------------------------------------------------------------------------------ */

static inline void add_host(enum host_role role)
{
	int id = cluster->hosts++;

	cluster->host[id] = (struct host){.id = id, .role = role};
	snprintf(cluster->host[id].name, sizeof(cluster->host[id].name), "host-%d", id);
	atomic_store(&cluster->control[id].pid, FIRST_PID + id);
	atomic_store(&cluster->control[id].process, FIRST_PROCESS + id);
	atomic_store(&cluster->control[id].incarnation, 1);
	cluster->state[id] = 'S';
}

/* Members, store, witness, three idle workers in each of two lanes, and a process on the hub;
 * without a leader. */
static inline void lay_out(int members)
{
	memset(cluster, 0, sizeof(*cluster));
	cluster->members = members;
	cluster->leader = -1;
	cluster->look = (struct machine_look){.processes = 1, .threads = 2, .stopped = 2};
	for (int i = 0; i < members; i++)
		add_host(HOST_MEMBER);
	add_host(HOST_STORE);
	add_host(HOST_WITNESS);
	atomic_store(&live->workers, WORKERS);
	for (int i = 0; i < WORKERS; i++) {
		struct live_worker *slot = &live->worker[i];

		add_host(HOST_WORKER);
		atomic_store(&slot->host, members + 2 + i);
		atomic_store(&slot->process, FIRST_PROCESS + members + 2 + i);
		atomic_store(&slot->lane, i / 3);
		atomic_store(&slot->worker, i % 3);
		live_publish(live, slot, LIVE_IDLE);
	}
	add_host(HOST_HUB);
}

static inline void set_up(void)
{
	struct error err = {0};

	now_ns = 1000 * NS_PER_S;
	looks_at_clock = steps = steps_done = handles = planned.count = 0;
	asked[0] = told[0] = 0;
	atomic_store(&stop, 0);
	ck_assert_int_eq(area_open(&area, 1, 256, &err), 0);
	live = area_live(area);
	lay_out(MEMBERS);
	block = (struct fault_block){.name = "block", .length = {.low = 1, .high = 1}};
	entry = (struct scheduled){.id = 1, .length = 1};
	config = (struct nemesis_config){.block = &block,
					 .blocks = 1,
					 .lane = lanes,
					 .lanes = 2,
					 .prefix = "run/",
					 .hosts = cluster,
					 .ring = area_ring(area, 0),
					 .live = live,
					 .load_began_ns = now_ns,
					 .load_ends_ns = now_ns + 60 * NS_PER_S,
					 .stop = &stop};
	memset(&nemesis, 0, sizeof(nemesis));
	nemesis.config = &config;
	nemesis.process = 77;
}

static inline void tear_down(void)
{
	area_close(area);
}

/* The worker holds since `age_ms` ago. */
static inline void holds(int worker, enum live_state state, int age_ms)
{
	atomic_store(&live->worker[worker].acquired_ns, now_ns - age_ms * NS_PER_MS);
	live_publish(live, &live->worker[worker], state);
}

static inline void waits(int worker)
{
	live_publish(live, &live->worker[worker], LIVE_WAITING);
}

/* Aims a fault at the target in lane 0; the host that it found, or -1. */
static inline int aim(enum fault_target target, enum fault_moment moment)
{
	static struct fault fault;

	block.target = target;
	block.moment = moment;
	fault = (struct fault){.block = &block,
			       .entry = &entry,
			       .planned_ns = clock_now_ns(),
			       .ttl_ns = lanes[0].ttl_ns,
			       .host = -1,
			       .pidfd = -1};
	if (target != TARGET_LEADER && target != TARGET_MEMBER)
		fault.lane = &lanes[0];
	bool found = aim_find(&nemesis, &fault);

	if (fault.pidfd >= 0)
		close(fault.pidfd);
	if (!found)
		ck_assert_ptr_nonnull(fault.lacks);
	return found ? fault.host : -1;
}

static inline void put_under_fault(int host_id, bool member)
{
	nemesis.fault[nemesis.faults++] = (struct fault){.stage = STAGE_INJECTED,
							 .block = &block,
							 .host = host_id,
							 .lane = member ? NULL : &lanes[0]};
}

/* The loop ----------------------------------------------------------------------------------------- */

/* One occasion of a block of its own, in lane 0 or of a member, as soon as its target is there. */
static inline struct fault_block *plan_fault(enum fault_kind kind, enum fault_target target,
					     int begin_ms, int length_ms)
{
	int i = planned.count++;
	struct fault_block *added = &planned_block[i];

	ck_assert_int_lt(i, PLANNED_MAX);
	*added = (struct fault_block){.kind = kind, .target = target, .from = FROM_ALL};
	snprintf(added->name, sizeof(added->name), "b%d", i + 1);
	planned_entry[i] = (struct scheduled){.id = i + 1,
					      .block = i,
					      .at_ns = begin_ms * NS_PER_MS,
					      .length = length_ms / 1000.0,
					      .lanes = 1};
	return added;
}

/* Runs what is planned; every handle on a process is closed again. */
static inline void run_load(int load_ms)
{
	config.block = planned_block;
	config.blocks = planned.count;
	config.schedule = &planned;
	config.load_ends_ns = config.load_began_ns + load_ms * NS_PER_MS;
	ck_assert_int_eq(nemesis_main(&config, 77), EXIT_AS_EXPECTED);
	ck_assert_int_eq(open_handles(), 0);
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0); /* nor is anything else closed */
}

/* What was recorded ----------------------------------------------------------------------------- */

static inline void tell_event(const struct event *event)
{
	int ms = (int)((event->at_ns - config.load_began_ns) / NS_PER_MS);

	ck_assert_int_eq(event->process, 77);
	switch (event->kind) {
	case EVENT_FAULT_BEGIN:
		add_line(told, "%d begin %d %s %s: %s", ms, event->fault.id, event->fault.kind,
			 event->fault.target, event->fault.detail);
		break;
	case EVENT_FAULT_END:
		add_line(told, "%d end %d %s", ms, event->fault.id,
			 event->fault.bitten ? "bitten" : "without effect");
		break;
	case EVENT_PROOF:
		add_line(told, "%d %s %d %lld %s: %s", ms,
			 event->proof.holds ? "proof" : "no proof", event->proof.fault,
			 (long long)event->proof.count, event->proof.what, event->proof.detail);
		break;
	case EVENT_DROPPED:
		add_line(told, "%d dropped %d %d->%d %lld", ms, event->dropped.fault,
			 event->dropped.from, event->dropped.to, (long long)event->dropped.packets);
		break;
	case EVENT_NOTE:
		ck_assert_str_eq(event->note.topic, "nemesis");
		add_line(told, "%d %s %s", ms, event->note.breaks ? "BREAKS" : "note",
			 event->note.text);
		break;
	default:
		ck_abort_msg("an event of kind %u", event->kind);
	}
}

static inline void read_record(void)
{
	static struct event events[256];
	int count = (int)ring_drain(area_ring(area, 0), events, 256);

	for (int i = 0; i < count; i++)
		tell_event(&events[i]);
}

/* Asserts what was recorded since the last time: milliseconds since the load began, and what. */
#define ck_assert_told(expected)                                                                   \
	do {                                                                                       \
		read_record();                                                                     \
		ck_assert_str_eq(told, expected);                                                  \
		told[0] = 0;                                                                       \
	} while (0)

/* A stall of member `first` for half a second, and so on. */
static inline struct fault_block *plan_stall(int first, int begin_ms)
{
	struct fault_block *stall = plan_fault(FAULT_STALL, TARGET_MEMBER, begin_ms, 500);

	planned_entry[planned.count - 1].member = first;
	return stall;
}

/* Lines that begin and end a fault, without the proofs. */
static inline const char *story(void)
{
	static char text[SAID_MAX];

	text[0] = 0;
	read_record();
	for (char *line = strtok(told, "\n"); line; line = strtok(NULL, "\n"))
		if (!strstr(line, "proof "))
			add_line(text, "%s", line);
	told[0] = 0;
	return text;
}

static inline void hold_lane_0(void)
{
	holds(0, LIVE_WORKING, 0);
}

static inline void hold_lane_1(void)
{
	holds(3, LIVE_WORKING, 0);
}

static inline void hold_both(void)
{
	hold_lane_0();
	hold_lane_1();
}

#endif
