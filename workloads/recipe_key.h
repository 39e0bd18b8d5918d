/*
 * The parts of the recipes by one key (recipe_key_txn.c): whoever makes it has the lock. Its name
 * is the same for all; whose it is, its create_revision tells, which is the token.
 */
#ifndef WORKLOADS_RECIPE_KEY_H
#define WORKLOADS_RECIPE_KEY_H

#include "workloads/recipe_lock.h"

/* ok: nobody has the key. fail: somebody has it, if *reply is ok. */
struct lock_answer key_look(struct lock_client *client, struct etcd_reply *reply,
			    int64_t deadline_ns);

/* Makes the key with the session's lease, if it is absent: then it is the session's. fail: it is
 * not, and the session has none; *reply is the transaction's, ok if somebody else has the key. */
struct lock_answer key_make(struct lock_client *client, struct lock_session *session,
			    struct etcd_reply *reply, int64_t deadline_ns);

lock_step key_acquire;        /* makes it, or waits until it is deleted and tries again */
lock_step key_delete_own;     /* fail: it is not the session's any more */
lock_step key_delete_by_name; /* a bug: whosever it is */

#define RECIPE_KEY_STEPS                                                                           \
	RECIPE_LOCK_STEPS, .acquire = key_acquire, .token = NULL, .release = key_delete_own,       \
			   .release_by_name = key_delete_by_name

#endif
