/*
 * The recipes: how a worker takes, keeps and gives back its lock. All that is to be known of one
 * stands in its row; its steps, in C, are the symbol that the row names (workloads/recipe.h), so
 * that a recipe without them does not link.
 */
#ifndef CAMPAIGN_RECIPES_H
#define CAMPAIGN_RECIPES_H

#include <stdbool.h>

#include "history/sharing.h"

/*
 * X(name in code, name in campaigns and history, planted, service, model, predicts, habit, steps).
 * Model: who may hold the lock together (history/sharing.h).
 * Planted: wrong on purpose, a negative control. Predicts: the violations that show its bug, the
 * surest first; "": none. Habit: what it does, or what a planted one does otherwise than a right
 * one (`lock`, where it names none).
 */
#define RECIPES(X)                                                                                 \
	X(LOCK, "lock", false, "etcd", "mutex", "", "etcd's lock API with a lease per attempt",    \
	  recipe_lock)                                                                             \
	X(KEY_TXN, "key-txn", false, "etcd", "mutex", "",                                          \
	  "makes one key if it is absent, else waits for its deletion; a lease per attempt",       \
	  recipe_key_txn)                                                                          \
	X(TRY_LOCK, "try-lock", false, "etcd", "mutex", "",                                        \
	  "tries to make the key, and comes again later; one lease for many attempts",             \
	  recipe_try_lock)                                                                         \
	X(QUEUE, "queue", false, "etcd", "mutex", "",                                              \
	  "keys in the order of their making, as Go's `concurrency.Mutex`; one lease for many "    \
	  "attempts",                                                                              \
	  recipe_queue)                                                                            \
	X(ELECTION_QUEUE, "election-queue", false, "etcd", "mutex", "",                            \
	  "the same as an election, with a proclamation before the work; one lease for many "      \
	  "attempts",                                                                              \
	  recipe_election_queue)                                                                   \
	X(ELECTION, "election", false, "etcd", "mutex", "",                                        \
	  "etcd's election API: campaign, proclaim, resign; a lease per attempt", recipe_election) \
	X(JETCD_NAMED, "jetcd-named", false, "etcd", "mutex", "",                                  \
	  "etcd's lock API; the lease is revoked when the lock was not got, else left to end",     \
	  recipe_jetcd_named)                                                                      \
	X(K8S_LEASE, "k8s-lease", false, "etcd", "mutex", "",                                      \
	  "Kubernetes' leader election: one record without a lease, which a candidate takes over " \
	  "when it has not seen it change for a `ttl`",                                            \
	  recipe_k8s_lease)                                                                        \
	X(K8S_RELEASE, "k8s-release", false, "etcd", "mutex", "",                                  \
	  "`k8s-lease` with ReleaseOnCancel: who has to stop gives the record back first, and "    \
	  "leads on while it asks",                                                                \
	  recipe_k8s_release)                                                                      \
	X(RWLOCK, "rwlock", false, "etcd", "rwlock", "",                                           \
	  "readers together, or one writer, in the order of their keys, as etcd's "                \
	  "`recipe.RWMutex`; one lease for many attempts",                                         \
	  recipe_rwlock)                                                                           \
	X(SEMAPHORE, "semaphore", false, "etcd", "semaphore", "",                                  \
	  "as many holders as `permits`, in the order of their keys; one lease for many attempts", \
	  recipe_semaphore)                                                                        \
	X(PUT_LEASE, "put-lease", true, "etcd", "mutex",                                           \
	  "overlap, overlap-safe, not-linearizable",                                               \
	  "takes the lock by a put with a lease, which it never renews", recipe_put_lease)         \
	X(NEVER_RENEW, "never-renew", true, "etcd", "mutex", "overlap, stale-write",               \
	  "`key-txn` that never renews, and works on regardless", recipe_never_renew)              \
	X(LEASE_ZERO, "lease-zero", true, "etcd", "mutex", "stuck",                                \
	  "calls the lock API without a lease: the server's own lives for 60 s",                   \
	  recipe_lease_zero)                                                                       \
	X(TRUST_AFTER_QUEUE, "trust-after-queue", true, "etcd", "mutex", "ghost-grant",            \
	  "`queue` that does not look at its key after the wait", recipe_trust_after_queue)        \
	X(RWLOCK_RUSH, "rwlock-rush", true, "etcd", "rwlock", "overlap, ghost-grant",              \
	  "`rwlock` whose readers do not wait for a writer before them", recipe_rwlock_rush)       \
	X(SEMAPHORE_EXTRA, "semaphore-extra", true, "etcd", "semaphore", "overlap, ghost-grant",   \
	  "`semaphore` that counts one more than `permits`", recipe_semaphore_extra)               \
	X(UNLOCK_ANY, "unlock-any", true, "etcd", "mutex", "wrong-release",                        \
	  "`key-txn` that deletes the key by its name, whosever it is", recipe_unlock_any)         \
	X(RELEASE_LATE, "release-late", true, "etcd", "mutex", "wrong-release",                    \
	  "`key-txn` that gives back, by the key's name, when its lease is over",                  \
	  recipe_release_late)                                                                     \
	X(BROKEN_PUT, "broken-put", true, "etcd", "mutex",                                         \
	  "overlap, overlap-safe, wrong-release, not-linearizable",                                \
	  "takes the lock by a put, whether or not somebody has it", recipe_broken_put)            \
	X(BROKEN_NO_RENEW, "broken-no-renew", true, "etcd", "mutex", "stale-write",                \
	  "never renews, works on regardless", recipe_broken_no_renew)                             \
	X(BROKEN_GHOST, "broken-ghost", true, "etcd", "mutex", "ghost-grant",                      \
	  "takes an acquire that timed out for acquired", recipe_broken_ghost)                     \
	X(BROKEN_TOKEN, "broken-token", true, "etcd", "mutex", "token-regression",                 \
	  "presents its lease id as the fencing token", recipe_broken_token)                       \
	X(BROKEN_FOREVER, "broken-forever", true, "etcd", "mutex", "stuck",                        \
	  "asks for an hour's lease and never gives the lock back", recipe_broken_forever)         \
	X(BROKEN_RELEASE, "broken-release", true, "etcd", "mutex", "wrong-release",                \
	  "unlocks whichever key comes first by name", recipe_broken_release)                      \
	X(BROKEN_STEAL, "broken-steal", true, "etcd", "mutex", "early-expiry",                     \
	  "takes the key that it finds for a dead worker's, and deletes it before it locks",       \
	  recipe_broken_steal)                                                                     \
	X(BROKEN_KEEPALIVE, "broken-keepalive", true, "etcd", "mutex", "dead-keepalive",           \
	  "takes the answer \"the lease is gone\" for a renewal, and asks for one second only",    \
	  recipe_broken_keepalive)                                                                 \
	X(BROKEN_GONE, "broken-gone", true, "etcd", "mutex", "false-gone",                         \
	  "takes an acknowledged renewal for \"the lease is gone\"", recipe_broken_gone)           \
	X(BROKEN_STALE, "broken-stale", true, "etcd", "mutex", "stale-read",                       \
	  "reads its token from the first member's own copy, however old (needs a guard of "       \
	  "tokens)",                                                                               \
	  recipe_broken_stale)

enum recipe {
#define X(name, ...) RECIPE_##name,
	RECIPES(X)
#undef X
};

struct recipe_facts { /* what the table says, in its order */
	const char *word;
	bool planted;
	const char *service, *model, *predicts, *habit;
};

const struct recipe_facts *recipe_facts(enum recipe recipe);

/* Its model. */
static inline enum sharing recipe_sharing(enum recipe recipe)
{
	return sharing_of_word(recipe_facts(recipe)->model);
}

/* The words alone, NULL-terminated, for parsing and for error messages. */
extern const char *const recipe_names[];

#endif
