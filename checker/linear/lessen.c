/*
 * The steps are tried on blocks of operations, of half of them at first and of single ones last (as
 * in Zeller & Hildebrandt's delta debugging, 2002), since most of a history has nothing to do with
 * its violation: so few decisions are needed. Each step that does not make the excerpt legal is
 * kept.
 *
 * Why they are sound. Take a legal order of the excerpt before the step.
 * - Without an observer it is still legal: the state was not changed by it.
 * - With an answer forgotten it is one of the orders that are allowed afterwards.
 * - An open write, put or cas whose value nobody left looks for: between it and the next operation
 *   that sets the state (of a set: that of the element) there stands no observer that was content,
 * so without it all see what they saw. That needs that nobody is content with *any other* value
 * either (a refused cas is), so none of these may be left. An append likewise, as long as no get
 * left saw its text.
 * - An operation whose value was surely overwritten before the first operation that looks for it
 *   began: nobody saw it.
 * - Holds of locks: README.md, "Leaving out holds".
 */
#include "checker/linear/lessen.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/set_elements.h"
#include "checker/linear/lessen_parts.h"

enum { PROBE_CONFIGURATIONS = 200000, OPS_MAX = 4096 };

static const struct trace_op *op_of(const struct excerpt *excerpt, uint32_t i)
{
	return &excerpt->trace->op[excerpt->op[i]];
}

/* What leaving out or weakening needs to know ------------------------------------------------- */

static bool is_observer(const struct excerpt *excerpt, uint32_t i)
{
	const struct trace_op *op = op_of(excerpt, i);

	return op->f == TRACE_READ || op->f == TRACE_GET || op->f == TRACE_PROOF ||
	       (op->outcome == TRACE_FAILED && (op->f == TRACE_CAS || op->f == TRACE_TRY_ACQUIRE));
}

static bool saw_text(const struct excerpt *excerpt, uint32_t get, uint32_t value)
{
	const char *seen = trace_value_text(excerpt->trace, op_of(excerpt, get)->a);
	const char *text = trace_value_text(excerpt->trace, value);
	size_t length = strlen(text);

	if (length < 3 || text[0] != '"') /* the empty text is in every text */
		return true;
	return memmem(seen, strlen(seen), text + 1, length - 2) != NULL;
}

/* Would a set's read see what this operation did to its element? */
static bool saw_element(const struct excerpt *excerpt, uint32_t read, const struct trace_op *writer)
{
	const char *element = trace_value_text(excerpt->trace, writer->a);

	return set_elements_have(excerpt->trace, op_of(excerpt, read)->a, element,
				 strlen(element)) == (writer->f == TRACE_ADD);
}

static bool changes_element(const struct trace_op *op)
{
	return op->f == TRACE_ADD || op->f == TRACE_REMOVE;
}

/* Would operation j notice that the value was, or was not, there? */
static bool needs(const struct excerpt *excerpt, uint32_t j, const struct trace_op *writer)
{
	const struct trace_op *op = op_of(excerpt, j);
	uint32_t value = writer->f == TRACE_CAS ? writer->b : writer->a;

	switch ((enum trace_function)op->f) {
	case TRACE_READ:
		return excerpt_is_mandatory(excerpt, j) &&
		       (changes_element(writer) ? saw_element(excerpt, j, writer) : op->a == value);
	case TRACE_CAS:
		return op->outcome == TRACE_FAILED || op->a == value;
	case TRACE_GET:
		return excerpt_is_mandatory(excerpt, j) && saw_text(excerpt, j, value);
	case TRACE_WRITE:
	case TRACE_PUT:
	case TRACE_APPEND:
	case TRACE_ADD:
	case TRACE_REMOVE:
		return false;
	case TRACE_ACQUIRE:
	case TRACE_TRY_ACQUIRE:
	case TRACE_RELEASE:
	case TRACE_PROOF:
	case TRACE_FUNCTIONS_COUNT:
		break;
	}
	return true;
}

static bool sets_state(const struct trace_op *op)
{
	return op->f == TRACE_WRITE || op->f == TRACE_PUT || op->f == TRACE_CAS ||
	       changes_element(op);
}

/* An open operation that sets a value which nobody left looks for. */
static bool is_unnoticed(const struct excerpt *excerpt, uint32_t i)
{
	const struct trace_op *op = op_of(excerpt, i);

	if (excerpt_is_mandatory(excerpt, i) || (!sets_state(op) && op->f != TRACE_APPEND))
		return false;
	for (uint32_t j = 0; j < excerpt->ops; j++)
		if (j != i && needs(excerpt, j, op))
			return false;
	return true;
}

/* The operation that surely overwrote this one before anybody left could look for its value: the
 * last such one; TRACE_NEVER: none. Both are indices into the excerpt. */
static uint32_t overwriter_of(const struct excerpt *excerpt, uint32_t i)
{
	uint32_t last = TRACE_NEVER;
	const struct trace_op *op = op_of(excerpt, i);
	uint32_t first_look = TRACE_NEVER;

	if (!excerpt_is_mandatory(excerpt, i) || (!sets_state(op) && op->f != TRACE_APPEND) ||
	    op->outcome == TRACE_FAILED)
		return TRACE_NEVER;
	for (uint32_t j = 0; j < excerpt->ops; j++)
		if (j != i && needs(excerpt, j, op) && op_of(excerpt, j)->invoked < first_look)
			first_look = op_of(excerpt, j)->invoked;
	for (uint32_t j = 0; j < excerpt->ops; j++) {
		const struct trace_op *later = op_of(excerpt, j);

		if (excerpt_is_mandatory(excerpt, j) && later->outcome == TRACE_OK &&
		    sets_state(later) && later->invoked > op->returned &&
		    (!changes_element(op) || later->a == op->a) && later->returned < first_look)
			last = j;
	}
	CHECK(last != i); /* nothing comes after itself */
	return last;
}

/* Trying a step ------------------------------------------------------------------------------- */

static bool is_pinned(const struct shrinker *shrinker, uint32_t op)
{
	for (uint32_t i = 0; i < shrinker->pins; i++)
		if (shrinker->pinned[i] == op)
			return true;
	return false;
}

enum step { LEAVE_OUT, FORGET };

static bool applies(const struct shrinker *shrinker, uint32_t i, enum step step)
{
	const struct excerpt *excerpt = shrinker->excerpt;

	if (is_pinned(shrinker, excerpt->op[i]))
		return false;
	if (step == FORGET)
		return excerpt_is_mandatory(excerpt, i) && !is_observer(excerpt, i);
	return is_observer(excerpt, i) || is_unnoticed(excerpt, i);
}

/* The step on all of operations [begin, end) that it applies to. */
static bool try_block(struct shrinker *shrinker, uint32_t begin, uint32_t end, enum step step)
{
	const struct excerpt *excerpt = shrinker->excerpt;
	struct excerpt smaller;
	bool changed = false;

	CHECK(begin < end && end <= excerpt->ops);
	excerpt_begin_like(&smaller, excerpt);
	for (uint32_t i = 0; i < excerpt->ops; i++) {
		bool hit = i >= begin && i < end && applies(shrinker, i, step);

		changed |= hit;
		if (!hit || step == FORGET)
			excerpt_add(&smaller, excerpt->op[i], excerpt->open[i] || hit);
	}
	if (changed)
		return shrink_try(shrinker, &smaller);
	excerpt_free(&smaller);
	return false;
}

static bool pass(struct shrinker *shrinker, enum step step)
{
	bool progress = false;

	for (uint32_t block = shrinker->excerpt->ops; block > 0; block /= 2) {
		uint32_t end = shrinker->excerpt->ops;

		/* From the end: what is dropped does not move what is still to come. */
		while (end > 0 && !shrink_is_over(shrinker)) {
			uint32_t begin = end > block ? end - block : 0;

			progress |= try_block(shrinker, begin, end, step);
			end = begin;
		}
	}
	return progress;
}

/* What was overwritten: one at a time, and what overwrote it stays to be seen. */
static bool pass_overwritten(struct shrinker *shrinker)
{
	bool progress = false;

	for (uint32_t i = shrinker->excerpt->ops; i-- > 0 && !shrink_is_over(shrinker);) {
		const struct excerpt *excerpt = shrinker->excerpt;
		uint32_t by = overwriter_of(excerpt, i);
		struct excerpt smaller;

		if (by == TRACE_NEVER || is_pinned(shrinker, excerpt->op[i]))
			continue;
		uint32_t pin = excerpt->op[by];

		excerpt_begin_like(&smaller, excerpt);
		for (uint32_t j = 0; j < excerpt->ops; j++)
			if (j != i)
				excerpt_add(&smaller, excerpt->op[j], excerpt->open[j]);
		if (!shrink_try(shrinker, &smaller))
			continue;
		progress = true;
		if (!is_pinned(shrinker, pin))
			shrinker->pinned[shrinker->pins++] = pin;
	}
	return progress;
}

void shrink(struct excerpt *excerpt, const struct linear_request *request, int64_t deadline_ns)
{
	struct shrinker shrinker = {
		.excerpt = excerpt,
		.request = *request,
		.deadline_ns = deadline_ns,
	};
	bool progress;

	ARRAY_NEW(shrinker.pinned, excerpt->ops);
	shrinker.request.bounds.configurations = PROBE_CONFIGURATIONS;
	shrinker.request.bounds.deadline_ns = deadline_ns;
	shrink_to_end(&shrinker);
	if (excerpt->ops > OPS_MAX)
		shrink_holds(&shrinker);
	progress = excerpt->ops <= OPS_MAX;
	while (progress && !shrink_is_over(&shrinker)) {
		progress = shrink_holds(&shrinker);
		progress |= pass(&shrinker, LEAVE_OUT);
		progress |= pass(&shrinker, FORGET);
		if (!progress)
			progress = pass_overwritten(&shrinker);
	}
	free(shrinker.pinned);
}
