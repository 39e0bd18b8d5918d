#include "history/traces/columns.h"

#include <endian.h>
#include <stdio.h>

#include "base/text.h"
#include "base/word.h"

static const char private_prefix[] = "x_";

/* In the order of enum field. */
#define COLUMNS(X)                                                                                 \
	X("type")                                                                                  \
	X("process")                                                                               \
	X("f")                                                                                     \
	X("object")                                                                                \
	X("owner")                                                                                 \
	X("attempt")                                                                               \
	X("token")                                                                                 \
	X("value")                                                                                 \
	X("mode")                                                                                  \
	X("time_ns")                                                                               \
	X("error")                                                                                 \
	X("client")                                                                                \
	X("index")

#define NAME(name) name,
static const char *const names[FIELDS_COUNT + 1] = {COLUMNS(NAME)};

static const struct {
	const char *name;
	enum field field;
} synonyms[] = {
	{"fence", FIELD_TOKEN},
	{"time", FIELD_TIME},
};

/* The column of this name; FIELDS_COUNT: there is none. */
static int find_column(struct slice name)
{
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++)
		if (slice_is(name, synonyms[i].name))
			return (int)synonyms[i].field;
	for (int i = 0; i < FIELDS_COUNT; i++)
		if (slice_is(name, names[i]))
			return i;
	return FIELDS_COUNT;
}

static bool is_private(struct slice name)
{
	size_t length = strlen(private_prefix);

	return name.length >= length && memcmp(name.at, private_prefix, length) == 0;
}

static bool refuse_unknown(struct scan *scan, struct slice name)
{
	char word[40] = "", expected[sizeof(scan->expected)];
	const char *nearest = NULL;

	if (name.length < sizeof(word)) {
		memcpy(word, name.at, name.length);
		nearest = word_nearest(word, names);
	}
	snprintf(expected, sizeof(expected),
		 "a known column%s%s (columns of your own begin with %s)",
		 nearest ? ", perhaps " : "", nearest ? nearest : "", private_prefix);
	scan->at = name.at;
	return scan_fail(scan, expected);
}

/* `"name":`, and its length; longer ones than fit into two words are none of ours. */
struct key {
	char text[2 * sizeof(uint64_t)];
	size_t length;
};

#define KEY(name) {"\"" name "\":", sizeof(name) + 2},
static const struct key keys[FIELDS_COUNT] = {COLUMNS(KEY)};

/* The first `length` of 8 bytes, as one number; the others are zeros. */
static uint64_t take_bytes(const char *at, size_t length)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return length >= sizeof(bytes) ? bytes : bytes & htole64((UINT64_C(1) << 8 * length) - 1);
}

static bool begins_with(const char *at, const struct key *key)
{
	size_t half = sizeof(uint64_t), rest = key->length > half ? key->length - half : 0;

	return take_bytes(at, key->length) == take_bytes(key->text, half) &&
	       take_bytes(at + half, rest) == take_bytes(key->text + half, half);
}

bool column_foreseen(struct scan *scan, int column, unsigned *seen)
{
	if (column == COLUMN_PRIVATE || *seen & 1U << column ||
	    scan->end - scan->at < (ptrdiff_t)sizeof(keys->text) ||
	    !begins_with(scan->at, &keys[column]))
		return false;
	*seen |= 1U << column;
	scan->at += keys[column].length;
	return true;
}

bool column_read(struct scan *scan, struct slice name, unsigned *seen, int *column)
{
	*column = find_column(name);
	if (*column == FIELDS_COUNT) {
		*column = COLUMN_PRIVATE;
		return is_private(name) || refuse_unknown(scan, name);
	}
	if (*seen & 1U << *column) {
		scan->at = name.at;
		return scan_fail(scan, "each column once");
	}
	*seen |= 1U << *column;
	return true;
}
