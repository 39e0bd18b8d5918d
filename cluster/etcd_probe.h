/* Private to the room: does a member serve? Tried by a write of our own, as often as it takes. */
#ifndef CLUSTER_ETCD_PROBE_H
#define CLUSTER_ETCD_PROBE_H

#include "cluster/cluster_inside.h"

enum { PROBE_ANSWER_MS = 2000 };

struct probe {
	struct etcd *client; /* owned */
	char *key;           /* owned: PREFIXserving/NAME */
	int64_t lease;       /* on which the key hangs, as all that we put; 0: none yet */
	bool answered;       /* by whatever, ever */
};

int probe_open(struct probe *probe, const struct cluster *cluster, int member, const char *prefix,
	       struct error *err);

/* One try. Not ok is also a member that knows no leader: a put to it would be dropped, and answered
 * only after seconds. */
struct etcd_reply probe_write(struct probe *probe, int64_t deadline_ns);

/* Takes the key back. */
void probe_close(struct probe *probe);

#endif
