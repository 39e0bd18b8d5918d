#include "history/traces/teller_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/word.h"
#include "history/traces/edn.h"

/* Times beyond this (13 months) are a wall clock's, and the first of them becomes 0. No time of a
 * trace is beyond it, so that an export is not taken for a wall clock's. */
#define LONGEST_TRACE_NS (INT64_C(1) << 55)

static const char *const types[] = {"invoke", "ok", "fail", "info", NULL};

static const struct {
	const char *word;
	enum trace_function f;
} synonyms[] = {
	{"lock", TRACE_ACQUIRE},    {"unlock", TRACE_RELEASE}, {"try-lock", TRACE_TRY_ACQUIRE},
	{"keepalive", TRACE_PROOF}, {"renew", TRACE_PROOF},
};

/* JSON's readers elsewhere lose what is beyond 2^53, if it stands without quotes. */
static bool read_integer(struct slice text, int64_t *value)
{
	if (text.length > 2 && *text.at == '"')
		text = (struct slice){text.at + 1, text.length - 2};
	return slice_integer(text, value);
}

bool fields_look_for_integer(const struct fields *fields, enum field field, int64_t *number)
{
	return fields->field[field].at && read_integer(fields->field[field], number);
}

int teller_refuse(struct teller *teller, enum field which, const char *expected)
{
	struct slice value = field(teller, which);

	return input_refuse(teller->input, value.at ? value.at : teller->where, expected,
			    teller->err);
}

/* The field as a plain text, until the next call. */
const char *teller_name_of(struct teller *teller, enum field which)
{
	buffer_clear(&teller->word);
	teller->syntax->add_name(&teller->word, field(teller, which));
	return teller->word.text;
}

/* "a function: acquire, ..." and the nearest one. */
static int refuse_word(struct teller *teller, enum field which, const char *what,
		       const char *const *words)
{
	char expected[200];
	const char *word = told(teller, which) ? teller_name_of(teller, which) : "";
	const char *nearest = word_nearest(word + (*word == ':'), words);

	snprintf(expected, sizeof(expected), "%s%s%s%s", what, nearest ? " (perhaps " : "",
		 nearest ? nearest : "", nearest ? ")" : "");
	return teller_refuse(teller, which, expected);
}

/* `words` are the same ones for one field, always. */
static bool find_word(struct teller *teller, enum field which, const char *const *words, int *found)
{
	struct slice text = field(teller, which);
	struct text_memo *memos = teller->word_memo[which];

	for (int i = 0; i < WORD_MEMOS; i++) {
		if (text_memo_has(&memos[i], text)) {
			*found = (int)memos[i].meaning;
			return true;
		}
	}
	const char *word = teller_name_of(teller, which);

	word += *word == ':'; /* a keyword, in EDN or copied from it */
	for (*found = 0; words[*found]; ++*found) {
		if (strcmp(word, words[*found]) == 0) {
			text_memo_set(&memos[teller->words++ % WORD_MEMOS], text, (uint32_t)*found);
			return true;
		}
	}
	return false;
}

/* The number of a process that has a name; those of one source are all integers or all names, or
 * they would not be told apart. */
static int read_named_process(struct teller *teller, int *process)
{
	const char *name = teller_name_of(teller, FIELD_PROCESS);
	int64_t number;

	if (*name == ':' || strcmp(name, "nemesis") == 0)
		return 0; /* Jepsen's, copied */
	if (slice_integer((struct slice){name, strlen(name)}, &number)) {
		teller->integers = true;
		*process = (int)number;
		return number == *process
			       ? 1
			       : teller_refuse(teller, FIELD_PROCESS, "a process of 32 bits");
	}
	if (teller->integers)
		return teller_refuse(teller, FIELD_PROCESS,
				     "an integer, as the processes before (or names for all)");
	*process = (int)interner_add(teller->processes, name, strlen(name));
	return 1;
}

int teller_read_process(struct teller *teller, int *process)
{
	struct slice text = field(teller, FIELD_PROCESS);
	int64_t number;

	if (!text.at)
		return teller_refuse(teller, FIELD_PROCESS, "a process");
	bool quoted = *text.at == '"';

	if (quoted || !fields_integer(teller->fields, FIELD_PROCESS, &number)) {
		if (quoted || teller->syntax->plain_names)
			return read_named_process(teller, process);
		return teller->syntax->other_processes
			       ? 0
			       : teller_refuse(teller, FIELD_PROCESS,
					       "an integer or a name (the process)");
	}
	if (number > INT32_MAX || number < INT32_MIN)
		return teller_refuse(teller, FIELD_PROCESS, "a process of 32 bits");
	if (interner_count(teller->processes) > 0)
		return teller_refuse(teller, FIELD_PROCESS,
				     "a name, as the processes before (or integers for all)");
	teller->integers = true;
	*process = (int)number;
	return 1;
}

int teller_read_type(struct teller *teller, enum type *type)
{
	int found;

	if (!told(teller, FIELD_TYPE) || !find_word(teller, FIELD_TYPE, types, &found))
		return refuse_word(teller, FIELD_TYPE, "a type: invoke, ok, fail or info", types);
	*type = (enum type)found;
	return 0;
}

int teller_read_function(struct teller *teller, uint8_t *f)
{
	int found;

	if (!told(teller, FIELD_F))
		return teller_refuse(teller, FIELD_F, "a function (f)");
	if (find_word(teller, FIELD_F, trace_function_names, &found)) {
		*f = (uint8_t)found;
		return 0;
	}
	const char *word = teller->word.text + (*teller->word.text == ':');

	for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++) {
		if (strcmp(word, synonyms[i].word) == 0) {
			*f = (uint8_t)synonyms[i].f;
			return 0;
		}
	}
	return refuse_word(teller, FIELD_F,
			   "a function (acquire, release, proof, read, write, cas, get, put, ...)",
			   trace_function_names);
}

int teller_read_mode(struct teller *teller, struct trace_op *op)
{
	static const char *const modes[] = {"exclusive", "shared", NULL};
	int found;

	if (!told(teller, FIELD_MODE))
		return 0;
	if (!find_word(teller, FIELD_MODE, modes, &found))
		return refuse_word(teller, FIELD_MODE, "a mode: exclusive or shared", modes);
	op->mode = found == TRACE_SHARED;
	return 0;
}

int teller_read_integer_of(struct teller *teller, enum field which, struct slice text,
			   int64_t *value)
{
	return read_integer(text, value) ? 0
					 : teller_refuse(teller, which, "an integer of 64 bits");
}

int teller_read_integer(struct teller *teller, enum field which, int64_t *value)
{
	int64_t number;

	if (!told(teller, which))
		return 0;
	if (!fields_integer(teller->fields, which, &number))
		return teller_refuse(teller, which, "an integer of 64 bits");
	*value = number;
	return 0;
}

int teller_read_token(struct teller *teller, struct trace_op *op)
{
	op->has_token |= told(teller, FIELD_TOKEN);
	return teller_read_integer(teller, FIELD_TOKEN, &op->token);
}

int teller_read_time(struct teller *teller, int64_t *time_ns)
{
	int64_t value = 0;

	if (!told(teller, FIELD_TIME))
		return 0;
	if (teller_read_integer(teller, FIELD_TIME, &value))
		return -1;
	if (value > INT64_MAX / 4 || value < -LONGEST_TRACE_NS)
		return teller_refuse(teller, FIELD_TIME, "a time in nanoseconds");
	if (value > LONGEST_TRACE_NS) {
		teller->base_ns = teller->base_ns ? teller->base_ns : value;
		value -= teller->base_ns;
	}
	if (value > LONGEST_TRACE_NS || value < -LONGEST_TRACE_NS)
		return teller_refuse(teller, FIELD_TIME, "a time within 13 months of the first");
	*time_ns = value;
	return 0;
}

uint32_t teller_intern_value(struct teller *teller, struct slice value)
{
	if (!value.at)
		return TRACE_NIL;
	buffer_clear(&teller->word);
	teller->syntax->add_canonical(&teller->word, value);
	return trace_intern_value(teller->builder, teller->word.text);
}

/* A value that is a pair, [a b], as two; false when it is none. Both syntaxes agree on what a pair
 * is once it is canonical. */
bool teller_intern_pair(struct teller *teller, struct slice value, struct trace_op *op)
{
	struct buffer *word = &teller->word;
	struct slice first, second;

	buffer_clear(word);
	teller->syntax->add_canonical(word, value);
	if (!edn_pair(tuples_untag(&teller->tuples, (struct slice){word->text, word->length}),
		      &first, &second))
		return false;
	word->text[first.at - word->text + (ptrdiff_t)first.length] = '\0';
	word->text[second.at - word->text + (ptrdiff_t)second.length] = '\0';
	op->a = trace_intern_value(teller->builder, first.at);
	op->b = trace_intern_value(teller->builder, second.at);
	return true;
}

uint32_t teller_intern_object(struct teller *teller)
{
	struct slice text = field(teller, FIELD_OBJECT);
	struct text_memo *memo = &teller->object_memo;

	if (!text.at)
		return trace_intern_object(teller->builder, "");
	if (text_memo_has(memo, text))
		return memo->meaning;
	return text_memo_set(
		memo, text,
		trace_intern_object(teller->builder, teller_name_of(teller, FIELD_OBJECT)));
}

static uint32_t find_name(struct teller *teller, uint32_t object, struct slice name)
{
	struct buffer *word = &teller->word;

	buffer_clear(word);
	attempts_add_object(word, object);
	teller->syntax->add_name(word, name);
	uint32_t number = names_find(teller->names, word->text, word->length);

	if (!number)
		teller->listener->stopped = "an attempt may have been named before";
	return number;
}

static uint32_t find_attempt(struct teller *teller, uint32_t object, struct slice name)
{
	struct buffer *word = &teller->word;

	if (teller->names)
		return find_name(teller, object, name);
	buffer_clear(word);
	teller->syntax->add_name(word, name);
	return attempts_of_text(teller->attempts, object, (struct slice){word->text, word->length});
}

/* From 1. */
uint32_t teller_intern_attempt(struct teller *teller, struct client *client, uint32_t object)
{
	struct slice text = field(teller, FIELD_ATTEMPT);

	if (!text.at)
		return 0;
	if (!teller->names && teller->fields->numbers & 1U << FIELD_ATTEMPT)
		return attempts_of_number(teller->attempts, object,
					  teller->fields->number[FIELD_ATTEMPT]);
	if (client->named_at == object && text_memo_has(&client->named_attempt, text) &&
	    (!teller->names || names_has(teller->names, client->named_attempt.meaning)))
		return client->named_attempt.meaning;
	client->named_at = object;
	return text_memo_set(&client->named_attempt, text, find_attempt(teller, object, text));
}

/* A name that the source gives, or its process; never mistaken for one another. */
uint32_t teller_intern_owner(struct teller *teller, struct client *client, int process)
{
	struct buffer *word = &teller->word;
	struct slice text = field(teller, FIELD_OWNER);
	bool own = !text.at && process == client->process;
	char number[16];

	if (own && client->owner != OWNER_UNKNOWN)
		return client->owner;
	if (text.at && text_memo_has(&client->named_owner, text))
		return client->named_owner.meaning;
	buffer_clear(word);
	if (text.at) {
		buffer_add_char(word, '=');
		teller->syntax->add_name(word, text);
	} else {
		int length = snprintf(number, sizeof(number), "%d", process);

		buffer_add(word, number, (size_t)length);
	}
	uint32_t owner = interner_add(teller->owners, word->text, word->length);

	if (own)
		client->owner = owner;
	else if (text.at)
		text_memo_set(&client->named_owner, text, owner);
	return owner;
}

/* The question of a read or a lock, for independent.h: it may name the key that is meant. */
static void ask_for_key(struct teller *teller, struct trace_op *op)
{
	struct slice value = field(teller, FIELD_VALUE);

	if (!value.at || !strchr("[(#", *value.at)) {
		teller->tuples.keyless++;
		return;
	}
	op->b = teller_intern_value(teller, value);
	if (!tuples_note_question(&teller->tuples, teller->word.text))
		op->b = 0;
}

/* What is to be written; of locks, no value means anything. */
int teller_read_arguments(struct teller *teller, struct trace_op *op)
{
	if (of_locks(op->f) || reads(op->f)) {
		ask_for_key(teller, op);
		return 0;
	}
	if (op->f != TRACE_CAS)
		op->a = teller_intern_value(teller, field(teller, FIELD_VALUE));
	else if (!told(teller, FIELD_VALUE) ||
		 !teller_intern_pair(teller, field(teller, FIELD_VALUE), op))
		return teller_refuse(teller, FIELD_VALUE, "the value of a cas: [expected new]");
	return 0;
}
