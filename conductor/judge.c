#include "conductor/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "checker/checker.h"
#include "reports/report.h"

enum { MIN_EXPOSURES = 30, VIOLATIONS_KEPT = 200 };

static void show_progress(void *context, int done, int lanes)
{
	(void)context;
	log_progress("checking: %d of %d lanes", done, lanes);
}

static int judge(struct judged *judged, struct error *err)
{
	const char *wanted = history_text(&judged->history, "min_exposures");
	struct checker_config config = {
		.min_exposures = wanted && atoi(wanted) > 0 ? atoi(wanted) : MIN_EXPOSURES,
		.violations_kept = VIOLATIONS_KEPT,
		.progress = show_progress,
	};

	if (checker_judge(&judged->history, &config, &judged->verdicts, err))
		return -1;
	if (verdicts_store(&judged->history, &judged->verdicts, err) == 0)
		return 0;
	verdicts_free(&judged->verdicts);
	return -1;
}

int judge_open(const char *path, struct judged *judged, struct error *err)
{
	memset(judged, 0, sizeof(*judged));
	if (history_open(path, &judged->history, err))
		return -1;
	if (judge(judged, err) == 0)
		return 0;
	history_close(&judged->history);
	return -1;
}

int judge_reopen(const char *path, struct judged *judged, struct error *err)
{
	memset(judged, 0, sizeof(*judged));
	if (history_open(path, &judged->history, err))
		return -1;
	if (verdicts_load(&judged->history, &judged->verdicts, err) == 0 &&
	    (judged->verdicts.judgements > 0 || judge(judged, err) == 0))
		return 0;
	history_close(&judged->history);
	return -1;
}

void judge_close(struct judged *judged)
{
	verdicts_free(&judged->verdicts);
	history_close(&judged->history);
}

static const char *expected_of(const struct judged *judged, const struct judgement *judgement)
{
	const char *expected = judgement->arm >= 0 ? judged->history.arm[judgement->arm].expect
						   : history_text(&judged->history, "service_expect");

	return expected ? expected : "any";
}

static enum exit_code code_of(const struct judgement *judgement, const char *expected)
{
	bool any = strcmp(expected, "any") == 0;
	bool safe = strcmp(expected, "safe") == 0;

	switch (judgement->verdict) {
	case VERDICT_BROKEN:
		return EXIT_OUR_FAULT;
	case VERDICT_INCONCLUSIVE:
		return any ? EXIT_AS_EXPECTED : EXIT_INCONCLUSIVE;
	case VERDICT_SAFE:
		return any || safe ? EXIT_AS_EXPECTED : EXIT_VIOLATION;
	case VERDICT_UNSAFE:
		return any || !safe ? EXIT_AS_EXPECTED : EXIT_VIOLATION;
	}
	return EXIT_OUR_FAULT;
}

/* The gravest of two: broken, then violation, then inconclusive. */
static enum exit_code graver(enum exit_code a, enum exit_code b)
{
	static const enum exit_code order[] = {EXIT_OUR_FAULT, EXIT_VIOLATION, EXIT_INCONCLUSIVE};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return EXIT_AS_EXPECTED;
}

enum exit_code judge_exit_code(const struct judged *judged)
{
	enum exit_code code = EXIT_AS_EXPECTED;

	for (int i = 0; i < judged->verdicts.judgements; i++) {
		const struct judgement *judgement = &judged->verdicts.judgement[i];

		code = graver(code, code_of(judgement, expected_of(judged, judgement)));
	}
	return code;
}

static int write_json(const struct judged *judged, const char *path, struct error *err)
{
	_cleanup_free_ char *beside = NULL;

	if (asprintf(&beside, "%s.new", path) < 0)
		return error_errno(err, EXIT_OUR_FAULT, "%s", path);
	FILE *out = fopen(beside, "we");

	if (!out)
		return error_errno(err, EXIT_BAD_USAGE, "cannot write %s", beside);
	int failed = report_write_json(&judged->history, &judged->verdicts, out, err);

	if (fclose(out) && !failed)
		failed = error_errno(err, EXIT_BAD_USAGE, "cannot write %s", beside);
	if (!failed && rename(beside, path))
		failed = error_errno(err, EXIT_BAD_USAGE, "cannot write %s", path);
	if (failed)
		unlink(beside);
	return failed;
}

int judge_write_reports(const struct judged *judged, const char *run_dir, struct error *err)
{
	_cleanup_free_ char *html = NULL, *json = NULL;
	bool plots = false;

	if (asprintf(&html, "%s/report.html", run_dir) < 0 ||
	    asprintf(&json, "%s/result.json", run_dir) < 0)
		return error_errno(err, EXIT_OUR_FAULT, "reports");
	if (write_json(judged, json, err) ||
	    report_write_html(&judged->history, &judged->verdicts, html, &plots, err))
		return -1;
	if (!plots)
		log_line("the report has no plots: gnuplot is missing or failed");
	return 0;
}
