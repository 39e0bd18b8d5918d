/* What the campaign expected against what was found: the exit code, and the sentence that explains
 * it, the same on the terminal and on the page. */
#ifndef REPORTS_RUN_OUTCOME_H
#define REPORTS_RUN_OUTCOME_H

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

/* What is expected of an arm, or of the service: "safe", "unsafe", "any". */
const char *outcome_expected(const struct history *history, const struct judgement *judged);

/* 0, 1, 2, or 70 when something is BROKEN. */
enum exit_code outcome_exit_code(const struct history *history, const struct verdicts *verdicts);

/* "as this campaign expects (none: unsafe, token: safe): exit 0"; `code` is what the process ends
 * with, which may be more than this history tells (130). The caller frees. */
char *outcome_sentence(const struct history *history, const struct verdicts *verdicts,
		       enum exit_code code);

/* Ctrl-C ended it before its time. */
bool outcome_was_interrupted(const struct history *history);

#endif
