/*
 * The terminal's view of a judged trace. Everything fits into 80 columns.
 *
 * The drawing: one row for each operation of the certificate, from its invocation to its return,
 * and on from there the hold that it certainly began. An operation without an answer, and a hold
 * without an end, run off to the right.
 */
#include "reports/trace_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/escape.h"
#include "base/text.h"

enum {
	COLUMNS = 80,
	INDENT = 4,
	PATH_COLUMNS = 4096, /* whole, so that it can be copied */
	LABEL_COLUMNS = 31,
	PLOT_COLUMNS = COLUMNS - LABEL_COLUMNS - 2,
};

/* Facts --------------------------------------------------------------------------------------- */

static void add_fact(struct trace_facts *facts, const char *name, bool caveat, char *value)
{
	CHECK(facts->facts < TRACE_FACTS);
	facts->fact[facts->facts].name = name;
	facts->fact[facts->facts].caveat = caveat;
	facts->fact[facts->facts++].value = value;
}

void trace_facts_add(struct trace_facts *facts, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_fact(facts, name, false, text_format_args(format, args));
	va_end(args);
}

void trace_facts_warn(struct trace_facts *facts, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_fact(facts, name, true, text_format_args(format, args));
	va_end(args);
}

void trace_told_free(struct trace_told *told)
{
	trace_facts_free(&told->facts);
	explanation_free(&told->explanation);
	free(told->unread);
	free(told->name);
	*told = (struct trace_told){0};
}

void trace_facts_free(struct trace_facts *facts)
{
	for (int i = 0; i < facts->facts; i++)
		free(facts->fact[i].value);
	facts->facts = 0;
	free(facts->summary);
	facts->summary = NULL;
}

static const char *color_of(enum exit_code code)
{
	if (code == EXIT_AS_EXPECTED)
		return "\033[1;32m";
	return code == EXIT_VIOLATION ? "\033[1;31m" : "\033[1;33m";
}

void trace_print_facts(FILE *out, const struct trace_facts *facts, bool color)
{
	fprintf(out, "%s%s%s  %s%s", color ? color_of(facts->code) : "", facts->verdict,
		color ? "\033[0m" : "", facts->model, *facts->model ? "  " : "");
	escape_terminal(out, facts->name, PATH_COLUMNS);
	fputc('\n', out);
	escape_wrapped(out, "", INDENT, facts->summary);
}

/* The drawing --------------------------------------------------------------------------------- */

struct brush { /* a column each */
	const char *begin, *line, *end, *hold, *on, *tick, *axis;
};

static const struct brush ascii = {"|", "-", "|", "#", ">", "+", "-"};
static const struct brush box = {"├", "─", "┤", "█", "▶", "┴", "─"};

static int column_of(double at)
{
	int column = (int)(at * (PLOT_COLUMNS - 1) + 0.5);

	CHECK(column >= 0 && column < PLOT_COLUMNS);
	return column;
}

static void fill(const char **cell, int from, int until, const char *with)
{
	for (int i = from; i <= until; i++)
		cell[i] = with;
}

static void draw_row(FILE *out, const struct explanation_row *row, const struct brush *brush)
{
	const char *cell[PLOT_COLUMNS];
	bool open = row->returned < 0;
	int from = column_of(row->invoked),
	    until = open ? PLOT_COLUMNS - 1 : column_of(row->returned);

	CHECK(from <= until);
	fill(cell, 0, PLOT_COLUMNS - 1, " ");
	fill(cell, from, until, brush->line);
	if (row->held_from >= 0) {
		int held_until = column_of(row->held_until);

		CHECK(row->held_from <= row->held_until);
		fill(cell, column_of(row->held_from), held_until, brush->hold);
		if (row->held_on)
			cell[PLOT_COLUMNS - 1] = brush->on;
	}
	cell[from] = brush->begin;
	cell[until] = open ? brush->on : brush->end;

	fprintf(out, "%s ", row->culprit ? "*" : " ");
	int used = escape_terminal(out, row->who, LABEL_COLUMNS / 2);

	used += fprintf(out, " ");
	used += escape_terminal(out, row->what, LABEL_COLUMNS - 2 - used);
	CHECK(used <= LABEL_COLUMNS);
	fprintf(out, "%*s", LABEL_COLUMNS - used, "");
	int last = PLOT_COLUMNS - 1;

	while (cell[last][0] == ' ')
		last--;
	for (int i = 0; i <= last; i++)
		fputs(cell[i], out);
	fputc('\n', out);
}

/* The ticks' names, as many as have room: of the rest the order says enough. */
static void draw_axis(FILE *out, const struct explanation *explanation, const struct brush *brush)
{
	const char *cell[PLOT_COLUMNS];
	char names[PLOT_COLUMNS + 1];
	int free_from = 0;

	fill(cell, 0, PLOT_COLUMNS - 1, brush->axis);
	memset(names, ' ', PLOT_COLUMNS);
	names[PLOT_COLUMNS] = '\0';
	for (int i = 0; i < explanation->ticks; i++) {
		const struct explanation_tick *tick = &explanation->tick[i];
		int column = column_of(tick->at), length = (int)strlen(tick->text);

		CHECK(!i || explanation->tick[i - 1].at <= tick->at);
		cell[column] = brush->tick;
		if (column < free_from || column + length > PLOT_COLUMNS)
			continue;
		memcpy(names + column, tick->text, (size_t)length);
		free_from = column + length + 1;
	}
	fprintf(out, "%*s", LABEL_COLUMNS + 2, "");
	for (int i = 0; i < PLOT_COLUMNS; i++)
		fputs(cell[i], out);
	names[free_from > 0 ? free_from - 1 : 0] = '\0';
	fprintf(out, "\n%*s%s\n", LABEL_COLUMNS + 2, "", names);
}

static void draw(FILE *out, const struct explanation *explanation, bool boxes)
{
	const struct brush *brush = boxes ? &box : &ascii;
	bool holds = false, culprit = false;

	fputc('\n', out);
	for (int i = 0; i < explanation->rows; i++) {
		draw_row(out, &explanation->row[i], brush);
		holds |= explanation->row[i].held_from >= 0;
		culprit |= explanation->row[i].culprit;
	}
	draw_axis(out, explanation, brush);
	fprintf(out, "  %s%s%s invoked to returned%s%s%s%s\n\n", brush->begin, brush->line,
		brush->end, holds ? ", " : "", holds ? brush->hold : "",
		holds ? " certainly held" : "", culprit ? ", * fits nowhere" : "");
}

char *trace_proof_sentence(const struct explanation *explanation)
{
	switch (explanation->proof) {
	case EXPLANATION_VERIFIED:
		return text_format(
			"Verified: an independent search through every order of %s%" PRIu32
			" operations finds none that is legal.",
			explanation->proof_ops == 1 ? "the " : "these ", explanation->proof_ops);
	case EXPLANATION_UNVERIFIED:
		return text_format("Not verified independently: %" PRIu32 " operations.",
				   explanation->proof_ops);
	case EXPLANATION_REFUTED:
		return text_format("A BUG OF OURS: the independent search finds a legal order of "
				   "these %" PRIu32
				   " operations. Verdict and explanation contradict each other; "
				   "trust neither, and please report it with this file.",
				   explanation->proof_ops);
	}
	CHECK(!"a proof");
	return NULL;
}

void trace_print_explanation(FILE *out, const struct explanation *explanation, bool boxes)
{
	char *proof = trace_proof_sentence(explanation);

	CHECK(explanation->headline);
	fputc('\n', out);
	escape_wrapped(out, "", 0, explanation->headline);
	fputc('\n', out);
	for (int i = 0; i < explanation->sentences; i++)
		escape_wrapped(out, "  -", 4, explanation->sentence[i]);
	if (explanation->rows > 0)
		draw(out, explanation, boxes);
	else
		fputc('\n', out);
	escape_wrapped(out, "", 0, proof);
	free(proof);
}
