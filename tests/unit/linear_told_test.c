/*
 * All that is told of a small history that has no order, to the letter: headline, sentences,
 * drawing. The histories and the texts stand in linear_told.txt, where a wrong word is
 * easily seen.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/word.h"
#include "checker/linear/explain.h"
#include "tests/oracle/small.h"
#include "tests/support/suite.h"

enum { FIRST_NS = 100000000, TELLINGS_MAX = 250, WORD = 32 };

struct telling {
	char *head; /* the line "== ..." */
	const char *history;
	char *told; /* grows */
	enum model model;
	int limit;
	int64_t step_ns; /* between two events */
	const char *first;
	bool by_attempt, untimed, unnumbered, any, two_objects, at_once, behind_another;
};

static struct telling tellings[TELLINGS_MAX];
static int count;

/* The texts ------------------------------------------------------------------------------------- */

static enum model model_named(const char *name)
{
	int model = word_index(name, model_names);

	CHECK(model >= 0);
	return (enum model)model;
}

/* "== owned-semaphore, limit 2, by attempt: a1[0 1] ..." */
static void read_head(struct telling *telling, const char *line)
{
	char name[WORD];

	telling->head = strdup(line);
	telling->told = strdup("");
	CHECK(telling->head && telling->told);
	char *colon = strchr(telling->head, ':');

	CHECK(colon && sscanf(telling->head, "== %31[a-z-]", name) == 1);
	telling->history = colon + 2;
	*colon = '\0';
	const char *limit = strstr(telling->head, ", limit ");

	telling->model = model_named(name);
	telling->limit = limit ? atoi(limit + strlen(", limit ")) : 1;
	telling->first = strstr(telling->head, ", first value ");
	telling->step_ns = strstr(telling->head, ", a nanosecond apart")    ? 1
			   : strstr(telling->head, ", a microsecond apart") ? 1000
									    : FIRST_NS;
	telling->unnumbered = strstr(telling->head, ", without lines");
	telling->behind_another = strstr(telling->head, ", behind another object");
	telling->by_attempt = strstr(telling->head, ", by attempt");
	telling->untimed = strstr(telling->head, ", without times");
	telling->any = strstr(telling->head, ", any first value");
	telling->two_objects = strstr(telling->head, ", on two objects");
	telling->at_once = strstr(telling->head, ", on two objects at once");
}

static void read_tellings(void)
{
	const char *path = "tests/unit/linear_told.txt";
	FILE *in = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!in) {
		fprintf(stderr, "%s: not found from here: run me at the root of the tree\n", path);
		exit(EXIT_FAILURE);
	}
	while (getline(&line, &room, in) > 0) {
		if (*line == '#' || *line == '\n')
			continue;
		if (strncmp(line, "== ", 3) == 0) {
			CHECK(count < TELLINGS_MAX);
			line[strcspn(line, "\n")] = '\0';
			read_head(&tellings[count++], line);
			continue;
		}
		CHECK(count > 0);
		char *before = tellings[count - 1].told;

		CHECK(asprintf(&tellings[count - 1].told, "%s%s", before, line) > 0);
		free(before);
	}
	free(line);
	fclose(in);
}

/* The history ----------------------------------------------------------------------------------- */

/* Each operation has its number for a line and, if it tells no owner, ten more for its process. */
static void put_event(const struct telling *telling, const struct small *small, uint32_t i,
		      uint32_t object, uint32_t *handle, struct trace_builder *builder)
{
	uint32_t number = small->trace.event[i] >> 1;
	struct trace_op op = small->op[number];

	op.object = object;
	op.line = telling->unnumbered ? 0 : number + 1;
	if (op.owner == 0)
		op.owner = 11 + number;
	op.process = (int32_t)op.owner;
	op.a = trace_intern_value(builder, trace_value_text(&small->trace, op.a));
	op.b = trace_intern_value(builder, trace_value_text(&small->trace, op.b));
	if (!telling->untimed)
		op.invoked_ns = op.returned_ns = FIRST_NS + i * telling->step_ns;
	if (small->trace.event[i] & 1)
		trace_return(builder, handle[number], (enum trace_outcome)op.outcome, &op);
	else
		handle[number] = trace_invoke(builder, &op);
}

/* On the two objects one after the other, or each event on both. */
static void put(const struct telling *telling, const struct small *small,
		struct trace_builder *builder)
{
	const uint32_t object[] = {trace_intern_object(builder, "a"),
				   telling->two_objects ? trace_intern_object(builder, "b") : 0};
	uint32_t handle[2][SMALL_OPS];
	int objects = telling->two_objects ? 2 : 1;

	for (int o = 0; o < (telling->at_once ? 1 : objects); o++)
		for (uint32_t i = 0; i < small->trace.events; i++) {
			put_event(telling, small, i, object[o], handle[o], builder);
			if (telling->at_once)
				put_event(telling, small, i, object[1], handle[1], builder);
		}
}

static void build(const struct telling *telling, struct trace *trace)
{
	struct trace_builder *builder = trace_begin("test");
	struct small small;

	small_read(&small, telling->model, telling->limit, telling->by_attempt, telling->history);
	if (telling->behind_another)
		trace_intern_object(builder, "another");
	if (telling->first)
		trace_set_initial(builder, telling->first + strlen(", first value "));
	put(telling, &small, builder);
	trace_end(builder, trace);
	trace->initial_any = telling->any;
}

/* What is told ---------------------------------------------------------------------------------- */

static const char *tick_at(const struct explanation *explanation, double at)
{
	for (int i = 0; i < explanation->ticks; i++)
		if (explanation->tick[i].at == at)
			return explanation->tick[i].text;
	return at == 1 ? "the end" : "?";
}

/* "4 process 2, release: 0.700 s to 0.800 s" */
static void write_row(FILE *out, const struct explanation *explanation,
		      const struct explanation_row *row)
{
	fprintf(out, "%u %s, %s: %s to %s", row->line, row->who, row->what,
		tick_at(explanation, row->invoked), tick_at(explanation, row->returned));
	if (row->held_from != EXPLANATION_NOWHERE)
		fprintf(out, ", holds from %s to %s", tick_at(explanation, row->held_from),
			tick_at(explanation, row->held_until));
	fprintf(out, "%s%s\n", row->held_on ? " and on" : "", row->culprit ? ", culprit" : "");
}

static void write_line(FILE *out, const struct trace *trace, uint32_t op)
{
	if (op == TRACE_NEVER)
		fputc('-', out);
	else
		fprintf(out, "%u", trace->op[op].line);
}

/* "decided by T2: 1 violation of object 0 in 1 of 1; holds 1 to 3, 2 to -; at the answer to 2; in 4
 * events": lines of operations, and how long the illegal prefix is. */
static void write_result(FILE *out, const struct trace *trace, const struct linear_summary *summary)
{
	const struct linear_result *result = &summary->result;
	const struct certificate *certificate = &result->certificate;

	fprintf(out, "decided by %s: %" PRIu64 " violation%s of object %u in %u of %u",
		result->procedure, result->violations, result->violations == 1 ? "" : "s",
		summary->worst, summary->not_linearizable, summary->objects);
	for (int i = 0; i < certificate->attempts; i++) {
		fputs(i ? ", " : "; holds ", out);
		write_line(out, trace, certificate->acquire[i]);
		fputs(" to ", out);
		write_line(out, trace, certificate->release[i]);
	}
	fputs("; at the answer to ", out);
	write_line(out, trace, certificate->stuck);
	fprintf(out, "; in %u events\n", certificate->prefix);
}

static char *write_down(const struct trace *trace, const struct linear_summary *summary,
			const struct explanation *explanation)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	write_result(out, trace, summary);
	fprintf(out, "%s\n", explanation->headline);
	for (int i = 0; i < explanation->sentences; i++)
		fprintf(out, "%s\n", explanation->sentence[i]);
	for (int i = 0; i < explanation->rows; i++)
		write_row(out, explanation, &explanation->row[i]);
	fprintf(out, "verified by %u operation%s\n", explanation->proof_ops,
		explanation->proof_ops == 1 ? "" : "s");
	CHECK(fclose(out) == 0);
	return text;
}

START_TEST(what_is_told_is_true_to_the_letter)
{
	const struct telling *telling = &tellings[_i];
	struct linear_request request = {.model = telling->model, .limit = telling->limit};
	struct explanation explanation;
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	build(telling, &trace);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_msg(summary.verdict == NOT_LINEARIZABLE, "%s: %s", telling->head,
		      telling->history);
	explain_summary(&trace, &request, &summary, &explanation);
	char *told = write_down(&trace, &summary, &explanation);

	ck_assert_msg(strcmp(told, telling->told) == 0, "%s: %s\nit says:\n%s\ninstead of:\n%s",
		      telling->head, telling->history, told, telling->told);
	ck_assert_int_eq(explanation.proof, EXPLANATION_VERIFIED);
	free(told);
	explanation_free(&explanation);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: told");
	TCase *cases = tcase_create("all");

	read_tellings();
	tcase_add_loop_test(cases, what_is_told_is_true_to_the_letter, 0, count);
	suite_add_tcase(suite, cases);
	int status = suite_run(suite);

	for (int i = 0; i < count; i++) {
		free(tellings[i].head);
		free(tellings[i].told);
	}
	return status;
}
