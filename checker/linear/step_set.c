/*
 * A set: add, remove, and read of the whole set. State: the interned elements, ascending; an
 * element is the number of its interned text. Adding what is there and removing what is not change
 * nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/engine_step.h"
#include "checker/linear/set_elements.h"

enum set_step { SET_READ, SET_ADD, SET_REMOVE };

static int compare_numbers(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return array_order(*a, *b);
}

/* The state that a read of this collection saw. */
static uint32_t collection_of(const struct step_maker *maker, uint32_t value)
{
	const char *at = set_elements_begin(maker->trace, value), *text;
	uint32_t *element, count = 0, distinct = 0;
	size_t length;

	ARRAY_NEW(element, strlen(at));
	while (set_elements_next(&at, &text, &length))
		element[count++] = intern_put(maker->texts, text, length);
	qsort(element, count, sizeof *element, compare_numbers);
	for (uint32_t i = 0; i < count; i++)
		if (distinct == 0 || element[distinct - 1] != element[i])
			element[distinct++] = element[i];
	uint32_t state = intern_put(maker->texts, element, distinct * sizeof *element);

	free(element);
	return state;
}

static enum step_role make_set(const struct step_maker *maker, const struct trace_op *op,
			       struct step *step)
{
	bool reads = op->f == TRACE_READ;

	*step = (struct step){0};
	if (!reads && op->f != TRACE_ADD && op->f != TRACE_REMOVE)
		return STEP_FOREIGN;
	if (op->outcome == TRACE_FAILED || (reads && op->outcome != TRACE_OK))
		return STEP_LEFT_OUT;
	if (reads) {
		step->kind = SET_READ;
		step->a = collection_of(maker, op->a);
		return STEP_OBSERVES;
	}
	const char *element = trace_value_text(maker->trace, op->a);

	step->kind = op->f == TRACE_ADD ? SET_ADD : SET_REMOVE;
	step->a = intern_put(maker->texts, element, strlen(element));
	return STEP_CHANGES;
}

static size_t place_of(const uint32_t *element, size_t count, uint32_t wanted)
{
	return ARRAY_BEFORE(count, i, element[i] < wanted);
}

static bool take_set(struct step_states *states, uint64_t state, const struct step *step,
		     uint64_t *next)
{
	struct intern *texts = &states->texts;
	uint32_t size = sizeof(uint32_t), set = (uint32_t)state;
	size_t length;
	const uint32_t *element = intern_bytes(texts, set, &length);
	size_t count = length / size, at;

	*next = state;
	if (step->kind == SET_READ)
		return set == step->a;
	at = place_of(element, count, step->a);
	bool there = at < count && element[at] == step->a;

	if (there == (step->kind == SET_ADD))
		return true;
	size_t after = there ? count - 1 : count + 1;
	uint32_t *room = intern_room(texts, after * size);

	if (!room)
		return true;
	element = intern_bytes(texts, set, &length);
	memcpy(room, element, at * size);
	if (there) {
		memcpy(room + at, element + at + 1, (count - at - 1) * size);
	} else {
		room[at] = step->a;
		memcpy(room + at + 1, element + at, (count - at) * size);
	}
	*next = intern_commit(texts, after * size);
	return true;
}

const struct step_model step_set = {.make = make_set, .take = take_set};
