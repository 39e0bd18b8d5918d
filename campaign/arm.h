/* One variant under test, as the campaign resolved it. */
#ifndef CAMPAIGN_ARM_H
#define CAMPAIGN_ARM_H

#include <stdint.h>

#include "campaign/recipes.h"

/* X(name in code, name in campaigns and history). */
#define GUARDS(X)                                                                                  \
	X(NONE, "none")   /* requests carry no token; the store checks nothing */                  \
	X(TOKEN, "token") /* every request, reads too, carries the token; the store refuses one    \
			     that is smaller than the greatest it has seen */

#define STORES(X)                                                                                  \
	X(HONEST, "honest")                                                                        \
	X(IGNORES_TOKENS, "ignores-tokens") /* planted bug: accepts whatever token comes */

enum guard {
#define X(name, text) GUARD_##name,
	GUARDS(X)
#undef X
};

enum store_honesty {
#define X(name, text) STORE_##name,
	STORES(X)
#undef X
};

/* NULL-terminated, in the order of the enums; for parsing and for error messages. */
extern const char *const guard_names[];
extern const char *const store_names[];

struct arm {
	int id;
	char name[32];
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

/* What is wrong on purpose in this arm: bits of enum planted (history/event.h). */
unsigned int arm_planted(const struct arm *arm);

#endif
