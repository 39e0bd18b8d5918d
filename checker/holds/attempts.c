/*
 * Attempts from operations: one sort by (attempt, invocation) makes each attempt a run of rows. The
 * rows come by (invocation, id), and sort_items keeps that order among those of one number.
 */
#include "checker/holds/attempts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/array.h"

bool op_renews(const struct op_row *op, const struct attempt *attempt)
{
	/* Of an adapter the acquire itself may grant, and tell for how long. */
	bool grants = op->f == F_LEASE_GRANT || op->f == F_KEEPALIVE || op->f == F_ACQUIRE;

	return grants && op->outcome == OUTCOME_OK && op->ttl_ms > 0 &&
	       (!op->lease || !attempt->lease || op->lease == attempt->lease);
}

int64_t op_lease_end_ns(const struct op_row *op)
{
	return op->invoked_ns + op->ttl_ms * NS_PER_MS;
}

const struct op_row *attempt_longest_renewal(const struct attempt *attempt, int64_t at_ns)
{
	const struct op_row *longest = NULL;

	for (int i = 0; i < attempt->ops && attempt->op[i]->invoked_ns < at_ns; i++)
		if (op_renews(attempt->op[i], attempt) &&
		    (!longest || op_lease_end_ns(attempt->op[i]) > op_lease_end_ns(longest)))
			longest = attempt->op[i];
	return longest;
}

bool attempt_lease_lives(const struct attempt *attempt, int64_t at_ns)
{
	const struct op_row *renewal = attempt_longest_renewal(attempt, at_ns);

	return renewal && at_ns < op_lease_end_ns(renewal);
}

static bool ends_belief(const struct op_row *op)
{
	return op->f == F_RELEASE || op->f == F_LEASE_REVOKE || op->f == F_LOSE;
}

static void learn_identity(struct attempt *attempt, const struct op_row *op)
{
	if (!attempt->lease)
		attempt->lease = op->lease;
	if (op->key && *op->key && (!attempt->key || op->f == F_ACQUIRE))
		attempt->key = op->key;
	/* A lease id is nobody's place in the order, whatever a guard takes it for. */
	bool sends = (op->f == F_READ || op->f == F_WRITE) && op->token != op->lease;
	bool learns = op->outcome == OUTCOME_OK && (op->f == F_ACQUIRE || op->f == F_TOKEN);

	if (!attempt->token && (sends || learns))
		attempt->token = op->token;
	if (!attempt->answer_order && attempt->acquire && op->outcome == OUTCOME_OK &&
	    (op == attempt->acquire || op->f == F_TOKEN))
		attempt->answer_order = op->revision;
}

/* The believed hold: from the answer until the worker gives up or learns the loss, whatever became
 * of its requests, and not past the life of its process, which may end before the answer: a kill is
 * stamped before it is done. */
static void learn_belief(struct attempt *attempt)
{
	attempt->believed_to_ns = attempt->died_ns;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (ends_belief(op) && op->invoked_ns >= attempt->believed_from_ns &&
		    op->invoked_ns < attempt->believed_to_ns) {
			attempt->believed_to_ns = op->invoked_ns;
			attempt->ending = op;
		}
	}
	if (attempt->believed_to_ns < attempt->believed_from_ns)
		attempt->believed_to_ns = attempt->believed_from_ns;
	/* The dead believe nothing. */
	CHECK(attempt->believed_to_ns <= attempt->died_ns ||
	      attempt->believed_to_ns == attempt->believed_from_ns);
}

void facts_read_attempt(const struct run *run, struct attempt *attempt)
{
	CHECK(attempt->ops > 0);
	const struct op_row *first = attempt->op[0];
	const struct actor *actor = run_actor(run, first->process);

	attempt->id = first->attempt;
	attempt->process = first->process;
	attempt->worker = first->worker;
	attempt->name = actor && actor->name ? actor->name : "a worker";
	attempt->how = "";
	attempt->died_ns = actor ? actor->ended_ns : NEVER_NS;
	attempt->given_up_ns = NEVER_NS;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		/* Else one worker would answer for what another one did. */
		CHECK(op->attempt == attempt->id && op->process == attempt->process);
		if (op->f == F_ACQUIRE && !attempt->acquire) {
			attempt->mode = op->mode;
			if (op->outcome == OUTCOME_OK)
				attempt->acquire = op;
			else
				attempt->doubtful = true;
		}
		learn_identity(attempt, op);
		if ((op->f == F_RELEASE || op->f == F_LEASE_REVOKE) &&
		    op->invoked_ns < attempt->given_up_ns)
			attempt->given_up_ns = op->invoked_ns;
		if (op_renews(op, attempt) && op->returned_ns > attempt->acknowledged_ns)
			attempt->acknowledged_ns = op->returned_ns;
	}
	attempt->believed_from_ns = attempt->believed_to_ns = NEVER_NS;
	if (attempt->acquire) {
		CHECK(attempt->acquire->returned_ns != NEVER_NS);
		attempt->believed_from_ns = attempt->acquire->returned_ns;
		learn_belief(attempt);
	}
}

static int compare_op_id(const void *id, const void *op)
{
	return array_order(*(const int64_t *)id, (*(const struct op_row *const *)op)->id);
}

/* The operation, if its process lacks none up to it; else another one, or NULL. */
static const struct op_row *guess_op(const struct lane_facts *facts, int64_t op)
{
	int begun = (int)ARRAY_BEFORE(facts->stretches, i, facts->stretch[i].first_id <= op);
	const struct stretch *stretch = begun ? &facts->stretch[begun - 1] : NULL;

	if (!stretch || op - stretch->first_id >= facts->rows->ops - stretch->begin)
		return NULL;
	return facts->by_id[stretch->begin + (op - stretch->first_id)];
}

const struct op_row *facts_op(const struct lane_facts *facts, int64_t op)
{
	const struct op_row *guess = guess_op(facts, op);

	if (guess && guess->id == op)
		return guess;
	const struct op_row **found = bsearch(&op, facts->by_id, (size_t)facts->rows->ops,
					      sizeof(*facts->by_id), compare_op_id);

	return found ? *found : NULL;
}

static int compare_attempt_id(const void *id, const void *attempt)
{
	return array_order(*(const int64_t *)id, ((const struct attempt *)attempt)->id);
}

struct attempt *facts_attempt(const struct lane_facts *facts, int64_t id)
{
	return bsearch(&id, facts->attempt, (size_t)facts->attempts, sizeof(*facts->attempt),
		       compare_attempt_id);
}

struct attempt *facts_attempt_of_op(const struct lane_facts *facts, int64_t op)
{
	const struct op_row *row = facts_op(facts, op);

	if (!row || !row->attempt)
		return NULL;
	struct attempt *attempt = &facts->attempt[facts->attempt_of[row - facts->rows->op]];

	CHECK(attempt->id == row->attempt);
	return attempt;
}

struct label attempt_label(const struct attempt *attempt)
{
	struct label label;
	const char *what = attempt->token ? "token" : "revision";
	long long number = attempt->token ? attempt->token : attempt->order;

	if (number)
		snprintf(label.text, sizeof(label.text), "%.40s%s (%s %lld)", attempt->name,
			 attempt->how, what, number);
	else
		snprintf(label.text, sizeof(label.text), "%.40s%s", attempt->name, attempt->how);
	return label;
}
