/* The rules about an arm's TTL, heartbeat and retries. */
#include "tuning/matter.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Nothing at the resource would stop all of what this holder does after its lease. */
static bool rests_on_lease(const struct arm_matter *arm)
{
	return arm->advised && arm->judged->verdict == VERDICT_UNSAFE &&
	       !guard_promises_all(arm->guard);
}

static bool wants_ttl(const struct arm_matter *arm)
{
	return rests_on_lease(arm) && arm->outlasting && arm->harmed_by_pause;
}

static struct lease with_ttl(const struct arm_matter *arm)
{
	struct lease longer = arm->lease;

	longer.ttl_ns = lease_ttl_for_pause_ns(&arm->lease, arm->longest_ns);
	return longer;
}

static char *say_failover(const struct matter *matter, const struct lease *now,
			  const struct lease *then)
{
	struct failover a = lease_failover(now, matter->election_ns);
	struct failover b = lease_failover(then, matter->election_ns);

	if (!matter->election_ns)
		return text_format("After a holder's death the next one waits for up to %.4g s "
				   "instead of %.4g s, and longer when the leader changes",
				   s(b.most_ns), s(a.most_ns));
	return text_format("After a holder's death the next one waits for up to %.4g s instead of "
			   "%.4g s, and when the leader changes meanwhile up to %.4g s instead of "
			   "%.4g s",
			   s(b.most_ns), s(a.most_ns), s(b.most_with_change_ns),
			   s(a.most_with_change_ns));
}

/* The one whose pauses ask for the longest. */
bool advise_ttl(const struct matter *matter, struct advice_item *item)
{
	const struct arm_matter *worst = NULL;

	for (int i = 0; i < matter->arms; i++)
		if (wants_ttl(&matter->arm[i]) &&
		    (!worst || matter->arm[i].longest_ns > worst->longest_ns))
			worst = &matter->arm[i];
	if (!worst)
		return false;
	struct lease longer = with_ttl(worst);

	item->brief = text_format("TTL %.4g s to %.4g s: a pause of %.4g s is outlived (arm %s)",
				  s(worst->lease.ttl_ns), s(longer.ttl_ns), s(worst->longest_ns),
				  worst->row->name);
	item->change = text_format("Raise the TTL of arm %s from %.4g s to %.4g s%s",
				   worst->row->name, s(worst->lease.ttl_ns), s(longer.ttl_ns),
				   matter->pauses_in_ttl
					   ? "; this campaign's pauses grow with the TTL, so give "
					     "their lengths in seconds to try it"
					   : "");
	item->gain = text_format(
		"Pauses of its workers: %d, of which %d were longer than the %.4g s that the lease "
		"surely outlives; the longest was %.4g s, and %.4g s would be outlived. Fewer "
		"accidents, no safety: a longer pause does it again, or the next one before a "
		"renewal came through",
		worst->stood.count, worst->outlasting, s(lease_outlives_pause_ns(&worst->lease)),
		s(worst->longest_ns), s(lease_outlives_pause_ns(&longer)));
	item->price = say_failover(matter, &worst->lease, &longer);
	return true;
}

/* What a longer TTL, when it is advised, does not mend already. A holder that looks at its deadline
 * stops there by itself. */
static bool wants_to_give_up(const struct arm_matter *arm)
{
	struct lease longer = wants_ttl(arm) ? with_ttl(arm) : arm->lease;

	return rests_on_lease(arm) && !(arm->guard && arm->guard->looks_at_deadline) &&
	       !lease_gives_up_in_time(&longer);
}

static char *say_renewals(const struct lease *now, int64_t heartbeat_ns)
{
	return text_format("%.3g renewals a second from each holder instead of %.3g",
			   1 / s(heartbeat_ns), 1 / s(now->heartbeat_ns));
}

static char *say_brief_heartbeat(const struct arm_matter *arm, int64_t heartbeat_ns,
				 const char *why)
{
	return text_format("heartbeat %.4g s to %.4g s: %s (arm %s)", s(arm->lease.heartbeat_ns),
			   s(heartbeat_ns), why, arm->row->name);
}

static bool say_gives_up(const struct arm_matter *arm, struct advice_item *item)
{
	const struct lease *lease = &arm->lease;
	int64_t heartbeat_ns = lease_heartbeat_in_time_ns(lease);
	int retries = lease_retries_in_time(lease);

	if (heartbeat_ns > lease_third_ns(lease))
		heartbeat_ns = lease_third_ns(lease);
	if (heartbeat_ns > 0) {
		item->brief = say_brief_heartbeat(arm, heartbeat_ns, "gives up in time");
		item->change = text_format("Lower the heartbeat of arm %s from %.4g s to %.4g s",
					   arm->row->name, s(lease->heartbeat_ns), s(heartbeat_ns));
	} else if (retries > 0) {
		item->brief = text_format("retries %d to %d: gives up in time (arm %s)",
					  lease->retries, retries, arm->row->name);
		item->change = text_format("Lower the retries of arm %s from %d to %d",
					   arm->row->name, lease->retries, retries);
	} else {
		return false;
	}
	item->gain = text_format(
		"A holder whose renewals stay unanswered gives up %.4g s after the last good one "
		"was sent (heartbeat + retries x the time-out of a renewal), and its lease may be "
		"another's after %.4g s; so it stops before",
		s(lease_gives_up_ns(lease)), s(lease->ttl_ns));
	item->price = heartbeat_ns > 0
			      ? say_renewals(lease, heartbeat_ns)
			      : text_format("It gives up sooner, also where a service that is away "
					    "for a moment would still have answered in time");
	return true;
}

bool advise_gives_up(const struct matter *matter, struct advice_item *item)
{
	for (int i = 0; i < matter->arms; i++)
		if (wants_to_give_up(&matter->arm[i]) && say_gives_up(&matter->arm[i], item))
			return true;
	return false;
}

/* What the rules above do not mend already. */
static bool wants_heartbeat(const struct arm_matter *arm)
{
	struct lease lease = wants_ttl(arm) ? with_ttl(arm) : arm->lease;

	return arm->advised && !wants_to_give_up(arm) && 3 * lease.heartbeat_ns > lease.ttl_ns &&
	       3 * arm->lease.heartbeat_ns > arm->lease.ttl_ns && lease_third_ns(&arm->lease) > 0;
}

bool advise_heartbeat(const struct matter *matter, struct advice_item *item)
{
	for (int i = 0; i < matter->arms; i++) {
		const struct lease *lease = &matter->arm[i].lease;

		if (!wants_heartbeat(&matter->arm[i]))
			continue;
		int64_t heartbeat_ns = lease_third_ns(lease);

		item->brief =
			say_brief_heartbeat(&matter->arm[i], heartbeat_ns, "a third of the TTL");
		item->change = text_format("Lower the heartbeat of arm %s from %.4g s to %.4g s, a "
					   "third of its TTL",
					   matter->arm[i].row->name, s(lease->heartbeat_ns),
					   s(heartbeat_ns));
		item->gain = text_format(
			"A holder may stand still for %.4g s instead of %.4g s before its lease "
			"can end",
			s(lease->ttl_ns - heartbeat_ns), s(lease_outlives_pause_ns(lease)));
		item->price = say_renewals(lease, heartbeat_ns);
		return true;
	}
	return false;
}

static bool wants_retries(const struct arm_matter *arm)
{
	return arm->advised && arm->judged->measure[MEASURE_SPURIOUS_LOSSES] > 0 &&
	       lease_gives_up_in_time(&arm->lease) &&
	       lease_retries_in_time(&arm->lease) > arm->lease.retries;
}

bool advise_retries(const struct matter *matter, struct advice_item *item)
{
	for (int i = 0; i < matter->arms; i++) {
		const struct arm_matter *arm = &matter->arm[i];
		struct lease more = arm->lease;

		if (!wants_retries(arm))
			continue;
		more.retries = lease_retries_in_time(&more);
		item->brief =
			text_format("retries %d to %d: gives up less that is its own (arm %s)",
				    arm->lease.retries, more.retries, arm->row->name);
		item->change = text_format("Raise the retries of arm %s from %d to %d",
					   arm->row->name, arm->lease.retries, more.retries);
		item->gain = text_format(
			"Its holders gave up %lld leases that were surely still theirs; with that "
			"a service that leaves renewals unanswered for up to %.4g s instead of "
			"%.4g s "
			"costs no lease",
			(long long)arm->judged->measure[MEASURE_SPURIOUS_LOSSES],
			s(lease_outlives_cut_ns(&more)), s(lease_outlives_cut_ns(&arm->lease)));
		item->price = text_format("A cut-off holder gives up %.4g s after its last good "
					  "renewal instead of %.4g s; its lease lives for %.4g s",
					  s(lease_gives_up_ns(&more)),
					  s(lease_gives_up_ns(&arm->lease)), s(more.ttl_ns));
		return true;
	}
	return false;
}
