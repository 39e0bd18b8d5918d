#include "history/guard.h"

#include <stddef.h>

#include "base/word.h"

#define X(name, word, decision, sentence, ...) {word, sentence, __VA_ARGS__},
const struct guard_kind guard_kinds[] = {GUARDS(X)};
#undef X

#define X(name, word, ...) word,
const char *const guard_names[] = {GUARDS(X) NULL};
#undef X

const struct guard_kind *guard_find(const char *word)
{
	int index = word_index(word, guard_names);

	return index < 0 ? NULL : &guard_kinds[index];
}
