/*
 * What to change, by rules on a run's own settings, faults and findings. tuning/README.md says why
 * each rule holds; a rule that cannot be shown to apply gives nothing.
 */
#ifndef TUNING_ADVICE_H
#define TUNING_ADVICE_H

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

/* X(name in code, name in words), in order of effect: what ends harm stands before what makes it
 * rarer, and that before what would only show more. */
#define ADVICE_RULES(X)                                                                            \
	X(TOKEN, "token")       /* nothing at the resource refuses a stale holder */               \
	X(TTL, "ttl")           /* holders stood still for longer than the lease outlives */       \
	X(GIVES_UP, "gives-up") /* a cut-off holder goes on for longer than its lease */           \
	X(VERSION, "version")   /* the service has a bug that a later release has not */           \
	X(ATTEMPTS, "attempts") /* too few renewals fit into a lease */                            \
	X(MORE, "more")         /* too little happened to tell */                                  \
	X(RETRIES, "retries")   /* holders gave up what was still theirs */

enum advice_rule {
#define X(name, word) ADVICE_##name,
	ADVICE_RULES(X)
#undef X
		ADVICE_RULES_COUNT
};

const char *advice_rule_word(enum advice_rule rule);

struct advice_item { /* sentences, owned; from a history: to be escaped */
	enum advice_rule rule;
	char *brief;  /* the same as `change` in some 60 columns, for a terminal */
	char *change; /* what to do, with numbers */
	char *gain;
	char *price;
};

enum { ADVICE_MAX = 4 };

struct advice {
	int items; /* 0: nothing to change, or nothing that can be shown */
	struct advice_item item[ADVICE_MAX];
};

/* The caller frees with advice_free. Fails when the history cannot be read. */
int advice_give(const struct history *history, const struct verdicts *verdicts,
		struct advice *advice, struct error *err);
void advice_free(struct advice *advice);

#endif
