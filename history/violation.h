/*
 * Everything that can be found wrong, a row each: whoever counts, blames, orders, explains or
 * documents violations reads it here. checker/README.md says what each means and proves.
 */
#ifndef HISTORY_VIOLATION_H
#define HISTORY_VIOLATION_H

#include <stdint.h>

/* X(name in code, whose it is, and whether it makes that one UNSAFE). */
#define BLAMES(X)                                                                                  \
	X(UNGUARDED, "the arm, where its guard promises nothing")                                  \
	X(ARM, "the arm")                                                                          \
	X(NOBODY, "the arm; makes nothing UNSAFE, but withholds SAFE")                             \
	X(SERVICE, "the service; of a client with a planted bug, the arm")                         \
	X(MEMBERS, "the service, whatever the client: none can cause it")

enum blames {
#define X(name, words) BLAMES_##name,
	BLAMES(X)
#undef X
};

/*
 * X(name in code, name in words, whom it blames, place in the order in which stories are picked,
 * the negative control that shows that it is found, what it says to readers who do not know our
 * names).
 *
 * The order of the rows is that of tables and of JSON. Stories go from a broken promise (1) down to
 * what may be harmless. A control is a campaign in tests/e2e/controls/; "" where no client or
 * operator can make a right service do such a thing: then histories made by hand show it
 * (tests/unit/checker_*_test.c).
 */
#define VIOLATIONS(X)                                                                              \
	X(OVERLAP, "overlap", UNGUARDED, 17, "clients",                                            \
	  "Two workers believed that they held one lock at the same instant.")                     \
	X(OVERLAP_SAFE, "overlap-safe", SERVICE, 12, "clients",                                    \
	  "Two workers held one lock at the same instant, both before their safe deadlines.")      \
	X(OVERLAP_GRANTED, "overlap-granted", SERVICE, 5, "",                                      \
	  "The service granted one lock to two holders at once.")                                  \
	X(STALE_WRITE, "stale-write", UNGUARDED, 2, "clients",                                     \
	  "The store applied a write from a holder after a write by a later holder.")              \
	X(LATE_WRITE, "late-write", UNGUARDED, 4, "stores",                                        \
	  "A write was applied after its grant had ended, when the next holder had already read.") \
	X(LOST_UPDATE, "lost-update", UNGUARDED, 3, "clients",                                     \
	  "A write replaced a value that its writer had never read.")                              \
	X(FENCE_BREACH, "fence-breach", ARM, 1, "stores",                                          \
	  "A harmful write passed a guard that promises to stop it.")                              \
	X(TOKEN_REGRESSION, "token-regression", SERVICE, 6, "clients",                             \
	  "A later holder was given a token that is not larger.")                                  \
	X(EARLY_EXPIRY, "early-expiry", SERVICE, 8, "clients",                                     \
	  "The service ended a lease before its time, and nobody revoked it.")                     \
	X(GHOST_GRANT, "ghost-grant", SERVICE, 7, "clients",                                       \
	  "An acquire was answered ok although its key was not, or no longer, there.")             \
	X(DEAD_KEEPALIVE, "dead-keepalive", SERVICE, 9, "clients",                                 \
	  "A renewal was acknowledged for a lease that was gone.")                                 \
	X(WRONG_RELEASE, "wrong-release", SERVICE, 11, "clients",                                  \
	  "A release ended a hold of somebody else, or a newer one.")                              \
	X(DIVERGENCE, "divergence", MEMBERS, 13, "",                                               \
	  "Members disagreed about a lock key at one revision.")                                   \
	X(STUCK, "stuck", NOBODY, 16, "clients",                                                   \
	  "Nobody acquired the lock after the last heal, although somebody tried.")                \
	X(NOT_LINEARIZABLE, "not-linearizable", SERVICE, 15, "clients",                            \
	  "The operations fit no order of a correct lock.")                                        \
	X(STALE_READ, "stale-read", SERVICE, 14, "stale-read",                                     \
	  "The service answered with a state older than one that it had told before it was "       \
	  "asked.")                                                                                \
	X(FALSE_GONE, "false-gone", SERVICE, 10, "clients",                                        \
	  "A renewal was answered that the lease is gone, and the lease lived on.")

enum violation_name {
#define X(name, word, blames, gravity, control, sentence) VIOLATION_##name,
	VIOLATIONS(X)
#undef X
		VIOLATION_NAMES_COUNT
};

_Static_assert(VIOLATION_NAMES_COUNT <= 32, "a set of names is 32 bits, 1 << violation_name");

struct violation_kind {
	enum blames blames;
	int gravity; /* 1 .. VIOLATION_NAMES_COUNT, each once */
	const char *control, *sentence;
};

extern const char *const blames_words[];
extern const struct violation_kind violation_kinds[VIOLATION_NAMES_COUNT];
extern const char *const violation_words[VIOLATION_NAMES_COUNT];

const char *violation_word(enum violation_name name);

/* Those that blame the one or the other, as bits 1 << violation_name. */
uint32_t violations_that_blame(enum blames blames);
uint32_t violations_of_service(void); /* those that an honest client leaves with it */

#endif
