/*
 * A history as a run leaves it, made by hand: two arms (none, token) of two lanes with three
 * workers each, a minute long; every twelve seconds the holder of a lane is paused for 1.6 TTLs.
 * Under the guard none its write then lands on its successors' (stale-write, lost-update); under
 * token the store refuses it.
 */
#ifndef TESTS_SAMPLE_RUN_H
#define TESTS_SAMPLE_RUN_H

#include "history/verdicts.h"

struct sample_words {
	const char *campaign, *note, *detail, *refusal; /* NULL: harmless ones */
};

/* Makes the file, which must not exist. */
void sample_run_make(const char *path, const struct sample_words *words);

/* The same with harmless words, so many minutes long. */
void sample_run_make_long(const char *path, int minutes);

/* What a checker says of it. The caller frees with verdicts_free. */
void sample_run_judge(const struct history *history, struct verdicts *verdicts);

#endif
