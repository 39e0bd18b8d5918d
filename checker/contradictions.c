/*
 * What single answers of the service told that its other answers contradict: stale-read (older than
 * what it had told before), false-gone (a lease called gone that lived on).
 */
#include <stddef.h>

#include "base/invariant.h"
#include "base/clock.h"
#include "checker/checks.h"

static const char *actor_name(const struct run *run, int process)
{
	const struct actor *actor = run_actor(run, process);

	return actor && actor->name ? actor->name : "a worker";
}

/* Where the wrong answer came from, and what lay over that. */
static void tell_blame(struct violation *violation, const struct lane_facts *facts,
		       const struct op_row *op)
{
	const struct blame_question question = {
		.from_ns = op->invoked_ns,
		.to_ns = op->returned_ns,
		.process = op->process,
		.member = op->endpoint >= 0 ? op->endpoint : NO_MEMBER,
		.renewed_ns = op->invoked_ns,
		.renewed_by = NO_MEMBER,
		.ttl_ns = facts->arm->ttl_ms * NS_PER_MS,
	};

	docket_tell_blame(violation, facts, &question);
}

/* stale-read ---------------------------------------------------------------------------------- */

static void say_known(struct violation *violation, const struct lane_facts *facts,
		      const struct answer_row *known)
{
	const struct run *run = facts->run;
	const char *member = member_name(run->history, known->member);

	docket_say(violation, "although %.16s had told %.40s of revision %lld by %.3f s",
		   *member ? member : "a member",
		   known->process ? actor_name(run, known->process) : "the witness",
		   (long long)known->revision, seconds(known->at_ns));
	if (known->process)
		docket_say(violation, ", in answer to its %s", function_name(known->f));
}

static void file_stale_read(struct docket *docket, const struct lane_facts *facts,
			    const struct op_row *op, const struct answer_row *known)
{
	/* Nobody is accused by what was told later, or is no newer. */
	CHECK(known->at_ns < op->invoked_ns && known->revision > op->revision);
	struct violation violation =
		docket_draft(facts, VIOLATION_STALE_READ, IS_DEFINITE, op->returned_ns);

	docket_cite(&violation, "op", op->id, "stale answer");
	docket_cite(&violation, known->process ? "op" : "key_event", known->ref, "newer answer");
	docket_say(&violation,
		   "the %s that %.40s sent at %.3f s was answered as of revision %lld (by ",
		   function_name(op->f), actor_name(facts->run, op->process),
		   seconds(op->invoked_ns), (long long)op->revision);
	docket_say_answerer(&violation, facts, op);
	docket_say(&violation, ") ");
	say_known(&violation, facts, known);
	tell_blame(&violation, facts, op);
	docket_file(docket, facts, &violation, facts_attempt_of_op(facts, op->id), NULL);
}

/* Once for each answer. */
void check_stale_read(struct docket *docket, const struct lane_facts *facts)
{
	int near = 0;

	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];
		const struct answer_row *known =
			op_is_linearizable(op) ? acknowledged_before(&facts->run->acknowledged,
								     op->invoked_ns, &near)
					       : NULL;

		if (known && known->revision > op->revision)
			file_stale_read(docket, facts, op, known);
	}
}

/* false-gone ---------------------------------------------------------------------------------- */

/* What shows that a lease lived at some instant after the answer; nothing: all is 0. */
struct life {
	const struct op_row *op; /* an answer that only a living lease gets */
	int64_t revision;        /* or a change of its key, surely later than the answer */
	bool removed;            /* the key's removal, not its making */
};

/* Only a lease that lives is revoked or renewed, and takes the lock. Of what was sent after the
 * answer, every such success came after it. A renewal is no proof where the lease is known to have
 * been gone for it: dead-keepalive accuses that one. */
static bool shows_life(const struct op_row *op, const struct attempt *attempt)
{
	if (op->outcome != OUTCOME_OK || op->lease != attempt->lease)
		return false;
	switch (op->f) {
	case F_KEEPALIVE:
		return op->ttl_ms > 0 && !(attempt->marks & 1u << VIOLATION_DEAD_KEEPALIVE);
	case F_ACQUIRE:
	case F_LEASE_REVOKE:
		return true;
	case F_TOKEN:
		return attempt->grant && attempt->grant->lease == attempt->lease &&
		       op->token == attempt->grant->order;
	case F_LEASE_GRANT:
	case F_READ:
	case F_WRITE:
	case F_RELEASE:
	case F_LOSE:
	case F_LOOK:
		return false;
	}
	return false;
}

/* A key and its lease go in one step, so whenever the key stands the lease lives. Only revisions
 * tell when: the witness may see any change late. */
static struct life find_life_of_key(const struct lane_facts *facts, const struct attempt *attempt,
				    int64_t at_ns)
{
	const struct grant *grant = attempt->grant;
	int64_t least = acknowledged_least_since(&facts->run->acknowledged, at_ns);

	if (!grant || grant->lease != attempt->lease || grant->taken_over)
		return (struct life){0};
	if (grant->removed_order != STANDS && grant->removed_order > least)
		return (struct life){NULL, grant->removed_order, true};
	if (grant->order > least)
		return (struct life){NULL, grant->order, false};
	return (struct life){0};
}

static struct life find_life(const struct lane_facts *facts, const struct attempt *attempt,
			     int64_t at_ns)
{
	for (int i = 0; i < attempt->ops; i++)
		if (attempt->op[i]->invoked_ns > at_ns && shows_life(attempt->op[i], attempt))
			return (struct life){attempt->op[i], 0, false};
	return find_life_of_key(facts, attempt, at_ns);
}

static void file_false_gone(struct docket *docket, const struct lane_facts *facts,
			    struct attempt *attempt, const struct op_row *gone,
			    const struct life *life)
{
	CHECK(life->op ? life->op->invoked_ns > gone->returned_ns : life->revision > 0);
	CHECK(gone->ttl_ms == 0 && gone->lease == attempt->lease);
	struct violation violation =
		docket_draft(facts, VIOLATION_FALSE_GONE, IS_DEFINITE, gone->returned_ns);
	struct label who = attempt_label(attempt);

	docket_cite_attempt(&violation, attempt, attempt->acquire ? "holder" : "waiter");
	docket_cite(&violation, "op", gone->id, "renewal");
	if (life->op)
		docket_cite(&violation, "op", life->op->id, "sign of life");
	else if (life->removed)
		docket_cite(&violation, "key_event", attempt->grant->removal, "removal");
	docket_say(&violation, "%s was told at %.3f s that its lease was gone (by ", who.text,
		   seconds(gone->returned_ns));
	docket_say_answerer(&violation, facts, gone);
	if (life->op)
		docket_say(&violation,
			   "), but its %s, sent at %.3f s, was answered ok at %.3f s, as only that "
			   "of a living lease is",
			   function_name(life->op->f), seconds(life->op->invoked_ns),
			   seconds(life->op->returned_ns));
	else
		docket_say(&violation,
			   "), but its key was %s at revision %lld, which was still to come then",
			   life->removed ? "deleted only" : "made", (long long)life->revision);
	tell_blame(&violation, facts, gone);
	docket_file(docket, facts, &violation, attempt, NULL);
}

/* A right service says "gone" only of what has ended in its log, so nothing that was sent later
 * finds the lease alive. Once per attempt. */
void check_false_gone(struct docket *docket, const struct lane_facts *facts)
{
	for (int i = 0; i < facts->attempts; i++) {
		struct attempt *attempt = &facts->attempt[i];

		for (int j = 0; j < attempt->ops; j++) {
			const struct op_row *op = attempt->op[j];

			if (op->f != F_KEEPALIVE || op->outcome != OUTCOME_OK || op->ttl_ms > 0 ||
			    !attempt->lease || op->lease != attempt->lease)
				continue;
			const struct life life = find_life(facts, attempt, op->returned_ns);

			if (!life.op && !life.revision)
				continue;
			file_false_gone(docket, facts, attempt, op, &life);
			break;
		}
	}
}
