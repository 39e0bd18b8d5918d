/* All cells with their intervals and counts; and how far predicted and measured lie apart. */
#include "reports/sweep_page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "reports/markup.h"
#include "reports/words.h"

/* Predicted beside measured ------------------------------------------------------------------- */

struct agreement {
	int cells, inside;   /* of which both are known; predicted within the interval */
	double median, most; /* how far predicted lies from measured, of that */
};

static int by_size(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static struct agreement agreement_of(const struct sweep_view *view, enum sweep_figure_name name)
{
	struct agreement agreement = {0};
	double *off;

	ARRAY_NEW(off, view->cells);
	for (int i = 0; i < view->measured; i++) {
		const struct sweep_figure *figure = &view->cell[i].cell->figure[name];
		double predicted = view->cell[i].predicted[name];

		if (isnan(predicted) || isnan(figure->value) || figure->value <= 0)
			continue;
		off[agreement.cells++] = fabs(predicted / figure->value - 1);
		agreement.inside += predicted >= figure->low && predicted <= figure->high;
	}
	array_sort(off, (size_t)agreement.cells, sizeof(*off), by_size);
	if (agreement.cells) {
		agreement.median = off[(agreement.cells - 1) / 2];
		agreement.most = off[agreement.cells - 1];
	}
	CHECK(agreement.inside <= agreement.cells && agreement.median <= agreement.most);
	free(off);
	return agreement;
}

void sweep_page_agreement(FILE *out, const struct sweep_view *view)
{
	static const char *const heads[] = {
		"Figure",           "#Cells", "#Within its interval", "#Off by, half of them",
		"#Off by, at most", NULL};
	char text[WORDS_SIZE];

	markup_section(out, "agreement", "Predicted beside measured");
	markup_table(out,
		     "What fencepost predict says of each cell, against what was measured in it",
		     heads);
	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++) {
		struct agreement agreement = agreement_of(view, (enum sweep_figure_name)i);

		fputs("<tr>", out);
		fprintf(out, "<th scope=\"row\">%s</th>", sweep_figure_rows[i].sentence);
		markup_number(out, agreement.cells);
		if (!agreement.cells) {
			fputs("<td colspan=\"3\">not both are known of any cell</td></tr>\n", out);
			continue;
		}
		markup_number(out, agreement.inside);
		markup_text(out, "td", "number", words_percent(text, agreement.median));
		markup_text(out, "td", "number", words_percent(text, agreement.most));
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
	markup_end_section(out);
}

/* All cells ----------------------------------------------------------------------------------- */

static void write_settings(FILE *out, const struct sweep_view *view, const struct seen_cell *seen)
{
	const struct lease *lease = &seen->cell->lease;

	fprintf(out, "<tr id=\"cell-%d\"><th scope=\"row\">%d%s%s</th>", seen->rank, seen->rank,
		seen->front ? " <span class=\"tag\">front</span>" : "",
		seen == view->point ? " <span class=\"tag\">you</span>" : "");
	fprintf(out, "<td class=\"number\" data-label=\"TTL\">%g s</td>",
		(double)lease->ttl_ns / NS_PER_S);
	fprintf(out, "<td class=\"number\" data-label=\"heartbeat\">%g s</td>",
		(double)lease->heartbeat_ns / NS_PER_S);
	fprintf(out, "<td class=\"number\" data-label=\"retries\">%d</td>", lease->retries);
	if (view->election.count > 1)
		fprintf(out, "<td class=\"number\" data-label=\"election time-out\">%g s</td>",
			seen->cell->election_ms / 1e3);
}

static void write_figure(FILE *out, const struct seen_cell *seen, enum sweep_figure_name name)
{
	const struct sweep_figure *figure = &seen->cell->figure[name];
	char text[SWEEP_WORDS];

	fprintf(out, "<td class=\"number\" data-label=\"%s\">", sweep_figure_rows[name].sentence);
	fprintf(out, "<b>%s</b>", sweep_number(text, name, figure->value));
	if (!isnan(figure->value))
		fprintf(out, " <span class=\"muted\">%s</span>",
			sweep_interval(text, name, figure));
	if (!isnan(seen->predicted[name]))
		fprintf(out, " <span class=\"muted\">predicted %s</span>",
			sweep_number(text, name, seen->predicted[name]));
	fputs("</td>", out);
}

static void write_counts(FILE *out, const struct sweep_cell *cell)
{
	fprintf(out,
		"<td class=\"counts\" data-label=\"counted\">%" PRId64 " stale in %" PRId64
		" exposures; %" PRId64 " lost in %.3g h held; %" PRId64 " failovers",
		cell->stale, cell->exposures, cell->lost, cell->held_s / 3600, cell->failovers);
	if (cell->failovers_cut_off)
		fprintf(out, " and %" PRId64 " cut off", cell->failovers_cut_off);
	fprintf(out, "; %" PRId64 " renewals in %.3g s</td>", cell->renewals, cell->measured_s);
}

static void write_runs(FILE *out, const struct sweep_cell *cell)
{
	fputs("<td data-label=\"runs\">", out);
	for (int i = 0; i < cell->runs; i++) {
		fputs(i ? ", " : "", out);
		markup_run_link(out, cell->run[i].folder);
		fputs(" (", out);
		escape_html(out, cell->run[i].arm);
		fputs(")", out);
	}
	fputs("</td></tr>\n", out);
}

static void write_row(FILE *out, const struct sweep_view *view, const struct seen_cell *seen)
{
	write_settings(out, view, seen);
	if (seen->cell->state == SWEEP_MEASURED) {
		for (int i = 0; i < SWEEP_FIGURES_COUNT; i++)
			write_figure(out, seen, (enum sweep_figure_name)i);
		write_counts(out, seen->cell);
	} else {
		fprintf(out, "<td colspan=\"%d\">%s: ", SWEEP_FIGURES_COUNT + 1,
			sweep_state_word(seen->cell->state));
		escape_html(out, seen->cell->reason);
		fputs("</td>", out);
	}
	write_runs(out, seen->cell);
}

void sweep_page_table(FILE *out, const struct sweep_view *view)
{
	enum { LAST_SETTING = 3 };
	static const char *const heads[] = {
		"No.",
		"#TTL",
		"#Heartbeat",
		"#Retries",
		"#Stale writes of 1,000 exposures",
		"#Stale writes /h held",
		"#Lost locks /h held",
		"#Failover half, s",
		"#Failover 99 %, s",
		"#Renewals /s",
		"Counted",
		"Runs",
		NULL,
	};

	_Static_assert(sizeof(heads) / sizeof(heads[0]) == SWEEP_FIGURES_COUNT + 7,
		       "a head for each figure");
	markup_section(out, "cells", "All cells");
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"stacked cells\">\n"
	      "<caption>By harm, then failover, then renewals; of each figure its 95 % interval "
	      "and what is predicted</caption>\n<thead><tr>",
	      out);
	for (const char *const *head = heads; *head; head++) {
		fprintf(out, "<th scope=\"col\"%s>%s</th>",
			**head == '#' ? " class=\"number\"" : "", *head + (**head == '#'));
		if (head == &heads[LAST_SETTING] && view->election.count > 1)
			fputs("<th scope=\"col\" class=\"number\">Election time-out</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < view->cells; i++)
		write_row(out, view, &view->cell[i]);
	markup_end_table(out);
	markup_end_section(out);
}
