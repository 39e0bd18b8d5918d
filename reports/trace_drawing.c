/* The operations of an explanation: a line of text each, which may wrap, and beside it, on a phone
 * below it, its bar in a common time. */
#include "reports/trace_report.h"

#include <inttypes.h>
#include <math.h>

#include "base/escape.h"
#include "base/invariant.h"

/* In percent; what lies on the edge is seen. */
static double x_of(double at)
{
	CHECK(at >= 0 && at <= 1);
	return 1 + 97 * at;
}

static void draw_bar(FILE *out, const char *class, double from, double until, int y, int height)
{
	CHECK(from <= until); /* the least width would hide it */
	fprintf(out, "<rect class=\"%s\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\"/>",
		class, x_of(from), y, fmax(x_of(until) - x_of(from), 0.3), height);
}

static void draw_mark(FILE *out, double at)
{
	fprintf(out, "<line class=\"edge\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"3\" y2=\"19\"/>",
		x_of(at), x_of(at));
}

/* Goes on to the right. */
static void draw_head(FILE *out)
{
	fprintf(out,
		"<svg class=\"head\" x=\"%.2f%%\" y=\"11\"><path class=\"arrived\" "
		"d=\"M8,0 l-8,-5 v10 z\"/></svg>",
		x_of(1));
}

/* The instants of all, through all rows: made in the first, used in the others. */
static void draw_rails(FILE *out, const struct explanation *explanation, int number, bool first)
{
	if (!first) {
		fprintf(out, "<use href=\"#rails-%d\"/>", number);
		return;
	}
	fprintf(out, "<g id=\"rails-%d\">", number);
	for (int i = 0; i < explanation->ticks; i++) {
		double x = x_of(explanation->tick[i].at);

		CHECK(!i || explanation->tick[i - 1].at <= explanation->tick[i].at);
		fprintf(out, "<line class=\"rail\" x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"100%%\"/>", x,
			x);
	}
	fputs("</g>", out);
}

/* NULL: that instant has no name. */
static const char *name_of(const struct explanation *explanation, double at)
{
	for (int i = 0; i < explanation->ticks; i++)
		if (at >= 0 && fabs(explanation->tick[i].at - at) < 1e-12)
			return explanation->tick[i].text;
	return NULL;
}

static void say_instant(FILE *out, const char *before, const char *name)
{
	if (!name)
		return;
	fputs(before, out);
	escape_html(out, name);
}

static void write_times(FILE *out, const struct explanation *explanation,
			const struct explanation_row *row)
{
	fputs(" <span class=\"muted\">", out);
	if (row->line)
		fprintf(out, "line %" PRIu32, row->line);
	say_instant(out, row->line ? "; invoked at " : "invoked at ",
		    name_of(explanation, row->invoked));
	if (row->returned < 0)
		fputs(", no answer", out);
	else
		say_instant(out, ", answered at ", name_of(explanation, row->returned));
	say_instant(out, "; certainly held from ", name_of(explanation, row->held_from));
	if (row->held_from >= 0 && row->held_on)
		fputs(" on", out);
	else if (row->held_from >= 0)
		say_instant(out, " until ", name_of(explanation, row->held_until));
	fputs("</span>", out);
}

static void write_row(FILE *out, const struct explanation *explanation,
		      const struct explanation_row *row, int number, bool first)
{
	bool open = row->returned < 0;
	double until = open ? 1 : row->returned;

	CHECK(row->invoked <= until);
	CHECK(row->held_from < 0 || row->held_from <= row->held_until);
	fputs("<li><span><b>", out);
	escape_html(out, row->who);
	fputs("</b> ", out);
	escape_html(out, row->what);
	fputs(row->culprit ? " <strong>fits nowhere</strong>" : "", out);
	write_times(out, explanation, row);
	fputs("</span><svg class=\"bars\" aria-hidden=\"true\">", out);
	draw_rails(out, explanation, number, first);
	if (row->held_from >= 0)
		draw_bar(out, "believed", row->held_from, row->held_until, 5, 12);
	draw_bar(out, row->culprit ? "ungranted" : "asking", row->invoked, until, 8, 6);
	draw_mark(out, row->invoked);
	if (!open)
		draw_mark(out, row->returned);
	if (open || row->held_on)
		draw_head(out);
	fputs("</svg></li>\n", out);
}

void trace_draw_html(FILE *out, const struct explanation *explanation, int number)
{
	CHECK(number > 0);
	fputs("<ol class=\"bars\">\n", out);
	for (int i = 0; i < explanation->rows; i++)
		write_row(out, explanation, &explanation->row[i], number, i == 0);
	fputs("</ol>\n<p class=\"muted\">Thin bars: from invocation to answer; an arrow: it goes "
	      "on beyond what is shown. Thick bars: certainly held. The lines through all rows are "
	      "the instants of these operations: their order is exact, the distances between them "
	      "are to scale only where there is room.</p>\n",
	      out);
}
