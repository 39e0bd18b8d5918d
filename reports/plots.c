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

#include <inttypes.h>
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

enum { ARMS_PLOTTED = 8, WIDTH = 640, HEIGHT = 300, DEADLINE_S = 20, PERCENTILE_OF = 100 };

/* In the order in which they stand. */
enum plot { WAIT, MARGIN, CYCLES, PLOTS_COUNT };

/* What all arms share, so that their plots can be laid side by side. */
struct scale {
	double least_ms, most_ms, most_per_s;
	double least_margin_s, most_margin_s;
	bool percentiles; /* some slice has acquires enough for the one in a hundred to differ */
	int most_faults;
};

static struct scale measure(const struct model *model)
{
	struct scale scale = {1, 10, 1, 0, 0.1, false, 1};

	for (int a = 0; a < model->arms && a < ARMS_PLOTTED; a++)
		for (int s = 0; s < model->slices; s++) {
			const struct time_slice *slice = &model->arm[a].slice[s];

			scale.most_faults = slice->faults > scale.most_faults ? slice->faults
									      : scale.most_faults;
			if (!isnan(slice->margin_s)) {
				scale.least_margin_s = fmin(scale.least_margin_s, slice->margin_s);
				scale.most_margin_s = fmax(scale.most_margin_s, slice->margin_s);
			}
			scale.most_ms = fmax(scale.most_ms, fmax(slice->failed_ms, 0));
			scale.most_ms = fmax(scale.most_ms, fmax(slice->in_doubt_ms, 0));
			if (slice->acquired == 0)
				continue;
			scale.percentiles |= slice->acquired >= PERCENTILE_OF;
			scale.least_ms = fmin(scale.least_ms, fmax(slice->median_ms, 0.01));
			scale.most_ms = fmax(scale.most_ms, slice->longest_ms);
			scale.most_per_s =
				fmax(scale.most_per_s, (double)slice->acquired / model->slice_s);
		}
	/* One axis is logarithmic, and none is empty. */
	CHECK(0 < scale.least_ms && scale.least_ms < scale.most_ms && scale.most_per_s > 0);
	return scale;
}

static void write_number(FILE *script, double number, const char *end)
{
	if (isnan(number))
		fprintf(script, "NaN%s", end);
	else
		fprintf(script, "%g%s", number, end);
}

/* Columns: begin or end of the slice, faults, per second, median, 99 %, longest, margin; the
 * longest acquire that failed, and that is in doubt. */
static void write_data(FILE *script, const struct model *model, const struct arm_model *arm)
{
	fputs("$data << EOD\n", script);
	for (int s = 0; s < model->slices; s++) {
		const struct time_slice *slice = &arm->slice[s];

		for (int edge = 0; edge < 2; edge++) {
			fprintf(script, "%d %d %g ", (s + edge) * model->slice_s, slice->faults,
				(double)slice->acquired / model->slice_s);
			if (slice->acquired)
				fprintf(script, "%g %g %g ", fmax(slice->median_ms, 0.01),
					fmax(slice->p99_ms, 0.01), fmax(slice->longest_ms, 0.01));
			else
				fputs("NaN NaN NaN ", script);
			write_number(script, slice->margin_s, " ");
			write_number(script, slice->failed_ms, " ");
			write_number(script, slice->in_doubt_ms, "\n");
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
		"horizontal maxcols 2 samplen 3\nset xrange [0:%d]\nset xlabel 'seconds since the "
		"start'\n"
		"set y2range [0:%d]\nunset y2tics\nset grid ytics lc rgb '#999999' lw 0.4 dt 3\n",
		WIDTH, HEIGHT, name, model->slices * model->slice_s, scale->most_faults * 2);
}

#define FAULTS                                                                                     \
	"$data using 1:2 axes x1y2 with filledcurves y2=0 lc rgb '#b3608f' fs transparent "        \
	"solid 0.2 noborder title 'faults under way'"

/* The last slice in which somebody acquired; -1: none. */
static int last_acquired(const struct model *model, const struct arm_model *arm)
{
	int last = model->slices - 1;

	while (last >= 0 && arm->slice[last].acquired == 0)
		last--;
	return last;
}

/* Where nobody acquired, a bar on top: the curves only have a gap there. */
static void write_gaps(FILE *script, const struct model *model, const struct arm_model *arm)
{
	int last = last_acquired(model, arm);

	for (int s = 0, end; s < last; s = end) {
		for (end = s; end < last && arm->slice[end].acquired == 0; end++)
			;
		if (end > s)
			fprintf(script,
				"set object rect from first %d, graph 0.94 to first %d, graph 1 "
				"fc rgb '#d55e00' fs solid noborder\n",
				s * model->slice_s, end * model->slice_s);
		end += end == s;
	}
}

static void write_latency(FILE *script, const struct model *model, const struct scale *scale,
			  const struct arm_model *arm)
{
	write_gaps(script, model, arm);
	fprintf(script,
		"set logscale y\nset yrange [%g:%g]\nset ylabel 'ms'\nplot " FAULTS
		", $data using 1:6 with lines lc rgb '#d55e00' lw 1.4 dt 3 title 'longest', ",
		scale->least_ms / 2, scale->most_ms * 2);
	if (scale->percentiles)
		fputs("$data using 1:5 with lines lc rgb '#b37700' lw 1.8 dt 2 title '99 %', ",
		      script);
	fputs("$data using 1:4 with lines lc rgb '#0072b2' lw 2.4 title 'median', "
	      "$data using 1:8 with lines lc rgb '#d55e00' lw 3.4 title 'longest that failed', "
	      "$data using 1:9 with lines lc rgb '#b86698' lw 3.4 title 'of unknown outcome'\n",
	      script);
}

static void write_margin(FILE *script, const struct scale *scale)
{
	double air = (scale->most_margin_s - scale->least_margin_s) / 20;

	CHECK(air > 0); /* gnuplot takes no range without length */
	fprintf(script,
		"set yrange [%g:%g]\nset ylabel 's before the deadline'\nplot " FAULTS
		", 0 with lines lc rgb '#d55e00' lw 1.4 dt 3 title 'safe deadline'"
		", $data using 1:7 with lines lc rgb '#0072b2' lw 2.2 title 'closest renewal'\n",
		scale->least_margin_s - air, scale->most_margin_s + air);
}

static void write_rate(FILE *script, const struct scale *scale)
{
	fprintf(script,
		"set yrange [0:%g]\nset ylabel 'per second'\nplot " FAULTS
		", $data using 1:3 with lines lc rgb '#0072b2' lw 2.2 title 'lock cycles'\n",
		scale->most_per_s * 1.1);
}

/* Copies the drawing without its titles, which would show gnuplot's inner names as tooltips. */
static void copy_untitled(FILE *out, const char *drawing)
{
	static const char close[] = "</title>";
	const char *title, *after;

	while ((title = strstr(drawing, "<title>")) && (after = strstr(title, close))) {
		fwrite(drawing, 1, (size_t)(title - drawing), out);
		drawing = after + strlen(close);
	}
	fputs(drawing, out);
}

/* Takes over what lies between the definitions of gnuplot's next picture and its end, and goes on
 * behind it: that still closes the one group that its head opened, and may refer to nothing. */
static int take_drawing(FILE *out, char **svg, struct error *err)
{
	static const char *const forbidden[] = {"<script", "href", "<image", "<style", "url("};
	static const char head[] = "</defs>", tail[] = "</svg>";
	char *drawing = strstr(*svg, head);
	char *end = drawing ? strstr(drawing, tail) : NULL;

	if (!end)
		return error_set(err, EXIT_MACHINE_LACKS, "gnuplot drew something unknown");
	*end = '\0';
	*svg = end + strlen(tail);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (strcasestr(drawing, forbidden[i]))
			return error_set(err, EXIT_MACHINE_LACKS, "gnuplot's drawing has \"%s\"",
					 forbidden[i]);
	fputs("<g>", out);
	copy_untitled(out, drawing + strlen(head));
	return 0;
}

static void say_wait(FILE *out, const struct arm_model *arm)
{
	const int64_t *value = arm->judged ? arm->judged->measure : NULL;

	int64_t failed = arm->refusals, in_doubt = arm->in_doubt;

	fputs("how long did one wait for the lock? ", out);
	if (value && value[MEASURE_WAIT_MEDIAN] >= 0)
		fprintf(out, "Half of them got it within %.3g s, 99 of 100 within %.3g s.",
			(double)value[MEASURE_WAIT_MEDIAN] / 1e9,
			(double)value[MEASURE_WAIT_P99] / 1e9);
	fprintf(out,
		" %" PRId64 " acquires failed, of %" PRId64 " nobody knows what came of them: each "
		"step shows the longest.",
		failed, in_doubt);
}

static void say_margin(FILE *out, const struct model *model, const struct arm_model *arm)
{
	double least_s = INFINITY;

	for (int s = 0; s < model->slices; s++)
		if (!isnan(arm->slice[s].margin_s))
			least_s = fmin(least_s, arm->slice[s].margin_s);
	fputs("how close did renewals come to the safe deadline? ", out);
	if (arm->renewals == 0)
		fputs("None was acknowledged.", out);
	else
		fprintf(out,
			"%" PRId64 " of %" PRId64 " were acknowledged after it; the closest %s by "
			"%.3f s.",
			arm->late_renewals, arm->renewals, least_s < 0 ? "missed it" : "made it",
			fabs(least_s));
}

/* Against the first arm of all: that is the one without a guard, as a rule. */
static void say_cycles(FILE *out, const struct model *model, const struct arm_model *arm)
{
	const struct arm_model *first = &model->arm[0];

	fprintf(out, "how many lock cycles a second? %" PRId64 " in all", arm->acquisitions);
	if (arm != first && first->acquisitions > 0) {
		double share = (double)arm->acquisitions / (double)first->acquisitions - 1;

		fprintf(out, ", %.1f %% %s than %s", 100 * fabs(share),
			share < 0 ? "fewer" : "more", first->row->name);
	}
	fputc('.', out);
}

/* What to see, in numbers. The caller frees. */
static char *caption_of(const struct model *model, const struct arm_model *arm, enum plot plot)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	fprintf(out, "%s: ", arm->row->name);
	switch (plot) {
	case WAIT:
		say_wait(out, arm);
		break;
	case MARGIN:
		say_margin(out, model, arm);
		break;
	case CYCLES:
		say_cycles(out, model, arm);
		break;
	case PLOTS_COUNT:
		break;
	}
	text_end(out, &text);
	return text;
}

static void write_drawing(FILE *script, const struct model *model, const struct scale *scale,
			  int arm, enum plot plot)
{
	static const char *const names[PLOTS_COUNT] = {"latency", "margin", "cycles"};
	char name[32];

	CHECK(arm >= 0 && arm < model->arms && model->slices > 0);
	snprintf(name, sizeof(name), "arm%d%s", arm, names[plot]);
	CHECK(markup_is_plain(name)); /* no word from outside gets into the script */
	fputs("reset\n", script);
	write_data(script, model, &model->arm[arm]);
	write_setting(script, model, scale, name);
	switch (plot) {
	case WAIT:
		write_latency(script, model, scale, &model->arm[arm]);
		break;
	case MARGIN:
		write_margin(script, scale);
		break;
	case CYCLES:
	case PLOTS_COUNT:
		write_rate(script, scale);
		break;
	}
}

static int arms_plotted(const struct model *model)
{
	return model->arms < ARMS_PLOTTED ? model->arms : ARMS_PLOTTED;
}

/* All of them by one gnuplot: to start one takes longer than to draw. The caller frees. */
static char *draw_all(const struct model *model, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct scale scale = measure(model);
	char gnuplot[] = "gnuplot", settings[] = "--default-settings"; /* and nobody's .gnuplot */
	char *argv[] = {gnuplot, settings, NULL};
	char *svg = NULL;
	size_t size;
	FILE *script = text_begin(&text, &size);

	for (int plot = 0; plot < PLOTS_COUNT; plot++)
		for (int arm = 0; arm < arms_plotted(model); arm++)
			write_drawing(script, model, &scale, arm, (enum plot)plot);
	text_end(script, &text);
	process_run(argv, text, &svg, clock_now_ns() + DEADLINE_S * NS_PER_S, err);
	return svg;
}

static int write_figure(FILE *out, const char *title, char **svg, struct error *err)
{
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

static int write_figures(FILE *out, const struct model *model, struct error *err)
{
	_cleanup_free_ char *drawn = NULL;
	char *svg, gnuplot[PATH_MAX];

	if (process_find_program("gnuplot", gnuplot, sizeof(gnuplot)))
		return error_set(err, EXIT_MACHINE_LACKS, "gnuplot is not installed");
	svg = drawn = draw_all(model, err);
	if (!drawn)
		return -1;
	for (int plot = 0; plot < PLOTS_COUNT; plot++) {
		for (int arm = 0; arm < arms_plotted(model); arm++) {
			_cleanup_free_ char *caption =
				caption_of(model, &model->arm[arm], (enum plot)plot);

			if (write_figure(out, caption, &svg, err))
				return -1;
		}
		if (plot == WAIT)
			page_gaps(out, model, ARMS_PLOTTED);
	}
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
	int failed = write_figures(plots, model, &err);

	text_end(plots, &drawn);
	if (failed) {
		fputs("<p>The plots were left out: ", out);
		escape_html(out, err.text);
		fputs(". Everything else is complete.</p>\n", out);
		page_gaps(out, model, ARMS_PLOTTED);
	} else {
		fprintf(out,
			"<p class=\"muted\">Each step is %d s wide. All variants share the "
			"same scales. The shade is higher the more faults are under way at once; a "
			"bar on top of a wait: nobody acquired any lock then.</p>\n"
			"<div class=\"plots\">\n%s</div>\n",
			model->slice_s, drawn);
	}
	if (model->arms > ARMS_PLOTTED)
		fprintf(out, "<p>%d more variants are not plotted.</p>\n",
			model->arms - ARMS_PLOTTED);
	markup_end_section(out);
	return !failed;
}
