#include "checker/linear/engine_problem.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/engine_holders.h"
#include "checker/linear/models.h"

static const struct step_model *const models[MODELS_COUNT] = {
	[MODEL_MUTEX] = &step_mutex,
	[MODEL_OWNED_MUTEX] = &step_owned_mutex,
	[MODEL_REENTRANT_MUTEX] = &step_reentrant_mutex,
	[MODEL_FENCED_MUTEX] = &step_fenced_mutex,
	[MODEL_SEMAPHORE] = &step_semaphore,
	[MODEL_OWNED_SEMAPHORE] = &step_owned_semaphore,
	[MODEL_RWLOCK] = &step_rwlock,
	[MODEL_LEASED_LOCK] = &step_leased_lock,
	[MODEL_CAS_REGISTER] = &step_cas_register,
	[MODEL_KV] = &step_kv,
	[MODEL_SET] = &step_set,
};

static int compare_tokens(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return array_order(*a, *b);
}

/* What the steps need to know before the first of them is made; the caller frees `token`. */
static struct step_maker survey(const struct linear_object *object, enum model model,
				struct intern *texts)
{
	struct step_maker maker = {.trace = object->trace,
				   .by_attempt = object_names_attempts(object),
				   .texts = texts};
	int64_t *token;
	uint32_t tokens = 0;

	ARRAY_NEW(token, object->ops);
	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &object->trace->op[object_op(object, i)];

		if (op->has_token && model_judges_tokens(model, object->trace))
			token[tokens++] = op->token;
	}
	qsort(token, tokens, sizeof *token, compare_tokens);
	for (uint32_t i = 0; i < tokens; i++)
		if (maker.tokens == 0 || token[maker.tokens - 1] != token[i])
			token[maker.tokens++] = token[i];
	CHECK(maker.tokens <= tokens);
	maker.token = token;
	return maker;
}

/* Gives equal steps equal class numbers, by a table of open addressing. */
static void find_classes(struct problem *problem)
{
	uint32_t buckets = 16, *bucket;

	while (buckets < 2 * problem->ops)
		buckets *= 2;
	ARRAY_NEW(bucket, buckets); /* the first operation of the class + 1 */
	for (uint32_t i = 0; i < problem->ops; i++) {
		struct engine_op *op = &problem->op[i];
		uint64_t hash = (op->step.kind + 1) * UINT64_C(0x9e3779b97f4a7c15);

		hash = (hash ^ op->step.a) * UINT64_C(0xff51afd7ed558ccd);
		hash = (hash ^ hash >> 32 ^ op->step.b) * UINT64_C(0xc4ceb9fe1a85ec53);
		uint32_t at = (uint32_t)(hash >> 32) & (buckets - 1);

		while (bucket[at] &&
		       memcmp(&problem->op[bucket[at] - 1].step, &op->step, sizeof op->step) != 0)
			at = (at + 1) & (buckets - 1);
		op->class = bucket[at] ? problem->op[bucket[at] - 1].class : problem->classes++;
		if (!bucket[at])
			bucket[at] = i + 1;
	}
	CHECK(problem->classes <= problem->ops);
	free(bucket);
}

/* The op of the problem that stands for this one of the trace, among the first `invoked`; NO_OP: it
 * was left out. Both lists ascend, and most operations return while few others are invoked. */
static uint32_t find_op(const struct problem *problem, uint32_t source, uint32_t invoked)
{
	uint32_t high = invoked;

	for (int near = 16; high > 0 && near > 0; near--)
		if (problem->op[--high].source <= source)
			return problem->op[high].source == source ? high : NO_OP;
	uint32_t at = (uint32_t)ARRAY_BEFORE(high, i, problem->op[i].source < source);

	return at < invoked && problem->op[at].source == source ? at : NO_OP;
}

/* Copies the events of the operations that stay, and notes where each returns. */
static void copy_events(struct problem *problem, const struct linear_object *object)
{
	uint32_t invoked = 0;

	for (uint32_t i = 0; i < object->events; i++) {
		uint32_t source = object->event[i] >> 1;
		uint32_t op;

		if (object->event[i] & 1) {
			op = find_op(problem, source, invoked);
			if (op == NO_OP || problem->op[op].open)
				continue;
			problem->op[op].prefix = i + 1;
		} else {
			if (invoked == problem->ops || problem->op[invoked].source != source)
				continue;
			op = invoked++;
		}
		problem->event[problem->events++] = op << 1 | (object->event[i] & 1);
	}
	CHECK(invoked == problem->ops); /* each once, in the order of their invocations */
}

/* Slots are given back at the return and given out again, the last one first: masks stay short. */
static void give_slots(struct problem *problem)
{
	uint32_t *free_slot, frees = 0;

	ARRAY_NEW(free_slot, problem->ops);
	for (uint32_t i = 0; i < problem->events; i++) {
		struct engine_op *op = &problem->op[problem->event[i] >> 1];

		if (op->open)
			continue;
		if (problem->event[i] & 1)
			free_slot[frees++] = op->slot;
		else
			op->slot = frees > 0 ? free_slot[--frees] : problem->slots++;
	}
	CHECK(problem->slots <= problem->ops && frees <= problem->slots);
	free(free_slot);
	problem->mask_words = (problem->slots + 63) / 64;
}

/* Lays the counts of open operations out in words, no field across two of them. */
static void give_fields(struct problem *problem)
{
	uint32_t shift = 0, word = 0, *opens;

	ARRAY_NEW(opens, problem->classes);
	ARRAY_NEW(problem->open_of_class, problem->classes);
	memset(problem->open_of_class, 0xff, problem->classes * sizeof *problem->open_of_class);
	for (uint32_t i = 0; i < problem->ops; i++)
		if (problem->op[i].open && opens[problem->op[i].class]++ == 0)
			problem->open_classes++;
	ARRAY_NEW(problem->open_class, problem->open_classes);
	ARRAY_NEW(problem->guards, problem->open_classes); /* at most one word each */
	for (uint32_t i = 0, k = 0; i < problem->ops; i++) {
		const struct engine_op *op = &problem->op[i];

		if (!op->open || problem->open_of_class[op->class] != NO_OP)
			continue;
		/* Bits for the count, and the guard. */
		uint32_t width = 33 - (uint32_t)__builtin_clz(opens[op->class]);

		CHECK(k < problem->open_classes && opens[op->class] < UINT32_C(1) << (width - 1));
		if (shift + width > 64) {
			word++;
			shift = 0;
		}
		problem->guards[word] |= UINT64_C(1) << (shift + width - 1);
		problem->open_class[k] = (struct open_class){.step = op->step,
							     .class = op->class,
							     .word = word,
							     .shift = shift,
							     .ones = (UINT64_C(1) << width) - 1};
		problem->open_of_class[op->class] = k++;
		shift += width;
	}
	problem->count_words = problem->open_classes > 0 ? word + 1 : 0;
	free(opens);
}

bool problem_open(struct problem *problem, const struct linear_object *object, enum model model,
		  int limit)
{
	CHECK(limit >= 1 && object->events >= object->ops);
	*problem = (struct problem){
		.object = object, .kind = model, .model = models[model], .limit = (uint32_t)limit};
	intern_open(&problem->texts, &problem->budget);
	ARRAY_NEW(problem->op, object->ops);
	ARRAY_NEW(problem->event, object->events);

	struct step_maker maker = survey(object, model, &problem->texts);
	bool known = true;

	if (problem->model->begin)
		problem->initial = problem->model->begin(&maker, object->trace->initial);

	for (uint32_t i = 0; i < object->ops && known; i++) {
		struct engine_op *op = &problem->op[problem->ops];
		const struct trace_op *source = &object->trace->op[object_op(object, i)];
		enum step_role role = problem->model->make(&maker, source, &op->step);

		op->source = object_op(object, i);
		op->open = source->outcome == TRACE_OPEN;
		op->prefix = op->open ? 0 : UINT32_MAX;
		op->observes = role == STEP_OBSERVES;
		known = role != STEP_FOREIGN;
		problem->ops += role == STEP_CHANGES || role == STEP_OBSERVES;
		problem->open_ops += op->open && role == STEP_CHANGES;
	}
	free((void *)(uintptr_t)maker.token);
	if (!known)
		return false;
	CHECK_MEMORY(!problem->budget.refused);
	find_classes(problem);
	copy_events(problem, object);
	if (problem->model->holder && problem->ops > 0)
		holders_survey(problem);
	give_slots(problem);
	give_fields(problem);
	return true;
}

void problem_close(struct problem *problem)
{
	free(problem->op);
	free(problem->event);
	free(problem->open_class);
	free(problem->open_of_class);
	free(problem->guards);
	free(problem->partner);
	free(problem->sharer);
	free(problem->soonest);
	free(problem->ahead);
	free(problem->sight);
	intern_close(&problem->texts);
}
