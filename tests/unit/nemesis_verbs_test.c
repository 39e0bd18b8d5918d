/*
 * The verbs against real processes and real packets: a sandbox in which each test is the conductor.
 * The workers are small programs: each goes round "acquire, work, release" in the live view without
 * any service, counts its rounds in shared memory, and sends a datagram to the store in each, where
 * a program counts what arrives.
 */
#include <check.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "sandbox/sandbox.h"
#include "nemesis/nemesis.h"
#include "tests/support/scratch.h"
#include "tests/support/stalls.h"
#include "tests/support/suite.h"

enum { MEMBERS = 3, STORE = 3, FIRST_WORKER = 4, LANES = 3, WORKERS = 6, HOSTS = 10 };
enum { STORE_PORT = 7000, NEMESIS = 500, EVENTS = 256 };

struct shared {
	_Atomic int stop;             /* the nemesis's */
	_Atomic int rounds[WORKERS];  /* of each worker */
	_Atomic int arrived[WORKERS]; /* its datagrams at the store */
	/* Of a worker: its last stamp before, its first after it last stood still for long. */
	_Atomic int64_t stood_from_ns[WORKERS], stood_to_ns[WORKERS];
};

static struct world { /* of the conductor */
	struct shared *shared;
	struct area *area;
	struct live *live;
	struct hosts *hosts;
	struct cluster *cluster;
	struct host host[HOSTS];
	struct fault_block block[LANES];
	struct scheduled entry[LANES];
	struct schedule schedule;
	struct nemesis_lane lane[LANES];
	struct nemesis_config config;
	pid_t nemesis;
	struct event event[EVENTS];
	int events;
	const char *run_dir;
} world;

/* What runs on the hosts ---------------------------------------------------------------------- */

static int store_program(void *context, int process)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(STORE_PORT)};
	int listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), worker;

	(void)context, (void)process;
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)))
		return 1;
	while (recv(listener, &worker, sizeof(worker), 0) == sizeof(worker))
		atomic_fetch_add(&world.shared->arrived[worker], 1);
	return 1;
}

static void send_to(int host, int from, int worker)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(STORE_PORT)};

	inet_pton(AF_INET, hosts_address(world.hosts, host), &there.sin_addr);
	sendto(from, &worker, sizeof(worker), 0, (struct sockaddr *)&there, sizeof(there));
}

/* Worker 0 of a lane holds and holds again, worker 1 waits, for ever. `context` is its number in
 * the whole; the last lane's send nothing. */
static int worker_program(void *context, int process)
{
	int me = *(const int *)context;
	int out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct live_worker *slot = &world.live->worker[me];
	int64_t last_ns = clock_now_ns();

	atomic_store(&slot->arm, 0);
	atomic_store(&slot->lane, me / 2);
	atomic_store(&slot->worker, me % 2);
	atomic_store(&slot->host, FIRST_WORKER + me);
	atomic_store(&slot->process, process);
	for (;;) {
		int64_t now_ns = clock_now_ns();

		if (now_ns - last_ns > 250 * NS_PER_MS) {
			atomic_store(&world.shared->stood_from_ns[me], last_ns);
			atomic_store(&world.shared->stood_to_ns[me], now_ns);
		}
		last_ns = now_ns;
		atomic_fetch_add(&slot->attempt, 1);
		atomic_store(&slot->acquired_ns, me % 2 ? 0 : clock_now_ns());
		live_publish(world.live, slot, me % 2 ? LIVE_WAITING : LIVE_WORKING);
		clock_sleep_until_ns(clock_now_ns() + 10 * NS_PER_MS);
		if (me % 2 == 0)
			live_publish(world.live, slot, LIVE_RELEASING);
		if (me / 2 < LANES - 1)
			send_to(STORE, out, me);
		if (me == 3)
			send_to(FIRST_WORKER + 2, out, me);
		atomic_fetch_add(&world.shared->rounds[me], 1);
	}
	return 0;
}

/* The conductor ------------------------------------------------------------------------------- */

static void no_error(int result, const struct error *err)
{
	ck_assert_msg(result == 0, "%s", err->text);
}

static void open_world(void)
{
	static const enum host_role special[] = {HOST_MEMBER, HOST_MEMBER, HOST_MEMBER, HOST_STORE};
	static int number[WORKERS];
	struct hosts_plan place = {.engine = &engine_sandbox,
				   .run_dir = world.run_dir,
				   .count = HOSTS,
				   .host = world.host};
	struct cluster_plan plan = {.service = &service_etcd,
				    .etcd_path = "etcd",
				    .heartbeat_ms = 100,
				    .election_ms = 1000};
	struct error err = {0};

	for (int i = 0; i < HOSTS; i++) {
		world.host[i] = (struct host){.id = i, .role = HOST_WORKER};
		if (i < FIRST_WORKER)
			world.host[i].role = special[i];
		snprintf(world.host[i].name, sizeof(world.host[i].name), "host-%d", i);
	}
	no_error(hosts_open(&world.hosts, &place, &err), &err);
	plan.hosts = world.hosts;
	cluster_open(&world.cluster, &plan);
	no_error(area_open(&world.area, 1, EVENTS, &err), &err);
	world.live = area_live(world.area);
	atomic_store(&world.live->workers, WORKERS);
	world.shared = mmap(NULL, sizeof(*world.shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(world.shared, MAP_FAILED);
	hosts_set_program(world.hosts, STORE, (struct program){store_program, NULL});
	no_error(hosts_start(world.hosts, STORE, &err), &err);
	for (int i = 0; i < WORKERS; i++) {
		number[i] = i;
		hosts_set_program(world.hosts, FIRST_WORKER + i,
				  (struct program){worker_program, &number[i]});
		no_error(hosts_start(world.hosts, FIRST_WORKER + i, &err), &err);
	}
}

/* One fault in the lane, `at_ms` after the load began, for `length_ms`. */
static void plan_fault(enum fault_kind kind, enum fault_target target, int lane, int at_ms,
		       int length_ms)
{
	int i = world.schedule.count++;

	world.block[i] = (struct fault_block){
		.kind = kind, .target = target, .from = FROM_ALL, .moment = MOMENT_CONTENDED};
	snprintf(world.block[i].name, sizeof(world.block[i].name), "block-%d", i);
	world.entry[i] = (struct scheduled){.id = i + 1,
					    .block = i,
					    .at_ns = at_ms * NS_PER_MS,
					    .length = length_ms / 1000.0,
					    .member = 0,
					    .lanes = 1,
					    .lane = {lane}};
}

static void start_nemesis(int load_ms)
{
	for (int i = 0; i < LANES; i++)
		world.lane[i] =
			(struct nemesis_lane){.number = i, .lane = i, .ttl_ns = 1 * NS_PER_S};
	world.schedule.entry = world.entry;
	world.config = (struct nemesis_config){.block = world.block,
					       .blocks = world.schedule.count,
					       .schedule = &world.schedule,
					       .lane = world.lane,
					       .lanes = LANES,
					       .hosts = world.hosts,
					       .cluster = world.cluster,
					       .ring = area_ring(world.area, 0),
					       .live = world.live,
					       .load_began_ns = clock_now_ns(),
					       .stop = &world.shared->stop};
	world.config.load_ends_ns = world.config.load_began_ns + load_ms * NS_PER_MS;
	stalls_begin();
	world.nemesis = fork();
	ck_assert_int_ge(world.nemesis, 0);
	if (world.nemesis == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(nemesis_main(&world.config, NEMESIS));
	}
}

/* What the conductor does all the time; the events so far are in world.event. */
static void tend(void)
{
	struct pollfd wanted = {hosts_wanted_fd(world.hosts), POLLIN, 0};
	struct error err = {0};

	poll(&wanted, 1, 5);
	no_error(hosts_tend(world.hosts, &err), &err);
	world.events += (int)ring_drain(area_ring(world.area, 0), world.event + world.events,
					(uint32_t)(EVENTS - world.events));
	ck_assert_int_lt(world.events, EVENTS);
}

static void tend_for_ms(int ms)
{
	int64_t until_ns = clock_now_ns() + ms * NS_PER_MS;

	while (clock_now_ns() < until_ns)
		tend();
}

/* The nth event of the kind, waited for. */
static const struct event *await_event(enum event_kind kind, int nth)
{
	int64_t deadline_ns = clock_now_ns() + 8 * NS_PER_S;

	while (clock_now_ns() < deadline_ns) {
		int seen = 0;

		for (int i = 0; i < world.events; i++)
			if (world.event[i].kind == kind && ++seen == nth)
				return &world.event[i];
		tend();
	}
	ck_abort_msg("no event %d of kind %d came", nth, kind);
	return NULL;
}

static const struct proof_event *find_proof(int fault, const char *what)
{
	for (int i = 0; i < world.events; i++)
		if (world.event[i].kind == EVENT_PROOF && world.event[i].proof.fault == fault &&
		    strcmp(world.event[i].proof.what, what) == 0)
			return &world.event[i].proof;
	ck_abort_msg("fault %d has no proof '%s'", fault, what);
	return NULL;
}

static void end_nemesis(void)
{
	int64_t deadline_ns = clock_now_ns() + 8 * NS_PER_S;
	int status = -1;

	while (waitpid(world.nemesis, &status, WNOHANG) == 0) {
		ck_assert_msg(clock_now_ns() < deadline_ns, "the nemesis does not end");
		tend();
	}
	ck_assert_int_eq(status, 0);
	tend();
	for (int i = 0; i < world.events; i++)
		ck_assert_msg(world.event[i].kind != EVENT_NOTE || !world.event[i].note.breaks,
			      "%s", world.event[i].note.text);
}

static int worker_of(const struct event *begin)
{
	return begin->fault.host - FIRST_WORKER;
}

/* How far a counter moves in 150 ms, or until it has by `least`: a busy machine takes its time. */
static int moves(_Atomic int *counter, int least)
{
	int before = atomic_load(counter), tries = 0;

	do
		tend_for_ms(150);
	while (atomic_load(counter) - before < least && ++tries < 33);
	return atomic_load(counter) - before;
}

/* The properties ------------------------------------------------------------------------------ */

static void pause_stops_and_continues(void)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 50, 700);
	start_nemesis(60000);
	const struct event *begin = await_event(EVENT_FAULT_BEGIN, 1);
	int worker = worker_of(begin);

	ck_assert_int_eq(worker, 2);
	ck_assert_int_eq(begin->fault.process, atomic_load(&world.live->worker[2].process));
	ck_assert_int_eq(begin->fault.lane, 1);
	ck_assert_uint_eq(begin->fault.attempt, atomic_load(&world.live->worker[2].attempt));
	/* working, or for the moment releasing: what it was at when it stopped */
	ck_assert_ptr_eq(strstr(begin->fault.detail, "host-6, "), begin->fault.detail);
	ck_assert_ptr_nonnull(strstr(begin->fault.detail, ", holder for "));
	ck_assert_int_eq(moves(&world.shared->rounds[2], 0), 0);
	ck_assert_int_ge(moves(&world.shared->rounds[0], 4), 4);
	ck_assert_int_eq(atomic_load(&world.live->faults_active), 1);
	const struct event *end = await_event(EVENT_FAULT_END, 1);

	ck_assert_int_eq(end->fault.id, 1);
	ck_assert_int_eq(end->fault.bitten, 1);
	ck_assert_int_ge(end->at_ns - begin->at_ns, 700 * NS_PER_MS);
	ck_assert_int_lt(end->at_ns - begin->at_ns, 900 * NS_PER_MS + stalls_ns());
	ck_assert_int_ge(moves(&world.shared->rounds[2], 4), 4);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "threads in state T in /proc")->holds, 1);
	ck_assert_int_eq(find_proof(1, "aim still true once stopped")->holds, 1);
	ck_assert_int_eq(find_proof(1, "still in state T before SIGCONT")->holds, 1);
	ck_assert_int_eq(find_proof(1, "runs again after SIGCONT")->holds, 1);
	ck_assert_int_eq(atomic_load(&world.live->faults_active), 0);
	ck_assert_int_eq(atomic_load(&world.live->faults_bitten), 1);
}

static void nothing_is_stamped_inside_a_pause(void)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 50, 400);
	start_nemesis(60000);
	const struct event *begin = await_event(EVENT_FAULT_BEGIN, 1);
	const struct event *end = await_event(EVENT_FAULT_END, 1);

	tend_for_ms(100);
	ck_assert_int_lt(world.shared->stood_from_ns[2], begin->at_ns);
	ck_assert_int_lt(end->at_ns, world.shared->stood_to_ns[2]);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
}

static void death_during_a_pause_is_told(void)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 0, 50, 500);
	start_nemesis(60000);
	const struct event *begin = await_event(EVENT_FAULT_BEGIN, 1);

	await_event(EVENT_PROOF, 1); /* it was seen stopped */
	kill(atomic_load(&hosts_control(world.hosts, begin->fault.host)->pid), SIGKILL);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 0);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "threads in state T in /proc")->holds, 1);
	const struct proof_event *still = find_proof(1, "still in state T before SIGCONT");

	ck_assert_int_eq(still->holds, 0);
	ck_assert_str_eq(still->detail, "its process ended during the pause");
	ck_assert_int_eq(atomic_load(&world.live->faults_bitten), 0);
}

/* Packets that the fault dropped on their way from host to host, by the record. */
static int64_t dropped_between(int fault, int from, int to)
{
	for (int i = 0; i < world.events; i++) {
		const struct dropped_event *dropped = &world.event[i].dropped;

		if (world.event[i].kind == EVENT_DROPPED && dropped->fault == fault &&
		    dropped->from == from && dropped->to == to)
			return dropped->packets;
	}
	return 0;
}

static void cut_drops_packets_both_ways_and_heals(void)
{
	plan_fault(FAULT_CUT, TARGET_HOLDER, 1, 300, 600);
	start_nemesis(60000);
	ck_assert_int_ge(moves(&world.shared->arrived[2], 4), 4);
	ck_assert_int_eq(worker_of(await_event(EVENT_FAULT_BEGIN, 1)), 2);
	tend_for_ms(20); /* what was under way arrives */
	int sent = atomic_load(&world.shared->rounds[2]);

	ck_assert_int_eq(moves(&world.shared->arrived[2], 0), 0);
	ck_assert_int_gt(atomic_load(&world.shared->rounds[2]) - sent, 3);
	ck_assert_int_ge(moves(&world.shared->arrived[0], 4), 4); /* another lane's */
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 1);
	ck_assert_int_ge(moves(&world.shared->arrived[2], 4), 4);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "packets dropped")->holds, 1);
	ck_assert_int_gt(find_proof(1, "packets dropped")->count, 20);
	ck_assert_int_gt(dropped_between(1, FIRST_WORKER + 2, STORE), 10);
	ck_assert_int_gt(dropped_between(1, FIRST_WORKER + 3, FIRST_WORKER + 2), 10);
	ck_assert_int_eq(dropped_between(1, FIRST_WORKER + 3, STORE), 0);
}

static void cut_without_traffic_did_not_bite(void)
{
	plan_fault(FAULT_CUT, TARGET_HOLDER, LANES - 1, 50, 400);
	start_nemesis(60000);
	ck_assert_int_eq(worker_of(await_event(EVENT_FAULT_BEGIN, 1)), 4);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 0);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "packets dropped")->holds, 0);
	ck_assert_int_eq(find_proof(1, "packets dropped")->count, 0);
}

static void kill_ends_and_restarts(void)
{
	plan_fault(FAULT_KILL, TARGET_HOLDER, 0, 50, 400);
	struct host_control *control = hosts_control(world.hosts, FIRST_WORKER);
	int pid = atomic_load(&control->pid), process = atomic_load(&control->process);

	start_nemesis(60000);
	await_event(EVENT_FAULT_BEGIN, 1);
	ck_assert(process_wait_state(pid, 0, 0));
	ck_assert_int_eq(moves(&world.shared->rounds[0], 0), 0);
	ck_assert_int_eq(atomic_load(&control->pid), 0);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 1);
	ck_assert_int_ge(moves(&world.shared->rounds[0], 4), 4);
	ck_assert_int_ne(atomic_load(&control->pid), pid);
	ck_assert_int_ne(atomic_load(&control->process), process);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "gone after SIGKILL")->holds, 1);
	ck_assert_int_eq(find_proof(1, "started again")->holds, 1);
	ck_assert_int_eq(find_proof(1, "started again")->count, 2);
}

static void stop_heals_three_overlapping_faults(void)
{
	plan_fault(FAULT_CUT, TARGET_HOLDER, 0, 50, 60000);
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 100, 60000);
	plan_fault(FAULT_KILL, TARGET_HOLDER, 2, 150, 60000);
	start_nemesis(600000);
	await_event(EVENT_FAULT_BEGIN, 3);
	ck_assert_int_eq(moves(&world.shared->arrived[0], 0), 0);
	ck_assert_int_eq(moves(&world.shared->rounds[2], 0), 0);
	ck_assert_int_eq(moves(&world.shared->rounds[4], 0), 0);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.id, 3);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 2)->fault.id, 2);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 3)->fault.id, 1);
	for (int i = 1; i <= 3; i++)
		ck_assert_int_eq(await_event(EVENT_FAULT_END, i)->fault.bitten, 1);
	ck_assert_int_ge(moves(&world.shared->arrived[0], 4), 4);
	ck_assert_int_ge(moves(&world.shared->rounds[2], 4), 4);
	ck_assert_int_ge(moves(&world.shared->rounds[4], 4), 4);
	ck_assert_int_eq(atomic_load(&world.live->faults_active), 0);
}

static void load_end_heals_and_notes_what_never_came(void)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 50, 60000);
	plan_fault(FAULT_KILL, TARGET_HOLDER, 1, 60, 60000); /* its holder is under a fault */
	start_nemesis(600);
	end_nemesis();
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 1);
	ck_assert_int_lt(await_event(EVENT_FAULT_END, 1)->at_ns,
			 world.config.load_ends_ns + 100 * NS_PER_MS + stalls_ns());
	ck_assert_ptr_nonnull(
		strstr(await_event(EVENT_NOTE, 1)->note.text, "aim not met: block-1"));
	ck_assert_int_ge(moves(&world.shared->rounds[2], 4), 4);
}

static void failed_heal_breaks_the_run_and_the_others_are_healed(void)
{
	int breaking = 0, status;

	plan_fault(FAULT_KILL, TARGET_HOLDER, 0, 50, 100);
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 60, 60000);
	start_nemesis(500);
	ck_assert_int_eq(waitpid(world.nemesis, &status, 0), world.nemesis); /* nobody tends */
	ck_assert_int_eq(status, 0);
	tend();
	for (int i = 0; i < world.events; i++)
		breaking += world.event[i].kind == EVENT_NOTE && world.event[i].note.breaks;
	ck_assert_int_ge(breaking, 1);
	ck_assert_int_eq(find_proof(1, "started again")->holds, 0);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.id, 2);
	for (int i = 0; i < world.events; i++)
		ck_assert(world.event[i].kind != EVENT_FAULT_END || world.event[i].fault.id == 2);
	ck_assert_int_ge(moves(&world.shared->rounds[2], 4), 4);
}

static void paused_leader_loses_its_office(void)
{
	struct error err = {0};
	uint64_t term;

	for (int i = 0; i < MEMBERS; i++)
		no_error(hosts_start(world.hosts, i, &err), &err);
	no_error(
		cluster_wait_serving(world.cluster, "/test/", clock_now_ns() + 20 * NS_PER_S, &err),
		&err);
	int leader = cluster_leader(world.cluster, &term);

	plan_fault(FAULT_PAUSE, TARGET_LEADER, 0, 0, 3000);
	plan_fault(FAULT_PAUSE, TARGET_MEMBER, 0, 1500, 100); /* has to wait for the first */
	world.block[0].moment = world.block[1].moment = MOMENT_NOW;
	world.entry[1].member = (leader + 1) % MEMBERS;
	start_nemesis(60000);
	const struct event *begin = await_event(EVENT_FAULT_BEGIN, 1);

	ck_assert_int_eq(begin->fault.host, leader);
	ck_assert_int_eq(begin->fault.process, 0);
	ck_assert_int_eq(begin->fault.arm, -1);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 1);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 2)->fault.bitten, 1);
	ck_assert_int_eq(await_event(EVENT_FAULT_BEGIN, 2)->fault.host, (leader + 1) % MEMBERS);
	ck_assert_int_ge(await_event(EVENT_FAULT_BEGIN, 2)->at_ns,
			 await_event(EVENT_FAULT_END, 1)->at_ns);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "leader changed")->holds, 1);
	ck_assert_int_gt(find_proof(1, "leader changed")->count, (int64_t)term);
	ck_assert_int_ge(find_proof(1, "threads in state T in /proc")->count, 4);
}

/* The last planned fault follows the one before it. */
static void plan_following(bool with_begin, int after_ms)
{
	int i = world.schedule.count - 1;

	world.block[i].follows = i;
	world.block[i].with_begin = with_begin;
	world.block[i].moment = MOMENT_NOW;
	world.entry[i].after = after_ms / 1000.0;
}

static void follower_comes_after_the_end_of_its_leader(void)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 50, 200);
	plan_fault(FAULT_PAUSE, TARGET_SAME, 1, 50, 300);
	plan_following(false, 100);
	start_nemesis(60000);
	await_event(EVENT_FAULT_END, 2);
	const struct event *end = await_event(EVENT_FAULT_END, 1);
	const struct event *begin = await_event(EVENT_FAULT_BEGIN, 2);

	ck_assert_int_eq(end->fault.id, 1);
	ck_assert_int_eq(begin->fault.planned_ns, end->at_ns + 100 * NS_PER_MS);
	ck_assert_int_ge(begin->fault.aimed_ns, begin->fault.planned_ns);
	ck_assert_int_ge(begin->at_ns, begin->fault.aimed_ns);
	ck_assert_int_eq(worker_of(begin), 2);
	ck_assert_int_eq(begin->fault.process, atomic_load(&world.live->worker[2].process));
	ck_assert_int_eq(begin->fault.lane, 1);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 2)->fault.bitten, 1);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
}

static void overlapping_pause_is_left_to_the_other(void)
{
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 1, 50, 500);
	plan_fault(FAULT_PAUSE, TARGET_SAME, 1, 50, 900);
	plan_following(true, 200);
	start_nemesis(60000);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.id, 1);
	ck_assert_int_eq(moves(&world.shared->rounds[2], 0), 0);
	const struct event *end = await_event(EVENT_FAULT_END, 2);

	ck_assert_int_ge(end->at_ns - await_event(EVENT_FAULT_BEGIN, 1)->at_ns, 1100 * NS_PER_MS);
	ck_assert_int_ge(moves(&world.shared->rounds[2], 4), 4);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(find_proof(1, "left to another pause")->holds, 1);
	ck_assert_int_eq(find_proof(2, "runs again after SIGCONT")->holds, 1);
	ck_assert_int_eq(atomic_load(&world.live->faults_bitten), 2);
}

static void follower_of_many_lanes_comes_once_in_each_or_once(void)
{
	int faults = 0;

	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 0, 50, 100);
	plan_fault(FAULT_PAUSE, TARGET_HOLDER, 0, 50, 100);
	plan_following(false, 0);
	plan_fault(FAULT_PAUSE, TARGET_STORE, 0, 50, 100);
	plan_following(false, 0);
	world.block[2].follows = 1;
	for (int i = 0; i < 3; i++)
		world.entry[i].lanes = 0; /* all three */
	start_nemesis(2000);
	end_nemesis();
	for (int i = 0; i < world.events; i++)
		faults += world.event[i].kind == EVENT_FAULT_BEGIN;
	ck_assert_int_eq(faults, 3 + 3 + 1);
}

static void follower_of_what_never_was_does_not_come(void)
{
	plan_fault(FAULT_PAUSE, TARGET_ENDPOINT, 1, 50, 100); /* these talk to nobody */
	world.block[0].moment = MOMENT_NOW;
	plan_fault(FAULT_PAUSE, TARGET_SAME, 1, 50, 100);
	plan_following(true, 0);
	for (int i = 0; i < WORKERS; i++)
		atomic_store(&world.live->worker[i].endpoint, -1);
	start_nemesis(600);
	end_nemesis();
	for (int i = 0; i < world.events; i++)
		ck_assert_int_ne(world.event[i].kind, EVENT_FAULT_BEGIN);
}

static void killed_for_good_never_comes_back(void)
{
	plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 0, 50, 0);
	struct host_control *control = hosts_control(world.hosts, FIRST_WORKER);
	int pid = atomic_load(&control->pid);

	start_nemesis(60000);
	ck_assert_int_eq(await_event(EVENT_FAULT_END, 1)->fault.bitten, 1);
	ck_assert(process_wait_state(pid, 0, 0));
	ck_assert_int_eq(moves(&world.shared->rounds[0], 0), 0);
	atomic_store(&world.shared->stop, 1);
	end_nemesis();
	ck_assert_int_eq(moves(&world.shared->rounds[0], 0), 0);
	ck_assert_int_eq(atomic_load(&control->pid), 0);
	ck_assert_int_eq(atomic_load(&control->incarnation), 1);
	ck_assert_int_eq(find_proof(1, "gone after SIGKILL")->holds, 1);
}

/* Running them in sandboxes ------------------------------------------------------------------- */

static int conduct(void *context)
{
	void (*const *property)(void) = context;

	open_world();
	(*property)();
	cluster_close(world.cluster);
	hosts_close(world.hosts);
	return 0;
}

static void in_sandbox(const char *name, void (*property)(void))
{
	struct sandbox_config config = {.network = true, .main = conduct, .context = &property};
	struct error err = {0};
	pid_t conductor;
	int status;

	world.run_dir = scratch_file("run");
	ck_assert_int_eq(mkdir(world.run_dir, 0700), 0);
	if (sandbox_start(&config, &conductor, &err)) {
		printf("SKIP %s: %s\n", name, err.text);
		fflush(stdout);
		ck_assert_ptr_null(getenv("MUST_RUN"));
		return;
	}
	sandbox_wait(conductor, &status);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the conductor ended with %x",
		      status);
}

#define PROPERTIES(X)                                                                              \
	X(pause_stops_and_continues)                                                               \
	X(death_during_a_pause_is_told)                                                            \
	X(cut_drops_packets_both_ways_and_heals)                                                   \
	X(cut_without_traffic_did_not_bite)                                                        \
	X(kill_ends_and_restarts)                                                                  \
	X(stop_heals_three_overlapping_faults)                                                     \
	X(load_end_heals_and_notes_what_never_came)                                                \
	X(failed_heal_breaks_the_run_and_the_others_are_healed)                                    \
	X(nothing_is_stamped_inside_a_pause)                                                       \
	X(paused_leader_loses_its_office)                                                          \
	X(follower_comes_after_the_end_of_its_leader)                                              \
	X(overlapping_pause_is_left_to_the_other)                                                  \
	X(follower_of_many_lanes_comes_once_in_each_or_once)                                       \
	X(follower_of_what_never_was_does_not_come)                                                \
	X(killed_for_good_never_comes_back)

static const struct {
	const char *name;
	void (*property)(void);
} properties[] = {
#define X(name) {#name, name},
	PROPERTIES(X)
#undef X
};

START_TEST(property_holds)
{
	in_sandbox(properties[_i].name, properties[_i].property);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: verbs");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, property_holds, 0,
			    (int)(sizeof(properties) / sizeof(*properties)));
	return suite_run(suite);
}
