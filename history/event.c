#include "history/event.h"

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
