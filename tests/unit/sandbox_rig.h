/*
 * For tests of what happens inside the sandbox: the body runs as its conductor. A failed assertion
 * there reports itself and ends the conductor with status 1, which fails the test outside, too.
 */
#ifndef TESTS_SANDBOX_RIG_H
#define TESTS_SANDBOX_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox/hosts.h"
#include "sandbox/sandbox.h"
#include "tests/support/scratch.h"

/* Ends the program when this machine has no sandbox: SKIP, or a failure under MUST_RUN=1. */
static inline int rig_idle(void *context)
{
	(void)context;
	return 0;
}

static inline void rig_need_sandbox(const char *test)
{
	struct sandbox_config config = {.network = true, .main = rig_idle};
	const char *must_run = getenv("MUST_RUN");
	struct error err = {0};
	pid_t conductor;
	int status;

	if (sandbox_start(&config, &conductor, &err) == 0) {
		sandbox_wait(conductor, &status);
		return;
	}
	printf("SKIP %s: %s\n", test, err.text);
	exit(must_run && strcmp(must_run, "1") == 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Made outside, whose process removes it: the conductor ends by _exit. */
static const char *rig_run_dir;

/* The user namespace of the machine, as seen before the sandbox. */
static ino_t rig_users;

static inline ino_t rig_look_at_users(void)
{
	struct stat status;

	ck_assert_int_eq(stat("/proc/self/ns/user", &status), 0);
	return status.st_ino;
}

/* In the sandbox: may /proc/sys/user be written? Only where that is not the machine's own. */
static inline bool rig_owns_users(const char *test)
{
	const char *must_run = getenv("MUST_RUN");

	if (rig_look_at_users() != rig_users)
		return true;
	printf("SKIP %s: this sandbox has no user namespace of its own\n", test);
	fflush(stdout);
#ifndef __SANITIZE_THREAD__ /* whose own thread forbids user namespaces */
	ck_assert(!must_run || strcmp(must_run, "1") != 0);
#else
	(void)must_run;
#endif
	return false;
}

static inline int rig_call(void *body)
{
	(*(void (**)(void))body)();
	return 0;
}

static inline void rig_run_inside(bool network, void (*body)(void))
{
	struct sandbox_config config = {.network = network, .main = rig_call, .context = &body};
	struct error err = {0};
	pid_t conductor;
	int status;

	rig_users = rig_look_at_users();
	rig_run_dir = scratch_file("run");
	ck_assert_int_eq(mkdir(rig_run_dir, 0700), 0);
	ck_assert_msg(sandbox_start(&config, &conductor, &err) == 0, "%s", err.text);
	sandbox_wait(conductor, &status);
	ck_assert_msg(status == 0, "the conductor ended with wait status %#x", (unsigned)status);
}

/* START_TEST whose body is the conductor of a sandbox with a network. */
#define START_INSIDE(name)                                                                         \
	static void name##_inside(void);                                                           \
	START_TEST(name)                                                                           \
	{                                                                                          \
		rig_run_inside(true, name##_inside);                                               \
	}                                                                                          \
	END_TEST                                                                                   \
	static void name##_inside(void)

#define ck_ok(call)                                                                                \
	do {                                                                                       \
		struct error err = {0};                                                            \
		int result_ = (call);                                                              \
		ck_assert_msg(result_ == 0, "%s: %s", #call, err.text);                            \
	} while (0)

/* `members` members and `workers` workers, with a store and a witness between; in the sandbox, if
 * the plan does not say where. */
static inline struct hosts *rig_open(int members, int workers, struct hosts_plan plan)
{
	static struct host host[HOSTS_MAX];
	struct hosts *hosts;

	if (!plan.engine)
		plan.engine = &engine_sandbox;
	plan.run_dir = rig_run_dir;
	plan.count = members + 2 + workers;
	plan.host = host;
	for (int i = 0; i < plan.count; i++) {
		enum host_role role = i < members        ? HOST_MEMBER
				      : i == members     ? HOST_STORE
				      : i == members + 1 ? HOST_WITNESS
							 : HOST_WORKER;

		host[i] = (struct host){.id = i, .role = role};
		snprintf(host[i].name, sizeof(host[i].name), "%s%d", host_role_name(role), i);
	}
	ck_ok(hosts_open(&hosts, &plan, &err));
	return hosts;
}

#endif
