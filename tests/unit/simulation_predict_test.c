/*
 * Two ways to one number: what predict.c reckons, and what comes of playing it. They agree within 3
 * % or as many standard deviations of the playing as chance leaves, whichever is more.
 *
 * PREDICT_SETTINGS says how many settings (200 by hand; fewer here).
 */
#include <math.h>
#include <stdlib.h>

#include "tests/support/suite.h"
#include "tests/unit/simulation_rig.h"

enum { SETTINGS = 12, STRIKES_WANTED = 4000 };

/* 200 settings are 1,200 comparisons: one of them is as far off by chance once in a hundred times.
 */
#define SIGMAS 4.5

static int settings(void)
{
	const char *told = getenv("PREDICT_SETTINGS");

	return told ? atoi(told) : SETTINGS;
}

static void compare(int setting, const char *what, double predicted, double played, double sigma)
{
	ck_assert_msg(fabs(played - predicted) <= fmax(0.03 * predicted, SIGMAS * sigma),
		      "setting %d: %s predicted %.5f, played %.5f, sigma %.5f", setting, what,
		      predicted, played, sigma);
}

/* Of `of` tries a share came so. */
static void compare_share(int setting, const char *what, double predicted, int64_t count,
			  int64_t of)
{
	double spread = fmax(predicted * (1 - fmin(predicted, 1)), 1.0 / (double)of);

	compare(setting, what, predicted, (double)count / (double)of, sqrt(spread / (double)of));
}

static void compare_mean(int setting, const char *what, double predicted,
			 const struct spread *played)
{
	double mean = spread_mean(played);
	double variance = played->squares / (double)played->count - mean * mean;

	compare(setting, what, predicted, mean, sqrt(fmax(variance, 0) / (double)played->count));
}

/*
 * A lock that somebody always waits for, and work that lasts long beside the TTL: what the formulas
 * take for granted. So the age of the last renewal is even, and strikes are not hit by one another.
 */
static struct scenario any_setting(const struct pause_profile *pauses)
{
	int ttl_ms = 1000 * (int)any(2, 12), heartbeat_ms = (int)any(ttl_ms / 10, ttl_ms * 6 / 10);
	double ttl_s = ttl_ms / 1e3;

	return (struct scenario){
		.situation =
			{
				.lease = lease_of_worker(ttl_ms, heartbeat_ms, (int)any(1, 4)),
				.delay_s = (double)any(100, 3000) / 1e6,
				.election_s = (double)any(500, 1500) / 1e3,
				.work_min_s = ttl_s * (double)any(2, 10) / 10,
				.work_max_s = ttl_s * (double)any(20, 60) / 10,
				.work_waits = any(0, 1),
				.heedless = any(0, 1),
				.check_s = 0.001,
				.rest_s = 0.1,
				.workers = 3,
				.locks = 1,
				.pauses = pauses,
				.pauses_per_hour = 3600 / (ttl_s * 1000),
			},
		.guard = any(0, 1) ? GUARD_NONE : GUARD_TOKEN_WRITES,
		.seed = (uint64_t)any(1, 1000000000),
	};
}

static void play_for(struct scenario *scenario, double per_hour, struct played *played)
{
	/* A strike finds a holder nearly always. */
	scenario->length_ns = (int64_t)(STRIKES_WANTED / per_hour * 3600e9);
	simulate(scenario, played);
}

static void compare_pauses(int setting, struct scenario scenario)
{
	const struct situation *situation = &scenario.situation;
	struct prediction prediction;
	struct played played;

	play_for(&scenario, situation->pauses_per_hour, &played);
	predict(situation, &prediction);
	const int64_t *count = played.count;
	int64_t pauses = count[COUNT_PAUSES];

	compare_share(setting, "loss-per-pause", prediction.value[PREDICT_LOSS_PER_PAUSE],
		      count[COUNT_PAUSE_LOSSES], pauses);
	compare_share(setting, "stale", prediction.harm[scenario.guard].stale,
		      count[COUNT_STALE_WRITES], pauses);
	compare_share(setting, "late", prediction.harm[scenario.guard].late,
		      count[COUNT_LATE_WRITES], pauses);
	played_close(&played);
}

static void compare_cuts(int setting, struct scenario scenario)
{
	struct situation *situation = &scenario.situation;
	double gives_up_s = (double)lease_gives_up_ns(&situation->lease) / 1e9;
	struct prediction prediction;
	struct played played;

	situation->pauses = NULL;
	situation->cut_s = gives_up_s * (double)any(10, 150) / 100;
	/* What ends by itself while the holder is cut off is neither kept nor lost. */
	situation->work_min_s = situation->work_max_s = 300 * (gives_up_s + situation->cut_s);
	scenario.cuts_per_hour = 3600 / (2000 * (gives_up_s + situation->cut_s + 10));
	play_for(&scenario, scenario.cuts_per_hour, &played);
	predict(situation, &prediction);
	compare_share(setting, "loss-per-cut", prediction.value[PREDICT_LOSS_PER_CUT],
		      played.count[COUNT_CUT_LOSSES], played.count[COUNT_CUTS]);
	played_close(&played);
}

static void compare_failovers(int setting, struct scenario scenario)
{
	struct situation *situation = &scenario.situation;
	struct prediction prediction;
	struct played played;

	situation->pauses = NULL;
	scenario.deaths_per_hour = situation->pauses_per_hour;
	play_for(&scenario, scenario.deaths_per_hour, &played);
	predict(situation, &prediction);
	const double *value = prediction.value;

	compare_mean(setting, "failover.mean", value[PREDICT_FAILOVER_MEAN], &played.failover);
	ck_assert_double_ge(played.failover.least_s, value[PREDICT_FAILOVER_LEAST] - 1e-6);
	ck_assert_double_le(played.failover.most_s, value[PREDICT_FAILOVER_MOST] + 1e-6);
	ck_assert_double_eq_tol(spread_percentile(&played.failover, 99),
				value[PREDICT_FAILOVER_P99], 0.03 * value[PREDICT_FAILOVER_P99]);
	played_close(&played);
}

START_TEST(predicted_is_what_is_played)
{
	static const char *const lengths[] = {"500ms..20s", "lognormal:3s:15s", "6s", "2s..9s"};
	static void (*const parts[])(int setting, struct scenario scenario) = {
		compare_pauses, compare_cuts, compare_failovers};
	struct pause_profile pauses;
	struct error err = {0};

	for (int i = 0; i < settings(); i++) {
		ck_assert_int_eq(pauses_parse(lengths[any(0, 3)], &pauses, &err), 0);
		struct scenario scenario = any_setting(&pauses);

		for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++)
			parts[part](i, scenario);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("simulation_predict");
	TCase *cases = tcase_create("predict");

	rig_stream = random_open(1, "predict");
	tcase_set_timeout(cases, settings() > SETTINGS ? 36000 : 300);
	tcase_add_test(cases, predicted_is_what_is_played);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
