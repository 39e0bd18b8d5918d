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

/* In a string, what stands for itself. */
static inline bool json_is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* How many of 8 bytes are digits, up to the first that is none; `bytes` less '0' each. */
static inline size_t json_count_digits(uint64_t bytes)
{
	uint64_t others =
		((bytes + UINT64_C(0x7676767676767676)) | bytes) & UINT64_C(0x8080808080808080);

	return others ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* The number of 8 digits, the first one in the lowest byte: of pairs, fours, all. */
static inline uint64_t json_add_digits(uint64_t bytes)
{
	bytes = bytes * 10 + (bytes >> 8);
	return ((bytes & UINT64_C(0xff000000ff)) * (100 + (UINT64_C(1000000) << 32)) +
		(bytes >> 16 & UINT64_C(0xff000000ff)) * (1 + (UINT64_C(10000) << 32))) >>
	       32;
}

/* The digits that stand there, 8 at a time as long as 8 bytes do; at most 18. */
static inline const char *json_digits(const char *at, const char *end, uint64_t *sum)
{
	static const uint64_t power[] = {1,      10,      100,      1000,     10000,
					 100000, 1000000, 10000000, 100000000};
	const char *last = end - at > 18 ? at + 18 : end;

	*sum = 0;
	while (last - at >= 8) {
		uint64_t bytes;

		memcpy(&bytes, at, sizeof(bytes));
		bytes = le64toh(bytes) ^ UINT64_C(0x3030303030303030);
		size_t digits = json_count_digits(bytes);

		if (digits == 0)
			return at;
		*sum = *sum * power[digits] + json_add_digits(bytes << (64 - 8 * digits));
		at += digits;
		if (digits < 8)
			return at;
	}
	for (; at < last && (unsigned char)(*at - '0') <= 9; at++)
		*sum = *sum * 10 + (uint64_t)(*at - '0');
	return at;
}

/* Behind an integer of at most 18 digits, whatever comes next; NULL: there is none. */
static inline const char *json_integer(const char *at, const char *end, int64_t *number)
{
	bool negative = at < end && *at == '-';
	uint64_t sum;
	const char *digits = at += negative;

	at = json_digits(at, end, &sum);
	if (at == digits || (*digits == '0' && at - digits > 1))
		return NULL;
	*number = negative ? -(int64_t)sum : (int64_t)sum;
	return at;
}

/* Behind the string that begins at `at`, if it stands for itself and is not near the end; else
 * NULL: look closer. */
static inline const char *json_plain_string(const char *at, const char *end)
{
	for (at++; end - at >= 8;) {
		size_t plain = json_count_plain(at);

		at += plain;
		if (plain < 8)
			return *at == '"' ? at + 1 : NULL;
	}
	return NULL;
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
