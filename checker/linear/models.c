#include "checker/linear/models.h"

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

/* The strongest model that every lock trace of this kind promises. How many permits or how deep
 * a trace does not tell: semaphores and reentrant locks must be asked for by name. */
static enum model lock_of_trace(const struct trace *trace, bool proofs, bool shared)
{
	if (proofs)
		return MODEL_LEASED_LOCK;
	if (shared)
		return MODEL_RWLOCK;
	if (trace->has_tokens)
		return MODEL_FENCED_MUTEX;
	return trace->has_attempts || trace->has_owners ? MODEL_OWNED_MUTEX : MODEL_MUTEX;
}

bool model_of_trace(const struct trace *trace, enum model *model)
{
	unsigned int seen = 0;
	bool shared = false;

	for (uint32_t i = 0; i < trace->ops; i++) {
		seen |= 1U << trace->op[i].f;
		shared |= trace->op[i].mode == TRACE_SHARED;
	}
	if (!seen)
		return false;
	if (!(seen & ~(unsigned int)LOCKS))
		*model = lock_of_trace(trace, seen >> TRACE_PROOF & 1, shared);
	else if (!(seen & ~(unsigned int)REGISTERS))
		*model = MODEL_CAS_REGISTER;
	else if (!(seen & ~(unsigned int)TEXTS))
		*model = MODEL_KV;
	else if (!(seen & ~(unsigned int)SETS))
		*model = MODEL_SET;
	else
		return false;
	return true;
}

uint32_t object_find_event(const struct linear_object *object, uint32_t position)
{
	uint32_t low = 0, high = object->events;

	if (!object->op)
		return position;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint32_t event = object->event[middle];
		const struct trace_op *op = &object->trace->op[event >> 1];

		if ((event & 1 ? op->returned : op->invoked) < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
