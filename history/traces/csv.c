/*
 * CSV with a header line (RFC 4180, but a cell stays within its line). The columns are those of
 * JSONL; an empty cell tells nothing. In the column `value` a cell that is JSON is that value, and
 * any other text is a string.
 */
#include <stdio.h>

#include "history/traces/columns.h"
#include "history/traces/formats.h"
#include "history/traces/json.h"
#include "history/traces/teller.h"

enum { COLUMNS_MAX = 64 };

struct table {
	int columns;
	int column[COLUMNS_MAX]; /* enum field, or COLUMN_PRIVATE */
};

static bool is_json(struct slice cell)
{
	struct scan scan = scan_of(cell);
	struct slice value;

	return json_value(&scan, &value) && scan.at == scan.end;
}

static void add_plain(struct buffer *out, struct slice cell)
{
	buffer_add(out, cell.at, cell.length);
}

static void add_value(struct buffer *out, struct slice cell)
{
	if (is_json(cell))
		json_add_canonical(out, cell);
	else
		buffer_add_quoted(out, cell);
}

static const struct syntax syntax_csv = {
	.plain_names = true,
	.add_name = add_plain,
	.add_canonical = add_value,
};

static bool character_at(struct scan *scan)
{
	if ((unsigned char)*scan->at >= 0x80)
		return scan_utf8(scan);
	if (*scan->at == '\0')
		return scan_fail(scan, "the rest of a cell");
	scan->at++;
	return true;
}

/* Doubled quotes are halved where they stand: the line is ours until it is advanced over. */
static bool quoted_cell(struct scan *scan, struct slice *cell)
{
	char *into = (char *)(uintptr_t)++scan->at;

	*cell = (struct slice){into, 0};
	for (;;) {
		if (scan->at == scan->end)
			return scan_fail(scan, "the closing \" of a cell");
		if (*scan->at == '"') {
			if (scan->end - scan->at < 2 || scan->at[1] != '"')
				break;
			scan->at++;
		}
		const char *from = scan->at;

		if (!character_at(scan))
			return false;
		while (from < scan->at)
			*into++ = *from++;
	}
	cell->length = (size_t)(into - cell->at);
	scan->at++;
	return scan->at == scan->end || *scan->at == ',' ||
	       scan_fail(scan, "a comma, or the end of the line");
}

static bool next_cell(struct scan *scan, struct slice *cell)
{
	const char *begin = scan->at;

	if (scan->at < scan->end && *begin == '"')
		return quoted_cell(scan, cell);
	while (scan->at < scan->end && *scan->at != ',')
		if (!character_at(scan))
			return false;
	*cell = (struct slice){begin, (size_t)(scan->at - begin)};
	return true;
}

static bool read_header(struct scan *scan, struct table *table)
{
	struct slice cell;
	unsigned seen = 0;

	for (;; scan->at++) {
		if (table->columns == COLUMNS_MAX)
			return scan_fail(scan, "at most 64 columns");
		if (!next_cell(scan, &cell) ||
		    !column_read(scan, cell, &seen, &table->column[table->columns++]))
			return false;
		if (scan->at == scan->end)
			return true;
	}
}

static bool read_row(struct scan *scan, const struct table *table, struct fields *fields)
{
	char expected[64];
	struct slice cell;

	*fields = (struct fields){0};
	for (int i = 0;; i++, scan->at++) {
		if (i == table->columns) {
			scan->at--;
			snprintf(expected, sizeof(expected), "the end of the line after %d cells",
				 table->columns);
			return scan_fail(scan, expected);
		}
		if (!next_cell(scan, &cell))
			return false;
		if (table->column[i] != COLUMN_PRIVATE && cell.length > 0)
			fields->field[table->column[i]] = cell;
		if (scan->at < scan->end)
			continue;
		if (i + 1 == table->columns)
			return true;
		snprintf(expected, sizeof(expected), "%d cells, as in the header", table->columns);
		return scan_fail(scan, expected);
	}
}

static int read_all(struct input *input, struct teller *teller, struct error *err)
{
	struct table table = {0};
	struct slice line;
	int got;

	for (; (got = input_line(input, &line, err)) > 0; input_advance_line(input, line)) {
		struct scan scan = scan_of(line);
		struct fields fields;

		if (line.length == 0)
			continue;
		if (input_is_torn(input, line))
			return 0;
		if (table.columns == 0) {
			if (!read_header(&scan, &table))
				return input_refuse(input, scan.at, scan.expected, err);
			continue;
		}
		if (!read_row(&scan, &table, &fields))
			return input_refuse(input, scan.at, scan.expected, err);
		if (teller_tell(teller, &fields, input, line.at, err))
			return -1;
	}
	return got;
}

int import_csv(struct input *input, struct trace *trace, struct error *err)
{
	struct teller *teller = teller_open("csv", &syntax_csv, input, FAILED_CAS_OBSERVES);

	if (read_all(input, teller, err)) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}
