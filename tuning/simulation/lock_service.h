/*
 * The service, as etcd is: when it has a leader, and when a lease is over. Who leads when does not
 * depend on its clients, so all changes are drawn before, and a lease's end is arithmetic.
 */
#ifndef TUNING_SIMULATION_LOCK_SERVICE_H
#define TUNING_SIMULATION_LOCK_SERVICE_H

#include <stdint.h>

struct leaderless {
	int64_t from_ns, to_ns;
};

struct lock_service {
	int64_t election_ns;
	int64_t scan_from_ns; /* it looks for leases that are over then, and every scan from then on
			       */
	int changes;
	struct leaderless *change; /* ascending, owned */
};

/* Changes per hour until `length_ns`, each for one to two election time-outs without a leader. */
void service_open(struct lock_service *service, uint64_t seed, int64_t election_ns,
		  double changes_per_hour, int64_t length_ns);
void service_close(struct lock_service *service);

/* How many changes have begun by then. */
int service_changes(const struct lock_service *service, int64_t at_ns);
/* When the next one begins, after `at_ns`; CLOCK_NEVER. */
int64_t service_next_change(const struct lock_service *service, int64_t at_ns);
/* When a request that arrives then finds a leader. */
int64_t service_ready(const struct lock_service *service, int64_t at_ns);

struct granted_lease {
	int64_t renewed_ns, ttl_ns; /* granted or last renewed, there */
};

/* Until when it lives, by what has happened up to `at_ns`: a new leader gives every lease its whole
 * life again, and an election time-out more (etcd lessor.go, Promote). */
int64_t service_lease_end(const struct lock_service *service, const struct granted_lease *lease,
			  int64_t at_ns);
/* When it is found to be over, and its keys go. */
int64_t service_lease_gone(const struct lock_service *service, const struct granted_lease *lease);

#endif
