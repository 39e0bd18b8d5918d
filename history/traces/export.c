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

#include "base/invariant.h"
#include "history/traces/buffer.h"
#include "history/traces/edn.h"
#include "history/traces/hash_int.h"
#include "history/traces/json.h"
#include "history/traces/trace.h"

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
	uint32_t index;     /* of the next line */
	bool tells_index;   /* in JSONL too: times alone would contradict the order */
	struct buffer text;
};

typedef void print_event(struct exporter *exporter, const struct trace_op *op, bool returns,
			 int32_t track);

static void free_track(struct process *process, int32_t track)
{
	if (process->count == process->room) {
		process->room = process->room ? 2 * process->room : 1;
		process->free = realloc(process->free, process->room * sizeof(*process->free));
		CHECK_MEMORY(process->free);
	}
	process->free[process->count++] = track;
}

static struct process *find_process(struct exporter *exporter, int32_t number)
{
	struct process *process;

	HASH_FIND_INT(exporter->processes, &number, process);
	if (!process) {
		process = calloc(1, sizeof(*process));
		CHECK_MEMORY(process);
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
	return op->has_token && returns == (op->outcome != TRACE_OPEN);
}

/* Of a failed release: why. */
static bool shows_error(const struct trace_op *op, bool returns)
{
	return returns && op->f == TRACE_RELEASE && op->outcome == TRACE_FAILED && op->a;
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

static void print_jepsen(struct exporter *exporter, const struct trace_op *op, bool returns,
			 int32_t track)
{
	const char *object = quoted_object(exporter, op);
	FILE *out = exporter->out;

	fprintf(out, "{:type :%s, :f :%s, :process %" PRId32, type_of(op, returns),
		trace_function_names[op->f], track);
	print_jepsen_value(exporter, op, returns);
	if (exporter->trace->has_times)
		fprintf(out, ", :time %" PRId64, returns ? op->returned_ns : op->invoked_ns);
	fprintf(out, ", :index %" PRIu32, exporter->index);
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
	if (shows_error(op, returns))
		fprintf(out, ", :error %s", trace_value_text(exporter->trace, op->a));
	if (op->process != track)
		fprintf(out, ", :client %" PRId32, op->process);
	fputs("}\n", out);
}

/* JSON ---------------------------------------------------------------------------------------- */

static bool is_json_number(struct slice form)
{
	struct scan scan = scan_of(form);
	struct slice value;

	if (!strchr("-0123456789", *form.at) || !json_value(&scan, &value) || scan.at != scan.end)
		return false;
	struct buffer canonical = {0};

	json_add_number(&canonical, form); /* 1.0 would be read back as 1, which EDN tells apart */
	bool same = slice_is(form, canonical.text);

	buffer_free(&canonical);
	return same;
}

/* Canonical EDN as JSON; its string escapes are JSON's too. `depth` levels are around it: what JSON
 * cannot say takes one more, for which an array leaves room by being told as EDN itself. */
static void add_json(struct buffer *out, struct slice form, int depth)
{
	if (slice_is(form, "nil")) {
		buffer_add(out, "null", 4);
	} else if (*form.at == '"' || slice_is(form, "true") || slice_is(form, "false") ||
		   is_json_number(form)) {
		buffer_add(out, form.at, form.length);
	} else if (*form.at == '[' && depth + 1 < SCAN_NESTING_MAX) {
		struct scan scan = scan_of((struct slice){form.at + 1, form.length - 2});
		struct slice member;

		buffer_add_char(out, '[');
		for (int i = 0; edn_space(&scan) && scan.at < scan.end; i = 1) {
			CHECK(edn_form(&scan, &member));
			buffer_add(out, ",", i > 0);
			add_json(out, member, depth + 1);
		}
		buffer_add_char(out, ']');
	} else {
		buffer_add(out, "{\"edn\":", 7);
		buffer_add_quoted(out, form);
		buffer_add_char(out, '}');
	}
}

/* `depth`: 1 within the pair of a cas. */
static void print_json_value(struct exporter *exporter, uint32_t value, int depth)
{
	const char *text = trace_value_text(exporter->trace, value);

	buffer_clear(&exporter->text);
	add_json(&exporter->text, (struct slice){text, strlen(text)}, depth);
	fputs(exporter->text.text, exporter->out);
}

static void print_json(struct exporter *exporter, const struct trace_op *op, bool returns,
		       int32_t track)
{
	const char *object = quoted_object(exporter, op);
	FILE *out = exporter->out;

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
		print_json_value(exporter, op->a, op->f == TRACE_CAS);
		if (op->f == TRACE_CAS) {
			fputc(',', out);
			print_json_value(exporter, op->b, 1);
			fputc(']', out);
		}
	}
	if (exporter->trace->has_times)
		fprintf(out, ",\"time_ns\":%" PRId64, returns ? op->returned_ns : op->invoked_ns);
	if (exporter->tells_index)
		fprintf(out, ",\"index\":%" PRIu32, exporter->index);
	if (shows_error(op, returns)) {
		fputs(",\"error\":", out);
		print_json_value(exporter, op->a, 0);
	}
	if (op->process != track)
		fprintf(out, ",\"client\":%" PRId32, op->process);
	fputs("}\n", out);
}

/* Events -------------------------------------------------------------------------------------- */

/* An event of an operation, or of a failed release that was kept aside. */
struct told {
	uint32_t position; /* so many events of the trace stand before it */
	uint32_t number;   /* of the operation; those kept aside count on from trace->ops */
	bool returns;
};

static const struct trace_op *op_of(const struct trace *trace, uint32_t number)
{
	return number < trace->ops ? &trace->op[number] : &trace->failure[number - trace->ops];
}

/* Might the times not grow from line to line? */
static bool times_go_back(const struct trace *trace)
{
	int64_t last = INT64_MIN;

	if (!trace->has_times || trace->failures)
		return trace->has_times;
	for (uint32_t i = 0; i < trace->events; i++) {
		const struct trace_op *op = &trace->op[trace->event[i] >> 1];
		int64_t time = trace->event[i] & 1 ? op->returned_ns : op->invoked_ns;

		if (time < last)
			return true;
		last = time;
	}
	return false;
}

static int choose_track(struct exporter *exporter, struct process *process, uint32_t number,
			struct error *err)
{
	if (process->count) {
		exporter->track[number] = process->free[--process->count];
		return 0;
	}
	if (exporter->next_track > INT32_MAX)
		return error_set(err, EXIT_BAD_USAGE,
				 "export: no process numbers are left beyond the greatest one");
	exporter->track[number] = (int32_t)exporter->next_track++;
	return 0;
}

static int tell(struct exporter *exporter, print_event *print, const struct told *told,
		struct error *err)
{
	const struct trace_op *op = op_of(exporter->trace, told->number);
	struct process *process = find_process(exporter, op->process);

	if (!told->returns && choose_track(exporter, process, told->number, err))
		return -1;
	print(exporter, op, told->returns, exporter->track[told->number]);
	if (told->returns)
		free_track(process, exporter->track[told->number]);
	exporter->index++;
	return 0;
}

static int compare_told(const void *left, const void *right)
{
	const struct told *a = left, *b = right;
	int order = (a->position > b->position) - (a->position < b->position);

	order = order ? order : (a->number > b->number) - (a->number < b->number);
	return order ? order : a->returns - b->returns;
}

/* The failed releases' events by their place; the caller frees. */
static struct told *sort_failures(const struct trace *trace)
{
	struct told *told = calloc(2 * (size_t)trace->failures + 1, sizeof(*told));

	CHECK_MEMORY(told);
	for (uint32_t i = 0; i < trace->failures; i++) {
		const struct trace_op *op = &trace->failure[i];

		told[2 * i] = (struct told){op->invoked, trace->ops + i, false};
		told[2 * i + 1] = (struct told){op->returned, trace->ops + i, true};
	}
	qsort(told, 2 * (size_t)trace->failures, sizeof(*told), compare_told);
	return told;
}

static int tell_all(struct exporter *exporter, print_event *print, const struct told *failed,
		    struct error *err)
{
	const struct trace *trace = exporter->trace;
	uint32_t f = 0, failures = 2 * trace->failures;

	for (uint32_t i = 0; i <= trace->events; i++) {
		for (; f < failures && failed[f].position <= i; f++)
			if (tell(exporter, print, &failed[f], err))
				return -1;
		if (i == trace->events)
			break;
		struct told told = {i, trace->event[i] >> 1, trace->event[i] & 1};

		if (tell(exporter, print, &told, err))
			return -1;
	}
	if (fflush(exporter->out) || ferror(exporter->out))
		return error_errno(err, EXIT_MACHINE_LACKS, "export");
	return 0;
}

static int export(const struct trace *trace, FILE *out, print_event *print, struct error *err)
{
	struct exporter exporter = {
		.trace = trace, .out = out, .tells_index = times_go_back(trace)};
	size_t told = (size_t)trace->ops + trace->failures;

	exporter.track = malloc((told + 1) * sizeof(*exporter.track));
	CHECK_MEMORY(exporter.track);
	for (uint32_t i = 0; i < told; i++)
		if (op_of(trace, i)->process >= exporter.next_track)
			exporter.next_track = (int64_t)op_of(trace, i)->process + 1;
	struct told *failed = sort_failures(trace);
	int result = tell_all(&exporter, print, failed, err);

	free(failed);
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
