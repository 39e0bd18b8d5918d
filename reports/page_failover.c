/* What was asked of figures; and how long it took until a lock was held again, by kind of fault. */
#include "reports/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "reports/failover_times.h"
#include "reports/glossary.h"
#include "reports/markup.h"
#include "reports/threshold.h"
#include "reports/words.h"

enum { GROUPS_LISTED = 250 };

static void write_threshold(FILE *out, const struct threshold_result *result)
{
	static const char *const signs[] = {[THRESHOLD_MET] = "\u2713",
					    [THRESHOLD_MISSED] = "\u2717",
					    [THRESHOLD_UNTOLD] = "?"};
	char value[WORDS_SIZE];

	CHECK(result->met < sizeof(signs) / sizeof(signs[0]));
	fprintf(out, "<tr><td><span aria-hidden=\"true\">%s</span> %s</td>", signs[result->met],
		threshold_met_word(result->met));
	markup_text(out, "td", NULL, result->threshold.text);
	markup_text(out, "td", "number", threshold_value(result, value, sizeof(value)));
	fputs("</tr>\n", out);
}

void page_thresholds(FILE *out, const struct model *model)
{
	static const char *const heads[] = {"met?", "asked", "#it is", NULL};
	int count;
	struct threshold_result *result = thresholds_judge(model->history, model->verdicts, &count);

	if (count) {
		markup_section(out, "asked", "What was asked of the figures");
		markup_table(out, "Thresholds; one that is missed counts as a violation", heads);
		for (int i = 0; i < count; i++)
			write_threshold(out, &result[i]);
		markup_end_table(out);
		markup_end_section(out);
	}
	free(result);
}

/* Failover ------------------------------------------------------------------------------------ */

enum column { MEASURED, LEAST, MEDIAN, P99, MOST, UNWANTED, CUT_OFF, COLUMNS };

static const char *const column_heads[COLUMNS] = {"measured", "shortest",   "median", "99 %",
						  "longest",  "not wanted", "cut off"};

static void write_column(FILE *out, const struct failover_times *times, enum column column)
{
	const int64_t counts[COLUMNS] = {[MEASURED] = times->taken,
					 [UNWANTED] = times->unwanted,
					 [CUT_OFF] = times->cut_off};
	const double lengths_s[COLUMNS] = {[LEAST] = times->least_s,
					   [MEDIAN] = times->median_s,
					   [P99] = times->p99_s,
					   [MOST] = times->most_s};

	CHECK(column < COLUMNS);
	CHECK(!(lengths_s[column] < 0));
	fprintf(out, "<td class=\"number\" data-label=\"%s\">", column_heads[column]);
	if (column == MEASURED || column == UNWANTED || column == CUT_OFF)
		fprintf(out, "%" PRId64, counts[column]);
	else if (isnan(lengths_s[column]))
		fputc('-', out);
	else
		fprintf(out, "%.3f s", lengths_s[column]);
	fputs("</td>", out);
}

static const char *leader_word(enum led led)
{
	switch (led) {
	case LED_ON:
		return "stayed";
	case LED_ANEW:
		return "changed";
	case LED_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static void write_group(FILE *out, const struct model *model, const struct failover_group *group)
{
	fputs("<tr><th scope=\"row\">", out);
	escape_html(out, group->kind);
	fputc(' ', out);
	escape_html(out, group->target);
	fputs("</th><td data-label=\"variant\">", out);
	escape_html(out, model_arm_name(model, group->arm));
	fprintf(out, "</td><td data-label=\"leader\">%s</td>", leader_word(group->led));
	for (int column = 0; column < COLUMNS; column++)
		write_column(out, &group->times, (enum column)column);
	fputs("</tr>\n", out);
}

static void write_groups(FILE *out, const struct model *model)
{
	int count;
	struct failover_group *group = failover_groups(model->verdicts, &count);
	int shown = count < GROUPS_LISTED ? count : GROUPS_LISTED;

	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"stacked\">\n<caption>By fault, "
	      "variant, and whether the service's leader changed meanwhile; of fewer than 100 the "
	      "99 % is the longest</caption>\n<thead><tr><th scope=\"col\">fault</th><th "
	      "scope=\"col\">variant</th><th scope=\"col\">leader</th>",
	      out);
	for (int column = 0; column < COLUMNS; column++)
		fprintf(out, "<th scope=\"col\" class=\"number\">%s</th>", column_heads[column]);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < shown; i++)
		write_group(out, model, &group[i]);
	markup_end_table(out);
	if (shown < count)
		fprintf(out, "<p>%d more are left out here; history.db has them all.</p>\n",
			count - shown);
	free(group);
}

void page_failover(FILE *out, const struct model *model)
{
	_cleanup_free_ char *sentence = failover_sentence(model->verdicts);

	markup_section(out, "failover", "How long until a lock was held again?");
	if (model->verdicts->failovers) {
		glossary_text(out, "p", NULL, sentence);
		fputs("\n", out);
		write_groups(out, model);
	} else {
		fputs("<p>No fault ended a hold, so there was no failover.</p>\n", out);
	}
	markup_end_section(out);
}
