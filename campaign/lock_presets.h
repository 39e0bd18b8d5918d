/*
 * How real systems keep their locks: the numbers they ship with, from their sources. An arm begins
 * with one by `preset = "client-go"`; what is written beside it replaces what that says.
 *
 * Those that are not on etcd are timing profiles: their numbers, played on etcd. So is the way in
 * which a holder finds out that its lease is over (`ends`): a worker of ours always counts failed
 * renewals, as many as take the system's own time; `fencepost lint` judges what the system does.
 */
#ifndef CAMPAIGN_LOCK_PRESETS_H
#define CAMPAIGN_LOCK_PRESETS_H

#include <stdbool.h>

/* X(name in code, word, how a holder finds out that its lease is over). */
#define LEASE_ENDS(X)                                                                              \
	X(FAILURES, "failures", "so many renewals failed in a row")                                \
	X(SENDING, "sending", "its own deadline: a TTL after the last good renewal was sent")      \
	X(RECEIPT, "receipt", "its own deadline: a TTL after the last answer was received")        \
	X(WALL_CLOCK, "wall-clock", "the same by the wall clock")                                  \
	X(NEVER, "never", "it does not")

enum lease_end {
#define X(name, word, sentence) LEASE_ENDS_##name,
	LEASE_ENDS(X)
#undef X
};

extern const char *const lease_end_words[]; /* ends with NULL */
extern const char *const lease_end_sentences[];

struct lock_preset {
	const char *name, *system; /* in words */
	bool on_etcd;              /* else a timing profile */
	int ttl_s;
	int heartbeat_ms;      /* 0: it never renews */
	int retries;           /* renewals that fail in a row, until it gives up */
	int renew_timeout_ms;  /* for which one is waited for */
	int retry_after_ms;    /* from one that fails to the next, at the least; 0: at once */
	int renew_deadline_ms; /* client-go's: for so long a renewal is tried again; 0: has none */
	bool releases; /* client-go's ReleaseOnCancel: asks for as long again before it stops */
	enum lease_end ends;
	const char *source;  /* project, file and commit; what was not verified says so */
	const char *special; /* a sentence */
};

extern const struct lock_preset lock_presets[]; /* ends with a NULL name */
extern const char *const lock_preset_names[];   /* "none" first, ends with NULL */

/* NULL: "none", or no such name. */
const struct lock_preset *lock_preset_find(const char *name);

/* What the block of an arm would say: "ttl = '15s' heartbeat = '2s' ...". The caller frees. */
char *lock_preset_says(const struct lock_preset *preset);

#endif
