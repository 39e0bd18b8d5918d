#include "judging/findings.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "checker/checker.h"
#include "reports/run_outcome.h"
#include "reports/report.h"
#include "reports/short_reports.h"
#include "reports/story_text.h"

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

	int failed = checker_judge(&findings->history, &config, &findings->verdicts, err);

	log_progress("%s", "");
	if (failed)
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

enum exit_code findings_exit_code(const struct findings *findings)
{
	return outcome_exit_code(&findings->history, &findings->verdicts);
}

int findings_print_summary(const struct findings *findings, enum exit_code code, struct error *err)
{
	struct summary_style style = {.color = log_wants_color(STDOUT_FILENO),
				      .columns = log_columns(STDOUT_FILENO),
				      .code = code};

	return report_print_summary(&findings->history, &findings->verdicts, &style, stdout, err);
}

int findings_print_story(const struct findings *findings, int number, int64_t violation,
			 struct error *err)
{
	struct story_choice choice = {.number = number,
				      .violation = violation,
				      .boxes = log_shows_boxes(),
				      .columns = log_columns(STDOUT_FILENO)};

	return story_print(&findings->history, &findings->verdicts, &choice, stdout, err);
}

/* One of the reports, whole or not at all. */
static int write_whole(const struct findings *findings, const char *path,
		       int (*write)(const struct history *history, const struct verdicts *verdicts,
				    FILE *out, struct error *err),
		       struct error *err)
{
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	return file_end(&file, write(&findings->history, &findings->verdicts, file.out, err), err);
}

int findings_write_junit(const struct findings *findings, const char *path, struct error *err)
{
	return write_whole(findings, path, report_write_junit, err);
}

int findings_write_markdown(const struct findings *findings, const char *path, struct error *err)
{
	return write_whole(findings, path, report_write_markdown, err);
}

int findings_write_reports(const struct findings *findings, const char *run_dir, struct error *err)
{
	_cleanup_free_ char *html = text_format("%s/report.html", run_dir);
	_cleanup_free_ char *json = text_format("%s/result.json", run_dir);
	bool plots = false;

	if (write_whole(findings, json, report_write_json, err) ||
	    report_write_html(&findings->history, &findings->verdicts, html, &plots, err))
		return -1;
	if (!plots)
		log_line("the report has no plots: gnuplot is missing or failed");
	return 0;
}
