/*
 * Plots by gnuplot, put into the page as they come, but for what a page must not have.
 *
 * No word from outside reaches gnuplot: the script is ours, its data are numbers, names of arms
 * stand in the HTML around the drawing. Of gnuplot's SVG only the drawing itself is taken over,
 * from after its </defs>: its head and its definitions refer to other elements by xlink and repeat
 * the same ids in every drawing. The curves are steps, a slice wide: a slice without an acquisition
 * leaves a gap rather than a line that nobody measured.
 */
#include "reports/page.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"
#include "base/escape.h"
#include "reports/markup.h"

enum { ARMS_PLOTTED = 8, WIDTH = 640, HEIGHT = 300, DEADLINE_S = 20 };

/* What all arms share, so that their plots can be laid side by side. */
struct scale {
	double least_ms, most_ms, most_per_s;
	int most_faults;
};

static struct scale measure(const struct model *model)
{
	struct scale scale = {1, 10, 1, 1};

	for (int a = 0; a < model->arms && a < ARMS_PLOTTED; a++)
		for (int s = 0; s < model->slices; s++) {
			const struct time_slice *slice = &model->arm[a].slice[s];

			scale.most_faults = slice->faults > scale.most_faults ? slice->faults
									      : scale.most_faults;
			if (slice->acquired == 0)
				continue;
			scale.least_ms = fmin(scale.least_ms, fmax(slice->median_ms, 0.01));
			scale.most_ms = fmax(scale.most_ms, slice->longest_ms);
			scale.most_per_s =
				fmax(scale.most_per_s, (double)slice->acquired / model->slice_s);
		}
	/* One axis is logarithmic, and none is empty. */
	CHECK(0 < scale.least_ms && scale.least_ms < scale.most_ms && scale.most_per_s > 0);
	return scale;
}

/* Columns: begin or end of the slice, faults, per second, median, 99 %, longest. */
static void write_data(FILE *script, const struct model *model, const struct arm_model *arm)
{
	fputs("$data << EOD\n", script);
	for (int s = 0; s < model->slices; s++) {
		const struct time_slice *slice = &arm->slice[s];

		for (int edge = 0; edge < 2; edge++) {
			fprintf(script, "%d %d %g ", (s + edge) * model->slice_s, slice->faults,
				(double)slice->acquired / model->slice_s);
			if (slice->acquired)
				fprintf(script, "%g %g %g\n", fmax(slice->median_ms, 0.01),
					fmax(slice->p99_ms, 0.01), fmax(slice->longest_ms, 0.01));
			else
				fputs("NaN NaN NaN\n", script);
		}
	}
	fputs("EOD\n", script);
}

static void write_setting(FILE *script, const struct model *model, const struct scale *scale,
			  const char *name)
{
	fprintf(script,
		"set terminal svg size %d,%d dynamic enhanced name '%s' font 'sans-serif,13'\n"
		"set encoding utf8\nset border 3\nset tics nomirror out\nset key outside top left "
		"horizontal samplen 3\nset xrange [0:%d]\nset xlabel 'seconds since the start'\n"
		"set y2range [0:%d]\nunset y2tics\nset grid ytics lc rgb '#999999' lw 0.4 dt 3\n",
		WIDTH, HEIGHT, name, model->slices * model->slice_s, scale->most_faults * 2);
}

#define FAULTS                                                                                     \
	"$data using 1:2 axes x1y2 with filledcurves y2=0 lc rgb '#cc79a7' fs transparent "        \
	"solid 0.28 noborder title 'faults under way'"

static void write_latency(FILE *script, const struct scale *scale)
{
	fprintf(script,
		"set logscale y\nset yrange [%g:%g]\nset ylabel 'ms'\nplot " FAULTS
		", $data using 1:6 with lines lc rgb '#d55e00' lw 1.4 dt 3 title 'longest', "
		"$data using 1:5 with lines lc rgb '#e69f00' lw 1.8 dt 2 title '99 %%', "
		"$data using 1:4 with lines lc rgb '#0072b2' lw 2.4 title 'median'\n",
		scale->least_ms / 2, scale->most_ms * 2);
}

static void write_rate(FILE *script, const struct scale *scale)
{
	fprintf(script,
		"set yrange [0:%g]\nset ylabel 'per second'\nplot " FAULTS
		", $data using 1:3 with lines lc rgb '#0072b2' lw 2.2 title 'lock cycles'\n",
		scale->most_per_s * 1.1);
}

/* Copies the drawing without its titles, which would show gnuplot's inner names as tooltips. */
static void copy_untitled(FILE *out, const char *drawing, const char *end)
{
	static const char close[] = "</title>";

	while (drawing < end) {
		const char *title = strstr(drawing, "<title>");
		const char *after = title ? strstr(title, close) : NULL;

		if (!after || after > end) {
			fwrite(drawing, 1, (size_t)(end - drawing), out);
			return;
		}
		CHECK(drawing <= title && title < after);
		fwrite(drawing, 1, (size_t)(title - drawing), out);
		drawing = after + strlen(close);
	}
}

/* Takes over what lies between gnuplot's definitions and the end of its picture: that still closes
 * the one group that its head opened, and may refer to nothing. */
static int take_drawing(FILE *out, const char *svg, struct error *err)
{
	static const char *const forbidden[] = {"<script", "href", "<image", "<style", "url("};
	const char *drawing = strstr(svg, "</defs>");
	const char *end = drawing ? strstr(drawing, "</svg>") : NULL;

	if (!end)
		return error_set(err, EXIT_MACHINE_LACKS, "gnuplot drew something unknown");
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (strcasestr(drawing, forbidden[i]))
			return error_set(err, EXIT_MACHINE_LACKS, "gnuplot's drawing has \"%s\"",
					 forbidden[i]);
	fputs("<g>", out);
	copy_untitled(out, drawing + strlen("</defs>"), end);
	return 0;
}

static int draw(FILE *out, char *gnuplot, const char *script, const char *title, struct error *err)
{
	_cleanup_free_ char *svg = NULL;
	char settings[] = "--default-settings"; /* and nobody's .gnuplot */
	char *argv[] = {gnuplot, settings, NULL};

	if (process_run(argv, script, &svg, clock_now_ns() + DEADLINE_S * NS_PER_S, err))
		return -1;
	fprintf(out, "<figure><figcaption>");
	escape_html(out, title);
	fprintf(out, "</figcaption><svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\"><title>",
		WIDTH, HEIGHT);
	escape_html(out, title);
	fputs("</title>\n", out);
	if (take_drawing(out, svg, err))
		return -1;
	fputs("</svg></figure>\n", out);
	return 0;
}

static int draw_one(FILE *out, char *gnuplot, const struct model *model, const struct scale *scale,
		    int arm, bool latency, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	char name[32], title[128];
	size_t size;
	FILE *script = text_begin(&text, &size);

	CHECK(arm >= 0 && arm < model->arms && model->slices > 0);
	snprintf(name, sizeof(name), "arm%d%s", arm, latency ? "latency" : "cycles");
	snprintf(title, sizeof(title), "%.80s: %s", model->arm[arm].row->name,
		 latency ? "time to acquire the lock" : "lock cycles per second");
	write_data(script, model, &model->arm[arm]);
	write_setting(script, model, scale, name);
	if (latency)
		write_latency(script, scale);
	else
		write_rate(script, scale);
	text_end(script, &text);
	return draw(out, gnuplot, text, title, err);
}

static int draw_all(FILE *out, const struct model *model, struct error *err)
{
	struct scale scale = measure(model);
	char gnuplot[PATH_MAX];

	if (process_find_program("gnuplot", gnuplot, sizeof(gnuplot)))
		return error_set(err, EXIT_MACHINE_LACKS, "gnuplot is not installed");
	for (int latency = 1; latency >= 0; latency--)
		for (int arm = 0; arm < model->arms && arm < ARMS_PLOTTED; arm++)
			if (draw_one(out, gnuplot, model, &scale, arm, latency, err))
				return -1;
	return 0;
}

bool page_plots(FILE *out, const struct model *model)
{
	_cleanup_free_ char *drawn = NULL;
	struct error err = {0};
	size_t size;
	FILE *plots = text_begin(&drawn, &size);

	markup_section(out, "plots", "Over time");
	if (model->acquisitions == 0) {
		text_end(plots, &drawn);
		fputs("<p>Nothing was acquired, so there is nothing to plot.</p>\n", out);
		markup_end_section(out);
		return true;
	}
	int failed = draw_all(plots, model, &err);

	text_end(plots, &drawn);
	if (failed) {
		fputs("<p>The plots were left out: ", out);
		escape_html(out, err.text);
		fputs(". Everything else is complete.</p>\n", out);
	} else {
		fprintf(out,
			"<p class=\"muted\">Each step is %d s wide. All arms share the same "
			"scales; "
			"the shade is higher the more faults are under way at once.</p>\n"
			"<div class=\"plots\">\n%s</div>\n",
			model->slice_s, drawn);
	}
	if (model->arms > ARMS_PLOTTED)
		fprintf(out, "<p>%d more arms are not plotted.</p>\n", model->arms - ARMS_PLOTTED);
	markup_end_section(out);
	return !failed;
}
