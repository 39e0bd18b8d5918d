#include "tests/oracle/small.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"

/* Values ------------------------------------------------------------------------------------- */

static struct trace vocabulary;
static uint32_t nobodys; /* a value that no history has */
static uint32_t numbers[SMALL_VALUES + 1], sets[1 << SMALL_NUMBERS];
static uint32_t texts[SMALL_LETTERS + 1][1 << (SMALL_LETTERS * LETTER_BITS)];

static uint32_t intern_set(struct trace_builder *builder, unsigned int elements)
{
	char text[4 * SMALL_NUMBERS + 4] = "#{";
	size_t length = strlen(text);

	for (int i = 0; i < SMALL_NUMBERS; i++) {
		if (!(elements >> i & 1))
			continue;
		if (length > 2)
			text[length++] = ' ';
		text[length++] = (char)('1' + i);
	}
	text[length] = '}';
	return trace_intern_value(builder, text);
}

static uint32_t intern_letters(struct trace_builder *builder, int letters, unsigned int bits)
{
	char text[SMALL_LETTERS + 3] = "\"";
	int length = 1;

	for (int i = letters - 1; i >= 0; i--)
		text[length++] = (char)('a' + (bits >> (i * LETTER_BITS) & (SMALL_ALPHABET - 1)));
	text[length] = '"';
	return trace_intern_value(builder, text);
}

__attribute__((constructor)) static void write_vocabulary(void)
{
	struct trace_builder *builder = trace_begin("small");

	trace_intern_object(builder, "x");
	trace_intern_object(builder, "y");
	for (int i = 1; i <= SMALL_VALUES; i++)
		numbers[i] = trace_intern_value(builder, (char[]){(char)('0' + i), '\0'});
	for (unsigned int i = 0; i < 1U << SMALL_NUMBERS; i++)
		sets[i] = intern_set(builder, i);
	for (int letters = 0; letters <= SMALL_LETTERS; letters++)
		for (unsigned int bits = 0; bits < 1U << (letters * LETTER_BITS); bits++)
			texts[letters][bits] = intern_letters(builder, letters, bits);
	nobodys = trace_intern_value(builder, "any value");
	trace_end(builder, &vocabulary);
}

uint32_t small_number(int number)
{
	CHECK(number >= 0 && number <= SMALL_VALUES);
	return numbers[number];
}

uint32_t small_set(unsigned int elements)
{
	CHECK(elements < 1U << SMALL_NUMBERS);
	return sets[elements];
}

uint32_t small_letters(int letters, unsigned int bits)
{
	CHECK(letters >= 0 && letters <= SMALL_LETTERS && bits < 1U << (letters * LETTER_BITS));
	return texts[letters][bits];
}

/* The trace ---------------------------------------------------------------------------------- */

static void sort_parts(struct small *small)
{
	for (int i = 1; i < small->parts; i++) {
		struct part part = small->part[i];
		int j = i;

		for (; j > 0 && small->part[j - 1].from > part.from; j--)
			small->part[j] = small->part[j - 1];
		small->part[j] = part;
	}
}

static void number_events(struct small *small)
{
	struct trace *trace = &small->trace;
	int64_t place[2 * SMALL_OPS];

	trace->events = 0;
	for (uint32_t event = 0; event < 2 * (uint32_t)small->parts; event++) {
		const struct part *part = &small->part[event >> 1];
		/* at equal places invocations come first */
		int64_t at = 2 * (event & 1 ? part->to : part->from) + (event & 1);
		uint32_t j = trace->events;

		if (event & 1 && part->op.outcome == TRACE_OPEN)
			continue;
		for (; j > 0 && place[j - 1] > at; j--) {
			place[j] = place[j - 1];
			small->event[j] = small->event[j - 1];
		}
		place[j] = at;
		small->event[j] = event;
		trace->events++;
	}
	for (uint32_t i = 0; i < trace->events; i++) {
		struct trace_op *op = &small->op[small->event[i] >> 1];
		*(small->event[i] & 1 ? &op->returned : &op->invoked) = i;
	}
}

/* As trace_end does. */
static void take_stock(struct trace *trace)
{
	trace->has_attempts = true;
	trace->has_tokens = false;
	trace->has_owners = false;
	for (uint32_t i = 0; i < trace->ops; i++) {
		const struct trace_op *op = &trace->op[i];
		bool acquires = op->f == TRACE_ACQUIRE || op->f == TRACE_TRY_ACQUIRE;

		trace->has_owners |= op->owner != (uint32_t)op->process;
		if (op->outcome == TRACE_FAILED)
			continue;
		if (acquires || op->f == TRACE_RELEASE || op->f == TRACE_PROOF)
			trace->has_attempts &= op->attempt != 0;
		trace->has_tokens |= acquires && op->has_token;
	}
}

void small_build(struct small *small)
{
	struct trace *trace = &small->trace;

	sort_parts(small);
	*trace = (struct trace){
		.ops = (uint32_t)small->parts,
		.op = small->op,
		.event = small->event,
		.objects = 1,
		.values = vocabulary.values,
		.has_times = true,
		.format = "small",
		.text = vocabulary.text,
		.initial = small->any ? nobodys : small->initial,
		.initial_any = small->any,
		.initial_told = true,
	};
	for (int i = 0; i < small->parts; i++) {
		small->op[i] = small->part[i].op;
		small->op[i].returned = TRACE_NEVER;
		if (small->op[i].object >= trace->objects)
			trace->objects = small->op[i].object + 1;
	}
	number_events(small);
	take_stock(trace);
	small->object = (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

/* Texts -------------------------------------------------------------------------------------- */

static enum trace_function function_of(char letter)
{
	static const struct {
		char letter;
		enum trace_function f;
	} functions[] = {
		{'a', TRACE_ACQUIRE}, {'s', TRACE_ACQUIRE}, {'t', TRACE_TRY_ACQUIRE},
		{'r', TRACE_RELEASE}, {'p', TRACE_PROOF},   {'R', TRACE_READ},
		{'W', TRACE_WRITE},   {'C', TRACE_CAS},     {'G', TRACE_GET},
		{'P', TRACE_PUT},     {'A', TRACE_APPEND},  {'+', TRACE_ADD},
		{'-', TRACE_REMOVE},  {'S', TRACE_READ},
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (functions[i].letter == letter)
			return functions[i].f;
	CHECK(!"a letter of small.h");
}

static const char *read_lock_op(const char *text, bool attempts, struct trace_op *op)
{
	op->owner = (uint32_t)(*text++ - '0');
	op->attempt = attempts ? op->owner : 0;
	op->process = (int32_t)op->owner;
	op->has_token = isdigit((unsigned char)*text);
	op->token = op->has_token ? *text++ - '0' : 0;
	return text;
}

static const char *read_texts_value(const char *text, struct trace_op *op)
{
	unsigned int bits = 0;
	int letters = 0;

	for (; *text >= 'a' && *text < 'a' + SMALL_ALPHABET; text++, letters++)
		bits = bits << LETTER_BITS | (unsigned int)(*text - 'a');
	op->a = small_letters(letters, bits);
	return text;
}

static const char *read_set_value(const char *text, struct trace_op *op)
{
	unsigned int elements = 0;

	for (; isdigit((unsigned char)*text); text++)
		elements |= 1U << (*text - '1');
	op->a = small_set(elements);
	return text;
}

const char *small_read_op(const char *text, bool attempts, struct trace_op *op)
{
	char letter = *text++;

	*op = (struct trace_op){.f = (uint8_t)function_of(letter)};
	op->mode = letter == 's' ? TRACE_SHARED : TRACE_EXCLUSIVE;
	if (strchr("astrp", letter))
		text = read_lock_op(text, attempts, op);
	else if (strchr("GPA", letter))
		text = read_texts_value(text, op);
	else if (letter == 'S')
		text = read_set_value(text, op);
	else
		op->a = small_number(*text++ - '0');
	if (letter == 'C')
		op->b = small_number(*text++ - '0');
	op->outcome = *text == '?' ? TRACE_OPEN : *text == '!' ? TRACE_FAILED : TRACE_OK;
	return text + (op->outcome != TRACE_OK);
}

void small_read(struct small *small, enum model model, int limit, bool attempts, const char *text)
{
	*small = (struct small){.model = model, .limit = limit};
	while (*text) {
		CHECK(small->parts < SMALL_OPS);
		struct part *part = &small->part[small->parts++];

		text = small_read_op(text, attempts, &part->op);
		CHECK(*text == '[');
		char *end;
		part->from = strtoll(text + 1, &end, 10);
		part->to = strtoll(end, &end, 10);
		CHECK(*end == ']');
		text = end + 1 + (end[1] == ' ');
	}
	small_build(small);
}
