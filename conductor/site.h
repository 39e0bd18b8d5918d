/* Private to conductor/: where a run takes place: its hosts, and the cluster on them. */
#ifndef CONDUCTOR_SITE_H
#define CONDUCTOR_SITE_H

#include "cluster/cluster.h"
#include "conductor/plan.h"

struct site {
	struct hosts *hosts;
	struct cluster *cluster;
	const char *endpoint[ENDPOINTS_MAX], *flag[FLAGS_MAX + 1]; /* the campaign's */
};

/* As the campaign says: in the sandbox, or at an existing cluster. Starts nothing. */
int site_open(struct site *site, const struct plan *plan, struct error *err);
void site_close(struct site *site);

/* False: an existing cluster, in which the members are somebody else's. */
bool site_is_ours(const struct site *site);

/* Says what the log of the first member says that ended; with flags of the campaign's own, which
 * may be why, that of the first one anyway. */
void site_quote_member(const struct site *site);

#endif
