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

const char *sharing_sentence(enum sharing sharing, enum violation_name name)
{
	static const char *const of_many[VIOLATION_NAMES_COUNT] = {
		[VIOLATION_OVERLAP] = "More workers than may believed that they held one lock at "
				      "the same instant.",
		[VIOLATION_OVERLAP_SAFE] = "More workers than may held one lock at the same "
					   "instant, all before their safe deadlines.",
		[VIOLATION_OVERLAP_GRANTED] =
			"More holders than may had one lock at once, each with its key in the "
			"service.",
	};

	return sharing != SHARING_MUTEX && of_many[name] ? of_many[name]
							 : violation_kinds[name].sentence;
}
