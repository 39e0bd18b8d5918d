/*
 * The summary for the terminal: a few lines for each of a few arms, one for each of many; in the
 * first what a reader must know of the whole (interrupted, broken), in the last what the exit code
 * means. Of few arms it fits a screen of 24 lines.
 */
#include "reports/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/printable.h"
#include "base/text.h"
#include "reports/capture_facts.h"
#include "base/escape.h"
#include "reports/lines.h"
#include "reports/failover_times.h"
#include "reports/known.h"
#include "reports/model.h"
#include "reports/run_outcome.h"
#include "reports/story.h"
#include "reports/threshold.h"
#include "reports/words.h"
#include "tuning/advice.h"

enum {
	NAME_COLUMNS = 14,
	NAME_LONGEST = 30,
	VERDICT_COLUMNS = 12,
	INDENT = 4,        /* of an arm's second line */
	ARMS_DETAILED = 7, /* more have a line each */
	ARMS_ROOMY = 3,
	SENTENCE_LINES = 3,
	LIST_LINES = 4,
};

struct sheet {
	FILE *out;
	int columns;
	bool color;
};

/* Bold in green, red, yellow, magenta; the word says the same. */
static const char *verdict_color(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return "\033[1;32m";
	case VERDICT_UNSAFE:
		return "\033[1;31m";
	case VERDICT_INCONCLUSIVE:
		return "\033[1;33m";
	case VERDICT_BROKEN:
		return "\033[1;35m";
	}
	return "";
}

/* A sentence behind its head, which is a word of ours; `most` lines of the widest. */
static void print_sentence(const struct sheet *sheet, const char *head, const char *sentence,
			   int most)
{
	char beginning[48];
	struct lines lines;

	snprintf(beginning, sizeof(beginning), " %s%s", head, *head ? " " : "");
	lines_begin(&lines, sheet->out, sheet->columns, beginning, (int)strlen(beginning),
		    most * LINES_WIDEST / sheet->columns);
	lines_say(&lines, sentence);
	lines_end(&lines);
}

static int list_lines(const struct sheet *sheet)
{
	return LIST_LINES * LINES_WIDEST / sheet->columns;
}

static void begin_more(const struct sheet *sheet, struct lines *lines)
{
	lines_begin(lines, sheet->out, sheet->columns, "", INDENT, list_lines(sheet));
}

/* A count and what is counted, as one thing that is not broken. */
static void add_count(struct lines *lines, const char *kind, const char *what, int64_t count)
{
	char text[WORDS_SIZE];

	if (count <= 0)
		return;
	snprintf(text, sizeof(text), "%s%s %" PRId64, kind, what, count);
	lines_add(lines, text);
}

/* Violations by name, definite ones first. */
static void add_violations(struct lines *lines, const struct judgement *judged)
{
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		add_count(lines, "", violation_word((enum violation_name)name),
			  judged->definite[name]);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		add_count(lines, "possible ", violation_word((enum violation_name)name),
			  judged->possible[name]);
}

/* What else was counted, good news and bad. */
static void add_counts(struct lines *lines, const struct judgement *judged,
		       const struct arm_model *arm)
{
	int64_t margin_ns = judged->measure[MEASURE_LEAST_MARGIN];
	char text[WORDS_SIZE];

	if (judgement_is_guarded(judged))
		add_count(lines, "", "exposures", judged->exposures);
	add_count(lines, "", "writes refused", arm->refused);
	add_count(lines, "", "requests of the dead", judged->measure[MEASURE_POSTHUMOUS]);
	add_count(lines, "", "spurious losses", judged->measure[MEASURE_SPURIOUS_LOSSES]);
	if (margin_ns < 0)
		add_count(lines, "", "stopped in time", judged->measure[MEASURE_STOPPED_IN_TIME]);
	if (margin_ns < 0)
		return;
	snprintf(text, sizeof(text), "stopped in time %" PRId64 " by %.3f s or more",
		 judged->measure[MEASURE_STOPPED_IN_TIME], (double)margin_ns / 1e9);
	lines_add(lines, text);
}

/* The column in which the verdicts stand: behind the widest name, within reason. */
static int name_columns(const struct sheet *sheet, const struct model *model)
{
	int columns = NAME_COLUMNS;
	int third = sheet->columns / 3 - 1;
	int most = third < NAME_LONGEST ? third : NAME_LONGEST;

	for (int i = 0; i < model->arms; i++) {
		int name = printable_columns(model->arm[i].row->name);

		columns = name > columns ? name : columns;
	}
	return columns < most ? columns : most;
}

/* Its name and verdict; the line goes on. */
static void begin_judgement(const struct sheet *sheet, struct lines *lines, int columns,
			    const char *name, enum verdict verdict)
{
	lines_begin(lines, sheet->out, sheet->columns, " ", INDENT, list_lines(sheet));
	lines->used += escape_terminal(sheet->out, name, columns);
	CHECK(lines->used < columns + 3); /* a negative width would go the other way */
	lines->used += fprintf(sheet->out, "%*s", columns + 3 - lines->used, "");
	fputs(sheet->color ? verdict_color(verdict) : "", sheet->out);
	lines->used += fprintf(sheet->out, "%s", verdict_word(verdict));
	fputs(sheet->color ? "\033[0m" : "", sheet->out);
	int left = columns + 3 + VERDICT_COLUMNS + 2 - lines->used;

	CHECK(left > 0); /* the longest verdict fits into its column */
	if (lines->used + left < sheet->columns)
		lines->used += fprintf(sheet->out, "%*s", left, "");
	else
		lines->used = sheet->columns; /* what follows begins on the next line */
}

/* `brief`: all of it shall stand on one line. */
static void add_trials(struct lines *lines, const struct judgement *judged, bool brief)
{
	static const char guard[] = " of its guard";
	char text[WORDS_SIZE];
	char *end = strstr(words_trials(text, judged), guard);

	if (brief && end)
		*end = '\0';
	lines_add(lines, text);
	lines_add(lines, words_rate(text, judged));
}

static void print_arm(const struct sheet *sheet, const struct model *model,
		      const struct arm_model *arm)
{
	const struct judgement *judged = arm->judged;
	bool unclear = judged->verdict == VERDICT_INCONCLUSIVE || judged->verdict == VERDICT_BROKEN;
	struct lines lines;

	begin_judgement(sheet, &lines, name_columns(sheet, model), arm->row->name, judged->verdict);
	add_trials(&lines, judged, model->arms > ARMS_DETAILED);
	lines_end(&lines);
	if (model->arms > ARMS_DETAILED)
		return;
	begin_more(sheet, &lines);
	if (unclear)
		lines_say(&lines, judged->why);
	else if (model_violations(judged))
		add_violations(&lines, judged);
	else
		lines_say(&lines, "no violation");
	if (unclear || model->arms <= ARMS_ROOMY) {
		lines_end(&lines);
		begin_more(sheet, &lines);
	}
	add_counts(&lines, judged, arm);
	lines_end(&lines);
}

static void print_service(const struct sheet *sheet, const struct model *model)
{
	const struct judgement *judged = model->service;
	struct lines lines;

	begin_judgement(sheet, &lines, name_columns(sheet, model), "service", judged->verdict);
	if (judged->verdict == VERDICT_INCONCLUSIVE || judged->verdict == VERDICT_BROKEN)
		lines_say(&lines, judged->why);
	else if (model_violations(judged))
		add_violations(&lines, judged);
	else
		lines_say(&lines, "kept its promises");
	lines_end(&lines);
}

/* The file that everybody looks into is not whole. */
static bool lacks_packets(const struct model *model, struct capture_facts *facts)
{
	return capture_read(model->history, facts) &&
	       (facts->dropped_packets || facts->missed_packets);
}

/* The name of a block of faults that was left out; NULL of any other note. */
static char *name_impossible(const struct note_row *note)
{
	size_t length = strlen(note->text), end = strlen(NOTE_IMPOSSIBLE);

	if (length < end || strcmp(note->text + length - end, NOTE_IMPOSSIBLE) != 0)
		return NULL;
	char *name = strndup(note->text, length - end);

	CHECK_MEMORY(name);
	return name;
}

static void print_failover(const struct sheet *sheet, const struct model *model)
{
	_cleanup_free_ char *brief = failover_brief(model->verdicts);

	if (brief)
		print_sentence(sheet, "failover:", brief, SENTENCE_LINES);
}

/* Of the arm whose locks could not be taken for longest: "nobody got none/0 for 3.64 s; acquire
 * median 0.012 s, p99 3.1 s, 2 timeouts". A broken run is told by why it is that. */
static void print_waits(const struct sheet *sheet, const struct model *model)
{
	const struct judgement *worst = NULL;
	char line[160];

	for (int i = 0; i < model->history->notes; i++)
		if (model->history->note[i].breaks)
			return;
	for (int i = 0; i < model->arms; i++) {
		const struct judgement *judged = model->arm[i].judged;

		if (judged && judged->verdict != VERDICT_BROKEN &&
		    judged->measure[MEASURE_UNTAKEN] > 0 &&
		    (!worst || judged->measure[MEASURE_UNTAKEN] > worst->measure[MEASURE_UNTAKEN]))
			worst = judged;
	}
	if (!worst)
		return;
	const int64_t *value = worst->measure;
	struct lines lines;

	lines_begin(&lines, sheet->out, sheet->columns, " ", 1, list_lines(sheet));
	snprintf(line, sizeof(line), "nobody got %.40s for %.3g s%s",
		 model_lane_name(model, (int)value[MEASURE_UNTAKEN_LANE]),
		 (double)value[MEASURE_UNTAKEN] / 1e9,
		 value[MEASURE_WAIT_MEDIAN] >= 0 ? "; acquire" : "");
	lines_say(&lines, line);
	if (value[MEASURE_WAIT_MEDIAN] >= 0) {
		snprintf(line, sizeof(line), "median %.2g s, p99 %.2g s",
			 (double)value[MEASURE_WAIT_MEDIAN] / 1e9,
			 (double)value[MEASURE_WAIT_P99] / 1e9);
		lines_say(&lines, line);
	}
	if (value[MEASURE_TIMEOUTS] > 0) {
		snprintf(line, sizeof(line), "%" PRId64 " timeouts", value[MEASURE_TIMEOUTS]);
		lines_add(&lines, line);
	}
	lines_end(&lines);
	print_failover(sheet, model);
}

static void print_faults(const struct sheet *sheet, const struct model *model)
{
	char line[160];

	if (model->history->faults == 0)
		snprintf(line, sizeof(line), "none injected");
	else
		snprintf(line, sizeof(line), "%d injected, %" PRId64 " proved to have bitten",
			 model->history->faults, model->bitten);
	print_sentence(sheet, "faults:", line, SENTENCE_LINES);
}

static void print_capture(const struct sheet *sheet, const struct model *model)
{
	struct capture_facts facts;

	if (!lacks_packets(model, &facts))
		return;
	_cleanup_free_ char *sentence = capture_describe(&facts);

	print_sentence(sheet, "capture.pcap:", sentence, SENTENCE_LINES);
}

static int count_exclusions(const struct model *model, enum exclusion_level level,
			    enum exclusion_verdict verdict)
{
	int arms = 0;

	for (int i = 0; i < model->arms; i++)
		arms += model->arm[i].judged && model->arm[i].judged->exclusion[level].holds &&
			model->arm[i].judged->exclusion[level].verdict == verdict;
	return arms;
}

/* Nothing when nobody ever held a lock. */
static void print_exclusion(const struct sheet *sheet, const struct model *model)
{
	char line[160] = "";
	bool any = false;

	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
		size_t used = strlen(line);
		int failed = count_exclusions(model, (enum exclusion_level)level, EXCLUSION_FAILED);
		int held = count_exclusions(model, (enum exclusion_level)level, EXCLUSION_HELD);

		snprintf(line + used, sizeof(line) - used, "%s%s level %s in %d", level ? ", " : "",
			 exclusion_level_word((enum exclusion_level)level),
			 failed ? "failed" : "held", failed ? failed : held);
		CHECK(failed + held <= model->arms);
		any |= failed + held > 0;
	}
	size_t used = strlen(line);

	int more = snprintf(line + used, sizeof(line) - used, " of %d arm%s", model->arms,
			    model->arms == 1 ? "" : "s");

	CHECK(used + (size_t)more < sizeof(line)); /* a level more needs a longer line */
	if (any)
		print_sentence(sheet, "exclusion:", line, SENTENCE_LINES);
}

/* One line with as many items as fit, but one at least: "never happened: late after-renewal (2
 * planned), and 3 more". */
static void print_list(const struct sheet *sheet, const char *head, char *const *item, int count)
{
	int used = 1 + (int)strlen(head), left = count;
	struct lines lines;
	char more[32];

	CHECK(count > 0);
	lines_begin(&lines, sheet->out, sheet->columns, " ", INDENT, list_lines(sheet));
	lines_say(&lines, head);
	lines_say(&lines, item[0]);
	used += 1 + printable_columns(item[0]);
	for (int i = 1; i < count; i++) {
		used += (int)strlen(", ") + printable_columns(item[i]);
		if (used + (left > 2 ? (int)strlen(", and 99 more") : 0) >= sheet->columns)
			break;
		lines_add(&lines, item[i]);
		left--;
	}
	if (left > 1) {
		snprintf(more, sizeof(more), "and %d more", left - 1);
		lines_add(&lines, more);
	}
	lines_end(&lines);
}

static char **make_items(int count)
{
	char **item = calloc((size_t)count + 1, sizeof(*item));

	CHECK_MEMORY(item);
	return item;
}

static void free_items(char **item, int count)
{
	for (int i = 0; i < count; i++)
		free(item[i]);
	free(item);
}

static void print_never_happened(const struct sheet *sheet, const struct model *model)
{
	int count = model_never_happened(model), named = 0;
	char **item = make_items(count);

	for (int i = 0; i < model->verdicts->cells; i++)
		if (coverage_never(&model->verdicts->cell[i]) != NEVER_NOTHING)
			item[named++] = words_never(&model->verdicts->cell[i]);
	CHECK(named == count);
	if (count)
		print_list(sheet, "never happened:", item, count);
	free_items(item, count);
}

/* Why much of what never happened could not. */
static void print_impossible(const struct sheet *sheet, const struct model *model)
{
	char **item = make_items(model->history->notes);
	int count = 0;

	for (int i = 0; i < model->history->notes; i++) {
		item[count] = name_impossible(&model->history->note[i]);
		count += item[count] != NULL;
	}
	if (count)
		print_list(sheet, "not possible on an existing cluster:", item, count);
	free_items(item, count);
}

/* What a reader must know of the whole before the first verdict. */
static void print_state(const struct sheet *sheet, const struct history *history)
{
	const char *why = NULL;

	for (int i = 0; i < history->notes && !why; i++)
		if (history->note[i].breaks)
			why = history->note[i].text;
	if (why)
		print_sentence(sheet, "BROKEN:", why, SENTENCE_LINES);
	if (outcome_was_interrupted(history))
		print_sentence(sheet, "INTERRUPTED:", "what follows is of what there was by then",
			       SENTENCE_LINES);
	else if (!history->sealed)
		print_sentence(sheet, "NOT SEALED:",
			       "it did not end in order; what it did last may be missing",
			       SENTENCE_LINES);
}

static void print_violation(const struct sheet *sheet, const struct violation *violation)
{
	char head[32];

	snprintf(head, sizeof(head), "%s:", violation_word(violation->name));
	print_sentence(sheet, head, violation->summary, SENTENCE_LINES);
}

static void print_thresholds(const struct sheet *sheet, const struct model *model)
{
	int count;
	struct threshold_result *result = thresholds_judge(model->history, model->verdicts, &count);

	for (int i = 0; i < count; i++) {
		char value[WORDS_SIZE], head[32];

		snprintf(head, sizeof(head), "threshold %s:", threshold_met_word(result[i].met));
		_cleanup_free_ char *line =
			text_format("%s (is %s)", result[i].threshold.text,
				    threshold_value(&result[i], value, sizeof(value)));

		print_sentence(sheet, head, line, SENTENCE_LINES);
	}
	free(result);
}

static void print_outcome(const struct sheet *sheet, const struct model *model, enum exit_code code)
{
	_cleanup_free_ char *sentence = outcome_sentence(model->history, model->verdicts, code);

	print_sentence(sheet, "", sentence, 2 * SENTENCE_LINES);
}

static void print_known(const struct sheet *sheet, const struct model *model)
{
	_cleanup_free_ char *known = known_brief(model->history, model->verdicts);

	if (*known)
		print_sentence(sheet, "known:", known, 2);
}

static void print_advice(const struct sheet *sheet, const struct advice *advice)
{
	for (int i = 0; i < advice->items; i++) {
		_cleanup_free_ char *brief = escape_utf8(advice->item[i].brief);

		print_sentence(sheet, "change:", brief, 2);
	}
}

static void print_model(const struct sheet *sheet, const struct model *model, enum exit_code code)
{
	print_state(sheet, model->history);
	for (int i = 0; i < model->arms; i++)
		if (model->arm[i].judged)
			print_arm(sheet, model, &model->arm[i]);
	if (model->service)
		print_service(sheet, model);
	print_known(sheet, model);
	if (model->verdicts->judgements == 0)
		print_sentence(sheet, "NOT CHECKED:", "this history was never judged",
			       SENTENCE_LINES);
	if (model->gravest)
		print_violation(sheet, model->gravest);
	print_exclusion(sheet, model);
	print_waits(sheet, model);
	print_faults(sheet, model);
	print_capture(sheet, model);
	print_never_happened(sheet, model);
	print_impossible(sheet, model);
	print_thresholds(sheet, model);
	print_advice(sheet, &model->advice);
	if (model->verdicts->judgements)
		print_outcome(sheet, model, code);
}

void report_print_summary(const struct model *model, const struct summary_style *style, FILE *out)
{
	struct sheet sheet = {out, lines_columns(style->columns), style->color};

	print_model(&sheet, model, style->code);
}
