#include "history/traces/scan.h"

#include "base/text.h"

bool scan_fail(struct scan *scan, const char *expected)
{
	text_copy(scan->expected, sizeof(scan->expected), expected);
	return false;
}

bool scan_utf8(struct scan *scan)
{
	static const struct {
		unsigned char mask, lead;
		int more;
		uint32_t least; /* a smaller code has a shorter form */
	} forms[] = {{0xe0, 0xc0, 1, 0x80}, {0xf0, 0xe0, 2, 0x800}, {0xf8, 0xf0, 3, 0x10000}};
	unsigned char lead = (unsigned char)*scan->at;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if ((lead & forms[i].mask) != forms[i].lead)
			continue;
		uint32_t code = lead & (unsigned char)~forms[i].mask;
		int more = forms[i].more;
		const char *at = scan->at + 1;

		for (; more > 0 && at < scan->end && (*at & 0xc0) == 0x80; at++, more--)
			code = code << 6 | (*at & 0x3f);
		if (more > 0 && at == scan->end && !scan->whole)
			scan->at = at;
		if (more > 0 || code < forms[i].least || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000))
			break;
		scan->at = at;
		return true;
	}
	return scan_fail(scan, "UTF-8");
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool scan_escape(struct scan *scan)
{
	const char *at = scan->at + 1;

	if (at < scan->end && strchr("\"\\/bfnrt", *at) && *at) {
		scan->at = at + 1;
		return true;
	}
	if (at < scan->end && *at == 'u') {
		int digits = 0;

		for (at++; digits < 4 && at < scan->end && is_hex(*at); at++)
			digits++;
		if (digits == 4) {
			scan->at = at;
			return true;
		}
	}
	if (at == scan->end && !scan->whole)
		scan->at = at;
	return scan_fail(scan, "an escape: one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
}

bool slice_integer(struct slice slice, int64_t *value)
{
	const char *at = slice.at, *end = at + slice.length;
	bool negative = at < end && *at == '-';
	uint64_t most = (uint64_t)INT64_MAX + negative, sum = 0;

	at += at < end && (*at == '-' || *at == '+');
	if (at == end)
		return false;
	for (const char *fits = end - at > 18 ? at + 18 : end; at < fits; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (digit > 9)
			return false;
		sum = sum * 10 + digit;
	}
	for (; at < end; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (digit > 9 || sum > (most - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = (int64_t)(negative ? -sum : sum);
	return true;
}
