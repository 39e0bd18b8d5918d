/*
 * Companions: processes that make trouble or load beside the workers for as long as a fault lasts.
 *
 * A companion is a child of the caller, in the caller's network namespace (the nemesis's: the hub,
 * which reaches every member and which no cut touches). The start returns at once. It ends when it
 * is told to, and it is killed with its parent, so that none is left behind. What it did can be
 * read at any time. The caller must have one thread only.
 */
#ifndef SANDBOX_COMPANION_H
#define SANDBOX_COMPANION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "sandbox/machine.h"

struct companion;

struct companion_job {
	/* Its life, until stop_fd is readable; returns its exit status. `counts` is zero, and read
	 * by its parent meanwhile. */
	int (*live)(const void *plan, void *counts, int stop_fd);
	const void *plan; /* borrowed until the start returns */
	size_t counts_size;
	struct machine slowed; /* that must run in the end; leader 0: none */
};

int companion_start(struct companion **companion, const struct companion_job *job,
		    struct error *err);

/* What it counts: until companion_close, also when it has ended. */
const void *companion_counts(const struct companion *companion);
pid_t companion_pid(const struct companion *companion);

/* Tells it to end, waits until the deadline and then kills it. Fails when it had ended by a fault
 * of its own, or had to be killed. */
int companion_stop(struct companion *companion, int64_t deadline_ns, struct error *err);

/* Frees one that was stopped. */
void companion_close(struct companion *companion);

/* In the companion: sleeps until the instant. True at once when it is told to end, or another of
 * the descriptors (`others`, may be none) becomes readable. */
bool companion_wait(int stop_fd, const int *others, int count, int64_t until_ns);

#endif
