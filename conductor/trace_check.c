#include "conductor/trace_check.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"

static const char *verdict_words(enum linear_verdict verdict)
{
	switch (verdict) {
	case LINEARIZABLE:
		return "LINEARIZABLE";
	case NOT_LINEARIZABLE:
		return "NOT LINEARIZABLE";
	case LINEAR_UNKNOWN:
		return "UNKNOWN";
	}
	return "?";
}

bool trace_check_is_history(const char *path)
{
	char magic[16] = "";
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	return file && fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
	       memcmp(magic, "SQLite format 3", sizeof(magic)) == 0;
}

static int choose_model(const char *word, struct trace_check *check, struct error *err)
{
	char all[200] = "";

	if (!word) {
		if (model_of_trace(&check->trace, &check->model))
			return 0;
	} else {
		for (int i = 0; model_names[i]; i++)
			if (strcmp(word, model_names[i]) == 0) {
				check->model = (enum model)i;
				return 0;
			}
	}
	for (int i = 0; model_names[i]; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
			 model_names[i]);
	if (!word)
		return error_set(err, EXIT_BAD_USAGE,
				 "its operations belong to no one model; say --model: %s", all);
	const char *near = text_nearest(word, model_names);

	return error_set(err, EXIT_BAD_USAGE, "--model %s is unknown%s%s; known: %s", word,
			 near ? "; did you mean " : "", near ? near : "", all);
}

static void show_import(void *context, int64_t done, int64_t all)
{
	(void)context;
	log_progress("reading: %" PRId64 " of %" PRId64 " MB", done >> 20, all >> 20);
}

static void show_objects(void *context, uint32_t done, uint32_t objects)
{
	(void)context;
	log_progress("checking: %u of %u objects", done, objects);
}

int trace_check_run(const struct trace_check_request *request, struct trace_check *check,
		    struct error *err)
{
	struct trace_source source = {
		.path = request->path,
		.format = request->format,
		.progress = show_import,
	};

	memset(check, 0, sizeof(*check));
	if (trace_import(&source, &check->trace, err))
		return -1;
	check->limit = request->limit;
	struct linear_request wanted = {
		.limit = request->limit,
		.bounds = request->bounds,
		.progress = show_objects,
	};

	if (choose_model(request->model, check, err) == 0) {
		int64_t began_ns = clock_now_ns();

		wanted.model = check->model;
		if (linear_judge(&check->trace, &wanted, &check->summary, err) == 0) {
			check->seconds = (double)(clock_now_ns() - began_ns) / 1e9;
			return 0;
		}
	}
	trace_free(&check->trace);
	return error_wrap(err, "%s", request->path);
}

void trace_check_free(struct trace_check *check)
{
	trace_free(&check->trace);
}

enum exit_code trace_check_exit_code(const struct trace_check *check)
{
	switch (check->summary.verdict) {
	case LINEARIZABLE:
		return EXIT_AS_EXPECTED;
	case NOT_LINEARIZABLE:
		return EXIT_VIOLATION;
	case LINEAR_UNKNOWN:
		return EXIT_INCONCLUSIVE;
	}
	return EXIT_OUR_FAULT;
}

static uint32_t open_ops(const struct trace *trace)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < trace->ops; i++)
		open += trace->op[i].outcome == TRACE_OPEN;
	return open;
}

static void print_op(const struct trace *trace, uint32_t index, FILE *out)
{
	const struct trace_op *op = &trace->op[index];

	fprintf(out, "%s of process %d, line %u", trace_function_names[op->f], op->process,
		op->line);
}

/* What the procedure has in hand: attempts that exclude each other, or the operation that fits
 * nowhere. */
static void print_certificate(const struct trace_check *check, FILE *out)
{
	const struct certificate *certificate = &check->summary.result.certificate;
	const struct trace *trace = &check->trace;

	if (check->summary.objects > 1)
		fprintf(out, "    on %s:\n", trace_object_name(trace, check->summary.worst));
	if (certificate->attempts)
		fputs("    these holds cannot stand together:\n", out);
	for (int i = 0; i < certificate->attempts; i++) {
		fputs("      ", out);
		print_op(trace, certificate->acquire[i], out);
		if (certificate->release[i] == TRACE_NEVER) {
			fputs("; never released\n", out);
			continue;
		}
		fputs("; released by ", out);
		print_op(trace, certificate->release[i], out);
		fputc('\n', out);
	}
	if (!certificate->attempts && certificate->stuck != TRACE_NEVER) {
		fputs("    no legal order is left when the ", out);
		print_op(trace, certificate->stuck, out);
		fputs(" has returned\n", out);
	}
}

void trace_check_print(const struct trace_check *check, const char *path, FILE *out)
{
	const struct linear_summary *summary = &check->summary;
	uint32_t open = open_ops(&check->trace);

	log_progress("%s", "");
	fprintf(out, "%s  %s  %s\n", verdict_words(summary->verdict), model_names[check->model],
		path);
	fprintf(out, "    %u operations, %u open, on %u object%s; decided by %s in %.3f ms\n",
		check->trace.ops, open, summary->objects, summary->objects == 1 ? "" : "s",
		summary->result.procedure ? summary->result.procedure : "nothing to decide",
		check->seconds * 1e3);
	if (summary->verdict == LINEAR_UNKNOWN)
		fprintf(out, "    unknown: %s\n", summary->result.bound);
	if (summary->verdict == NOT_LINEARIZABLE)
		print_certificate(check, out);
}

void trace_check_print_json(const struct trace_check *check, const char *path, FILE *out)
{
	const struct linear_summary *summary = &check->summary;
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "file", path);
	cJSON_AddStringToObject(object, "format", check->trace.format);
	cJSON_AddStringToObject(object, "model", model_names[check->model]);
	cJSON_AddStringToObject(object, "verdict", verdict_words(summary->verdict));
	cJSON_AddStringToObject(object, "procedure",
				summary->result.procedure ? summary->result.procedure : "");
	cJSON_AddStringToObject(object, "bound", summary->result.bound);
	cJSON_AddNumberToObject(object, "operations", check->trace.ops);
	cJSON_AddNumberToObject(object, "open", open_ops(&check->trace));
	cJSON_AddNumberToObject(object, "objects", summary->objects);
	cJSON_AddNumberToObject(object, "not_linearizable", summary->not_linearizable);
	cJSON_AddNumberToObject(object, "unknown", summary->unknown);
	cJSON_AddNumberToObject(object, "seconds", check->seconds);
	char *text = cJSON_PrintUnformatted(object);

	CHECK(text);
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(object);
}
