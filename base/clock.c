#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "base/invariant.h"

int64_t clock_now_ns(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void clock_sleep_until_ns(int64_t until_ns)
{
	struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

int clock_left_ms(int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - clock_now_ns();

	if (left_ns <= 0)
		return 0;
	if (left_ns / NS_PER_MS >= INT_MAX)
		return INT_MAX;
	return (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

int64_t clock_sooner_ns(int64_t deadline_ns, int64_t timeout_ms)
{
	int64_t until_ns = clock_now_ns() + timeout_ms * NS_PER_MS;

	return until_ns < deadline_ns ? until_ns : deadline_ns;
}

bool clock_await_readable(int fd, int64_t deadline_ns)
{
	struct pollfd end = {fd, POLLIN, 0};
	int ready;

	do
		ready = fd < 0 ? 0 : poll(&end, 1, clock_left_ms(deadline_ns));
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

int64_t clock_wall_ns(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void clock_wall_text(char *text, int size)
{
	time_t now = (time_t)(clock_wall_ns() / NS_PER_S); /* time() lags by a tick */
	struct tm utc;

	CHECK(gmtime_r(&now, &utc) != NULL);
	CHECK(strftime(text, (size_t)size, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0);
}
