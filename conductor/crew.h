/* Private to conductor/: who runs on which host, with what, and how they are told to stop. */
#ifndef CONDUCTOR_CREW_H
#define CONDUCTOR_CREW_H

#include <stdatomic.h>

#include "conductor/plan.h"
#include "conductor/lag.h"

/* Those whose standing still ends the run (conductor/watchdog.h). */
enum pulse_of { PULSE_RECORDER, PULSE_STORE, PULSE_WITNESS, PULSE_NEMESIS, PULSES };

struct switches { /* in shared memory; 1: stop */
	_Atomic int workers, store, witness, nemesis, capture, recorder;
	_Atomic uint32_t pulse[PULSES]; /* each moves its own whenever it looks at its switch */
	_Atomic int witness_ready;      /* members whose watch stands */
	struct lag lag;                 /* no switch, but shared as they are */
};

struct crew; /* the programs' configurations, borrowed by them until the run ends */

struct crew *crew_open(const struct plan *plan, struct hosts *hosts, struct cluster *cluster,
		       struct area *area);
void crew_close(struct crew *crew);

struct switches *crew_switches(struct crew *crew);

/* What the adapter of that arm calls itself; NULL: there is none, or it has not said. */
const char *crew_client(const struct crew *crew, int arm);

/* Beats in the recorder, which lives longest. */
const struct lag *crew_lag(const struct crew *crew);

/* The store's address; it listens as soon as a connection succeeds. */
const char *crew_store_address(const struct crew *crew);
uint16_t crew_store_port(const struct crew *crew);

/* Told to the nemesis before it is started. */
void crew_set_load(struct crew *crew, int64_t began_ns, int64_t ends_ns);

#endif
