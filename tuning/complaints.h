/*
 * What is wrong with settings before anything was run: `fencepost lint`. Each rule stands by
 * itself; tuning/README.md says why it holds.
 */
#ifndef TUNING_COMPLAINTS_H
#define TUNING_COMPLAINTS_H

#include "tuning/stated.h"

/* X(name in code, name in words, what is wrong, whence the rule), the gravest first. */
#define COMPLAINTS(X)                                                                              \
	X(NO_RENEWAL, "no-renewal", "no renewal is sent before the lease is over",                 \
	  "etcd, lease API: a lease that is not kept alive ends with its TTL")                     \
	X(NOT_TOLD, "not-told", "nothing tells the holder that its lease is over",                 \
	  "Gray and Cheriton 1989: a holder's term ends by its own clock, before the server's")    \
	X(GIVES_UP, "gives-up",                                                                    \
	  "a holder that gets no answer stops when its lease may be another's, or later. At the "  \
	  "same time is too late",                                                                 \
	  "h + (n - 1) max(q, r) + q + stop < T (tuning/README.md, \"Giving up\")")                \
	X(RENEW_DEADLINE, "renew-deadline",                                                        \
	  "client-go's times: LeaseDuration > RenewDeadline > 1.2 x RetryPeriod, and RetryPeriod " \
	  "+ RenewDeadline, twice that with ReleaseOnCancel, + stop < LeaseDuration",              \
	  "client-go checks the first; of the second, at 15 / 10 / 2 with ReleaseOnCancel and a "  \
	  "connection that had gone dead, two led for 4 s")                                        \
	X(LOOP_WAIT, "loop-wait", "Patroni's times: loop_wait + 2 x retry_timeout <= ttl",         \
	  "Patroni, dynamic configuration settings")                                               \
	X(DEADLINE, "deadline",                                                                    \
	  "the holder's own deadline counts from the receipt of an answer, or goes by the wall "   \
	  "clock",                                                                                 \
	  "Gray and Cheriton 1989: the time on the way belongs to the server")                     \
	X(WORK, "work", "work that is longer than a lease surely lives on, and no guard",          \
	  "T - h (tuning/README.md, \"A pause\")")                                                 \
	X(PAUSES, "pauses", "of the holder's pauses more than one in a hundred may end the lease", \
	  "T - h (tuning/README.md, \"A pause\"), against the profile's own source")               \
	X(NO_GUARD, "no-guard", "the resource takes what a stale holder writes",                   \
	  "Kleppmann 2016, How to do distributed locking: no client can know that it is late")     \
	X(ATTEMPTS, "attempts",                                                                    \
	  "fewer than three renewals, one failing after the other, are sent in a lease's life",    \
	  "DynamoDB lock client, etcd's client: a third of the lease, so that one may be lost")    \
	X(TIMEOUT, "timeout", "a renewal is waited for longer than a heartbeat",                   \
	  "client-go, NewFromKubeconfig: so that one that hangs does not cost the lease")          \
	X(LEAST_TTL, "least-ttl", "less than etcd grants, or no whole second",                     \
	  "etcd, server/etcdserver/server.go, minTTL: 1.5 x the election time-out, in seconds")    \
	X(ELECTION, "election",                                                                    \
	  "etcd's election time-out is less than ten times a round trip and a sync of its log",    \
	  "etcd, Tuning: ten round trips; a heartbeat waits for the disk, too")                    \
	X(INTERVAL, "interval",                                                                    \
	  "etcd's heartbeat interval is more than a fifth of its election time-out, or less than " \
	  "half a round trip",                                                                     \
	  "etcd does not start with the first; etcd, Tuning: half to one and a half round trips")

enum complaint_rule {
#define X(name, ...) COMPLAINT_##name,
	COMPLAINTS(X)
#undef X
		COMPLAINT_RULES_COUNT
};

struct complaint_words {
	const char *word, *sentence, *why;
};

const struct complaint_words *complaint_words(enum complaint_rule rule);

struct complaint { /* sentences, owned */
	enum complaint_rule rule;
	char *what, *change, *price;
	char *picture; /* lease_draw's; NULL: it has no moment at which two hold */
};

struct complaints {
	int count; /* each rule once at most */
	struct complaint complaint[COMPLAINT_RULES_COUNT];
};

/* What one rule alone says; false: nothing. The caller frees with complaint_free. */
bool complaint_of(const struct stated *stated, enum complaint_rule rule,
		  struct complaint *complaint);
void complaint_free(struct complaint *complaint);

/* The caller frees with complaints_free. */
void complaints_make(const struct stated *stated, struct complaints *complaints);
void complaints_free(struct complaints *complaints);

#endif
