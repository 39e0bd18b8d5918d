#include "sandbox/shared_lock.h"

#include <errno.h>
#include <string.h>

#include "base/invariant.h"

void shared_lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t kind;

	CHECK(pthread_mutexattr_init(&kind) == 0);
	CHECK(pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST) == 0);
	CHECK(pthread_mutex_init(lock, &kind) == 0);
	pthread_mutexattr_destroy(&kind);
}

int shared_lock_take(pthread_mutex_t *lock, const char *what, struct error *err)
{
	int result = pthread_mutex_lock(lock);

	if (result == EOWNERDEAD)
		result = pthread_mutex_consistent(lock);
	if (result)
		return error_set(err, EXIT_OUR_FAULT, "lock of the %s: %s", what, strerror(result));
	return 0;
}

void shared_lock_give(pthread_mutex_t *lock)
{
	CHECK(pthread_mutex_unlock(lock) == 0);
}
