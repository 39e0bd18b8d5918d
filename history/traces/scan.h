/*
 * Scanning a text in memory. A scanner moves `at` forward over what it understood; at the first
 * thing that it did not, it leaves `at` there, says in `expected` what should have stood there, and
 * returns false.
 *
 * A text may be the beginning of a longer one (`whole` is false). Then a failure at the very end
 * means that more must be read before anybody can tell; see scan_ran_out.
 */
#ifndef HISTORY_TRACES_SCAN_H
#define HISTORY_TRACES_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A part of a text; borrows. at == NULL: not there. */
struct slice {
	const char *at;
	size_t length;
};

struct scan {
	const char *at, *end;
	bool whole;
	char expected[128];
};

/* Brackets and tags within one another, of one value. */
enum { SCAN_NESTING_MAX = 128 };

/* Of a text that is whole. */
static inline struct scan scan_of(struct slice slice)
{
	return (struct scan){.at = slice.at, .end = slice.at + slice.length, .whole = true};
}

/* Returns false. The text is cut off if need be. */
bool scan_fail(struct scan *scan, const char *expected);

static inline bool scan_ran_out(const struct scan *scan)
{
	return scan->at == scan->end && !scan->whole;
}

/* One UTF-8 sequence that begins with a byte from 0x80 on. */
bool scan_utf8(struct scan *scan);

/* The backslash and what it escapes, in the string syntaxes of JSON and EDN. */
bool scan_escape(struct scan *scan);

static inline bool slice_is(struct slice slice, const char *text)
{
	for (size_t i = 0; i < slice.length; i++) /* the first few bytes decide, mostly */
		if (slice.at[i] != text[i] || text[i] == '\0')
			return false;
	return text[slice.length] == '\0';
}

/* A decimal integer, with a sign, and nothing else; false when it is none or does not fit. */
bool slice_integer(struct slice slice, int64_t *value);

#endif
