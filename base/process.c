#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"

enum { OUTPUT_LIMIT = 64 << 20, COMPLAINT_LIMIT = 480 };

struct child {
	pid_t pid;
	int in, out, complaint; /* our ends of its three pipes; -1 once closed */
};

static void close_once(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int child_start(struct child *child, char *const argv[], struct error *err)
{
	int in[2], out[2], complaint[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(complaint, O_CLOEXEC))
		return error_errno(err, EXIT_OUR_FAULT, "pipes for %s", argv[0]);
	child->pid = fork();
	if (child->pid < 0)
		return error_errno(err, EXIT_OUR_FAULT, "fork for %s", argv[0]);
	if (child->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(complaint[1], STDERR_FILENO);
		execvp(argv[0], argv);
		dprintf(STDERR_FILENO, "%s", strerror(errno));
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(complaint[1]);
	*child = (struct child){child->pid, in[1], out[0], complaint[0]};
	return 0;
}

/* One read into the stream; closes the pipe at its end. False when the stream would pass `limit`.
 */
static _Bool pump_out(int *fd, FILE *stream, size_t limit)
{
	char chunk[8192];
	ssize_t got = read(*fd, chunk, sizeof(chunk));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (got <= 0) {
		close_once(fd);
		return 1;
	}
	if ((size_t)ftell(stream) + (size_t)got > limit)
		return 0;
	fwrite(chunk, 1, (size_t)got, stream);
	return 1;
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
	while (child->out >= 0 || child->complaint >= 0) {
		struct pollfd ends[3] = {{child->in, POLLOUT, 0},
					 {child->out, POLLIN, 0},
					 {child->complaint, POLLIN, 0}};
		int left_ms = clock_left_ms(deadline_ns);

		if (left_ms == 0)
			return "did not end in time";
		if (poll(ends, 3, left_ms) < 0 && errno != EINTR)
			return strerror(errno);
		if (ends[0].revents)
			pump_in(child, &input);
		if (ends[1].revents && !pump_out(&child->out, out, OUTPUT_LIMIT))
			return "printed more than 64 MiB";
		if (ends[2].revents && !pump_out(&child->complaint, complaint, COMPLAINT_LIMIT))
			close_once(&child->complaint);
	}
	return NULL;
}

static const char *one_line(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	return text;
}

int process_run(char *const argv[], const char *input, char **output, int64_t deadline_ns,
		struct error *err)
{
	_cleanup_free_ char *out_text = NULL, *complaint_text = NULL;
	size_t out_size, complaint_size;
	FILE *out = open_memstream(&out_text, &out_size);
	FILE *complaint = open_memstream(&complaint_text, &complaint_size);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	struct child child = {0, -1, -1, -1};
	const char *trouble = NULL;
	int status = 0;

	CHECK(out && complaint);
	sigaction(SIGPIPE, &ignore, &before);
	int started = child_start(&child, argv, err);

	if (started == 0) {
		trouble = converse(&child, input, out, complaint, deadline_ns);
		if (trouble)
			kill(child.pid, SIGKILL);
		while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	close_once(&child.in);
	close_once(&child.out);
	close_once(&child.complaint);
	fclose(out);
	fclose(complaint);
	sigaction(SIGPIPE, &before, NULL);
	if (started)
		return -1;
	if (trouble)
		return error_set(err, EXIT_OUR_FAULT, "%s %s", argv[0], trouble);
	if (status)
		return error_set(err, EXIT_OUR_FAULT, "%s failed: %s", argv[0],
				 one_line(complaint_text));
	if (output)
		*output = take(out_text);
	return 0;
}

static _Bool is_program(const char *path)
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
	_cleanup_free_ char *all = NULL;

	CHECK(asprintf(&all, "%s:/usr/sbin:/sbin", places ? places : "/usr/bin:/bin") > 0);
	for (char *rest = all, *place; (place = strsep(&rest, ":"));)
		if (snprintf(path, size, "%s/%s", place, name) < (int)size && is_program(path))
			return 0;
	return -1;
}

char process_state(pid_t pid)
{
	char path[48], stat[512];
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);

	if (got <= 0)
		return 0;
	stat[got] = '\0';
	/* "PID (NAME) STATE ...": the name may hold anything, so look for its last parenthesis. */
	const char *end = strrchr(stat, ')');

	return end && end[1] == ' ' ? end[2] : 0;
}

static _Bool state_is(char state, char wanted)
{
	_Bool gone = state == 0 || state == 'Z' || state == 'X';

	if (wanted == 0)
		return gone;
	if (wanted == 'R')
		return !gone && state != 'T';
	return state == wanted;
}

_Bool process_wait_state(pid_t pid, char wanted, int64_t deadline_ns)
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
