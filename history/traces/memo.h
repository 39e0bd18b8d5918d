/* A short text of the source and what it was found to mean: most of them come again at once. */
#ifndef HISTORY_TRACES_MEMO_H
#define HISTORY_TRACES_MEMO_H

#include "history/traces/scan.h"

struct memo {
	char text[27];
	uint8_t length; /* 0: nothing is remembered */
	uint32_t meaning;
};

static inline bool memo_has(const struct memo *memo, struct slice text)
{
	return text.length > 0 && memo->length == text.length &&
	       memcmp(memo->text, text.at, text.length) == 0;
}

/* Of a text that is too long nothing is remembered. Returns the meaning. */
static inline uint32_t memo_set(struct memo *memo, struct slice text, uint32_t meaning)
{
	bool fits = text.length <= sizeof(memo->text);

	memo->length = fits ? (uint8_t)text.length : 0;
	memo->meaning = meaning;
	if (fits && text.length > 0)
		memcpy(memo->text, text.at, text.length);
	return meaning;
}

#endif
