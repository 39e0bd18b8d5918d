#include "checker/linear/set_history.h"

#include <string.h>

#include "base/array.h"
#include "checker/linear/models.h"
#include "checker/linear/set_elements.h"

/* By element, the one that came after it in what a read saw; 0: none. */
struct follower {
	uint32_t *of, count, room;
};

/* Reads tell much the same in much the same order: what came after an element before is tried
 * first, which spares the tables that are far apart in memory. */
static uint32_t number_of(struct follower *follower, struct intern *texts, uint32_t before,
			  const char *text, size_t length)
{
	uint32_t number = before < follower->count ? follower->of[before] : 0;
	size_t known;
	const char *bytes = intern_bytes(texts, number, &known);

	if (known == length && memcmp(bytes, text, length) == 0)
		return number;
	number = intern_put(texts, text, length);
	while (follower->count <= before) {
		ARRAY_GROW(follower->of, follower->count, follower->room);
		follower->of[follower->count++] = 0;
	}
	follower->of[before] = number;
	return number;
}

/* What the read saw, behind what stands in set->seen. */
static void gather(struct set_history *set, const struct trace_op *op, uint32_t *room,
		   struct follower *follower)
{
	const char *at = set_elements_begin(set->object->trace, op->a), *text;
	uint32_t *end = &set->begin[set->object->ops], last = 0;
	size_t length;

	while (set_elements_next(&at, &text, &length)) {
		ARRAY_GROW(set->seen, *end, *room);
		last = number_of(follower, &set->texts, last, text, length);
		set->seen[(*end)++] = last;
	}
}

/* A list may tell an element twice. */
static void drop_doubles(struct set_history *set)
{
	uint32_t kept = 0, from = 0, *stamp;

	ARRAY_NEW(stamp, set->elements);
	for (uint32_t i = 0; i < set->object->ops; i++) {
		uint32_t until = set->begin[i + 1];

		for (; from < until; from++) {
			uint32_t element = set->seen[from];

			CHECK(element < set->elements);
			if (stamp[element] != i + 1)
				set->seen[kept++] = element;
			stamp[element] = i + 1;
		}
		set->begin[i + 1] = kept;
	}
	free(stamp);
}

static void note_removes(struct set_history *set)
{
	ARRAY_NEW(set->removed, set->elements);
	for (uint32_t i = 0; i < set->object->ops; i++) {
		const struct trace_op *op = &set->ops[object_op(set->object, i)];

		if (op->f == TRACE_REMOVE && set_history_changes(op))
			set->has_removes = set->removed[set->of[i]] = true;
	}
}

/* False when an operation is none of a set's. */
static bool gather_all(struct set_history *set)
{
	const struct linear_object *object = set->object;
	struct follower follower = {0};
	uint32_t room = 0, i;

	for (i = 0; i < object->ops; i++) {
		const struct trace_op *op = &set->ops[object_op(object, i)];

		set->begin[i] = set->begin[object->ops];
		if (!model_knows(MODEL_SET, (enum trace_function)op->f))
			break;
		if (set_history_is_read(op)) {
			gather(set, op, &room, &follower);
		} else if (op->f != TRACE_READ) {
			const char *text = trace_value_text(object->trace, op->a);

			set->of[i] = intern_put(&set->texts, text, strlen(text));
		}
	}
	free(follower.of);
	return i == object->ops;
}

bool set_history_open(struct set_history *set, const struct linear_object *object)
{
	*set = (struct set_history){.object = object, .ops = object->trace->op};
	intern_open(&set->texts, &set->budget);
	ARRAY_NEW(set->of, object->ops);
	ARRAY_NEW(set->begin, object->ops + 1);
	if (!gather_all(set))
		return false;
	CHECK_MEMORY(!set->budget.refused);
	set->elements = set->texts.entries;
	drop_doubles(set);
	note_removes(set);
	return true;
}

void set_history_close(struct set_history *set)
{
	free(set->of);
	free(set->begin);
	free(set->seen);
	free(set->removed);
	intern_close(&set->texts);
	*set = (struct set_history){0};
}
