/* A short text of the source and what it was found to mean: most of them come again at once. */
#ifndef HISTORY_TRACES_TEXT_MEMO_H
#define HISTORY_TRACES_TEXT_MEMO_H

#include "history/traces/scan.h"

struct text_memo {
	char text[27];
	uint8_t length; /* 0: nothing is remembered */
	uint32_t meaning;
};

/* memcmp, whose call would take longer than to compare so little: by the first and the last bytes,
 * which overlap. */
static inline bool text_memo_same(const char *a, const char *b, size_t length)
{
	if (length > 2 * sizeof(uint64_t))
		return memcmp(a, b, length) == 0;
	if (length >= sizeof(uint64_t))
		return memcmp(a, b, sizeof(uint64_t)) == 0 &&
		       memcmp(a + length - sizeof(uint64_t), b + length - sizeof(uint64_t),
			      sizeof(uint64_t)) == 0;
	if (length >= sizeof(uint32_t))
		return memcmp(a, b, sizeof(uint32_t)) == 0 &&
		       memcmp(a + length - sizeof(uint32_t), b + length - sizeof(uint32_t),
			      sizeof(uint32_t)) == 0;
	return a[0] == b[0] && a[length / 2] == b[length / 2] && a[length - 1] == b[length - 1];
}

static inline bool text_memo_has(const struct text_memo *memo, struct slice text)
{
	return text.length > 0 && memo->length == text.length &&
	       text_memo_same(memo->text, text.at, text.length);
}

/* Of a text that is too long nothing is remembered. Returns the meaning. */
static inline uint32_t text_memo_set(struct text_memo *memo, struct slice text, uint32_t meaning)
{
	bool fits = text.length <= sizeof(memo->text);

	memo->length = fits ? (uint8_t)text.length : 0;
	memo->meaning = meaning;
	if (fits && text.length > 0)
		memcpy(memo->text, text.at, text.length);
	return meaning;
}

#endif
