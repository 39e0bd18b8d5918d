#include "judging/findings.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/invariant.h"
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
	findings->model = NULL;
	if (history_open(path, &findings->history, err))
		return -1;
	if (judge(findings, err) == 0)
		return 0;
	history_close(&findings->history);
	return -1;
}

int findings_reopen(const char *path, struct findings *findings, struct error *err)
{
	findings->model = NULL;
	if (history_open(path, &findings->history, err))
		return -1;
	if (verdicts_load(&findings->history, &findings->verdicts, err) == 0 &&
	    (findings->verdicts.judgements > 0 || judge(findings, err) == 0))
		return 0;
	history_close(&findings->history);
	return -1;
}

/* Of the reports (reports/model.h), whose name is another's in checker/linear. */
struct findings_model {
	bool whole;
	struct model model;
};

static void forget_model(struct findings *findings)
{
	if (findings->model)
		model_free(&findings->model->model);
	free(findings->model);
	findings->model = NULL;
}

/* Built once, and again only for a report that needs more of it. NULL: that failed. */
static const struct model *build_model(struct findings *findings, bool whole, struct error *err)
{
	struct findings_model *made = findings->model;

	if (made && (made->whole || !whole))
		return &made->model;
	forget_model(findings);
	made = calloc(1, sizeof(*made));
	CHECK_MEMORY(made);
	made->whole = whole;
	if (model_build(&findings->history, &findings->verdicts, whole, &made->model, err)) {
		free(made);
		return NULL;
	}
	findings->model = made;
	return &made->model;
}

void findings_close(struct findings *findings)
{
	forget_model(findings);
	verdicts_free(&findings->verdicts);
	history_close(&findings->history);
}

enum exit_code findings_exit_code(const struct findings *findings)
{
	return outcome_exit_code(&findings->history, &findings->verdicts);
}

int findings_print_summary(struct findings *findings, enum exit_code code, struct error *err)
{
	struct summary_style style = {.color = log_wants_color(STDOUT_FILENO),
				      .columns = log_columns(STDOUT_FILENO),
				      .code = code};

	const struct model *model = build_model(findings, false, err);

	if (model)
		report_print_summary(model, &style, stdout);
	return model ? 0 : -1;
}

int findings_print_json(struct findings *findings, struct error *err)
{
	const struct model *model = build_model(findings, true, err);

	return model ? report_write_json(model, stdout, err) : -1;
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
static int write_whole(struct findings *findings, const char *path,
		       int (*write)(const struct model *model, FILE *out, struct error *err),
		       struct error *err)
{
	const struct model *model = build_model(findings, true, err);
	struct file file;

	if (!model || file_begin(&file, path, err))
		return -1;
	return file_end(&file, write(model, file.out, err), err);
}

int findings_write_junit(struct findings *findings, const char *path, struct error *err)
{
	return write_whole(findings, path, report_write_junit, err);
}

int findings_write_markdown(struct findings *findings, const char *path, struct error *err)
{
	return write_whole(findings, path, report_write_markdown, err);
}

int findings_write_reports(struct findings *findings, const char *run_dir, struct error *err)
{
	_cleanup_free_ char *html = text_format("%s/report.html", run_dir);
	_cleanup_free_ char *json = text_format("%s/result.json", run_dir);
	bool plots = false;

	if (write_whole(findings, json, report_write_json, err) ||
	    report_write_html(&findings->model->model, html, &plots, err))
		return -1;
	if (!plots)
		log_line("the report has no plots: gnuplot is missing or failed");
	return 0;
}
