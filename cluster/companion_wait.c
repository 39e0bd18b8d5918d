/* Waiting inside a companion. */
#include "cluster/companion_inside.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/invariant.h"

enum { WATCHED_MAX = 4 };

bool companion_wait(int stop_fd, const int *others, int count, int64_t until_ns)
{
	struct pollfd watched[1 + WATCHED_MAX] = {{stop_fd, POLLIN, 0}};

	CHECK(count <= WATCHED_MAX);
	for (int i = 0; i < count; i++)
		watched[1 + i] = (struct pollfd){others[i], POLLIN, 0};
	for (;;) {
		int64_t left_ns = until_ns - clock_now_ns();
		struct timespec left = {left_ns / NS_PER_S, left_ns % NS_PER_S};

		if (left_ns <= 0)
			left = (struct timespec){0};
		int ready = ppoll(watched, (nfds_t)(1 + count), &left, NULL);

		if (ready > 0)
			return true;
		CHECK(ready == 0 || errno == EINTR);
		if (ready == 0 && left_ns <= 0)
			return false;
	}
}
