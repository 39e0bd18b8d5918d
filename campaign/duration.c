#include "campaign/duration.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum unit { UNIT_NONE, UNIT_MS, UNIT_S, UNIT_MIN, UNIT_TTL };

static const struct {
	const char *word;
	enum unit unit;
	double seconds; /* or TTLs */
} units[] = {
	{"ms", UNIT_MS, 0.001},
	{"min", UNIT_MIN, 60},
	{"s", UNIT_S, 1},
	{"ttl", UNIT_TTL, 1},
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

static const char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* A number and its unit, as an index into units, or -1 for none; NULL when there is no number. */
static const char *parse_length(const char *text, double *number, int *unit)
{
	char *end;

	text = skip_spaces(text);
	if (!isdigit((unsigned char)*text))
		return NULL;
	*number = strtod(text, &end);
	if (end != text + strspn(text, "0123456789.")) /* strtod reads more: "0x10", "1e9" */
		return NULL;
	text = skip_spaces(end);
	*unit = -1;
	for (int i = 0; i < UNITS && *unit < 0; i++) {
		size_t length = strlen(units[i].word);

		if (strncmp(text, units[i].word, length) == 0 &&
		    !isalpha((unsigned char)text[length])) {
			*unit = i;
			text += length;
		}
	}
	return skip_spaces(text);
}

/* In thousandths: what is printed reads back to the same. False when it is finer. */
static bool take_thousandths(double length, double *exact)
{
	*exact = round(length * 1000) / 1000;
	return length <= DAY_S && fabs(length - *exact) < 1e-8;
}

bool duration_parse_span(const char *text, struct span *span)
{
	double low, high;
	int low_unit, high_unit;
	const char *rest = parse_length(text, &low, &low_unit);

	if (!rest)
		return false;
	high = low;
	high_unit = low_unit;
	if (strncmp(rest, "..", 2) == 0) {
		rest = parse_length(rest + 2, &high, &high_unit);
		if (low_unit < 0)
			low_unit = high_unit;
	}
	if (!rest || *rest || low_unit < 0 || high_unit < 0)
		return false;
	if ((units[low_unit].unit == UNIT_TTL) != (units[high_unit].unit == UNIT_TTL))
		return false;
	span->in_ttl = units[low_unit].unit == UNIT_TTL;
	return take_thousandths(low * units[low_unit].seconds, &span->low) &&
	       take_thousandths(high * units[high_unit].seconds, &span->high) &&
	       span->low <= span->high;
}

bool duration_parse_ms(const char *text, int *ms)
{
	struct span span;

	if (!duration_parse_span(text, &span) || span.in_ttl || span.low != span.high)
		return false;
	*ms = (int)lround(span.low * 1000);
	return true;
}

void duration_print_span(const struct span *span, char *text, size_t size)
{
	const char *unit = span->in_ttl ? " ttl" : "s";

	if (span->low == span->high)
		snprintf(text, size, "%.10g%s", span->low, unit);
	else
		snprintf(text, size, "%.10g%s .. %.10g%s", span->low, unit, span->high, unit);
}

void duration_print_ms(int ms, char *text, size_t size)
{
	if (ms % 1000)
		snprintf(text, size, "%dms", ms);
	else
		snprintf(text, size, "%ds", ms / 1000);
}
