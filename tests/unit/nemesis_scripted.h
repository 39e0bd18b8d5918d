/*
 * A machine for tests of the nemesis that need none: the clock, the processes and the cluster are
 * ours. Time passes only when somebody waits, at once, and what is planned for an instant (step)
 * happens then. The cluster writes down what it is asked for (`asked`) and answers as the test
 * says; who refuses is named in `refuses`. These definitions stand before those of the archives.
 */
#ifndef TESTS_NEMESIS_SCRIPTED_H
#define TESTS_NEMESIS_SCRIPTED_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "cluster/load.h"
#include "cluster/operate.h"
#include "etcd/etcd.h"
#include "nemesis/faults.h"
#include "sandbox/disk.h"
#include "sandbox/shape.h"
#include "sandbox/skew.h"
#include "sandbox/slow.h"

enum { MEMBERS = 3, MEMBERS_MAX = 7, STORE = 3, WITNESS = 4, FIRST_WORKER = 5, WORKERS = 6 };
enum { HUB_HOST = 11, HOSTS_AT_MOST = MEMBERS_MAX + 3 + WORKERS, HANDLES_MAX = 256 };
enum { FIRST_PID = 4000, FIRST_PROCESS = 100 };

struct counts { /* of a companion */
	struct load_counts load;
	struct slow_counts slow;
};

struct hosts { /* and the cluster on them */
	int members, hosts, abilities;
	struct host host[HOSTS_AT_MOST];
	struct host_control control[HOSTS_AT_MOST];
	char state[HOSTS_AT_MOST]; /* of its process, as in /proc; 0: gone */
	int leader, asked_leader;
	uint64_t term;
	const char *refuses;         /* the first word of what it refuses, with an error */
	int passes;                  /* that often it does not */
	int why;                     /* the errno of a signal that it refuses */
	void (*while_opening)(void); /* happens while a handle on a process is opened */
	pid_t machine_leader;        /* 0: who runs there */
	bool stubborn;               /* a signal changes nothing */
	struct machine_look look;
	struct link_count link[4];
	int links;
	struct disk_count disk;
	struct shape_count shape;
	struct operation operation;
	struct counts counts;
	bool is_slow; /* the companion that was started last */
	int64_t clock_offset_ns;
};

static struct hosts the_cluster, *const cluster = &the_cluster;

/* Time ---------------------------------------------------------------------------------------- */

static struct step {
	int64_t at_ns;
	void (*act)(void);
} step[16];
static int steps, steps_done;
static int64_t now_ns;
static int looks_at_clock; /* since it last went on */

int64_t clock_now_ns(void)
{
	ck_assert_msg(++looks_at_clock < 100000, "it looks again and again and never waits");
	return now_ns;
}

/* Until then, or until what happens next. */
static inline void pass_until(int64_t until_ns)
{
	bool happens = steps_done < steps && step[steps_done].at_ns <= until_ns;

	ck_assert_msg(until_ns != CLOCK_NEVER || happens, "it waits for ever");
	if (happens && step[steps_done].at_ns > now_ns)
		now_ns = step[steps_done].at_ns;
	else if (!happens && until_ns > now_ns)
		now_ns = until_ns;
	looks_at_clock = 0;
	if (happens)
		step[steps_done++].act();
}

void clock_sleep_until_ns(int64_t until_ns)
{
	while (now_ns < until_ns)
		pass_until(until_ns);
}

/* Of the rest of base/clock.h and history/live.h the nemesis has no use; but who defines one of a
 * file has to define all. */
int clock_left_ms(int64_t deadline_ns)
{
	return (int)((deadline_ns - now_ns) / NS_PER_MS);
}

bool clock_await_readable(int fd, int64_t deadline_ns)
{
	(void)fd, (void)deadline_ns;
	ck_abort_msg("not to be asked");
}

int64_t clock_wall_ns(void)
{
	ck_abort_msg("not to be asked");
}

void clock_wall_text(char *text, int size)
{
	(void)text, (void)size;
	ck_abort_msg("not to be asked");
}

void live_touch(struct live *view)
{
	atomic_fetch_add(&view->generation, 1);
}

void live_publish(struct live *view, struct live_worker *slot, enum live_state state)
{
	atomic_store(&slot->since_ns, now_ns);
	atomic_store(&slot->state, state);
	live_touch(view);
}

bool live_holds(const struct live_worker *slot)
{
	return atomic_load(&slot->state) >= LIVE_HOLDING;
}

uint32_t live_wait(struct live *view, uint32_t seen, int64_t deadline_ns)
{
	while (atomic_load(&view->generation) == seen && now_ns < deadline_ns)
		pass_until(deadline_ns);
	return atomic_load(&view->generation);
}

/* What is said ---------------------------------------------------------------------------------- */

enum { SAID_MAX = 16384 };
static char asked[SAID_MAX], told[SAID_MAX];

__attribute__((format(printf, 2, 3))) static inline void add_text(char *text, const char *format,
								  ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, SAID_MAX - length, format, arguments);
	va_end(arguments);
}

#define add_line(text, ...) (add_text(text, __VA_ARGS__), add_text(text, "\n"))

/* False when the cluster refuses this. */
static inline bool granted(const char *what, struct error *err)
{
	if (!cluster->refuses || strcmp(what, cluster->refuses) || cluster->passes-- > 0)
		return true;
	if (err)
		error_set(err, EXIT_OUR_FAULT, "%s refused", what);
	return false;
}

static inline void add_hosts(char *text, const int16_t *hosts, int count)
{
	for (int i = 0; i < count; i++)
		add_text(text, "%s%d", i ? " " : "", hosts[i]);
}

/* "from A B to C D", or "between A B and C D". */
static inline const char *ends_text(bool both, const int16_t *from, int froms, const int16_t *to,
				    int tos)
{
	static char text[SAID_MAX];

	text[0] = 0;
	add_text(text, both ? "between " : "from ");
	add_hosts(text, from, froms);
	add_text(text, both ? " and " : " to ");
	add_hosts(text, to, tos);
	return text;
}

/* Asserts what the cluster was asked for since the last time, line by line. */
#define ck_assert_asked(expected)                                                                  \
	do {                                                                                       \
		ck_assert_str_eq(asked, expected);                                                 \
		asked[0] = 0;                                                                      \
	} while (0)

/* The cluster ----------------------------------------------------------------------------------- */

static inline int host_of_pid(pid_t pid)
{
	for (int i = 0; i < cluster->hosts; i++)
		if (FIRST_PID + i == pid)
			return i;
	ck_abort_msg("nobody has pid %d", (int)pid);
	return -1;
}

int hosts_abilities(const struct hosts *c)
{
	return c->abilities;
}

const struct host *hosts_get(const struct hosts *c, int id)
{
	ck_assert(id >= 0 && id < c->hosts);
	return &c->host[id];
}

struct host_control *hosts_control(struct hosts *c, int id)
{
	ck_assert(id >= 0 && id < c->hosts);
	return &c->control[id];
}

int hosts_count(const struct hosts *c)
{
	return c->hosts;
}

int hosts_members(const struct hosts *c)
{
	return c->members;
}

const struct etcd_target *cluster_target(const struct cluster *c)
{
	static const char *const endpoints[] = {"http://a:1", "http://b:1", "http://c:1"};
	static struct etcd_target service = {endpoints, 0, NULL};

	(void)c;
	service.count = cluster->members;
	return &service;
}

int cluster_leader(struct cluster *c, uint64_t *term)
{
	(void)c;
	cluster->asked_leader++;
	if (term && cluster->leader >= 0)
		*term = cluster->term;
	return cluster->leader;
}

int hosts_cut(struct hosts *c, const struct cut *cut, struct error *err)
{
	(void)c;
	add_line(asked, "cut %d %s", cut->id,
		 ends_text(cut->both, cut->from, cut->froms, cut->to, cut->tos));
	return granted("cut", err) ? 0 : -1;
}

int hosts_uncut(struct hosts *c, int id, struct error *err)
{
	(void)c;
	add_line(asked, "uncut %d", id);
	return granted("uncut", err) ? 0 : -1;
}

int hosts_cut_links(struct hosts *c, int id, struct link_count *counts, int limit, int *count,
		    struct error *err)
{
	ck_assert_int_ge(limit, c->links);
	add_line(asked, "count %d", id);
	if (!granted("count", err))
		return -1;
	memcpy(counts, c->link, sizeof(c->link));
	*count = c->links;
	return 0;
}

void hosts_want(struct hosts *c, int id, enum wanted wanted)
{
	add_line(asked, "want %s %s", c->host[id].name, wanted == WANTED_UP ? "up" : "down");
	atomic_store(&c->control[id].wanted, wanted);
}

void hosts_give_up(struct hosts *c, int id)
{
	add_line(asked, "give up %s", c->host[id].name);
}

int hosts_shape(struct hosts *c, const struct shape *shape, struct error *err)
{
	(void)c;
	add_line(
		asked,
		"shape %d %s, loss %g, copies %g, order %g, delay %lld +- %lld us, rate %d%s",
		shape->id, ends_text(shape->both, shape->from, shape->froms, shape->to, shape->tos),
		shape->loss_percent, shape->duplicate_percent, shape->reorder_percent,
		(long long)(shape->delay_ns / NS_PER_US), (long long)(shape->jitter_ns / NS_PER_US),
		shape->rate_kbit, shape->hold ? ", hold" : "");
	return granted("shape", err) ? 0 : -1;
}

int hosts_unshape(struct hosts *c, int id, struct shape_count *last, struct error *err)
{
	add_line(asked, "unshape %d", id);
	*last = c->shape;
	return granted("unshape", err) ? 0 : -1;
}

int hosts_disk_inject(struct hosts *c, const struct disk_fault *fault, struct error *err)
{
	static const char *const kinds[] = {"stall", "slow", "eio", "full", "power loss"};

	add_line(asked, "disk %d of %s: %s, %s, %lld ms", fault->id, c->host[fault->host].name,
		 kinds[fault->kind], fault->scope == DISK_SCOPE_WAL ? "wal" : "all",
		 (long long)(fault->delay_ns / NS_PER_MS));
	return granted("disk", err) ? 0 : -1;
}

int hosts_disk_heal(struct hosts *c, int id, struct disk_count *count, struct error *err)
{
	add_line(asked, "heal disk %d", id);
	if (count)
		*count = c->disk;
	return granted("heal", err) ? 0 : -1;
}

void hosts_disk_count(struct hosts *c, int id, struct disk_count *count)
{
	(void)id;
	*count = c->disk;
}

/* Each takes a second, if it is given that long. */
static inline struct operation operate_until(int64_t deadline_ns)
{
	ck_assert_int_ge(deadline_ns - now_ns, 5 * NS_PER_S);
	clock_sleep_until_ns(now_ns + NS_PER_S);
	return cluster->operation;
}

struct operation cluster_move_leader(struct cluster *c, int to, int64_t deadline_ns)
{
	(void)c;
	add_line(asked, "move leader to %d", to);
	return operate_until(deadline_ns);
}

struct operation cluster_compact(struct cluster *c, int64_t deadline_ns)
{
	(void)c;
	add_line(asked, "compact");
	return operate_until(deadline_ns);
}

struct operation cluster_defragment(struct cluster *c, int member, int64_t deadline_ns)
{
	(void)c;
	add_line(asked, "defragment %d", member);
	return operate_until(deadline_ns);
}

struct operation cluster_remove_member(struct cluster *c, int member, int64_t deadline_ns)
{
	(void)c;
	add_line(asked, "remove member %d", member);
	return operate_until(deadline_ns);
}

struct operation cluster_add_member(struct cluster *c, int member, int64_t deadline_ns)
{
	(void)c;
	add_line(asked, "add member %d", member);
	return operate_until(deadline_ns);
}

struct operation cluster_revoke_holder(struct cluster *c, const char *lock, int64_t deadline_ns)
{
	(void)c;
	add_line(asked, "revoke the holder of %s", lock);
	return operate_until(deadline_ns);
}

int hosts_set_clock_offset(struct hosts *c, int id, int64_t offset_ns, struct error *err)
{
	add_line(asked, "clock of %s: %lld s", c->host[id].name, (long long)(offset_ns / NS_PER_S));
	return granted("clock", err) ? 0 : -1;
}

int hosts_read_clock_offset(struct hosts *c, int id, int64_t *offset_ns, struct error *err)
{
	(void)id;
	if (!granted("read-clock", err))
		return -1;
	*offset_ns = c->clock_offset_ns;
	return 0;
}

int load_start(struct companion **companion, const struct load_plan *plan, struct error *err)
{
	add_line(asked, "load at %s and %d others: %d leases of %d s, %d writes/s under %s",
		 plan->service->endpoint[0], plan->service->count - 1, plan->leases, plan->ttl_s,
		 plan->writes_per_s, plan->prefix);
	cluster->is_slow = false;
	*companion = (struct companion *)cluster;
	return granted("load", err) ? 0 : -1;
}

int slow_start(struct companion **companion, const struct slow_plan *plan, struct error *err)
{
	ck_assert_int_ge(plan->pidfd, 0);
	add_line(asked, "slow %s: %d ms stopped, %d ms not",
		 cluster->host[host_of_pid(plan->machine.leader)].name, plan->stop_ms, plan->go_ms);
	cluster->is_slow = true;
	*companion = (struct companion *)cluster;
	return granted("slow", err) ? 0 : -1;
}

const void *companion_counts(const struct companion *companion)
{
	ck_assert_ptr_eq(companion, cluster);
	return cluster->is_slow ? (const void *)&cluster->counts.slow : &cluster->counts.load;
}

int companion_stop(struct companion *companion, int64_t deadline_ns, struct error *err)
{
	ck_assert_ptr_eq(companion, cluster);
	ck_assert_int_gt(deadline_ns, now_ns);
	add_line(asked, "stop the companion");
	return granted("stop", err) ? 0 : -1;
}

void companion_close(struct companion *companion)
{
	ck_assert_ptr_eq(companion, cluster);
}

/* Processes ------------------------------------------------------------------------------------- */

static struct {
	int fd, host;
} handle[HANDLES_MAX];
static int handles;

static inline int open_handles(void)
{
	int open = 0;

	for (int i = 0; i < handles; i++)
		open += fcntl(handle[i].fd, F_GETFD) >= 0;
	return open;
}

int pidfd_open(pid_t pid, unsigned int flags)
{
	int id = host_of_pid(pid), fd;

	(void)flags;
	if (!cluster->state[id])
		return errno = ESRCH, -1;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (cluster->while_opening)
		cluster->while_opening();
	for (int i = 0; i < handles; i++)
		if (handle[i].fd == fd)
			return handle[i].host = id, fd;
	ck_assert_int_lt(handles, HANDLES_MAX);
	handle[handles].fd = fd;
	handle[handles++].host = id;
	return fd;
}

static inline void signal_reaches(int id, int number)
{
	if (cluster->stubborn)
		return;
	if (number == SIGKILL) {
		cluster->state[id] = 0;
		atomic_store(&cluster->control[id].pid, 0);
	} else if (cluster->state[id]) {
		cluster->state[id] = number == SIGSTOP ? 'T' : 'S';
	}
}

int pidfd_send_signal(int fd, int number, siginfo_t *info, unsigned int flags)
{
	(void)info, (void)flags;
	for (int i = 0; i < handles; i++)
		if (handle[i].fd == fd) {
			add_line(asked, "signal %s to %s", sigabbrev_np(number),
				 cluster->host[handle[i].host].name);
			if (!granted("signal", NULL))
				return errno = cluster->why, -1;
			signal_reaches(handle[i].host, number);
			return 0;
		}
	ck_abort_msg("no handle %d", fd);
}

char process_state(pid_t pid)
{
	return cluster->state[host_of_pid(pid)];
}

bool process_wait_state(pid_t pid, char wanted, int64_t deadline_ns)
{
	char state = process_state(pid);
	bool is = wanted == 'R' ? state && state != 'T' && state != 'Z'
				: state == wanted || (!wanted && state == 'Z');

	if (!is)
		clock_sleep_until_ns(deadline_ns);
	return is;
}

struct machine hosts_machine(struct hosts *c, int id)
{
	return (struct machine){.leader = c->machine_leader ? c->machine_leader
							    : atomic_load(&c->control[id].pid)};
}

struct machine_look machine_look(const struct machine *machine)
{
	(void)machine;
	return cluster->look;
}

void machine_signal(const struct machine *machine, int number)
{
	int id = host_of_pid(machine->leader);

	add_line(asked, "signal %s to all of %s", sigabbrev_np(number), cluster->host[id].name);
	signal_reaches(id, number);
}

bool machine_stop(const struct machine *machine, int64_t deadline_ns, struct machine_look *look)
{
	ck_assert_int_gt(deadline_ns, now_ns);
	machine_signal(machine, SIGSTOP);
	*look = cluster->look;
	return machine_stands(look);
}

bool machine_kill(const struct machine *machine, int64_t deadline_ns,
		  void (*killed)(void *context, pid_t pid), void *context)
{
	(void)killed, (void)context;
	ck_assert_int_gt(deadline_ns, now_ns);
	machine_signal(machine, SIGKILL);
	return !cluster->stubborn;
}

#endif
