#include "checker/linear/explain_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"

enum { VALUE_COLUMNS = 60, DECIMALS = 3, DECIMALS_MAX = 9 };

struct instant instant_invoked(const struct trace *trace, uint32_t op)
{
	CHECK(op < trace->ops); /* TRACE_NEVER has no instant */
	return (struct instant){trace->op[op].invoked, trace->op[op].invoked_ns, op};
}

struct instant instant_returned(const struct trace *trace, uint32_t op)
{
	CHECK(op < trace->ops);
	return (struct instant){trace->op[op].returned, trace->op[op].returned_ns, op};
}

static int by_number(const void *a, const void *b)
{
	return array_order(*(const int64_t *)a, *(const int64_t *)b);
}

void words_set_decimals(struct explaining *about, const uint32_t *op, uint32_t ops)
{
	int64_t *at = calloc(2 * (size_t)ops + 1, sizeof(*at)), unit = 1000000;
	uint32_t count = 0;

	CHECK_MEMORY(at);
	for (uint32_t i = 0; i < ops; i++) {
		at[count++] = about->trace->op[op[i]].invoked_ns;
		if (about->trace->op[op[i]].returned != TRACE_NEVER)
			at[count++] = about->trace->op[op[i]].returned_ns;
	}
	qsort(at, count, sizeof(*at), by_number);
	about->decimals = DECIMALS;
	for (uint32_t i = 1; i < count; i++)
		while (at[i] != at[i - 1] && at[i] - at[i - 1] < unit &&
		       about->decimals < DECIMALS_MAX) {
			about->decimals += 3;
			unit /= 1000;
		}
	CHECK(about->decimals <= DECIMALS_MAX);
	free(at);
}

const char *words_who(words text, const struct explaining *about, uint32_t op)
{
	CHECK(op < about->trace->ops);
	snprintf(text, WORDS_ROOM, "process %" PRId32, about->trace->op[op].process);
	return text;
}

/* What does not fit is left out. */
static void __attribute__((format(printf, 2, 3))) put(words text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, WORDS_ROOM, format, arguments);
	va_end(arguments);
}

/* The middle of a long value is left out; a read's end is what tells the last appends. */
const char *words_value(words text, const struct trace *trace, uint32_t value)
{
	const char *edn = trace_value_text(trace, value);
	size_t length = strlen(edn), half = VALUE_COLUMNS / 2 - 2;

	if (length <= VALUE_COLUMNS)
		put(text, "%s", edn);
	else
		put(text, "%.*s ... %s", (int)half, edn, edn + length - half);
	return text;
}

static void with_value(words text, const struct explaining *about, const char *verb, uint32_t value)
{
	words shown;

	put(text, "%s %s", verb, words_value(shown, about->trace, value));
}

static void describe_cas(words text, const struct explaining *about, const struct trace_op *op)
{
	words expected, wanted;

	put(text, "%s %s -> %s", op->outcome == TRACE_FAILED ? "refused cas" : "cas",
	    words_value(expected, about->trace, op->a), words_value(wanted, about->trace, op->b));
}

static void describe_lock(words text, const struct explaining *about, const struct trace_op *op)
{
	const char *mode = "";
	char token[40] = "";

	if (about->request->model == MODEL_RWLOCK && op->f <= TRACE_TRY_ACQUIRE)
		mode = op->mode == TRACE_SHARED ? " (shared)" : " (exclusive)";
	if (op->has_token && op->f != TRACE_PROOF)
		snprintf(token, sizeof(token), ", token %" PRId64, op->token);
	put(text, "%s%s%s%s", op->outcome == TRACE_FAILED ? "refused " : "",
	    trace_function_names[op->f], mode, token);
}

const char *words_what(words text, const struct explaining *about, uint32_t index)
{
	const struct trace_op *op = &about->trace->op[index];
	const char *name = trace_function_names[op->f];

	switch ((enum trace_function)op->f) {
	case TRACE_ACQUIRE:
	case TRACE_TRY_ACQUIRE:
	case TRACE_RELEASE:
	case TRACE_PROOF:
		describe_lock(text, about, op);
		break;
	case TRACE_READ:
	case TRACE_GET:
		if (op->outcome == TRACE_OK)
			with_value(text, about, name, op->a);
		else
			put(text, "%s", name);
		break;
	case TRACE_WRITE:
	case TRACE_PUT:
	case TRACE_APPEND:
	case TRACE_ADD:
	case TRACE_REMOVE:
		with_value(text, about, name, op->a);
		break;
	case TRACE_CAS:
		describe_cas(text, about, op);
		break;
	case TRACE_FUNCTIONS_COUNT:
		CHECK(!"a function");
	}
	return text;
}

const char *words_at(words text, const struct explaining *about, struct instant at)
{
	if (about->trace->has_times)
		put(text, "%.*f s", about->decimals, (double)at.ns / 1e9);
	else
		put(text, "event %" PRIu32, at.position + 1);
	return text;
}

const char *words_line(words text, const struct explaining *about, uint32_t op)
{
	CHECK(op < about->trace->ops);
	uint32_t line = about->trace->op[op].line;
	bool is_row = strcmp(about->trace->format, "history") == 0;

	if (line == 0) /* made by hand */
		put(text, "operation %" PRIu32, op + 1);
	else
		put(text, "%s %" PRIu32, is_row ? "row" : "line", line);
	return text;
}

const char *words_op(words text, const struct explaining *about, uint32_t op)
{
	words who, what, line;

	put(text, "%.60s of %.24s (%.24s)", words_what(what, about, op), words_who(who, about, op),
	    words_line(line, about, op));
	return text;
}

const char *words_lock(words text, const struct explaining *about)
{
	const char *name = trace_object_name(about->trace, about->object->object);

	if (*name)
		put(text, "the lock %.80s", name);
	else
		put(text, "the lock");
	return text;
}

const char *words_length(words text, const struct explaining *about, struct instant from,
			 struct instant until)
{
	*text = '\0';
	if (about->trace->has_times && until.position != TRACE_NEVER)
		put(text, ", for %.*f s", about->decimals, (double)(until.ns - from.ns) / 1e9);
	return text;
}

const char *words_plural(words text, uint64_t count, const char *one)
{
	if (count == 0)
		put(text, "no %s", one);
	else
		put(text, "%" PRIu64 " %s%s", count, one, count == 1 ? "" : "s");
	return text;
}
