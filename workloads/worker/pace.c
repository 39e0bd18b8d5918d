#include "workloads/worker/pace.h"

#include "base/clock.h"
#include "base/invariant.h"

enum { MILLION = 1000000 };

void pace_open(struct pace *pace, const struct live_worker *view)
{
	*pace = (struct pace){.view = view, .lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP};
}

/* In parts, for a product of nanoseconds and a rate leaves 64 bits after some hours. */
static int64_t scale(int64_t length_ns, int64_t numerator, int64_t denominator)
{
	return length_ns / denominator * numerator +
	       length_ns % denominator * numerator / denominator;
}

static int64_t show(const struct pace *pace, int64_t true_ns)
{
	int64_t since_ns = true_ns - pace->true_ns;

	return pace->shown_ns + since_ns + scale(since_ns, pace->rate_ppm, MILLION);
}

/* With the lock held: heeds what the nemesis has written since the last look. */
static void look(struct pace *pace)
{
	int32_t rate_ppm = atomic_load(&pace->view->clock_rate_ppm);
	int64_t offset_ns = atomic_load(&pace->view->clock_offset_ns), now_ns;

	if (rate_ppm < PACE_SLOWEST_PPM)
		rate_ppm = PACE_SLOWEST_PPM;
	if (rate_ppm == pace->rate_ppm && offset_ns == pace->offset_ns)
		return;
	now_ns = clock_now_ns();
	pace->shown_ns = show(pace, now_ns) + offset_ns - pace->offset_ns;
	pace->true_ns = now_ns;
	pace->rate_ppm = rate_ppm;
	pace->offset_ns = offset_ns;
}

int64_t pace_show_ns(struct pace *pace, int64_t true_ns)
{
	CHECK(pthread_mutex_lock(&pace->lock) == 0);
	look(pace);
	int64_t shown_ns = show(pace, true_ns);

	CHECK(pthread_mutex_unlock(&pace->lock) == 0);
	return shown_ns;
}

int64_t pace_await_ns(struct pace *pace, int64_t shown_ns)
{
	CHECK(pthread_mutex_lock(&pace->lock) == 0);
	look(pace);
	int64_t true_ns = pace->true_ns + scale(shown_ns - pace->shown_ns, MILLION,
						MILLION + (int64_t)pace->rate_ppm);

	CHECK(pthread_mutex_unlock(&pace->lock) == 0);
	return true_ns;
}
