#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "checker/linear/models.h"
#include "checker/linear/split.h"

static void decide(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result)
{
	*result = (struct linear_result){.verdict = LINEAR_UNKNOWN, .procedure = "none"};
	if (linear_counting(object, model, limit, result) ||
	    linear_attempts(object, model, limit, result) || linear_zones(object, model, result) ||
	    linear_sets(object, model, bounds, result) || linear_eras(object, model, result) ||
	    linear_search(object, model, limit, bounds, result))
		return;
	result->verdict = LINEAR_UNKNOWN;
	text_copy(result->bound, sizeof(result->bound), "no procedure covers this model");
}

/* Whatever procedure it was: a refusal names the return at which nothing was left, as the last
 * event of the prefix that it refuses, and only operations of the object. */
static void check_result(const struct linear_object *object, const struct linear_result *result)
{
	const struct certificate *certificate = &result->certificate;

	CHECK(*result->procedure);
	CHECK(result->verdict == LINEAR_UNKNOWN || !*result->bound);
	if (result->verdict != NOT_LINEARIZABLE) {
		CHECK(!result->violations);
		return;
	}
	CHECK(result->violations > 0);
	CHECK(certificate->stuck < object->trace->ops);
	CHECK(object->trace->op[certificate->stuck].object == object->object);
	CHECK(certificate->prefix > 0 && certificate->prefix <= object->events);
	CHECK(object->event[certificate->prefix - 1] == (certificate->stuck << 1 | 1));
	CHECK(certificate->attempts >= 0 && certificate->attempts <= CERTIFICATE_MAX);
	for (int i = 0; i < certificate->attempts; i++) {
		uint32_t acquire = certificate->acquire[i], release = certificate->release[i];

		CHECK(acquire == TRACE_NEVER || acquire < object->trace->ops);
		CHECK(release == TRACE_NEVER || release < object->trace->ops);
	}
}

/* Is the first value of use to somebody? Only what was invoked before a write was over may see it.
 */
static uint32_t seen_until(const struct linear_object *object)
{
	uint32_t until = TRACE_NEVER;

	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &object->trace->op[object_op(object, i)];

		if (op->outcome == TRACE_OK && op->f != TRACE_READ && op->returned < until)
			until = op->returned;
	}
	return until;
}

static bool was_tried(const struct linear_object *object, uint32_t ops, uint32_t value)
{
	for (uint32_t i = 0; i < ops; i++) {
		const struct trace_op *op = &object->trace->op[object_op(object, i)];

		if (op->f != TRACE_WRITE && op->a == value)
			return true;
	}
	return false;
}

/* A register of which nobody knows what it held: it is linearizable iff it is with some first
 * value, and none matters but those that an operation asks for. Of refusals the latest stands: by
 * then there is an order for no value. */
static void decide_any(const struct linear_object *object, enum model model, int limit,
		       const struct linear_bounds *bounds, struct linear_result *result)
{
	uint32_t until = seen_until(object);
	struct trace trace = *object->trace;
	struct linear_object one = *object;
	struct linear_result other;

	one.trace = &trace;
	decide(&one, model, limit, bounds, result);
	for (uint32_t i = 0; i < object->ops && result->verdict != LINEARIZABLE; i++) {
		const struct trace_op *op = &trace.op[object_op(object, i)];

		if (op->invoked > until)
			break;
		if (op->f == TRACE_WRITE || was_tried(object, i, op->a))
			continue;
		trace.initial = op->a;
		decide(&one, model, limit, bounds, &other);
		other.configurations += result->configurations;
		if (other.verdict == LINEARIZABLE || result->verdict == NOT_LINEARIZABLE) {
			bool later = other.verdict != NOT_LINEARIZABLE ||
				     other.certificate.prefix > result->certificate.prefix;

			*result = later ? other : *result;
		}
	}
}

void linear_decide(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result)
{
	bool any = object->trace->initial_any && model == MODEL_CAS_REGISTER;

	CHECK(limit >= 1 && object->events >= object->ops && object->events <= 2 * object->ops);
	(any ? decide_any : decide)(object, model, limit, bounds, result);
	check_result(object, result);
}

static enum model model_of(const struct linear_request *request, uint32_t object)
{
	return request->models ? request->models[object] : request->model;
}

/* Whatever stands in the trace, each object's model would know it there. */
static bool all_is_known(const struct trace *trace, const struct linear_request *request)
{
	bool known = trace->functions != 0;

	for (uint32_t i = 0; i < trace->objects && known; i++)
		known = model_knows_all(model_of(request, i), trace->functions);
	return known;
}

static int refuse_foreign(const struct trace *trace, const struct linear_request *request,
			  struct error *err)
{
	if (all_is_known(trace, request))
		return 0;
	for (uint32_t i = 0; i < trace->ops; i++) {
		const struct trace_op *op = &trace->op[i];

		enum model model = model_of(request, op->object);

		if (!model_knows(model, (enum trace_function)op->f))
			return error_set(err, EXIT_BAD_USAGE,
					 "line %u: the model %s knows no operation %s", op->line,
					 model_names[model], trace_function_names[op->f]);
	}
	return 0;
}

/* The position at which an object's violation was complete. */
static uint32_t proved_at(const struct trace *trace, const struct linear_result *result)
{
	CHECK(result->certificate.stuck < trace->ops);
	CHECK(trace->op[result->certificate.stuck].returned != TRACE_NEVER);
	return trace->op[result->certificate.stuck].returned;
}

static bool is_worse(const struct trace *trace, const struct linear_result *result,
		     const struct linear_summary *than)
{
	if (result->verdict == LINEARIZABLE)
		return false;
	if (result->verdict == LINEAR_UNKNOWN)
		return than->verdict == LINEARIZABLE;
	return than->verdict != NOT_LINEARIZABLE ||
	       proved_at(trace, result) < proved_at(trace, &than->result);
}

static void add_result(const struct trace *trace, const struct linear_object *object,
		       const struct linear_result *result, struct linear_summary *summary)
{
	summary->objects++;
	summary->not_linearizable += result->verdict == NOT_LINEARIZABLE;
	summary->unknown += result->verdict == LINEAR_UNKNOWN;
	if (summary->objects == 1 || is_worse(trace, result, summary)) {
		summary->verdict = result->verdict;
		summary->worst = object->object;
		summary->result = *result;
	}
}

enum { FIRST_ROUND = 4096, ROUND_GROWS = 8 }; /* configurations of an object */

/* How far an object may search in this round. */
static uint64_t round_bound(uint64_t round, uint64_t asked)
{
	return asked && asked < round ? asked : round;
}

/* One round over the objects that are undecided: how many still are, and could be decided. */
static uint32_t run_round(const struct split *split, const struct linear_request *request,
			  uint64_t configurations, struct linear_result *result, bool *found)
{
	struct linear_bounds bounds = request->bounds;
	uint32_t undecided = 0;

	bounds.configurations = configurations;
	for (uint32_t i = 0; i < split->objects; i++) {
		if (!result[i].unfinished)
			continue;
		linear_decide(&split->object[i], model_of(request, i), request->limit, &bounds,
			      &result[i]);
		result[i].unfinished &= configurations != request->bounds.configurations;
		undecided += result[i].unfinished;
		*found |= result[i].verdict == NOT_LINEARIZABLE;
		if (request->progress)
			request->progress(request->context, i + 1, split->objects);
	}
	return undecided;
}

static void judge_objects(const struct split *split, const struct linear_request *request,
			  struct linear_result *result)
{
	uint64_t round = FIRST_ROUND;
	bool found = false;

	for (uint32_t i = 0; i < split->objects; i++)
		result[i].unfinished = split->object[i].ops > 0;
	while (run_round(split, request, round_bound(round, request->bounds.configurations), result,
			 &found) > 0 &&
	       !found)
		round *= ROUND_GROWS; /* nobody lives to see it overflow */
	for (uint32_t i = 0; found && i < split->objects; i++)
		if (result[i].unfinished)
			text_copy(result[i].bound, sizeof(result[i].bound),
				  "the violation of another object");
}

/* A mutex that gave no token was not tried as a fenced one. */
static void doubt_tokens(const struct linear_object *object, struct linear_result *result)
{
	bool acquires = false;

	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &object->trace->op[object_op(object, i)];

		if (op_acquires(op) && op->has_token)
			return;
		acquires |= op_acquires(op) && op->outcome == TRACE_OK;
	}
	if (!acquires || result->verdict != LINEARIZABLE)
		return;
	result->verdict = LINEAR_UNKNOWN;
	result->untold = true;
	text_copy(result->bound, sizeof(result->bound),
		  "no acquire has a token, by which a fenced mutex is judged");
}

int linear_judge(const struct trace *trace, const struct linear_request *request,
		 struct linear_summary *summary, struct error *err)
{
	struct linear_result *result;
	struct split split;

	if (request->limit < 1)
		return error_set(err, EXIT_BAD_USAGE, "limit %d: at least 1 is needed",
				 request->limit);
	if (refuse_foreign(trace, request, err) < 0)
		return -1;
	*summary = (struct linear_summary){.verdict = LINEARIZABLE,
					   .result = {.verdict = LINEARIZABLE,
						      .procedure = "none",
						      .certificate = {.stuck = TRACE_NEVER}}};
	split_open(&split, trace);
	ARRAY_NEW(result, split.objects);
	judge_objects(&split, request, result);
	for (uint32_t i = 0; i < split.objects; i++) {
		if (split.object[i].ops == 0)
			continue; /* all of it was left out, or became other objects */
		if (model_of(request, i) == MODEL_FENCED_MUTEX)
			doubt_tokens(&split.object[i], &result[i]);
		add_result(trace, &split.object[i], &result[i], summary);
	}
	/* The verdict is the gravest of all, and its object's own. */
	CHECK(summary->not_linearizable + summary->unknown <= summary->objects);
	CHECK((summary->verdict == NOT_LINEARIZABLE) == (summary->not_linearizable > 0));
	CHECK(summary->verdict == summary->result.verdict);
	summary->model = model_of(request, summary->worst);
	free(result);
	split_close(&split);
	return 0;
}
