/* Which endpoint a request goes to: X(name in code, name in campaigns and history). */
#ifndef ETCD_ENDPOINT_ORDER_H
#define ETCD_ENDPOINT_ORDER_H

#define ETCD_ORDERS(X)                                                                             \
	X(FAILOVER, "failover") /* who answered last, and behind one that does not the next */     \
	X(PINNED, "pinned")     /* the first, whatever comes */                                    \
	X(ROUND_ROBIN, "round-robin") /* with each request the next */

enum etcd_order {
#define X(name, text) ETCD_##name,
	ETCD_ORDERS(X)
#undef X
};

extern const char *const etcd_order_names[]; /* NULL-terminated, in the order of the enum */

#endif
