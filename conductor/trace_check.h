/* Judging a trace of anybody's recorder: import, choice of the model, decision, words. */
#ifndef CONDUCTOR_TRACE_CHECK_H
#define CONDUCTOR_TRACE_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "checker/linear.h"

struct trace_check_request {
	const char *path;
	enum trace_format format;
	const char *model; /* a word of model_names; NULL: the one that the trace speaks of */
	int limit;         /* permits, or depth */
	struct linear_bounds bounds;
};

struct trace_check {
	struct trace trace;
	enum model model;
	int limit;
	struct linear_summary summary;
	double seconds; /* of the decision, without the import */
};

/* True when the file is a history of ours, which `check` judges as a campaign. */
bool trace_check_is_history(const char *path);

int trace_check_run(const struct trace_check_request *request, struct trace_check *check,
		    struct error *err);
void trace_check_free(struct trace_check *check);

/* 0 linearizable, 1 not, 2 unknown. */
enum exit_code trace_check_exit_code(const struct trace_check *check);

void trace_check_print(const struct trace_check *check, const char *path, FILE *out);
void trace_check_print_json(const struct trace_check *check, const char *path, FILE *out);

#endif
