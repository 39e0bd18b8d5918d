/*
 * JSON lines: one object an event. The columns: docs/traces.md. A recorder writes them in one
 * order, or in few: after each column those are tried that came after it before.
 */
#include "history/traces/columns.h"
#include "history/traces/formats.h"
#include "history/traces/json.h"
#include "history/traces/patterns.h"
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

static int8_t *foreseen_behind(struct order *order, int column)
{
	return order->behind[column == COLUMN_PRIVATE ? FIELDS_COUNT : column];
}

static bool read_name(struct scan *scan, struct order *order, unsigned *seen, int *column)
{
	int8_t *foreseen = foreseen_behind(order, *column);
	struct slice key;

	if (!json_quoted(scan, &key) ||
	    !column_read(scan, (struct slice){key.at + 1, key.length - 2}, seen, column))
		return false;
	if (*column != COLUMN_PRIVATE && *column != foreseen[0]) {
		foreseen[1] = foreseen[0];
		foreseen[0] = (int8_t)*column;
	}
	return next_is(scan, ':') || scan_fail(scan, ":");
}

/* Behind an integer, as it stands before the next column; NULL: look closer. */
static inline const char *read_integer(const char *at, const char *end, int64_t *number)
{
	at = json_integer(at, end, number);
	return at && at < end && (*at == ',' || *at == '}') ? at : NULL;
}

/* null tells nothing, but that a read saw nothing. */
static inline void set_field(struct fields *fields, int column, const char *begin, const char *end)
{
	if (column == FIELD_VALUE || *begin != 'n')
		fields->field[column] = (struct slice){begin, (size_t)(end - begin)};
}

static bool read_value(struct scan *scan, struct fields *fields, int column)
{
	const char *begin = scan->at;
	struct slice value;

	if (!json_value(scan, &value))
		return false;
	if (column != COLUMN_PRIVATE)
		set_field(fields, column, begin, scan->at);
	return true;
}

/* At most one, as is usual where there are any. A branch is foreseen, a sum is waited for. */
static inline const char *pass_space(const char *at)
{
	return __builtin_expect(*at == ' ', false) ? at + 1 : at;
}

/* Behind whatever else stands there; NULL: nothing good. */
static const char *pass_value(struct scan *scan, const char *at)
{
	struct slice value;

	scan->at = at;
	return json_value(scan, &value) ? scan->at : NULL;
}

static void forget(struct fields *fields)
{
	memset(fields->field, 0, sizeof(fields->field));
	fields->numbers = 0;
}

/*
 * Columns that are foreseen, as most recorders write them. At scan->at stands what opens the first
 * one, { or a comma; in the end, what stands behind the last one that is so. *column is that one
 * then. `end`: of what is readable, behind the line too.
 */
static void read_foreseen(struct scan *scan, const char *end, struct order *order,
			  struct fields *fields, unsigned *seen, int *column)
{
	const char *at = scan->at;

	for (char opener = *at;
	     end - at > 2 + (ptrdiff_t)sizeof(column_keys->text) && *at == opener; opener = ',') {
		const int8_t *foreseen = foreseen_behind(order, *column);
		const char *name = pass_space(at + 1), *value, *behind;
		int next = foreseen[0];

		value = column_foreseen(name, next, *seen);
		if (!value)
			value = column_foreseen(name, next = foreseen[1], *seen);
		if (!value)
			break;
		value = pass_space(value);
		if (*value == '"')
			behind = json_plain_string(value, end);
		else if ((behind = read_integer(value, end, &fields->number[next])))
			fields->numbers |= 1U << next;
		if (!behind && !(behind = pass_value(scan, value)))
			break;
		set_field(fields, next, value, behind);
		*seen |= 1U << next;
		*column = next;
		at = behind;
	}
	scan->at = at;
}

static bool read_line(struct scan *scan, const char *end, struct order *order,
		      struct fields *fields)
{
	const char *begin = scan->at;
	unsigned seen = 0;
	int column = FIELDS_COUNT;

	forget(fields);
	if (begin < scan->end && *begin == '{')
		read_foreseen(scan, end, order, fields, &seen, &column);
	if (scan->at == begin && !next_is(scan, '{'))
		return scan_fail(scan, "a JSON object, as {\"type\":\"invoke\",...}");
	bool more = column == FIELDS_COUNT ? scan->at == scan->end || *scan->at != '}'
					   : next_is(scan, ',');

	for (; more; more = next_is(scan, ',')) {
		if (!read_name(scan, order, &seen, &column) || !read_value(scan, fields, column))
			return false;
		if (scan->at < scan->end && *scan->at == ',')
			read_foreseen(scan, end, order, fields, &seen, &column);
	}
	if (!next_is(scan, '}'))
		return scan_fail(scan, ", or }");
	return scan->at == scan->end || scan_fail(scan, "the end of the line");
}

struct reading {
	struct order order;
	struct patterns *patterns; /* owned */
	struct fields fields;
};

static int read_all(struct input *input, struct reading *reading, struct teller *teller,
		    struct error *err)
{
	struct fields *fields = &reading->fields;
	struct slice line;
	int got;

	for (; (got = input_line(input, &line, err)) > 0; input_advance_line(input, line)) {
		if (!patterns_match(reading->patterns, line, input->end, fields)) {
			struct scan scan;

			scan.at = line.at;
			scan.end = line.at + line.length;
			scan.whole = true;
			json_space(&scan);
			if (scan.at == scan.end)
				continue;
			if (!read_line(&scan, input->end, &reading->order, fields))
				return input_is_torn(input, line)
					       ? 0
					       : input_refuse(input, scan.at, scan.expected, err);
			patterns_learn(reading->patterns, line, fields);
		}
		if (teller_tell(teller, fields, input, line.at, err))
			return -1;
	}
	return got;
}

int import_jsonl(struct input *input, struct trace *trace, struct error *err)
{
	struct teller *teller = teller_open("jsonl", &syntax_json, input, FAILED_CAS_OBSERVES);
	struct reading reading = {.patterns = patterns_open()};
	int failed = read_all(input, &reading, teller, err);

	patterns_close(reading.patterns);
	if (failed) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}
