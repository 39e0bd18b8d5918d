/* Lengths in TTLs become nanoseconds. */
#include "base/invariant.h"
#include "nemesis/faults.h"

#include "base/clock.h"

static int64_t in_ns(double length, bool in_ttl, int64_t ttl_ns)
{
	return (int64_t)(length * (double)(in_ttl ? ttl_ns : NS_PER_S));
}

void fault_count_lengths(struct fault *fault, int64_t ttl_ns)
{
	const struct fault_block *block = fault->block;
	const struct scheduled *entry = fault->entry;

	CHECK(ttl_ns > 0);
	fault->ttl_ns = ttl_ns;
	fault->length_ns = in_ns(entry->length, block->length.in_ttl, ttl_ns);
	fault->after_ns = in_ns(entry->after, block->after.in_ttl, ttl_ns);
	CHECK(fault->length_ns >= 0 && fault->after_ns >= 0);
	fault->by_ns = in_ns(block->back ? -entry->by : entry->by, block->by.in_ttl, ttl_ns);
}
