/* Private to the room: how operations ask the members, and say how they ended. */
#ifndef CLUSTER_OPERATION_H
#define CLUSTER_OPERATION_H

#include "base/cleanup.h"
#include "cluster/operate.h"
#include "etcd/etcd.h"

struct operation operation_done(int64_t count, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct operation operation_void(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A client of one member; NULL with the error filled. */
struct etcd *member_client(const struct cluster *cluster, int member, struct error *err);

static inline void close_client(struct etcd **client)
{
	etcd_close(*client);
}

#define _cleanup_client_ _cleanup_(close_client)

#endif
