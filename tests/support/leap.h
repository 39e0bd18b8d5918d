/*
 * Time that leaps: the clocks of this program and of its forks, in libraries too, for what would
 * show only after hours of quiet. The program's own clock_gettime, here, stands before libc's for
 * every library that calls it; so this is for the one source of a test that includes it. Who sleeps
 * until an instant sleeps by the kernel's clock: leap back before anybody does.
 */
#ifndef TESTS_LEAP_H
#define TESTS_LEAP_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static _Atomic int64_t *leap_ns; /* shared with the forks that come after leap_open; NULL: none */

static inline void leap_open(void)
{
	leap_ns = mmap(NULL, sizeof(*leap_ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);
	int64_t ns = now->tv_nsec + (leap_ns ? *leap_ns : 0);

	now->tv_sec += ns / NS_PER_S;
	now->tv_nsec = ns % NS_PER_S;
	return result;
}

#endif
