#include "campaign/habits.h"

#include <stddef.h>

#define X(name, word, predicts, sentence) {word, predicts, sentence},
const struct habit_facts habits[HABITS_COUNT] = {HABITS(X)};
#undef X

#define X(name, word, ...) word,
const char *const habit_names[] = {HABITS(X) NULL};
#undef X
