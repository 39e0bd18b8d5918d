/*
 * One key of a key-value store: get, put, append. State: its interned text.
 *
 * A string's text is what stands between its quotes, escapes and all: escapes are canonical, so
 * joining texts joins strings. Any other value is its EDN behind a byte that begins no string, and
 * two such bytes begin nothing that anybody can see: a text that is lost.
 */
#include <string.h>

#include "checker/linear/engine_step.h"

enum kv_step { KV_GET, KV_PUT, KV_APPEND };

static uint32_t text_of(const struct step_maker *maker, uint32_t value)
{
	const char *edn = trace_value_text(maker->trace, value);
	size_t length = strlen(edn);

	if (value == TRACE_NIL || value == TRACE_EMPTY)
		return 0;
	if (length >= 2 && edn[0] == '"')
		return intern_put(maker->texts, edn + 1, length - 2);
	char *room = intern_room(maker->texts, length + 1);

	if (!room)
		return 0;
	room[0] = '\0';
	memcpy(room + 1, edn, length);
	return intern_commit(maker->texts, length + 1);
}

static enum step_role make_kv(const struct step_maker *maker, const struct trace_op *op,
			      struct step *step)
{
	*step = (struct step){0};
	if (op->f == TRACE_GET)
		step->kind = KV_GET;
	else if (op->f == TRACE_PUT)
		step->kind = KV_PUT;
	else if (op->f == TRACE_APPEND)
		step->kind = KV_APPEND;
	else
		return STEP_FOREIGN;
	if (op->f == TRACE_GET && op->outcome != TRACE_OK)
		return STEP_LEFT_OUT;
	step->a = text_of(maker, op->a);
	return op->f == TRACE_GET ? STEP_OBSERVES : STEP_CHANGES;
}

static uint64_t joined(struct intern *texts, uint32_t head, uint32_t tail)
{
	size_t head_length, tail_length;

	intern_bytes(texts, head, &head_length);
	intern_bytes(texts, tail, &tail_length);
	char *room = intern_room(texts, head_length + tail_length);

	if (!room)
		return 0;
	memcpy(room, intern_bytes(texts, head, &head_length), head_length);
	memcpy(room + head_length, intern_bytes(texts, tail, &tail_length), tail_length);
	return intern_commit(texts, head_length + tail_length);
}

static bool take_kv(struct step_states *states, uint64_t text, const struct step *step,
		    uint64_t *next)
{
	*next = text;
	switch ((enum kv_step)step->kind) {
	case KV_GET:
		return text == step->a;
	case KV_PUT:
		*next = step->a;
		return true;
	case KV_APPEND:
		*next = joined(&states->texts, (uint32_t)text, step->a);
		return true;
	}
	return false;
}

static bool leads_kv(const struct step_states *states, uint64_t text, const struct step *step,
		     const struct step *get)
{
	size_t head_length, tail_length, length;
	const char *head = intern_bytes(&states->texts, (uint32_t)text, &head_length);
	const char *tail = intern_bytes(&states->texts, step->a, &tail_length);
	const char *seen = intern_bytes(&states->texts, get->a, &length);

	if (step->kind == KV_PUT)
		head_length = 0;
	return head_length + tail_length <= length && memcmp(seen, head, head_length) == 0 &&
	       memcmp(seen + head_length, tail, tail_length) == 0;
}

static bool resets_kv(const struct step *step)
{
	return step->kind == KV_PUT;
}

static uint32_t lose_kv(struct intern *texts)
{
	return intern_put(texts, "\0", 2);
}

static uint64_t begin_kv(const struct step_maker *maker, uint32_t value)
{
	return text_of(maker, value);
}

const struct step_model step_kv = {.make = make_kv,
				   .take = take_kv,
				   .begin = begin_kv,
				   .leads = leads_kv,
				   .resets = resets_kv,
				   .lose = lose_kv};
