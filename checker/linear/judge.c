#include <string.h>

#include "base/text.h"
#include "checker/linear/models.h"
#include "checker/linear/split.h"

void linear_decide(const struct linear_object *object, enum model model, int limit,
		   const struct linear_bounds *bounds, struct linear_result *result)
{
	*result = (struct linear_result){.verdict = LINEAR_UNKNOWN, .procedure = "none"};
	if (linear_counting(object, model, limit, result) ||
	    linear_attempts(object, model, limit, result) ||
	    linear_search(object, model, limit, bounds, result))
		return;
	result->verdict = LINEAR_UNKNOWN;
	text_copy(result->bound, sizeof(result->bound), "no procedure covers this model");
}

static int refuse_foreign(const struct trace *trace, enum model model, struct error *err)
{
	unsigned int foreign = 0;

	for (unsigned int f = 0; f < TRACE_FUNCTIONS_COUNT; f++)
		if (!model_knows(model, (enum trace_function)f))
			foreign |= 1U << f;
	for (uint32_t i = 0; i < trace->ops; i++) {
		const struct trace_op *op = &trace->op[i];

		if (foreign >> op->f & 1)
			return error_set(err, EXIT_BAD_USAGE,
					 "line %u: the model %s knows no operation %s", op->line,
					 model_names[model], trace_function_names[op->f]);
	}
	return 0;
}

/* The position at which an object's violation was complete. */
static uint32_t proved_at(const struct trace *trace, const struct linear_result *result)
{
	uint32_t stuck = result->certificate.stuck;

	return stuck == TRACE_NEVER ? TRACE_NEVER : trace->op[stuck].returned;
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

static void add_object(const struct trace *trace, const struct linear_object *object,
		       const struct linear_request *request, struct linear_summary *summary)
{
	struct linear_result result;

	linear_decide(object, request->model, request->limit, &request->bounds, &result);
	summary->objects++;
	summary->not_linearizable += result.verdict == NOT_LINEARIZABLE;
	summary->unknown += result.verdict == LINEAR_UNKNOWN;
	if (summary->objects == 1 || is_worse(trace, &result, summary)) {
		summary->verdict = result.verdict;
		summary->worst = object->object;
		summary->result = result;
	}
}

int linear_judge(const struct trace *trace, const struct linear_request *request,
		 struct linear_summary *summary, struct error *err)
{
	struct split split;

	if (request->limit < 1)
		return error_set(err, EXIT_BAD_USAGE, "limit %d: at least 1 is needed",
				 request->limit);
	if (refuse_foreign(trace, request->model, err) < 0)
		return -1;
	*summary = (struct linear_summary){.verdict = LINEARIZABLE,
					   .result = {.verdict = LINEARIZABLE,
						      .procedure = "none",
						      .certificate = {.stuck = TRACE_NEVER}}};
	split_open(&split, trace);
	for (uint32_t i = 0; i < split.objects; i++) {
		add_object(trace, &split.object[i], request, summary);
		if (request->progress)
			request->progress(request->context, i + 1, split.objects);
	}
	split_close(&split);
	return 0;
}
