/*
 * Changes that mean nothing: other names and numbers, other times in the same order, and a second
 * lock in the same trace, judged by itself.
 */
#include "base/random.h"
#include "checker/linear/linear.h"
#include "tests/oracle/compare.h"
#include "tests/oracle/draw.h"

enum { ATTEMPTS_APART = 1000 };

static uint32_t turned(uint32_t value, int turn)
{
	for (int number = 1; number <= SMALL_NUMBERS; number++)
		if (value == small_number(number))
			return small_number(1 + (number + turn) % SMALL_NUMBERS);
	return value;
}

/* Near each other or far apart. */
static uint32_t draw_spread(struct random_stream *random)
{
	static const uint32_t spreads[] = {1, 50, 5000000};

	return spreads[random_between(random, 0, 2)];
}

/* Owners, processes, attempts and numbers get other names; tokens stay in their order. */
static void rename_all(struct small *small, struct random_stream *random)
{
	uint32_t mask = (uint32_t)random_between(random, 0, 63);
	int turn = (int)random_between(random, 0, SMALL_NUMBERS - 1);
	int64_t shift = random_between(random, -50, 50), scale = random_between(random, 1, 9);
	uint32_t spread = draw_spread(random);

	for (int i = 0; i < small->parts; i++) {
		struct part *part = &small->part[i];
		struct trace_op *op = &part->op;

		op->owner = spread * (op->owner ^ mask);
		op->process = (int32_t)random_between(random, -3, 300);
		op->attempt = op->attempt ? spread * ((op->attempt ^ mask) + 1) : 0;
		op->token = op->has_token ? scale * op->token + shift : 0;
		op->line = (uint32_t)random_between(random, 0, 9);
		part->from = scale * part->from + shift;
		part->to = scale * part->to + shift;
		op->invoked_ns = part->from;
		op->returned_ns = part->to;
		if (small->model == MODEL_CAS_REGISTER) {
			op->a = turned(op->a, turn);
			op->b = turned(op->b, turn);
		}
	}
	if (small->model == MODEL_CAS_REGISTER)
		small->initial = turned(small->initial, turn);
	small_build(small);
}

static bool stays(const struct small *small, enum linear_verdict verdict, const char *what,
		  struct complaint *complaint)
{
	static const struct linear_bounds bounds = {0};
	struct linear_result result;

	if (linear_exhaust(&small->object, small->model, small->limit) != verdict)
		return compare_fails(complaint, "exhaustive: another verdict when %s", what);
	linear_decide(&small->object, small->model, small->limit, &bounds, &result);
	if (result.verdict != verdict)
		return compare_fails(complaint, "decide (%s): another verdict when %s",
				     result.procedure, what);
	return true;
}

/* Whatever a register held at first, also where nobody knows what. */
static bool any_agrees(const struct small *small, enum linear_verdict verdict,
		       struct complaint *complaint)
{
	struct small other = *small;

	if (small->model != MODEL_CAS_REGISTER)
		return true;
	other.any = true;
	small_build(&other);
	enum linear_verdict any = linear_exhaust(&other.object, other.model, other.limit);

	if (verdict == LINEARIZABLE && any != LINEARIZABLE)
		return compare_fails(complaint, "exhaustive: not for any first value");
	return stays(&other, any, "nobody knows the first value", complaint);
}

/* A mutex of which no acquire has a token is not judged as a fenced one. */
static bool is_fenced(const struct small *small)
{
	return small->model != MODEL_FENCED_MUTEX || small->trace.has_tokens;
}

static void merge(const struct small *one, const struct small *other, struct small *both)
{
	*both = *one;
	for (int i = 0; i < other->parts; i++) {
		struct part *part = &both->part[both->parts++];

		*part = other->part[i];
		part->op.object = 1;
		part->op.attempt += part->op.attempt ? ATTEMPTS_APART : 0;
	}
	small_build(both);
}

static bool split_has(const struct small *both, uint32_t object, enum linear_verdict verdict,
		      struct complaint *complaint)
{
	static const struct linear_bounds bounds = {0};
	struct linear_object split;
	struct linear_result result;

	linear_split(&both->trace, object, &split);
	enum linear_verdict exhaustive = linear_exhaust(&split, both->model, both->limit);

	linear_decide(&split, both->model, both->limit, &bounds, &result);
	linear_split_free(&split);
	if (exhaustive == verdict && result.verdict == verdict)
		return true;
	return compare_fails(complaint, "object %u of two: another verdict (%s)", object,
			     exhaustive == verdict ? result.procedure : "exhaustive");
}

static bool merged_has(const struct small *both, const enum linear_verdict verdicts[2],
		       struct complaint *complaint)
{
	struct linear_request request = {.model = both->model, .limit = both->limit};
	struct linear_summary summary;
	struct error err = {0};
	bool bad[2] = {verdicts[0] == NOT_LINEARIZABLE, verdicts[1] == NOT_LINEARIZABLE};

	for (uint32_t i = 0; i < 2; i++)
		if (!split_has(both, i, verdicts[i], complaint))
			return false;
	if (linear_judge(&both->trace, &request, &summary, &err) < 0)
		return compare_fails(complaint, "judge: %s", err.text);
	if (summary.objects != 2 || summary.unknown != 0 ||
	    summary.not_linearizable != (uint32_t)bad[0] + bad[1] ||
	    summary.verdict != (bad[0] || bad[1] ? NOT_LINEARIZABLE : LINEARIZABLE))
		return compare_fails(complaint, "judge: %u of %u objects are not linearizable",
				     summary.not_linearizable, summary.objects);
	if ((bad[0] || bad[1]) && (summary.worst > 1 || !bad[summary.worst]))
		return compare_fails(complaint, "judge: the worst object is a good one");
	return true;
}

bool compare_changed(const struct small *small, enum linear_verdict verdict, uint64_t seed,
		     struct tally *tally, struct complaint *complaint)
{
	struct random_stream random = random_open(seed, "changes");
	struct small other = *small, partner;

	tally->changed++;
	if (!any_agrees(small, verdict, complaint))
		return false;
	rename_all(&other, &random);
	if (!stays(&other, verdict, "renamed", complaint))
		return false;
	if (2 * small->parts > SMALL_OPS || !is_fenced(small))
		return true;
	draw(small->model, &random, &partner);
	partner.limit = small->limit;
	partner.initial = small->initial;
	small_build(&partner);
	if (!is_fenced(&partner))
		return true;
	const enum linear_verdict verdicts[2] = {
		verdict, linear_exhaust(&partner.object, partner.model, partner.limit)};

	merge(small, &partner, &other);
	return merged_has(&other, verdicts, complaint);
}
