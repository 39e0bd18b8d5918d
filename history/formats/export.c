/*
 * Exporters. Both formats tell one event a line, and read back they give the same trace.
 *
 * In Jepsen's histories a process does one thing at a time, and one whose operation never answered
 * is not used again. A trace's processes may be busier: several threads, or one that goes on after
 * an unknown outcome. So the lines' `process` is a track: the trace's own number where that is
 * free, else a new one, with the trace's number beside it as `client`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/invariant.h"
#include "history/formats/buffer.h"
#include "history/formats/edn.h"
#include "history/formats/json.h"
#include "history/trace.h"

/* A process of the trace, with those of its tracks that are free. */
struct process {
	int32_t number;
	int32_t *free;
	uint32_t count, room;
	UT_hash_handle hh;
};

struct exporter {
	const struct trace *trace;
	FILE *out;
	struct process *processes;
	int64_t next_track; /* greater than every process of the trace */
	int32_t *track;     /* of each operation */
	struct buffer text;
};

typedef void print_event(struct exporter *exporter, uint32_t position, const struct trace_op *op,
			 bool returns, int32_t track);

static void free_track(struct process *process, int32_t track)
{
	if (process->count == process->room) {
		process->room = process->room ? 2 * process->room : 1;
		process->free = realloc(process->free, process->room * sizeof(*process->free));
		CHECK(process->free);
	}
	process->free[process->count++] = track;
}

static struct process *find_process(struct exporter *exporter, int32_t number)
{
	struct process *process;

	HASH_FIND_INT(exporter->processes, &number, process);
	if (!process) {
		process = calloc(1, sizeof(*process));
		CHECK(process);
		process->number = number;
		free_track(process, number);
		HASH_ADD_INT(exporter->processes, number, process);
	}
	return process;
}

static void close_exporter(struct exporter *exporter)
{
	struct process *process, *next;

	HASH_ITER (hh, exporter->processes, process, next) {
		HASH_DEL(exporter->processes, process);
		free(process->free);
		free(process);
	}
	free(exporter->track);
	buffer_free(&exporter->text);
}

static const char *type_of(const struct trace_op *op, bool returns)
{
	return !returns ? "invoke" : op->outcome == TRACE_OK ? "ok" : "fail";
}

/* Tokens are learned from answers; without an answer they can stand in the question only. */
static bool shows_token(const struct trace_op *op, bool returns)
{
	return op->token && returns == (op->outcome != TRACE_OPEN);
}

static bool has_value(const struct trace_op *op, bool returns)
{
	switch ((enum trace_function)op->f) {
	case TRACE_ACQUIRE:
	case TRACE_TRY_ACQUIRE:
	case TRACE_RELEASE:
	case TRACE_PROOF:
		return false;
	case TRACE_READ:
	case TRACE_GET:
		return returns;
	case TRACE_WRITE:
	case TRACE_CAS:
	case TRACE_PUT:
	case TRACE_APPEND:
	case TRACE_ADD:
	case TRACE_REMOVE:
	case TRACE_FUNCTIONS_COUNT:
		break;
	}
	return true;
}

static const char *quoted_object(struct exporter *exporter, const struct trace_op *op)
{
	const char *name = trace_object_name(exporter->trace, op->object);

	if (*name == '\0')
		return NULL;
	buffer_clear(&exporter->text);
	buffer_add_quoted(&exporter->text, (struct slice){name, strlen(name)});
	return exporter->text.text;
}

/* Jepsen -------------------------------------------------------------------------------------- */

static void print_jepsen_value(struct exporter *exporter, const struct trace_op *op, bool returns)
{
	const struct trace *trace = exporter->trace;

	if (!has_value(op, returns))
		fputs(", :value nil", exporter->out);
	else if (op->f == TRACE_CAS)
		fprintf(exporter->out, ", :value [%s %s]", trace_value_text(trace, op->a),
			trace_value_text(trace, op->b));
	else
		fprintf(exporter->out, ", :value %s", trace_value_text(trace, op->a));
}

static void print_jepsen(struct exporter *exporter, uint32_t position, const struct trace_op *op,
			 bool returns, int32_t track)
{
	const char *object = quoted_object(exporter, op);
	FILE *out = exporter->out;

	fprintf(out, "{:type :%s, :f :%s, :process %" PRId32, type_of(op, returns),
		trace_function_names[op->f], track);
	print_jepsen_value(exporter, op, returns);
	if (exporter->trace->has_times)
		fprintf(out, ", :time %" PRId64, returns ? op->returned_ns : op->invoked_ns);
	fprintf(out, ", :index %" PRIu32, position);
	if (object)
		fprintf(out, ", :object %s", object);
	if (exporter->trace->has_owners)
		fprintf(out, ", :owner %" PRIu32, op->owner);
	if (op->attempt)
		fprintf(out, ", :attempt %" PRIu32, op->attempt);
	if (shows_token(op, returns))
		fprintf(out, ", :token %" PRId64, op->token);
	if (op->mode == TRACE_SHARED)
		fputs(", :mode :shared", out);
	if (op->process != track)
		fprintf(out, ", :client %" PRId32, op->process);
	fputs("}\n", out);
}

/* JSON ---------------------------------------------------------------------------------------- */

static bool is_json_number(struct slice form)
{
	struct scan scan = scan_of(form);
	struct slice value;

	return strchr("-0123456789", *form.at) && json_value(&scan, &value) && scan.at == scan.end;
}

/* Canonical EDN as JSON; its string escapes are JSON's too. */
static void add_json(struct buffer *out, struct slice form)
{
	if (slice_is(form, "nil")) {
		buffer_add(out, "null", 4);
	} else if (*form.at == '"' || slice_is(form, "true") || slice_is(form, "false") ||
		   is_json_number(form)) {
		buffer_add(out, form.at, form.length);
	} else if (*form.at == '[') {
		struct scan scan = scan_of((struct slice){form.at + 1, form.length - 2});
		struct slice member;

		buffer_add_char(out, '[');
		for (int i = 0; edn_space(&scan) && scan.at < scan.end; i = 1) {
			CHECK(edn_form(&scan, &member));
			buffer_add(out, ",", i > 0);
			add_json(out, member);
		}
		buffer_add_char(out, ']');
	} else {
		buffer_add(out, "{\"edn\":", 7);
		buffer_add_quoted(out, form);
		buffer_add_char(out, '}');
	}
}

static void print_json_value(struct exporter *exporter, uint32_t value)
{
	const char *text = trace_value_text(exporter->trace, value);

	buffer_clear(&exporter->text);
	add_json(&exporter->text, (struct slice){text, strlen(text)});
	fputs(exporter->text.text, exporter->out);
}

static void print_json(struct exporter *exporter, uint32_t position, const struct trace_op *op,
		       bool returns, int32_t track)
{
	const char *object = quoted_object(exporter, op);
	FILE *out = exporter->out;

	(void)position;
	fprintf(out, "{\"type\":\"%s\",\"process\":%" PRId32 ",\"f\":\"%s\"", type_of(op, returns),
		track, trace_function_names[op->f]);
	if (object)
		fprintf(out, ",\"object\":%s", object);
	if (exporter->trace->has_owners)
		fprintf(out, ",\"owner\":%" PRIu32, op->owner);
	if (op->attempt)
		fprintf(out, ",\"attempt\":%" PRIu32, op->attempt);
	if (shows_token(op, returns))
		fprintf(out, ",\"token\":\"%" PRId64 "\"", op->token);
	if (op->mode == TRACE_SHARED)
		fputs(",\"mode\":\"shared\"", out);
	if (has_value(op, returns)) {
		fputs(op->f == TRACE_CAS ? ",\"value\":[" : ",\"value\":", out);
		print_json_value(exporter, op->a);
		if (op->f == TRACE_CAS) {
			fputc(',', out);
			print_json_value(exporter, op->b);
			fputc(']', out);
		}
	}
	if (exporter->trace->has_times)
		fprintf(out, ",\"time_ns\":%" PRId64, returns ? op->returned_ns : op->invoked_ns);
	if (op->process != track)
		fprintf(out, ",\"client\":%" PRId32, op->process);
	fputs("}\n", out);
}

/* Events -------------------------------------------------------------------------------------- */

static int choose_track(struct exporter *exporter, uint32_t op, struct error *err)
{
	struct process *process = find_process(exporter, exporter->trace->op[op].process);

	if (process->count) {
		exporter->track[op] = process->free[--process->count];
		return 0;
	}
	if (exporter->next_track > INT32_MAX)
		return error_set(err, EXIT_BAD_USAGE,
				 "export: no process numbers are left beyond the greatest one");
	exporter->track[op] = (int32_t)exporter->next_track++;
	return 0;
}

static int print_events(struct exporter *exporter, print_event *print, struct error *err)
{
	const struct trace *trace = exporter->trace;

	for (uint32_t i = 0; i < trace->events; i++) {
		uint32_t op = trace->event[i] >> 1;
		bool returns = trace->event[i] & 1;

		if (!returns && choose_track(exporter, op, err))
			return -1;
		print(exporter, i, &trace->op[op], returns, exporter->track[op]);
		if (returns)
			free_track(find_process(exporter, trace->op[op].process),
				   exporter->track[op]);
	}
	if (fflush(exporter->out) || ferror(exporter->out))
		return error_errno(err, EXIT_MACHINE_LACKS, "export");
	return 0;
}

static int export(const struct trace *trace, FILE *out, print_event *print, struct error *err)
{
	struct exporter exporter = {.trace = trace, .out = out};

	exporter.track = malloc(((size_t)trace->ops + 1) * sizeof(*exporter.track));
	CHECK(exporter.track);
	for (uint32_t i = 0; i < trace->ops; i++)
		if (trace->op[i].process >= exporter.next_track)
			exporter.next_track = (int64_t)trace->op[i].process + 1;
	int result = print_events(&exporter, print, err);

	close_exporter(&exporter);
	return result;
}

int trace_export_jepsen(const struct trace *trace, FILE *out, struct error *err)
{
	return export(trace, out, print_jepsen, err);
}

int trace_export_jsonl(const struct trace *trace, FILE *out, struct error *err)
{
	return export(trace, out, print_json, err);
}
