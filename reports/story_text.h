/*
 * Stories for a terminal: what the page draws and tells, in lines of at most 80 columns, from the
 * same data and in the same words.
 */
#ifndef REPORTS_STORY_TEXT_H
#define REPORTS_STORY_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

struct story_choice {
	int number;        /* as the page orders them, from 1; 0: the first */
	int64_t violation; /* or, not 0, of this one (violation.id) */
	bool boxes;        /* the terminal can show box drawing; else ASCII */
	int columns;       /* of the terminal */
};

/* One story. With neither number nor violation, a list of the others follows it. EXIT_BAD_USAGE:
 * there is no such story. A run without any says so and is no error. */
int story_print(const struct history *history, const struct verdicts *verdicts,
		const struct story_choice *choice, FILE *out, struct error *err);

#endif
