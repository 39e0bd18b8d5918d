/* JSON lines: one object an event. The columns: docs/traces.md. */
#include "history/formats/columns.h"
#include "history/formats/formats.h"
#include "history/formats/json.h"
#include "history/formats/teller.h"

static bool next_is(struct scan *scan, char c)
{
	json_space(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	json_space(scan);
	return true;
}

static bool read_member(struct scan *scan, struct fields *fields, unsigned *seen)
{
	struct slice key, value;
	int column;

	if (!json_quoted(scan, &key) ||
	    !column_read(scan, (struct slice){key.at + 1, key.length - 2}, seen, &column))
		return false;
	if (!next_is(scan, ':'))
		return scan_fail(scan, ":");
	if (!json_value(scan, &value))
		return false;
	/* null tells nothing, but that a read saw nothing */
	if (column != COLUMN_PRIVATE && (column == FIELD_VALUE || *value.at != 'n'))
		fields->field[column] = value;
	return true;
}

static bool read_line(struct scan *scan, struct fields *fields)
{
	unsigned seen = 0;

	*fields = (struct fields){0};
	if (!next_is(scan, '{'))
		return scan_fail(scan, "a JSON object, as {\"type\":\"invoke\",...}");
	if (!next_is(scan, '}')) {
		do {
			if (!read_member(scan, fields, &seen))
				return false;
		} while (next_is(scan, ','));
		if (!next_is(scan, '}'))
			return scan_fail(scan, ", or }");
	}
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
			return input_is_torn(input, line)
				       ? 0
				       : input_refuse(input, scan.at, scan.expected, err);
		if (teller_tell(teller, &fields, input, line.at, err))
			return -1;
	}
	return got;
}

int import_jsonl(struct input *input, struct trace *trace, struct error *err)
{
	struct teller *teller = teller_open("jsonl", &syntax_json, input, true);

	if (read_all(input, teller, err)) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}
