#include "tuning/lease_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum { COLUMNS = 38, RENEWALS_SHOWN = 9 };

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static bool goes_on(const struct lease_moments *moments)
{
	return moments->ends_ns == CLOCK_NEVER;
}

/* What is drawn: a quarter of the TTL more than what comes last. */
static double span_s(const struct lease_moments *moments)
{
	int64_t last_ns = moments->ttl_ns;

	if (!goes_on(moments) && moments->ends_ns > last_ns)
		last_ns = moments->ends_ns;
	return s(last_ns) + s(moments->ttl_ns) / 4;
}

static int column(const struct lease_moments *moments, int64_t at_ns)
{
	int at = (int)(s(at_ns) / span_s(moments) * (COLUMNS - 1));

	CHECK(at >= 0 && at < COLUMNS);
	return at;
}

static void fill(char *row, int from, int to, char with)
{
	if (to > from)
		memset(row + from, with, (size_t)(to - from));
}

/* Frees the label. */
static void print_row(FILE *out, const char *head, const char *row, char *label)
{
	fprintf(out, "%-8s%-*s %s\n", head, COLUMNS, row, label);
	free(label);
}

static void draw_lease(FILE *out, const struct lease_moments *moments)
{
	char row[COLUMNS + 1] = "";
	int over = column(moments, moments->ttl_ns);

	fill(row, 0, over, '=');
	row[0] = row[over] = '|';
	print_row(out, "lease", row, text_format("over at %.6g s", s(moments->ttl_ns)));
}

/* Numbered, as long as the holder goes by them. */
static void draw_renewals(const struct lease_moments *moments, char *row, int64_t until_ns)
{
	int64_t at_ns = moments->first_ns;

	for (int i = 1; i <= RENEWALS_SHOWN && i <= moments->tries && at_ns < until_ns; i++) {
		row[column(moments, at_ns)] = (char)('0' + i);
		at_ns += moments->period_ns;
	}
}

static void draw_holder(FILE *out, const struct lease_moments *moments)
{
	char row[COLUMNS + 1] = "";
	int last = goes_on(moments) ? COLUMNS - 1 : column(moments, moments->ends_ns);
	bool wakes = moments->still_to_ns > 0;

	fill(row, 0, last, '.');
	row[0] = '|';
	draw_renewals(moments, row, goes_on(moments) ? moments->ttl_ns : moments->ends_ns);
	if (wakes)
		fill(row, column(moments, moments->still_from_ns),
		     column(moments, moments->still_to_ns), 'z');
	row[last] = goes_on(moments) ? '>' : wakes ? 'W' : 'X';
	print_row(out, "holder", row,
		  goes_on(moments) ? text_format("goes on after %.6g s", s(moments->ttl_ns))
		  : wakes          ? text_format("wakes, writes at %.6g s", s(moments->ends_ns))
				   : text_format("stops at %.6g s", s(moments->ends_ns)));
}

static void draw_next(FILE *out, const struct lease_moments *moments)
{
	char row[COLUMNS + 1] = "";
	int from = column(moments, moments->ttl_ns);

	fill(row, 0, from, ' ');
	fill(row, from, COLUMNS, '#');
	row[from] = '|';
	print_row(out, "next", row, text_format("may hold from %.6g s on", s(moments->ttl_ns)));
}

static void draw_both(FILE *out, const struct lease_moments *moments)
{
	char row[COLUMNS + 1] = "", *label;
	int from = column(moments, moments->ttl_ns);
	int to = goes_on(moments) ? COLUMNS - 1 : column(moments, moments->ends_ns);
	int64_t shared_ns = goes_on(moments) ? 1 : moments->ends_ns - moments->ttl_ns;

	if (shared_ns > 0 || (shared_ns == 0 && !moments->own_deadline)) {
		fill(row, 0, from, ' ');
		fill(row, from, to, '-');
		row[to] = '>';
		row[from] = to > from ? '<' : '!';
	}
	if (goes_on(moments))
		label = text_format("two hold from %.6g s on", s(moments->ttl_ns));
	else if (shared_ns > 0)
		label = text_format("two hold for %.6g s", s(shared_ns));
	else if (shared_ns == 0 && moments->own_deadline)
		label = text_format("never: counts from sending");
	else if (shared_ns == 0)
		label = text_format("no time between, at %.6g s", s(moments->ttl_ns));
	else
		label = text_format("never: %.6g s to spare", -s(shared_ns));
	print_row(out, "both", row, label);
}

char *lease_draw(const struct lease_moments *moments)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	CHECK(moments->ttl_ns > 0 && moments->ends_ns > 0);
	CHECK(moments->tries == 0 || (moments->first_ns > 0 && moments->period_ns > 0));
	CHECK(moments->still_to_ns >= moments->still_from_ns);
	draw_lease(out, moments);
	draw_holder(out, moments);
	draw_next(out, moments);
	draw_both(out, moments);
	text_end(out, &text);
	return text;
}
