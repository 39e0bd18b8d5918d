#include "history/traces/edn.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"

static bool form_at(struct scan *scan, struct slice *form, int depth);

/* White space, and what else ends a symbol, keyword or number. */
enum { SPACE = 1, ENDS = 2 };
static const unsigned char kinds[256] = {
	['\0'] = ENDS,         ['\t'] = SPACE | ENDS, ['\n'] = SPACE | ENDS, ['\v'] = SPACE | ENDS,
	['\f'] = SPACE | ENDS, ['\r'] = SPACE | ENDS, [' '] = SPACE | ENDS,  [','] = SPACE | ENDS,
	['('] = ENDS,          [')'] = ENDS,          ['['] = ENDS,          [']'] = ENDS,
	['{'] = ENDS,          ['}'] = ENDS,          ['"'] = ENDS,          [';'] = ENDS,
};

static bool is_space(char c)
{
	return kinds[(unsigned char)c] & SPACE;
}

static bool ends_token(char c)
{
	return kinds[(unsigned char)c] & ENDS;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool space_at(struct scan *scan, int depth)
{
	struct slice discarded;

	if (depth > SCAN_NESTING_MAX) /* #_ #_ #_ ... */
		return scan_fail(scan, "at most 128 levels of nesting");
	while (scan->at < scan->end) {
		if (is_space(*scan->at)) {
			scan->at++;
		} else if (*scan->at == ';') {
			const char *end = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));

			scan->at = end ? end + 1 : scan->end;
			if (!end && !scan->whole)
				return scan_fail(scan, "the end of the comment");
		} else if (*scan->at == '#' && scan->end - scan->at > 1 && scan->at[1] == '_') {
			scan->at += 2;
			if (!space_at(scan, depth + 1) || !form_at(scan, &discarded, depth + 1))
				return false;
		} else {
			break;
		}
	}
	return true;
}

bool edn_space(struct scan *scan)
{
	return space_at(scan, 0);
}

static bool string_at(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end;) {
		if (*scan->at == '"') {
			scan->at++;
			return true;
		}
		if (*scan->at == '\\') {
			if (!scan_escape(scan))
				return false;
		} else if ((unsigned char)*scan->at >= 0x80) {
			if (!scan_utf8(scan))
				return false;
		} else if (*scan->at++ == '\0') {
			scan->at--;
			return scan_fail(scan, "the rest of a string");
		}
	}
	return scan_fail(scan, "the closing \" of a string");
}

/* Behind a backslash: the first character may be any, "\(" too. */
static bool character_at(struct scan *scan)
{
	if (scan->at + 1 >= scan->end) {
		scan->at = scan->end;
		return scan_fail(scan, "a character after \\");
	}
	scan->at += 1;
	if (is_space(*scan->at) || *scan->at == '\0')
		return scan_fail(scan, "a character after \\");
	if ((unsigned char)*scan->at >= 0x80)
		return scan_utf8(scan);
	scan->at++;
	while (scan->at < scan->end && !ends_token(*scan->at) && (unsigned char)*scan->at < 0x80)
		scan->at++;
	if (scan->at == scan->end && !scan->whole)
		return scan_fail(scan, "the end of a character's name");
	return true;
}

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

/* 1, -2N, 1/3, 2.5, 2.5M, 1e9, and 0x1f. */
static bool is_number(const char *at, const char *end)
{
	at += *at == '-' || *at == '+';
	if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		for (at += 2; at < end; at++)
			if (!strchr("0123456789abcdefABCDEF", *at))
				return false;
		return true;
	}
	const char *after = skip_digits(at, end);

	if (after == at)
		return false;
	if (after < end && *after == '/')
		return end - after > 1 && skip_digits(after + 1, end) == end;
	if (after < end && *after == 'N')
		return after + 1 == end;
	if (after < end && *after == '.')
		after = skip_digits(after + 1, end);
	if (after < end && (*after == 'e' || *after == 'E')) {
		after++;
		after += after < end && (*after == '-' || *after == '+');
		if (after == end)
			return false;
		after = skip_digits(after, end);
	}
	return after == end || (*after == 'M' && after + 1 == end);
}

/* A symbol, keyword or number. */
static bool token_at(struct scan *scan)
{
	const char *begin = scan->at;

	while (scan->at < scan->end && !ends_token(*scan->at)) {
		if ((unsigned char)*scan->at < 0x80 && *scan->at >= ' ')
			scan->at++;
		else if ((unsigned char)*scan->at < 0x80)
			return scan_fail(scan, "EDN");
		else if (!scan_utf8(scan))
			return false;
	}
	if (scan->at == begin)
		return scan_fail(scan, "EDN");
	if (scan->at == scan->end && !scan->whole)
		return scan_fail(scan, "the end of a word");
	size_t length = (size_t)(scan->at - begin);
	bool number = is_digit(*begin) ||
		      (length > 1 && (*begin == '-' || *begin == '+') && is_digit(begin[1]));

	if (number && !is_number(begin, scan->at)) {
		scan->at = begin;
		return scan_fail(scan, "a number");
	}
	if (*begin == ':' && length == 1) {
		scan->at = begin;
		return scan_fail(scan, "a keyword's name after :");
	}
	return true;
}

static bool collection_at(struct scan *scan, char close, int depth)
{
	bool map = *scan->at == '{';
	struct slice member;
	int members = 0; /* modulo 2 */
	char expected[] = "a form or the closing ?";

	expected[sizeof(expected) - 2] = close;
	scan->at += *scan->at == '#' ? 2 : 1;
	for (;; members ^= 1) {
		if (!space_at(scan, depth))
			return false;
		if (scan->at == scan->end)
			return scan_fail(scan, expected);
		if (*scan->at == close)
			break;
		if (strchr(")]}", *scan->at))
			return scan_fail(scan, expected);
		if (!form_at(scan, &member, depth))
			return false;
	}
	if (map && members)
		return scan_fail(scan, "the value of the last key");
	scan->at++;
	return true;
}

bool edn_tag(struct scan *scan)
{
	struct scan name = *scan;

	if (scan->at == scan->end || *scan->at != '#')
		return true;
	name.at++;
	if (name.at < name.end && strchr("{_\"#", *name.at))
		return true; /* a set, a discard, a pattern, a symbolic value */
	if (!token_at(&name)) {
		*scan = name;
		return false;
	}
	scan->at = name.at;
	return edn_space(scan);
}

/* What begins with #: a set, a pattern, a symbolic value, or a tagged form. */
/* Patterns have escapes of their own: whatever follows a backslash belongs to it. */
static bool pattern_at(struct scan *scan)
{
	scan->at += 2;
	while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\0') {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		if (!(*scan->at & 0x80))
			scan->at++;
		else if (!scan_utf8(scan))
			return false;
	}
	if (scan->at == scan->end || *scan->at != '"')
		return scan_fail(scan, "the closing \" of a pattern");
	scan->at++;
	return true;
}

static bool dispatch_at(struct scan *scan, int depth)
{
	struct slice tagged;

	if (scan->at + 1 == scan->end) {
		scan->at++;
		return scan_fail(scan, "a set or a tag after #");
	}
	if (scan->at[1] == '{')
		return collection_at(scan, '}', depth);
	if (scan->at[1] == '"')
		return pattern_at(scan);
	if (scan->at[1] == '#') {
		scan->at += 2;
		return token_at(scan);
	}
	scan->at++;
	if (!token_at(scan) || !space_at(scan, depth))
		return false;
	return form_at(scan, &tagged, depth);
}

static bool form_at(struct scan *scan, struct slice *form, int depth)
{
	const char *begin = scan->at;
	bool good;

	if (scan->at == scan->end)
		return scan_fail(scan, "a form");
	if (depth >= SCAN_NESTING_MAX && strchr("[({#", *begin) && *begin)
		return scan_fail(scan, "at most 128 levels of nesting");
	switch (*begin) {
	case '"':
		good = string_at(scan);
		break;
	case '\\':
		good = character_at(scan);
		break;
	case '[':
	case '(':
		good = collection_at(scan, *begin == '[' ? ']' : ')', depth + 1);
		break;
	case '{':
		good = collection_at(scan, '}', depth + 1);
		break;
	case '#':
		good = dispatch_at(scan, depth + 1);
		break;
	default:
		good = token_at(scan);
	}
	*form = (struct slice){begin, (size_t)(scan->at - begin)};
	return good;
}

bool edn_form(struct scan *scan, struct slice *form)
{
	return form_at(scan, form, 0);
}

bool edn_form_within(struct scan *scan, struct slice *form, int depth)
{
	return form_at(scan, form, depth);
}

/* Canonical text ------------------------------------------------------------------------------ */

static struct scan inside_of(struct slice form, size_t opening)
{
	return (struct scan){
		.at = form.at + opening, .end = form.at + form.length - 1, .whole = true};
}

static void add_token(struct buffer *out, struct slice token)
{
	if (is_digit(*token.at) ||
	    (token.length > 1 && strchr("+-", *token.at) && is_digit(token.at[1]))) {
		size_t plus = *token.at == '+';

		token.at += plus;
		token.length -= plus;
		if (token.at[token.length - 1] == 'N')
			token.length--;
		if (slice_is(token, "-0"))
			token = (struct slice){"0", 1};
	}
	buffer_add(out, token.at, token.length);
}

static bool next_member(struct scan *scan, struct slice *member)
{
	CHECK(edn_space(scan));
	if (scan->at == scan->end)
		return false;
	CHECK(edn_form(scan, member));
	return true;
}

static void add_sequence(struct buffer *out, struct scan scan)
{
	struct slice member;

	buffer_add_char(out, '[');
	for (int i = 0; next_member(&scan, &member); i++) {
		if (i > 0)
			buffer_add_char(out, ' ');
		edn_add_canonical(out, member);
	}
	buffer_add_char(out, ']');
}

static void add_unordered(struct buffer *out, struct scan scan, bool map)
{
	struct slice member;
	size_t *ends = NULL;
	size_t count = 0, room = 0;

	buffer_add(out, "#{", map ? 0 : 2);
	buffer_add(out, "{", map ? 1 : 0);
	size_t from = out->length;

	while (next_member(&scan, &member)) {
		edn_add_canonical(out, member);
		if (map) {
			CHECK(next_member(&scan, &member));
			buffer_add_char(out, ' ');
			edn_add_canonical(out, member);
		}
		ARRAY_GROW(ends, count, room);
		ends[count++] = out->length;
	}
	buffer_sort(out, from, ends, count);
	buffer_add_char(out, '}');
	free(ends);
}

static void add_tagged(struct buffer *out, struct slice form)
{
	struct scan scan = scan_of(form);
	struct slice tagged;

	if (form.at[1] == '"' || form.at[1] == '#') {
		buffer_add(out, form.at, form.length);
		return;
	}
	scan.at++;
	CHECK(token_at(&scan));
	buffer_add(out, form.at, (size_t)(scan.at - form.at));
	buffer_add_char(out, ' ');
	CHECK(next_member(&scan, &tagged));
	edn_add_canonical(out, tagged);
}

void edn_add_canonical(struct buffer *out, struct slice form)
{
	switch (*form.at) {
	case '"':
		buffer_add_edn_string(out, (struct slice){form.at + 1, form.length - 2});
		break;
	case '[':
	case '(':
		add_sequence(out, inside_of(form, 1));
		break;
	case '{':
		add_unordered(out, inside_of(form, 1), true);
		break;
	case '#':
		if (form.at[1] == '{')
			add_unordered(out, inside_of(form, 2), false);
		else
			add_tagged(out, form);
		break;
	default:
		add_token(out, form);
	}
}

void edn_add_name(struct buffer *out, struct slice form)
{
	if (*form.at == '"')
		buffer_add_unescaped(out, (struct slice){form.at + 1, form.length - 2});
	else
		edn_add_canonical(out, form);
}

bool edn_pair(struct slice form, struct slice *first, struct slice *second)
{
	struct slice third;

	if (*form.at != '[' && *form.at != '(')
		return false;
	struct scan scan = inside_of(form, 1);

	return next_member(&scan, first) && next_member(&scan, second) &&
	       !next_member(&scan, &third);
}

/* :name or "name" */
static bool is_named(struct slice key, const char *name)
{
	size_t quotes = *key.at == '"';

	if (!quotes && *key.at != ':')
		return false;
	return slice_is((struct slice){key.at + 1, key.length - 1 - quotes}, name);
}

bool edn_find(struct slice form, const char *name, struct slice *value)
{
	struct slice key;

	if (*form.at != '{')
		return false;
	struct scan scan = inside_of(form, 1);

	while (next_member(&scan, &key) && next_member(&scan, value))
		if (is_named(key, name))
			return true;
	return false;
}

void edn_skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
		scan->at++;
}

bool edn_form_of_line(struct scan *scan, const char *expected, struct slice *form)
{
	if (scan->at == scan->end)
		return scan_fail(scan, expected);
	if (!edn_form(scan, form))
		return false;
	edn_skip_blanks(scan);
	return true;
}
