#include "checker/holds/lane_trace.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"

struct telling {
	const struct lane_facts *facts;
	struct recording *recording;
	uint32_t object, first_attempt;
};

/* returned NEVER_NS: open. `row`: what tells it; NULL: nothing does by itself. */
static struct trace_op make_op(const struct attempt *attempt, enum trace_function f,
			       int64_t invoked_ns, int64_t returned_ns, const struct op_row *row)
{
	bool open = returned_ns == NEVER_NS;

	CHECK(returned_ns >= invoked_ns);
	return (struct trace_op){
		.f = (uint8_t)f,
		.outcome = open ? TRACE_OPEN : TRACE_OK,
		.mode = row && row->mode == MODE_SHARED ? TRACE_SHARED : TRACE_EXCLUSIVE,
		.process = attempt->process,
		.owner = (uint32_t)attempt->process,
		.token = f == TRACE_ACQUIRE ? attempt->token : 0,
		.invoked_ns = invoked_ns,
		.returned_ns = open ? 0 : returned_ns,
		.line = row ? (uint32_t)row->id : 0,
	};
}

static struct trace_op of_row(const struct attempt *attempt, enum trace_function f,
			      const struct op_row *row)
{
	bool ok = row->outcome == OUTCOME_OK;

	return make_op(attempt, f, row->invoked_ns, ok ? row->returned_ns : NEVER_NS, row);
}

/* One acquire: the one that was answered ok; of an attempt without one, the first that may have
 * taken effect. NULL: none did. */
static const struct op_row *find_acquire(const struct attempt *attempt, uint64_t *failed)
{
	const struct op_row *acquire = attempt->acquire;

	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f != F_ACQUIRE)
			continue;
		*failed += op->outcome == OUTCOME_FAIL;
		if (!acquire && op->outcome == OUTCOME_INFO)
			acquire = op;
	}
	return acquire;
}

/* The worker gives up once, whatever came of its requests. */
int attempt_tell(const struct attempt *attempt, struct trace_op told[2], uint64_t *failed)
{
	const struct op_row *acquire = find_acquire(attempt, failed);
	int ops = 0;

	CHECK(!attempt->acquire || acquire == attempt->acquire);
	CHECK(attempt->believed_to_ns >= attempt->believed_from_ns);
	if (acquire)
		told[ops++] = of_row(attempt, TRACE_ACQUIRE, acquire);
	if (attempt->acquire && attempt->believed_to_ns != NEVER_NS)
		told[ops++] =
			make_op(attempt, TRACE_RELEASE, attempt->believed_to_ns, NEVER_NS, NULL);
	return ops;
}

static void add(struct telling *telling, const struct attempt *attempt, struct trace_op op)
{
	ptrdiff_t number = attempt - telling->facts->attempt;

	CHECK(number >= 0 && number < telling->facts->attempts);
	op.object = telling->object;
	op.attempt = telling->first_attempt + (uint32_t)number;
	recording_add(telling->recording, &op);
}

static void tell_op(struct telling *telling, const struct attempt *attempt, enum trace_function f,
		    const struct op_row *row)
{
	add(telling, attempt, of_row(attempt, f, row));
}

/* Proofs -------------------------------------------------------------------------------------- */

/* Answers of the lock service by the revision that they name, each with the latest invocation of
 * those up to it. */
struct answer {
	int64_t revision;
	const struct op_row *latest;
};

static int collect_answers(const struct lane_facts *facts, struct answer **answer)
{
	const struct op_row *row = facts->rows->op;
	struct sort_item *item;
	int answers = 0;

	ARRAY_ROOM(item, facts->rows->ops);
	for (int i = 0; i < facts->rows->ops; i++)
		if ((row[i].f == F_ACQUIRE || row[i].f == F_RELEASE) &&
		    row[i].outcome == OUTCOME_OK && row[i].revision)
			item[answers++] = (struct sort_item){row[i].revision, (uint32_t)i};
	sort_items(item, (size_t)answers);
	ARRAY_ROOM(*answer, answers);
	for (int i = 0; i < answers; i++) {
		const struct op_row *op = &row[item[i].place];
		const struct op_row *before = i ? (*answer)[i - 1].latest : op;

		(*answer)[i] = (struct answer){op->revision,
					       before->invoked_ns > op->invoked_ns ? before : op};
	}
	free(item);
	return answers;
}

/* Of the answers that name a revision smaller than this, the one that was asked for last. */
static const struct op_row *latest_before(const struct answer *answer, int answers,
					  int64_t revision)
{
	int known = (int)ARRAY_BEFORE(answers, i, answer[i].revision < revision);

	return known ? answer[known - 1].latest : NULL;
}

/* Where the witness's word on the key ends: a removal that was not told came after all that was. */
static int64_t stood_until(const struct lane_facts *facts, const struct attempt *attempt)
{
	const struct grant *grant = attempt->grant;

	if (!grant)
		return 0;
	return grant->removed_order != STANDS ? grant->removed_order : facts->told_order + 1;
}

static void tell_lease_proofs(struct telling *telling, const struct attempt *attempt)
{
	int64_t since_ns = attempt->acquire->returned_ns;

	if (attempt->doubtful || (attempt->grant && attempt->grant->wrongly_released))
		return;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_KEEPALIVE && op_renews(op, attempt) && op->invoked_ns >= since_ns &&
		    op->returned_ns <= attempt->given_up_ns)
			tell_op(telling, attempt, TRACE_PROOF, op);
	}
	/* Who revoked another's lease did not ask for the end of this hold's key. */
	if (attempt->revoked && attempt->given_up_ns >= since_ns &&
	    attempt->given_up_ns <= attempt->revoked->invoked_ns)
		add(telling, attempt,
		    make_op(attempt, TRACE_PROOF, attempt->given_up_ns,
			    attempt->revoked->returned_ns, attempt->revoked));
}

static void tell_key_proofs(struct telling *telling, const struct attempt *attempt,
			    const struct answer *answer, int answers)
{
	int64_t since_ns = attempt->acquire->returned_ns;
	const struct op_row *last =
		latest_before(answer, answers, stood_until(telling->facts, attempt));

	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_TOKEN && op->outcome == OUTCOME_OK && op->token &&
		    op->invoked_ns >= since_ns)
			tell_op(telling, attempt, TRACE_PROOF, op);
	}
	if (last && last->invoked_ns >= since_ns)
		tell_op(telling, attempt, TRACE_PROOF, last);
}

static void tell_proofs(struct telling *telling)
{
	const struct lane_facts *facts = telling->facts;
	struct answer *answer;

	int answers = collect_answers(facts, &answer);

	for (int i = 0; i < facts->holders; i++) {
		CHECK(facts->holder[i]->acquire); /* nothing is proved of who never held */
		tell_lease_proofs(telling, facts->holder[i]);
		tell_key_proofs(telling, facts->holder[i], answer, answers);
	}
	free(answer);
}

bool lane_is_told(const struct history *history, int lane)
{
	const struct arm_row *arm = &history->arm[history->lane[lane].arm];

	return arm_is_honest(arm) && arm_sharing(arm) == SHARING_MUTEX;
}

uint64_t facts_tell(const struct lane_facts *facts, enum exclusion_level level, uint32_t object,
		    uint32_t first_attempt, struct recording *recording)
{
	struct telling telling = {facts, recording, object, first_attempt};
	uint64_t failed = 0;

	for (int i = 0; i < facts->attempts; i++) {
		const struct attempt *attempt = &facts->attempt[i];
		struct trace_op told[2];
		int ops = attempt_tell(attempt, told, &failed);

		/* The models of a lock that several may hold know no end but a release. */
		if (attempt->acquire && level == EXCLUSION_SERVICE && facts_share(facts)) {
			told[1] =
				make_op(attempt, TRACE_RELEASE, told[0].invoked_ns, NEVER_NS, NULL);
			ops = 2;
		}
		for (int k = 0; k < ops; k++)
			add(&telling, attempt, told[k]);
	}
	if (level == EXCLUSION_SERVICE)
		tell_proofs(&telling);
	return failed;
}
