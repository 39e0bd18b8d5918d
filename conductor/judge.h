/* From a history to verdicts, reports and an exit code; for `run`, `check` and `report`. */
#ifndef CONDUCTOR_JUDGE_H
#define CONDUCTOR_JUDGE_H

#include "base/error.h"
#include "history/verdicts.h"

struct judged {
	struct history history;
	struct verdicts verdicts;
};

/* Opens the history, judges it and stores what was found when the file can be written. */
int judge_open(const char *path, struct judged *judged, struct error *err);
void judge_close(struct judged *judged);

/* Opens the history with the verdicts stored in it; judges when it never was. */
int judge_reopen(const char *path, struct judged *judged, struct error *err);

/* What the campaign expected against what was found: 0, 1, 2, or 70 when something is BROKEN. */
enum exit_code judge_exit_code(const struct judged *judged);

/* report.html and result.json beside the history. A report that cannot be written is an error; a
 * plot that cannot be drawn is told and is none. */
int judge_write_reports(const struct judged *judged, const char *run_dir, struct error *err);

#endif
