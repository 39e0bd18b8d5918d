/* What a trace's summary knows of its operations, one by one. */

#include "history/traces/builder.h"

/* Of a failed release too, since it is shown and exported as others are. */
static void note_op(struct trace *trace, const struct trace_op *op)
{
	trace->has_times |= op->invoked_ns || op->returned_ns;
	trace->has_owners |= op->owner != (uint32_t)op->process;
}

void stock_add(struct stock *stock, struct trace *trace, const struct trace_op *op)
{
	bool acquire = op->f == TRACE_ACQUIRE || op->f == TRACE_TRY_ACQUIRE;
	note_op(trace, op);
	trace->functions |= 1U << op->f;
	stock->acquires |= acquire;
	trace->open += op->outcome == TRACE_OPEN;
	if (op->outcome == TRACE_FAILED)
		return;
	if (acquire || op->f == TRACE_RELEASE || op->f == TRACE_PROOF)
		stock->nameless |= op->attempt == 0;
	trace->has_tokens |= acquire && op->has_token;
	trace->acquires_ok += acquire && op->outcome == TRACE_OK;
	trace->tokens_ok += acquire && op->outcome == TRACE_OK && op->has_token;
}
