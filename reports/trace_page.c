/* The page of a judged trace: verdict, reasons, a drawing as inline SVG, the operations. */
#include "reports/trace_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/file.h"
#include "base/escape.h"
#include "reports/markup.h"
#include "reports/page.h"

enum { WIDTH = 960, LEFT = 240, RIGHT = 20, ROW = 34, AXIS_ROW = 34, TICK_ROOM = 84 };

static void write_head(FILE *out, const struct trace_facts *facts)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
	      out);
	escape_html(out, facts->name);
	fprintf(out, " - fencepost</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n",
		page_style);
	fputs("<header>\n<p class=\"kicker\">fencepost: is this history linearizable?</p>\n", out);
	markup_text(out, "h1", NULL, facts->name);
	fputs("\n</header>\n", out);
}

static void write_verdict(FILE *out, const struct trace_facts *facts)
{
	const char *class = facts->code == EXIT_AS_EXPECTED ? "safe"
			    : facts->code == EXIT_VIOLATION ? "unsafe"
							    : "inconclusive";

	fprintf(out, "<section class=\"banner\" aria-label=\"Verdict\">\n<div class=\"card %s\">\n",
		class);
	markup_text(out, "p", "verdict", facts->verdict);
	fputc('\n', out);
	markup_text(out, "p", NULL, facts->meaning);
	fputs("\n</div>\n</section>\n", out);
}

static void write_row_head(FILE *out, const char *text)
{
	fputs("<tr><th scope=\"row\">", out);
	escape_html(out, text);
	fputs("</th>", out);
}

static void write_facts(FILE *out, const struct trace_facts *facts)
{
	static const char *const heads[] = {"Fact", "Value", NULL};

	markup_section(out, "facts", "What was judged, and how");
	markup_table(out, "All that the verdict rests on", heads);
	for (int i = 0; i < facts->facts; i++) {
		write_row_head(out, facts->fact[i].name);
		markup_text(out, "td", NULL, facts->fact[i].value);
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
	markup_end_section(out);
}

/* The drawing --------------------------------------------------------------------------------- */

static double x_of(double at)
{
	return LEFT + at * (WIDTH - LEFT - RIGHT);
}

static void draw_text(FILE *out, const char *class, double x, double y, const char *text)
{
	fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
	escape_html(out, text);
	fputs("</text>\n", out);
}

static void draw_bar(FILE *out, const char *class, double from, double until, double y,
		     double height)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		class, x_of(from), y, fmax(x_of(until) - x_of(from), 2), height);
}

static void draw_line(FILE *out, const char *class, double x1, double y1, double x2, double y2)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		class, x1, y1, x2, y2);
}

static void draw_row(FILE *out, const struct explanation_row *row, double y)
{
	bool open = row->returned < 0;
	double until = open ? 1 : row->returned;
	char what[sizeof(row->what) + 16];

	CHECK(0 <= row->invoked && row->invoked <= until && until <= 1);
	CHECK(row->held_from < 0 || row->held_from <= row->held_until);
	snprintf(what, sizeof(what), "%s%s", row->what, row->culprit ? " (fits nowhere)" : "");
	draw_text(out, "row", 0, y + 10, row->who);
	draw_text(out, "small", 0, y + 24, what);
	draw_bar(out, row->culprit ? "ungranted" : "waiting", row->invoked, until, y + 5, 8);
	draw_line(out, "axis", x_of(row->invoked), y, x_of(row->invoked), y + 18);
	if (open)
		fprintf(out, "<path class=\"axis\" d=\"M%.1f,%.1f l8,5 l-8,5 z\"/>\n", x_of(1) - 6,
			y + 4);
	else
		draw_line(out, "axis", x_of(until), y, x_of(until), y + 18);
	if (row->held_from >= 0)
		draw_bar(out, "believed", row->held_from, row->held_until, y + 2, 14);
}

static void draw_axis(FILE *out, const struct explanation *explanation, double y)
{
	double free_from = 0;

	draw_line(out, "axis", LEFT, y, WIDTH - RIGHT, y);
	for (int i = 0; i < explanation->ticks; i++) {
		double x = x_of(explanation->tick[i].at);

		CHECK(!i || explanation->tick[i - 1].at <= explanation->tick[i].at);
		draw_line(out, "rail", x, 0, x, y + 5);
		if (x < free_from || x + TICK_ROOM > WIDTH)
			continue;
		draw_text(out, "mark", x, y + 20, explanation->tick[i].text);
		free_from = x + TICK_ROOM;
	}
}

static void draw(FILE *out, const struct explanation *explanation)
{
	int height = explanation->rows * ROW + AXIS_ROW;

	fprintf(out,
		"<div class=\"scroll\" tabindex=\"0\">\n<svg class=\"timeline\" viewBox=\"0 0 %d "
		"%d\" "
		"role=\"img\" aria-labelledby=\"drawing-title drawing-text\">\n"
		"<title id=\"drawing-title\">Timeline of the certificate</title>\n"
		"<desc id=\"drawing-text\">",
		WIDTH, height);
	escape_html(out, explanation->headline);
	fputs(" The table below the drawing lists the same operations.</desc>\n", out);
	draw_axis(out, explanation, explanation->rows * ROW);
	for (int i = 0; i < explanation->rows; i++)
		draw_row(out, &explanation->row[i], i * ROW);
	fputs("</svg>\n</div>\n<p class=\"muted\">Thin bars: from invocation to return; an arrow: "
	      "no "
	      "answer. Thick bars: certainly held. The order of events is exact, the distances "
	      "between them are drawn to scale only where there is room.</p>\n",
	      out);
}

static const char *text_at(const struct explanation *explanation, double at)
{
	for (int i = 0; i < explanation->ticks; i++)
		if (at >= 0 && fabs(explanation->tick[i].at - at) < 1e-12)
			return explanation->tick[i].text;
	return at >= 1 ? "end" : "-";
}

static void write_operations(FILE *out, const struct explanation *explanation)
{
	static const char *const heads[] = {"Who",      "What",      "#Line",      "Invoked",
					    "Returned", "Held from", "Held until", NULL};

	markup_table(out, "The operations of the certificate", heads);
	for (int i = 0; i < explanation->rows; i++) {
		const struct explanation_row *row = &explanation->row[i];

		write_row_head(out, row->who);
		markup_text(out, "td", NULL, row->what);
		markup_number(out, row->line);
		markup_text(out, "td", NULL, text_at(explanation, row->invoked));
		markup_text(out, "td", NULL, text_at(explanation, row->returned));
		markup_text(out, "td", NULL, text_at(explanation, row->held_from));
		markup_text(out, "td", NULL, text_at(explanation, row->held_until));
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
}

static void write_explanation(FILE *out, const struct explanation *explanation)
{
	char *proof = trace_proof_sentence(explanation);

	markup_section(out, "why", "Why");
	markup_text(out, "p", "sentence", explanation->headline);
	fputs("\n<ul>\n", out);
	for (int i = 0; i < explanation->sentences; i++) {
		markup_text(out, "li", NULL, explanation->sentence[i]);
		fputc('\n', out);
	}
	fputs("</ul>\n", out);
	markup_text(out, "p", NULL, proof);
	fputc('\n', out);
	if (explanation->rows > 0) {
		draw(out, explanation);
		write_operations(out, explanation);
	}
	markup_end_section(out);
	free(proof);
}

static void write_page(FILE *out, const struct trace_facts *facts,
		       const struct explanation *explanation)
{
	write_head(out, facts);
	write_verdict(out, facts);
	if (explanation)
		write_explanation(out, explanation);
	write_facts(out, facts);
	fputs("<footer class=\"muted\">Made by fencepost " FENCEPOST_VERSION
	      ". How to read this page: docs/traces.md.</footer>\n</main>\n</body>\n</html>\n",
	      out);
}

int trace_write_page(const char *path, const struct trace_facts *facts,
		     const struct explanation *explanation, struct error *err)
{
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	write_page(file.out, facts, explanation);
	return file_end(&file, 0, err);
}
