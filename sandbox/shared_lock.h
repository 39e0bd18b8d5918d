/* Private to the room: a lock that processes share. What it guards is good at every moment, so that
 * whoever dies with it simply leaves it to the next. */
#ifndef SANDBOX_SHARED_LOCK_H
#define SANDBOX_SHARED_LOCK_H

#include <pthread.h>

#include "base/error.h"

void shared_lock_init(pthread_mutex_t *lock);

/* Waits without a limit: holders wait for nothing but the kernel. `what`: "cuts". */
int shared_lock_take(pthread_mutex_t *lock, const char *what, struct error *err);
void shared_lock_give(pthread_mutex_t *lock);

#endif
