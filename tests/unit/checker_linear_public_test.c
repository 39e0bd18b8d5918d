/*
 * Histories that others recorded, with verdicts that others gave. A fresh clone does not have them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "checker/linear.h"

#define HISTORIES "../shared/histories/"

enum { STATED_MAX = 256 };

struct stated { /* a line of VERDICTS.tsv */
	char path[256];
	enum model model;
	enum linear_verdict verdict;
};

static struct stated stated[STATED_MAX];
static int count;

static enum model model_named(const char *name)
{
	for (int i = 0; model_names[i]; i++)
		if (!strcmp(model_names[i], name))
			return (enum model)i;
	CHECK(!"a model of ours");
}

/* False when the histories are not there. */
static bool read_verdicts(void)
{
	FILE *file = fopen(HISTORIES "VERDICTS.tsv", "r");
	char line[512], name[128], model[64], verdict[64];

	if (!file)
		return false;
	CHECK(fgets(line, sizeof line, file)); /* the head */
	while (fgets(line, sizeof line, file)) {
		struct stated *next = &stated[count++];

		CHECK(count < STATED_MAX);
		CHECK(sscanf(line, "%127s %63s %63s", name, model, verdict) == 3);
		snprintf(next->path, sizeof next->path, HISTORIES "%s", name);
		next->model = model_named(model);
		next->verdict = strcmp(verdict, "linearizable") ? NOT_LINEARIZABLE : LINEARIZABLE;
	}
	fclose(file);
	return true;
}

static void import(const struct stated *history, struct trace *trace)
{
	struct trace_source source = {.path = history->path};
	struct error err = {0};

	ck_assert_msg(trace_import(&source, trace, &err) == 0, "%s", err.text);
}

START_TEST(public_histories_are_judged_as_stated)
{
	const struct stated *history = &stated[_i];
	struct linear_request request = {.model = history->model, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	import(history, &trace);
	ck_assert_msg(linear_judge(&trace, &request, &summary, &err) == 0, "%s", err.text);
	ck_assert_msg(summary.verdict == history->verdict, "%s: %d", history->path,
		      summary.verdict);
	trace_free(&trace);
}
END_TEST

START_TEST(the_engine_alone_judges_them_so_too)
{
	const struct stated *history = &stated[_i];
	enum linear_verdict verdict = LINEARIZABLE;
	struct linear_bounds bounds = {.bytes = 1 << 30};
	struct trace trace;

	import(history, &trace);
	for (uint32_t i = 0; i < trace.objects; i++) {
		struct linear_object object;
		struct linear_result result;

		linear_split(&trace, i, &object);
		ck_assert(linear_search(&object, history->model, 1, &bounds, &result));
		ck_assert_int_ne(result.verdict, LINEAR_UNKNOWN);
		if (result.verdict == NOT_LINEARIZABLE) {
			uint32_t prefix = result.certificate.prefix;

			verdict = NOT_LINEARIZABLE;
			ck_assert_uint_eq(object.event[prefix - 1],
					  result.certificate.stuck << 1 | 1);
		}
		linear_split_free(&object);
	}
	ck_assert_msg(verdict == history->verdict, "%s: %d", history->path, verdict);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	if (!read_verdicts()) {
		printf("SKIP checker_linear_public_test: no " HISTORIES "VERDICTS.tsv\n");
		return getenv("MUST_RUN") ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	Suite *suite = suite_create("checker: public histories");
	TCase *tests = tcase_create("all");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, public_histories_are_judged_as_stated, 0, count);
	tcase_add_loop_test(tests, the_engine_alone_judges_them_so_too, 0, count);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
