/* JSON lines: one object an event. The columns: docs/traces.md. */
#include "history/formats/formats.h"
#include "history/formats/json.h"
#include "history/formats/teller.h"

#include "base/text.h"

const char *const column_names[] = {"type",    "process", "f",     "object", "owner",
				    "attempt", "token",   "value", "mode",   "time_ns",
				    "error",   "client",  NULL};

/* A column that nobody knows may be a known one misspelt: then what it tells would be lost. */
static bool refuse_column(struct scan *scan, struct slice name)
{
	char word[40] = "", expected[128];
	const char *nearest = NULL;

	if (name.length < sizeof(word)) {
		memcpy(word, name.at, name.length);
		nearest = text_nearest(word, column_names);
	}
	snprintf(expected, sizeof(expected),
		 "a known column%s%s%s (columns of your own begin with " COLUMN_PRIVATE ")",
		 nearest ? ", perhaps \"" : "", nearest ? nearest : "", nearest ? "\"," : "");
	scan->at = name.at - 1;
	return scan_fail(scan, expected);
}

static bool take_field(struct scan *scan, struct fields *fields, struct slice key,
		       struct slice value)
{
	struct slice name = {key.at + 1, key.length - 2};

	for (int i = 0; i < FIELDS_COUNT; i++) {
		if (!slice_is(name, column_names[i]))
			continue;
		if (*value.at != 'n') /* null tells nothing */
			fields->field[i] = value;
		return true;
	}
	return strncmp(name.at, COLUMN_PRIVATE, strlen(COLUMN_PRIVATE)) == 0 ||
	       refuse_column(scan, name);
}

static bool next_is(struct scan *scan, char c)
{
	json_space(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	json_space(scan);
	return true;
}

static bool read_line(struct scan *scan, struct fields *fields)
{
	struct slice key, value;

	*fields = (struct fields){0};
	if (!next_is(scan, '{'))
		return scan_fail(scan, "a JSON object, as {\"type\":\"invoke\",...}");
	if (next_is(scan, '}'))
		return scan->at == scan->end || scan_fail(scan, "the end of the line");
	do {
		if (!json_quoted(scan, &key))
			return false;
		if (!next_is(scan, ':'))
			return scan_fail(scan, ":");
		if (!json_value(scan, &value) || !take_field(scan, fields, key, value))
			return false;
	} while (next_is(scan, ','));
	if (!next_is(scan, '}'))
		return scan_fail(scan, ", or }");
	return scan->at == scan->end || scan_fail(scan, "the end of the line");
}

static int read_all(struct input *input, struct teller *teller, struct error *err)
{
	struct slice line;
	int got;

	for (; (got = input_line(input, &line, err)) > 0; input_advance_line(input, line)) {
		struct scan scan = scan_of(line);
		struct fields fields;

		json_space(&scan);
		if (scan.at == scan.end)
			continue;
		if (!read_line(&scan, &fields))
			return input_refuse(input, scan.at, scan.expected, err);
		if (teller_tell(teller, &fields, input, line.at, err))
			return -1;
	}
	return got;
}

int import_jsonl(struct input *input, struct trace *trace, struct error *err)
{
	struct teller *teller = teller_open("jsonl", &syntax_json);

	if (read_all(input, teller, err)) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}
