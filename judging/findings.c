#include "judging/findings.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "checker/checker.h"
#include "reports/report.h"

enum { MIN_EXPOSURES = 30, VIOLATIONS_KEPT = 200 };

static void show_progress(void *context, int done, int lanes)
{
	(void)context;
	log_progress("checking: %d of %d lanes", done, lanes);
}

static int judge(struct findings *findings, struct error *err)
{
	const char *wanted = history_text(&findings->history, "min_exposures");
	struct checker_config config = {
		.min_exposures = wanted && atoi(wanted) > 0 ? atoi(wanted) : MIN_EXPOSURES,
		.violations_kept = VIOLATIONS_KEPT,
		.progress = show_progress,
	};

	if (checker_judge(&findings->history, &config, &findings->verdicts, err))
		return -1;
	if (verdicts_store(&findings->history, &findings->verdicts, err) == 0)
		return 0;
	verdicts_free(&findings->verdicts);
	return -1;
}

int findings_open(const char *path, struct findings *findings, struct error *err)
{
	if (history_open(path, &findings->history, err))
		return -1;
	if (judge(findings, err) == 0)
		return 0;
	history_close(&findings->history);
	return -1;
}

int findings_reopen(const char *path, struct findings *findings, struct error *err)
{
	if (history_open(path, &findings->history, err))
		return -1;
	if (verdicts_load(&findings->history, &findings->verdicts, err) == 0 &&
	    (findings->verdicts.judgements > 0 || judge(findings, err) == 0))
		return 0;
	history_close(&findings->history);
	return -1;
}

void findings_close(struct findings *findings)
{
	verdicts_free(&findings->verdicts);
	history_close(&findings->history);
}

static const char *expected_of(const struct findings *findings, const struct judgement *judgement)
{
	const char *expected = judgement->arm >= 0
				       ? findings->history.arm[judgement->arm].expect
				       : history_text(&findings->history, "service_expect");

	return expected ? expected : "any";
}

static enum exit_code code_of(enum match match)
{
	switch (match) {
	case MATCH_MET:
		return EXIT_AS_EXPECTED;
	case MATCH_MISSED:
		return EXIT_VIOLATION;
	case MATCH_UNTOLD:
		return EXIT_INCONCLUSIVE;
	case MATCH_BROKEN:
		return EXIT_OUR_FAULT;
	}
	return EXIT_OUR_FAULT;
}

enum exit_code findings_exit_code(const struct findings *findings)
{
	enum exit_code code = EXIT_AS_EXPECTED;

	for (int i = 0; i < findings->verdicts.judgements; i++) {
		const struct judgement *judgement = &findings->verdicts.judgement[i];

		code = exit_code_graver(
			code,
			code_of(judgement_match(judgement, expected_of(findings, judgement))));
	}
	return code;
}

static int write_json(const struct findings *findings, const char *path, struct error *err)
{
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	return file_end(&file,
			report_write_json(&findings->history, &findings->verdicts, file.out, err),
			err);
}

int findings_write_reports(const struct findings *findings, const char *run_dir, struct error *err)
{
	_cleanup_free_ char *html = text_format("%s/report.html", run_dir);
	_cleanup_free_ char *json = text_format("%s/result.json", run_dir);
	bool plots = false;

	if (write_json(findings, json, err) ||
	    report_write_html(&findings->history, &findings->verdicts, html, &plots, err))
		return -1;
	if (!plots)
		log_line("the report has no plots: gnuplot is missing or failed");
	return 0;
}
