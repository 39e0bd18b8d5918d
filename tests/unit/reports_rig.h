/* The sample run, opened and judged, and result.json as it is written of it. */
#ifndef TESTS_REPORTS_RIG_H
#define TESTS_REPORTS_RIG_H

#include <cjson/cJSON.h>
#include <check.h>
#include <stdlib.h>

#include "reports/report.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"

static inline cJSON *result_of(const struct history *history, const struct verdicts *verdicts)
{
	struct error err = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_msg(report_write_json(history, verdicts, out, &err) == 0, "%s", err.text);
	fclose(out);
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
