/*
 * What became of leases: early-expiry (ended before its time), dead-keepalive (renewed after its
 * end), and the stale-read of a look at one (told to live after its end).
 */
#include <stddef.h>
#include "base/invariant.h"
#include "checker/checks.h"

/* The service's own word that the lease is gone, in answer to a renewal that came within its
 * promise, and before anybody had asked for its end. */
static bool was_told_gone_early(const struct attempt *attempt)
{
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_KEEPALIVE && op->outcome == OUTCOME_OK && op->ttl_ms == 0)
			return op->returned_ns < attempt->given_up_ns &&
			       attempt_lease_lives(attempt, op->returned_ns);
	}
	return false;
}

/* The key went although nobody had asked for its end, or for that of its lease: so the lease ended.
 * Not concluded for a key that another lease or another's release took away, nor for one that was
 * never the attempt's lease's. The key of one that still waits also goes when the member that it
 * asked gives its request up: then it takes the service's word that it was the lease. */
static bool ended_by_service(const struct attempt *attempt)
{
	const struct grant *grant = attempt->grant;

	return grant && !grant->taken_over && !grant->wrongly_released &&
	       (!attempt->lease || grant->lease == attempt->lease) &&
	       grant->removed_seen_ns != NEVER_NS &&
	       attempt->given_up_ns > grant->removed_seen_ns &&
	       (attempt->acquire || was_told_gone_early(attempt));
}

static int member_asked(const struct op_row *op)
{
	return op->endpoint >= 0 ? op->endpoint : NO_MEMBER;
}

/* The witness's sight is not earlier than the removal, and the lease's end reckoned from the stamp
 * before sending is not later than the promised one: so sight < end proves removal < promised end.
 */
void check_early_expiry(struct docket *docket, const struct lane_facts *facts)
{
	for (int i = 0; i < facts->attempts; i++) {
		struct attempt *attempt = &facts->attempt[i];
		const struct grant *grant = attempt->grant;

		if (!ended_by_service(attempt) ||
		    !attempt_lease_lives(attempt, grant->removed_seen_ns))
			continue;
		const struct op_row *renewal =
			attempt_longest_renewal(attempt, grant->removed_seen_ns);

		CHECK(renewal && grant->removed_seen_ns < op_lease_end_ns(renewal));
		bool definite = !attempt->doubtful || was_told_gone_early(attempt);
		struct violation violation = docket_draft(facts, VIOLATION_EARLY_EXPIRY, definite,
							  grant->removed_seen_ns);
		struct label who = attempt_label(attempt);

		docket_cite_attempt(&violation, attempt, attempt->acquire ? "holder" : "waiter");
		docket_cite(&violation, "op", renewal->id, "renewal");
		docket_cite(&violation, "key_event", grant->removal, "removal");
		docket_say(&violation,
			   "the key of %s was gone by %.3f s although the %s sent at %.3f s and "
			   "acknowledged promised %.3f s (by ",
			   who.text, seconds(grant->removed_seen_ns), function_name(renewal->f),
			   seconds(renewal->invoked_ns), renewal->ttl_ms / 1e3);
		docket_say_answerer(&violation, facts, renewal);
		docket_say(&violation, "); nobody released or revoked it");
		struct blame_question question =
			docket_ask_of_lease(facts, attempt, grant->removed_seen_ns);

		question.renewed_by = member_asked(renewal);
		docket_tell_blame(&violation, facts, &question);
		docket_file(docket, facts, &violation, attempt, NULL);
	}
}

/* Since when an attempt's lease was surely gone. */
struct end {
	int64_t at_ns;               /* NEVER_NS */
	const struct op_row *revoke; /* acknowledged at that time; NULL: it expired */
	bool definite;
};

static struct end lease_end(const struct attempt *attempt)
{
	struct end end = {NEVER_NS, NULL, true};

	if (attempt->revoked)
		end = (struct end){attempt->revoked->returned_ns, attempt->revoked, true};
	if (attempt->lease && ended_by_service(attempt) &&
	    attempt->grant->removed_seen_ns < end.at_ns)
		end = (struct end){attempt->grant->removed_seen_ns, NULL, !attempt->doubtful};
	return end;
}

static bool op_tells_life(const struct op_row *op, const struct attempt *attempt)
{
	return op->f == F_KEEPALIVE ? op_renews(op, attempt)
				    : op->outcome == OUTCOME_OK && op->ttl_ms > 0;
}

/* `told`: that the lease lives; and how often more. */
static void file_dead_answer(struct docket *docket, const struct lane_facts *facts,
			     struct attempt *attempt, const struct end *end,
			     const struct op_row *told, int more)
{
	CHECK(told->invoked_ns > end->at_ns && told->ttl_ms > 0);
	bool renews = told->f == F_KEEPALIVE;
	struct violation violation =
		docket_draft(facts, renews ? VIOLATION_DEAD_KEEPALIVE : VIOLATION_STALE_READ,
			     end->definite, told->returned_ns);
	struct label who = attempt_label(attempt);
	const char *what = renews ? "renewal" : "look";

	docket_cite_attempt(&violation, attempt, "holder");
	docket_cite(&violation, "op", told->id, renews ? "renewal" : "stale answer");
	if (end->revoke)
		docket_cite(&violation, "op", end->revoke->id, "revoke");
	else
		docket_cite(&violation, "key_event", attempt->grant->removal, "removal");
	docket_say(&violation, "the %s that %s sent at %.3f s was %s for %.3f s, but its lease %s",
		   what, who.text, seconds(told->invoked_ns),
		   renews ? "acknowledged" : "answered with life", told->ttl_ms / 1e3,
		   end->revoke ? "had been revoked, as was acknowledged at"
			       : "had ended by itself, and its key was seen gone at");
	docket_say(&violation, " %.3f s", seconds(end->at_ns));
	if (more)
		docket_say(&violation, "; %d more %s%s followed", more, what, more == 1 ? "" : "s");
	struct blame_question question = docket_ask_of_lease(facts, attempt, told->returned_ns);

	question.from_ns = end->at_ns;
	question.member = question.renewed_by = member_asked(told);
	docket_tell_blame(&violation, facts, &question);
	docket_file(docket, facts, &violation, attempt, NULL);
}

/* A lease never comes back, so what was *sent* after the proof of its end cannot have found it.
 * Counted once per attempt. */
static void check_answers_of_the_dead(struct docket *docket, const struct lane_facts *facts,
				      enum function f)
{
	for (int i = 0; i < facts->attempts; i++) {
		struct attempt *attempt = &facts->attempt[i];
		const struct end end = lease_end(attempt);
		const struct op_row *first = NULL;
		int told = 0;

		for (int j = 0; j < attempt->ops; j++) {
			const struct op_row *op = attempt->op[j];

			if (op->f != f || !op_tells_life(op, attempt) ||
			    op->invoked_ns <= end.at_ns)
				continue;
			first = first ? first : op;
			told++;
		}
		if (first)
			file_dead_answer(docket, facts, attempt, &end, first, told - 1);
	}
}

void check_dead_keepalive(struct docket *docket, const struct lane_facts *facts)
{
	check_answers_of_the_dead(docket, facts, F_KEEPALIVE);
}

void check_stale_look(struct docket *docket, const struct lane_facts *facts)
{
	check_answers_of_the_dead(docket, facts, F_LOOK);
}
