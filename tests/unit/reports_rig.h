/* The sample run, opened and judged, and result.json as it is written of it. */
#ifndef TESTS_REPORTS_RIG_H
#define TESTS_REPORTS_RIG_H

#include <cjson/cJSON.h>
#include <check.h>
#include <stdlib.h>

#include "reports/report.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"

/* The whole model; the caller frees with model_free. */
static inline struct model model_of(const struct history *history, const struct verdicts *verdicts)
{
	struct error err = {0};
	struct model model;

	ck_assert_msg(model_build(history, verdicts, true, &model, &err) == 0, "%s", err.text);
	return model;
}

/* One of the reports, as text; the caller frees. */
static inline char *reported(const struct history *history, const struct verdicts *verdicts,
			     int (*report)(const struct model *model, FILE *out, struct error *err))
{
	struct model model = model_of(history, verdicts);
	struct error err = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_msg(report(&model, out, &err) == 0, "%s", err.text);
	ck_assert_int_eq(fclose(out), 0);
	model_free(&model);
	return text;
}

/* The page, into a file of that name; says whether there were plots. */
static inline bool write_page(const struct history *history, const struct verdicts *verdicts,
			      const char *path)
{
	struct model model = model_of(history, verdicts);
	struct error err = {0};
	bool plots;

	ck_assert_msg(report_write_html(&model, path, &plots, &err) == 0, "%s", err.text);
	model_free(&model);
	return plots;
}

static inline char *summarized(const struct history *history, const struct verdicts *verdicts,
			       const struct summary_style *style)
{
	struct error err = {0};
	struct model model;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_msg(model_build(history, verdicts, false, &model, &err) == 0, "%s", err.text);
	report_print_summary(&model, style, out);
	fclose(out);
	model_free(&model);
	return text;
}

static inline cJSON *result_of(const struct history *history, const struct verdicts *verdicts)
{
	char *text = reported(history, verdicts, report_write_json);
	cJSON *root = cJSON_Parse(text);

	ck_assert_msg(root != NULL, "no JSON: %s", text);
	free(text);
	return root;
}

static inline void open_sample(const char *name, struct history *history, struct verdicts *verdicts)
{
	struct error err = {0};

	sample_run_make(scratch_file(name), NULL);
	ck_assert_msg(history_open(scratch_file(name), history, &err) == 0, "%s", err.text);
	sample_run_judge(history, verdicts);
}

#endif
