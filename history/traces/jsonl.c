/*
 * JSON lines: one object an event. The columns: docs/traces.md. A recorder writes them in one
 * order, or in few: after each column those are tried that came after it before.
 */
#include <endian.h>

#include "history/traces/columns.h"
#include "history/traces/formats.h"
#include "history/traces/json.h"
#include "history/traces/teller.h"

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

/* How many of 8 bytes are digits, up to the first that is none; `bytes` less '0' each. */
static size_t count_digits(uint64_t bytes)
{
	uint64_t others =
		((bytes + UINT64_C(0x7676767676767676)) | bytes) & UINT64_C(0x8080808080808080);

	return others ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* The number of 8 digits, the first one in the lowest byte: of pairs, fours, all. */
static uint64_t add_digits(uint64_t bytes)
{
	bytes = bytes * 10 + (bytes >> 8);
	return ((bytes & UINT64_C(0xff000000ff)) * (100 + (UINT64_C(1000000) << 32)) +
		(bytes >> 16 & UINT64_C(0xff000000ff)) * (1 + (UINT64_C(10000) << 32))) >>
	       32;
}

/* The digits that stand there, 8 at a time as long as 8 bytes do; at most 18. */
static const char *read_digits(const char *at, const char *end, uint64_t *sum)
{
	static const uint64_t power[] = {1,      10,      100,      1000,     10000,
					 100000, 1000000, 10000000, 100000000};
	const char *last = end - at > 18 ? at + 18 : end;

	*sum = 0;
	while (last - at >= 8) {
		uint64_t bytes;

		memcpy(&bytes, at, sizeof(bytes));
		bytes = le64toh(bytes) ^ UINT64_C(0x3030303030303030);
		size_t digits = count_digits(bytes);

		if (digits == 0)
			return at;
		*sum = *sum * power[digits] + add_digits(bytes << (64 - 8 * digits));
		at += digits;
		if (digits < 8)
			return at;
	}
	for (; at < last && (unsigned char)(*at - '0') <= 9; at++)
		*sum = *sum * 10 + (uint64_t)(*at - '0');
	return at;
}

/* An integer of at most 18 digits, as it stands before the next column; false: look closer. */
static bool read_integer(struct scan *scan, int64_t *number)
{
	const char *at = scan->at, *end = scan->end;
	bool negative = at < end && *at == '-';
	uint64_t sum;

	const char *digits = at += negative;

	at = read_digits(at, end, &sum);
	if (at == digits || (*digits == '0' && at - digits > 1) || at == end ||
	    (*at != ',' && *at != '}'))
		return false;
	*number = negative ? -(int64_t)sum : (int64_t)sum;
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
