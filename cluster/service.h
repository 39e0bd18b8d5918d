/* Services: what the members run, as far as its kind matters. cluster.h says what each does. */
#ifndef CLUSTER_SERVICE_H
#define CLUSTER_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cluster;
struct host;

struct service {
	const char *wal; /* where below its data a member keeps its write-ahead log */
	/* Where clients find a member of ours. The caller frees. */
	char *(*endpoint)(const struct host *host);
	/* Becomes the member's program, on its host. Returns the exit status of a failed exec. */
	int (*become)(const struct cluster *cluster, int member);
	int (*wait_serving)(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			    struct error *err);
	int (*leader)(struct cluster *cluster, uint64_t *term);
	int (*audit)(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		     struct error *err);
	int (*forget)(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		      struct error *err);
	/* Undoes what operators did to the membership. */
	int (*heal)(struct cluster *cluster, struct error *err);
	void (*version)(struct cluster *cluster, char *version, size_t size);
};

extern const struct service service_etcd;

#endif
