/* JUnit's XML, in the shape that both Ant's and Jenkins' schemas take (tests/e2e/junit.xsd). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/model.h"
#include "reports/run_outcome.h"
#include "reports/short_reports.h"
#include "reports/threshold.h"
#include "reports/words.h"

enum { SUMMARIES = 5 };

enum result { RESULT_PASSED, RESULT_FAILED, RESULT_SKIPPED, RESULT_ERROR, RESULTS };

static const char *const elements[RESULTS] = {NULL, "failure", "skipped", "error"};

static enum result result_of(const struct history *history, const struct judgement *judged)
{
	switch (judgement_match(judged, outcome_expected(history, judged))) {
	case MATCH_BROKEN:
		return RESULT_ERROR;
	case MATCH_MISSED:
		return RESULT_FAILED;
	case MATCH_UNTOLD:
		return RESULT_SKIPPED;
	case MATCH_MET:
		break;
	}
	return judged->verdict == VERDICT_INCONCLUSIVE ? RESULT_SKIPPED : RESULT_PASSED;
}

static enum result result_of_met(enum met met)
{
	switch (met) {
	case THRESHOLD_MET:
		return RESULT_PASSED;
	case THRESHOLD_MISSED:
		return RESULT_FAILED;
	case THRESHOLD_UNTOLD:
		return RESULT_SKIPPED;
	}
	return RESULT_ERROR;
}

static void write_case(FILE *out, const char *name, enum result result, const char *message,
		       const char *body)
{
	CHECK(result < RESULTS);
	fputs("<testcase classname=\"fencepost\" name=\"", out);
	escape_html(out, name);
	fputs("\" time=\"0\"", out);
	if (result == RESULT_PASSED) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, "><%s message=\"", elements[result]);
	escape_html(out, message);
	fprintf(out, "\" type=\"%s\"", elements[result]);
	if (result == RESULT_SKIPPED) {
		fputs("/></testcase>\n", out);
		return;
	}
	fputc('>', out);
	escape_html(out, body);
	fprintf(out, "</%s></testcase>\n", elements[result]);
}

/* The first sentences of what was found of it. */
static char *list_found(const struct verdicts *verdicts, int arm)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int said = 0;

	for (int i = 0; i < verdicts->violations && said < SUMMARIES; i++) {
		const struct violation *violation = &verdicts->violation[i];

		if (violation->arm == arm && violation->definite && ++said)
			fprintf(out, "%s: %s\n", violation_word(violation->name),
				violation->summary);
	}
	text_end(out, &text);
	return text;
}

static void write_subject(FILE *out, const struct history *history, const struct verdicts *verdicts,
			  const struct judgement *judged)
{
	char trials[WORDS_SIZE], rate[WORDS_SIZE];
	const char *expected = outcome_expected(history, judged);
	bool late = judged->measure[MEASURE_LATE_ACQUIRES] > 0;
	_cleanup_free_ char *body = list_found(verdicts, judged->arm);
	_cleanup_free_ char *name = text_format(
		"%s %s, expected: %s", judged->arm >= 0 ? "arm" : "the", judged->subject, expected);
	_cleanup_free_ char *message =
		text_format("%s: %s, %s%s; %s", verdict_word(judged->verdict),
			    words_trials(trials, judged), words_rate(rate, judged),
			    late ? ", stuck for longer than its acquire-within" : "", judged->why);

	write_case(out, name, result_of(history, judged), message, body);
}

static void write_threshold(FILE *out, const struct threshold_result *result)
{
	char value[WORDS_SIZE];
	_cleanup_free_ char *name = text_format("threshold %s", result->threshold.text);
	_cleanup_free_ char *message =
		text_format("is %s", threshold_value(result, value, sizeof(value)));

	write_case(out, name, result_of_met(result->met), message, "");
}

static void write_property(FILE *out, const struct history *history, const char *key,
			   const char *name)
{
	const char *value = history_text(history, key);

	if (!value)
		return;
	fprintf(out, "<property name=\"%s\" value=\"", name);
	escape_html(out, value);
	fputs("\"/>\n", out);
}

/* XML's moment has no letter behind it here: both schemas ask for that. */
static void write_started(FILE *out, const struct history *history)
{
	const char *started = history_text(history, "started");
	bool sound = started && strlen(started) >= 19 && strspn(started, "0123456789-:T") >= 19 &&
		     started[10] == 'T';

	fprintf(out, "%.19s", sound ? started : "1970-01-01T00:00:00");
}

static void write_suite(FILE *out, const struct history *history, const struct verdicts *verdicts,
			const struct threshold_result *threshold, int thresholds)
{
	const char *campaign = history_text(history, "campaign_name");
	int results[RESULTS] = {0};

	for (int i = 0; i < verdicts->judgements; i++)
		results[result_of(history, &verdicts->judgement[i])]++;
	for (int i = 0; i < thresholds; i++)
		results[result_of_met(threshold[i].met)]++;
	fputs("<testsuite name=\"fencepost ", out);
	escape_html(out, campaign ? campaign : "run");
	fputs("\" package=\"fencepost\" id=\"0\" hostname=\"localhost\" timestamp=\"", out);
	write_started(out, history);
	fprintf(out,
		"\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n",
		verdicts->judgements + thresholds, results[RESULT_FAILED], results[RESULT_ERROR],
		results[RESULT_SKIPPED],
		history->duration_ns > 0 ? (double)history->duration_ns / 1e9 : 0);
	fputs("<properties>\n", out);
	write_property(out, history, "etcd", "etcd");
	write_property(out, history, "command", "command");
	write_property(out, history, "fencepost", "fencepost");
	fputs("</properties>\n", out);
	for (int i = 0; i < verdicts->judgements; i++)
		write_subject(out, history, verdicts, &verdicts->judgement[i]);
	for (int i = 0; i < thresholds; i++)
		write_threshold(out, &threshold[i]);
	_cleanup_free_ char *said =
		outcome_sentence(history, verdicts, outcome_exit_code(history, verdicts));

	fputs("<system-out>", out);
	if (outcome_was_interrupted(history))
		fputs("INTERRUPTED: this is of what there was by then\n", out);
	escape_html(out, said);
	fputs("</system-out>\n<system-err></system-err>\n</testsuite>\n", out);
}

int report_write_junit(const struct model *model, FILE *out, struct error *err)
{
	const struct history *history = model->history;
	const struct verdicts *verdicts = model->verdicts;
	int thresholds;
	struct threshold_result *threshold = thresholds_judge(history, verdicts, &thresholds);

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	write_suite(out, history, verdicts, threshold, thresholds);
	fputs("</testsuites>\n", out);
	free(threshold);
	if (fflush(out) || ferror(out))
		return error_errno(err, EXIT_MACHINE_LACKS, "the JUnit report cannot be written");
	return 0;
}
