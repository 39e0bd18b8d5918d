/* The first screen: is the lock safe, what broke, why, what would have stopped it, what to change,
 * how to see it again. */
#include "reports/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "reports/answer.h"
#include "reports/glossary.h"
#include "reports/known.h"
#include "reports/markup.h"
#include "reports/what_to_change.h"
#include "reports/words.h"

enum { ARMS_LISTED = 4 };

static const char *verdict_class(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return "safe";
	case VERDICT_UNSAFE:
		return "unsafe";
	case VERDICT_INCONCLUSIVE:
		return "inconclusive";
	case VERDICT_BROKEN:
		return "broken";
	}
	return "";
}

static const char *verdict_sign(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return "\u2713";
	case VERDICT_UNSAFE:
		return "\u2717";
	case VERDICT_INCONCLUSIVE:
		return "?";
	case VERDICT_BROKEN:
		return "!";
	}
	return "";
}

void page_verdict(FILE *out, enum verdict verdict)
{
	fprintf(out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		verdict_class(verdict), verdict_sign(verdict), verdict_word(verdict));
}

void page_interval(FILE *out, const struct judgement *judged)
{
	double low = 200 * judged->rate_low, width = fmax(200 * judged->rate_high - low, 1);
	char rate[WORDS_SIZE];

	if (isnan(judged->rate) || isnan(low) || isnan(width))
		return;
	fprintf(out,
		"<svg class=\"interval\" viewBox=\"-5 0 210 12\" role=\"img\"><title>%s, on a line "
		"from 0 to 100 %%</title><line class=\"axis\" x1=\"0\" y1=\"6\" x2=\"200\" "
		"y2=\"6\"/><rect class=\"likely\" x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"8\" "
		"rx=\"2\"/><circle class=\"rate\" cx=\"%.1f\" cy=\"6\" r=\"4\"/></svg>",
		words_rate(rate, judged), low, fmin(width, 205 - low), 200 * judged->rate);
}

/* The heading --------------------------------------------------------------------------------- */

static void write_fact(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, " \u00b7 %s", name);
	escape_html(out, value);
}

static void write_kicker(FILE *out, const struct model *model)
{
	const struct history *history = model->history;

	fputs("<p class=\"kicker\">fencepost " FENCEPOST_VERSION, out);
	write_fact(out, "campaign ", history_text(history, "campaign_name"));
	write_fact(out, "", history_text(history, "started"));
	fprintf(out, " \u00b7 %.1f s \u00b7 seed %" PRIu64, (double)model->length_ns / 1e9,
		(uint64_t)history->seed);
	write_fact(out, "etcd ", history_text(history, "etcd"));
	fputs("</p>\n", out);
}

/* A machine that stood still is a fault that nobody planned. */
static void warn_of_gap(FILE *out, const struct model *model)
{
	int shortest_ms = 0;

	for (int i = 0; i < model->arms; i++) {
		int ttl_ms = model->arm[i].row->ttl_ms;

		if (ttl_ms > 0 && (shortest_ms == 0 || ttl_ms < shortest_ms))
			shortest_ms = ttl_ms;
	}
	double gap_s = (double)model->history->worst_gap_ns / 1e9;

	if (shortest_ms && gap_s > shortest_ms / 1e4)
		fprintf(out,
			"<p class=\"warning\"><strong>The machine was busy:</strong> nothing of "
			"this run "
			"ran for %.3f s (TTL %g s). Part of what was found may be its doing.</p>\n",
			gap_s, shortest_ms / 1e3);
}

static void write_heading(FILE *out, const struct model *model, const struct answer *answer)
{
	fputs("<header>\n", out);
	write_kicker(out, model);
	fprintf(out, "<h1><span aria-hidden=\"true\">%s</span> ", verdict_sign(answer->verdict));
	escape_html(out, answer->headline);
	fputs("</h1>\n", out);
	if (*answer->data)
		glossary_text(out, "p", "data", answer->data);
	if (model->verdicts->judgements)
		markup_text(out, "p", "outcome", answer->outcome);
	fputc('\n', out);
	warn_of_gap(out, model);
	fputs("</header>\n", out);
}

/* A line for each arm, where they are few: the others stand in a table. */
static void write_verdicts(FILE *out, const struct model *model)
{
	char trials[WORDS_SIZE], rate[WORDS_SIZE];

	if (model->arms > ARMS_LISTED)
		return;
	fputs("<ul class=\"verdicts\">\n", out);
	for (int i = 0; i < model->arms; i++) {
		const struct judgement *judged = model->arm[i].judged;

		if (!judged)
			continue;
		fputs("<li>", out);
		page_verdict(out, judged->verdict);
		fputs(" <strong>", out);
		escape_html(out, model->arm[i].row->name);
		fputs("</strong> <span>", out);
		glossary_prose(out, words_trials(trials, judged));
		fprintf(out, "; %s</span> ", words_rate(rate, judged));
		page_interval(out, judged);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

/* The answers --------------------------------------------------------------------------------- */

static void write_answer(FILE *out, const char *id, const char *class, const char *question,
			 const char *text)
{
	markup_card(out, id, class, question);
	glossary_text(out, "p", NULL, text);
	fputs("\n</section>\n", out);
}

static void write_change(FILE *out, const struct model *model, const struct answer *answer)
{
	markup_card(out, "change", "plain wide", "What to change");
	fputs("<ol class=\"changes\">\n", out);
	what_to_change_write_html(out, &model->advice);
	if (model->advice.items == 0 && answer->verdict == VERDICT_SAFE)
		fputs("<li>Nothing, as far as this run has tested.</li>\n", out);
	else if (model->advice.items == 0)
		fputs("<li>Nothing that this run can show.</li>\n", out);
	fputs("</ol>\n</section>\n", out);
}

/* The page lies in the folder of its run: "." is the run, wherever it was moved to. */
static void write_again(FILE *out, const struct model *model)
{
	const char *command = history_text(model->history, "command");
	const char *program = history_text(model->history, "program");

	markup_card(out, "again", "plain", "See it again");
	if (model->gravest) {
		_cleanup_free_ char *quoted = NULL;
		size_t size;
		FILE *name = text_begin(&quoted, &size);

		text_print_quoted(name, program ? program : "fencepost");
		text_end(name, &quoted);
		fputs("<p>In the folder of this page:</p>\n<pre class=\"command\"><code>", out);
		escape_html(out, quoted);
		fprintf(out, " replay . --violation %" PRId64 " --output ..\n", model->gravest->id);
		escape_html(out, quoted);
		fprintf(out, " shrink . --violation %" PRId64 " --output ../shrink</code></pre>\n",
			model->gravest->id);
	} else if (command) {
		fputs("<p>The same faults again:</p>\n<pre class=\"command\"><code>", out);
		escape_html(out, command);
		fputs("</code></pre>\n", out);
	} else {
		fprintf(out, "<p>The history holds no command. Its seed is %" PRIu64 ".</p>\n",
			(uint64_t)model->history->seed);
	}
	fputs("</section>\n", out);
}

static void write_service(FILE *out, const struct model *model)
{
	const struct judgement *service = model->service;
	_cleanup_free_ char *found = answer_service(model);

	if (!service)
		return;
	markup_card(out, "service", verdict_class(service->verdict), "The service itself");
	fputs("<p>", out);
	page_verdict(out, service->verdict);
	fputs("</p>\n", out);
	glossary_text(out, "p", NULL, *found ? found : service->why);
	if (*found) {
		fputs("\n<ul class=\"changes\">\n", out);
		known_write_html(model->history, model->verdicts, out);
		fputs("</ul>", out);
	}
	fputs("\n</section>\n", out);
}

static void write_answers(FILE *out, const struct model *model, const struct answer *answer)
{
	const char *class = model->gravest                    ? "unsafe"
			    : answer->verdict == VERDICT_SAFE ? "safe"
							      : "plain";

	fputs("<div class=\"answers\">\n", out);
	write_answer(out, "broke", class, "What broke", answer->broke);
	write_answer(out, "why", class, "Why", answer->why);
	write_answer(out, "stopped", answer_guarded(model) ? "safe" : "plain",
		     "What would have stopped it", answer->stopped);
	write_change(out, model, answer);
	write_again(out, model);
	write_service(out, model);
	fputs("</div>\n", out);
}

int page_answer(FILE *out, const struct model *model, struct error *err)
{
	struct answer answer;

	if (answer_build(model, &answer, err))
		return -1;
	write_heading(out, model, &answer);
	write_verdicts(out, model);
	write_answers(out, model, &answer);
	answer_free(&answer);
	return 0;
}
