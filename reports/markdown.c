/*
 * Markdown, of few lines. Whatever comes from outside stands in a code span, in which nothing is
 * markup, no address a link and no name a mention; its own back quotes become apostrophes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/printable.h"
#include "base/text.h"
#include "reports/answer.h"
#include "reports/model.h"
#include "reports/run_outcome.h"
#include "reports/short_reports.h"
#include "reports/threshold.h"
#include "reports/words.h"

enum { ARMS_SHOWN = 20, THRESHOLDS_SHOWN = 10, TEXT_LONGEST = 700 };

/* In a code span; `cell`: of a table, whose bars would end it. */
static void write_text(FILE *out, const char *text, bool cell)
{
	_cleanup_free_ char *line = printable_text(text && *text ? text : "-");
	int written = 0;

	fputc('`', out);
	for (const char *at = line; *at; at++) {
		bool begins = (*at & 0xC0) != 0x80;

		if (begins && ++written > TEXT_LONGEST) {
			fputs("...", out);
			break;
		}
		if (cell && *at == '|')
			fputc('\\', out);
		fputc(*at == '`' ? '\'' : *at, out);
	}
	fputc('`', out);
}

static void write_section(FILE *out, const char *head, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "**%s** ", head);
	write_text(out, text, false);
	fputs("\n\n", out);
}

static void write_found(FILE *out, const struct judgement *judged)
{
	int named = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (judged->definite[name])
			fprintf(out, "%s%s %" PRId64, named++ ? ", " : "",
				violation_word((enum violation_name)name), judged->definite[name]);
	fputs(named ? "" : "none", out);
}

static void write_row(FILE *out, const struct history *history, const struct judgement *judged)
{
	char trials[WORDS_SIZE], rate[WORDS_SIZE];

	fputs("| ", out);
	write_text(out, judged->subject, true);
	fprintf(out, " | %s | ", verdict_word(judged->verdict));
	write_text(out, outcome_expected(history, judged), true);
	if (judged->arm >= 0)
		fprintf(out, " | %s, %s | ", words_trials(trials, judged),
			words_rate(rate, judged));
	else
		fputs(" | | ", out);
	write_found(out, judged);
	fputs(" |\n", out);
}

static void write_table(FILE *out, const struct model *model)
{
	const struct verdicts *verdicts = model->verdicts;
	int shown = 0;

	fputs("| subject | verdict | expected | rate (95 %) | definite violations |\n"
	      "|---|---|---|---|---|\n",
	      out);
	for (int i = 0; i < verdicts->judgements; i++) {
		const struct judgement *judged = &verdicts->judgement[i];

		if (judged->arm >= 0 && shown++ >= ARMS_SHOWN)
			continue;
		write_row(out, model->history, judged);
	}
	if (shown > ARMS_SHOWN)
		fprintf(out, "\n%d more arms are in result.json.\n", shown - ARMS_SHOWN);
	fputc('\n', out);
}

static void write_thresholds(FILE *out, const struct model *model)
{
	int count;
	struct threshold_result *result = thresholds_judge(model->history, model->verdicts, &count);

	for (int i = 0; i < count && i < THRESHOLDS_SHOWN; i++) {
		char value[WORDS_SIZE];

		fprintf(out, "- %s: ", threshold_met_word(result[i].met));
		write_text(out, result[i].threshold.text, false);
		fprintf(out, " (is %s)\n", threshold_value(&result[i], value, sizeof(value)));
	}
	if (count > THRESHOLDS_SHOWN)
		fprintf(out, "- and %d thresholds more\n", count - THRESHOLDS_SHOWN);
	if (count)
		fputc('\n', out);
	free(result);
}

static void write_all(FILE *out, const struct model *model, const struct answer *answer)
{
	static const char *const keys[] = {"campaign_name", "etcd", "started", "command"};
	static const char *const names[] = {"Campaign", "etcd", "Started", "Again"};

	fputs("## fencepost: is this lock safe?\n\n", out);
	write_section(out, "Answer:", answer->headline);
	write_section(out, "In numbers:", answer->data);
	if (!model->history->sealed)
		fputs("**Not sealed:** the run did not end in order.\n\n", out);
	write_table(out, model);
	write_thresholds(out, model);
	write_section(out, "What broke:", answer->broke);
	write_section(out, "Why:", answer->why);
	write_section(out, "What would have stopped it:", answer->stopped);
	write_section(out, "Outcome:", answer->outcome);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		fprintf(out, "- %s: ", names[i]);
		write_text(out, history_text(model->history, keys[i]), false);
		fputc('\n', out);
	}
}

int report_write_markdown(const struct model *model, FILE *out, struct error *err)
{
	struct answer answer;

	if (answer_build(model, &answer, err))
		return -1;
	write_all(out, model, &answer);
	answer_free(&answer);
	if (fflush(out) || ferror(out))
		return error_errno(err, EXIT_MACHINE_LACKS,
				   "the Markdown report cannot be written");
	return 0;
}
