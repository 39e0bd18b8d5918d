/*
 * Exclusion, by the procedures of checker/linear: a second opinion beside the sweeps of overlap.c,
 * reached another way. At two levels, which are reported apart.
 *
 * Client level (T2): an attempt holds from its acquire's answer until its worker stops believing.
 * Fails by design when a holder is paused for longer than its lease lives, so that it accuses
 * nobody.
 *
 * Service level (T2 with leases): the service may end a hold by itself, so that an attempt holds
 * for certain only as far as answers prove. It held at some instant within
 *   - its acquire that was answered ok;
 *   - a renewal that was acknowledged, asked for after that answer, and answered before anybody
 *     asked to end the hold: the lease lives, and the key with it;
 *   - a reading of the key that found it;
 *   - the time from the first request to end the hold until the answer to the revoke of its lease:
 *     a lease that could be revoked had lived until then, and so had the key until that request;
 *   - any acquire or release in the lane whose answer names a smaller revision than the one at
 *     which the witness saw the key go: when that was asked for, the key still stood.
 * Two attempts that cannot both have held convict the service: not-linearizable. Of a doubtful
 * attempt, whose key may go while its lease lives, only the key itself is proof.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/array.h"
#include "checker/checks.h"
#include "checker/linear.h"

struct part { /* one operation of the trace */
	struct trace_op op;
	uint32_t handle;
};

struct account {
	const struct lane_facts *facts;
	struct part *part;
	uint32_t parts;
};

/* Telling ------------------------------------------------------------------------------------- */

/* returned NEVER_NS: open. `row`: what tells it; NULL: nothing does by itself. */
static void tell(struct account *account, const struct attempt *attempt, enum trace_function f,
		 int64_t invoked_ns, int64_t returned_ns, const struct op_row *row)
{
	account->part[account->parts++].op = (struct trace_op){
		.f = (uint8_t)f,
		.process = attempt->process,
		.owner = (uint32_t)attempt->worker,
		.attempt = (uint32_t)(attempt - account->facts->attempt) + 1,
		.invoked_ns = invoked_ns,
		.returned_ns = returned_ns,
		.line = row ? (uint32_t)row->id : 0,
	};
}

static void tell_acquire(struct account *account, const struct attempt *attempt)
{
	tell(account, attempt, TRACE_ACQUIRE, attempt->acquire->invoked_ns,
	     attempt->acquire->returned_ns, attempt->acquire);
}

static void tell_beliefs(struct account *account)
{
	for (int i = 0; i < account->facts->holders; i++) {
		const struct attempt *attempt = account->facts->holder[i];

		tell_acquire(account, attempt);
		/* Whatever came of it: the worker believes no more. */
		if (attempt->believed_to_ns != NEVER_NS)
			tell(account, attempt, TRACE_RELEASE, attempt->believed_to_ns, NEVER_NS,
			     NULL);
	}
}

/* Answers of the lock service by the revision that they name, each with the latest invocation of
 * those up to it. */
struct answer {
	const struct op_row *op, *latest;
};

static int compare_answers(const void *left, const void *right)
{
	const struct answer *a = left, *b = right;

	return array_order(a->op->revision, b->op->revision) ?: array_order(a->op->id, b->op->id);
}

static int collect_answers(const struct lane_facts *facts, struct answer *answer)
{
	int answers = 0;

	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];

		if ((op->f == F_ACQUIRE || op->f == F_RELEASE) && op->outcome == OUTCOME_OK &&
		    op->revision)
			answer[answers++] = (struct answer){op, op};
	}
	qsort(answer, (size_t)answers, sizeof(*answer), compare_answers);
	for (int i = 1; i < answers; i++)
		if (answer[i - 1].latest->invoked_ns > answer[i].op->invoked_ns)
			answer[i].latest = answer[i - 1].latest;
	return answers;
}

/* Of the answers that name a revision smaller than this, the one that was asked for last. */
static const struct op_row *latest_before(const struct answer *answer, int answers,
					  int64_t revision)
{
	int low = 0, high = answers;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (answer[middle].op->revision < revision)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? answer[low - 1].latest : NULL;
}

/* Where the witness's word on the key ends: a removal that was not told came after all that was. */
static int64_t stood_until(const struct lane_facts *facts, const struct attempt *attempt)
{
	const struct grant *grant = attempt->grant;

	if (!grant)
		return 0;
	return grant->removed_revision != STANDS ? grant->removed_revision
						 : facts->told_revision + 1;
}

static void tell_lease_proofs(struct account *account, const struct attempt *attempt)
{
	int64_t since_ns = attempt->acquire->returned_ns;

	if (attempt->doubtful || (attempt->grant && attempt->grant->wrongly_released))
		return;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_KEEPALIVE && op_renews(op, attempt) && op->invoked_ns >= since_ns &&
		    op->returned_ns <= attempt->given_up_ns)
			tell(account, attempt, TRACE_PROOF, op->invoked_ns, op->returned_ns, op);
	}
	if (attempt->revoked && attempt->given_up_ns >= since_ns)
		tell(account, attempt, TRACE_PROOF, attempt->given_up_ns,
		     attempt->revoked->returned_ns, attempt->revoked);
}

static void tell_key_proofs(struct account *account, const struct attempt *attempt,
			    const struct answer *answer, int answers)
{
	int64_t since_ns = attempt->acquire->returned_ns;
	const struct op_row *last =
		latest_before(answer, answers, stood_until(account->facts, attempt));

	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_TOKEN && op->outcome == OUTCOME_OK && op->token &&
		    op->invoked_ns >= since_ns)
			tell(account, attempt, TRACE_PROOF, op->invoked_ns, op->returned_ns, op);
	}
	if (last && last->invoked_ns >= since_ns)
		tell(account, attempt, TRACE_PROOF, last->invoked_ns, last->returned_ns, last);
}

static void tell_proofs(struct account *account)
{
	const struct lane_facts *facts = account->facts;
	struct answer *answer;

	ARRAY_NEW(answer, facts->rows->ops);
	int answers = collect_answers(facts, answer);

	for (int i = 0; i < facts->holders; i++) {
		tell_acquire(account, facts->holder[i]);
		tell_lease_proofs(account, facts->holder[i]);
		tell_key_proofs(account, facts->holder[i], answer, answers);
	}
	free(answer);
}

/* Tracing ------------------------------------------------------------------------------------- */

struct point {
	int64_t at_ns;
	uint32_t part;
	bool returns;
};

static int compare_points(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return array_order(a->at_ns, b->at_ns)
		       ?: array_order(a->returns, b->returns) ?: array_order(a->part, b->part);
}

static void trace_account(struct account *account, struct trace *trace)
{
	struct trace_builder *builder = trace_begin("lane");
	uint32_t object = trace_intern_object(builder, account->facts->lane->name);
	struct point *point;
	size_t points = 0;

	ARRAY_NEW(point, 2 * (size_t)account->parts);
	for (uint32_t i = 0; i < account->parts; i++) {
		const struct trace_op *op = &account->part[i].op;

		point[points++] = (struct point){op->invoked_ns, i, false};
		if (op->returned_ns != NEVER_NS)
			point[points++] = (struct point){op->returned_ns, i, true};
	}
	qsort(point, points, sizeof(*point), compare_points);
	for (size_t i = 0; i < points; i++) {
		struct part *part = &account->part[point[i].part];

		part->op.object = object;
		if (point[i].returns)
			trace_return(builder, part->handle, TRACE_OK, &part->op);
		else
			part->handle = trace_invoke(builder, &part->op);
	}
	trace_end(builder, trace);
	free(point);
}

/* Judging ------------------------------------------------------------------------------------- */

/* "held from 1.000 s until 2.000 s", as the operations of the attempt prove. */
static void say_proved(struct violation *violation, const struct trace *trace, uint32_t acquire)
{
	const struct trace_op *first = &trace->op[acquire];
	int64_t last_ns = first->invoked_ns;

	for (uint32_t i = acquire; i < trace->ops; i++)
		if (trace->op[i].attempt == first->attempt && trace->op[i].invoked_ns > last_ns)
			last_ns = trace->op[i].invoked_ns;
	if (last_ns > first->returned_ns)
		docket_say(violation, "held from %.3f s until %.3f s", seconds(first->returned_ns),
			   seconds(last_ns));
	else
		docket_say(violation, "held at some instant from %.3f s until %.3f s",
			   seconds(last_ns), seconds(first->returned_ns));
}

static void file_not_linearizable(struct docket *docket, const struct lane_facts *facts,
				  const struct trace *trace, const struct linear_result *result)
{
	static const char *const parts[] = {"holder", "later holder"};
	const struct certificate *certificate = &result->certificate;
	int64_t at_ns =
		certificate->stuck == TRACE_NEVER ? 0 : trace->op[certificate->stuck].returned_ns;
	struct violation violation = docket_draft(facts, VIOLATION_NOT_LINEARIZABLE, true, at_ns);
	struct attempt *accused[2] = {NULL, NULL};

	docket_say(&violation, "the service's own answers prove that ");
	for (int i = 0; i < certificate->attempts && i < 2; i++) {
		uint32_t acquire = certificate->acquire[i];

		accused[i] = &facts->attempt[trace->op[acquire].attempt - 1];
		docket_cite_attempt(&violation, accused[i], parts[i]);
		docket_say(&violation, "%s%s ", i ? " and " : "", attempt_label(accused[i]).text);
		say_proved(&violation, trace, acquire);
	}
	if (accused[0])
		docket_tell_cover(&violation, facts, accused[0]->process,
				  accused[0]->believed_from_ns, at_ns);
	docket_file(docket, facts, &violation, accused[0], accused[1]);
}

static void add_result(struct exclusion *exclusion, const struct lane_facts *facts,
		       const struct linear_result *result)
{
	bool first = !exclusion->holds;

	exclusion->holds += facts->holders;
	exclusion->violations += (int64_t)result->violations;
	text_copy(exclusion->procedure, sizeof(exclusion->procedure), result->procedure);
	switch (result->verdict) {
	case NOT_LINEARIZABLE:
		exclusion->verdict = EXCLUSION_FAILED;
		break;
	case LINEAR_UNKNOWN:
		if (exclusion->verdict == EXCLUSION_HELD)
			exclusion->verdict = EXCLUSION_UNKNOWN;
		break;
	case LINEARIZABLE:
		if (first)
			exclusion->verdict = EXCLUSION_HELD;
		break;
	}
}

/* The procedures need none; what they leave undecided is searched for so long. */
static const struct linear_bounds bounds = {.configurations = 1 << 20, .bytes = 256 << 20};

static void judge_level(struct docket *docket, struct account *account, enum exclusion_level level)
{
	const struct lane_facts *facts = account->facts;
	struct linear_result result;
	struct trace trace;

	account->parts = 0;
	if (level == EXCLUSION_CLIENT)
		tell_beliefs(account);
	else
		tell_proofs(account);
	trace_account(account, &trace);
	const struct linear_object whole = {
		.trace = &trace, .ops = trace.ops, .events = trace.events, .event = trace.event};

	linear_decide(&whole, level == EXCLUSION_CLIENT ? MODEL_OWNED_MUTEX : MODEL_LEASED_LOCK, 1,
		      &bounds, &result);
	add_result(&docket_tally_of_arm(docket, facts)->exclusion[level], facts, &result);
	if (level == EXCLUSION_SERVICE && result.verdict == NOT_LINEARIZABLE)
		file_not_linearizable(docket, facts, &trace, &result);
	trace_free(&trace);
}

void check_exclusion(struct docket *docket, const struct lane_facts *facts)
{
	struct account account = {.facts = facts};

	if (!facts->holders)
		return;
	/* An operation is one part, and a holder has three more at most. */
	ARRAY_NEW(account.part, (size_t)facts->rows->ops + 3 * (size_t)facts->holders);
	judge_level(docket, &account, EXCLUSION_CLIENT);
	judge_level(docket, &account, EXCLUSION_SERVICE);
	free(account.part);
}
