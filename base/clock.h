/*
 * Time is CLOCK_MONOTONIC in nanoseconds, stamped by the process that acts. Deadlines are absolute
 * on that clock; CLOCK_NEVER is the deadline that does not come.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US   INT64_C(1000)
#define NS_PER_MS   INT64_C(1000000)
#define NS_PER_S    INT64_C(1000000000)
#define CLOCK_NEVER INT64_MAX

int64_t clock_now_ns(void);

/* Sleeps until the instant; a signal does not cut the sleep short. */
void clock_sleep_until_ns(int64_t until_ns);

/* Whole milliseconds left until the deadline, rounded up, at least 0 and at most INT_MAX: the shape
 * that poll() and libcurl take. */
int clock_left_ms(int64_t deadline_ns);

/* The sooner of the deadline and `timeout_ms` from now. */
int64_t clock_sooner_ns(int64_t deadline_ns, int64_t timeout_ms);

/* Waits until the descriptor can be read or is at its end (of a pidfd: the process and all its
 * threads are gone). False when it was not so by the deadline, or at once when fd is -1. */
bool clock_await_readable(int fd, int64_t deadline_ns);

/* Nanoseconds since 1970: only to find a place of ours in what others stamp so (a packet capture).
 */
int64_t clock_wall_ns(void);

/* Wall-clock time as "2026-11-20T19:15:16Z" into text (at least 21 bytes). For people only. */
void clock_wall_text(char *text, int size);

#endif
