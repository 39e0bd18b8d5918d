/* A sign of life: a counter in shared memory that its process moves, and others look at. */
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* NULL: nobody looks. */
static inline void pulse_beat(_Atomic uint32_t *pulse)
{
	if (pulse)
		atomic_fetch_add(pulse, 1);
}

#endif
