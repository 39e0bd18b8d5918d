#include "history/sharing.h"

#include <stddef.h>

#include "base/word.h"

#define X(name, word, ...) word,
const char *const sharing_names[] = {SHARINGS(X) NULL};
#undef X

enum sharing sharing_of_word(const char *word)
{
	int index = word_index(word, sharing_names);

	return index < 0 ? SHARINGS_COUNT : (enum sharing)index;
}

const char *sharing_how(enum sharing sharing, enum mode mode)
{
	static const char *const how[][2] = {
#define X(name, word, alone, together) {alone, together},
		SHARINGS(X)
#undef X
	};

	return how[sharing][mode];
}
