/* A row each, in which the columns' lines go on from the row above: so the text beside them has
 * as many lines as it needs, on any screen. */
#include "reports/diagram.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"

/* Of the columns' room, in percent. */
static double x_of(const struct diagram *diagram, int actor)
{
	CHECK(actor >= 0 && actor < diagram->actors);
	return 100 * (actor + 0.5) / diagram->actors;
}

static void write_columns(FILE *out, const struct diagram *diagram, int under_fault)
{
	if (under_fault >= 0)
		fprintf(out,
			"<rect class=\"faulted\" x=\"%.1f%%\" width=\"%.1f%%\" "
			"height=\"100%%\"/>",
			x_of(diagram, under_fault) - 25.0 / diagram->actors,
			50.0 / diagram->actors);
	for (int i = 0; i < diagram->actors; i++)
		fprintf(out, "<line class=\"rail\" x1=\"%.1f%%\" x2=\"%.1f%%\" y2=\"100%%\"/>",
			x_of(diagram, i), x_of(diagram, i));
}

/* What is lost ends in an x between the columns. */
static void write_arrow(FILE *out, const struct diagram *diagram, const struct diagram_row *row)
{
	double from = x_of(diagram, row->from), to = x_of(diagram, row->to);
	int direction = to > from ? 1 : -1;
	double end = row->lost ? (from + to) / 2 : to;

	fprintf(out,
		"<g class=\"arrow\"><line class=\"packet\" x1=\"%.1f%%\" x2=\"%.1f%%\" "
		"y1=\"12\" y2=\"12\"/>",
		from, end);
	fprintf(out, "<svg class=\"head\" x=\"%.1f%%\" y=\"12\"><path class=\"%s\" d=\"", end,
		row->lost ? "refused" : "arrived");
	if (row->lost)
		fputs("M-5,-5 l10,10 m0,-10 l-10,10", out);
	else
		fprintf(out, "M0,0 l%d,-5 v10 z", -8 * direction);
	fputs("\"/></svg></g>", out);
}

static void write_row(FILE *out, const struct diagram *diagram, const struct diagram_row *row)
{
	fprintf(out, "<li%s><svg class=\"wire\" aria-hidden=\"true\">",
		row->is_proof ? " class=\"proof\"" : "");
	write_columns(out, diagram, row->under_fault);
	if (row->from >= 0)
		write_arrow(out, diagram, row);
	fprintf(out, "</svg><span><span class=\"when\">%.3f s</span> ", row->at_s);
	if (row->from >= 0)
		fprintf(out, "%c to %c: ", 'A' + row->from, 'A' + row->to);
	escape_html(out, row->text);
	fputs("</span></li>\n", out);
}

static void write_heads(FILE *out, const struct diagram *diagram)
{
	fputs("<li aria-hidden=\"true\"><svg class=\"wire\">", out);
	for (int i = 0; i < diagram->actors; i++)
		fprintf(out, "<text class=\"row\" x=\"%.1f%%\" y=\"16\">%c</text>",
			x_of(diagram, i), 'A' + i);
	fputs("</svg><span></span></li>\n", out);
}

static void write_actors(FILE *out, const struct story *story, const struct diagram *diagram)
{
	fputs("<p class=\"muted\">As the capture saw them at the hub, in the order of time, not to "
	      "scale. An x: no sign in the capture that it arrived. ",
	      out);
	for (int i = 0; i < diagram->actors; i++) {
		_cleanup_free_ char *name = diagram_describe_actor(story, &diagram->actor[i]);

		fprintf(out, "%s<b>%c</b> ", i ? "; " : "", 'A' + i);
		escape_html(out, name);
	}
	fputs(".</p>\n", out);
}

void diagram_write(FILE *out, const struct story *story)
{
	struct diagram *diagram = calloc(1, sizeof(*diagram));

	CHECK_MEMORY(diagram);
	diagram_build(story, diagram);
	const char *why = diagram_why_empty(story, diagram);

	if (why) {
		fprintf(out, "<p class=\"muted\">%s</p>\n", why);
	} else {
		fputs("<div class=\"diagram\"><h4>The packets</h4>\n", out);
		write_actors(out, story, diagram);
		fputs("<ol class=\"packets\">\n", out);
		write_heads(out, diagram);
		for (int i = 0; i < diagram->rows; i++)
			write_row(out, diagram, &diagram->row[i]);
		fputs("</ol></div>\n", out);
	}
	free(diagram);
}
