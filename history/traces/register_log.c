/*
 * The logs of Jepsen's first etcd test, as Porcupine and others keep them:
 *
 *	INFO  jepsen.util - PROCESS<sep>:TYPE<sep>:F<sep>VALUE
 *
 * where <sep> is a tab or spaces. The fields are EDN. In the place of a value the reason of a
 * failure may stand, as a keyword (:timed-out).
 */
#include "history/traces/edn.h"
#include "history/traces/formats.h"
#include "history/traces/teller.h"

static bool skip_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);
	char expected[80] = "the words: INFO  jepsen.util - PROCESS :TYPE :F VALUE";

	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
		return scan_fail(scan, expected);
	scan->at += length;
	edn_skip_blanks(scan);
	return true;
}

static bool read_line(struct scan *scan, struct fields *fields)
{
	struct slice value;

	*fields = (struct fields){0};
	if (!skip_word(scan, "INFO") || !skip_word(scan, "jepsen.util") || !skip_word(scan, "-") ||
	    !edn_form_of_line(scan, "a process", &fields->field[FIELD_PROCESS]) ||
	    !edn_form_of_line(scan, "a type", &fields->field[FIELD_TYPE]) ||
	    !edn_form_of_line(scan, "a function", &fields->field[FIELD_F]) ||
	    !edn_form_of_line(scan, "a value", &value))
		return false;
	if (scan->at < scan->end && *fields->field[FIELD_PROCESS].at != ':')
		return scan_fail(scan, "the end of the line");
	if (*value.at == ':')
		fields->field[FIELD_ERROR] = value;
	else
		fields->field[FIELD_VALUE] = value;
	return true;
}

static int read_all(struct input *input, struct teller *teller, struct error *err)
{
	struct slice line;
	int got;

	for (; (got = input_line(input, &line, err)) > 0; input_advance_line(input, line)) {
		struct scan scan = scan_of(line);
		struct fields fields;

		edn_skip_blanks(&scan);
		if (scan.at == scan.end)
			continue;
		if (input_is_torn(input, line))
			return 0;
		if (!read_line(&scan, &fields))
			return input_refuse(input, scan.at, scan.expected, err);
		if (teller_tell(teller, &fields, input, line.at, err))
			return -1;
	}
	return got;
}

int import_register_log(struct input *input, struct trace *trace, struct error *err)
{
	struct teller *teller = teller_open(trace_format_names[TRACE_REGISTER_LOG], &syntax_edn,
					    input, FAILED_CAS_OBSERVES);

	if (read_all(input, teller, err)) {
		teller_close(teller);
		return -1;
	}
	return teller_finish(teller, input, trace, err);
}
