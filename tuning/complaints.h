/*
 * What is wrong with settings before anything was run: `fencepost lint`. The rules are those of
 * advice.h that need no run.
 */
#ifndef TUNING_COMPLAINTS_H
#define TUNING_COMPLAINTS_H

#include "history/guard.h"
#include "tuning/lease_times.h"

/* X(name in code, name in words), the gravest first. */
#define COMPLAINTS(X)                                                                              \
	X(NO_RENEWAL, "no-renewal") /* the heartbeat is as long as the lease */                    \
	X(GIVES_UP, "gives-up")     /* a cut-off holder goes on for longer than its lease */       \
	X(NO_GUARD, "no-guard")     /* the resource would take what a stale holder writes */       \
	X(HEARTBEAT, "heartbeat")   /* too few renewals fit into a lease */                        \
	X(LEAST_TTL, "least-ttl")   /* the service grants more than is asked for */

enum complaint_rule {
#define X(name, word) COMPLAINT_##name,
	COMPLAINTS(X)
#undef X
		COMPLAINT_RULES_COUNT
};

const char *complaint_rule_word(enum complaint_rule rule);

struct stated {                            /* what somebody means to use */
	int ttl_ms, heartbeat_ms, retries; /* each > 0 */
	int election_ms;                   /* of the etcd; 0: not known */
	const struct guard_kind *guard;    /* NULL: not told */
};

/* As the service would grant it. */
struct lease stated_lease(const struct stated *stated);

struct complaint { /* sentences, owned */
	enum complaint_rule rule;
	char *what, *change, *price;
};

struct complaints {
	int count; /* each rule once at most */
	struct complaint complaint[COMPLAINT_RULES_COUNT];
};

/* The caller frees with complaints_free. */
void complaints_make(const struct stated *stated, struct complaints *complaints);
void complaints_free(struct complaints *complaints);

#endif
