/* What belongs to a model: which operations it knows, and which model a trace speaks of. */
#ifndef LINEAR_MODELS_H
#define LINEAR_MODELS_H

#include "checker/linear/linear.h"

bool model_is_lock(enum model model);
bool model_knows(enum model model, enum trace_function f);
/* Of all these, 1 << f each. */
bool model_knows_all(enum model model, unsigned functions);

/* What is seen of one object. */
struct seen {
	unsigned int functions;
	bool tokens, owners, acquires;
	bool nameless; /* some operation that may have done something names no attempt */
	uint32_t ops, shared, attempts; /* all; in shared mode; with an attempt */
	uint32_t tokens_ok;             /* acquires that are ok and have a token */
};

void seen_add(struct seen *seen, const struct trace_op *op);
/* Of each object; the caller frees it. */
struct seen *models_see(const struct trace *trace);
/* As models_guess. Of the trace, asks for its objects and owners only. */
bool models_of_seen(const struct trace *trace, const struct seen *seen, enum model *model);

/* Must the tokens of holds grow? */
static inline bool model_judges_tokens(enum model model, const struct trace *trace)
{
	return model == MODEL_FENCED_MUTEX || (model == MODEL_LEASED_LOCK && !trace->shows_tokens);
}

/* An acquire that may have taken the lock, of either kind; not one that failed. (Of a lock nothing
 * else that failed is told: history/traces/trace.h.) */
static inline bool op_acquires(const struct trace_op *op)
{
	return op->f <= TRACE_TRY_ACQUIRE && op->outcome != TRACE_FAILED;
}

/* Saw the lock without changing it: a failed try-acquire saw it taken, a proof saw it held. */
static inline bool op_observes(const struct trace_op *op)
{
	return (op->f == TRACE_TRY_ACQUIRE && op->outcome == TRACE_FAILED) ||
	       (op->f == TRACE_PROOF && op->outcome == TRACE_OK);
}

/* Does every operation that tells who holds name its attempt? */
static inline bool object_names_attempts(const struct linear_object *object)
{
	return object->names_attempts || object->trace->has_attempts;
}

/* The object's operation number i, as an index into the trace's. */
static inline uint32_t object_op(const struct linear_object *object, uint32_t i)
{
	return object->op ? object->op[i] : i;
}

/* The position in the trace's order of the object's event number `at`. */
uint32_t object_event_position(const struct linear_object *object, uint32_t at);

/* The number among the object's operations of operation `index` of the trace. */
uint32_t object_find_op(const struct linear_object *object, uint32_t index);

/* Refuted: its first `fitting` events have a legal order, and with the next one there is none. */
void object_refute(const struct linear_object *object, uint32_t fitting,
		   struct linear_result *result);

/* The place among the object's events of the event at `position` of the trace's order. */
uint32_t object_find_event(const struct linear_object *object, uint32_t position);

#endif
