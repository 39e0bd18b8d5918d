/*
 * Lines of JSON that differ from one before them in numbers and names only: what stands between
 * these is compared as it is, and not read again. Recorders write a few kinds of lines, over and
 * over. What is found is what reading the line would find.
 */
#ifndef HISTORY_TRACES_PATTERNS_H
#define HISTORY_TRACES_PATTERNS_H

#include "history/traces/teller.h"

struct patterns;

struct patterns *patterns_open(void);
void patterns_close(struct patterns *patterns);

/* Is it like one that was learnt? Then the fields are its. `end`: of what is readable, the line's
 * or behind it. */
bool patterns_match(struct patterns *patterns, struct slice line, const char *end,
		    struct fields *fields);
/* A line that was read, with its fields. */
void patterns_learn(struct patterns *patterns, struct slice line, const struct fields *fields);

#endif
