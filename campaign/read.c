/* What the readers of a campaign's sections share: errors with their place, validators, getters. */
#include "campaign/read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/duration.h"
#include "base/escape.h"
#include "base/word.h"

enum { DAY_MS = 86400 * 1000 };

/* Errors -------------------------------------------------------------------------------------- */

static struct reader *reading;

void reader_set(struct reader *reader)
{
	reading = reader;
}

static struct word_hint hint_at_option(const cfg_t *cfg, const char *word)
{
	const char *names[32];
	int count = 0;

	for (const cfg_opt_t *option = cfg->opts; option->name; option++) {
		CHECK(count < 31);
		names[count++] = option->name;
	}
	names[count] = NULL;
	return word_hint(word, names);
}

/* Escapes within double quotes bring in what the file itself may not hold. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

/* Only the first error is kept: what follows it is mostly its echo. */
void reader_note_error(cfg_t *cfg, const char *format, va_list args)
{
	char what[400];
	struct word_hint hint = {""};

	if (reading->err->code)
		return;
	if (strncmp(format, "no such option", 14) == 0) {
		va_list again;

		va_copy(again, args);
		hint = hint_at_option(cfg, va_arg(again, const char *));
		va_end(again);
	}
	vsnprintf(what, sizeof(what), format, args);
	make_plain(what);
	error_set(reading->err, EXIT_BAD_USAGE, "%s:%d: %s%s", reading->source.name, cfg->line,
		  what, hint.text);
}

int part_refuse(const struct part *part, const char *option, const char *format, ...)
{
	const char *title = part->block >= 0 ? cfg_title(part->cfg) : NULL;
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	make_plain(why);
	return error_set(
		part->reader->err, EXIT_BAD_USAGE, "%s:%d: %s%s%s%s%s", part->reader->source.name,
		source_line(&part->reader->source, part->block, option ? option : ""), part->what,
		title ? " " : "", title ? title : "", *part->what ? ": " : "", why);
}

/* Words and texts ----------------------------------------------------------------------------- */

const char *newest_text(cfg_opt_t *option)
{
	const char *text = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);

	return text ? text : "";
}

int word_is_known(cfg_t *cfg, cfg_opt_t *option, const char *const *known)
{
	const char *word = newest_text(option);
	char all[400];

	if (word_index(word, known) >= 0)
		return 0;
	cfg_error(cfg, "%s = '%.60s' is unknown%s; known: %s", option->name, word,
		  word_hint(word, known).text, word_list(all, sizeof(all), known));
	return -1;
}

int valid_text(cfg_t *cfg, cfg_opt_t *option, size_t size)
{
	const char *text = newest_text(option);
	_cleanup_free_ char *shown = escape_utf8(text);

	if (*text == '\0')
		cfg_error(cfg, "%s has an empty text", option->name);
	else if (strlen(text) >= size)
		cfg_error(cfg, "%s = '%.40s...' has %zu bytes; at most %zu", option->name, text,
			  strlen(text), size - 1);
	else if (strcmp(shown, text) != 0 || strpbrk(text, "\n\t"))
		cfg_error(cfg, "%s = '%.60s' has a character that does not show (a newline?)",
			  option->name, text);
	else
		return 0;
	return -1;
}

/* Names go into hosts, keys, paths and verdicts, beside those that stand for themselves there. */
static int valid_name(cfg_t *cfg, const cfg_opt_t *option, const char *name)
{
	static const char *const no_arms[] = {"service", "store",   "witness", "recorder",
					      "capture", "nemesis", NULL};
	static const char *const no_faults[] = {"nothing", NULL}; /* follows = nothing */
	const char *const *reserved = strcmp(option->name, "arm") == 0 ? no_arms : no_faults;
	size_t length = strlen(name);

	if (length == 0 || length > 20 || *name == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		cfg_error(cfg,
			  "the name of %s '%.60s' must be 1 to 20 of a-z, 0-9 and '-', and not "
			  "begin with '-'",
			  option->name, name);
	else if (word_index(name, reserved) >= 0)
		cfg_error(cfg, "the name of %s '%s' stands for something else here; take another",
			  option->name, name);
	else
		return 0;
	return -1;
}

/* libconfuse calls it when the section is closed, in the order of the text. */
int valid_section(cfg_t *cfg, cfg_opt_t *option)
{
	cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
	int block = reading->sections++;

	if (strcmp(option->name, "cluster") == 0) {
		reading->cluster_block = block;
		if (reading->clusters++ == 0)
			return 0;
		cfg_error(cfg, "a second 'cluster' block; there is one cluster");
		return -1;
	}
	bool is_arm = strcmp(option->name, "arm") == 0;
	int *count = is_arm ? &reading->arms : &reading->faults;
	int most = is_arm ? ARMS_MAX : FAULT_BLOCKS_MAX;

	if (*count == most) {
		cfg_error(cfg, "more than %d blocks '%s'", most, option->name);
		return -1;
	}
	*(is_arm ? &reading->arm_block[*count] : &reading->fault_block[*count]) = block;
	++*count;
	return valid_name(cfg, option, cfg_title(section));
}

/* Numbers ------------------------------------------------------------------------------------- */

int parse_whole(cfg_t *cfg, cfg_opt_t *option, const char *value, void *number)
{
	const char *digits = *value == '-' ? value + 1 : value;
	size_t length = strlen(digits);
	bool octal = *digits == '0' && length > 1; /* libconfuse would think so; who writes it? */

	errno = 0;
	if (length > 0 && strspn(digits, "0123456789") == length && !octal) {
		*(long *)number = strtol(value, NULL, 10);
		if (errno == 0)
			return 0;
	}
	cfg_error(cfg, "%s = '%.40s' is no whole number", option->name, value);
	return -1;
}

int parse_decimal(cfg_t *cfg, cfg_opt_t *option, const char *value, void *number)
{
	char *end;
	double read = strtod(value, &end);
	double thousandths = read * 1000;

	if (isdigit((unsigned char)*value) && *end == '\0' &&
	    value[strspn(value, "0123456789.")] == '\0' && read < 1e9 &&
	    fabs(thousandths - round(thousandths)) < 1e-5) {
		*(double *)number = round(thousandths) / 1000;
		return 0;
	}
	cfg_error(cfg, "%s = '%.40s' is no number with at most three decimals", option->name,
		  value);
	return -1;
}

int in_range(cfg_t *cfg, const cfg_opt_t *option, long value, long low, long high)
{
	if (value >= low && value <= high)
		return 0;
	cfg_error(cfg, "%s = %ld is out of range; %ld to %ld", option->name, value, low, high);
	return -1;
}

/* Lengths of time ----------------------------------------------------------------------------- */

static const struct limits {
	const char *section, *option;
	int low_ms, high_ms;
} limits[] = {
	{"root", "duration", 1000, DAY_MS},
	{"root", "settle", 100, DAY_MS},
	{"cluster", "heartbeat", 1, 10000},
	{"cluster", "election", 5, 50000}, /* etcd takes no more */
	{"arm", "ttl", 1000, DAY_MS},
	{"arm", "heartbeat", 10, DAY_MS},
	{"arm", "acquire-timeout", 10, DAY_MS},
	{"arm", "acquire-within", 0, DAY_MS}, /* 0: any time */
	{"arm", "rest", 0, DAY_MS},
};

static const struct limits *limits_of(cfg_t *cfg, const cfg_opt_t *option)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strcmp(limits[i].section, cfg_name(cfg)) == 0 &&
		    strcmp(limits[i].option, option->name) == 0)
			return &limits[i];
	CHECK(!"every length of time has its limits");
	return NULL;
}

int valid_ms(cfg_t *cfg, cfg_opt_t *option)
{
	const struct limits *limit = limits_of(cfg, option);
	const char *text = newest_text(option);
	char low[48], high[48];
	int ms;

	if (!duration_parse_ms(text, &ms)) {
		cfg_error(cfg,
			  "%s = '%.60s' is no length of time; write whole milliseconds, such as "
			  "\"300ms\", \"1.5s\" or \"2min\"",
			  option->name, text);
		return -1;
	}
	if (ms >= limit->low_ms && ms <= limit->high_ms)
		return 0;
	duration_print_short(limit->low_ms, low, sizeof(low));
	duration_print_short(limit->high_ms, high, sizeof(high));
	cfg_error(cfg, "%s = '%.60s' is out of range; %s to %s", option->name, text, low, high);
	return -1;
}

int valid_span(cfg_t *cfg, cfg_opt_t *option)
{
	struct span span;

	if (duration_parse_span(newest_text(option), &span))
		return 0;
	cfg_error(cfg,
		  "%s = '%.60s' is no length; write \"2s\", \"1.5 ttl\" or \"1.2 .. 2.5 ttl\", in "
		  "whole milliseconds or thousandths of a TTL, up to a day",
		  option->name, newest_text(option));
	return -1;
}

/* Getters ------------------------------------------------------------------------------------- */

int get_ms(cfg_t *cfg, const char *name)
{
	int ms;

	CHECK(duration_parse_ms(cfg_getstr(cfg, name), &ms));
	return ms;
}

struct span get_span(cfg_t *cfg, const char *name)
{
	struct span span = {0}; /* campaigns are compared byte by byte */

	CHECK(duration_parse_span(cfg_getstr(cfg, name), &span));
	return span;
}

int get_word(cfg_t *cfg, const char *name, const char *const *known)
{
	int index = word_index(cfg_getstr(cfg, name), known);

	CHECK(index >= 0);
	return index;
}

bool is_written(cfg_t *cfg, const char *name)
{
	return cfg_getopt(cfg, name)->flags & CFGF_MODIFIED;
}
