#include "history/event.h"

#include <stddef.h>
#include <string.h>

const char *function_name(enum function f)
{
	switch (f) {
#define X(number, name, text)                                                                      \
	case F_##name:                                                                             \
		return text;
		HISTORY_FUNCTIONS(X)
#undef X
	}
	return "unknown";
}

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
#define X(number, name, text)                                                                      \
	case OUTCOME_##name:                                                                       \
		return text;
		HISTORY_OUTCOMES(X)
#undef X
	}
	return "unknown";
}

static const char *const effect_words[] = {NULL,
#define X(name, text) text,
					   FAULT_EFFECTS(X)
#undef X
};

enum { EFFECTS = sizeof(effect_words) / sizeof(effect_words[0]) };

const char *fault_effect_word(enum fault_effect effect)
{
	return (size_t)effect < EFFECTS ? effect_words[effect] : NULL;
}

enum fault_effect fault_effect_of_word(const char *word)
{
	for (int i = 1; i < EFFECTS; i++)
		if (!strcmp(effect_words[i], word))
			return (enum fault_effect)i;
	return EFFECT_UNKNOWN;
}
