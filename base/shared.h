/* Memory that a process shares with those forked from it later. */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <stddef.h>
#include <sys/mman.h>

#include "base/invariant.h"

/* Zeroed, and never NULL. For munmap of as many bytes. */
static inline void *shared_new(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK_MEMORY(memory != MAP_FAILED);
	return memory;
}

#endif
