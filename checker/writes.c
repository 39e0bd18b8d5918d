/*
 * What the resource suffered: stale-write, late-write, lost-update, and, where the arm's guard
 * promises to stop them, fence-breach. And how often the guard was tested: a request of a stale
 * holder that reached the store after a later holder's first one, or a write on the base of a
 * version that had been replaced, accepted or refused.
 *
 * Theory of operation. One pass over the store's decisions, whose order is the resource's true one.
 * Three fronts advance with it: the latest holder that has written, the latest that has read, the
 * latest whose acquire had been answered. "Latest" is by the revision of the grants; where a
 * revision is not known it is by the acquire's answer, and what follows is only *possible*: answers
 * to two acquires may arrive in the other order than they were given.
 *
 * Of those who share a lock none is too late for another, and they do not write. So what one of
 * them asks tests the guard only when somebody later had come who does not share. Who does not
 * share is too late for whoever is later.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"
#include "checker/checks.h"

struct front {
	struct attempt *ordered;   /* the greatest order */
	struct attempt *any;       /* the latest answer */
	struct attempt *unordered; /* the latest answer among those without an order */
};

static bool answered_later(const struct attempt *attempt, const struct attempt *than)
{
	return attempt->believed_from_ns > than->believed_from_ns;
}

static void front_add(struct front *front, struct attempt *attempt)
{
	if (attempt->order && (!front->ordered || attempt->order > front->ordered->order))
		front->ordered = attempt;
	if (!attempt->acquire)
		return;
	if (!front->any || answered_later(attempt, front->any))
		front->any = attempt;
	if (!attempt->order && (!front->unordered || answered_later(attempt, front->unordered)))
		front->unordered = attempt;
}

/* A holder in the front that is later than `attempt`; NULL. */
static struct attempt *front_beyond(const struct front *front, const struct attempt *attempt,
				    bool *definite)
{
	struct attempt *by_time = attempt->order ? front->unordered : front->any;

	*definite = true;
	if (attempt->order && front->ordered && front->ordered->order > attempt->order)
		return front->ordered;
	*definite = false;
	if (attempt->acquire && by_time && answered_later(by_time, attempt))
		return by_time;
	return NULL;
}

struct pass {
	struct docket *docket;
	const struct lane_facts *facts;
	const struct guard_kind *guard;
	struct front writers, readers, answered;
	struct front seen;       /* whose requests had reached the store, accepted or refused */
	struct front seen_alone; /* of these, who do not share the lock */
	int answers;             /* holders already in `answered` */
	const struct decision_row *write; /* the last one accepted */
	struct attempt *writer;           /* whose it was; NULL: unknown */
};

/* What a decision breached: nothing, or the first reason that is definite, else possible. */
struct breach {
	const char *why;
	bool definite;
	struct attempt *other;
};

/* "none-0-1 (revision 243)", and of a request that came after the death of its process: ", killed
 * 2.900 s before,". What was under way when it died, its kernel goes on sending. */
static struct label sender_label(const struct attempt *attempt, const struct decision_row *decision)
{
	struct label label = {"a worker outside every attempt"};

	if (!attempt)
		return label;
	label = attempt_label(attempt);
	size_t used = strlen(label.text);

	if (attempt->died_ns < decision->arrived_ns)
		snprintf(label.text + used, sizeof(label.text) - used, ", dead for %.3f s,",
			 seconds(decision->arrived_ns - attempt->died_ns));
	return label;
}

static void breach_add(struct breach *breach, const char *why, enum certainty certainty,
		       struct attempt *other)
{
	if (!breach->why || (certainty == IS_DEFINITE && !breach->definite))
		*breach = (struct breach){why, certainty == IS_DEFINITE, other};
}

static struct violation draft(const struct pass *pass, enum violation_name name,
			      enum certainty certainty, const struct decision_row *decision,
			      const struct attempt *attempt, const struct attempt *other)
{
	struct violation violation =
		docket_draft(pass->facts, name, certainty, decision->decided_ns);

	docket_cite(&violation, "decision", decision->id, "write");
	if (decision->op)
		docket_cite(&violation, "op", decision->op, "write");
	if (attempt) {
		docket_cite(&violation, "attempt", attempt->id, "holder");
		docket_cite_cover(&violation, pass->facts, attempt->process,
				  attempt->acknowledged_ns, decision->decided_ns);
	}
	if (other)
		docket_cite(&violation, "attempt", other->id, "later holder");
	return violation;
}

enum found { NOTHING, POSSIBLE, DEFINITE };

static enum found check_stale(struct pass *pass, const struct decision_row *decision,
			      struct attempt *attempt, struct breach *breach)
{
	bool definite;
	struct attempt *later = front_beyond(&pass->writers, attempt, &definite);

	if (!later)
		return NOTHING;
	CHECK(later != attempt);
	struct violation violation =
		draft(pass, VIOLATION_STALE_WRITE, definite, decision, attempt, later);
	struct label one = sender_label(attempt, decision), two = attempt_label(later);

	docket_say(&violation,
		   "%s wrote version %lld at %.3f s, after the later holder %s had written",
		   one.text, (long long)decision->version_after, seconds(decision->decided_ns),
		   two.text);
	docket_file(pass->docket, pass->facts, &violation, attempt, later);
	if (pass->guard->promises & NO_STALE_WRITE)
		breach_add(breach, "a stale write", definite, later);
	return definite ? DEFINITE : POSSIBLE;
}

/* A write has one story, the worse or the surer one: not called for a write that is definitely
 * stale. */
static void check_late(struct pass *pass, const struct decision_row *decision,
		       struct attempt *attempt, enum found stale, struct breach *breach)
{
	bool definite;
	struct attempt *later = front_beyond(&pass->readers, attempt, &definite);

	if (later && stale != NOTHING && !definite)
		return;
	if (!later) {
		later = front_beyond(&pass->answered, attempt, &definite);
		if (later && definite && stale == NOTHING)
			docket_tally_of_arm(pass->docket, pass->facts)->harmless_late++;
		return;
	}
	CHECK(later != attempt && stale != DEFINITE); /* a write has one story */
	struct violation violation =
		draft(pass, VIOLATION_LATE_WRITE, definite, decision, attempt, later);
	struct label one = sender_label(attempt, decision), two = attempt_label(later);

	docket_say(&violation, "%s wrote version %lld at %.3f s, after the next holder %s had read",
		   one.text, (long long)decision->version_after, seconds(decision->decided_ns),
		   two.text);
	docket_file(pass->docket, pass->facts, &violation, attempt, later);
	if (pass->guard->promises & NO_LATE_WRITE)
		breach_add(breach, "a late write", definite, later);
}

/* Nobody had written since its writer read. */
static bool is_on_its_base(const struct op_row *op, const struct decision_row *decision)
{
	CHECK(op->id == decision->op);
	return op->base_version == decision->version_before;
}

static void check_lost(struct pass *pass, const struct decision_row *decision,
		       const struct op_row *op, struct attempt *attempt, struct breach *breach)
{
	if (is_on_its_base(op, decision))
		return;
	struct violation violation =
		draft(pass, VIOLATION_LOST_UPDATE, true, decision, attempt, NULL);
	struct label one = sender_label(attempt, decision), two = {"another write"};

	if (pass->write)
		docket_cite(&violation, "decision", pass->write->id, "overwritten");
	if (pass->writer) {
		docket_cite(&violation, "attempt", pass->writer->id, "overwritten");
		two = attempt_label(pass->writer);
	}
	docket_say(&violation,
		   "%s wrote at %.3f s on what it had read as version %lld; the resource was at "
		   "version %lld by %s",
		   one.text, seconds(decision->decided_ns), (long long)op->base_version,
		   (long long)decision->version_before, two.text);
	docket_file(pass->docket, pass->facts, &violation, attempt, pass->writer);
	if (pass->guard->promises & NO_LOST_UPDATE)
		breach_add(breach, "a lost update", IS_DEFINITE, pass->writer);
}

/* By the service's own order: its revisions. */
static bool key_was_gone(const struct op_row *op, const struct attempt *attempt)
{
	const struct grant *grant = attempt ? attempt->grant : NULL;

	return op && op->revision && grant && grant->removed_order != STANDS &&
	       grant->removed_order < op->revision;
}

/* The guard's own rule, whatever the holders' order: the request carries a token, and it is not
 * smaller than one seen before; or, in the service, the lock key of that token stands. */
static void check_carried(const struct pass *pass, const struct decision_row *decision,
			  const struct op_row *op, const struct attempt *attempt,
			  struct breach *breach)
{
	bool must = guard_carries(pass->guard, decision->f == F_WRITE);

	if (must && !decision->token)
		breach_add(breach, "a request without a token", IS_DEFINITE, NULL);
	else if (pass->guard->in_service && key_was_gone(op, attempt))
		breach_add(breach, "a request whose lock key was gone", IS_DEFINITE, NULL);
	else if (must && !pass->guard->in_service && decision->token < decision->greatest_token)
		breach_add(breach, "a token smaller than one seen before", IS_DEFINITE, NULL);
}

static void file_breach(struct pass *pass, const struct decision_row *decision,
			struct attempt *attempt, const struct breach *breach)
{
	struct violation violation = draft(pass, VIOLATION_FENCE_BREACH, breach->definite, decision,
					   attempt, breach->other);
	struct label who = sender_label(attempt, decision);

	docket_say(&violation, "guard %s let %s by %s through at %.3f s", pass->guard->word,
		   breach->why, who.text, seconds(decision->decided_ns));
	if (pass->guard->carries_lease_id)
		docket_say(&violation, " (lease id %llx", (unsigned long long)decision->token);
	if (pass->guard->carries_lease_id && breach->other)
		docket_say(&violation, "; that of the later holder is %llx",
			   (unsigned long long)breach->other->lease);
	if (pass->guard->carries_lease_id)
		docket_say(&violation, ")");
	else if (guard_needs_token(pass->guard))
		docket_say(&violation, " (token %lld, greatest seen %lld)",
			   (long long)decision->token, (long long)decision->greatest_token);
	docket_file(pass->docket, pass->facts, &violation, attempt, breach->other);
}

/* Is there an order in which his write may come too late? */
static bool writes_in_order(const struct attempt *attempt)
{
	return attempt && attempt->mode == MODE_EXCLUSIVE;
}

static void judge_accepted(struct pass *pass, const struct decision_row *decision,
			   struct attempt *attempt, struct breach *breach)
{
	const struct op_row *op = facts_op(pass->facts, decision->op);

	CHECK(decision->accepted); /* what was refused did nothing */
	check_carried(pass, decision, op, attempt, breach);
	if (decision->f == F_WRITE) {
		bool ordered = writes_in_order(attempt);
		enum found stale = ordered ? check_stale(pass, decision, attempt, breach) : NOTHING;

		if (ordered && stale != DEFINITE)
			check_late(pass, decision, attempt, stale, breach);
		if (op)
			check_lost(pass, decision, op, attempt, breach);
		pass->write = decision;
		pass->writer = attempt;
	}
	if (attempt)
		front_add(decision->f == F_WRITE ? &pass->writers : &pass->readers, attempt);
	if (breach->why)
		file_breach(pass, decision, attempt, breach);
}

/* Somebody else had written meanwhile: what a guard is there for that compares versions. */
static bool tests_versions(const struct pass *pass, const struct decision_row *decision)
{
	const struct op_row *op = facts_op(pass->facts, decision->op);

	return decision->f == F_WRITE && op && !is_on_its_base(op, decision);
}

/* A later holder's request had come before: what the guard is there for. A breach is a test that it
 * failed, whoever sent the request. */
static bool tests_guard(const struct pass *pass, const struct decision_row *decision,
			const struct attempt *attempt)
{
	if (pass->guard->writes_carry_base)
		return tests_versions(pass, decision);
	bool guarded =
		decision->f == F_READ ? pass->guard->reads_carry : pass->guard->promises != 0;
	bool definite;

	if (!guarded || !attempt)
		return false;
	const struct front *seen = attempt->mode == MODE_SHARED ? &pass->seen_alone : &pass->seen;

	return front_beyond(seen, attempt, &definite) && definite;
}

static void count_test(struct tally *tally, const struct lane_facts *facts,
		       const struct attempt *attempt, const struct decision_row *decision,
		       bool breached)
{
	int64_t lost_ns = attempt && attempt->grant ? attempt->grant->removed_seen_ns : NEVER_NS;

	tally->tests++;
	tally->failed_tests += breached;
	/* Of a request that no attempt sent there is nothing but itself. */
	occasions_add(&tally->tested, attempt ? hold_fault_behind(facts, attempt, lost_ns) : NULL,
		      attempt ? attempt->id : -decision->id, breached);
}

static void judge_decision(struct pass *pass, const struct decision_row *decision)
{
	struct attempt *attempt = facts_attempt_of_op(pass->facts, decision->op);
	struct tally *tally = docket_tally_of_arm(pass->docket, pass->facts);
	bool test = tests_guard(pass, decision, attempt);
	struct breach breach = {0};

	if (decision->accepted) {
		tally->unowned += !facts_op(pass->facts, decision->op);
		judge_accepted(pass, decision, attempt, &breach);
	}
	bool breached = breach.why && breach.definite;

	if (test || breached)
		count_test(tally, pass->facts, attempt, decision, breached);
	tally->posthumous += attempt && attempt->died_ns < decision->arrived_ns;
	if (attempt)
		front_add(&pass->seen, attempt);
	if (attempt && attempt->mode == MODE_EXCLUSIVE)
		front_add(&pass->seen_alone, attempt);
}

void check_writes(struct docket *docket, const struct lane_facts *facts,
		  const struct guard_kind *guard)
{
	struct pass pass = {.docket = docket, .facts = facts, .guard = guard};

	for (int i = 0; i < facts->rows->decisions; i++) {
		const struct decision_row *decision = &facts->rows->decision[i];

		CHECK(!i || decision[-1].id <= decision->id); /* the store's order */
		for (; pass.answers < facts->holders &&
		       facts->holder[pass.answers]->believed_from_ns < decision->decided_ns;
		     pass.answers++)
			front_add(&pass.answered, facts->holder[pass.answers]);
		judge_decision(&pass, decision);
	}
}
