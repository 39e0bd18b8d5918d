#include "tuning/stated.h"

#include "base/clock.h"
#include "tuning/lease_picture.h"

struct stated stated_of_preset(const struct lock_preset *preset)
{
	return (struct stated){
		.ttl_ms = preset->ttl_s * 1000,
		.heartbeat_ms = preset->heartbeat_ms,
		.retries = preset->retries,
		.timeout_ms = preset->renew_timeout_ms,
		.retry_after_ms = preset->retry_after_ms,
		.ends = preset->ends,
		.renew_deadline_ms = preset->renew_deadline_ms,
		.releases = preset->releases,
		.not_etcd = !preset->on_etcd,
	};
}

/* It tries once each heartbeat, for so long. */
static void take_renew_deadline(struct stated *stated, const struct arm *arm)
{
	stated->renew_deadline_ms = arm->renew_deadline_ms;
	if (!arm->renew_timeout_ms)
		stated->timeout_ms = arm->heartbeat_ms;
	if (!arm->retry_after_ms)
		stated->retry_after_ms = arm->heartbeat_ms;
	if (arm->heartbeat_ms)
		stated->retries = arm->renew_deadline_ms / arm->heartbeat_ms ?: 1;
}

void stated_take_arm(struct stated *stated, const struct arm *arm)
{
	stated->ttl_ms = arm->ttl_s * 1000;
	stated->heartbeat_ms = arm->heartbeat_ms;
	stated->retries = arm->retries;
	stated->timeout_ms = arm->renew_timeout_ms;
	stated->retry_after_ms = arm->retry_after_ms;
	if (arm->renew_deadline_ms)
		take_renew_deadline(stated, arm);
	if (arm->recipe == RECIPE_K8S_RELEASE)
		stated->releases = true;
}

struct stated stated_of_lease(const struct lease *lease)
{
	return (struct stated){
		.ttl_ms = (int)(lease->ttl_ns / NS_PER_MS),
		.heartbeat_ms = (int)(lease->heartbeat_ns / NS_PER_MS),
		.retries = lease->retries,
		.timeout_ms = (int)(lease->patience_ns / NS_PER_MS),
		.retry_after_ms = (int)(lease->spacing_ns / NS_PER_MS),
	};
}

/* A part of a second is nobody's to count on. */
struct lease stated_lease(const struct stated *stated)
{
	int whole_ms = stated->ttl_ms / 1000 * 1000;
	int ttl_ms = stated->not_etcd ? stated->ttl_ms : whole_ms > 0 ? whole_ms : 1000;
	int64_t least_ns = lease_least_ttl_ns(stated->election_ms * NS_PER_MS,
					      stated->interval_ms * NS_PER_MS);
	struct lease lease = lease_of_worker(ttl_ms, stated->heartbeat_ms, stated->retries);

	lease_take_habits(&lease, stated->timeout_ms, stated->retry_after_ms);
	if (lease.ttl_ns < least_ns)
		lease.ttl_ns = least_ns;
	if (stated->heartbeat_ms == 0) /* also of what was granted */
		lease.heartbeat_ns = lease.ttl_ns;
	return lease;
}

struct failover stated_failover(const struct stated *stated)
{
	struct lease lease = stated_lease(stated);
	int election_ms = stated->election_ms ? stated->election_ms : ETCD_ELECTION_MS;

	return lease_failover(&lease, election_ms * NS_PER_MS);
}

bool stated_renews(const struct lease *lease)
{
	return lease->heartbeat_ns < lease->ttl_ns;
}

bool stated_has_deadline(const struct stated *stated)
{
	return stated->ends == LEASE_ENDS_SENDING ||
	       (stated->guard && stated->guard->looks_at_deadline);
}

static int64_t knows_ns(const struct stated *stated, const struct lease *lease)
{
	if (stated->ends == LEASE_ENDS_NEVER)
		return CLOCK_NEVER;
	if (stated_has_deadline(stated))
		return lease->ttl_ns;
	if (stated->renew_deadline_ms)
		return lease->heartbeat_ns +
		       (stated->releases ? 2 : 1) * stated->renew_deadline_ms * NS_PER_MS;
	return lease_gives_up_ns(lease);
}

int64_t stated_stops_ns(const struct stated *stated)
{
	struct lease lease = stated_lease(stated);
	int64_t knows = knows_ns(stated, &lease);

	return knows == CLOCK_NEVER ? CLOCK_NEVER : knows + stated->stop_ms * NS_PER_MS;
}

char *stated_draw(const struct stated *stated)
{
	struct lease lease = stated_lease(stated);

	return lease_draw(&(struct lease_moments){
		.ttl_ns = lease.ttl_ns,
		.tries = stated->heartbeat_ms ? lease.retries : 0,
		.first_ns = lease.heartbeat_ns,
		.period_ns = lease_retry_period_ns(&lease),
		.own_deadline = stated_has_deadline(stated),
		.ends_ns = stated_stops_ns(stated),
	});
}
