/*
 * Values of options: what a text must be, by the type of its option, and how it is printed again.
 * Nothing is rounded: what is printed reads back to the same.
 */
#include "campaign/value.h"

#include <confuse.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "campaign/duration.h"

/* `shown`: so many bytes of the text at most. */
static int refuse(const struct option *option, const char *text, int shown, const char *why,
		  struct error *err)
{
	return error_set(err, EXIT_BAD_USAGE, "%s = '%.*s'%s", option->name, shown, text, why);
}

/* Numbers ------------------------------------------------------------------------------------- */

/* Decimal, and nothing that strtol would take for one ("010" as 8). */
static bool parse_whole(const char *text, long *number)
{
	const char *digits = *text == '-' ? text + 1 : text;
	size_t length = strlen(digits);
	bool octal = *digits == '0' && length > 1; /* who writes it? */

	errno = 0;
	if (length == 0 || strspn(digits, "0123456789") != length || octal)
		return false;
	*number = strtol(text, NULL, 10);
	return errno == 0;
}

static int take_whole(const struct option *option, const char *text, int *into, struct error *err)
{
	long number;

	if (!parse_whole(text, &number))
		return refuse(option, text, 40, " is no whole number", err);
	if (option->low < option->high && (number < option->low || number > option->high))
		return error_set(err, EXIT_BAD_USAGE, "%s = %ld is out of range; %.0f to %.0f",
				 option->name, number, option->low, option->high);
	*into = (int)number;
	return 0;
}

static int take_seed(const struct option *option, const char *text, uint64_t *into,
		     struct error *err)
{
	char *end;

	errno = 0;
	uint64_t seed = strtoull(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || errno)
		return refuse(option, text, 60, " is no whole number of at most 64 bits", err);
	*into = seed;
	return 0;
}

/* Not what strtod would take, too ("1e9", "0x10"). */
static int take_decimal(const struct option *option, const char *text, double *into,
			struct error *err)
{
	char *end;
	double read = strtod(text, &end), thousandths = read * 1000, exact;

	if (!isdigit((unsigned char)*text) || *end || text[strspn(text, "0123456789.")] ||
	    read >= 1e9 || fabs(thousandths - round(thousandths)) >= 1e-5)
		return refuse(option, text, 40, " is no number with at most three decimals", err);
	exact = round(thousandths) / 1000;
	if (exact <= option->low || exact > option->high)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s = %g is out of range; more than %g, up to %g", option->name,
				 exact, option->low, option->high);
	*into = exact;
	return 0;
}

/* Words and texts ------------------------------------------------------------------------------ */

int value_check_word(const struct option *option, const char *text, struct error *err)
{
	char all[400];

	if (word_index(text, option->words) >= 0)
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%s = '%.60s' is unknown%s; known: %s", option->name,
			 text, word_hint(text, option->words).text,
			 word_list(all, sizeof(all), option->words));
}

static int take_word(const struct option *option, const char *text, int *into, struct error *err)
{
	if (value_check_word(option, text, err))
		return -1;
	*into = word_index(text, option->words);
	return 0;
}

static int take_flag(const struct option *option, const char *text, bool *into, struct error *err)
{
	int value = option->words ? word_index(text, option->words) : cfg_parse_boolean(text);

	if (option->words && value_check_word(option, text, err))
		return -1;
	if (value < 0)
		return error_set(err, EXIT_BAD_USAGE, "invalid boolean value for option '%s'",
				 option->name);
	*into = value;
	return 0;
}

int value_check_text(const struct option *option, const char *text, struct error *err)
{
	_cleanup_free_ char *shown = escape_utf8(text);

	if (*text == '\0')
		return error_set(err, EXIT_BAD_USAGE, "%s has an empty text", option->name);
	if (strlen(text) >= option->size)
		return error_set(err, EXIT_BAD_USAGE, "%s = '%.40s...' has %zu bytes; at most %zu",
				 option->name, text, strlen(text), option->size - 1);
	if (strcmp(shown, text) != 0 || strpbrk(text, "\n\t"))
		return refuse(option, text, 60, " has a character that does not show (a newline?)",
			      err);
	return 0;
}

/* Lengths of time ------------------------------------------------------------------------------ */

static int take_ms(const struct option *option, const char *text, int *into, struct error *err)
{
	char low[48], high[48];
	int ms, unit_ms = option->type == OPTION_SECONDS ? 1000 : 1;

	if (!duration_parse_ms(text, &ms))
		return refuse(option, text, 60,
			      " is no length of time; write whole milliseconds, such as \"300ms\", "
			      "\"1.5s\" or \"2min\"",
			      err);
	duration_print_ms((int)option->low, low, sizeof(low));
	duration_print_ms((int)option->high, high, sizeof(high));
	if (ms < option->low || ms > option->high)
		return error_set(err, EXIT_BAD_USAGE, "%s = '%.60s' is out of range; %s to %s",
				 option->name, text, low, high);
	if (ms % unit_ms) /* another would be tested than is written */
		return error_set(err, EXIT_BAD_USAGE,
				 "%s = '%s': etcd grants whole seconds; write \"%ds\" or \"%ds\"",
				 option->name, text, ms / 1000, ms / 1000 + 1);
	*into = ms / unit_ms;
	return 0;
}

static int take_range(const struct option *option, const char *text, int *into, struct error *err)
{
	struct span span;

	if (!duration_parse_span(text, &span) || span.in_ttl)
		return refuse(option, text, 60,
			      " is no length of time; write \"20ms\" or \"20ms .. 200ms\", in "
			      "whole milliseconds up to a day",
			      err);
	into[0] = (int)lround(span.low * 1000);
	into[1] = (int)lround(span.high * 1000);
	return 0;
}

static int take_span(const struct option *option, const char *text, struct span *into,
		     struct error *err)
{
	struct span span = {0}; /* campaigns are compared byte by byte */

	if (!duration_parse_span(text, &span))
		return refuse(option, text, 60,
			      " is no length; write \"2s\", \"1.5 ttl\" or \"1.2 .. 2.5 ttl\", in "
			      "whole milliseconds or thousandths of a TTL, up to a day",
			      err);
	*into = span;
	return 0;
}

/* Occasions have one time, which `jitter` moves. */
static int take_time(const struct option *option, const char *text, int ttl_s, int *into,
		     struct error *err)
{
	struct span span = {0};

	if (take_span(option, text, &span, err))
		return -1;
	double seconds = span.in_ttl ? span.low * ttl_s : span.low;

	if (span.low != span.high)
		return refuse(option, text, 60, ": one time, not two; 'jitter' moves it at random",
			      err);
	if (seconds > DAY_S)
		return error_set(err, EXIT_BAD_USAGE, "%s = %.10g TTLs of %d s is more than a day",
				 option->name, span.low, ttl_s);
	*into = (int)lround(seconds * 1000);
	return 0;
}

/* All of them ---------------------------------------------------------------------------------- */

int value_take(const struct option *option, const char *text, int ttl_s, void *into,
	       struct error *err)
{
	switch (option->type) {
	case OPTION_WHOLE:
	case OPTION_WHOLES:
		return take_whole(option, text, into, err);
	case OPTION_SEED:
		return take_seed(option, text, into, err);
	case OPTION_DECIMAL:
		return take_decimal(option, text, into, err);
	case OPTION_FLAG:
		return take_flag(option, text, into, err);
	case OPTION_WORD:
		return take_word(option, text, into, err);
	case OPTION_TARGET:
	case OPTION_BLOCK:
		return 0;
	case OPTION_MS:
	case OPTION_SECONDS:
		return take_ms(option, text, into, err);
	case OPTION_TIME:
		return take_time(option, text, ttl_s, into, err);
	case OPTION_RANGE:
		return take_range(option, text, into, err);
	case OPTION_SPAN:
		return take_span(option, text, into, err);
	case OPTION_TEXT:
	case OPTION_TEXTS:
		CHECK(text_copy(into, option->size, text));
		return 0;
	}
	CHECK(!"every type is a case");
	return -1;
}

int value_judge(const struct option *option, const char *text, struct error *err)
{
	union {
		uint64_t number;
		struct span span;
		int range[2];
	} into;

	if (option->type == OPTION_TEXT || option->type == OPTION_TEXTS)
		return (option->check ?: value_check_text)(option, text, err);
	if (value_take(option, text, 0, &into, err))
		return -1;
	return option->check ? option->check(option, text, err) : 0;
}

bool value_is_zero(const struct option *option, const void *base)
{
	const char *field = (const char *)base + (option->add ? option->count : option->offset);
	size_t size = option->add ? sizeof(int) : option->type == OPTION_TEXT ? 1 : option->size;

	for (size_t i = 0; i < size; i++)
		if (field[i])
			return false;
	return true;
}

/* Printing ------------------------------------------------------------------------------------- */

/* libconfuse reads backslash escapes and ${environment} within double quotes, neither within
 * single ones, where only \' and \\ count. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void print_span(FILE *out, const struct span *span)
{
	char text[48];

	duration_print_span(span, text, sizeof(text));
	fprintf(out, "\"%s\"", text);
}

static void print_list(FILE *out, const struct option *option, const void *base)
{
	int count = *(const int *)((const char *)base + option->count);
	const char *element = (const char *)base + option->offset;

	fputc('{', out);
	for (int i = 0; i < count; i++, element += option->size) {
		fputs(i ? ", " : "", out);
		if (option->type == OPTION_WHOLES)
			fprintf(out, "%d", *(const int *)(const void *)element);
		else
			print_quoted(out, element);
	}
	fputc('}', out);
}

void value_print(FILE *out, const struct option *option, const void *base)
{
	const void *field = (const char *)base + option->offset;
	const int *number = field;
	const struct fault_block *block = base; /* of a target only */

	switch (option->type) {
	case OPTION_WHOLE:
	case OPTION_BLOCK:
		fprintf(out, "%d", *number);
		break;
	case OPTION_SEED:
		fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)field);
		break;
	case OPTION_DECIMAL:
		fprintf(out, "%.10g", *(const double *)field);
		break;
	case OPTION_FLAG:
		fputs(option->words          ? option->words[*(const bool *)field]
		      : *(const bool *)field ? "true"
					     : "false",
		      out);
		break;
	case OPTION_WORD:
		fputs(option->words[*number], out);
		break;
	case OPTION_TARGET:
		fputs(block->target == TARGET_HOST ? block->host : option->words[*number], out);
		break;
	case OPTION_MS:
	case OPTION_TIME:
		fprintf(out, "\"%dms\"", *number);
		break;
	case OPTION_SECONDS:
		fprintf(out, "\"%dms\"", *number * 1000);
		break;
	case OPTION_RANGE:
		print_span(out, &(struct span){false, number[0] / 1000.0, number[1] / 1000.0});
		break;
	case OPTION_SPAN:
		print_span(out, field);
		break;
	case OPTION_TEXT:
		print_quoted(out, field);
		break;
	case OPTION_WHOLES:
	case OPTION_TEXTS:
		print_list(out, option, base);
		break;
	}
}

cJSON *value_as_json(const struct option *option, const void *base)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	value_print(out, option, base);
	text_end(out, &text);
	return option->words ? cJSON_CreateString(text) : cJSON_CreateRaw(text);
}
