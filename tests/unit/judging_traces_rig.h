/* Judging a text as `check` does, for the tests of what it says of traces of others. */
#ifndef JUDGING_TRACES_RIG_H
#define JUDGING_TRACES_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judging/trace_check.h"
#include "tests/support/scratch.h"
#include "tests/unit/traces_rig.h"

static struct trace_check_request asked;

static inline void forget_request(void)
{
	asked = (struct trace_check_request){.max_seconds = 10};
}

/* Judges `text` as it is asked; free with trace_check_free. */
static inline void run_trace(const char *text, struct trace_check *check)
{
	struct error err = {0};

	asked.path = write_source(text, strlen(text));
	ck_assert_msg(trace_check_run(&asked, check, &err) == 0, "%s", err.text);
}

/* The verdict of `text`, of which is said what `says` holds (NULL: nothing in particular). */
static inline enum linear_verdict judge(const char *text, const char *says)
{
	struct trace_check check;
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);

	asked.explain = true;
	run_trace(text, &check);
	enum linear_verdict verdict = check.summary.verdict;

	ck_assert_int_ne(trace_check_exit_code(&check), EXIT_OUR_FAULT);
	trace_check_print_json(&check, "file", out);
	fclose(out);
	ck_assert_msg(!says || strstr(said, says), "wanted %s in %s", says ? says : "", said);
	free(said);
	trace_check_free(&check);
	return verdict;
}

/* The error with which `text` is refused. */
static inline const char *refusal(const char *text)
{
	static struct error err;
	struct trace_check check;

	err = (struct error){0};
	asked.path = write_source(text, strlen(text));
	ck_assert_msg(trace_check_run(&asked, &check, &err) == -1, "accepted: %s", text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	return err.text;
}

static inline void refuses(const char *text, const char *place, const char *says)
{
	const char *said = refusal(text);

	ck_assert_msg(strstr(said, place) && strstr(said, says), "wanted %s %s, got %s", place,
		      says, said);
}

#endif
