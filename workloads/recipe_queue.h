/*
 * The parts of the recipes by a queue of keys (recipe_queue.c): each waiter makes a key of its own
 * below the lock's name, and whose was made first has the lock. The key's create_revision is its
 * place, and the token.
 */
#ifndef WORKLOADS_RECIPE_QUEUE_H
#define WORKLOADS_RECIPE_QUEUE_H

#include "workloads/recipe_lock.h"

/* Makes the session's key; *first: no older one stood then. */
struct lock_answer queue_enter(struct lock_client *client, struct lock_session *session,
			       bool *first, int64_t deadline_ns);
/* Waits until no older key stands; info: not in time. Whether its own still does is not asked. */
lock_step queue_wait;
/* Enters, waits, and looks at the key. The lease is kept while all goes well. */
lock_step queue_acquire;
lock_step queue_release;

/* A step that was answered ok leaves nothing behind that the lease must take along. */
struct lock_answer queue_keep(struct lock_session *session, struct lock_answer answer);

#define RECIPE_QUEUE_STEPS                                                                         \
	RECIPE_LOCK_STEPS, .acquire = queue_acquire, .token = NULL, .release = queue_release

#endif
