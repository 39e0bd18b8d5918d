#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"

enum {
	OUTPUT_LIMIT = 64 << 20,
	COMPLAINT_LIMIT = 480,
	LIFELINE_FD = 3,
	GRACE_MS = 500,   /* for a program that is stopped to remove what it had begun */
	KILL_LIMIT_S = 2, /* what the kernel does not let die by then is left to it */
};

struct child {
	pid_t pid;
	int in, out, complaint; /* our ends of its three pipes; -1 once closed */
	int lifeline;           /* closed: its keeper kills it and all that it started */
	bool aloud;             /* its complaints are told as they come, and not kept */
	char line[512];         /* the complaint that has not ended yet */
	size_t used;
};

static void close_once(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int take_end(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* The keeper ---------------------------------------------------------------------------------- */

/* Everything below this process: what lost its parent became ours (the keeper is a "subreaper").
 * A child that is killed hands its own children up, so it goes on until there is none. */
static void kill_all_below(void)
{
	int64_t deadline_ns = clock_now_ns() + KILL_LIMIT_S * NS_PER_S;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	while (waitpid(-1, NULL, WNOHANG) >= 0 && clock_now_ns() < deadline_ns) {
		_cleanup_fclose_ FILE *children = fopen(path, "re");
		int pid;

		while (children && fscanf(children, "%d", &pid) == 1)
			kill((pid_t)pid, SIGKILL);
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	}
}

static _Noreturn void become(char *const argv[])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s", strerror(errno));
	_exit(EXIT_FAILURE);
}

/*
 * Between us and the program stands a keeper, so that nothing of the program outlives it, nor us:
 * whatever it started, in whatever session, ends when the program does, when we let go of the
 * lifeline, and when we are killed, which lets go of it too.
 */
static _Noreturn void keep(char *const argv[], int lifeline)
{
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	pid_t program = fork();

	if (program == 0)
		become(argv);
	if (program == -1)
		_exit(EXIT_FAILURE);
	int pidfd = pidfd_open(program, 0), status;
	struct pollfd ends[] = {{.fd = pidfd, .events = POLLIN},
				{.fd = lifeline, .events = POLLIN}};

	while (pidfd != -1 && poll(ends, sizeof(ends) / sizeof(ends[0]), -1) == -1 &&
	       errno == EINTR)
		continue;
	bool stopped = ends[1].revents && !ends[0].revents;

	if (stopped) {
		kill(0, SIGTERM); /* its group is ours, and we heed none */
		clock_await_readable(pidfd, clock_now_ns() + GRACE_MS * NS_PER_MS);
	}
	bool ended = waitpid(program, &status, WNOHANG) == program;

	if (!ended)
		kill(program, SIGKILL); /* by us, if the kernel lists no children */
	kill_all_below();
	_exit(ended && !stopped && status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

enum { IN, OUT, COMPLAINT, LIFELINE, PIPES };

static void close_all(int ends[PIPES][2])
{
	for (int i = 0; i < PIPES; i++)
		for (int end = 0; end < 2; end++)
			close_once(&ends[i][end]);
}

/* Of a new process: the program's ends of the pipes become its first descriptors, and it has no
 * others. */
static _Noreturn void become_keeper(char *const argv[], int ends[PIPES][2])
{
	int first = dup(ends[LIFELINE][0]);

	/* An end that is 0 already, of a caller without a standard input, stays open, too. */
	if (dup2(ends[IN][0], STDIN_FILENO) < 0 || fcntl(STDIN_FILENO, F_SETFD, 0) ||
	    dup2(ends[OUT][1], STDOUT_FILENO) < 0 || dup2(ends[COMPLAINT][1], STDERR_FILENO) < 0 ||
	    dup2(first, LIFELINE_FD) < 0 || fcntl(LIFELINE_FD, F_SETFD, FD_CLOEXEC) ||
	    close_range(LIFELINE_FD + 1, UINT_MAX, 0))
		_exit(EXIT_FAILURE);
	keep(argv, LIFELINE_FD);
}

static int child_start(struct child *child, char *const argv[], struct error *err)
{
	int ends[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};

	for (int i = 0; i < PIPES; i++)
		if (pipe2(ends[i], O_CLOEXEC)) {
			error_errno(err, EXIT_OUR_FAULT, "pipes for %s", argv[0]);
			close_all(ends);
			return -1;
		}
	child->pid = fork();
	if (child->pid == 0)
		become_keeper(argv, ends);
	if (child->pid == -1) {
		error_errno(err, EXIT_OUR_FAULT, "fork for %s", argv[0]);
		close_all(ends);
		return -1;
	}
	child->in = take_end(&ends[IN][1]);
	child->out = take_end(&ends[OUT][0]);
	child->complaint = take_end(&ends[COMPLAINT][0]);
	child->lifeline = take_end(&ends[LIFELINE][1]);
	close_all(ends);
	return 0;
}

/* One read into the stream; closes the pipe at its end. Returns what is wrong, or NULL. */
static const char *pump_out(int *fd, FILE *stream, size_t limit)
{
	char chunk[8192];
	ssize_t got = read(*fd, chunk, sizeof(chunk));

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? NULL : strerror(errno);
	if ((size_t)ftell(stream) + (size_t)got > limit)
		return "printed more than 64 MiB";
	fwrite(chunk, 1, (size_t)got, stream);
	if (got == 0)
		close_once(fd);
	return NULL;
}

static void tell_line(struct child *child)
{
	if (child->used)
		log_line("%.*s", (int)child->used, child->line);
	child->used = 0;
}

/* As pump_out, of complaints that are told. */
static void pump_aloud(struct child *child)
{
	char chunk[1024];
	ssize_t got = read(child->complaint, chunk, sizeof(chunk));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	for (ssize_t i = 0; i < got; i++) {
		if (chunk[i] == '\n' || child->used == sizeof(child->line))
			tell_line(child);
		if (chunk[i] != '\n')
			child->line[child->used++] = chunk[i];
	}
	if (got <= 0) {
		tell_line(child);
		close_once(&child->complaint);
	}
}

static void pump_in(struct child *child, const char **input)
{
	size_t left = *input ? strlen(*input) : 0;
	ssize_t put = left ? write(child->in, *input, left) : 0;

	if (put > 0)
		*input += put;
	if (left == 0 || (put < 0 && errno != EAGAIN && errno != EINTR))
		close_once(&child->in);
}

/* Feeds and drains the child until it has closed both of its outputs. */
static const char *converse(struct child *child, const char *input, FILE *out, FILE *complaint,
			    int64_t deadline_ns)
{
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	while (child->out != -1 || child->complaint != -1) {
		struct pollfd ends[] = {[IN] = {.fd = child->in, .events = POLLOUT},
					[OUT] = {.fd = child->out, .events = POLLIN},
					[COMPLAINT] = {.fd = child->complaint, .events = POLLIN}};
		int left_ms = clock_left_ms(deadline_ns);
		const char *trouble;

		if (left_ms == 0)
			return "did not end in time";
		if (poll(ends, sizeof(ends) / sizeof(ends[0]), left_ms) == -1 && errno != EINTR)
			return strerror(errno);
		if (ends[IN].revents)
			pump_in(child, &input);
		trouble = ends[OUT].revents ? pump_out(&child->out, out, OUTPUT_LIMIT) : NULL;
		if (trouble)
			return trouble;
		if (ends[COMPLAINT].revents && child->aloud)
			pump_aloud(child);
		else if (ends[COMPLAINT].revents &&
			 pump_out(&child->complaint, complaint, COMPLAINT_LIMIT))
			close_once(&child->complaint);
	}
	return NULL;
}

static bool ends_until(pid_t pid, int64_t deadline_ns)
{
	_cleanup_close_ int fd = pidfd_open(pid, 0);

	return clock_await_readable(fd, deadline_ns);
}

static const char *one_line(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	return text;
}

static int run(char *const argv[], const char *input, bool aloud, char **output,
	       int64_t deadline_ns, struct error *err)
{
	_cleanup_free_ char *out_text = NULL, *complaint_text = NULL;
	size_t out_size, complaint_size;
	FILE *out = text_begin(&out_text, &out_size);
	FILE *complaint = text_begin(&complaint_text, &complaint_size);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	struct child child = {.in = -1, .out = -1, .complaint = -1, .lifeline = -1, .aloud = aloud};
	const char *trouble = NULL;
	int status = -1; /* if nobody tells how it ended, it did not do so well */

	sigaction(SIGPIPE, &ignore, &before);
	int started = child_start(&child, argv, err);

	if (started == 0) {
		trouble = converse(&child, input, out, complaint, deadline_ns);
		if (!trouble && !ends_until(child.pid, deadline_ns))
			trouble = "did not end in time"; /* although it closed its outputs */
		if (trouble)
			close_once(&child.lifeline);
		while (waitpid(child.pid, &status, 0) == -1 && errno == EINTR)
			continue;
	}
	close_once(&child.in);
	close_once(&child.out);
	close_once(&child.complaint);
	close_once(&child.lifeline);
	text_end(out, &out_text);
	text_end(complaint, &complaint_text);
	sigaction(SIGPIPE, &before, NULL);
	if (started)
		return -1;
	if (trouble)
		return error_set(err, EXIT_OUR_FAULT, "%s %s", argv[0], trouble);
	if (status)
		return error_set(err, EXIT_OUR_FAULT, "%s failed%s%s", argv[0],
				 aloud ? "; see above" : ": ", one_line(complaint_text));
	if (output)
		*output = take(out_text);
	return 0;
}

int process_run(char *const argv[], const char *input, char **output, int64_t deadline_ns,
		struct error *err)
{
	return run(argv, input, 0, output, deadline_ns, err);
}

int process_run_aloud(char *const argv[], char **output, int64_t deadline_ns, struct error *err)
{
	return run(argv, NULL, 1, output, deadline_ns, err);
}

static bool is_program(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISREG(found.st_mode) && access(path, X_OK) == 0;
}

int process_find_program(const char *name, char *path, size_t size)
{
	const char *places = getenv("PATH");

	if (strchr(name, '/'))
		return snprintf(path, size, "%s", name) < (int)size && is_program(path) ? 0 : -1;
	/* etcd, nft and ip live in sbin on some distributions, off an ordinary user's PATH. */
	_cleanup_free_ char *all =
		text_format("%s:/usr/sbin:/sbin", places ? places : "/usr/bin:/bin");
	for (char *rest = all, *place; (place = strsep(&rest, ":"));)
		if (snprintf(path, size, "%s/%s", place, name) < (int)size && is_program(path))
			return 0;
	return -1;
}

enum exit_code process_exit_code(int status, bool load_began)
{
	if (!WIFEXITED(status))
		return EXIT_OUR_FAULT;
	return exit_code_ours(WEXITSTATUS(status), load_began);
}

char process_state(pid_t pid)
{
	_cleanup_free_ char *stat = NULL;
	size_t size = 0;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	_cleanup_fclose_ FILE *in = fopen(path, "re");

	if (!in || getdelim(&stat, &size, '\0', in) == -1)
		return 0;
	/* "PID (NAME) STATE ...": the name may hold anything, so look for its last parenthesis. */
	const char *end = strrchr(stat, ')');

	return end ? end[2] : 0;
}

void process_reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool state_is(char state, char wanted)
{
	bool gone = state == 0 || state == 'Z' || state == 'X';

	if (wanted == 0)
		return gone;
	if (wanted == 'R')
		return !gone && state != 'T';
	return state == wanted;
}

bool process_wait_state(pid_t pid, char wanted, int64_t deadline_ns)
{
	/* The kernel offers no notification of a stop to anyone but the parent: look every 100 us.
	 */
	while (!state_is(process_state(pid), wanted)) {
		int64_t now_ns = clock_now_ns();

		if (now_ns >= deadline_ns)
			return 0;
		clock_sleep_until_ns(now_ns + 100 * NS_PER_US);
	}
	return 1;
}
