/* Judging a trace of anybody's recorder: import, choice of the model, decision, reasons, words. */
#ifndef JUDGING_TRACE_CHECK_H
#define JUDGING_TRACE_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "checker/linear/linear.h"
#include "history/traces/explanation.h"
#include "reports/trace_report.h"

/* Large files are judged while they are read, if they can be. */
enum trace_stream { STREAM_LARGE, STREAM_NEVER, STREAM_ALWAYS };

struct trace_check_request {
	const char *path;
	enum trace_format format;
	enum trace_failed_cas failed_cas;
	enum trace_sort sort;
	enum trace_independent independent;
	bool prefix, reuse;           /* see struct trace_source */
	const char *const *more_path; /* with `sort`: to be merged with `path` */
	uint32_t more_paths;
	const char *initial; /* see struct trace_source; NULL: not given */
	const char *model;   /* a word of model_names; NULL: the one that the trace speaks of */
	int limit;           /* permits, or depth; 0: not given */
	int max_seconds;     /* of a search; 0: no bound, as those of `bounds` */
	struct linear_bounds bounds;
	bool explain;
	bool in_parts;            /* as of a trace_source; for tests */
	enum trace_stream stream; /* other than STREAM_LARGE: for tests */
};

struct trace_check {
	struct trace trace;
	struct linear_request asked; /* model, limit and bounds that it was judged by */
	struct linear_summary summary;
	bool model_guessed;
	bool streamed;          /* judged while it was read: the trace has no operations */
	enum model *models;     /* guessed, of each object; owned */
	bool mixed;             /* not all of them are the same */
	uint32_t tokens_judged; /* acquires that are ok, with a token, in a model that judges it */
	/* Operations of locks: what they tell and the model does not ask, or only some of an
	 * object's tell. */
	uint32_t attempts_unjudged, modes_unjudged;
	bool explained;
	struct explanation explanation;
	int64_t read_ns, judged_ns; /* how long it took */
	int64_t peak_bytes;         /* of this process until the verdict */
};

/* The model and limit of a request, before any file is read; an error names the remedy. */
int trace_check_validate(const struct trace_check_request *request, struct error *err);

int trace_check_run(const struct trace_check_request *request, struct trace_check *check,
		    struct error *err);
/* The second half of it: of a trace that is in `check`, all else zero. */
int trace_check_judge(const struct trace_check_request *request, struct trace_check *check,
		      struct error *err);
void trace_check_free(struct trace_check *check);

/* 0 linearizable, 1 not, 2 unknown; 70 when the explanation contradicts the verdict. */
enum exit_code trace_check_exit_code(const struct trace_check *check);

/* trace_words.c: the same in words, and as one line of JSON (docs/traces.md). */
void trace_check_print(const struct trace_check *check, const char *path, FILE *out);
void trace_check_print_json(const struct trace_check *check, const char *path, FILE *out);
/* What a page (reports/trace_report.h) tells of it. Takes the explanation out of the check; the
 * caller frees with trace_told_free. */
void trace_check_tell(struct trace_check *check, const char *path, struct trace_told *told);

#endif
