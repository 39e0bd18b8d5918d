#include "tuning/simulation/lock_service.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "tuning/lease_times.h"
#include "tuning/simulation/chance.h"

void service_open(struct lock_service *service, uint64_t seed, int64_t election_ns,
		  double changes_per_hour, int64_t length_ns)
{
	struct random_stream random = random_open(seed, "service");
	int room = 0;

	CHECK(election_ns > 0);
	*service = (struct lock_service){
		.election_ns = election_ns,
		.scan_from_ns = chance_between(&random, 0, LEASE_EXPIRY_SCAN_NS - 1),
	};
	for (int64_t at_ns = chance_after(&random, 0, changes_per_hour); at_ns < length_ns;) {
		int64_t back_ns = at_ns + chance_between(&random, election_ns, 2 * election_ns);

		ARRAY_GROW(service->change, service->changes, room);
		service->change[service->changes++] = (struct leaderless){at_ns, back_ns};
		at_ns = chance_after(&random, back_ns, changes_per_hour);
	}
}

void service_close(struct lock_service *service)
{
	free(service->change);
	service->change = NULL;
}

int service_changes(const struct lock_service *service, int64_t at_ns)
{
	return (int)ARRAY_BEFORE(service->changes, i, service->change[i].from_ns <= at_ns);
}

int64_t service_next_change(const struct lock_service *service, int64_t at_ns)
{
	int next = service_changes(service, at_ns);

	return next < service->changes ? service->change[next].from_ns : CLOCK_NEVER;
}

int64_t service_ready(const struct lock_service *service, int64_t at_ns)
{
	int begun = service_changes(service, at_ns);

	if (begun && service->change[begun - 1].to_ns > at_ns)
		return service->change[begun - 1].to_ns;
	return at_ns;
}

/* Its first look at or after that instant. */
static int64_t look_ns(const struct lock_service *service, int64_t at_ns)
{
	int64_t since_ns = at_ns - service->scan_from_ns + LEASE_EXPIRY_SCAN_NS - 1;

	return service->scan_from_ns + since_ns / LEASE_EXPIRY_SCAN_NS * LEASE_EXPIRY_SCAN_NS;
}

int64_t service_lease_end(const struct lock_service *service, const struct granted_lease *lease,
			  int64_t at_ns)
{
	int64_t end_ns = lease->renewed_ns + lease->ttl_ns;

	for (int i = service_changes(service, lease->renewed_ns); i < service->changes; i++) {
		const struct leaderless *change = &service->change[i];

		if (change->from_ns > at_ns || change->from_ns > look_ns(service, end_ns))
			break;
		end_ns = change->to_ns + lease->ttl_ns + service->election_ns;
	}
	return end_ns;
}

int64_t service_lease_gone(const struct lock_service *service, const struct granted_lease *lease)
{
	return look_ns(service, service_lease_end(service, lease, CLOCK_NEVER));
}
