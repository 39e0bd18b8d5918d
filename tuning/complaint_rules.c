/*
 * The rules of `fencepost lint`. Symbols are those of tuning/README.md. Each change is the smallest
 * that mends what its rule complains of, and its price is counted against what is stated.
 */
#include "tuning/complaint_rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "tuning/lease_picture.h"
#include "tuning/lease_price.h"

enum { ROUND_TRIPS = 10, INTERVALS = 5 /* etcd, server/embed/config.go, Validate */ };

#define TEN_MS_NS   (10 * NS_PER_MS)
#define PAUSES_TAIL 0.01

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static int64_t stop_ns(const struct stated *stated)
{
	return stated->stop_ms * NS_PER_MS;
}

static struct lease with_ttl(const struct lease *lease, int64_t ttl_ns)
{
	struct lease other = *lease;

	other.ttl_ns = ttl_ns;
	return other;
}

static int64_t seconds_above_ns(int64_t ns)
{
	return (ns / NS_PER_S + 1) * NS_PER_S;
}

/* A little less than a quarter of the TTL, three times: enough attempts, and in time. */
static struct lease quarter_of(const struct lease *lease)
{
	int64_t heartbeat_ns = (lease->ttl_ns / 4 - 1) / TEN_MS_NS * TEN_MS_NS;
	struct lease quarter =
		lease_of_worker((int)(lease->ttl_ns / NS_PER_MS), (int)(heartbeat_ns / NS_PER_MS),
				LEASE_ATTEMPTS_WANTED);

	CHECK(heartbeat_ns > 0 && lease_gives_up_in_time(&quarter));
	return quarter;
}

static void advise_quarter(const struct lease *lease, struct complaint *complaint)
{
	struct lease quarter = quarter_of(lease);

	complaint->change =
		text_format("a heartbeat of %.4g s and %d retries, each waited for as long",
			    s(quarter.heartbeat_ns), quarter.retries);
	complaint->price = lease_price(lease, &quarter, 0);
}

/* Pictures ------------------------------------------------------------------------------------ */

/* Just before its next renewal the holder stands still, until its lease is over. */
static char *draw_pause(const struct lease *lease)
{
	int64_t wakes_ns = lease->ttl_ns + lease->ttl_ns / 5;
	int64_t still_ns = lease->heartbeat_ns < lease->ttl_ns ? lease->heartbeat_ns : 0;

	return lease_draw(&(struct lease_moments){
		.ttl_ns = lease->ttl_ns,
		.still_from_ns = still_ns,
		.still_to_ns = wakes_ns,
		.ends_ns = wakes_ns,
	});
}

/* The last good answer was as late as it is waited for. */
static char *draw_receipt(const struct lease *lease)
{
	return lease_draw(&(struct lease_moments){
		.ttl_ns = lease->ttl_ns,
		.ends_ns = lease->ttl_ns + lease->patience_ns,
	});
}

/* How it finds out ----------------------------------------------------------------------------- */

bool complain_no_renewal(const struct stated *stated, const struct lease *lease,
			 struct complaint *complaint)
{
	if (stated_renews(lease))
		return false;
	complaint->what =
		stated->heartbeat_ms == 0
			? text_format("the lease of %.4g s ends under a holder that never "
				      "renews it",
				      s(lease->ttl_ns))
			: text_format("no renewal is sent before the lease of %.4g s is "
				      "over",
				      s(lease->ttl_ns));
	advise_quarter(lease, complaint);
	complaint->picture = stated_draw(stated);
	return true;
}

bool complain_not_told(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	if (stated->ends != LEASE_ENDS_NEVER || !stated_renews(lease))
		return false;
	complaint->what =
		text_format("when its renewals fail nothing tells the holder: it works on "
			    "after the %.4g s of its lease",
			    s(lease->ttl_ns));
	complaint->change =
		text_format("stop %.4g s after the sending of the last renewal that was "
			    "answered, by a monotonic clock",
			    s(lease->ttl_ns));
	complaint->price = text_format(
		"a look at a clock before each step; failover stays at %.4g to %.4g s",
		s(lease_failover(lease, 0).least_ns), s(lease_failover(lease, 0).most_ns));
	complaint->picture = stated_draw(stated);
	return true;
}

static void advise_in_time(const struct stated *stated, const struct lease *lease,
			   struct complaint *complaint)
{
	struct lease shorter = with_ttl(lease, lease->ttl_ns - stop_ns(stated)), then = *lease;
	int64_t heartbeat_ns = shorter.ttl_ns > 0 ? lease_heartbeat_in_time_ns(&shorter) : 0;
	int retries = shorter.ttl_ns > 0 ? lease_retries_in_time(&shorter) : 0;

	if (heartbeat_ns > 0 && retries > 0) {
		complaint->change = text_format("a heartbeat of %.4g s, or %d retries",
						s(heartbeat_ns), retries);
		then.retries = retries;
	} else if (heartbeat_ns > 0) {
		complaint->change = text_format("a heartbeat of %.4g s", s(heartbeat_ns));
		then.heartbeat_ns = heartbeat_ns;
	} else if (retries > 0) {
		complaint->change = text_format("%d retries", retries);
		then.retries = retries;
	} else {
		then.ttl_ns = seconds_above_ns(lease_gives_up_ns(lease) + stop_ns(stated));
		complaint->change = text_format("a TTL of %.4g s", s(then.ttl_ns));
	}
	complaint->price = lease_price(lease, &then, 0);
}

static void advise_sooner(const struct stated *stated, const struct lease *lease,
			  struct complaint *complaint)
{
	complaint->change = text_format("a deadline of more than %.4g s before the lease is over",
					s(stop_ns(stated)));
	complaint->price = text_format("so much less of each lease; failover stays at %.4g to "
				       "%.4g s",
				       s(lease_failover(lease, 0).least_ns),
				       s(lease_failover(lease, 0).most_ns));
}

/* client-go's have a rule of their own. A deadline counted from the sending is in time, if nothing
 * comes after it. */
bool complain_gives_up(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	int64_t stops_ns = stated_stops_ns(stated);

	if (stops_ns == CLOCK_NEVER || stops_ns < lease->ttl_ns || !stated_renews(lease) ||
	    stated->renew_deadline_ms || (stated_has_deadline(stated) && stated->stop_ms == 0))
		return false;
	complaint->what = text_format(
		"a holder whose renewals stay unanswered %s %.4g s after the last good "
		"one was sent, when its lease of %.4g s may be another's",
		stated->stop_ms ? "has stopped" : "gives up", s(stops_ns), s(lease->ttl_ns));
	(stated_has_deadline(stated) ? advise_sooner : advise_in_time)(stated, lease, complaint);
	complaint->picture = stated_draw(stated);
	return true;
}

static void advise_renew_deadline(const struct stated *stated, const struct lease *lease,
				  struct complaint *complaint)
{
	int64_t room_ns = lease->ttl_ns - lease->heartbeat_ns - stop_ns(stated);
	int64_t now_ns = stated->renew_deadline_ms * NS_PER_MS;
	int64_t most_ns = (room_ns / (stated->releases ? 2 : 1) - 1) / TEN_MS_NS * TEN_MS_NS;
	struct failover failover = lease_failover(lease, 0);

	if (stated->releases && now_ns < room_ns) {
		complaint->change = text_format("no ReleaseOnCancel");
		complaint->price =
			text_format("a leader that goes in peace is followed after up to "
				    "%.4g s, not at once",
				    s(failover.most_ns));
	} else if (most_ns > lease->heartbeat_ns * 6 / 5 && most_ns < now_ns) {
		complaint->change = text_format("a RenewDeadline of %.4g s", s(most_ns));
		complaint->price = text_format(
			"failover stays at %.4g to %.4g s; a service that is "
			"away for %.4g s costs the lead, not for %.4g s",
			s(failover.least_ns), s(failover.most_ns), s(most_ns), s(now_ns));
	} else {
		int64_t stops_ns = stated_stops_ns(stated);
		struct lease longer = with_ttl(lease, seconds_above_ns(stops_ns));

		complaint->change =
			text_format("a LeaseDuration of %.4g s, a RenewDeadline of more than 1.2 x "
				    "RetryPeriod",
				    s(longer.ttl_ns));
		complaint->price = lease_price(lease, &longer, 0);
	}
}

bool complain_renew_deadline(const struct stated *stated, const struct lease *lease,
			     struct complaint *complaint)
{
	int64_t deadline_ns = stated->renew_deadline_ms * NS_PER_MS;
	int64_t stops_ns = stated_stops_ns(stated);

	if (!deadline_ns || !stated_renews(lease))
		return false;
	if (lease->ttl_ns <= deadline_ns)
		complaint->what =
			text_format("LeaseDuration, %.4g s, is not more than RenewDeadline, "
				    "%.4g s",
				    s(lease->ttl_ns), s(deadline_ns));
	else if (5 * deadline_ns <= 6 * lease->heartbeat_ns)
		complaint->what = text_format("RenewDeadline, %.4g s, is not more than 1.2 x "
					      "RetryPeriod, %.4g s",
					      s(deadline_ns), s(lease->heartbeat_ns));
	else if (stops_ns >= lease->ttl_ns)
		complaint->what = text_format(
			"a leader that gets no answer leads on for RetryPeriod + "
			"%sRenewDeadline%s, "
			"%.4g s, and another one may after LeaseDuration, %.4g s",
			stated->releases ? "2 x " : "", stated->stop_ms ? " + stopping" : "",
			s(stops_ns), s(lease->ttl_ns));
	else
		return false;
	advise_renew_deadline(stated, lease, complaint);
	if (stops_ns >= lease->ttl_ns)
		complaint->picture = stated_draw(stated);
	return true;
}

bool complain_loop_wait(const struct stated *stated, const struct lease *lease,
			struct complaint *complaint)
{
	struct lease then = *lease;

	if (!stated->loops || lease->heartbeat_ns + 2 * lease->patience_ns <= lease->ttl_ns)
		return false;
	complaint->what =
		text_format("loop_wait + 2 x retry_timeout, %.4g s, are more than the ttl "
			    "of %.4g s",
			    s(lease->heartbeat_ns + 2 * lease->patience_ns), s(lease->ttl_ns));
	then.ttl_ns = seconds_above_ns(lease->heartbeat_ns + 2 * lease->patience_ns);
	complaint->change =
		text_format("a ttl of %.4g s, or a shorter retry_timeout", s(then.ttl_ns));
	complaint->price = lease_price(lease, &then, 0);
	complaint->picture = stated_draw(stated);
	return true;
}

bool complain_deadline(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	if (!stated_renews(lease))
		return false;
	if (stated->ends == LEASE_ENDS_RECEIPT) {
		complaint->what =
			text_format("the deadline counts from the receipt of an answer: it comes "
				    "after the end of the lease by what the answer was on its way, "
				    "up to %.4g s, or the holder stood still before it looked",
				    s(lease->patience_ns));
		complaint->picture = draw_receipt(lease);
	} else if (stated->ends == LEASE_ENDS_WALL_CLOCK) {
		complaint->what = text_format(
			"the deadline goes by the wall clock: a step back of that keeps "
			"a holder going by as much after its lease of %.4g s",
			s(lease->ttl_ns));
	} else {
		return false;
	}
	complaint->change = text_format("count from the sending of the request that was answered, "
					"by a monotonic clock");
	complaint->price = text_format(
		"a round trip less of each lease; failover stays at %.4g to %.4g s",
		s(lease_failover(lease, 0).least_ns), s(lease_failover(lease, 0).most_ns));
	return true;
}

/* The work and the resource --------------------------------------------------------------------- */

static bool is_guarded(const struct stated *stated)
{
	return stated->guard && guard_promises_all(stated->guard);
}

bool complain_work(const struct stated *stated, const struct lease *lease,
		   struct complaint *complaint)
{
	int64_t work_ns = stated->work_ms * NS_PER_MS, lives_ns = lease_outlives_pause_ns(lease);

	if (work_ns <= lives_ns || is_guarded(stated))
		return false;
	struct lease longer = with_ttl(lease, lease_ttl_for_pause_ns(lease, work_ns));

	complaint->what =
		text_format("work of %.4g s is longer than the %.4g s that a lease surely "
			    "lives on: what it writes at its end may come after it",
			    s(work_ns), s(lives_ns));
	complaint->change =
		text_format("a guard at the resource; or a TTL of %.4g s, which makes it "
			    "rarer",
			    s(longer.ttl_ns));
	complaint->price = lease_price(lease, &longer, 0);
	complaint->picture = draw_pause(lease);
	return true;
}

bool complain_pauses(const struct stated *stated, const struct lease *lease,
		     struct complaint *complaint)
{
	const struct pause_profile *pauses = stated->pauses;
	double lives_s = s(lease_outlives_pause_ns(lease)), tail_s;

	if (!pauses || pauses_longer(pauses, lives_s) <= PAUSES_TAIL)
		return false;
	tail_s = pauses_exceeded(pauses, PAUSES_TAIL);
	struct lease longer =
		with_ttl(lease, lease_ttl_for_pause_ns(lease, (int64_t)(tail_s * 1e9)));

	complaint->what =
		text_format("%.3g %% of the pauses%s%s are longer than the %.4g s that a lease "
			    "surely outlives; one in a hundred is longer than %.4g s",
			    100 * pauses_longer(pauses, lives_s), pauses->name ? " of " : "",
			    pauses->name ? pauses->name : "", lives_s, tail_s);
	complaint->change = text_format("a TTL of %.4g s", s(longer.ttl_ns));
	complaint->price = lease_price(lease, &longer, 0);
	complaint->picture = draw_pause(lease);
	return true;
}

bool complain_no_guard(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	if (!stated->guard || is_guarded(stated))
		return false;
	complaint->what =
		text_format("the resource takes what a holder writes whose lease ended while it "
			    "stood still: a pause of more than %.4g s may end it, one of more than "
			    "%.4g s does",
			    s(lease_outlives_pause_ns(lease)), s(lease->ttl_ns));
	complaint->change = text_format(
		stated->guard->writes_carry
			? "the token with reads too, not with writes alone; the resource refuses "
			  "one smaller than the greatest it has seen"
			: "the lock key's create_revision with each request, reads too; the "
			  "resource refuses one smaller than the greatest it has seen");
	complaint->price = text_format("a number with each request, and a comparison; failover "
				       "stays at %.4g to %.4g s",
				       s(lease_failover(lease, 0).least_ns),
				       s(lease_failover(lease, 0).most_ns));
	complaint->picture = draw_pause(lease);
	return true;
}

/* Numbers --------------------------------------------------------------------------------------- */

bool complain_attempts(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	int attempts = lease_attempts(lease);

	(void)stated;
	if (!stated_renews(lease) || attempts >= LEASE_ATTEMPTS_WANTED)
		return false;
	complaint->what =
		text_format("%d renewal%s sent in a lease's life when they fail: a pause of %.4g s "
			    "is outlived, "
			    "and no renewal lost for longer than %.4g s",
			    attempts, attempts == 1 ? " is" : "s are",
			    s(lease_outlives_pause_ns(lease)), s(lease_outlives_cut_ns(lease)));
	advise_quarter(lease, complaint);
	return true;
}

/* What one of client-go's or Patroni's requests waits for is bounded by their own rules. */
bool complain_timeout(const struct stated *stated, const struct lease *lease,
		      struct complaint *complaint)
{
	struct lease then = *lease;

	if (!stated_renews(lease) || lease->patience_ns <= lease->heartbeat_ns ||
	    stated->renew_deadline_ms || stated->loops)
		return false;
	then.patience_ns = lease->heartbeat_ns;
	complaint->what =
		text_format("a renewal is waited for %.4g s long, and the next would be due "
			    "after %.4g s",
			    s(lease->patience_ns), s(lease->heartbeat_ns));
	complaint->change = text_format("a time-out of %.4g s", s(then.patience_ns));
	complaint->price = lease_price(lease, &then, 0);
	return true;
}

bool complain_least_ttl(const struct stated *stated, const struct lease *lease,
			struct complaint *complaint)
{
	int64_t asked_ns = stated->ttl_ms * NS_PER_MS;
	struct lease asked = with_ttl(lease, asked_ns), whole = *lease;

	if (asked_ns == lease->ttl_ns)
		return false;
	if (asked_ns > lease->ttl_ns)
		whole.ttl_ns = seconds_above_ns(asked_ns);
	complaint->what =
		asked_ns > lease->ttl_ns
			? text_format(
				  "%.4g s is no whole second: etcd knows no parts of one, and a "
				  "client may make %.4g s of it",
				  s(asked_ns), s(lease->ttl_ns))
			: text_format(
				  "etcd with an election time-out of %.4g s grants no less than "
				  "%.4g s: a failover of up to %.4g s, whatever was asked for",
				  stated->election_ms / 1e3, s(lease->ttl_ns),
				  s(lease_failover(lease, 0).most_ns));
	complaint->change = text_format("a TTL of %.4g s", s(whole.ttl_ns));
	if (asked_ns < lease->ttl_ns && asked_ns >= NS_PER_S) {
		_cleanup_free_ char *ttl = complaint->change;

		complaint->change = text_format("%s, or an election time-out of at most %.4g s",
						ttl, stated->ttl_ms / 1000 * 2000 / 3 / 1e3);
	}
	complaint->price = lease_price(&asked, &whole, 0);
	return true;
}

static int election_of(const struct stated *stated)
{
	return stated->election_ms ? stated->election_ms : ETCD_ELECTION_MS;
}

bool complain_interval(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	int interval_ms = stated->interval_ms ?: election_of(stated) / ETCD_INTERVALS;
	int most_ms = election_of(stated) / INTERVALS, least_ms = (stated->rtt_ms + 1) / 2;

	(void)lease;
	if (stated->not_etcd || (interval_ms <= most_ms && interval_ms >= least_ms))
		return false;
	if (interval_ms > most_ms)
		complaint->what =
			text_format("etcd does not start: its heartbeat interval of %.4g s is more "
				    "than a fifth of its election time-out of %.4g s",
				    interval_ms / 1e3, election_of(stated) / 1e3);
	else
		complaint->what = text_format("a heartbeat interval of %.4g s is less than half "
					      "the round trip of %.4g s: the leader sends more "
					      "heartbeats than can tell it anything",
					      interval_ms / 1e3, stated->rtt_ms / 1e3);
	complaint->change = text_format("a heartbeat interval of %.4g s",
					(interval_ms > most_ms ? most_ms : least_ms) / 1e3);
	complaint->price = text_format("none: the election time-out stays, and with it failover");
	return true;
}

bool complain_election(const struct stated *stated, const struct lease *lease,
		       struct complaint *complaint)
{
	int election_ms = election_of(stated);
	int least_ms = ROUND_TRIPS * (stated->rtt_ms + stated->fsync_ms);
	int64_t least_ttl_ns = lease_least_ttl_ns(least_ms * NS_PER_MS, 0);

	if (stated->not_etcd || election_ms >= least_ms)
		return false;
	struct lease then =
		with_ttl(lease, lease->ttl_ns > least_ttl_ns ? lease->ttl_ns : least_ttl_ns);
	_cleanup_free_ char *price = lease_price(lease, &then, 0);

	complaint->what =
		text_format("an election time-out of %.4g s is less than ten times the "
			    "%.4g s of a round trip and a sync: leaders change for nothing, "
			    "and each change gives every lease its whole life again",
			    election_ms / 1e3, (stated->rtt_ms + stated->fsync_ms) / 1e3);
	complaint->change = text_format("an election time-out of %.4g s", least_ms / 1e3);
	complaint->price = text_format(
		"TTLs of at least %.4g s: %s, and up to %.4g s instead of %.4g s when the leader "
		"changes meanwhile",
		s(least_ttl_ns), price,
		s(lease_failover(&then, least_ms * NS_PER_MS).most_with_change_ns),
		s(lease_failover(lease, election_ms * NS_PER_MS).most_with_change_ns));
	return true;
}
