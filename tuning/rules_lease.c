/* The rules about an arm's TTL, heartbeat and retries. */
#include "tuning/matter.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "tuning/complaints.h"
#include "tuning/lease_price.h"

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
	item->price = lease_price(&worst->lease, &longer, matter->election_ns);
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

/* What lint says of the arm, in its words. `gain`: what that ends, a sentence's begin. */
static bool say_complaint(const struct arm_matter *arm, enum complaint_rule rule, const char *brief,
			  struct advice_item *item)
{
	struct stated stated = stated_of_lease(&arm->lease);
	struct complaint complaint;

	if (!complaint_of(&stated, rule, &complaint))
		return false;
	item->brief = text_format("%s: %s (arm %s)", complaint.change, brief, arm->row->name);
	item->change = text_format("In arm %s: %s", arm->row->name, complaint.change);
	item->gain = text_format("As it is, %s", complaint.what);
	item->price = take(complaint.price);
	complaint_free(&complaint);
	return true;
}

bool advise_gives_up(const struct matter *matter, struct advice_item *item)
{
	for (int i = 0; i < matter->arms; i++)
		if (wants_to_give_up(&matter->arm[i]) &&
		    say_complaint(&matter->arm[i], COMPLAINT_GIVES_UP, "gives up in time", item))
			return true;
	return false;
}

/* What the rules above do not mend already. */
static bool wants_attempts(const struct arm_matter *arm)
{
	struct lease lease = wants_ttl(arm) ? with_ttl(arm) : arm->lease;

	return arm->advised && !wants_to_give_up(arm) &&
	       lease_attempts(&lease) < LEASE_ATTEMPTS_WANTED;
}

bool advise_attempts(const struct matter *matter, struct advice_item *item)
{
	for (int i = 0; i < matter->arms; i++)
		if (wants_attempts(&matter->arm[i]) &&
		    say_complaint(&matter->arm[i], COMPLAINT_ATTEMPTS, "renewals may fail", item))
			return true;
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
		_cleanup_free_ char *failover = lease_price(&arm->lease, &more, 0);

		item->price =
			text_format("A cut-off holder gives up %.4g s after its last good "
				    "renewal instead of %.4g s; its lease lives for %.4g s; "
				    "%s",
				    s(lease_gives_up_ns(&more)), s(lease_gives_up_ns(&arm->lease)),
				    s(more.ttl_ns), failover);
		return true;
	}
	return false;
}
