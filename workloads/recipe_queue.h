/*
 * The parts of the recipes by a queue of keys (recipe_queue.c): each waiter makes a key of its own
 * below the lock's name, and whose was made first has the lock. The key's create_revision is its
 * place, and the token.
 */
#ifndef WORKLOADS_RECIPE_QUEUE_H
#define WORKLOADS_RECIPE_QUEUE_H

#include "history/sharing.h"
#include "workloads/recipe_lock.h"

enum { QUEUE_MOST = PERMITS_MAX + 1 }; /* of those who may hold at once; the last is one too many */

/* Names the session's key; `part`: of the queue, "" or "write/". */
void queue_name(const struct lock_client *client, struct lock_session *session, const char *part);
/* Makes it; *first: no older one stood then. */
struct lock_answer queue_stand(struct lock_client *client, struct lock_session *session,
			       bool *first, int64_t deadline_ns);
/* Both, in a queue without parts. */
struct lock_answer queue_enter(struct lock_client *client, struct lock_session *session,
			       bool *first, int64_t deadline_ns);
/* Waits until fewer than `most` older keys stand in that part of the queue; info: not in time.
 * Whether its own still does is not asked. */
struct lock_answer queue_wait_in(struct lock_client *client, struct lock_session *session,
				 const char *part, int most, int64_t deadline_ns);
/* Until no older one does in any part. */
lock_step queue_wait;
/* Whether its own stands: the lease may have ended meanwhile, and with it the place. */
lock_step queue_look;
/* Enters, waits, and looks at the key. The lease is kept while all goes well. */
lock_step queue_acquire;
lock_step queue_release;

/* A step that was answered ok leaves nothing behind that the lease must take along. */
struct lock_answer queue_keep(struct lock_session *session, struct lock_answer answer);

#define RECIPE_QUEUE_STEPS                                                                         \
	RECIPE_LOCK_STEPS, .acquire = queue_acquire, .token = NULL, .release = queue_release

#endif
