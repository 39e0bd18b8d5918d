/*
 * Jepsen's and Knossos' histories: maps in EDN, one an event, in a vector or one after another.
 * Keys that we do not know are passed over, since every Jepsen test adds its own. Objects are told
 * apart by :key or :object only: whether a value [k v] is Jepsen's tuple of an independent key or a
 * value like any other cannot be seen.
 */
#include "history/traces/edn.h"
#include "history/traces/formats.h"
#include "history/traces/teller.h"

static const struct {
	const char *key;
	enum field field;
} keys[] = {
	{"type", FIELD_TYPE},     {"process", FIELD_PROCESS}, {"f", FIELD_F},
	{"value", FIELD_VALUE},   {"time", FIELD_TIME},       {"key", FIELD_OBJECT},
	{"object", FIELD_OBJECT}, {"owner", FIELD_OWNER},     {"attempt", FIELD_ATTEMPT},
	{"token", FIELD_TOKEN},   {"mode", FIELD_MODE},       {"error", FIELD_ERROR},
	{"client", FIELD_CLIENT}, {"fence", FIELD_TOKEN},     {"index", FIELD_INDEX},
};

static void take_field(struct fields *fields, struct slice key, struct slice value)
{
	int64_t number;

	key = (struct slice){key.at + 1, key.length - 1}; /* without its colon */
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!slice_is(key, keys[i].key))
			continue;
		bool told = keys[i].field == FIELD_VALUE || keys[i].field == FIELD_PROCESS ||
			    !slice_is(value, "nil");

		if (keys[i].field == FIELD_CLIENT) /* of others: whatever they mean by it */
			told = slice_integer(value, &number);
		if (told)
			fields->field[keys[i].field] = value;
		return;
	}
}

/* {:type :invoke, ...}; a tag (#jepsen.history.Op) was passed. */
static bool read_map(struct scan *scan, struct fields *fields)
{
	struct slice key, value;

	*fields = (struct fields){0};
	if (scan->at == scan->end || *scan->at != '{')
		return scan_fail(scan, "a map, as {:type :invoke, ...}");
	for (scan->at++;;) {
		if (!edn_space(scan))
			return false;
		if (scan->at < scan->end && *scan->at == '}')
			break;
		if (!edn_form(scan, &key) || !edn_space(scan))
			return false;
		if (scan->at < scan->end && *key.at != ':') {
			scan->at = key.at;
			return scan_fail(scan, "a keyword, as :type");
		}
		if (!edn_form(scan, &value))
			return false;
		take_field(fields, key, value);
	}
	scan->at++;
	return true;
}

enum { BARE, OPENED, CLOSED }; /* the vector around the maps */

struct reader {
	int state;
	char close;
	bool found; /* an event */
	struct fields fields;
	const char *where; /* of the event */
};

/* The next thing at the top: a map, or a bracket. */
static bool read_next(struct reader *reader, struct scan *scan)
{
	reader->found = false;
	if (!edn_space(scan))
		return false;
	if (scan->at == scan->end)
		return true;
	reader->where = scan->at;
	if (reader->state == CLOSED)
		return scan_fail(scan, "nothing behind the history");
	if (reader->state == OPENED && *scan->at == reader->close) {
		reader->state = CLOSED;
		scan->at++;
		return true;
	}
	if (!edn_tag(scan))
		return false;
	if (reader->state == BARE && scan->at < scan->end &&
	    (*scan->at == '[' || *scan->at == '(')) {
		reader->state = OPENED;
		reader->close = *scan->at == '[' ? ']' : ')';
		scan->at++;
		return true;
	}
	reader->found = read_map(scan, &reader->fields);
	return reader->found;
}

static int read_all(struct input *input, struct teller *teller, struct error *err)
{
	struct reader reader = {.state = BARE};

	for (;;) {
		struct scan scan = input_scan(input);
		struct reader before = reader;

		if (!read_next(&reader, &scan)) {
			if (scan.at == input->end && input->finished && input->source->prefix) {
				input_advance(input, scan.at);
				input_is_torn(input, (struct slice){scan.at, 0});
				return 0;
			}
			if (!scan_ran_out(&scan))
				return input_refuse(input, scan.at, scan.expected, err);
			reader = before;
			if (input_more(input, err))
				return -1;
			continue;
		}
		if (reader.found) {
			input_advance(input, reader.where);
			if (teller_tell(teller, &reader.fields, input, reader.where, err))
				return -1;
		}
		input_advance(input, scan.at);
		if (input->at == input->end && input->finished)
			break;
		if (input->at == input->end && input_more(input, err))
			return -1;
	}
	if (reader.state == OPENED && !input->source->prefix)
		return input_refuse(input, input->end,
				    reader.close == ']' ? "] after the last event"
							: ") after the last event",
				    err);
	return 0;
}

static int import(const char *format, const struct syntax *syntax, struct input *input,
		  struct trace *trace, struct error *err)
{
	struct teller *teller = teller_open(format, syntax, input, FAILED_CAS_NOTHING);

	if (read_all(input, teller, err)) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}

int import_jepsen(struct input *input, struct trace *trace, struct error *err)
{
	return import(trace_format_names[TRACE_JEPSEN], &syntax_edn, input, trace, err);
}

/* Porcupine's: {:process P, :type T, :f :get|:put|:append, :key "K", :value "S"|nil} */
int import_kv_log(struct input *input, struct trace *trace, struct error *err)
{
	return import(trace_format_names[TRACE_KV_LOG], &syntax_kv, input, trace, err);
}
