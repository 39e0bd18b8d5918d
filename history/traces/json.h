/* JSON (RFC 8259), one text within one line. Scans values without building anything from them;
 * numbers stay texts, so that 64-bit integers are exact. */
#ifndef HISTORY_TRACES_JSON_H
#define HISTORY_TRACES_JSON_H

#include <endian.h>

#include "history/traces/buffer.h"
#include "history/traces/scan.h"

static inline void json_space(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at <= ' ' &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
		scan->at++;
}

/* Of 8 bytes of a string at once: how many stand for themselves, up to the first that does not. A
 * byte that is less than what is taken from it borrows from those behind it, which are not asked
 * then. */
static inline size_t json_count_plain(const char *at)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t bytes, quotes, backslashes;

	memcpy(&bytes, at, sizeof(bytes));
	bytes = le64toh(bytes);
	quotes = bytes ^ each * '"';
	backslashes = bytes ^ each * '\\';
	uint64_t others = (bytes | (bytes - each * ' ') | (quotes - each) | (backslashes - each)) &
			  each * 0x80;

	return others ? (size_t)__builtin_ctzll(others) / 8 : sizeof(bytes);
}

/* One value of any kind. */
bool json_value(struct scan *scan, struct slice *value);

/* A string, with its quotes. */
bool json_quoted(struct scan *scan, struct slice *string);

/* Of a value that was scanned ----------------------------------------------------------------- */

/* The same value in canonical EDN (edn.h): null as nil, objects as maps with string keys. What JSON
 * cannot say stands in an object as text: {"edn": ":a-keyword"}; where that is no form of EDN, or
 * one nested too deep, it is an object like any other. */
void json_add_canonical(struct buffer *out, struct slice value);

/* As a name: strings without their quotes. */
void json_add_name(struct buffer *out, struct slice value);

/* A number that was scanned, as all texts of its value are told: 1.0 and 10e-1 as 1. */
void json_add_number(struct buffer *out, struct slice value);

#endif
