/* Which fault is in force at a host. */
#include "nemesis/fault.h"

const struct fault *fault_at(const struct nemesis *nemesis, int host, uint32_t kinds,
			     const struct fault *but)
{
	for (int i = 0; i < nemesis->faults; i++) {
		const struct fault *other = &nemesis->fault[i];

		if (other != but && other->stage == STAGE_INJECTED && other->host == host &&
		    kinds >> other->block->kind & 1)
			return other;
	}
	return NULL;
}
