/*
 * Random histories that a run could hardly leave, and a forger could: members' words late, missing,
 * doubled and contradictory; keys shared, taken over, made again untold; workers killed before
 * their answers, requests unanswered or answered by nonsense, everything at equal times. Some lanes
 * are tidy, so that both verdicts occur.
 */
#ifndef TESTS_NASTY_HISTORY_H
#define TESTS_NASTY_HISTORY_H

#include <stdint.h>

/* Makes the sealed file, which must not exist, with so many lanes in three arms. */
void nasty_history_make(const char *path, uint64_t seed, int lanes);

#endif
