/* What is said of a judged trace. */
#include "judging/trace_check.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "base/escape.h"
#include "reports/json_whole.h"
#include "reports/trace_report.h"

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

static const char *meaning(const struct trace_check *check)
{
	switch (check->summary.verdict) {
	case LINEARIZABLE:
		return "Its operations can be put into an order that the model allows and that "
		       "respects who was over before whom began.";
	case NOT_LINEARIZABLE:
		return "There is no order of its operations that the model allows and that "
		       "respects who was over before whom began.";
	case LINEAR_UNKNOWN:
		return check->trace.ops
			       ? "No order was found, and none was ruled out: this is not a pass."
			       : "There is nothing to judge in it: this is not a pass.";
	}
	return "";
}

static void duration(char *text, size_t size, int64_t ns)
{
	if (ns < 1000000)
		snprintf(text, size, "%.3f ms", (double)ns / 1e6);
	else if (ns < 1000000000)
		snprintf(text, size, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(text, size, "%.2f s", (double)ns / 1e9);
}

/* "5 of 10 objects not linearizable, 3 unknown": what was found, and beside it what was not. */
static void put_objects(const struct linear_summary *summary, FILE *out)
{
	bool open = summary->objects > 1 && (summary->not_linearizable || summary->unknown);

	if (open)
		fprintf(out, "%" PRIu32 " of ",
			summary->not_linearizable ? summary->not_linearizable : summary->unknown);
	fprintf(out, "%" PRIu32 " object%s", summary->objects, summary->objects == 1 ? "" : "s");
	if (open && summary->not_linearizable)
		fputs(" not linearizable", out);
	if (summary->not_linearizable && summary->unknown)
		fprintf(out, ", %" PRIu32, summary->unknown);
	if (open && summary->unknown)
		fputs(" unknown", out);
}

static char *objects_text(const struct linear_summary *summary)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	put_objects(summary, out);
	text_end(out, &text);
	return text;
}

/* What was told of tokens, and what became of it; false: nothing. */
static bool tell_tokens(const struct trace_check *check, char *text, size_t size)
{
	const struct trace *trace = &check->trace;
	uint32_t unjudged = trace->tokens_ok - check->tokens_judged;

	if (!trace->tokens_ok)
		return false;
	char what[48] = "";

	if (unjudged == trace->tokens_ok)
		text_copy(what, sizeof(what), ", not judged");
	else if (unjudged)
		snprintf(what, sizeof(what), ", %" PRIu32 " of them not judged", unjudged);
	snprintf(text, size, "on %" PRIu32 " of %" PRIu32 " acquires%s", trace->tokens_ok,
		 trace->acquires_ok, what);
	return true;
}

/* "3 reads" */
static void put_count(FILE *out, bool *first, uint64_t count, const char *one, const char *many)
{
	fprintf(out, "%s%" PRIu64 " %s", *first ? "" : ", ", count, count == 1 ? one : many);
	*first = false;
}

/* What the file tells and the verdict does not rest on, beside tokens; "" when there is nothing. */
static char *list_unjudged(const struct trace_check *check)
{
	const struct trace *trace = &check->trace;
	bool first = true;
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (check->attempts_unjudged)
		put_count(out, &first, check->attempts_unjudged, "attempt", "attempts");
	if (check->modes_unjudged)
		put_count(out, &first, check->modes_unjudged, "shared mode", "shared modes");
	if (trace->lock_values)
		put_count(out, &first, trace->lock_values, "value of an acquire",
			  "values of acquires");
	if (trace->other_values)
		put_count(out, &first, trace->other_values,
			  "answer with another value than was to be written",
			  "answers with other values than were to be written");
	text_end(out, &text);
	return text;
}

static void add_counts(const struct trace_check *check, struct trace_facts *facts)
{
	const struct trace *trace = &check->trace;
	_cleanup_free_ char *objects = objects_text(&check->summary);
	char tokens[96];

	trace_facts_add(facts, "operations",
			"%" PRIu32 ", %" PRIu32 " of them open; %" PRIu64 " failed ones left out",
			trace->ops, trace->open, trace->left_out - trace->valueless);
	trace_facts_add(facts, "objects", "%s", objects);
	if (tell_tokens(check, tokens, sizeof(tokens)))
		trace_facts_add(facts, "tokens", "%s", tokens);
	if (trace->initial_told)
		trace_facts_add(facts, "initial", "%s", trace_value_text(trace, trace->initial));
	if (trace->torn_line)
		trace_facts_warn(facts, "torn", "on line %" PRIu64 ", which was passed over",
				 trace->torn_line);
	if (trace->whole_tuples)
		trace_facts_warn(facts, "values",
				 "they look like [key value], and are taken as they are: "
				 "--independent yes makes objects of the keys");
	if (trace->times_back)
		trace_facts_warn(facts, "order",
				 "that of the lines or of their index, though %" PRIu64
				 " times go back, first on line %" PRIu64,
				 trace->times_back, trace->back_line);
	if (trace->valueless)
		trace_facts_warn(facts, "left out",
				 "%" PRIu64 " reads that are ok and do not say what they saw",
				 trace->valueless);
	_cleanup_free_ char *unjudged = list_unjudged(check);

	if (*unjudged)
		trace_facts_warn(facts, "not judged", "%s", unjudged);
}

/* What did the work; nothing is decided that stayed unknown. */
static void put_procedure(const struct trace_check *check, FILE *out)
{
	const struct linear_summary *summary = &check->summary;
	char read[32], judged[32];

	duration(read, sizeof(read), check->read_ns);
	duration(judged, sizeof(judged), check->judged_ns);
	if (check->streamed) {
		fprintf(out, "; %s decided while it was read, in %s", summary->result.procedure,
			read);
		return;
	}
	if (check->trace.ops)
		fprintf(out, "; %s %s %s", summary->result.procedure,
			summary->verdict == LINEAR_UNKNOWN ? "took" : "decided in", judged);
	fprintf(out, "%s %s of reading", check->trace.ops ? ", after" : ";", read);
}

/* "264 operations (3 open; 299 failed ones left out), 1 object; T1 decided in 0.03 ms; ..." */
static char *summarize(const struct trace_check *check)
{
	const struct linear_summary *summary = &check->summary;
	const struct trace *trace = &check->trace;
	_cleanup_free_ char *unjudged = list_unjudged(check);
	char tokens[96], *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (summary->verdict == LINEAR_UNKNOWN)
		fprintf(out, "%s%s; ",
			!trace->ops              ? ""
			: summary->result.untold ? "unknown: "
						 : "unknown: the search ended at ",
			summary->result.bound);
	fprintf(out, "%" PRIu32 " operation%s (%" PRIu32 " open", trace->ops,
		trace->ops == 1 ? "" : "s", trace->open);
	if (trace->left_out > trace->valueless)
		fprintf(out, "; %" PRIu64 " failed left out", trace->left_out - trace->valueless);
	if (trace->valueless)
		fprintf(out, "; %" PRIu64 " read%s without a value left out", trace->valueless,
			trace->valueless == 1 ? "" : "s");
	fputs(") on ", out);
	put_objects(summary, out);
	if (tell_tokens(check, tokens, sizeof(tokens)))
		fprintf(out, "; tokens %s", tokens);
	if (trace->torn_line)
		fprintf(out, "; torn on line %" PRIu64 ", which was passed over", trace->torn_line);
	if (trace->whole_tuples)
		fprintf(out, "; values [key value] are taken as they are (--independent yes makes "
			     "objects of the keys)");
	if (trace->times_back)
		fprintf(out,
			"; %" PRIu64 " time%s back, first on line %" PRIu64
			", and the order of the lines was judged",
			trace->times_back, trace->times_back == 1 ? " goes" : "s go",
			trace->back_line);
	if (*unjudged)
		fprintf(out, "; not judged: %s", unjudged);
	if (trace->remark)
		fprintf(out, "; %s", trace->remark);
	if (summary->result.violations > 1)
		fprintf(out, "; %" PRIu64 " violations that share no operation",
			summary->result.violations);
	put_procedure(check, out);
	fprintf(out, "; %.0f MB at most", (double)check->peak_bytes / 1e6);
	text_end(out, &text);
	return text;
}

static void gather(const struct trace_check *check, const char *path, struct trace_facts *facts)
{
	const struct linear_result *result = &check->summary.result;
	char read[32], judged[32];

	*facts = (struct trace_facts){
		.name = path,
		.verdict = verdict_words(check->summary.verdict),
		.model = check->trace.ops ? model_names[check->asked.model] : "",
		.code = trace_check_exit_code(check),
		.meaning = meaning(check),
		.summary = summarize(check),
	};
	if (check->summary.verdict == LINEAR_UNKNOWN)
		trace_facts_add(facts, "unknown", "%s", result->bound);
	if (check->trace.ops)
		trace_facts_add(facts, "model", "%s%s%s", facts->model,
				check->model_guessed ? ", by its functions" : "",
				check->mixed ? "; other objects have other ones" : "");
	if (check->asked.limit > 1)
		trace_facts_add(facts, "limit", "%d", check->asked.limit);
	trace_facts_add(facts, "format", "%s", check->trace.format);
	add_counts(check, facts);
	if (check->trace.remark)
		trace_facts_warn(facts, "remark", "%s", check->trace.remark);
	if (result->violations > 1)
		trace_facts_add(facts, "violations", "%" PRIu64 " that share no operation",
				result->violations);
	duration(read, sizeof(read), check->read_ns);
	duration(judged, sizeof(judged), check->judged_ns);
	if (check->streamed)
		trace_facts_add(facts, "decided by", "%s while it was read, in %s",
				result->procedure, read);
	else if (check->trace.ops)
		trace_facts_add(facts,
				check->summary.verdict == LINEAR_UNKNOWN ? "tried" : "decided by",
				"%s in %s, after reading for %s", result->procedure, judged, read);
	if (result->configurations)
		trace_facts_add(facts, "search", "%" PRIu64 " configurations",
				result->configurations);
	trace_facts_add(facts, "peak memory", "%.0f MB", (double)check->peak_bytes / 1e6);
}

void trace_check_print(const struct trace_check *check, const char *path, FILE *out)
{
	struct trace_facts facts;

	gather(check, path, &facts);
	trace_print_facts(out, &facts, log_wants_color(fileno(out)));
	if (check->explained)
		trace_print_explanation(out, &check->explanation, log_shows_boxes());
	trace_facts_free(&facts);
}

/* JSON ---------------------------------------------------------------------------------------- */

/* From a file: whatever it holds, the JSON is valid UTF-8. */
static void add_text(cJSON *object, const char *name, const char *text)
{
	_cleanup_free_ char *valid = escape_utf8(text);

	CHECK_MEMORY(cJSON_AddStringToObject(object, name, valid ? valid : ""));
}

static void add_operation(cJSON *array, const struct trace *trace,
			  const struct explanation_row *row)
{
	const struct trace_op *op = &trace->op[row->op];
	cJSON *object = cJSON_CreateObject();

	CHECK_MEMORY(object);
	add_text(object, "who", row->who);
	add_text(object, "what", row->what);
	json_add_whole(object, "line", row->line);
	json_add_whole(object, "invoked_event", (int64_t)op->invoked + 1);
	if (op->returned != TRACE_NEVER)
		json_add_whole(object, "returned_event", (int64_t)op->returned + 1);
	if (trace->has_times) {
		cJSON_AddNumberToObject(object, "invoked_s", (double)op->invoked_ns / 1e9);
		if (op->returned != TRACE_NEVER)
			cJSON_AddNumberToObject(object, "returned_s",
						(double)op->returned_ns / 1e9);
	}
	if (op->has_token) { /* a string: tokens exceed 2^53 */
		char token[24];

		snprintf(token, sizeof(token), "%" PRId64, op->token);
		add_text(object, "token", token);
	}
	cJSON_AddBoolToObject(object, "fits_nowhere", row->culprit);
	cJSON_AddItemToArray(array, object);
}

static void add_explanation(cJSON *object, const struct trace_check *check)
{
	const struct explanation *explanation = &check->explanation;
	cJSON *into = cJSON_AddObjectToObject(object, "explanation");

	CHECK_MEMORY(into);
	add_text(into, "headline", explanation->headline);
	cJSON *sentences = cJSON_AddArrayToObject(into, "sentences");
	cJSON *operations = cJSON_AddArrayToObject(into, "operations");

	for (int i = 0; i < explanation->sentences; i++) {
		_cleanup_free_ char *valid = escape_utf8(explanation->sentence[i]);

		cJSON_AddItemToArray(sentences, cJSON_CreateString(valid));
	}
	for (int i = 0; i < explanation->rows; i++)
		add_operation(operations, &check->trace, &explanation->row[i]);
	cJSON_AddStringToObject(into, "verified",
				explanation->proof == EXPLANATION_VERIFIED     ? "yes"
				: explanation->proof == EXPLANATION_UNVERIFIED ? "too-large"
									       : "refuted");
	json_add_whole(into, "verified_operations", explanation->proof_ops);
}

static void add_verdict(cJSON *object, const struct trace_check *check, const char *path)
{
	const struct linear_summary *summary = &check->summary;

	add_text(object, "file", path);
	add_text(object, "format", check->trace.format);
	if (check->trace.ops)
		add_text(object, "model", model_names[check->asked.model]);
	cJSON_AddBoolToObject(object, "model_guessed", check->model_guessed);
	json_add_whole(object, "limit", check->asked.limit);
	add_text(object, "verdict", verdict_words(summary->verdict));
	add_text(object, "procedure", summary->result.procedure);
	if (summary->verdict == LINEAR_UNKNOWN)
		add_text(object, "bound", summary->result.bound);
	json_add_whole(object, "operations", check->trace.ops);
	json_add_whole(object, "open", check->trace.open);
	json_add_unsigned(object, "left_out", (uint64_t)check->trace.left_out);
	json_add_unsigned(object, "torn_line", check->trace.torn_line);
	cJSON_AddBoolToObject(object, "whole_tuples", check->trace.whole_tuples);
	json_add_unsigned(object, "times_back", check->trace.times_back);
	json_add_unsigned(object, "reads_without_value", check->trace.valueless);
	json_add_unsigned(object, "other_values_not_judged", check->trace.other_values);
	if (check->trace.initial_told)
		add_text(object, "initial", trace_value_text(&check->trace, check->trace.initial));
	json_add_whole(object, "acquires_ok", check->trace.acquires_ok);
	json_add_whole(object, "tokens", check->trace.tokens_ok);
	json_add_whole(object, "tokens_judged", check->tokens_judged);
	json_add_whole(object, "attempts_not_judged", check->attempts_unjudged);
	json_add_whole(object, "modes_not_judged", check->modes_unjudged);
	json_add_unsigned(object, "lock_values_not_judged", check->trace.lock_values);
	if (check->trace.remark)
		add_text(object, "remark", check->trace.remark);
	json_add_whole(object, "objects", summary->objects);
	json_add_whole(object, "not_linearizable", summary->not_linearizable);
	json_add_whole(object, "unknown", summary->unknown);
	if (check->trace.ops)
		add_text(object, "object", trace_object_name(&check->trace, summary->worst));
	json_add_unsigned(object, "violations", (uint64_t)summary->result.violations);
	json_add_unsigned(object, "configurations", (uint64_t)summary->result.configurations);
	cJSON_AddNumberToObject(object, "read_s", (double)check->read_ns / 1e9);
	cJSON_AddNumberToObject(object, "judged_s", (double)check->judged_ns / 1e9);
	json_add_unsigned(object, "peak_bytes", (uint64_t)check->peak_bytes);
}

void trace_check_print_json(const struct trace_check *check, const char *path, FILE *out)
{
	cJSON *object = cJSON_CreateObject();

	CHECK_MEMORY(object);
	add_verdict(object, check, path);
	if (check->explained)
		add_explanation(object, check);
	char *text = cJSON_PrintUnformatted(object);

	CHECK_MEMORY(text);
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(object);
}

void trace_check_tell(struct trace_check *check, const char *path, struct trace_told *told)
{
	*told = (struct trace_told){.name = text_format("%s", path),
				    .explained = check->explained,
				    .explanation = check->explanation};
	gather(check, told->name, &told->facts);
	check->explanation = (struct explanation){0};
	check->explained = false;
}
