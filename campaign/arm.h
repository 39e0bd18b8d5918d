/* One variant under test, as the campaign resolved it. */
#ifndef CAMPAIGN_ARM_H
#define CAMPAIGN_ARM_H

#include <stdint.h>

#include "history/guard.h"

/* X(name in code, name in campaigns and history). */

/* How a worker takes and gives back its lock. The broken ones are negative controls: each has one
 * planted bug that the checker must name. */
#define RECIPES(X)                                                                                 \
	X(LOCK, "lock")                       /* etcd's lock API with a lease per attempt */       \
	X(BROKEN_PUT, "broken-put")           /* takes the lock by a put without compare */        \
	X(BROKEN_NO_RENEW, "broken-no-renew") /* never renews, works on regardless */              \
	X(BROKEN_GHOST, "broken-ghost")       /* calls an acquire that timed out acquired */       \
	X(BROKEN_TOKEN, "broken-token")       /* presents its lease id as the fencing token */     \
	X(BROKEN_FOREVER, "broken-forever") /* locks without a lease of its own, never unlocks */  \
	X(BROKEN_RELEASE, "broken-release") /* unlocks whoever comes first by name */              \
	X(BROKEN_STEAL, "broken-steal")     /* deletes what it finds before it locks */            \
	X(BROKEN_KEEPALIVE, "broken-keepalive") /* takes "the lease is gone" for a renewal */      \
	X(BROKEN_GONE, "broken-gone")           /* takes a renewal for "the lease is gone" */      \
	X(BROKEN_STALE, "broken-stale")         /* reads its token from one member's own copy */

#define STORES(X)                                                                                  \
	X(HONEST, "honest")                                                                        \
	X(IGNORES_TOKENS, "ignores-tokens") /* planted bug: accepts whatever token comes */

enum recipe {
#define X(name, text) RECIPE_##name,
	RECIPES(X)
#undef X
};

enum store_honesty {
#define X(name, text) STORE_##name,
	STORES(X)
#undef X
};

const char *recipe_name(enum recipe recipe);
/* NULL-terminated, in the order of the enums; for parsing and for error messages. */
extern const char *const recipe_names[];
extern const char *const store_names[];

enum expectation { EXPECT_ANY, EXPECT_SAFE, EXPECT_UNSAFE };
extern const char *const expectation_names[]; /* "any", "safe", "unsafe", NULL */

struct arm {
	int id;
	char name[32];
	enum expectation expect; /* of the verdict */
	enum guard guard;
	enum recipe recipe;
	enum store_honesty store;
	int lanes, workers; /* workers per lane */
	int ttl_s;          /* asked for; the granted one is in the answer */
	int heartbeat_ms;   /* between two renewals */
	int retries;        /* failed renewals in a row after which the worker gives its lock up */
	int acquire_timeout_ms;
	int acquire_within_ms;        /* expected; 0: nothing is. No worker looks at it */
	int work_min_ms, work_max_ms; /* between read and write, drawn uniformly */
	int rest_max_ms; /* after a release, before the next attempt, drawn uniformly */
};

#endif
