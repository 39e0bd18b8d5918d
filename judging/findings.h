/* From a history to verdicts, reports and an exit code; for `run`, `check` and `report`. */
#ifndef JUDGING_FINDINGS_H
#define JUDGING_FINDINGS_H

#include "base/error.h"
#include "history/verdicts.h"

struct findings {
	struct history history;
	struct verdicts verdicts;
	struct findings_model *model; /* owned; made by the first report that needs it */
};

/* Opens the history, judges it and stores what was found when the file can be written. */
int findings_open(const char *path, struct findings *findings, struct error *err);
void findings_close(struct findings *findings);

/* Opens the history with the verdicts stored in it; judges when it never was. */
int findings_reopen(const char *path, struct findings *findings, struct error *err);

/* What the campaign expected against what was found: 0, 1, 2, or 70 when something is BROKEN. */
enum exit_code findings_exit_code(const struct findings *findings);

/* The summary on standard output; its last line explains the exit code. */
int findings_print_summary(struct findings *findings, enum exit_code code, struct error *err);

/* result.json on standard output. */
int findings_print_json(struct findings *findings, struct error *err);

/* A story on standard output: the number-th of the page, or that of a violation by its id, or, with
 * 0 and 0, the first. */
int findings_print_story(const struct findings *findings, int number, int64_t violation,
			 struct error *err);

/* report.html and result.json beside the history. A report that cannot be written is an error; a
 * plot that cannot be drawn is told and is none. */
int findings_write_reports(struct findings *findings, const char *run_dir, struct error *err);

/* JUnit's XML, and Markdown, into a file of that name, written whole. */
int findings_write_junit(struct findings *findings, const char *path, struct error *err);
int findings_write_markdown(struct findings *findings, const char *path, struct error *err);

#endif
