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

struct queue_place {
	const char *part;   /* of the queue, for the key: "", "write/" */
	const char *behind; /* the part whose older keys are waited for; "": all of it */
	int most;           /* so many may hold at once, of them and with this one */
};

extern const struct queue_place queue_alone; /* one queue, one holder */

/* Makes the session's key in that part; *first: no older one stood then, in any. */
struct lock_answer queue_stand(struct lock_client *client, struct lock_session *session,
			       const char *part, bool *first, int64_t deadline_ns);
/* Waits until there is room for it; info: not in time. Whether its own key still stands is not
 * asked.
 */
struct lock_answer queue_wait(struct lock_client *client, const struct lock_session *session,
			      const struct queue_place *place, int64_t deadline_ns);
/* Both; *first: there was nobody to wait for. */
struct lock_answer queue_come(struct lock_client *client, struct lock_session *session,
			      const struct queue_place *place, bool *first, int64_t deadline_ns);
/* That, and after a wait a look at the own key: the lease may have ended meanwhile, and with it the
 * place. The lease is kept while all goes well. */
struct lock_answer queue_take(struct lock_client *client, struct lock_session *session,
			      const struct queue_place *place, int64_t deadline_ns);
lock_step queue_acquire; /* alone */
lock_step queue_release;

/* A step that was answered ok leaves nothing behind that the lease must take along. */
struct lock_answer queue_keep(struct lock_session *session, struct lock_answer answer);

#define RECIPE_QUEUE_STEPS                                                                         \
	RECIPE_LOCK_STEPS, .acquire = queue_acquire, .token = NULL, .release = queue_release

#endif
