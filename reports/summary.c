/*
 * The summary for the terminal: at most 24 lines of 80 columns. An arm takes two lines (of few arms
 * three), and one gives way to the line of what never happened, another to that of what could not;
 * when there are more arms than fit, the last line counts the verdicts of the rest, so that none is
 * hidden.
 */
#include "reports/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/capture_facts.h"
#include "base/escape.h"
#include "reports/model.h"
#include "reports/story.h"
#include "reports/words.h"

enum {
	COLUMNS = 80,
	NAME_COLUMNS = 14,
	VERDICT_COLUMNS = 12,
	INDENT = 4, /* of an arm's second line */
	ARMS_SHOWN = 7,
	ARMS_ROOMY = 3,
	SENTENCE_LINES = 3,
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

static void pad(FILE *out, int columns)
{
	fprintf(out, "%*s", columns > 0 ? columns : 0, "");
}

/* One line of text that begins in column `indent`. */
static void print_line(FILE *out, int indent, const char *text)
{
	pad(out, indent);
	escape_terminal(out, text, COLUMNS - indent);
	fputc('\n', out);
}

/* Bytes of `text` that fit into so many columns, at a blank if there is one. The text is clean. */
static size_t fitting(const char *text, size_t columns)
{
	size_t whole = strlen(text), end = columns;

	if (whole <= columns)
		return whole;
	while (end > 0 && text[end] != ' ')
		end--;
	CHECK(end <= columns && columns < whole);
	return end > columns / 2 ? end : columns;
}

/* As print_line, over two lines if there is room. */
static void print_lines(FILE *out, int indent, const char *text, bool roomy)
{
	size_t first = roomy ? fitting(text, (size_t)(COLUMNS - indent)) : strlen(text);
	char *head = strndup(text, first);

	CHECK_MEMORY(head);
	print_line(out, indent, head);
	free(head);
	if (text[first])
		print_line(out, indent, text + first + (text[first] == ' '));
}

/* Violations by name, definite ones first. Returns how many names there were. */
static int say_violations(FILE *out, const struct judgement *judged)
{
	int named = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (judged->definite[name])
			fprintf(out, "%s%s %" PRId64, named++ ? ", " : "",
				violation_word((enum violation_name)name), judged->definite[name]);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (judged->possible[name])
			fprintf(out, "%spossible %s %" PRId64, named++ ? ", " : "",
				violation_word((enum violation_name)name), judged->possible[name]);
	return named;
}

/* What else was counted, good news and bad: each count that is not 0, after `named` others. */
static void say_counts(FILE *out, const struct judgement *judged, const struct arm_model *arm,
		       int named)
{
	const struct {
		const char *what;
		int64_t count;
	} counts[] = {
		{"exposures", judgement_is_guarded(judged) ? judged->exposures : 0},
		{"writes refused", arm->refused},
		{"requests of the dead", judged->measure[MEASURE_POSTHUMOUS]},
		{"spurious losses", judged->measure[MEASURE_SPURIOUS_LOSSES]},
		{"stopped in time", judged->measure[MEASURE_STOPPED_IN_TIME]},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].count > 0)
			fprintf(out, "%s%s %" PRId64, named++ ? ", " : "", counts[i].what,
				counts[i].count);
	if (judged->measure[MEASURE_LEAST_MARGIN] >= 0)
		fprintf(out, " by %.3f s or more",
			(double)judged->measure[MEASURE_LEAST_MARGIN] / 1e9);
}

/* Violations (with counts: and what else was counted), in one line; empty: none. The caller frees.
 */
static char *describe(const struct judgement *judged, const struct arm_model *counts)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int named = say_violations(out, judged);

	if (counts)
		say_counts(out, judged, counts, named);
	text_end(out, &text);
	return text;
}

static void print_counts(FILE *out, const struct judgement *judged, const struct arm_model *arm)
{
	char *text = NULL;
	size_t size;
	FILE *line = text_begin(&text, &size);

	say_counts(line, judged, arm, 0);
	text_end(line, &text);
	if (*text)
		print_line(out, INDENT, text);
	free(text);
}

/* `roomy`: few arms, so that each may have a line more for its counts. */
static void print_judgement(FILE *out, const struct judgement *judged, const struct arm_model *arm,
			    bool roomy, bool color)
{
	char rate[WORDS_SIZE], trials[WORDS_SIZE], line[256] = "";
	char *violations = describe(judged, roomy ? NULL : arm);
	bool unclear = judged->verdict == VERDICT_INCONCLUSIVE || judged->verdict == VERDICT_BROKEN;

	fputc(' ', out);
	pad(out, NAME_COLUMNS + 2 -
			 escape_terminal(out, arm ? arm->row->name : "service", NAME_COLUMNS));
	fprintf(out, "%s%-*s%s  ", color ? verdict_color(judged->verdict) : "", VERDICT_COLUMNS,
		verdict_word(judged->verdict), color ? "\033[0m" : "");
	if (arm)
		snprintf(line, sizeof(line), "%s, %s", words_trials(trials, judged),
			 words_rate(rate, judged));
	else
		snprintf(line, sizeof(line), "%s", *violations ? violations : "kept its promises");
	escape_terminal(out, line, COLUMNS - 1 - NAME_COLUMNS - 2 - VERDICT_COLUMNS - 2);
	fputc('\n', out);
	if (unclear)
		print_lines(out, INDENT, judged->why, roomy);
	else if (arm)
		print_line(out, INDENT, *violations ? violations : "no violation");
	if (arm && roomy)
		print_counts(out, judged, arm);
	free(violations);
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

static bool has_impossible(const struct model *model)
{
	for (int i = 0; i < model->history->notes; i++) {
		_cleanup_free_ char *name = name_impossible(&model->history->note[i]);

		if (name)
			return true;
	}
	return false;
}

static int arms_shown(const struct model *model)
{
	struct capture_facts facts;

	int shown = ARMS_SHOWN - (model_never_happened(model) ? 1 : 0) -
		    (has_impossible(model) ? 1 : 0) - (lacks_packets(model, &facts) ? 1 : 0);

	CHECK(shown > ARMS_ROOMY); /* few arms are all shown, with a line more each */
	return shown;
}

/* The verdicts of the arms that found no line of their own. */
static void print_rest(FILE *out, const struct model *model)
{
	int left[4] = {0}, shown = arms_shown(model), rest = model->arms - shown;
	char line[160];

	for (int i = shown; i < model->arms; i++)
		if (model->arm[i].judged)
			left[model->arm[i].judged->verdict]++;
	if (rest <= 0)
		return;
	snprintf(line, sizeof(line),
		 "and %d more arms: %d UNSAFE, %d BROKEN, %d INCONCLUSIVE, %d SAFE", rest,
		 left[VERDICT_UNSAFE], left[VERDICT_BROKEN], left[VERDICT_INCONCLUSIVE],
		 left[VERDICT_SAFE]);
	print_line(out, 1, line);
}

/* A sentence over several lines. Counting bytes as columns makes lines of other scripts too short,
 * never too long; the cut of a letter in two is caught by the escaping. */
static void print_sentence(FILE *out, const char *head, const char *sentence)
{
	int indent = (int)strlen(head) + 2;
	size_t room = (size_t)(COLUMNS - indent);
	const char *rest = sentence;

	CHECK(indent < COLUMNS);
	for (int line = 0; line < SENTENCE_LINES && (*rest || line == 0); line++) {
		bool last = line == SENTENCE_LINES - 1;
		size_t length = last ? strlen(rest) : fitting(rest, room);
		char *part = strndup(rest, length);

		CHECK_MEMORY(part);
		fprintf(out, " %s", line == 0 ? head : "");
		pad(out, indent - 1 - (line == 0 ? (int)strlen(head) : 0));
		escape_terminal(out, part, COLUMNS - indent);
		fputc('\n', out);
		free(part);
		rest += length;
		rest += *rest == ' ';
	}
}

/* Of the arm whose locks could not be taken for longest: "nobody got none/0 for 3.64 s; acquire
 * median 0.012 s, p99 3.1 s, 2 timeouts". A broken run is told by why it is that. */
static void print_waits(FILE *out, const struct model *model)
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
	int used = snprintf(line, sizeof(line), "nobody got %.40s for %.3g s",
			    model_lane_name(model, (int)value[MEASURE_UNTAKEN_LANE]),
			    (double)value[MEASURE_UNTAKEN] / 1e9);

	if (value[MEASURE_WAIT_MEDIAN] >= 0)
		used += snprintf(line + used, sizeof(line) - (size_t)used,
				 "; acquire median %.2g s, p99 %.2g s",
				 (double)value[MEASURE_WAIT_MEDIAN] / 1e9,
				 (double)value[MEASURE_WAIT_P99] / 1e9);
	CHECK(used > 0 && (size_t)used < sizeof(line));
	if (value[MEASURE_TIMEOUTS] > 0)
		snprintf(line + used, sizeof(line) - (size_t)used, ", %" PRId64 " timeouts",
			 value[MEASURE_TIMEOUTS]);
	print_line(out, 1, line);
}

static void print_faults(FILE *out, const struct model *model)
{
	char line[160];

	if (model->history->faults == 0)
		snprintf(line, sizeof(line), "none injected");
	else
		snprintf(line, sizeof(line), "%d injected, %" PRId64 " proved to have bitten",
			 model->history->faults, model->bitten);
	print_sentence(out, "faults:", line);
}

static void print_capture(FILE *out, const struct model *model)
{
	struct capture_facts facts;

	if (!lacks_packets(model, &facts))
		return;
	_cleanup_free_ char *sentence = capture_describe(&facts);

	print_sentence(out, "capture.pcap:", sentence);
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

/* One line, where every arm has found its lines; nothing when nobody ever held a lock. */
static void print_exclusion(FILE *out, const struct model *model)
{
	char line[160] = "exclusion: ";
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

	snprintf(line + used, sizeof(line) - used, " of %d arm%s", model->arms,
		 model->arms == 1 ? "" : "s");
	if (any && model->arms <= arms_shown(model))
		print_line(out, 1, line);
}

/* One line with as many items as fit: "never happened: late after-renewal (2 planned), and 3 more".
 * Whether they fit is reckoned in bytes, of which there are never fewer than columns. */
static void print_list(FILE *out, const char *head, char *const *item, int count)
{
	size_t used = strlen(head) + 1, size;
	int left = count;
	char *line = NULL;
	FILE *list = text_begin(&line, &size);

	fputs(head, list);
	for (int i = 0; i < count; i++) {
		used += strlen(", ") + strlen(item[i]);
		if (i && used + (left > 1 ? strlen(", and 99 more") : 0) > COLUMNS)
			break;
		fprintf(list, "%s%s", i ? ", " : "", item[i]);
		left--;
	}
	CHECK(left >= 0 && (left < count || !count)); /* at least one is named */
	if (left)
		fprintf(list, ", and %d more", left);
	text_end(list, &line);
	print_line(out, 1, line);
	free(line);
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

static void print_never_happened(FILE *out, const struct model *model)
{
	int count = model_never_happened(model), named = 0;
	char **item = make_items(count);

	for (int i = 0; i < model->verdicts->cells; i++)
		if (coverage_never(&model->verdicts->cell[i]) != NEVER_NOTHING)
			item[named++] = words_never(&model->verdicts->cell[i]);
	CHECK(named == count);
	if (count)
		print_list(out, "never happened: ", item, count);
	free_items(item, count);
}

/* Why much of what never happened could not. */
static void print_impossible(FILE *out, const struct model *model)
{
	char **item = make_items(model->history->notes);
	int count = 0;

	for (int i = 0; i < model->history->notes; i++) {
		item[count] = name_impossible(&model->history->note[i]);
		count += item[count] != NULL;
	}
	if (count)
		print_list(out, "not possible on an existing cluster: ", item, count);
	free_items(item, count);
}

static void print_broken(FILE *out, const struct history *history)
{
	for (int i = 0; i < history->notes; i++)
		if (history->note[i].breaks) {
			print_sentence(out, "broken:", history->note[i].text);
			return;
		}
}

static void print_violation(FILE *out, const struct violation *violation)
{
	char *sentence = escape_utf8(violation->summary), head[32];

	snprintf(head, sizeof(head), "%s:", violation_word(violation->name));
	print_sentence(out, head, sentence);
	free(sentence);
}

static void print_model(FILE *out, const struct model *model, bool color)
{
	int gravest;

	for (int i = 0; i < model->arms && i < arms_shown(model); i++)
		if (model->arm[i].judged)
			print_judgement(out, model->arm[i].judged, &model->arm[i],
					model->arms <= ARMS_ROOMY, color);
	print_rest(out, model);
	if (model->service)
		print_judgement(out, model->service, NULL, false, color);
	if (model->verdicts->judgements == 0)
		print_line(out, 1, "NOT CHECKED: this history was never judged");
	if (story_pick(model->verdicts, &gravest, 1))
		print_violation(out, &model->verdicts->violation[gravest]);
	print_exclusion(out, model);
	print_waits(out, model);
	print_faults(out, model);
	print_capture(out, model);
	print_never_happened(out, model);
	print_impossible(out, model);
	print_broken(out, model->history);
}

int report_print_summary(const struct history *history, const struct verdicts *verdicts, bool color,
			 FILE *out, struct error *err)
{
	struct model model;

	if (model_build(history, verdicts, false, &model, err))
		return -1;
	print_model(out, &model, color);
	model_free(&model);
	return 0;
}
