#include "base/printable.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"

enum { REPLACEMENT = 0xFFFD };

/* Continuation bytes after the lead byte, and the smallest code point that needs so many. */
static int sequence_length(unsigned char lead, uint32_t *bits, uint32_t *smallest)
{
	if (lead < 0x80) {
		*bits = lead;
		*smallest = 0;
		return 0;
	}
	if (lead >= 0xC2 && lead <= 0xDF) {
		*bits = lead & 0x1Fu;
		*smallest = 0x80;
		return 1;
	}
	if (lead >= 0xE0 && lead <= 0xEF) {
		*bits = lead & 0x0Fu;
		*smallest = 0x800;
		return 2;
	}
	if (lead >= 0xF0 && lead <= 0xF4) {
		*bits = lead & 0x07u;
		*smallest = 0x10000;
		return 3;
	}
	return -1;
}

static bool is_showable(uint32_t point)
{
	if (point < 0x20)
		return point == '\n' || point == '\t';
	if (point >= 0x7F && point <= 0x9F)
		return false;
	if (point >= 0xD800 && point <= 0xDFFF)
		return false;
	if (point == 0x061C || point == 0x200E || point == 0x200F || point == 0xFEFF ||
	    (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069))
		return false;
	return (point & 0xFFFE) != 0xFFFE && point <= 0x10FFFF;
}

uint32_t printable_next(const char **at)
{
	const unsigned char *bytes = (const unsigned char *)*at;
	uint32_t point, smallest;

	if (!*bytes)
		return 0;
	int more = sequence_length(*bytes, &point, &smallest);

	for (int i = 1; i <= more; i++) {
		if ((bytes[i] & 0xC0) != 0x80) {
			*at += i;
			return REPLACEMENT;
		}
		point = point << 6 | (bytes[i] & 0x3Fu);
	}
	*at += more < 0 ? 1 : 1 + more;
	return more < 0 || point < smallest || !is_showable(point) ? REPLACEMENT : point;
}

void printable_put(FILE *out, uint32_t point)
{
	if (point < 0x80) {
		fputc((int)point, out);
		return;
	}
	if (point < 0x800) {
		fputc((int)(0xC0 | point >> 6), out);
	} else {
		if (point < 0x10000) {
			fputc((int)(0xE0 | point >> 12), out);
		} else {
			fputc((int)(0xF0 | point >> 18), out);
			fputc((int)(0x80 | (point >> 12 & 0x3F)), out);
		}
		fputc((int)(0x80 | (point >> 6 & 0x3F)), out);
	}
	fputc((int)(0x80 | (point & 0x3F)), out);
}

/* Columns on a terminal, on the safe side: everything from Hangul on may be double width. */
static int columns_of(uint32_t point)
{
	return point >= 0x1100 && point != REPLACEMENT ? 2 : 1;
}

static uint32_t within_a_line(uint32_t point)
{
	return point == '\n' || point == '\t' ? ' ' : point;
}

char *printable_text(const char *text)
{
	char *line = NULL;
	size_t size;
	FILE *out = text_begin(&line, &size);
	uint32_t point;
	while ((point = printable_next(&text)))
		printable_put(out, within_a_line(point));
	text_end(out, &line);
	return line;
}

int printable_columns(const char *text)
{
	int columns = 0;
	uint32_t point;

	while ((point = printable_next(&text)))
		columns += columns_of(point);
	return columns;
}

int printable_print(FILE *out, const char *text, int columns)
{
	const char *rest = text ? text : "";
	int whole = 0, used = 0;
	uint32_t point;

	for (const char *at = rest; whole <= columns && (point = printable_next(&at));)
		whole += columns_of(point);

	int limit = whole <= columns ? columns : columns - 1;

	while ((point = printable_next(&rest))) {
		if (used + columns_of(point) > limit)
			break;
		used += columns_of(point);
		printable_put(out, within_a_line(point));
	}
	if (whole > columns && columns > 0) {
		fputc('~', out);
		used++;
	}
	return used;
}
