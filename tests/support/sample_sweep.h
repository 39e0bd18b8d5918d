/* A sweep as if it had been measured: counts that follow from what is predicted, with some noise
 * that is the same each time. */
#ifndef TESTS_SAMPLE_SWEEP_H
#define TESTS_SAMPLE_SWEEP_H

#include "reports/sweep_report.h"

struct sample_sweep {
	struct sweep sweep;
	struct sweep_cell cell[SWEEP_CELLS];
	double failover_s[SWEEP_CELLS][40];
	struct pause_profile pauses;
};

/* As many TTLs (2 s on), heartbeats (0.25 s on) and retries (1 on), each but the first about
 * half as long again. The user's own are the first ones. Points into itself. */
void sample_sweep_make(struct sample_sweep *sample, int ttls, int heartbeats, int retries);

/* A cell's figures, after its counts were changed. */
struct sweep_cell *sample_sweep_cell(struct sample_sweep *sample, int ttl_s, int heartbeat_ms,
				     int retries);

#endif
