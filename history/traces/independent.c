#include "history/traces/independent.h"

#include <string.h>

#include "base/invariant.h"
#include "history/traces/builder.h"
#include "history/traces/edn.h"

static const char tag[] = "#jepsen.independent/tuple";

struct slice tuples_untag(struct tuples *tuples, struct slice edn)
{
	size_t length = strlen(tag);

	if (edn.length <= length || memcmp(edn.at, tag, length) != 0)
		return edn;
	tuples->tagged++;
	for (; length < edn.length && edn.at[length] == ' '; length++)
		;
	return (struct slice){edn.at + length, edn.length - length};
}

bool tuples_note_question(struct tuples *tuples, const char *edn)
{
	struct slice key, value;
	bool keyed = edn_pair(tuples_untag(tuples, (struct slice){edn, strlen(edn)}), &key, &value);

	tuples->keyed += keyed && slice_is(value, "nil");
	tuples->keyless += !(keyed && slice_is(value, "nil"));
	tuples->asked |= keyed;
	return keyed;
}

static bool is_lock(const struct trace_op *op)
{
	return op->f <= TRACE_PROOF;
}

static bool is_read(const struct trace_op *op)
{
	return op->f == TRACE_READ || op->f == TRACE_GET;
}

struct splitting {
	struct trace_builder *builder;
	struct buffer text; /* of the tuple at hand: interning moves what is interned */
	struct slice key, value;
};

/* `value` of the trace as a tuple; false when it is none. */
static bool take_tuple(struct splitting *splitting, uint32_t value)
{
	struct tuples ignored = {0};
	const char *text = builder_value_text(splitting->builder, value);

	buffer_clear(&splitting->text);
	buffer_add(&splitting->text, text, strlen(text));
	struct slice whole = {splitting->text.text, splitting->text.length};

	return edn_pair(tuples_untag(&ignored, whole), &splitting->key, &splitting->value);
}

/* The value that tells the operation's key. */
static uint32_t tuple_of(const struct trace_op *op)
{
	bool asked = is_lock(op) || is_read(op);

	return asked && op->b ? op->b : op->a;
}

static bool has_tuple(struct splitting *splitting, const struct trace_op *op)
{
	return op->f == TRACE_CAS ? take_tuple(splitting, op->b)
				  : take_tuple(splitting, tuple_of(op));
}

/* Nobody asked for anything, and nothing was seen. */
static bool says_nothing(const struct trace_op *op)
{
	return is_read(op) && op->outcome != TRACE_OK && !op->b;
}

/* Are all values tuples, and are there any? */
static bool are_tuples(struct splitting *splitting)
{
	uint32_t ops = builder_count(splitting->builder), tuples = 0;

	for (uint32_t i = 0; i < ops; i++) {
		const struct trace_op *op = builder_change(splitting->builder, i);
		bool tuple = has_tuple(splitting, op);

		if (!tuple && !says_nothing(op))
			return false;
		tuples += tuple;
	}
	return tuples > 0;
}

static uint32_t intern_value(struct splitting *splitting, struct slice part)
{
	char *end = (char *)(uintptr_t)(part.at + part.length), was = *end;

	*end = '\0';
	uint32_t value = trace_intern_value(splitting->builder, part.at);

	*end = was;
	return value;
}

static uint32_t intern_key(struct splitting *splitting)
{
	struct buffer name = {0};

	edn_add_name(&name, splitting->key);
	uint32_t object = trace_intern_object(splitting->builder, name.text);

	buffer_free(&name);
	return object;
}

/* False when it has no key, or two of them. */
static bool split_op(struct splitting *splitting, struct trace_op *op)
{
	uint32_t key;

	if (op->f == TRACE_CAS) { /* it was taken for [expected new]: [key [expected new]] */
		const char *text = builder_value_text(splitting->builder, op->a);
		struct slice name = {text, strlen(text)};

		splitting->key = name;
		op->object = intern_key(splitting);
		if (!take_tuple(splitting, op->b))
			return false;
		op->a = intern_value(splitting, splitting->key);
		op->b = intern_value(splitting, splitting->value);
		return true;
	}
	if (!take_tuple(splitting, tuple_of(op)))
		return false;
	key = op->object = intern_key(splitting);
	if (is_lock(op)) {
		op->b = 0;
	} else if (!is_read(op)) {
		op->a = intern_value(splitting, splitting->value);
	} else if (op->a && take_tuple(splitting, op->a)) {
		op->a = intern_value(splitting, splitting->value);
		key = intern_key(splitting);
	}
	op->b = 0;
	return key == op->object;
}

static int split(struct splitting *splitting, const struct input *input, struct error *err)
{
	for (uint32_t i = 0; i < builder_count(splitting->builder); i++) {
		struct trace_op *op = builder_change(splitting->builder, i);

		if (!says_nothing(op) && !split_op(splitting, op))
			return input_complain_of(
				input, op->line, 1, err,
				"expected a value [key value], the same key in question and answer "
				"(--independent no takes values as they are)");
	}
	return 0;
}

/* What was asked is of no more use. */
static void forget_questions(struct trace_builder *builder)
{
	for (uint32_t i = 0; i < builder_count(builder); i++) {
		struct trace_op *op = builder_change(builder, i);

		op->b = is_lock(op) || is_read(op) ? 0 : op->b;
	}
}

int independent_split(struct trace_builder *builder, const struct tuples *tuples,
		      const struct input *input, bool *whole, struct error *err)
{
	struct splitting splitting = {.builder = builder};
	enum trace_independent asked = input->source->independent;
	bool plain = tuples->tagged || (tuples->keyed && !tuples->keyless);
	int result = 0;

	*whole = false;
	if (asked == INDEPENDENT_AUTO && !builder_has_objects(builder) && are_tuples(&splitting)) {
		asked = plain ? INDEPENDENT_YES : INDEPENDENT_AUTO;
		*whole = !plain;
	}
	if (asked == INDEPENDENT_YES)
		result = split(&splitting, input, err);
	else if (tuples->asked)
		forget_questions(builder);
	buffer_free(&splitting.text);
	return result;
}
