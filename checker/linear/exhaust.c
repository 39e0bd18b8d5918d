/*
 * Every order there is: the referee. Independent of the procedures and of the engine; it shares
 * nothing with them but the headers, and is written to be believed rather than to be fast.
 *
 * Operations are placed one after the other in every order in which none comes after one that it
 * preceded in real time (returned before the other was invoked). Each placement must be legal for
 * the sequential model, and in the end every operation that answered must have been placed; an open
 * one may be left out. What was tried from a pair (which are placed, state) in vain need not be
 * tried again, for nothing else decides what can follow; pairs are compared in full.
 *
 * The sequential models:
 *  - acquire enters if there is room: nobody is inside; or fewer than `limit` are (semaphores); or
 *    nobody but the owner is, fewer than `limit` times (reentrant-mutex); or, for a shared acquire
 *    of an rwlock, nobody exclusive is. A failed try: there is no room for it.
 *  - release: its holder is inside, and leaves; proof: its holder is inside.
 *  - fenced-mutex: an acquire's token, if it has one, is greater than all before.
 *  - leased-lock: whoever is inside may leave by itself at any moment, so acquire always enters;
 *    its tokens as of a fenced mutex, unless the trace only shows them.
 *  - cas-register: at first nil, or what the trace says, or whatever some operation asks for; a cas
 * finds `a` and leaves `b`; a failed one does not find `a`.
 *  - kv: at first empty; append puts its text behind what is there.
 *  - set: at first empty; a read saw all elements.
 * A holder is the attempt where the trace tells attempts, else the owner; of a reentrant mutex it
 * is always the owner, since one attempt cannot enter twice; of an anonymous model, anybody.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash_table.h"
#include "base/invariant.h"
#include "checker/linear/linear.h"

enum { LOST = -1 /* a text that nothing of what gets saw begins with */ };
enum { OPS_MAX = 24, MEMO_FIRST = 256, MEMO_MAX = 1 << 24 };

struct state {
	uint32_t inside; /* of lock models: the acquires that are inside; of a set: its elements */
	int64_t value;   /* the last token, if `fenced`; the value; the number of a text */
	bool fenced;     /* a token was given */
};

struct placed { /* a pair tried */
	uint32_t done;
	bool used;
	struct state state;
};

struct text {
	int64_t number;
	UT_hash_handle hh;
	char bytes[];
};

struct walk {
	const struct trace *trace;
	enum model model;
	int limit, ops;
	bool judges_tokens;
	bool by_attempt; /* that is who holds */
	const struct trace_op *op[OPS_MAX];
	uint32_t mandatory;       /* bits of the operations that answered */
	uint32_t before[OPS_MAX]; /* those that returned before this one was invoked */
	bool exhausted;           /* the memo is full: nothing is known */

	struct placed *memo;
	uint32_t memo_slots, memo_used;

	struct text *text, **text_by_number; /* of a kv */
	int texts;

	uint32_t element[OPS_MAX]; /* of a set: the values that are added or removed */
	int elements;
};

/* Texts and sets ------------------------------------------------------------------------------ */

/* The text without the quotes of its EDN; nil is the empty text. */
static int64_t number_of_text(struct walk *walk, const char *bytes, size_t length)
{
	struct text *text = NULL;

	HASH_FIND(hh, walk->text, bytes, length, text);
	if (text)
		return text->number;
	text = calloc(1, sizeof(*text) + length + 1);
	CHECK_MEMORY(text);
	memcpy(text->bytes, bytes, length);
	text->number = walk->texts++;
	HASH_ADD(hh, walk->text, bytes[0], length, text);
	walk->text_by_number =
		realloc(walk->text_by_number, (size_t)walk->texts * sizeof(*walk->text_by_number));
	CHECK_MEMORY(walk->text_by_number);
	walk->text_by_number[text->number] = text;
	return text->number;
}

/* What is between the quotes of a value; *length of it. */
static const char *unquoted(const struct walk *walk, uint32_t value, size_t *length)
{
	if (value == TRACE_NIL || value == TRACE_EMPTY) {
		*length = 0;
		return "";
	}
	const char *text = trace_value_text(walk->trace, value);

	*length = strlen(text);
	if (*length < 2 || text[0] != '"')
		return text;
	*length -= 2;
	return text + 1;
}

static int64_t text_of_value(struct walk *walk, uint32_t value)
{
	size_t length;
	const char *bytes = unquoted(walk, value, &length);

	return number_of_text(walk, bytes, length);
}

static int64_t text_appended(struct walk *walk, int64_t number, uint32_t value)
{
	CHECK(number >= 0 && number < walk->texts);
	const char *before = walk->text_by_number[number]->bytes;
	size_t begin = strlen(before), length;
	const char *bytes = unquoted(walk, value, &length);
	_cleanup_free_ char *both = malloc(begin + length + 1);

	CHECK_MEMORY(both);
	memcpy(both, before, begin);
	memcpy(both + begin, bytes, length);
	return number_of_text(walk, both, begin + length);
}

/* Only a put leads from a text that no get's text begins with to what a get saw; so one such text
 * is as good as another. */
static int64_t unless_lost(const struct walk *walk, int64_t number)
{
	const char *text = walk->text_by_number[number]->bytes;
	size_t begin = strlen(text), length;

	for (int i = 0; i < walk->ops; i++) {
		const char *seen = unquoted(walk, walk->op[i]->a, &length);

		if (walk->op[i]->f == TRACE_GET && begin <= length &&
		    memcmp(seen, text, begin) == 0)
			return number;
	}
	return LOST;
}

static int element_of_value(const struct walk *walk, uint32_t value)
{
	int i = 0;

	while (i < walk->elements && walk->element[i] != value)
		i++;
	return i;
}

/* The end of the EDN value that begins at `text`: at a space or a closing bracket of its own. */
static const char *end_of_element(const char *text)
{
	int depth = 0;
	bool quoted = false;

	for (; *text; text++) {
		if (quoted && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && depth == 0 && strchr(" ,])}", *text))
			break;
		else if (!quoted && strchr("[({", *text))
			depth++;
		else if (!quoted && strchr("])}", *text))
			depth--;
	}
	return text;
}

/* The elements that a read saw, or false when one of them was never added. nil saw none. */
static bool elements_of_value(const struct walk *walk, uint32_t value, uint32_t *elements)
{
	const char *text = trace_value_text(walk->trace, value);

	*elements = 0;
	if (value == TRACE_NIL || value == TRACE_EMPTY)
		return true;
	text += strcspn(text, "[({");
	text += *text != '\0';
	for (;;) {
		text += strspn(text, " ,");
		const char *end = end_of_element(text);
		int i = 0;

		if (end == text)
			return true;
		for (; i < walk->elements; i++) {
			const char *known = trace_value_text(walk->trace, walk->element[i]);

			if (strlen(known) == (size_t)(end - text) &&
			    strncmp(known, text, (size_t)(end - text)) == 0)
				break;
		}
		if (i == walk->elements)
			return false;
		*elements |= UINT32_C(1) << i;
		text = end;
	}
}

/* The models ---------------------------------------------------------------------------------- */

static bool same_holder(const struct walk *walk, int left, int right)
{
	if (walk->model == MODEL_MUTEX || walk->model == MODEL_SEMAPHORE)
		return true;
	if (walk->by_attempt && walk->model != MODEL_REENTRANT_MUTEX)
		return walk->op[left]->attempt == walk->op[right]->attempt;
	return walk->op[left]->owner == walk->op[right]->owner;
}

/* The first acquire inside that operation i would end or prove, from `from` on; -1: none. Holds of
 * one holder are alike. */
static int find_holder(const struct walk *walk, struct state state, int i)
{
	for (int j = 0; j < walk->ops; j++)
		if (state.inside >> j & 1 && same_holder(walk, j, i))
			return j;
	return -1;
}

static bool has_room(const struct walk *walk, struct state state, int i)
{
	int inside = 0, of_same = 0, exclusive = 0;

	for (int j = 0; j < walk->ops; j++) {
		if (!(state.inside >> j & 1))
			continue;
		inside++;
		of_same += same_holder(walk, j, i);
		exclusive += walk->op[j]->mode == TRACE_EXCLUSIVE;
	}
	if (walk->model == MODEL_REENTRANT_MUTEX)
		return inside == of_same && inside < walk->limit;
	if (walk->model == MODEL_SEMAPHORE || walk->model == MODEL_OWNED_SEMAPHORE)
		return inside < walk->limit;
	if (walk->model == MODEL_RWLOCK && walk->op[i]->mode == TRACE_SHARED)
		return exclusive == 0;
	return inside == 0;
}

/* Operation i of a lock, placed in `state`: legal? Then `state` is what it leaves behind. */
static bool step_lock(const struct walk *walk, int i, struct state *state)
{
	const struct trace_op *op = walk->op[i];
	int holder;

	switch ((enum trace_function)op->f) {
	case TRACE_TRY_ACQUIRE:
	case TRACE_ACQUIRE:
		if (op->outcome == TRACE_FAILED)
			return !has_room(walk, *state, i);
		if (walk->model == MODEL_LEASED_LOCK)
			state->inside = 0;
		if (!has_room(walk, *state, i))
			return false;
		if (walk->judges_tokens && op->has_token) {
			if (state->fenced && op->token <= state->value)
				return false;
			state->value = op->token;
			state->fenced = true;
		}
		state->inside |= UINT32_C(1) << i;
		return true;
	case TRACE_RELEASE:
		holder = find_holder(walk, *state, i);
		if (holder >= 0)
			state->inside &= ~(UINT32_C(1) << holder);
		return holder >= 0;
	case TRACE_PROOF:
		return find_holder(walk, *state, i) >= 0;
	case TRACE_READ:
	case TRACE_WRITE:
	case TRACE_CAS:
	case TRACE_GET:
	case TRACE_PUT:
	case TRACE_APPEND:
	case TRACE_ADD:
	case TRACE_REMOVE:
	case TRACE_FUNCTIONS_COUNT:
		break;
	}
	CHECK(!"a function of this model");
}

static bool step_register(const struct trace_op *op, struct state *state)
{
	if (op->f == TRACE_CAS && op->outcome == TRACE_FAILED)
		return state->value != op->a;
	if (op->f != TRACE_WRITE && state->value != op->a)
		return false;
	if (op->f == TRACE_WRITE)
		state->value = op->a;
	if (op->f == TRACE_CAS)
		state->value = op->b;
	return true;
}

static bool step_kv(struct walk *walk, const struct trace_op *op, struct state *state)
{
	if (op->f == TRACE_GET)
		return text_of_value(walk, op->a) == state->value;
	if (op->f == TRACE_PUT)
		state->value = unless_lost(walk, text_of_value(walk, op->a));
	else if (state->value != LOST)
		state->value = unless_lost(walk, text_appended(walk, state->value, op->a));
	return true;
}

static bool step_set(const struct walk *walk, const struct trace_op *op, struct state *state)
{
	uint32_t seen, element = UINT32_C(1) << element_of_value(walk, op->a);

	if (op->f == TRACE_READ)
		return elements_of_value(walk, op->a, &seen) && seen == state->inside;
	if (op->f == TRACE_ADD)
		state->inside |= element;
	else
		state->inside &= ~element;
	return true;
}

static bool step(struct walk *walk, int i, struct state *state)
{
	if (walk->model == MODEL_CAS_REGISTER)
		return step_register(walk->op[i], state);
	if (walk->model == MODEL_KV)
		return step_kv(walk, walk->op[i], state);
	if (walk->model == MODEL_SET)
		return step_set(walk, walk->op[i], state);
	return step_lock(walk, i, state);
}

static bool model_has(enum model model, enum trace_function f)
{
	if (model == MODEL_CAS_REGISTER)
		return f == TRACE_READ || f == TRACE_WRITE || f == TRACE_CAS;
	if (model == MODEL_KV)
		return f == TRACE_GET || f == TRACE_PUT || f == TRACE_APPEND;
	if (model == MODEL_SET)
		return f == TRACE_ADD || f == TRACE_REMOVE || f == TRACE_READ;
	return f == TRACE_ACQUIRE || f == TRACE_TRY_ACQUIRE || f == TRACE_RELEASE ||
	       f == TRACE_PROOF;
}

/* The walk ------------------------------------------------------------------------------------ */

static uint32_t memo_find(const struct walk *walk, uint32_t done, struct state state)
{
	uint64_t hash = (uint64_t)done << 32 | state.inside;

	hash += state.fenced;
	hash = (hash ^ (uint64_t)state.value * UINT64_C(0x9e3779b97f4a7c15)) *
	       UINT64_C(0xbf58476d1ce4e5b9);
	uint32_t at = (uint32_t)(hash >> 32) & (walk->memo_slots - 1);

	while (walk->memo[at].used &&
	       (walk->memo[at].done != done || walk->memo[at].state.inside != state.inside ||
		walk->memo[at].state.value != state.value ||
		walk->memo[at].state.fenced != state.fenced))
		at = (at + 1) & (walk->memo_slots - 1);
	return at;
}

static void memo_double(struct walk *walk)
{
	struct placed *old = walk->memo;
	uint32_t slots = walk->memo_slots;

	walk->memo_slots = slots ? 2 * slots : MEMO_FIRST;
	walk->memo = calloc(walk->memo_slots, sizeof(*walk->memo));
	CHECK_MEMORY(walk->memo);
	for (uint32_t i = 0; i < slots; i++)
		if (old[i].used)
			walk->memo[memo_find(walk, old[i].done, old[i].state)] = old[i];
	free(old);
}

/* False when the pair was there before. */
static bool memo_add(struct walk *walk, uint32_t done, struct state state)
{
	if (walk->memo_used >= walk->memo_slots / 2)
		memo_double(walk);
	CHECK(walk->memo_used < walk->memo_slots); /* or a search in it never ends */
	uint32_t at = memo_find(walk, done, state);

	if (walk->memo[at].used)
		return false;
	walk->memo[at] = (struct placed){.done = done, .used = true, .state = state};
	walk->memo_used++;
	return true;
}

/* Can all that must still be placed be placed? */
static bool place(struct walk *walk, uint32_t done, struct state state)
{
	if ((done & walk->mandatory) == walk->mandatory)
		return true;
	if (walk->memo_used >= MEMO_MAX)
		walk->exhausted = true;
	if (walk->exhausted || !memo_add(walk, done, state))
		return false;
	for (int i = 0; i < walk->ops; i++) {
		struct state after = state;

		if (done >> i & 1 || walk->before[i] & ~done)
			continue;
		if (step(walk, i, &after) && place(walk, done | UINT32_C(1) << i, after))
			return true;
	}
	return false;
}

/* An open operation that changes nothing, or one that failed and observed nothing. */
static bool says_nothing(const struct trace_op *op)
{
	if (op->outcome == TRACE_FAILED)
		return op->f != TRACE_TRY_ACQUIRE && op->f != TRACE_CAS;
	return op->outcome == TRACE_OPEN &&
	       (op->f == TRACE_READ || op->f == TRACE_GET || op->f == TRACE_PROOF);
}

/* False when it is no history of the model, or too long. */
static bool open_walk(struct walk *walk, const struct linear_object *object)
{
	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &object->trace->op[object->op ? object->op[i] : i];

		if (!model_has(walk->model, (enum trace_function)op->f))
			return false;
		if (says_nothing(op))
			continue;
		if (walk->ops == OPS_MAX)
			return false;
		if (op->outcome != TRACE_OPEN)
			walk->mandatory |= UINT32_C(1) << walk->ops;
		if (walk->model == MODEL_SET && op->f != TRACE_READ &&
		    element_of_value(walk, op->a) == walk->elements)
			walk->element[walk->elements++] = op->a;
		walk->op[walk->ops++] = op;
	}
	for (int i = 0; i < walk->ops; i++)
		for (int j = 0; j < walk->ops; j++)
			if (walk->op[j]->outcome != TRACE_OPEN &&
			    walk->op[j]->returned < walk->op[i]->invoked)
				walk->before[i] |= UINT32_C(1) << j;
	for (int i = 0; i < walk->ops; i++)
		CHECK(!(walk->before[i] >> i & 1)); /* nothing returned before it was invoked */
	CHECK(walk->elements <= walk->ops && walk->ops <= OPS_MAX);
	return true;
}

static void close_walk(struct walk *walk)
{
	struct text *text, *next;

	HASH_ITER (hh, walk->text, text, next) {
		HASH_DEL(walk->text, text);
		free(text);
	}
	free(walk->text_by_number);
	free(walk->memo);
}

enum linear_verdict linear_exhaust(const struct linear_object *object, enum model model, int limit)
{
	struct walk walk = {.trace = object->trace,
			    .model = model,
			    .limit = limit,
			    .judges_tokens =
				    model == MODEL_FENCED_MUTEX ||
				    (model == MODEL_LEASED_LOCK && !object->trace->shows_tokens),
			    .by_attempt = object->names_attempts || object->trace->has_attempts};
	struct state begin = {.value = object->trace->initial};
	enum linear_verdict verdict = LINEAR_UNKNOWN;

	if (open_walk(&walk, object)) {
		if (model == MODEL_KV)
			begin.value = text_of_value(&walk, object->trace->initial);
		bool placed = place(&walk, 0, begin);

		for (int i = 0; object->trace->initial_any && !placed && i < walk.ops; i++)
			placed = place(&walk, 0, (struct state){.value = walk.op[i]->a});
		verdict = placed           ? LINEARIZABLE
			  : walk.exhausted ? LINEAR_UNKNOWN
					   : NOT_LINEARIZABLE;
	}
	close_walk(&walk);
	return verdict;
}
