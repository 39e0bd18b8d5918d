/*
 * JSON lines: one object an event. The columns: docs/traces.md. A recorder writes them in one
 * order, or in few: after each column those are tried that came after it before.
 */
#include "history/formats/columns.h"
#include "history/formats/formats.h"
#include "history/formats/json.h"
#include "history/formats/teller.h"

static inline bool next_is(struct scan *scan, char c)
{
	json_space(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	json_space(scan);
	return true;
}

/* Of each column, the last two that came behind it: an invocation and its answer differ.
 * [FIELDS_COUNT]: the first ones of a line. */
struct order {
	int8_t behind[FIELDS_COUNT + 1][2];
};

static bool read_name(struct scan *scan, struct order *order, int before, unsigned *seen,
		      int *column)
{
	struct slice key;
	int8_t *foreseen = order->behind[before == COLUMN_PRIVATE ? FIELDS_COUNT : before];

	for (int i = 0; i < 2; i++) {
		if (column_foreseen(scan, foreseen[i], seen)) {
			*column = foreseen[i];
			json_space(scan);
			return true;
		}
	}
	if (!json_quoted(scan, &key) ||
	    !column_read(scan, (struct slice){key.at + 1, key.length - 2}, seen, column))
		return false;
	foreseen[1] = foreseen[0];
	foreseen[0] = (int8_t)*column;
	return next_is(scan, ':') || scan_fail(scan, ":");
}

/* An integer of at most 18 digits, as it stands before the next column; false: look closer. */
static bool read_integer(struct scan *scan, int64_t *number)
{
	const char *at = scan->at, *end = scan->end;
	bool negative = at < end && *at == '-';
	int64_t sum = 0;

	const char *digits = at += negative;

	for (; at < end && (unsigned char)(*at - '0') <= 9; at++) {
		if (at - digits == 18)
			return false;
		sum = sum * 10 + (*at - '0');
	}
	if (at == digits || (*digits == '0' && at - digits > 1) || at == end ||
	    (*at != ',' && *at != '}'))
		return false;
	*number = negative ? -sum : sum;
	scan->at = at;
	return true;
}

static bool read_value(struct scan *scan, struct fields *fields, int column)
{
	const char *begin = scan->at;
	struct slice value;
	int64_t number;

	if (read_integer(scan, &number)) {
		if (column == COLUMN_PRIVATE)
			return true;
		fields->numbers |= 1U << column;
		fields->number[column] = number;
	} else if (!json_value(scan, &value)) {
		return false;
	}
	/* null tells nothing, but that a read saw nothing */
	if (column != COLUMN_PRIVATE && (column == FIELD_VALUE || *begin != 'n'))
		fields->field[column] = (struct slice){begin, (size_t)(scan->at - begin)};
	return true;
}

static void forget(struct fields *fields)
{
	memset(fields->field, 0, sizeof(fields->field));
	fields->numbers = 0;
}

static bool read_line(struct scan *scan, struct order *order, struct fields *fields)
{
	unsigned seen = 0;
	int column = FIELDS_COUNT;

	forget(fields);
	if (!next_is(scan, '{'))
		return scan_fail(scan, "a JSON object, as {\"type\":\"invoke\",...}");
	if (!next_is(scan, '}')) {
		do {
			if (!read_name(scan, order, column, &seen, &column) ||
			    !read_value(scan, fields, column))
				return false;
		} while (next_is(scan, ','));
		if (!next_is(scan, '}'))
			return scan_fail(scan, ", or }");
	}
	return scan->at == scan->end || scan_fail(scan, "the end of the line");
}

static int read_all(struct input *input, struct teller *teller, struct error *err)
{
	struct order order = {{{0}}};
	struct fields fields = {0};
	struct slice line;
	int got;

	for (; (got = input_line(input, &line, err)) > 0; input_advance_line(input, line)) {
		struct scan scan;

		scan.at = line.at;
		scan.end = line.at + line.length;
		scan.whole = true;
		json_space(&scan);
		if (scan.at == scan.end)
			continue;
		if (!read_line(&scan, &order, &fields))
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
