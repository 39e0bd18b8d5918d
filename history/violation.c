#include "history/violation.h"

#define X(name, words) words,
const char *const blames_words[] = {BLAMES(X)};
#undef X

#define X(name, word, blames, gravity, control, sentence) word,
const char *const violation_words[] = {VIOLATIONS(X)};
#undef X

#define X(name, word, blames, gravity, control, sentence)                                          \
	{BLAMES_##blames, gravity, control, sentence},
const struct violation_kind violation_kinds[] = {VIOLATIONS(X)};
#undef X

const char *violation_word(enum violation_name name)
{
	return violation_words[name];
}

uint32_t violations_that_blame(enum blames blames)
{
	uint32_t names = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		names |= (uint32_t)(violation_kinds[name].blames == blames) << name;
	return names;
}

uint32_t violations_of_service(void)
{
	return violations_that_blame(BLAMES_SERVICE) | violations_that_blame(BLAMES_MEMBERS);
}
