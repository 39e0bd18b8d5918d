/*
 * How many hours of a lock are simulated in a minute of one processor: quiet ones and such as have
 * pauses and deaths, at three workers a lock, and 10^5 workers on one service.
 */
#include <stdio.h>
#include <time.h>

#include "base/invariant.h"
#include "tuning/simulation/simulate.h"

static double cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void measure(const char *what, double pauses_per_hour, double deaths_per_hour, int locks,
		    int64_t hours)
{
	struct pause_profile pauses;
	struct error err = {0};
	struct played played;
	struct scenario scenario = {
		.situation = {.lease = lease_of_worker(10000, 3000, 2),
			      .delay_s = 0.001,
			      .election_s = 1,
			      .work_min_s = 1,
			      .work_max_s = 1,
			      .check_s = 0.001,
			      .rest_s = 1,
			      .workers = 3,
			      .locks = locks,
			      .pauses = &pauses,
			      .pauses_per_hour = pauses_per_hour},
		.deaths_per_hour = deaths_per_hour,
		.length_ns = hours * 3600 * NS_PER_S,
		.seed = 1,
	};

	CHECK(pauses_parse("lognormal:200ms:8s", &pauses, &err) == 0);
	double before_s = cpu_s();

	simulate(&scenario, &played);
	double took_s = cpu_s() - before_s;
	double lock_hours = (double)hours * locks;

	printf("%-48s %10.0f lock-hours in %6.2f s: %10.0f a minute\n", what, lock_hours, took_s,
	       lock_hours / took_s * 60);
	played_close(&played);
}

int main(void)
{
	measure("quiet", 0, 0, 1, 50000);
	measure("a death an hour", 0, 1, 1, 50000);
	measure("6 pauses and a death an hour", 6, 1, 1, 50000);
	measure("60 pauses and a death an hour", 60, 1, 1, 10000);
	measure("100,002 workers on one service, quiet", 0, 0, 33334, 1);
	measure("100,002 workers, 6 pauses and a death an hour", 6, 1, 33334, 1);
	return 0;
}
