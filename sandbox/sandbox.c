/*
 * Theory of operation: see sandbox.h for what the sandbox promises; this is how it is born.
 *
 *   front --fork--> midwife --unshare, fork--> conductor (PID 1 of the new PID namespace)
 *
 * The midwife makes the namespaces for its children, so that the front's own stay as they are. It
 * ends at once, and since the front is for that moment a "child subreaper", the conductor becomes
 * the front's own child: the front can signal and await it, and its end is the end of everything.
 * (A raw clone3 would spare the midwife, but leaves glibc with the wrong thread id in the child,
 * on which robust mutexes depend.)
 *
 * The front then writes the user-id maps and says "go" over a socket. Until the conductor has its
 * parent-death signal it watches that socket: end of file means that the front is gone.
 *
 * Limits: the parent-death signal is sent when the front's *main thread* ends. /sys stays the
 * host's, read-only in effect, for nothing here needs it.
 */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/shared.h"
#include "sandbox/network.h"

/* What midwife and conductor tell the front; in memory that all three share. */
struct birth {
	bool own_users;  /* a user namespace was made */
	pid_t conductor; /* as the front sees it; 0: not born */
	enum refusal refused;
	struct error err;
};

/* Memory or descriptors that ran out are no refusal; but of namespaces ENOSPC is a limit reached.
 */
static int refuse(struct birth *birth, enum refusal refusal, const char *what)
{
	if (errno == ENOSPC || !error_is_of_machine(errno))
		birth->refused = refusal;
	return error_errno(&birth->err, EXIT_MACHINE_LACKS, "%s", what);
}

static void await(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		continue;
}

/* The conductor ------------------------------------------------------------------------------- */

/* PID 1 has no default actions: without this, SIGTERM and even abort() would do nothing. Children
 * that were forked from it inherit the handler, and do get the default action. */
static void act_as_default(int number)
{
	if (getpid() == 1)
		_exit(128 + number);
	signal(number, SIG_DFL);
	raise(number);
}

static void reset_signals(void)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT};
	sigset_t none;

	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		signal(ending[i], act_as_default);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int settle(const struct sandbox_config *config, struct birth *birth)
{
	if (setsid() < 0)
		return error_errno(&birth->err, EXIT_OUR_FAULT, "session of the sandbox");
	reset_signals();
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return refuse(birth, REFUSED_MOUNTS, "making the mounts private");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return refuse(birth, REFUSED_PROC, "mounting /proc of the sandbox");
	if (config->network && network_prepare(&birth->err))
		return -1;
	return 0;
}

static _Noreturn void conductor_main(const struct sandbox_config *config, struct birth *birth,
				     int front)
{
	char word;

	if (recv(front, &word, 1, 0) != 1)
		_exit(EXIT_INTERRUPTED);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (recv(front, &word, 1, MSG_DONTWAIT) == 0) /* it died before the signal was set */
		_exit(EXIT_INTERRUPTED);
	if (settle(config, birth))
		_exit(EXIT_MACHINE_LACKS);
	if (send(front, "r", 1, MSG_NOSIGNAL) != 1)
		_exit(EXIT_INTERRUPTED);
	close(front);
	munmap(birth, sizeof(*birth));
	int status = config->main(config->context);

	fflush(NULL);
	_exit(status); /* not exit: what the front registered with atexit is the front's */
}

/* The midwife --------------------------------------------------------------------------------- */

static int unshare_all(const struct sandbox_config *config, struct birth *birth)
{
	int kinds = CLONE_NEWNS | CLONE_NEWPID | (config->network ? CLONE_NEWNET : 0);

	birth->own_users = unshare(CLONE_NEWUSER | kinds) == 0;
	if (birth->own_users || (geteuid() == 0 && unshare(kinds) == 0))
		return 0;
	return refuse(birth, REFUSED_NAMESPACES, "making namespaces");
}

static _Noreturn void midwife_main(const struct sandbox_config *config, struct birth *birth,
				   int front)
{
	if (unshare_all(config, birth))
		_exit(EXIT_MACHINE_LACKS);
	pid_t conductor = fork();

	if (conductor == 0)
		conductor_main(config, birth, front);
	if (conductor < 0)
		error_errno(&birth->err, EXIT_MACHINE_LACKS, "fork of the conductor");
	else
		birth->conductor = conductor;
	_exit(0);
}

/* The front ----------------------------------------------------------------------------------- */

static int write_setting(pid_t pid, const char *name, const char *text)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && dprintf(fd, "%s", text) > 0 ? 0 : -1;
}

/* Root keeps every user and group as it is, so that other people's files stay readable; anybody
 * else becomes the root of a namespace in which there is nobody else (user_namespaces(7)). */
static int map_ids(struct birth *birth)
{
	static const char *const everybody = "0 0 4294967295";
	char user[48], group[48];

	if (geteuid() == 0 && write_setting(birth->conductor, "uid_map", everybody) == 0 &&
	    write_setting(birth->conductor, "gid_map", everybody) == 0)
		return 0;
	if (geteuid() == 0 && error_is_of_machine(errno)) /* which half a map would hide */
		return refuse(birth, REFUSED_IDS, "mapping user and group ids");
	snprintf(user, sizeof(user), "0 %u 1", geteuid());
	snprintf(group, sizeof(group), "0 %u 1", getegid());
	if (write_setting(birth->conductor, "setgroups", "deny") ||
	    write_setting(birth->conductor, "uid_map", user) ||
	    write_setting(birth->conductor, "gid_map", group))
		return refuse(birth, REFUSED_IDS, "mapping user and group ids");
	return 0;
}

/* From the newborn to the running conductor: maps, "go", and its "ready". */
static int raise_conductor(struct birth *birth, int conductor)
{
	char word;

	if (birth->own_users && map_ids(birth))
		return -1;
	if (send(conductor, "g", 1, MSG_NOSIGNAL) == 1 && recv(conductor, &word, 1, 0) == 1)
		return 0;
	if (birth->err.code == EXIT_AS_EXPECTED)
		error_set(&birth->err, EXIT_OUR_FAULT, "the conductor ended before it began");
	return -1;
}

static int deliver(const struct sandbox_config *config, struct birth *birth)
{
	int talk[2], status, was_reaper = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk))
		return error_errno(&birth->err, EXIT_OUR_FAULT, "socket to the conductor");
	prctl(PR_GET_CHILD_SUBREAPER, &was_reaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	pid_t midwife = fork();

	if (midwife == 0) {
		close(talk[0]);
		midwife_main(config, birth, talk[1]);
	}
	close(talk[1]);
	_cleanup_close_ int conductor = talk[0];

	if (midwife < 0)
		return error_errno(&birth->err, EXIT_OUR_FAULT, "fork of the sandbox");
	await(midwife, &status);
	prctl(PR_SET_CHILD_SUBREAPER, was_reaper);
	if (birth->conductor == 0)
		return -1;
	if (raise_conductor(birth, conductor) == 0)
		return 0;
	kill(birth->conductor, SIGKILL);
	await(birth->conductor, &status);
	return -1;
}

int sandbox_try(const struct sandbox_config *config, pid_t *conductor, enum refusal *refused,
		struct error *err)
{
	struct birth *birth = shared_new(sizeof(*birth));
	int failed = deliver(config, birth);

	*conductor = birth->conductor;
	*refused = birth->refused;
	if (failed)
		*err = birth->err;
	munmap(birth, sizeof(*birth));
	return failed ? error_wrap(err, "sandbox") : 0;
}

int sandbox_start(const struct sandbox_config *config, pid_t *conductor, struct error *err)
{
	enum refusal refused;
	char remedy[REMEDY_SIZE];

	if (sandbox_try(config, conductor, &refused, err) == 0)
		return 0;
	if (refused != REFUSED_NOTHING) {
		remedy_find(refused, remedy);
		snprintf(err->text + strlen(err->text), sizeof(err->text) - strlen(err->text),
			 " (%s)", remedy);
	}
	return -1;
}

void sandbox_wait(pid_t conductor, int *status)
{
	await(conductor, status);
}
