/* Harm against failover, a dot for each cell. Of the front each has its number in the table, in a
 * line above, since dots may lie upon one another. */
#include "reports/sweep_page.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "reports/canvas.h"
#include "reports/markup.h"

enum {
	WIDTH = CANVAS_WIDTH / 2, /* so that its texts can be read on a phone */
	HEIGHT = 300,
	LEFT = 60,
	RIGHT = WIDTH - 16,
	TOP = 46,
	BOTTOM = 250,
	NUMBERS_Y = 16,
	NUMBERED = 12, /* as many as surely stand beside one another */
};

struct plot {
	struct canvas canvas;
	const struct sweep_view *view;
	double from_s, until_s, most; /* failover; harm, from 0 on */
	double renewals;              /* the most */
};

static const struct sweep_figure *figure_of(const struct seen_cell *seen,
					    enum sweep_figure_name name)
{
	return &seen->cell->figure[name];
}

static bool can_be_drawn(const struct seen_cell *seen)
{
	return !isnan(figure_of(seen, SWEEP_HARM)->value) &&
	       !isnan(figure_of(seen, SWEEP_FAILOVER_P50)->value);
}

static double x_of(const struct plot *plot, double failover_s)
{
	double inside = fmin(fmax(failover_s, plot->from_s), plot->until_s);

	return LEFT + (inside - plot->from_s) / (plot->until_s - plot->from_s) * (RIGHT - LEFT);
}

static double y_of(const struct plot *plot, double harm)
{
	CHECK(harm >= 0);
	return BOTTOM - fmin(harm / plot->most, 1) * (BOTTOM - TOP);
}

/* Its area is as its renewals. */
static double radius_of(const struct plot *plot, const struct seen_cell *seen)
{
	double renewals = figure_of(seen, SWEEP_RENEWALS)->value;

	CHECK(!(renewals > plot->renewals)); /* the most of all that are drawn */
	return plot->renewals > 0 && renewals > 0 ? 3 + 6 * sqrt(renewals / plot->renewals) : 3;
}

/* False: there is nothing to draw. */
static bool find_ranges(struct plot *plot)
{
	double least = INFINITY, longest = 0;

	for (int i = 0; i < plot->view->measured; i++) {
		const struct seen_cell *seen = &plot->view->cell[i];

		if (!can_be_drawn(seen))
			continue;
		least = fmin(least, figure_of(seen, SWEEP_FAILOVER_P50)->value);
		longest = fmax(longest, figure_of(seen, SWEEP_FAILOVER_P50)->value);
		plot->most = fmax(plot->most, figure_of(seen, SWEEP_HARM)->value);
		plot->renewals = fmax(plot->renewals, figure_of(seen, SWEEP_RENEWALS)->value);
	}
	if (least > longest)
		return false;
	double margin = fmax((longest - least) / 10, 0.1);

	plot->from_s = fmax(0, least - margin);
	plot->until_s = longest + margin;
	plot->most = plot->most > 0 ? 1.1 * plot->most : 1;
	CHECK(plot->from_s < plot->until_s && plot->most > 0);
	return true;
}

static void draw_axes(const struct plot *plot)
{
	const struct canvas *canvas = &plot->canvas;
	double step = canvas_round_step(plot->until_s - plot->from_s, 6);
	char text[SWEEP_WORDS];

	canvas_line(canvas, "axis", LEFT, BOTTOM, RIGHT, BOTTOM);
	canvas_line(canvas, "axis", LEFT, TOP, LEFT, BOTTOM);
	for (double at = ceil(plot->from_s / step) * step; at <= plot->until_s; at += step) {
		canvas_line(canvas, "axis", x_of(plot, at), BOTTOM, x_of(plot, at), BOTTOM + 5);
		sweep_amount(text, SWEEP_FAILOVER_P50, at);
		canvas_text(canvas, "mark", x_of(plot, at), BOTTOM + 18, ANCHOR_MIDDLE, text);
	}
	step = canvas_round_step(plot->most, 5);
	for (double at = 0; at <= plot->most; at += step) {
		canvas_line(canvas, "axis", LEFT - 5, y_of(plot, at), LEFT, y_of(plot, at));
		sweep_amount(text, SWEEP_HARM, at);
		canvas_text(canvas, "mark", LEFT - 8, y_of(plot, at) + 4, ANCHOR_END, text);
	}
	canvas_text(canvas, "mark", (LEFT + RIGHT) / 2.0, HEIGHT - 8, ANCHOR_MIDDLE,
		    sweep_figure_rows[SWEEP_FAILOVER_P50].sentence);
}

static void draw_intervals(const struct plot *plot, const struct seen_cell *seen)
{
	const struct sweep_figure *harm = figure_of(seen, SWEEP_HARM);
	const struct sweep_figure *failover = figure_of(seen, SWEEP_FAILOVER_P50);
	double x = x_of(plot, failover->value), y = y_of(plot, harm->value);

	canvas_line(&plot->canvas, "range", x, y_of(plot, harm->low), x, y_of(plot, harm->high));
	if (!isnan(failover->low) && !isnan(failover->high))
		canvas_line(&plot->canvas, "range", x_of(plot, failover->low), y,
			    x_of(plot, failover->high), y);
}

static void draw_dot(const struct plot *plot, const struct seen_cell *seen)
{
	_cleanup_free_ char *settings = sweep_settings(plot->view, seen->cell);
	FILE *out = plot->canvas.out;
	char harm[SWEEP_WORDS], failover[SWEEP_WORDS], renewals[SWEEP_WORDS];
	double x = x_of(plot, figure_of(seen, SWEEP_FAILOVER_P50)->value);
	double y = y_of(plot, figure_of(seen, SWEEP_HARM)->value);

	fprintf(out, "<g class=\"dot\"><title>%d: %s: stale writes %s, failover %s, renewals %s",
		seen->rank, settings,
		sweep_amount(harm, SWEEP_HARM, figure_of(seen, SWEEP_HARM)->value),
		sweep_amount(failover, SWEEP_FAILOVER_P50,
			     figure_of(seen, SWEEP_FAILOVER_P50)->value),
		sweep_amount(renewals, SWEEP_RENEWALS, figure_of(seen, SWEEP_RENEWALS)->value));
	fprintf(out, "</title><circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
		seen->front ? "front" : "other", x, y, radius_of(plot, seen));
	if (seen == plot->view->point)
		fprintf(out, "<circle class=\"own\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", x, y,
			radius_of(plot, seen) + 3);
	fputs("</g>\n", out);
}

static const char *number_of(char *text, const struct plot *plot, int place)
{
	const struct seen_cell *seen = &plot->view->cell[place];

	CHECK(place >= 0 && seen->rank == place + 1);
	snprintf(text, SWEEP_WORDS, seen == plot->view->point ? "%d you" : "%d", seen->rank);
	return text;
}

/* The user's own is named, too, though it be none of the front. */
static bool is_numbered(const struct plot *plot, int place)
{
	const struct seen_cell *seen = &plot->view->cell[place];

	return can_be_drawn(seen) && (seen->front || seen == plot->view->point);
}

/* Label bands are as wide as the canvas. */
static void add_number(const struct plot *plot, struct label_band *band, int place)
{
	char text[SWEEP_WORDS];
	double failover_s = figure_of(&plot->view->cell[place], SWEEP_FAILOVER_P50)->value;

	label_add(band, 2 * x_of(plot, failover_s),
		  2 * canvas_text_width("number", number_of(text, plot, place)) + 8, true, place);
}

static void draw_numbers(const struct plot *plot)
{
	const struct seen_cell *own = plot->view->point;
	struct label_band band = {0};
	char text[SWEEP_WORDS];

	if (own && can_be_drawn(own))
		add_number(plot, &band, own->rank - 1);
	for (int i = 0; i < plot->view->measured && band.labels < NUMBERED; i++)
		if (&plot->view->cell[i] != own && is_numbered(plot, i))
			add_number(plot, &band, i);
	label_place(&band);
	for (int i = 0; i < band.labels; i++) {
		const struct seen_cell *seen = &plot->view->cell[band.label[i].what];
		double x = band.label[i].x / 2;

		canvas_line(&plot->canvas, "leader", x, NUMBERS_Y + 4,
			    x_of(plot, figure_of(seen, SWEEP_FAILOVER_P50)->value),
			    y_of(plot, figure_of(seen, SWEEP_HARM)->value));
		canvas_text(&plot->canvas, "number", x, NUMBERS_Y, ANCHOR_MIDDLE,
			    number_of(text, plot, band.label[i].what));
	}
}

static void draw(const struct plot *plot)
{
	const struct sweep_view *view = plot->view;

	fprintf(plot->canvas.out,
		"<svg class=\"front\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-label=\"Stale writes per hour of holding against failover\">\n",
		WIDTH, HEIGHT);
	draw_axes(plot);
	draw_numbers(plot);
	for (int i = 0; i < view->measured; i++)
		if (is_numbered(plot, i))
			draw_intervals(plot, &view->cell[i]);
	for (int front = 0; front <= 1; front++)
		for (int i = view->measured - 1; i >= 0; i--)
			if (can_be_drawn(&view->cell[i]) && view->cell[i].front == front)
				draw_dot(plot, &view->cell[i]);
	fputs("</svg>\n", plot->canvas.out);
}

void sweep_page_front(FILE *out, const struct sweep_view *view)
{
	struct plot plot = {.canvas = {.out = out}, .view = view};

	markup_section(out, "front", "Harm against failover against renewals");
	if (!find_ranges(&plot)) {
		fputs("<p>Of no cell both are known.</p>\n", out);
	} else {
		fputs("<figure><figcaption>Up: stale writes per hour of holding. The larger the "
		      "dot, "
		      "the more renewals. Numbers are those of the table of all cells; they stand "
		      "at the <b>front</b>: cells of which no other is shown to be better in one "
		      "of the three, and as good in both others (Pareto). Lines through their dots "
		      "are 95 % intervals.</figcaption>\n",
		      out);
		draw(&plot);
		fputs("</figure>\n", out);
	}
	markup_end_section(out);
}
