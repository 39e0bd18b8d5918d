#include "reports/strip.h"

#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/markup.h"

enum {
	HEIGHT = 16,
	TICKS = 6,
};

void strip_begin(struct strip *strip, FILE *out, double length_s, const char *name)
{
	CHECK(length_s > 0);
	*strip = (struct strip){.canvas = {.out = out, .from_s = 0, .until_s = length_s}};
	fputs("<div class=\"strip\" role=\"group\" aria-label=\"", out);
	escape_html(out, name);
	fputs("\">\n", out);
}

void strip_begin_row(struct strip *strip, const char *id, const char *name, const char *note)
{
	FILE *out = strip->canvas.out;

	CHECK(!id || markup_is_plain(id));
	fputs("<div class=\"lane\"", out);
	if (id)
		fprintf(out, " id=\"%s\"", id);
	fputs("><div class=\"name\">", out);
	escape_html(out, name);
	if (note) {
		fputs(" <span class=\"muted\">", out);
		escape_html(out, note);
		fputs("</span>", out);
	}
	fprintf(out,
		"</div><svg viewBox=\"%d 0 %d %d\" preserveAspectRatio=\"none\" role=\"group\" "
		"aria-label=\"",
		CANVAS_LEFT, STRIP_LONG, HEIGHT);
	escape_html(out, name);
	fputs("\">\n", out);
}

static void write_bar(const struct strip *strip, const struct strip_bar *bar)
{
	FILE *out = strip->canvas.out;

	fprintf(out, "<a href=\"%s\" tabindex=\"-1\"><title>", bar->href);
	escape_html(out, bar->title);
	if (bar->more)
		fprintf(out, ", and %d more that began then", bar->more);
	fputs("</title>", out);
	canvas_bar(&strip->canvas, bar->class, bar->from_s, bar->until_s, 1, HEIGHT - 2);
	fputs("</a>", out);
}

void strip_add(struct strip *strip, const char *class, double from_s, double until_s,
	       const char *href, const char *title)
{
	int cell = (int)((canvas_x(&strip->canvas, from_s) - CANVAS_LEFT) / STRIP_CELL);
	/* So that an instant can be seen. */
	double least_s = strip->canvas.until_s * STRIP_CELL / STRIP_LONG;

	CHECK(cell >= 0 && cell < STRIP_CELLS && from_s <= until_s);
	struct strip_bar *bar = &strip->bar[cell];

	CHECK(href[0] == '#' &&
	      markup_is_plain(href + 1)); /* within the page, and written as it is */
	if (bar->class) {
		bar->more++;
		if (until_s <= bar->until_s)
			return;
	}
	bar->class = class;
	bar->from_s = from_s;
	bar->until_s = fmax(until_s, from_s + least_s);
	text_copy(bar->href, sizeof(bar->href), href);
	text_copy(bar->title, sizeof(bar->title), title);
}

void strip_begin_layer(struct strip *strip)
{
	for (int i = 0; i < STRIP_CELLS; i++)
		if (strip->bar[i].class)
			write_bar(strip, &strip->bar[i]);
	memset(strip->bar, 0, sizeof(strip->bar));
}

void strip_end_row(struct strip *strip)
{
	strip_begin_layer(strip);
	fputs("</svg></div>\n", strip->canvas.out);
}

void strip_end(struct strip *strip)
{
	FILE *out = strip->canvas.out;
	double length_s = strip->canvas.until_s, step_s = canvas_round_step(length_s, TICKS);
	/* The last one has room for its label. */
	int ticks = (int)fmax(1, floor(length_s / step_s + 0.5));

	fputs("<div class=\"scale\" style=\"grid-template-columns:", out);
	for (int i = 0; i < ticks; i++)
		fprintf(out, "%s%gfr", i ? " " : "",
			i < ticks - 1 ? step_s : length_s - i * step_s);
	fputs("\">", out);
	for (int i = 0; i < ticks; i++)
		fprintf(out, "<span>%g s</span>", i * step_s);
	fputs("</div>\n</div>\n", out);
}
