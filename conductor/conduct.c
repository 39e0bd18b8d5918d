#include "conductor/conduct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/pulse.h"
#include "base/text.h"
#include "conductor/board.h"
#include "conductor/crew.h"
#include "conductor/logbook.h"
#include "conductor/site.h"
#include "conductor/watchdog.h"
#include "conductor/interference.h"
#include "conductor/traffic.h"
#include "history/database.h"

enum {
	START_LIMIT_S = 20,  /* members must serve, witness and store must stand */
	HEAL_LIMIT_S = 20,   /* for the nemesis to heal, and for the cluster to serve again */
	WORKERS_LIMIT_S = 5, /* for workers to end their attempt before they are killed */
	LAST_LIMIT_S = 60,   /* for the recorder to write what is left */
	CALL_LIMIT_S = 10,   /* for those who record to answer the roll call */
	CONNECT_LIMIT_S = 1,
	TICK_MS = 100,
	/* Events that a ring holds while the recorder does not get to it: several seconds' worth.
	 * A worker makes some 30 a second; store, witness and the hub's counters thousands. */
	RING_OF_WORKER = 2048,
	RING_OF_MANY = 32768,
};

struct conductor {
	const struct plan *plan;
	struct site site;
	struct area *area;
	struct crew *crew;
	struct switches *switches;
	struct ring *ring;
	struct traffic *traffic;
	struct pulse *pulse;
	struct board *board;
	int signals; /* signalfd */
	bool interrupted;
	int present;          /* members that serve when the run begins */
	bool nemesis_crashed; /* what it left is to be healed */
	int64_t load_began_ns, load_ends_ns, healed_ns;
	char version[64];          /* of etcd */
	int64_t *acquired_at_heal; /* per worker */
	const char *audit;         /* what came of it, NULL: there was none */
	int64_t audit_ns;
	struct error audit_trouble;
};

/* Watching over processes --------------------------------------------------------------------- */

static bool runs(const struct conductor *c, int host)
{
	return atomic_load(&hosts_control(c->site.hosts, host)->pid) != 0;
}

static void on_started(void *context, int host, int pid, int process, int incarnation)
{
	struct conductor *c = context;

	logbook_process_started(c->ring, c->plan, host, pid, process, incarnation);
}

/* A killed worker cannot take back what it published; nobody shall aim at its ghost. */
static void clear_view(const struct conductor *c, int host)
{
	struct live *live = area_live(c->area);

	for (int i = 0; i < c->plan->workers; i++)
		if (c->plan->worker[i].host == host)
			live_publish(live, &live->worker[i], LIVE_ABSENT);
}

static void on_ended(void *context, int host, int process, int status, bool expected)
{
	struct conductor *c = context;
	bool by_itself = c->plan->host[host].role == HOST_HUB && status == 0;

	logbook_process_ended(c->ring, c->plan, host, process, status);
	if (c->plan->host[host].role == HOST_WORKER)
		clear_view(c, host);
	c->nemesis_crashed |= host == c->plan->nemesis && !expected && !by_itself;
	if (!expected && !by_itself)
		logbook_note(c->ring, NOTE_BREAKS, "process",
			     "%s ended unexpectedly, wait status %d; see logs/%s.log",
			     c->plan->host[host].name, status, c->plan->host[host].name);
}

static void read_signals(struct conductor *c)
{
	struct signalfd_siginfo info;

	while (read(c->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			c->interrupted = true;
}

static void show_progress(const struct conductor *c)
{
	struct board_time time = {clock_now_ns(), c->load_began_ns, c->load_ends_ns,
				  c->healed_ns != 0};

	if (c->load_began_ns)
		board_show(c->board, area_live(c->area), &time);
}

/* Nobody else will heal what it left; the load goes on. */
static int heal_after_crash(struct conductor *c, struct error *err)
{
	if (!c->nemesis_crashed)
		return 0;
	c->nemesis_crashed = false;
	if (cluster_heal_all(c->site.cluster, err))
		return -1;
	logbook_note(c->ring, NOTE_TELLS, "heal", "healed what the nemesis left");
	return hosts_tend(c->site.hosts, err);
}

/* Tends the processes until `done` says so, the deadline passes, or one that the run depends on is
 * gone or stands still. */
static int attend(struct conductor *c, bool (*done)(const struct conductor *), int64_t deadline_ns,
		  struct error *err)
{
	while (!done(c) && clock_now_ns() < deadline_ns) {
		struct pollfd fds[2] = {{c->signals, POLLIN, 0},
					{hosts_wanted_fd(c->site.hosts), POLLIN, 0}};
		int wait_ms = clock_left_ms(deadline_ns);

		poll(fds, 2, wait_ms < TICK_MS ? wait_ms : TICK_MS);
		read_signals(c);
		if (hosts_tend(c->site.hosts, err) || heal_after_crash(c, err))
			return -1;
		traffic_sample(c->traffic);
		show_progress(c);
		pulse_beat(&c->plan->stage->pulse);
		if (pulse_look(c->pulse, clock_now_ns(), err))
			return -1;
		if (!runs(c, c->plan->recorder))
			return error_set(err, EXIT_OUR_FAULT,
					 "the recorder is gone; see %s/logs/recorder.log",
					 c->plan->run_dir);
	}
	return 0;
}

/* Conditions ---------------------------------------------------------------------------------- */

static bool store_listens(const struct conductor *c)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(crew_store_port(c->crew))};
	struct timeval limit = {.tv_sec = CONNECT_LIMIT_S};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	      inet_pton(AF_INET, crew_store_address(c->crew), &address.sin_addr) == 1);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool service_is_staffed(const struct conductor *c)
{
	return c->interrupted ||
	       (atomic_load(&c->switches->witness_ready) >= c->present && store_listens(c));
}

static bool load_is_over(const struct conductor *c)
{
	bool nemesis_is_done = !runs(c, c->plan->nemesis);

	return c->interrupted || (clock_now_ns() >= c->load_ends_ns && nemesis_is_done);
}

static bool nemesis_ended(const struct conductor *c)
{
	return !runs(c, c->plan->nemesis);
}

/* True when every lane was acquired anew since the heal. */
static bool every_lane_lives(const struct conductor *c)
{
	struct live *live = area_live(c->area);

	for (int lane = 0; lane < c->plan->lanes; lane++) {
		bool lives = false;

		for (int i = 0; i < c->plan->workers; i++)
			lives |=
				c->plan->worker[i].lane == lane &&
				atomic_load(&live->worker[i].acquisitions) > c->acquired_at_heal[i];
		if (!lives)
			return false;
	}
	return true;
}

static bool lanes_live_or_interrupted(const struct conductor *c)
{
	return c->interrupted || every_lane_lives(c);
}

static bool workers_ended(const struct conductor *c)
{
	for (int i = 0; i < c->plan->workers; i++)
		if (runs(c, c->plan->worker[i].host))
			return false;
	return true;
}

static bool observers_ended(const struct conductor *c)
{
	return !runs(c, c->plan->store) && !runs(c, c->plan->witness) && !runs(c, c->plan->capture);
}

/* Beginning ----------------------------------------------------------------------------------- */

static int start_all(struct conductor *c, int first, int count, struct error *err)
{
	for (int host = first; host < first + count; host++)
		if (hosts_start(c->site.hosts, host, err))
			return error_wrap(err, "start %s", c->plan->host[host].name);
	return 0;
}

static int start_service(struct conductor *c, struct error *err)
{
	const struct plan *plan = c->plan;
	int64_t deadline_ns = clock_now_ns() + START_LIMIT_S * NS_PER_S;

	if (start_all(c, plan->recorder, 1, err) || start_all(c, plan->capture, 1, err))
		return -1;
	if (site_is_ours(&c->site) && start_all(c, 0, hosts_members(c->site.hosts), err))
		return -1;
	if (cluster_wait_serving(c->site.cluster, plan->prefix, deadline_ns, err)) {
		if (!site_is_ours(&c->site))
			return -1;
		site_quote_member(&c->site);
		return error_wrap(err, "the cluster does not serve; see %s/logs/", plan->run_dir);
	}
	c->present =
		reach_note_absent(c->site.cluster, plan, c->ring, hosts_members(c->site.hosts));
	text_copy(c->version, sizeof(c->version), plan->etcd_version);
	if (!site_is_ours(&c->site))
		cluster_version(c->site.cluster, c->version, sizeof(c->version));
	if (start_all(c, plan->store, 1, err) || start_all(c, plan->witness, 1, err) ||
	    attend(c, service_is_staffed, deadline_ns, err))
		return -1;
	if (!service_is_staffed(c))
		return error_set(err, EXIT_OUR_FAULT, "the %s does not stand; see %s/logs/",
				 store_listens(c) ? "witness" : "store", plan->run_dir);
	return 0;
}

static void note_warning(void *context, const char *text)
{
	const struct conductor *c = context;

	logbook_note(c->ring, NOTE_TELLS, "campaign", "%s", text);
}

static int start_load(struct conductor *c, struct error *err)
{
	for (int i = 0; i < c->plan->workers; i++)
		if (start_all(c, c->plan->worker[i].host, 1, err))
			return -1;
	c->load_began_ns = clock_now_ns();
	c->load_ends_ns = c->load_began_ns + c->plan->campaign->duration_ms * NS_PER_MS;
	crew_set_load(c->crew, c->load_began_ns, c->load_ends_ns);
	atomic_store(&c->plan->stage->load_began, 1);
	logbook_note(c->ring, NOTE_TELLS, "load", "the load begins: %d workers in %d lanes",
		     c->plan->workers, c->plan->lanes);
	campaign_warn(c->plan->campaign, note_warning, c);
	return c->plan->campaign->blocks ? start_all(c, c->plan->nemesis, 1, err) : 0;
}

/* Ending -------------------------------------------------------------------------------------- */

/* It did not end in time: BROKEN, and it shall do nothing more. */
static void end_by_force(struct conductor *c, int host, int limit_s)
{
	int pid = atomic_load(&hosts_control(c->site.hosts, host)->pid);

	logbook_note(c->ring, NOTE_BREAKS, "process",
		     "the %s did not end within %d s, and was killed", c->plan->host[host].name,
		     limit_s);
	hosts_want(c->site.hosts, host, WANTED_DOWN);
	CHECK(pid > 0); /* nobody else notes its end */
	kill(-pid, SIGKILL);
}

static bool all_answered(const struct conductor *c)
{
	return pulse_all_answered(c->pulse, NULL);
}

/* Nothing is faulted any more: whoever does not answer now has stood still for nobody knows how
 * long, and what it should have recorded is missing. */
static int call_roll(struct conductor *c, struct error *err)
{
	const char *silent = "";

	pulse_call(c->pulse);
	if (attend(c, all_answered, clock_now_ns() + CALL_LIMIT_S * NS_PER_S, err))
		return -1;
	if (!pulse_all_answered(c->pulse, &silent))
		logbook_note(c->ring, NOTE_BREAKS, "process",
			     "the %s stands still: it did not answer within %d s", silent,
			     CALL_LIMIT_S);
	return 0;
}

static int heal(struct conductor *c, struct error *err)
{
	int64_t deadline_ns = clock_now_ns() + HEAL_LIMIT_S * NS_PER_S;
	struct error trouble = {0};

	atomic_store(&c->switches->nemesis, 1);
	if (attend(c, nemesis_ended, deadline_ns, err))
		return -1;
	if (!nemesis_ended(c))
		end_by_force(c, c->plan->nemesis, HEAL_LIMIT_S);
	/* Before the heal, which would wake one that was stopped behind our back. */
	if (call_roll(c, err) || cluster_heal_all(c->site.cluster, err) ||
	    hosts_tend(c->site.hosts, err)) /* what is wanted up again, starts */
		return -1;
	if (cluster_wait_serving(c->site.cluster, c->plan->prefix, deadline_ns, &trouble))
		logbook_note(c->ring, NOTE_TELLS, "heal", "after the last heal: %s", trouble.text);
	else
		reach_note_absent(c->site.cluster, c->plan, c->ring, c->present);
	for (int i = 0; i < c->plan->workers; i++)
		c->acquired_at_heal[i] = atomic_load(&area_live(c->area)->worker[i].acquisitions);
	c->healed_ns = clock_now_ns();
	return 0;
}

static int settle(struct conductor *c, struct error *err)
{
	int64_t deadline_ns = c->healed_ns + c->plan->campaign->settle_ms * NS_PER_MS;

	return attend(c, lanes_live_or_interrupted, deadline_ns, err);
}

/* Nobody writes any more: do the members have the same data? */
static void audit(struct conductor *c, int64_t deadline_ns)
{
	int failed =
		cluster_audit(c->site.cluster, c->plan->prefix, deadline_ns, &c->audit_trouble);

	c->audit_ns = clock_now_ns();
	c->audit =
		failed ? c->audit_trouble.code == EXIT_VIOLATION ? "differ" : "undone" : "agreed";
	if (failed)
		logbook_note(c->ring, NOTE_TELLS, "audit", "%s", c->audit_trouble.text);
}

static void on_running_workers(struct conductor *c, void (*act)(struct conductor *c, int host))
{
	for (int i = 0; i < c->plan->workers; i++)
		if (runs(c, c->plan->worker[i].host))
			act(c, c->plan->worker[i].host);
}

static void kill_worker(struct conductor *c, int host)
{
	int pid = atomic_load(&hosts_control(c->site.hosts, host)->pid);

	CHECK(pid > 0); /* it runs */
	kill(pid, SIGKILL);
}

static void note_undying(struct conductor *c, int host)
{
	logbook_note(c->ring, NOTE_BREAKS, "process", "worker %s cannot be killed",
		     c->plan->host[host].name);
}

static int stop_workers(struct conductor *c, struct error *err)
{
	int64_t now_ns = clock_now_ns();

	for (int i = 0; i < c->plan->workers; i++)
		hosts_want(c->site.hosts, c->plan->worker[i].host, WANTED_DOWN);
	atomic_store(&c->switches->workers, 1);
	if (attend(c, workers_ended, now_ns + WORKERS_LIMIT_S * NS_PER_S, err))
		return -1;
	on_running_workers(c, kill_worker);
	if (attend(c, workers_ended, now_ns + 2 * WORKERS_LIMIT_S * NS_PER_S, err))
		return -1;
	on_running_workers(c, note_undying);
	audit(c, now_ns + HEAL_LIMIT_S * NS_PER_S);
	return 0;
}

/* An existing cluster is left as it was found, also by a run that failed to start. */
static void forget(struct conductor *c)
{
	struct error trouble = {0};

	if (cluster_forget(c->site.cluster, c->plan->prefix,
			   clock_now_ns() + HEAL_LIMIT_S * NS_PER_S, &trouble)) {
		log_line("fencepost: %s", trouble.text);
		logbook_note(c->ring, NOTE_TELLS, "heal", "%s", trouble.text);
	}
}

static int stop_observers(struct conductor *c, struct error *err)
{
	const int observers[] = {c->plan->store, c->plan->witness, c->plan->capture};

	for (int i = 0; i < 3; i++)
		hosts_want(c->site.hosts, observers[i], WANTED_DOWN);
	atomic_store(&c->switches->witness, 1);
	atomic_store(&c->switches->store, 1);
	atomic_store(&c->switches->capture, 1);
	if (attend(c, observers_ended, clock_now_ns() + HEAL_LIMIT_S * NS_PER_S, err))
		return -1;
	for (int i = 0; i < 3; i++)
		if (runs(c, observers[i]))
			end_by_force(c, observers[i], HEAL_LIMIT_S);
	if (!site_is_ours(&c->site))
		forget(c);
	return 0;
}

static bool recorder_ended(const struct conductor *c)
{
	return !runs(c, c->plan->recorder);
}

/* Of an existing cluster the front could not know it. */
static int record_version(const struct conductor *c, sqlite3 *db, struct error *err)
{
	return site_is_ours(&c->site) ? 0 : database_set_text(db, "etcd", c->version, err);
}

static int record_audit(const struct conductor *c, sqlite3 *db, struct error *err)
{
	if (!c->audit)
		return 0;
	return database_set_text(db, "audit", c->audit, err) ||
	       database_set_int(db, "audit_ns", c->audit_ns - c->plan->start_ns, err) ||
	       (c->audit_trouble.code &&
		database_set_text(db, "audit_text", c->audit_trouble.text, err));
}

/* In place of "adapter": its own name and version. */
static int record_clients(const struct conductor *c, sqlite3 *db, struct error *err)
{
	for (int arm = 0; arm < c->plan->campaign->arms; arm++) {
		const char *client = crew_client(c->crew, arm);

		if (client && plan_record_client(db, arm, client, err))
			return -1;
	}
	return 0;
}

/* What only the end knows; the recorder is gone, so the file is ours. */
static int record_end(const struct conductor *c, struct error *err)
{
	sqlite3 *db = NULL;
	int64_t start_ns = c->plan->start_ns;
	int failed = database_open(c->plan->history, DATABASE_WRITE, &db, err);

	if (failed)
		return -1;
	failed =
		record_version(c, db, err) || record_audit(c, db, err) ||
		plan_record_hosts(c->plan, db, err) || record_clients(c, db, err) ||
		database_set_int(db, "load_began_ns", c->load_began_ns - start_ns, err) ||
		database_set_int(db, "ended_ns", clock_now_ns() - start_ns, err) ||
		(c->healed_ns && database_set_int(db, "healed_ns", c->healed_ns - start_ns, err)) ||
		database_set_int(db, "interrupted", c->interrupted, err) ||
		reach_record(c->site.hosts, c->plan, crew_lag(c->crew), db, err);
	sqlite3_close(db);
	return failed ? -1 : 0;
}

static int stop_recorder(struct conductor *c, struct error *err)
{
	int64_t deadline_ns = clock_now_ns() + LAST_LIMIT_S * NS_PER_S;
	struct error ignored = {0};

	reach_note(c->site.hosts, c->plan, crew_lag(c->crew), c->ring);
	atomic_store(&c->switches->recorder, 1);
	/* That the recorder is gone is an error to attend; here it is what we wait for. */
	attend(c, recorder_ended, deadline_ns, &ignored);
	if (!recorder_ended(c))
		return error_set(err, EXIT_OUR_FAULT,
				 "the recorder does not end; see %s/logs/recorder.log",
				 c->plan->run_dir);
	return record_end(c, err);
}

/* The whole ----------------------------------------------------------------------------------- */

static int perform(struct conductor *c, struct error *err)
{
	if (start_service(c, err))
		return -1;
	if (!c->plan->quiet)
		log_line("the cluster serves: %d members of etcd %s, %d workers in %d lanes, "
			 "seed %llu",
			 c->present, c->version, c->plan->workers, c->plan->lanes,
			 (unsigned long long)c->plan->campaign->seed);
	if (start_load(c, err) || attend(c, load_is_over, CLOCK_NEVER, err))
		return -1;
	return heal(c, err) || settle(c, err) || stop_workers(c, err) || stop_observers(c, err) ||
			       stop_recorder(c, err)
		       ? -1
		       : 0;
}

static void give_up(struct conductor *c, const struct error *err)
{
	log_line("fencepost: %s", err->text);
	if (!site_is_ours(&c->site) && c->present)
		forget(c);
}

static int open_signals(void)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	CHECK(sigprocmask(SIG_BLOCK, &wanted, NULL) == 0);
	int fd = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static int open_area(struct conductor *c, struct error *err)
{
	int rings = plan_rings(c->plan);
	_cleanup_free_ uint32_t *slots = calloc((size_t)rings, sizeof(*slots));

	CHECK_MEMORY(slots);
	for (int i = 0; i < rings; i++)
		slots[i] = RING_OF_MANY;
	for (int i = 0; i < c->plan->workers; i++)
		slots[plan_ring_of(c->plan, c->plan->worker[i].host)] = RING_OF_WORKER;
	return area_open_sized(&c->area, rings, slots, err);
}

int conduct_main(void *plan)
{
	struct conductor c = {.plan = plan, .signals = open_signals()};
	struct error err = {0}, ignored = {0};

	if (site_open(&c.site, plan, &err) || open_area(&c, &err)) {
		log_line("fencepost: %s", err.text);
		return err.code;
	}
	c.ring = area_ring(c.area, 0);
	c.crew = crew_open(plan, c.site.hosts, c.site.cluster, c.area);
	c.switches = crew_switches(c.crew);
	c.traffic = traffic_open(c.site.hosts, c.plan->start_ns, c.ring);
	c.acquired_at_heal = calloc((size_t)c.plan->workers, sizeof(*c.acquired_at_heal));
	CHECK_MEMORY(c.acquired_at_heal);
	hosts_set_watcher(c.site.hosts, (struct hosts_watcher){on_started, on_ended, &c});
	c.pulse = pulse_open(c.plan, c.site.hosts, c.switches, area_live(c.area));
	c.board = board_open(c.plan);
	int failed = perform(&c, &err);

	if (failed)
		give_up(&c, &err);
	site_close(&c.site);
	if (failed) /* the recorder is dead, so the file is ours */
		logbook_mark_broken(c.plan->history, err.text, &ignored);
	board_close(c.board);
	pulse_close(c.pulse);
	traffic_close(c.traffic);
	crew_close(c.crew);
	area_close(c.area);
	free(c.acquired_at_heal);
	if (failed)
		return err.code;
	return c.interrupted ? EXIT_INTERRUPTED : EXIT_AS_EXPECTED;
}
