#include "history/traces/columns.h"

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

#define KEY(name) {"\"" name "\":", {[0 ... sizeof(name) + 1] = 0xff}, sizeof(name) + 2},
const struct column_key column_keys[FIELDS_COUNT] = {COLUMNS(KEY)};

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
