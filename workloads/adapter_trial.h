/*
 * Does an adapter keep the protocol (docs/adapter.md)? Two of it are tried on a real lock: each
 * check is one sentence of the protocol, and says what is missing, or what the adapter leaves out
 * and what that costs.
 */
#ifndef WORKLOADS_ADAPTER_TRIAL_H
#define WORKLOADS_ADAPTER_TRIAL_H

#include "etcd/etcd.h"
#include "workloads/adapter.h"

/* X(name in code, what it looks for) */
#define TRIALS(X)                                                                                  \
	X(INIT, "init")               /* it starts, and says what it is */                         \
	X(ACQUIRE, "acquire")         /* a free lock is had */                                     \
	X(IDENTITY, "lease or key")   /* by which the witness knows the hold, and it is so */      \
	X(TOKEN, "token")             /* it is what the kind says */                               \
	X(VALIDITY, "valid_ms")       /* no longer than what the service granted */                \
	X(RENEW, "renew")             /* where it leaves that to its user */                       \
	X(EXCLUSION, "contention")    /* what is held is refused in time */                        \
	X(RELEASE, "release")         /* what is released is free */                               \
	X(SUCCESSION, "next holder")  /* the other one gets it, with a greater token */            \
	X(LOSS, "loss")               /* that the service took the lock is told */                 \
	X(AFTER_LOSS, "after a loss") /* it can be released, and acquired anew */                  \
	X(SILENCE, "nothing else")    /* every line was one of the protocol's */                   \
	X(END, "end")                 /* it ends with its input */

enum trial_result { TRIAL_OK, TRIAL_FAILED, TRIAL_LEFT_OUT, TRIAL_UNTRIED };

struct trial_config {            /* all borrowed */
	const char *const *argv; /* of the adapter, NULL-terminated, at most CLIENT_WORDS_MAX */
	const struct etcd_target *service;
	const char *lock; /* a name of nobody's */
	void (*tell)(void *context, const char *name, enum trial_result result, const char *what);
	void *context;
};

/* Tells of each check, in the order of the table; returns how many failed. May take a minute with
 * an adapter that says nothing. Fails, with -1, when the service does not serve. */
int adapter_trial(const struct trial_config *config, struct error *err);

#endif
