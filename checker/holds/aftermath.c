/* How long a fault may show itself after its end. */
#include "checker/holds/aftermath.h"

#include "base/clock.h"
#include "base/invariant.h"

static const int64_t request_limit_ns = 5 * NS_PER_S, expiry_scan_ns = NS_PER_S / 2;
static const int64_t revoke_queue_ns = 2 * NS_PER_S;

int64_t aftermath_ns(const struct run *run, enum fault_effect effect, int64_t ttl_ns)
{
	/* A reach into the past would clear who is to blame. */
	CHECK(run->election_ns > 0 && ttl_ns >= 0);
	switch (effect) {
	case EFFECT_STOP:
	case EFFECT_STALL:
		return request_limit_ns + 2 * run->election_ns + expiry_scan_ns + revoke_queue_ns;
	case EFFECT_KILL:
	case EFFECT_CLOCK:
	case EFFECT_PACKETS:
	case EFFECT_OPERATOR:
		return 2 * run->election_ns + ttl_ns + expiry_scan_ns;
	case EFFECT_REVOKE:
	case EFFECT_LOAD:
	case EFFECT_UNKNOWN:
		return 0;
	}
	return 0;
}
