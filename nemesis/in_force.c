/* Which fault is in force at a host. */
#include "nemesis/faults.h"

const struct fault *fault_at(const struct nemesis *nemesis, int host, uint32_t holds,
			     const struct fault *but)
{
	for (int i = 0; i < nemesis->faults; i++) {
		const struct fault *other = &nemesis->fault[i];

		if (other != but && other->stage == STAGE_INJECTED && other->host == host &&
		    (holds == UINT32_MAX || fault_traits(other->block->kind)->holds & holds))
			return other;
	}
	return NULL;
}
