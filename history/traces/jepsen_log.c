/*
 * What Jepsen itself leaves beside a history.edn:
 *
 *	history.txt	PROCESS<tab>:TYPE<tab>:F<tab>VALUE[<tab>ERROR]
 *	jepsen.log	the same behind "jepsen.util" and whatever the logger puts before that, and
 *			all other lines of the test between
 *
 * The fields are EDN but for the error, which is the rest of the line. What is logged of processes
 * that are no clients may be anything, and is not looked at.
 */
#include <string.h>

#include "history/traces/edn.h"
#include "history/traces/formats.h"
#include "history/traces/teller.h"

static const char logger[] = "jepsen.util";

/* One word, up to white space. */
static struct slice take_word(struct scan *scan)
{
	const char *begin = scan->at;

	while (scan->at < scan->end && *scan->at != ' ' && *scan->at != '\t')
		scan->at++;
	struct slice word = {begin, (size_t)(scan->at - begin)};

	edn_skip_blanks(scan);
	return word;
}

bool jepsen_log_is_event(struct slice line)
{
	static const char *const types[] = {":invoke", ":ok", ":fail", ":info"};
	struct scan scan = scan_of(line);
	struct slice process = take_word(&scan), type = take_word(&scan);
	int64_t number;

	if (!process.length || (!slice_integer(process, &number) && *process.at != ':' &&
				*process.at != '"' && !slice_is(process, "nil")))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (slice_is(type, types[i]))
			return true;
	return false;
}

static bool read_event(struct scan *scan, struct fields *fields)
{
	struct slice value;

	*fields = (struct fields){0};
	if (!edn_form_of_line(scan, "a process", &fields->field[FIELD_PROCESS]))
		return false;
	if (strchr(":n", *fields->field[FIELD_PROCESS].at))
		return true;
	if (!edn_form_of_line(scan, "a type", &fields->field[FIELD_TYPE]) ||
	    !edn_form_of_line(scan, "a function", &fields->field[FIELD_F]) ||
	    !edn_form_of_line(scan, "a value", &value))
		return false;
	bool answers = slice_is(fields->field[FIELD_TYPE], ":fail") ||
		       slice_is(fields->field[FIELD_TYPE], ":info");

	if (answers && *value.at == ':')
		fields->field[FIELD_ERROR] = value;
	else
		fields->field[FIELD_VALUE] = value;
	if (scan->at < scan->end)
		fields->field[FIELD_ERROR] =
			(struct slice){scan->at, (size_t)(scan->end - scan->at)};
	return true;
}

/* The event in a line of jepsen.log; at NULL: it is another line. */
static struct slice find_event(struct slice line)
{
	const char *end = line.at + line.length, *at = line.at;

	while ((at = memmem(at, (size_t)(end - at), logger, strlen(logger)))) {
		for (at += strlen(logger); at < end && strchr(":- \t", *at); at++)
			if (*at == ':' && at + 1 < end && !strchr(":- \t", at[1]))
				break; /* the colon of :nemesis */
		struct slice event = {at, (size_t)(end - at)};

		if (jepsen_log_is_event(event))
			return event;
	}
	return (struct slice){0};
}

static int read_all(struct input *input, bool logged, struct teller *teller, struct error *err)
{
	struct slice line;
	int got;

	for (; (got = input_line(input, &line, err)) > 0; input_advance_line(input, line)) {
		struct slice event = logged ? find_event(line) : line;
		struct fields fields;

		if (input_is_torn(input, line))
			return 0;
		if (event.length == 0)
			continue;
		struct scan scan = scan_of(event);

		if (!read_event(&scan, &fields))
			return input_refuse(input, scan.at, scan.expected, err);
		if (teller_tell(teller, &fields, input, event.at, err))
			return -1;
	}
	return got;
}

static int import(const char *format, bool logged, struct input *input, struct trace *trace,
		  struct error *err)
{
	struct teller *teller = teller_open(format, &syntax_edn, input, FAILED_CAS_NOTHING);

	if (read_all(input, logged, teller, err)) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}

int import_history_txt(struct input *input, struct trace *trace, struct error *err)
{
	return import(trace_format_names[TRACE_HISTORY_TXT], false, input, trace, err);
}

int import_jepsen_log(struct input *input, struct trace *trace, struct error *err)
{
	return import(trace_format_names[TRACE_JEPSEN_LOG], true, input, trace, err);
}
