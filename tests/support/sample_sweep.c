#include "tests/support/sample_sweep.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"

enum { FAILOVERS = 40, PAUSES_PER_HOUR = 60 };

static const int ttls_s[] = {2, 3, 5, 8, 12, 16, 20, 25, 30, 60};
static const int heartbeats_ms[] = {250, 500, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 10000};

static void measure(struct sample_sweep *sample, struct sweep_cell *cell, int number)
{
	struct situation situation = sample->sweep.situation;
	struct prediction said;
	double noise = 0.9 + (double)(number * 7 % 11) / 50;

	situation.lease = cell->lease;
	predict(&situation, &said);
	cell->held_s = 1800;
	cell->measured_s = 120;
	cell->lost = llround(said.value[PREDICT_LOSS_PER_PAUSE] * noise * PAUSES_PER_HOUR * 0.5);
	cell->lost_occasions = (cell->lost + 1) / 2;
	cell->exposures = cell->lost;
	cell->stale = llround(said.harm[GUARD_NONE].stale * noise * PAUSES_PER_HOUR * 0.5);
	cell->stale_occasions = (cell->stale + 1) / 2;
	if (cell->exposures) {
		double share = (double)cell->stale / (double)cell->exposures;

		cell->stale_low = share / 2;
		cell->stale_high = fmin(1, share * 1.5 + 3 / (double)cell->exposures);
	}
	cell->failovers = FAILOVERS;
	cell->failover_s = sample->failover_s[number];
	for (int i = 0; i < FAILOVERS; i++)
		sample->failover_s[number][i] = said.value[PREDICT_FAILOVER_LEAST] +
						(i + noise) / FAILOVERS *
							(said.value[PREDICT_FAILOVER_MOST] -
							 said.value[PREDICT_FAILOVER_LEAST]);
	cell->renewals = llround(said.value[PREDICT_RENEWALS] * noise * cell->measured_s);
}

static const struct sweep_run runs[] = {{"runs/batch-1", "cell-1"}, {"runs/batch 2", "cell-1"}};

static void make_cell(struct sample_sweep *sample, int ttl_s, int heartbeat_ms, int retries)
{
	int number = sample->sweep.cells++;
	struct sweep_cell *cell = &sample->cell[number];

	*cell = (struct sweep_cell){
		.lease = lease_of_worker(ttl_s * 1000, heartbeat_ms, retries),
		.stale_low = NAN,
		.stale_high = NAN,
	};
	if (heartbeat_ms >= ttl_s * 1000) {
		cell->state = SWEEP_LEFT_OUT;
		cell->reason = "no renewal is sent before the lease is over";
	} else {
		measure(sample, cell, number);
		cell->run = runs;
		cell->runs = 2;
	}
	sweep_reckon(cell);
}

void sample_sweep_make(struct sample_sweep *sample, int ttls, int heartbeats, int retries)
{
	static const uint64_t seeds[] = {7, 6285551952079151};

	memset(sample, 0, sizeof(*sample));
	sample->pauses = (struct pause_profile){.shape = PAUSE_RANGE, .least_s = 0.5, .most_s = 6};
	sample->sweep = (struct sweep){
		.campaign = "tuning",
		.arm = "none",
		.guard = &guard_kinds[GUARD_NONE],
		.etcd = "3.5.30",
		.duration_s = 60,
		.seed = seeds,
		.seeds = 2,
		.until_width = 0.05,
		.situation = {.lease = lease_of_worker(2000, 250, 1),
			      .delay_s = 0.0005,
			      .election_s = 1,
			      .work_min_s = 0.5,
			      .work_max_s = 2,
			      .heedless = true,
			      .check_s = 0.001,
			      .workers = 3,
			      .locks = 1,
			      .pauses = &sample->pauses,
			      .pauses_per_hour = PAUSES_PER_HOUR},
		.cell = sample->cell,
	};
	for (int n = 1; n <= retries; n++)
		for (int h = 0; h < heartbeats; h++)
			for (int t = 0; t < ttls; t++)
				make_cell(sample, ttls_s[t], heartbeats_ms[h], n);
}

struct sweep_cell *sample_sweep_cell(struct sample_sweep *sample, int ttl_s, int heartbeat_ms,
				     int retries)
{
	for (int i = 0; i < sample->sweep.cells; i++) {
		const struct lease *lease = &sample->cell[i].lease;

		if (lease->ttl_ns == ttl_s * NS_PER_S &&
		    lease->heartbeat_ns == heartbeat_ms * NS_PER_MS && lease->retries == retries)
			return &sample->cell[i];
	}
	ck_abort_msg("no such cell");
	return NULL;
}
