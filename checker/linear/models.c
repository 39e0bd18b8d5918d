#include "checker/linear/models.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"

const char *const model_names[] = {
#define X(name, text) text,
	MODELS(X)
#undef X
		NULL};

enum {
	LOCKS = 1 << TRACE_ACQUIRE | 1 << TRACE_TRY_ACQUIRE | 1 << TRACE_RELEASE | 1 << TRACE_PROOF,
	REGISTERS = 1 << TRACE_READ | 1 << TRACE_WRITE | 1 << TRACE_CAS,
	TEXTS = 1 << TRACE_GET | 1 << TRACE_PUT | 1 << TRACE_APPEND,
	SETS = 1 << TRACE_ADD | 1 << TRACE_REMOVE | 1 << TRACE_READ,
};

static unsigned int functions_of(enum model model)
{
	switch (model) {
	case MODEL_MUTEX:
	case MODEL_OWNED_MUTEX:
	case MODEL_REENTRANT_MUTEX:
	case MODEL_FENCED_MUTEX:
	case MODEL_SEMAPHORE:
	case MODEL_OWNED_SEMAPHORE:
	case MODEL_RWLOCK:
	case MODEL_LEASED_LOCK:
		return LOCKS;
	case MODEL_CAS_REGISTER:
		return REGISTERS;
	case MODEL_KV:
		return TEXTS;
	case MODEL_SET:
		return SETS;
	case MODELS_COUNT:
		break;
	}
	CHECK(!"a model");
}

bool model_is_lock(enum model model)
{
	return functions_of(model) == LOCKS;
}

bool model_knows(enum model model, enum trace_function f)
{
	return functions_of(model) >> f & 1;
}

bool model_knows_all(enum model model, unsigned functions)
{
	return !(functions & ~functions_of(model));
}

void seen_add(struct seen *seen, const struct trace_op *op)
{
	seen->functions |= 1U << op->f;
	seen->acquires |= op_acquires(op);
	seen->owners |= op->has_owner;
	seen->tokens |= op_acquires(op) && op->has_token;
	seen->nameless |= op->outcome != TRACE_FAILED && LOCKS >> op->f & 1 && !op->attempt;
	seen->ops++;
	seen->shared += op->mode == TRACE_SHARED;
	seen->attempts += op->attempt != 0;
	seen->tokens_ok += op_acquires(op) && op->has_token && op->outcome == TRACE_OK;
}

struct seen *models_see(const struct trace *trace)
{
	struct seen *seen;

	ARRAY_NEW(seen, trace->objects);
	for (uint32_t i = 0; i < trace->ops; i++)
		seen_add(&seen[trace->op[i].object], &trace->op[i]);
	return seen;
}

static bool is_within(unsigned int functions, unsigned int of_model)
{
	return !(functions & ~of_model);
}

/* The strongest model that every lock trace of this kind promises. How many permits or how deep
 * a trace does not tell: semaphores and reentrant locks must be asked for by name. */
static bool lock_of_object(const struct trace *trace, const struct seen *seen, bool leases,
			   enum model *model)
{
	bool owned = (seen->acquires && !seen->nameless) ||
		     (trace->has_owners && (seen->owners || trace->objects == 1));

	if (leases)
		*model = MODEL_LEASED_LOCK;
	else if (seen->shared)
		*model = MODEL_RWLOCK;
	else if (seen->tokens)
		*model = MODEL_FENCED_MUTEX;
	else
		*model = owned ? MODEL_OWNED_MUTEX : MODEL_MUTEX;
	return !(leases && seen->shared); /* no model knows both */
}

/* A read alone may be a register's or a set's: what the others are it is, too. */
static bool data_of_object(unsigned int functions, unsigned int of_all, enum model *model)
{
	static const enum model data[] = {MODEL_CAS_REGISTER, MODEL_KV, MODEL_SET};

	for (size_t i = 0; i < sizeof(data) / sizeof(*data); i++) {
		*model = data[i];
		if (is_within(of_all, functions_of(data[i])))
			return true;
	}
	return functions != of_all && functions != 1U << TRACE_READ &&
	       data_of_object(functions, functions, model);
}

bool models_of_seen(const struct trace *trace, const struct seen *seen, enum model *model)
{
	unsigned int functions = 0, data;
	bool good = true;

	for (uint32_t i = 0; i < trace->objects; i++)
		functions |= seen[i].functions;
	data = functions & ~(unsigned int)LOCKS;
	for (uint32_t i = 0; i < trace->objects && good; i++) {
		if (is_within(seen[i].functions, LOCKS))
			good = lock_of_object(trace, &seen[i], functions >> TRACE_PROOF & 1,
					      &model[i]);
		else
			good = is_within(seen[i].functions, ~(unsigned int)LOCKS) &&
			       data_of_object(seen[i].functions, data, &model[i]);
	}
	return good;
}

bool models_guess(const struct trace *trace, enum model *model)
{
	struct seen *seen = models_see(trace);
	bool good = models_of_seen(trace, seen, model);

	free(seen);
	return good;
}

bool model_of_trace(const struct trace *trace, enum model *model)
{
	enum model *models;
	bool good;

	if (trace->ops == 0)
		return false;
	ARRAY_NEW(models, trace->objects);
	good = models_guess(trace, models);
	*model = models[trace->op[0].object];
	for (uint32_t i = 0; i < trace->ops; i++)
		good &= models[trace->op[i].object] == *model;
	free(models);
	return good;
}

uint32_t object_event_position(const struct linear_object *object, uint32_t at)
{
	const struct trace_op *op = &object->trace->op[object->event[at] >> 1];

	return object->event[at] & 1 ? op->returned : op->invoked;
}

uint32_t object_find_event(const struct linear_object *object, uint32_t position)
{
	if (!object->op)
		return position;
	return (uint32_t)ARRAY_BEFORE(object->events, i,
				      object_event_position(object, i) < position);
}

void object_refute(const struct linear_object *object, uint32_t fitting,
		   struct linear_result *result)
{
	CHECK(fitting < object->events && object->event[fitting] & 1); /* an answer refutes */
	result->verdict = NOT_LINEARIZABLE;
	result->violations = 1;
	result->certificate.prefix = fitting + 1;
	result->certificate.stuck = object->event[fitting] >> 1;
}
