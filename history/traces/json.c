#include "history/traces/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"
#include "history/traces/edn.h"

static bool value_at(struct scan *scan, struct slice *value, int depth);
static void add_canonical(struct buffer *out, struct slice value, int depth);

static bool is_digit(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool next_is(const struct scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == c;
}

static const char *pass_plain(const char *at, const char *end)
{
	while (end - at >= 8) {
		size_t plain = json_count_plain(at);

		at += plain;
		if (plain < 8)
			return at;
	}
	while (at < end && json_is_plain((unsigned char)*at))
		at++;
	return at;
}

bool json_quoted(struct scan *scan, struct slice *string)
{
	const char *begin = scan->at;

	if (!next_is(scan, '"'))
		return scan_fail(scan, "a string");
	for (scan->at++;;) {
		const char *at = scan->at = pass_plain(scan->at, scan->end);

		if (at == scan->end || *at == '"')
			break;
		if ((unsigned char)*at < ' ')
			return scan_fail(scan, "the rest of a string");
		if (!(*at == '\\' ? scan_escape(scan) : scan_utf8(scan)))
			return false;
	}
	if (scan->at == scan->end)
		return scan_fail(scan, "the closing \" of a string");
	scan->at++;
	*string = (struct slice){begin, (size_t)(scan->at - begin)};
	return true;
}

static bool digits_at(struct scan *scan)
{
	if (!is_digit(scan))
		return scan_fail(scan, "a digit");
	const char *at = scan->at + 1;

	while (at < scan->end && *at >= '0' && *at <= '9')
		at++;
	scan->at = at;
	return true;
}

static bool number_at(struct scan *scan)
{
	scan->at += next_is(scan, '-');
	if (next_is(scan, '0'))
		scan->at++;
	else if (!digits_at(scan))
		return false;
	if (next_is(scan, '.')) {
		scan->at++;
		if (!digits_at(scan))
			return false;
	}
	if (next_is(scan, 'e') || next_is(scan, 'E')) {
		scan->at++;
		scan->at += next_is(scan, '-') || next_is(scan, '+');
		return digits_at(scan);
	}
	return true;
}

static bool word_at(struct scan *scan)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(scan->end - scan->at) >= length &&
		    memcmp(scan->at, words[i], length) == 0) {
			scan->at += length;
			return true;
		}
	}
	return scan_fail(scan, "a JSON value");
}

/* The members of an array or object; at its opening bracket. */
static bool members_at(struct scan *scan, char close, int depth)
{
	struct slice part;

	scan->at++;
	json_space(scan);
	if (next_is(scan, close)) {
		scan->at++;
		return true;
	}
	for (;;) {
		json_space(scan);
		if (close == '}') {
			if (!json_quoted(scan, &part))
				return false;
			json_space(scan);
			if (!next_is(scan, ':'))
				return scan_fail(scan, ":");
			scan->at++;
			json_space(scan);
		}
		if (!value_at(scan, &part, depth))
			return false;
		json_space(scan);
		bool closed = next_is(scan, close);

		if (!closed && !next_is(scan, ','))
			return scan_fail(scan, close == '}' ? ", or }" : ", or ]");
		scan->at++;
		if (closed)
			return true;
	}
}

static bool value_at(struct scan *scan, struct slice *value, int depth)
{
	const char *begin = scan->at;
	bool good;

	if (next_is(scan, '"'))
		return json_quoted(scan, value);
	if (next_is(scan, '[') || next_is(scan, '{')) {
		if (depth == SCAN_NESTING_MAX)
			return scan_fail(scan, "at most 128 levels of nesting");
		good = members_at(scan, *begin == '[' ? ']' : '}', depth + 1);
	} else if (next_is(scan, '-') || is_digit(scan)) {
		good = number_at(scan);
	} else {
		good = word_at(scan);
	}
	*value = (struct slice){begin, (size_t)(scan->at - begin)};
	return good;
}

bool json_value(struct scan *scan, struct slice *value)
{
	return value_at(scan, value, 0);
}

/* Canonical text ------------------------------------------------------------------------------ */

/* The next member of what was scanned; false behind the last one. */
static bool next_member(struct scan *scan, struct slice *member)
{
	while (next_is(scan, ',') || next_is(scan, ':') || next_is(scan, ' ') ||
	       next_is(scan, '\t') || next_is(scan, '\r') || next_is(scan, '\n'))
		scan->at++;
	if (scan->at == scan->end)
		return false;
	CHECK(json_value(scan, member));
	return true;
}

static struct scan inside_of(struct slice value)
{
	return scan_of((struct slice){value.at + 1, value.length - 2});
}

static void add_array(struct buffer *out, struct scan scan, int depth)
{
	struct slice member;

	buffer_add_char(out, '[');
	for (int i = 0; next_member(&scan, &member); i = 1) {
		buffer_add(out, " ", i > 0);
		add_canonical(out, member, depth);
	}
	buffer_add_char(out, ']');
}

static void add_object(struct buffer *out, struct scan scan, int depth)
{
	struct slice member;
	size_t *ends = NULL;
	size_t count = 0, room = 0;

	buffer_add_char(out, '{');
	size_t from = out->length;

	while (next_member(&scan, &member)) {
		add_canonical(out, member, depth);
		CHECK(next_member(&scan, &member));
		buffer_add_char(out, ' ');
		add_canonical(out, member, depth);
		ARRAY_GROW(ends, count, room);
		ends[count++] = out->length;
	}
	buffer_sort(out, from, ends, count);
	buffer_add_char(out, '}');
	free(ends);
}

/* {"edn": "..."}, with a form of EDN inside, which stands where the object does. */
static bool add_edn(struct buffer *out, struct scan scan, int depth)
{
	struct slice key, value, form, other;
	struct buffer text = {0};
	bool good = false;

	if (!next_member(&scan, &key) || !slice_is(key, "\"edn\"") || !next_member(&scan, &value) ||
	    *value.at != '"' || next_member(&scan, &other))
		return false;
	json_add_name(&text, value);
	struct scan inside = scan_of((struct slice){text.text, text.length});

	if (text.length > 0 && edn_form_within(&inside, &form, depth) && inside.at == inside.end) {
		edn_add_canonical(out, form);
		good = true;
	}
	buffer_free(&text);
	return good;
}

/* Numbers --------------------------------------------------------------------------------------
 *
 * 1, 1.0 and 10e-1 are one number, and have one text: its digits without zeros around them, and the
 * power of ten that they are taken times. */

enum { PLAIN_DIGITS = 40, EXPONENT_DIGITS = 15 };

struct decimal {
	bool negative;
	struct buffer digits; /* owned */
	int64_t exponent;
};

/* False when the exponent is beyond all reason. */
static bool read_decimal(struct slice text, struct decimal *decimal)
{
	const char *at = text.at, *end = text.at + text.length;
	bool fraction = false;
	int64_t exponent = 0;

	decimal->negative = *at == '-';
	for (at += decimal->negative; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.') {
			fraction = true;
			continue;
		}
		decimal->exponent -= fraction;
		if (*at != '0' || decimal->digits.length > 0)
			buffer_add_char(&decimal->digits, *at);
	}
	at += at < end;
	at += at < end && *at == '+';
	if (at < end && (end - at > EXPONENT_DIGITS ||
			 !slice_integer((struct slice){at, (size_t)(end - at)}, &exponent)))
		return false;
	decimal->exponent += exponent;
	while (decimal->digits.length > 0 &&
	       decimal->digits.text[decimal->digits.length - 1] == '0') {
		decimal->digits.length--;
		decimal->exponent++;
	}
	return true;
}

static void add_zeros(struct buffer *out, int64_t zeros)
{
	while (zeros-- > 0)
		buffer_add_char(out, '0');
}

static void add_decimal(struct buffer *out, const struct decimal *decimal)
{
	int64_t length = (int64_t)decimal->digits.length, point = length + decimal->exponent;
	const char *digits = decimal->digits.text;
	char exponent[32];

	if (length == 0) {
		buffer_add_char(out, '0');
		return;
	}
	buffer_add(out, "-", decimal->negative);
	if (decimal->exponent >= 0 && point <= PLAIN_DIGITS) {
		buffer_add(out, digits, (size_t)length);
		add_zeros(out, decimal->exponent);
	} else if (decimal->exponent < 0 && point > 0) {
		buffer_add(out, digits, (size_t)point);
		buffer_add_char(out, '.');
		buffer_add(out, digits + point, (size_t)(length - point));
	} else if (decimal->exponent < 0 && point > -PLAIN_DIGITS) {
		buffer_add(out, "0.", 2);
		add_zeros(out, -point);
		buffer_add(out, digits, (size_t)length);
	} else {
		int wrote = snprintf(exponent, sizeof(exponent), "e%" PRId64, decimal->exponent);

		buffer_add(out, digits, (size_t)length);
		buffer_add(out, exponent, (size_t)wrote);
	}
}

void json_add_number(struct buffer *out, struct slice value)
{
	struct decimal decimal = {0};

	if (read_decimal(value, &decimal))
		add_decimal(out, &decimal);
	else
		buffer_add(out, value.at, value.length);
	buffer_free(&decimal.digits);
}

/* `depth` levels are around it. */
static void add_canonical(struct buffer *out, struct slice value, int depth)
{
	switch (*value.at) {
	case '"':
		buffer_add_edn_string(out, (struct slice){value.at + 1, value.length - 2});
		break;
	case '[':
		add_array(out, inside_of(value), depth + 1);
		break;
	case '{':
		if (!add_edn(out, inside_of(value), depth))
			add_object(out, inside_of(value), depth + 1);
		break;
	case 'n':
		buffer_add(out, "nil", 3);
		break;
	case 't':
	case 'f':
		buffer_add(out, value.at, value.length);
		break;
	default:
		json_add_number(out, value);
	}
}

void json_add_canonical(struct buffer *out, struct slice value)
{
	add_canonical(out, value, 0);
}

void json_add_name(struct buffer *out, struct slice value)
{
	if (*value.at == '"')
		buffer_add_unescaped(out, (struct slice){value.at + 1, value.length - 2});
	else
		json_add_canonical(out, value);
}
