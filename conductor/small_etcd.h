/* One etcd member for as long as something is tried: on loopback of a sandbox of its own, with its
 * data in memory. Whatever was started in there ends with it. */
#ifndef CONDUCTOR_SMALL_ETCD_H
#define CONDUCTOR_SMALL_ETCD_H

#include "base/error.h"
#include "etcd/etcd.h"

struct small_etcd {
	const char *path; /* of the binary */
	/* Called inside, once it serves, in another process than the caller's. Returns the code
	 * that small_etcd_run returns. */
	int (*act)(void *context, const struct etcd_target *target);
	void *context;
};

/* What `act` returned; of a failure err->code, and the error is filled. */
int small_etcd_run(const struct small_etcd *small, struct error *err);

#endif
