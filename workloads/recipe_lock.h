/*
 * The parts of the right recipe (recipe_lock.c), on which the other recipes over our etcd client
 * are built: each is RECIPE_LOCK_STEPS, and after it what it does otherwise.
 */
#ifndef WORKLOADS_RECIPE_LOCK_H
#define WORKLOADS_RECIPE_LOCK_H

#include "etcd/etcd.h"
#include "workloads/key_resource.h"
#include "workloads/recipe.h"

struct lock_client {
	const struct lock_terms *terms;
	struct etcd *etcd;
};

int lock_open(struct lock_client **client, const struct lock_terms *terms, struct error *err);
/* The same of a recipe that remembers more: of a struct of that size that begins with a
 * lock_client; the rest of it is 0. */
int lock_open_sized(size_t size, struct lock_client **client, const struct lock_terms *terms,
		    struct error *err);
void lock_close(struct lock_client *client);

/* A reply as an answer. */
struct lock_answer lock_answer_of(const struct etcd_reply *reply);

/* The same answer as another outcome: `why` is its error. */
struct lock_answer lock_answer_turned(struct lock_answer answer, enum outcome outcome,
				      const char *why);

/* Does that, if the session's key is still the one that was made (its create_revision is the
 * token); else fail, for the reason `why`. */
struct lock_answer lock_if_own(struct lock_client *client, const struct lock_session *session,
			       const struct etcd_op *act, const char *why, int64_t deadline_ns);

/* What the read of the lock key says of the token. */
struct lock_answer lock_token_of(const struct etcd_reply *reply, const struct etcd_kv *kv,
				 int count, struct lock_session *session);

/* ok: the session's key is still the one that was made; fail and `gone`: it is not. */
struct lock_answer lock_look_at_key(struct lock_client *client, const struct lock_session *session,
				    bool linearizable, int64_t deadline_ns);

lock_step lock_open_session, lock_acquire, lock_token, lock_look, lock_renew, lock_release,
	lock_close_session;

#define RECIPE_LOCK_STEPS                                                                          \
	.open = lock_open, .close = lock_close, .open_session = lock_open_session,                 \
	.acquire = lock_acquire, .token = lock_token, .look = lock_look, .renew = lock_renew,      \
	.release = lock_release, .close_session = lock_close_session, .use = key_resource_use

/* Then a later initialiser replaces an earlier one on purpose. */
#pragma GCC diagnostic ignored "-Woverride-init"

#endif
