#include "conductor/small_etcd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/text.h"
#include "sandbox/sandbox.h"

enum { SERVES_S = 20, LOOK_AGAIN_MS = 20 };

static const char url[] = "http://127.0.0.1:2379";

struct inside { /* in memory that the sandbox shares */
	const struct small_etcd *small;
	char folder[64];
	struct error err;
};

/* Without our environment: etcd takes every flag from ETCD_... too. */
static _Noreturn void become_etcd(const struct inside *inside)
{
	_cleanup_free_ char *data = text_format("%s/data", inside->folder);
	int nothing = open("/dev/null", O_RDWR);

	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
	    dup2(nothing, STDERR_FILENO) < 0)
		_exit(EXIT_MACHINE_LACKS);
	execle(inside->small->path, inside->small->path, "--data-dir", data, "--listen-client-urls",
	       url, "--advertise-client-urls", url, "--listen-peer-urls", "http://127.0.0.1:0",
	       "--heartbeat-interval", "50", "--election-timeout", "500", NULL,
	       (char *const[]){NULL});
	_exit(EXIT_MACHINE_LACKS);
}

static bool serves(struct etcd *etcd, pid_t pid)
{
	int64_t deadline_ns = clock_now_ns() + SERVES_S * NS_PER_S;
	int count;

	while (clock_now_ns() < deadline_ns && waitpid(pid, NULL, WNOHANG) == 0) {
		struct etcd_kv kv;

		if (etcd_range(etcd, "fencepost", false, &kv, 1, &count, clock_now_ns() + NS_PER_S)
			    .outcome == ETCD_OK)
			return true;
		clock_sleep_until_ns(clock_now_ns() + LOOK_AGAIN_MS * NS_PER_MS);
	}
	return false;
}

static int start(struct inside *inside, const struct etcd_target *target)
{
	struct etcd *etcd;

	if (mount("fencepost", inside->folder, "tmpfs", MS_NOSUID | MS_NODEV, NULL))
		return error_errno(&inside->err, EXIT_MACHINE_LACKS, "memory for etcd's data at %s",
				   inside->folder);
	pid_t pid = fork();

	if (pid == 0)
		become_etcd(inside);
	if (pid < 0 || etcd_open(&etcd, target, 0, &inside->err))
		return error_errno(&inside->err, EXIT_MACHINE_LACKS, "a process for etcd");
	bool does = serves(etcd, pid);

	etcd_close(etcd);
	return does ? 0
		    : error_set(&inside->err, EXIT_MACHINE_LACKS, "%s does not serve on %s",
				inside->small->path, url);
}

static int live(void *context)
{
	struct inside *inside = context;
	const char *endpoint[] = {url};
	const struct etcd_target target = {endpoint, 1, NULL};

	if (start(inside, &target))
		return inside->err.code;
	return inside->small->act(inside->small->context, &target);
}

static int run_inside(struct inside *inside, struct error *err)
{
	struct sandbox_config config = {.network = true, .main = live, .context = inside};
	pid_t pid;
	int status;

	if (sandbox_start(&config, &pid, err))
		return err->code;
	sandbox_wait(pid, &status);
	if (inside->err.code)
		*err = inside->err;
	else if (!WIFEXITED(status))
		error_set(err, EXIT_OUR_FAULT, "the sandbox was ended by signal %d",
			  WTERMSIG(status));
	return err->code ? (int)err->code : WEXITSTATUS(status);
}

int small_etcd_run(const struct small_etcd *small, struct error *err)
{
	struct inside *inside = shared_new(sizeof(*inside));
	const char *temporary = getenv("TMPDIR");

	inside->small = small;
	snprintf(inside->folder, sizeof(inside->folder), "%.40s/fencepost-XXXXXX",
		 temporary ? temporary : "/tmp");
	int code = mkdtemp(inside->folder)
			   ? run_inside(inside, err)
			   : (error_errno(err, EXIT_MACHINE_LACKS, "folder %s", inside->folder),
			      (int)err->code);

	rmdir(inside->folder);
	munmap(inside, sizeof(*inside));
	return code;
}
