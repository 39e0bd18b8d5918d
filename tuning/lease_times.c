#include "tuning/lease_times.h"

#include "base/invariant.h"
#include "campaign/arm.h"

#define STEP_NS (10 * NS_PER_MS) /* of a proposed heartbeat */

static int64_t divide_up(int64_t number, int64_t by)
{
	return (number + by - 1) / by;
}

struct lease lease_of_worker(int ttl_ms, int heartbeat_ms, int retries)
{
	return (struct lease){
		.ttl_ns = ttl_ms * NS_PER_MS,
		.heartbeat_ns = (heartbeat_ms ?: ttl_ms) * NS_PER_MS,
		.patience_ns = arm_renewal_patience_ms(heartbeat_ms) * NS_PER_MS,
		.retries = retries,
	};
}

void lease_take_habits(struct lease *lease, int timeout_ms, int retry_after_ms)
{
	CHECK(timeout_ms >= 0 && retry_after_ms >= 0);
	if (timeout_ms)
		lease->patience_ns = timeout_ms * NS_PER_MS;
	if (retry_after_ms)
		lease->spacing_ns = retry_after_ms * NS_PER_MS;
}

int64_t lease_retry_period_ns(const struct lease *lease)
{
	return lease->spacing_ns > lease->patience_ns ? lease->spacing_ns : lease->patience_ns;
}

int64_t lease_outlives_pause_ns(const struct lease *lease)
{
	return lease->heartbeat_ns < lease->ttl_ns ? lease->ttl_ns - lease->heartbeat_ns : 0;
}

int lease_attempts(const struct lease *lease)
{
	int64_t in_time = divide_up(lease_outlives_pause_ns(lease), lease_retry_period_ns(lease));

	return in_time < lease->retries ? (int)in_time : lease->retries;
}

int64_t lease_outlives_cut_ns(const struct lease *lease)
{
	int attempts = lease_attempts(lease);

	return attempts > 1 ? (attempts - 1) * lease_retry_period_ns(lease) : 0;
}

int64_t lease_gives_up_ns(const struct lease *lease)
{
	return lease->heartbeat_ns + (lease->retries - 1) * lease_retry_period_ns(lease) +
	       lease->patience_ns;
}

bool lease_gives_up_in_time(const struct lease *lease)
{
	return lease_gives_up_ns(lease) < lease->ttl_ns;
}

static int64_t worker_patience_ns(int64_t heartbeat_ns)
{
	return arm_renewal_patience_ms((int)(heartbeat_ns / NS_PER_MS)) * NS_PER_MS;
}

static struct lease with_heartbeat(const struct lease *lease, int64_t heartbeat_ns)
{
	struct lease other = *lease;

	other.heartbeat_ns = heartbeat_ns;
	if (lease->patience_ns == worker_patience_ns(lease->heartbeat_ns))
		other.patience_ns = worker_patience_ns(heartbeat_ns);
	return other;
}

int64_t lease_heartbeat_in_time_ns(const struct lease *lease)
{
	for (int64_t at_ns = lease->ttl_ns / STEP_NS * STEP_NS; at_ns > 0; at_ns -= STEP_NS) {
		struct lease tried = with_heartbeat(lease, at_ns);

		if (lease_gives_up_in_time(&tried))
			return at_ns;
	}
	return 0;
}

int lease_retries_in_time(const struct lease *lease)
{
	int64_t room_ns = lease->ttl_ns - lease->heartbeat_ns - lease->patience_ns;

	return room_ns > 0 ? (int)divide_up(room_ns, lease_retry_period_ns(lease)) : 0;
}

int64_t lease_ttl_for_pause_ns(const struct lease *lease, int64_t pause_ns)
{
	CHECK(pause_ns >= 0);
	return ((pause_ns + lease->heartbeat_ns) / NS_PER_S + 1) * NS_PER_S;
}

struct failover lease_failover(const struct lease *lease, int64_t election_ns)
{
	return (struct failover){
		.least_ns = lease_outlives_pause_ns(lease),
		.most_ns = lease->ttl_ns + LEASE_EXPIRY_SCAN_NS,
		.most_with_change_ns = 2 * lease->ttl_ns + 3 * election_ns + LEASE_EXPIRY_SCAN_NS,
	};
}

int64_t lease_least_ttl_ns(int64_t election_ns, int64_t interval_ns)
{
	int64_t least_ns = 3 * election_ns / 2;

	CHECK(election_ns >= 0 && interval_ns >= 0);
	if (interval_ns)
		least_ns = 3 * (election_ns / interval_ns) / 2 * interval_ns;
	return divide_up(least_ns, NS_PER_S) * NS_PER_S;
}
