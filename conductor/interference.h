/* Private to conductor/: what shows whether the harness itself was in its own way: connections that
 * failed, by the kernel's count, and times at which nothing ran. */
#ifndef CONDUCTOR_INTERFERENCE_H
#define CONDUCTOR_INTERFERENCE_H

#include "conductor/plan.h"
#include "conductor/lag.h"

/* Remarks on a run that is suspect; into the conductor's ring, so before the recorder ends. */
void reach_note(struct hosts *hosts, const struct plan *plan, const struct lag *lag,
		struct ring *ring);

/* Says which members of an existing cluster are down, if not as many serve as `before`. Returns how
 * many do. */
int reach_note_absent(struct cluster *cluster, const struct plan *plan, struct ring *ring,
		      int before);

/* Into the file, once it is ours: the table `connection`, and the run's worst_gap_ns,
 * worst_gap_at_ns. */
int reach_record(struct hosts *hosts, const struct plan *plan, const struct lag *lag, sqlite3 *db,
		 struct error *err);

#endif
