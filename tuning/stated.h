/* Settings of a lock as somebody means to use them, and what follows for its holder. */
#ifndef TUNING_STATED_H
#define TUNING_STATED_H

#include "campaign/arm.h"
#include "campaign/lock_presets.h"
#include "history/guard.h"
#include "tuning/lease_times.h"
#include "tuning/pauses.h"

struct stated {                /* what somebody means to use; 0 is not told unless it says else */
	int ttl_ms;            /* > 0 */
	int heartbeat_ms;      /* 0: it never renews */
	int retries;           /* > 0 */
	int timeout_ms;        /* for which a renewal is waited for; 0: as our workers do */
	int retry_after_ms;    /* from one that fails to the next, at the least; 0: at once */
	int stop_ms;           /* from knowing that it has to stop to having stopped */
	int work_ms;           /* the longest */
	enum lease_end ends;   /* how it finds out that its lease is over */
	int renew_deadline_ms; /* client-go's; then `heartbeat_ms` is its RetryPeriod */
	bool releases;         /* client-go's ReleaseOnCancel */
	bool loops;            /* Patroni's: heartbeat is loop_wait, timeout retry_timeout */
	bool not_etcd;         /* the service is another, with other limits */
	int election_ms;       /* of the etcd */
	int interval_ms;       /* its heartbeat interval */
	int rtt_ms, fsync_ms;  /* between its members; of its log, the 99th percentile */
	const struct guard_kind *guard;     /* NULL: not told */
	const struct pause_profile *pauses; /* of the holder; NULL: not told */
};

/* As the row says, and nothing else. */
struct stated stated_of_preset(const struct lock_preset *preset);

/* Its times; all else is as it was. */
void stated_take_arm(struct stated *stated, const struct arm *arm);

/* What a lease says, as it was granted, and nothing else. */
struct stated stated_of_lease(const struct lease *lease);

/* As the service would grant it. */
struct lease stated_lease(const struct stated *stated);

/* Of an etcd whose election time-out is not told, as etcd itself has it. */
struct failover stated_failover(const struct stated *stated);

/* When a holder that gets no answer any more has stopped, after the sending of its last good
 * renewal; CLOCK_NEVER: it does not. */
int64_t stated_stops_ns(const struct stated *stated);

/* The time line of a holder that gets no answer any more. The caller frees. */
char *stated_draw(const struct stated *stated);

/* It stops by a deadline of its own, counted from the sending. */
bool stated_has_deadline(const struct stated *stated);

/* It renews before its lease is over: what counts on renewals says nothing else. */
bool stated_renews(const struct lease *lease);

#endif
