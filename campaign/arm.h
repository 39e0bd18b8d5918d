/* One variant under test, as the campaign resolved it. */
#ifndef CAMPAIGN_ARM_H
#define CAMPAIGN_ARM_H

#include <stdint.h>

#include "base/error.h"
#include "campaign/habits.h"
#include "campaign/recipes.h"
#include "etcd/endpoint_order.h"
#include "history/guard.h"

/* X(name in code, name in campaigns and history). */
#define STORES(X)                                                                                  \
	X(HONEST, "honest")                                                                        \
	X(IGNORES_TOKENS, "ignores-tokens") /* planted bug: accepts whatever token comes */

enum store_honesty {
#define X(name, text) STORE_##name,
	STORES(X)
#undef X
};

enum { CLIENT_WORDS_MAX = 8, CLIENT_WORD_SIZE = 160 };

/* NULL-terminated, in the order of the enum; for parsing and for error messages. */
extern const char *const store_names[];

/* Whether the worker asks the service, right before it writes, whether its lock is still there, and
 * how: X(name in code, name in campaigns and history). */
#define LOOKS(X)                                                                                   \
	X(NONE, "none")                                                                            \
	X(RANGE, "range")               /* a linearizable read of the lock key */                  \
	X(SERIALIZABLE, "serializable") /* a read of it as its first member happens to have it */  \
	X(TIMETOLIVE, "timetolive")     /* what is left of the lease */

enum look {
#define X(name, text) LOOK_##name,
	LOOKS(X)
#undef X
};

extern const char *const look_names[]; /* NULL-terminated, in the order of the enum */

enum expectation { EXPECT_ANY, EXPECT_SAFE, EXPECT_UNSAFE };
extern const char *const expectation_names[]; /* "any", "safe", "unsafe", NULL */

struct arm {
	int id;
	char name[32];
	enum expectation expect; /* of the verdict */
	enum guard guard;
	enum recipe recipe; /* means nothing beside a client */
	enum habit habit;   /* nor does this */
	int client_words;   /* of the adapter's command line; 0: there is none, the recipe is */
	char client_word[CLIENT_WORDS_MAX][CLIENT_WORD_SIZE];
	enum store_honesty store;
	enum look look;
	enum etcd_order endpoint_order;
	int lanes, workers;   /* workers per lane */
	int permits;          /* of a semaphore; else 0 */
	int readers;          /* percent of the attempts at a read-write lock; else 0 */
	int ttl_s;            /* asked for; the granted one is in the answer */
	int heartbeat_ms;     /* between two renewals; 0: it never renews */
	int renew_timeout_ms; /* for which a renewal is waited for; 0: arm_renewal_patience_ms */
	int retry_after_ms;   /* at the least from a renewal that fails to the next; 0: at once */
	int retries; /* failed renewals in a row after which the worker gives its lock up */
	int renew_deadline_ms; /* for so long they are tried again instead; 0: as `retries` says */
	int acquire_timeout_ms;
	int acquire_within_ms;        /* expected; 0: nothing is. No worker looks at it */
	int work_min_ms, work_max_ms; /* between read and write, drawn uniformly */
	int rest_max_ms; /* after a release, before the next attempt, drawn uniformly */
};

/* How long a worker waits for a renewal's answer before it takes it for failed, unless it is told
 * (renew_timeout_ms). */
static inline int arm_renewal_patience_ms(int heartbeat_ms)
{
	return heartbeat_ms > 100 ? heartbeat_ms : 100;
}

/* For what nobody vouches in this arm: bits of enum planted (history/event.h). */
unsigned int arm_planted(const struct arm *arm);

/* The name of its client in history and reports: the recipe's, or "adapter", until that has told
 * its own. */
const char *arm_client(const struct arm *arm);

/* No campaign can have an arm with such times. */
int arm_judge_times(const struct arm *arm, struct error *err);

#endif
