#include "reports/strip.h"

#include <math.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"

enum {
	CELL = 3, /* of the canvas's units; bars that begin within one cannot be told apart */
	HEIGHT = 16,
	LONG = CANVAS_WIDTH - CANVAS_LEFT - CANVAS_RIGHT,
	TICKS = 6
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
		CANVAS_LEFT, LONG, HEIGHT);
	escape_html(out, name);
	fputs("\">\n", out);
	strip->begun = -1;
}

static void write_bar(const struct strip *strip)
{
	const struct strip_bar *bar = &strip->bar;
	FILE *out = strip->canvas.out;

	if (strip->begun < 0)
		return;
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
	int cell = (int)((canvas_x(&strip->canvas, from_s) - CANVAS_LEFT) / CELL);
	double least_s = strip->canvas.until_s * CELL / LONG; /* so that an instant can be seen */
	bool same = cell == strip->begun;
	int more = same ? strip->bar.more + 1 : 0;

	CHECK(cell >= 0 && cell <= LONG / CELL && from_s <= until_s);
	if (same && until_s <= strip->bar.until_s) {
		strip->bar.more = more;
		return;
	}
	if (!same)
		write_bar(strip);
	strip->begun = cell;
	strip->bar = (struct strip_bar){
		.class = class, .from_s = from_s, .until_s = fmax(until_s, from_s + least_s)};
	strip->bar.more = more;
	text_copy(strip->bar.href, sizeof(strip->bar.href), href);
	text_copy(strip->bar.title, sizeof(strip->bar.title), title);
}

void strip_begin_layer(struct strip *strip)
{
	write_bar(strip);
	strip->begun = -1;
}

void strip_end_row(struct strip *strip)
{
	write_bar(strip);
	fputs("</svg></div>\n", strip->canvas.out);
}

/* A round step (1, 2 or 5 times a power of ten) that gives at most TICKS. */
static double round_step(double length_s)
{
	double step = pow(10, floor(log10(length_s / TICKS)));

	for (int i = 0; length_s / step > TICKS; i++)
		step *= i % 3 == 1 ? 2.5 : 2;
	CHECK(step > 0 && length_s / step <= TICKS);
	return step;
}

void strip_end(struct strip *strip)
{
	FILE *out = strip->canvas.out;
	double length_s = strip->canvas.until_s, step_s = round_step(length_s);
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
