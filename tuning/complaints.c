#include "tuning/complaints.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

static const char *const rule_words[] = {
#define X(name, word) [COMPLAINT_##name] = (word),
	COMPLAINTS(X)
#undef X
};

const char *complaint_rule_word(enum complaint_rule rule)
{
	CHECK(rule < COMPLAINT_RULES_COUNT);
	return rule_words[rule];
}

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

struct lease stated_lease(const struct stated *stated)
{
	struct lease lease = lease_of_worker(stated->ttl_ms, stated->heartbeat_ms, stated->retries);
	int64_t least_ns = lease_least_ttl_ns(stated->election_ms * NS_PER_MS);

	if (lease.ttl_ns < least_ns)
		lease.ttl_ns = least_ns;
	return lease;
}

static bool no_renewal(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	(void)stated;
	if (lease->heartbeat_ns < lease->ttl_ns)
		return false;
	complaint->what = text_format("no renewal is sent before the lease of %.4g s is over",
				      s(lease->ttl_ns));
	complaint->change =
		text_format("a heartbeat of a third of the TTL, %.4g s", s(lease_third_ns(lease)));
	complaint->price = text_format("%.3g renewals a second from each holder",
				       1 / s(lease_third_ns(lease)));
	return true;
}

static bool gives_up(const struct stated *stated, const struct lease *lease,
		     struct complaint *complaint)
{
	int64_t heartbeat_ns = lease_heartbeat_in_time_ns(lease);
	int retries = lease_retries_in_time(lease);

	if (lease->heartbeat_ns >= lease->ttl_ns || lease_gives_up_in_time(lease) ||
	    (stated->guard && stated->guard->looks_at_deadline))
		return false;
	complaint->what = text_format(
		"a holder whose renewals stay unanswered gives up %.4g s after the last good one "
		"was sent, when its lease of %.4g s may be another's",
		s(lease_gives_up_ns(lease)), s(lease->ttl_ns));
	if (heartbeat_ns > 0 && retries > 0)
		complaint->change = text_format("a heartbeat of %.4g s, or %d retries",
						s(heartbeat_ns), retries);
	else if (heartbeat_ns > 0)
		complaint->change = text_format("a heartbeat of %.4g s", s(heartbeat_ns));
	else
		complaint->change =
			text_format("a TTL of more than %.4g s", s(lease_gives_up_ns(lease)));
	complaint->price =
		text_format("more renewals; with fewer retries a shorter absence of the service "
			    "costs the lock; with a longer TTL a longer failover");
	return true;
}

static bool no_guard(const struct stated *stated, const struct lease *lease,
		     struct complaint *complaint)
{
	if (!stated->guard || guard_promises_all(stated->guard))
		return false;
	complaint->what =
		text_format("the resource takes what a holder writes whose lease ended while it "
			    "stood still: a pause of more than %.4g s may end it, one of more than "
			    "%.4g s does",
			    s(lease_outlives_pause_ns(lease)), s(lease->ttl_ns));
	complaint->change =
		text_format("the lock key's create_revision with each request, reads too; the "
			    "resource refuses one smaller than the greatest it has seen");
	complaint->price = text_format("a number with each request, and a comparison");
	return true;
}

static bool heartbeat(const struct stated *stated, const struct lease *lease,
		      struct complaint *complaint)
{
	(void)stated;
	if (3 * lease->heartbeat_ns <= lease->ttl_ns || lease->heartbeat_ns >= lease->ttl_ns)
		return false;
	complaint->what =
		text_format("a heartbeat of more than a third of the TTL: a pause of %.4g s is "
			    "outlived, and no renewal lost for longer than %.4g s",
			    s(lease_outlives_pause_ns(lease)), s(lease_outlives_cut_ns(lease)));
	complaint->change = text_format("a heartbeat of %.4g s", s(lease_third_ns(lease)));
	complaint->price = text_format("%.3g renewals a second from each holder instead of %.3g",
				       1 / s(lease_third_ns(lease)), 1 / s(lease->heartbeat_ns));
	return true;
}

static bool least_ttl(const struct stated *stated, const struct lease *lease,
		      struct complaint *complaint)
{
	int64_t whole_ns = (int64_t)stated->ttl_ms * NS_PER_MS;

	if (whole_ns == lease->ttl_ns)
		return false;
	complaint->what = text_format(
		"etcd with an election time-out of %.4g s grants no less than %.4g s: a "
		"failover of up to %.4g s, whatever was asked for",
		stated->election_ms / 1e3, s(lease->ttl_ns), s(lease_failover(lease, 0).most_ns));
	complaint->change =
		text_format("a TTL of %.4g s, or a shorter election time-out", s(lease->ttl_ns));
	complaint->price = text_format("an election time-out below ten round trips elects leaders "
				       "for nothing");
	return true;
}

typedef bool rule_f(const struct stated *stated, const struct lease *lease,
		    struct complaint *complaint);

static rule_f *const rules[COMPLAINT_RULES_COUNT] = {
	[COMPLAINT_NO_RENEWAL] = no_renewal, [COMPLAINT_GIVES_UP] = gives_up,
	[COMPLAINT_NO_GUARD] = no_guard,     [COMPLAINT_HEARTBEAT] = heartbeat,
	[COMPLAINT_LEAST_TTL] = least_ttl,
};

void complaints_make(const struct stated *stated, struct complaints *complaints)
{
	struct lease lease = stated_lease(stated);

	CHECK(stated->ttl_ms > 0 && stated->heartbeat_ms > 0 && stated->retries > 0);
	*complaints = (struct complaints){0};
	for (int i = 0; i < COMPLAINT_RULES_COUNT; i++) {
		struct complaint *complaint = &complaints->complaint[complaints->count];

		complaint->rule = (enum complaint_rule)i;
		complaints->count += rules[i](stated, &lease, complaint);
	}
}

void complaints_free(struct complaints *complaints)
{
	for (int i = 0; i < complaints->count; i++) {
		free(complaints->complaint[i].what);
		free(complaints->complaint[i].change);
		free(complaints->complaint[i].price);
	}
	complaints->count = 0;
}
