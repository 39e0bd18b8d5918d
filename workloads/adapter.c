/*
 * Theory of operation. A thread of its own reads, as long as the adapter lives: so what it tells
 * unasked (a loss!) is known when it is told, whatever the worker is at. Who asks takes a slot,
 * writes its line in one piece, and waits on the condition; the reader puts the answer into the
 * slot of that number. The mutex guards all below it, and is held while the hearer is told: so
 * nothing of a hold is told once a request that ends it has begun.
 *
 * It is given up (`gone`) when it ends, floods or says what has no end: it is killed, whoever waits
 * is told so, and later requests are not sent. The run is BROKEN by that: what was to be tested is
 * not there. All else, silence too, is only noted: unknown outcomes are the record's daily bread.
 */
#include "workloads/adapter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/places.h"
#include "base/process.h"
#include "base/text.h"
#include "workloads/worker/wire.h"

enum {
	ADAPTER_MAGIC = 0x61647074,
	END_MS = 500, /* to end by itself */
	REMEMBERED = 64,
};

/* What is noted once. */
enum trouble { NO_LINE, TOO_LONG, NOBODYS, TWICE, LATE, WRONG_CLOCK, SILENT, DEAF };

struct asked {
	int64_t id; /* 0: a free slot */
	bool begins_hold, answered;
	struct adapter_line line;
	int64_t came_ns;
};

struct adapter {
	uint32_t magic;
	struct lock_hearer hearer;
	pid_t pid;
	int pidfd, in, out, quit; /* in: what it reads; quit: an eventfd that ends the reader */
	pthread_t reader;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closing, gone;
	char why[ERROR_SIZE]; /* gone */
	unsigned noted;       /* 1 << enum trouble */
	int64_t last_id, hold;
	int64_t asked_ns; /* of the hold */
	bool holds;       /* its request was answered ok */
	struct asked asked[ADAPTER_ASKED_MAX];
	int64_t answered[REMEMBERED]; /* the last ids that were, by id % REMEMBERED */
	int64_t second_ns;            /* in which `unasked` are counted */
	int unasked;

	/* the reader's alone */
	size_t used, dropped; /* dropped: of a line that is too long */
	char line[ADAPTER_LINE_MAX + 1];
};

static void lock(struct adapter *adapter)
{
	CHECK(adapter->magic == ADAPTER_MAGIC);
	CHECK(pthread_mutex_lock(&adapter->lock) == 0);
}

static void unlock(struct adapter *adapter)
{
	CHECK(pthread_mutex_unlock(&adapter->lock) == 0);
}

/* Notes, with the lock held ------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void
note(struct adapter *adapter, enum trouble trouble, const char *format, ...)
{
	va_list args;

	if (adapter->noted & 1u << trouble)
		return;
	adapter->noted |= 1u << trouble;
	va_start(args, format);
	_cleanup_free_ char *text = text_format_args(format, args);

	va_end(args);
	adapter->hearer.note(adapter->hearer.context, NOTE_TELLS, text);
}

static void tell_lost(struct adapter *adapter, const char *why)
{
	if (adapter->holds)
		adapter->hearer.lost(adapter->hearer.context, why);
	adapter->holds = false;
}

static void give_up(struct adapter *adapter, const char *why)
{
	if (adapter->gone)
		return;
	adapter->gone = true;
	text_copy(adapter->why, sizeof(adapter->why), why);
	kill(adapter->pid, SIGKILL); /* it is not reaped before the reader has ended */
	if (!adapter->closing) {
		tell_lost(adapter, "the client is gone");
		_cleanup_free_ char *text = text_format("the client %s: it is gone", why);

		adapter->hearer.note(adapter->hearer.context, NOTE_BREAKS, text);
	}
	pthread_cond_broadcast(&adapter->changed);
}

/* What it says, with the lock held ------------------------------------------------------------ */

static struct asked *find_asked(struct adapter *adapter, int64_t id)
{
	for (int i = 0; i < ADAPTER_ASKED_MAX; i++)
		if (adapter->asked[i].id == id)
			return &adapter->asked[i];
	return NULL;
}

/* False for one that nobody waits for. */
static bool take_answer(struct adapter *adapter, const struct adapter_line *line)
{
	struct asked *asked = find_asked(adapter, line->id);
	int64_t *answered = &adapter->answered[line->id % REMEMBERED];

	if (asked && !asked->answered) {
		asked->answered = true;
		asked->line = *line;
		asked->came_ns = clock_now_ns();
		*answered = line->id;
		if (asked->begins_hold && adapter->hold == line->id)
			adapter->holds = line->outcome == OUTCOME_OK;
		pthread_cond_broadcast(&adapter->changed);
		return true;
	}
	if (line->id > adapter->last_id)
		note(adapter, NOBODYS, "the client answers request %lld, which nobody made",
		     (long long)line->id);
	else if (*answered == line->id)
		note(adapter, TWICE, "the client answers request %lld twice; the first one counts",
		     (long long)line->id);
	else
		note(adapter, LATE, "the client answers request %lld when nobody waits any more",
		     (long long)line->id);
	return false;
}

static void take_renewal(struct adapter *adapter, const struct adapter_line *line)
{
	if (!line->sent_ns) /* then nobody can tell until when */
		return;
	if (line->sent_ns < adapter->asked_ns || line->sent_ns > clock_now_ns())
		note(adapter, WRONG_CLOCK,
		     "the client tells a sent_ns that lies before its acquire, or ahead: it must "
		     "be CLOCK_MONOTONIC");
	else
		adapter->hearer.renewed(adapter->hearer.context, line->sent_ns, line->valid_ms);
}

static void take_event(struct adapter *adapter, const struct adapter_line *line)
{
	if (line->id > adapter->last_id)
		note(adapter, NOBODYS, "the client tells of request %lld, which nobody made",
		     (long long)line->id);
	if (line->id != adapter->hold || !adapter->holds) /* it may have crossed the release */
		return;
	if (line->event == ADAPTER_LOST)
		tell_lost(adapter, line->error[0] ? line->error : "the client says so");
	else
		take_renewal(adapter, line);
}

/* Counts one that answers nothing. */
static void count_unasked(struct adapter *adapter)
{
	int64_t now_ns = clock_now_ns();

	if (now_ns - adapter->second_ns >= NS_PER_S) {
		adapter->second_ns = now_ns;
		adapter->unasked = 0;
	}
	if (++adapter->unasked > ADAPTER_UNASKED_MAX)
		give_up(adapter, "says hundreds of lines a second that answer nothing");
}

static void take_line(struct adapter *adapter)
{
	char complaint[ADAPTER_COMPLAINT];
	struct adapter_line line;
	bool is_line = adapter_line_parse(adapter->line, adapter->used, &line, complaint);

	lock(adapter);
	bool wanted = false;

	if (adapter->gone)
		;
	else if (adapter->dropped)
		note(adapter, TOO_LONG, "the client says a line of more than %d bytes",
		     ADAPTER_LINE_MAX);
	else if (!is_line)
		note(adapter, NO_LINE, "the client says a line that is none: %s", complaint);
	else if (line.event == ADAPTER_ANSWER)
		wanted = take_answer(adapter, &line);
	else
		take_event(adapter, &line);
	if (!wanted)
		count_unasked(adapter);
	unlock(adapter);
	adapter->used = adapter->dropped = 0;
}

/* The reader ---------------------------------------------------------------------------------- */

static void take_bytes(struct adapter *adapter, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n')
			take_line(adapter);
		else if (adapter->used < ADAPTER_LINE_MAX)
			adapter->line[adapter->used++] = bytes[i];
		else
			adapter->dropped++;
		CHECK(adapter->used <= ADAPTER_LINE_MAX);
	}
}

/* How it ended, as far as that is seen in time. */
static void say_end(const struct adapter *adapter, char *text, size_t size)
{
	siginfo_t info = {0};

	if (!clock_await_readable(adapter->pidfd, clock_now_ns() + END_MS * NS_PER_MS) ||
	    waitid(P_PID, (id_t)adapter->pid, &info, WEXITED | WNOWAIT))
		snprintf(text, size, "has closed its output");
	else if (info.si_code == CLD_EXITED)
		snprintf(text, size, "has ended, exit status %d", info.si_status);
	else
		snprintf(text, size, "was ended by signal %d", info.si_status);
}

/* False when there is nothing more to come. */
static bool read_some(struct adapter *adapter)
{
	char bytes[8192], why[ERROR_SIZE] = "";
	ssize_t got = read(adapter->out, bytes, sizeof(bytes));

	if (got > 0)
		take_bytes(adapter, bytes, (size_t)got);
	if (got > 0 && adapter->dropped > ADAPTER_ENDLESS)
		snprintf(why, sizeof(why), "says what has no end of a line");
	else if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		say_end(adapter, why, sizeof(why));
	lock(adapter);
	if (why[0])
		give_up(adapter, why);
	bool gone = adapter->gone;

	unlock(adapter);
	return !gone;
}

static void *read_all(void *cls)
{
	struct adapter *adapter = cls;
	bool more = true;

	while (more) {
		struct pollfd ends[] = {{.fd = adapter->out, .events = POLLIN},
					{.fd = adapter->quit, .events = POLLIN}};

		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			break;
		more = !ends[1].revents && (!ends[0].revents || read_some(adapter));
	}
	return NULL;
}

/* Beginning and end --------------------------------------------------------------------------- */

int adapter_find(const char *word, char *path, size_t size, struct error *err)
{
	_cleanup_free_ char *shared = text_format("share/fencepost/%s", word);

	if (process_find_program(word, path, size) == 0)
		return 0;
	if (strchr(word, '/') && *word != '/' && place_find(word, shared, path, size) == 0)
		return 0;
	return error_set(err, EXIT_MACHINE_LACKS, "the client %s is not here, or cannot be run",
			 word);
}

/* In the new process; between fork and exec of a program with threads. */
static _Noreturn void become(const char *path, const char *const argv[], int in, int out, int told)
{
	process_reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execv(path, (char *const *)(uintptr_t)argv);
	int number = errno;

	if (write(told, &number, sizeof(number)) < 0)
		_exit(EXIT_OUR_FAULT);
	_exit(EXIT_MACHINE_LACKS);
}

enum { IN, OUT, TOLD, PIPES };

static int take_end(int *end)
{
	int taken = *end;

	*end = -1;
	return taken;
}

static void close_ends(int (*ends)[2])
{
	for (int i = 0; i < PIPES; i++)
		for (int end = 0; end < 2; end++)
			cleanup_close(&ends[i][end]);
}

/* Of a pipe that its exec closes: what came instead of that. */
static int await_exec(int told, const char *path, struct error *err)
{
	int number = 0;
	ssize_t got;

	do
		got = read(told, &number, sizeof(number));
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return 0;
	errno = number;
	return error_errno(err, EXIT_MACHINE_LACKS, "starting the client %s", path);
}

static int start_program(struct adapter *adapter, const char *path, const char *const argv[],
			 struct error *err)
{
	int ends[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}};

	for (int i = 0; i < PIPES; i++)
		if (pipe2(ends[i], O_CLOEXEC)) {
			error_errno(err, EXIT_MACHINE_LACKS, "pipes for the client");
			close_ends(ends);
			return -1;
		}
	adapter->pid = fork();
	if (adapter->pid == 0)
		become(path, argv, ends[IN][0], ends[OUT][1], ends[TOLD][1]);
	int failed = adapter->pid < 0
			     ? error_errno(err, EXIT_MACHINE_LACKS, "a process for the client")
			     : 0;

	close(take_end(&ends[TOLD][1]));
	if (!failed && await_exec(ends[TOLD][0], path, err)) {
		waitpid(adapter->pid, NULL, 0);
		failed = -1;
	}
	if (!failed) {
		adapter->in = take_end(&ends[IN][1]);
		adapter->out = take_end(&ends[OUT][0]);
	}
	close_ends(ends);
	return failed;
}

int adapter_start(struct adapter **adapter, const char *const argv[],
		  const struct lock_hearer *hearer, struct error *err)
{
	struct adapter *made = calloc(1, sizeof(*made));
	pthread_condattr_t monotonic;
	char path[PATH_MAX];

	CHECK_MEMORY(made);
	made->magic = ADAPTER_MAGIC;
	made->hearer = *hearer;
	made->lock = (pthread_mutex_t)PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	if (adapter_find(argv[0], path, sizeof(path), err) ||
	    start_program(made, path, argv, err)) {
		free(made);
		return -1;
	}
	made->pidfd = pidfd_open(made->pid, 0);
	made->quit = eventfd(0, EFD_CLOEXEC);
	CHECK(made->pidfd >= 0 && made->quit >= 0 && fcntl(made->in, F_SETFL, O_NONBLOCK) == 0);
	CHECK(pthread_condattr_init(&monotonic) == 0);
	CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&made->changed, &monotonic) == 0);
	CHECK(pthread_create(&made->reader, NULL, read_all, made) == 0);
	*adapter = made;
	return 0;
}

bool adapter_close(struct adapter *adapter)
{
	const eventfd_t one = 1;

	lock(adapter);
	adapter->closing = true;
	adapter->holds = false;
	unlock(adapter);
	close(adapter->in);
	bool ended = clock_await_readable(adapter->pidfd, clock_now_ns() + END_MS * NS_PER_MS);

	if (!ended)
		kill(adapter->pid, SIGKILL);
	CHECK(write(adapter->quit, &one, sizeof(one)) == sizeof(one));
	CHECK(pthread_join(adapter->reader, NULL) == 0);
	while (waitpid(adapter->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	CHECK(pthread_cond_destroy(&adapter->changed) == 0);
	CHECK(pthread_mutex_destroy(&adapter->lock) == 0);
	close(adapter->pidfd);
	close(adapter->quit);
	close(adapter->out);
	adapter->magic = 0;
	free(adapter);
	return ended;
}

/* Asking, with the lock held ------------------------------------------------------------------ */

/* In one piece: a line is shorter than what a pipe takes at once, or not at all. */
static bool send_line(struct adapter *adapter, const char *text)
{
	_cleanup_free_ char *line = text_format("%s\n", text);
	size_t size = strlen(line);

	CHECK(size <= PIPE_BUF);
	if (write(adapter->in, line, size) == (ssize_t)size)
		return true;
	if (errno == EAGAIN)
		note(adapter, DEAF, "the client does not read what it is asked");
	return false;
}

static void await_answer(struct adapter *adapter, const struct asked *asked, int64_t deadline_ns)
{
	const struct timespec until = {.tv_sec = deadline_ns / NS_PER_S,
				       .tv_nsec = deadline_ns % NS_PER_S};

	while (!asked->answered && !adapter->gone && clock_now_ns() < deadline_ns) {
		int ended = pthread_cond_timedwait(&adapter->changed, &adapter->lock, &until);

		CHECK(ended == 0 || ended == ETIMEDOUT);
	}
}

static void begin_phase(struct adapter *adapter, enum adapter_phase phase, int64_t now_ns)
{
	if (phase == ADAPTER_BESIDES)
		return;
	adapter->holds = false;
	adapter->hold = phase == ADAPTER_BEGINS_HOLD ? adapter->last_id : 0;
	adapter->asked_ns = now_ns;
}

static void fill_reply(struct adapter *adapter, const struct asked *asked, const char *verb,
		       struct adapter_reply *reply)
{
	reply->answered = asked->answered;
	reply->line = asked->line;
	reply->came_ns = asked->came_ns;
	if (asked->answered)
		return;
	if (adapter->gone) {
		snprintf(reply->error, sizeof(reply->error), "the client %.48s", adapter->why);
	} else if (!reply->sent) {
		snprintf(reply->error, sizeof(reply->error), "the client was not asked");
	} else {
		snprintf(reply->error, sizeof(reply->error), "the client did not answer in time");
		note(adapter, SILENT, "the client did not answer %s in time", verb);
	}
}

struct adapter_reply adapter_ask(struct adapter *adapter, const char *verb, cJSON *request,
				 enum adapter_phase phase, int64_t deadline_ns)
{
	struct adapter_reply reply = {0};

	lock(adapter);
	struct asked *asked = find_asked(adapter, 0);

	CHECK(asked); /* the worker asks one at a time, and so does its heartbeat */
	*asked = (struct asked){.id = ++adapter->last_id,
				.begins_hold = phase == ADAPTER_BEGINS_HOLD};
	CHECK_MEMORY(cJSON_AddNumberToObject(request, "id", (double)asked->id) &&
		     cJSON_AddStringToObject(request, "do", verb));
	_cleanup_free_ char *text = wire_print(request);

	reply.sent_ns = clock_now_ns();
	begin_phase(adapter, phase, reply.sent_ns);
	reply.sent = !adapter->gone && send_line(adapter, text);
	if (reply.sent)
		await_answer(adapter, asked, deadline_ns);
	fill_reply(adapter, asked, verb, &reply);
	if (phase == ADAPTER_BEGINS_HOLD && !asked->answered)
		adapter->hold = 0;
	asked->id = 0;
	unlock(adapter);
	return reply;
}
