/*
 * Theory of operation. A pattern is the text of a line, cut at its gaps: the values that may
 * differ. Those of type, f and mode, and whatever is neither a plain integer nor a plain string,
 * are part of the text, which a line must have byte for byte; so each of its values is where the
 * pattern has it, but for the lengths of the gaps before.
 *
 * A source whose lines are of too many patterns is left alone soon: to look for them costs more
 * than it saves.
 */
#include "history/traces/patterns.h"

#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "history/traces/json.h"

enum { PATTERNS_MAX = 16, TEXT_MAX = 512, MISSES_FREE = 1000 };

enum gap_kind { GAP_INTEGER, GAP_QUOTED_INTEGER, GAP_STRING };

struct gap {
	uint16_t from, length; /* of the text before it, behind the gap before it */
	uint8_t column;
	enum gap_kind kind : 8;
};

/* A value that is part of the text. */
struct fixed {
	uint16_t from, length; /* from: the begin of the text before gap number `piece` */
	uint8_t column, piece;
};

struct pattern {
	uint16_t length; /* of the text */
	uint16_t rest;   /* where the text behind the last gap begins */
	uint8_t gaps, fixeds;
	struct gap gap[FIELDS_COUNT];
	struct fixed fixed[FIELDS_COUNT];
	char text[TEXT_MAX];
};

struct patterns {
	uint32_t count, next; /* next: to be forgotten for another one */
	uint64_t hits, misses;
	struct pattern pattern[PATTERNS_MAX];
};

struct patterns *patterns_open(void)
{
	struct patterns *patterns;

	ARRAY_NEW(patterns, 1);
	return patterns;
}

void patterns_close(struct patterns *patterns)
{
	free(patterns);
}

/* Looking for one ---------------------------------------------------------------------------- */

/* memcmp, whose call takes longer than to compare so little. */
static inline bool is_same(const char *a, const char *b, size_t length)
{
	uint64_t one, other, differ = 0;

	if (length < sizeof(one))
		return memcmp(a, b, length) == 0;
	for (size_t i = 0; i < length - sizeof(one); i += sizeof(one)) {
		memcpy(&one, a + i, sizeof(one));
		memcpy(&other, b + i, sizeof(one));
		differ |= one ^ other;
	}
	memcpy(&one, a + length - sizeof(one), sizeof(one));
	memcpy(&other, b + length - sizeof(one), sizeof(one));
	return !(differ | (one ^ other));
}

/* Behind the value that begins at `at`; NULL: it is of another kind. */
static inline const char *pass_gap(const struct gap *gap, const char *at, const char *end,
				   int64_t *number)
{
	switch (gap->kind) {
	case GAP_INTEGER:
		return json_integer(at, end, number);
	case GAP_QUOTED_INTEGER:
		if (end - at < 2 || *at != '"' || at[1] == '-' ||
		    !(at = json_integer(at + 1, end, number)))
			return NULL;
		return at < end && *at == '"' ? at + 1 : NULL;
	case GAP_STRING:
		return at < end && *at == '"' ? json_plain_string(at, end) : NULL;
	}
	return NULL;
}

static bool match(const struct pattern *pattern, struct slice line, const char *end,
		  struct fields *fields)
{
	const char *at = line.at, *line_end = line.at + line.length;
	const char *piece[FIELDS_COUNT + 1];

	if (line.length < pattern->rest)
		return false;
	fields->numbers = 0;
	for (int i = 0; i < pattern->gaps; i++) {
		const struct gap *gap = &pattern->gap[i];

		if (gap->length > line_end - at ||
		    !is_same(at, pattern->text + gap->from, gap->length))
			return false;
		piece[i] = at;
		const char *value = at + gap->length;

		at = pass_gap(gap, value, end, &fields->number[gap->column]);
		if (!at)
			return false;
		CHECK(at <= line_end); /* no value goes on behind the end of a line */
		fields->field[gap->column] = (struct slice){value, (size_t)(at - value)};
		fields->numbers |= (unsigned)(gap->kind != GAP_STRING) << gap->column;
	}
	size_t rest = pattern->length - pattern->rest;

	if ((size_t)(line_end - at) != rest || !is_same(at, pattern->text + pattern->rest, rest))
		return false;
	piece[pattern->gaps] = at;
	for (int i = 0; i < pattern->fixeds; i++) {
		const struct fixed *fixed = &pattern->fixed[i];

		fields->field[fixed->column] =
			(struct slice){piece[fixed->piece] + fixed->from, fixed->length};
	}
	return true;
}

bool patterns_match(struct patterns *patterns, struct slice line, const char *end,
		    struct fields *fields)
{
	if (patterns->misses > MISSES_FREE + patterns->hits)
		return false;
	memset(fields->field, 0, sizeof(fields->field));
	for (uint32_t i = 0; i < patterns->count; i++)
		if (match(&patterns->pattern[i], line, end, fields)) {
			patterns->hits++;
			return true;
		}
	patterns->misses++;
	return false;
}

/* Learning one ------------------------------------------------------------------------------- */

static bool may_differ(int column, struct slice value, enum gap_kind *kind)
{
	const char *end = value.at + value.length;
	int64_t number;

	if (column == FIELD_TYPE || column == FIELD_F || column == FIELD_MODE)
		return false;
	*kind = GAP_INTEGER;
	if (*value.at != '"')
		return json_integer(value.at, end, &number) == end;
	bool integer = value.at[1] != '-' && json_integer(value.at + 1, end, &number) == end - 1;

	*kind = integer ? GAP_QUOTED_INTEGER : GAP_STRING; /* "-0" and "0" are two names */
	for (const char *at = value.at + 1; at < end - 1; at++)
		if (!json_is_plain((unsigned char)*at))
			return false;
	return true;
}

/* The column whose value comes next, from `at` on; FIELDS_COUNT: there is none. */
static int find_next(const struct fields *fields, const char *at)
{
	int next = FIELDS_COUNT;

	for (int i = 0; i < FIELDS_COUNT; i++) {
		const char *value = fields->field[i].at;

		if (value && value >= at &&
		    (next == FIELDS_COUNT || value < fields->field[next].at))
			next = i;
	}
	return next;
}

void patterns_learn(struct patterns *patterns, struct slice line, const struct fields *fields)
{
	const char *at = line.at; /* behind the last gap */
	int column = FIELDS_COUNT;

	if (line.length > TEXT_MAX || patterns->misses > MISSES_FREE + patterns->hits)
		return;
	struct pattern *pattern = &patterns->pattern[patterns->next++ % PATTERNS_MAX];

	patterns->count += patterns->count < PATTERNS_MAX;
	*pattern = (struct pattern){.length = (uint16_t)line.length};
	memcpy(pattern->text, line.at, line.length);
	for (const char *from = line.at; (column = find_next(fields, from)) < FIELDS_COUNT;
	     from = fields->field[column].at + 1) {
		struct slice value = fields->field[column];
		uint16_t before = (uint16_t)(value.at - at);
		enum gap_kind kind;

		if (may_differ(column, value, &kind)) {
			pattern->gap[pattern->gaps++] = (struct gap){(uint16_t)(at - line.at),
								     before, (uint8_t)column, kind};
			at = value.at + value.length;
		} else {
			pattern->fixed[pattern->fixeds++] = (struct fixed){
				before, (uint16_t)value.length, (uint8_t)column, pattern->gaps};
		}
	}
	pattern->rest = (uint16_t)(at - line.at);
	CHECK(pattern->rest <= pattern->length && pattern->gaps + pattern->fixeds <= FIELDS_COUNT);
}
