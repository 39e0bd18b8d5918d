/*
 * Histories that others recorded, with verdicts that others gave.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/word.h"
#include "checker/linear/linear.h"
#include "tests/support/public_histories.h"
#include "tests/support/suite.h"

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
	int model = word_index(name, model_names);

	CHECK(model >= 0);
	return (enum model)model;
}

static void read_verdicts(void)
{
	char line[512], name[128], model[64], verdict[64], path[256];

	snprintf(path, sizeof path, "%s/VERDICTS.tsv", public_histories());
	FILE *file = fopen(path, "r");

	CHECK(file);
	CHECK(fgets(line, sizeof line, file)); /* the head */
	while (fgets(line, sizeof line, file)) {
		struct stated *next = &stated[count++];

		CHECK(count < STATED_MAX);
		CHECK(sscanf(line, "%127s %63s %63s", name, model, verdict) == 3);
		snprintf(next->path, sizeof next->path, "%s/%s", public_histories(), name);
		next->model = model_named(model);
		next->verdict = strcmp(verdict, "linearizable") ? NOT_LINEARIZABLE : LINEARIZABLE;
	}
	fclose(file);
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

/* One object by search alone; what it proves is a prefix that ends where it says. */
static enum linear_verdict search_object(const struct trace *trace, uint32_t number,
					 enum model model, uint64_t configurations)
{
	const struct linear_bounds bounds = {.configurations = configurations, .bytes = 1 << 30};
	struct linear_object object;
	struct linear_result result;

	linear_split(trace, number, &object);
	ck_assert(linear_search(&object, model, 1, &bounds, &result));
	ck_assert(result.verdict != LINEAR_UNKNOWN || result.unfinished);
	if (result.verdict == NOT_LINEARIZABLE)
		ck_assert_uint_eq(object.event[result.certificate.prefix - 1],
				  result.certificate.stuck << 1 | 1);
	linear_split_free(&object);
	return result.verdict;
}

/* In rounds: one object of a public history may take a search longer than all others. */
START_TEST(the_engine_alone_judges_them_so_too)
{
	const struct stated *history = &stated[_i];
	enum linear_verdict verdict = LINEAR_UNKNOWN;
	struct trace trace;

	import(history, &trace);
	for (uint64_t bound = 1 << 12; verdict == LINEAR_UNKNOWN; bound *= 16) {
		verdict = LINEARIZABLE;
		for (uint32_t i = 0; i < trace.objects && verdict != NOT_LINEARIZABLE; i++) {
			enum linear_verdict found = search_object(&trace, i, history->model, bound);

			verdict = found == LINEARIZABLE ? verdict : found;
		}
	}
	ck_assert_msg(verdict == history->verdict, "%s: %d", history->path, verdict);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	read_verdicts();
	Suite *suite = suite_create("checker: public histories");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, public_histories_are_judged_as_stated, 0, count);
	tcase_add_loop_test(tests, the_engine_alone_judges_them_so_too, 0, count);
	return suite_run(suite);
}
