/*
 * The variants beside one another. Of few each has a column, and the figures stand in groups: harm,
 * broken promises, chances, belief, price. Of many each has a row, the worst first, all rates on
 * one axis. Settings that are equal in all variants are said once.
 */
#include "reports/page.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "history/guard.h"
#include "reports/glossary.h"
#include "reports/incident.h"
#include "reports/markup.h"
#include "reports/words.h"

enum { COLUMNS_MAX = 4 };

/* Settings ------------------------------------------------------------------------------------ */

static void say_guard(FILE *out, const struct arm_row *arm)
{
	escape_html(out, arm->guard);
}

static void say_recipe(FILE *out, const struct arm_row *arm)
{
	escape_html(out, arm->recipe);
}

static void say_ttl(FILE *out, const struct arm_row *arm)
{
	fprintf(out, "%g s", arm->ttl_ms / 1e3);
}

static void say_heartbeat(FILE *out, const struct arm_row *arm)
{
	fprintf(out, "%g s", arm->heartbeat_ms / 1e3);
}

static void say_retries(FILE *out, const struct arm_row *arm)
{
	fprintf(out, "%d", arm->retries);
}

static void say_permits(FILE *out, const struct arm_row *arm)
{
	if (arm_sharing(arm) == SHARING_SEMAPHORE)
		fprintf(out, "%d", arm->permits);
	else
		fputc('-', out);
}

static void say_timeout(FILE *out, const struct arm_row *arm)
{
	fprintf(out, "%g s", arm->acquire_timeout_ms / 1e3);
}

/* "work_min_ms": 100 becomes "work min 100 ms". */
static void say_item(FILE *out, const cJSON *item)
{
	char name[64];
	const char *unit = "";
	size_t length = (size_t)snprintf(name, sizeof(name), "%s", item->string);

	if (length < sizeof(name) && length > 3 && strcmp(name + length - 3, "_ms") == 0) {
		name[length - 3] = '\0';
		unit = " ms";
	}
	for (char *at = name; (at = strchr(at, '_'));)
		*at = ' ';
	escape_html(out, name);
	fputc(' ', out);
	if (cJSON_IsNumber(item))
		fprintf(out, "%.15g", item->valuedouble);
	else
		escape_html(out, cJSON_IsString(item) ? item->valuestring : "?");
	fputs(unit, out);
}

/* A JSON object; what is none is shown as it is. */
static void say_rest(FILE *out, const struct arm_row *arm)
{
	cJSON *object = arm->settings ? cJSON_Parse(arm->settings) : NULL;
	const cJSON *item;
	int said = 0;

	if (!cJSON_IsObject(object))
		escape_html(out, arm->settings ? arm->settings : "-");
	else
		cJSON_ArrayForEach (item, object) {
			fputs(said++ ? ", " : "", out);
			say_item(out, item);
		}
	cJSON_Delete(object);
}

static bool same_guard(const struct arm_row *one, const struct arm_row *other)
{
	return strcmp(one->guard, other->guard) == 0;
}

static bool same_recipe(const struct arm_row *one, const struct arm_row *other)
{
	return strcmp(one->recipe, other->recipe) == 0;
}

static bool same_ttl(const struct arm_row *one, const struct arm_row *other)
{
	return one->ttl_ms == other->ttl_ms;
}

static bool same_heartbeat(const struct arm_row *one, const struct arm_row *other)
{
	return one->heartbeat_ms == other->heartbeat_ms;
}

static bool same_retries(const struct arm_row *one, const struct arm_row *other)
{
	return one->retries == other->retries;
}

static bool same_permits(const struct arm_row *one, const struct arm_row *other)
{
	return arm_sharing(one) == SHARING_SEMAPHORE || arm_sharing(other) == SHARING_SEMAPHORE
		       ? one->permits == other->permits && arm_sharing(one) == arm_sharing(other)
		       : true;
}

static bool same_timeout(const struct arm_row *one, const struct arm_row *other)
{
	return one->acquire_timeout_ms == other->acquire_timeout_ms;
}

static bool same_rest(const struct arm_row *one, const struct arm_row *other)
{
	return strcmp(one->settings ? one->settings : "", other->settings ? other->settings : "") ==
	       0;
}

static const struct setting {
	const char *name;
	void (*say)(FILE *out, const struct arm_row *arm);
	bool (*same)(const struct arm_row *one, const struct arm_row *other);
} settings[] = {
	{"guard", say_guard, same_guard},
	{"recipe", say_recipe, same_recipe},
	{"TTL", say_ttl, same_ttl},
	{"renewed every", say_heartbeat, same_heartbeat},
	{"retries", say_retries, same_retries},
	{"permits", say_permits, same_permits},
	{"acquire timeout", say_timeout, same_timeout},
	{"other settings", say_rest, same_rest},
};

enum { SETTINGS_COUNT = sizeof(settings) / sizeof(settings[0]) };

static bool differs(const struct model *model, const struct setting *setting)
{
	for (int i = 1; i < model->arms; i++)
		if (!setting->same(model->arm[0].row, model->arm[i].row))
			return true;
	return false;
}

static void say_common(FILE *out, const struct model *model)
{
	int said = 0;

	for (int s = 0; s < SETTINGS_COUNT; s++) {
		const struct arm_row *arm = model->arm[0].row;

		if (differs(model, &settings[s]) ||
		    (settings[s].say == say_rest && !arm->settings) ||
		    (settings[s].say == say_permits && arm_sharing(arm) != SHARING_SEMAPHORE))
			continue;
		fprintf(out, "%s%s ",
			said++ ? ", " : "<p class=\"muted\">In all variants: ", settings[s].name);
		settings[s].say(out, arm);
	}
	fputs(said ? ".</p>\n" : "", out);
}

/* A column for each variant ------------------------------------------------------------------- */

enum source {
	DEFINITE,
	MEASURED,
	MEASURED_NS,
	FAILOVER_S,
	EXPOSURES,
	EVENTS,
	ACQUIRED,
	APPLIED,
	REFUSED
};
enum { FAILOVER_MEDIAN, FAILOVER_P99 }; /* of FAILOVER_S */

struct figure {
	const char *head;
	enum source source;
	int which; /* of its kind */
	const char *means;
};

static const struct figure chances[] = {
	{"exposures", EXPOSURES, 0, "holders lost the lock unasked while somebody wanted it"},
	{"went wrong", EVENTS, 0, "of these; with the next two they add up"},
	{"stopped in time", MEASURED, MEASURE_STOPPED_IN_TIME, "good news: the holder knew"},
	{"went on, no harm", MEASURED, MEASURE_OUTLIVED, "luck, or the guard"},
	{"least margin", MEASURED_NS, MEASURE_LEAST_MARGIN, "of those that stopped in time"},
	{"tests of the guard", MEASURED, MEASURE_GUARD_TESTS, "stale requests that it saw"},
	{"tests that it failed", MEASURED, MEASURE_GUARD_FAILURES, "and let through"},
};

static const struct figure prices[] = {
	{"lock cycles", ACQUIRED, 0, "how often a lock was taken"},
	{"writes applied", APPLIED, 0, "work that was done"},
	{"writes refused", REFUSED, 0, "work that was thrown away by the guard"},
	{"wait, median", MEASURED_NS, MEASURE_WAIT_MEDIAN, "from asking to having the lock"},
	{"wait, 99 %", MEASURED_NS, MEASURE_WAIT_P99, "one in a hundred waited longer"},
	{"nobody got the lock", MEASURED_NS, MEASURE_UNTAKEN, "the longest time, of one lane"},
	{"without a holder", MEASURED_NS, MEASURE_UNHELD, "in all; somebody tried, nobody held it"},
	{"failover, median", FAILOVER_S, FAILOVER_MEDIAN, "from a fault's begin to the next hold"},
	{"failover, 99 %", FAILOVER_S, FAILOVER_P99, "one in a hundred took longer"},
	{"overlap, in all", MEASURED_NS, MEASURE_OVERLAP_TOTAL,
	 "more worked than may, in vain or worse"},
	{"longest overlap", MEASURED_NS, MEASURE_OVERLAP_LONGEST, "of one lock"},
	{"acquires that timed out", MEASURED, MEASURE_TIMEOUTS, "nobody served them"},
	{"spurious losses", MEASURED, MEASURE_SPURIOUS_LOSSES, "gave up what was still theirs"},
	{"requests of the dead", MEASURED, MEASURE_POSTHUMOUS, "came after their process's end"},
};

static int64_t ns_of(double s)
{
	CHECK(!(s < 0)); /* it would pass for none */
	return isnan(s) ? MEASURE_NONE : (int64_t)(s * 1e9);
}

static int64_t value_of(const struct arm_model *arm, const struct figure *figure)
{
	const struct judgement *judged = arm->judged;

	switch (figure->source) {
	case ACQUIRED:
		return arm->acquisitions;
	case APPLIED:
		return arm->applied;
	case REFUSED:
		return arm->refused;
	case DEFINITE:
		return judged ? judged->definite[figure->which] : MEASURE_NONE;
	case MEASURED:
	case MEASURED_NS:
		CHECK(figure->which < MEASURES_COUNT);
		return judged ? judged->measure[figure->which] : MEASURE_NONE;
	case FAILOVER_S:
		return ns_of(figure->which == FAILOVER_P99 ? arm->failover.p99_s
							   : arm->failover.median_s);
	case EXPOSURES:
		return judged ? judged->exposures : MEASURE_NONE;
	case EVENTS:
		return judged ? judged->events : MEASURE_NONE;
	}
	return MEASURE_NONE;
}

static void begin_cell(FILE *out, const char *label)
{
	fputs("<td class=\"number\" data-label=\"", out);
	escape_html(out, label);
	fputs("\">", out);
}

/* The first story that tells a violation of that name (-1: of any) of the arm, as they are numbered
 * on the page; 0: none. */
static int story_of(const struct incidents *stories, int64_t arm, int name)
{
	for (int i = 0; i < stories->count; i++) {
		const struct incident *incident = &stories->incident[i];

		for (int n = 0; n < incident->names && !incident->refused; n++)
			if (incident->told[n]->arm == arm &&
			    (name < 0 || (int)incident->told[n]->name == name))
				return i + 1;
	}
	return 0;
}

/* A count that leads to its first story. */
static void write_count(FILE *out, int64_t value, bool bold, int story)
{
	if (story)
		fprintf(out, "<a href=\"#story-%d\">", story);
	fprintf(out, bold ? "<strong>%" PRId64 "</strong>" : "%" PRId64, value);
	fputs(story ? "</a>" : "", out);
}

static void write_figure_cell(FILE *out, const struct arm_model *arm, const struct figure *figure,
			      const struct incidents *stories)
{
	int story = figure->source == DEFINITE ? story_of(stories, arm->row->id, figure->which) : 0;
	int64_t value = value_of(arm, figure);
	bool bold = figure->source == DEFINITE && value > 0 && figure->which != VIOLATION_OVERLAP;

	begin_cell(out, arm->row->name);
	if (value == MEASURE_NONE)
		fputc('-', out);
	else if (figure->source == MEASURED_NS || figure->source == FAILOVER_S)
		fprintf(out, "%.3f s", (double)value / 1e9);
	else
		write_count(out, value, bold, story);
	if (figure->source == DEFINITE && arm->judged && arm->judged->possible[figure->which])
		fprintf(out, " <span class=\"muted\">+ %" PRId64 " possible</span>",
			arm->judged->possible[figure->which]);
	fputs("</td>", out);
}

static bool is_known(const struct model *model, const struct figure *figure)
{
	for (int i = 0; i < model->arms; i++)
		if (value_of(&model->arm[i], figure) != MEASURE_NONE)
			return true;
	return false;
}

static void write_figure(FILE *out, const struct model *model, const struct figure *figure,
			 const struct incidents *stories)
{
	if (!is_known(model, figure))
		return;
	fputs("<tr><th scope=\"row\">", out);
	glossary_prose(out, figure->head);
	fputs("</th>", out);
	for (int i = 0; i < model->arms; i++)
		write_figure_cell(out, &model->arm[i], figure, stories);
	markup_text(out, "td", "means", figure->means);
	fputs("</tr>\n", out);
}

static void write_group(FILE *out, const struct model *model, const char *name, const char *means)
{
	fprintf(out,
		"<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%d\">%s <span "
		"class=\"muted\">%s</span></th></tr>\n",
		model->arms + 2, name, means);
}

static void write_settings(FILE *out, const struct model *model)
{
	for (int s = 0; s < SETTINGS_COUNT; s++) {
		if (!differs(model, &settings[s]))
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s</th>", settings[s].name);
		for (int i = 0; i < model->arms; i++) {
			begin_cell(out, model->arm[i].row->name);
			settings[s].say(out, model->arm[i].row);
			fputs("</td>", out);
		}
		fputs("<td class=\"means\"></td></tr>\n", out);
	}
}

static bool was_found(const struct model *model, int name)
{
	for (int i = 0; i < model->arms; i++)
		if (model->arm[i].judged &&
		    (model->arm[i].judged->definite[name] || model->arm[i].judged->possible[name]))
			return true;
	return false;
}

/* Of all arms' locks; SHARINGS_COUNT where they differ. */
static enum sharing common_sharing(const struct model *model)
{
	enum sharing common = model->arms ? arm_sharing(model->arm[0].row) : SHARING_MUTEX;

	for (int i = 1; i < model->arms; i++)
		if (arm_sharing(model->arm[i].row) != common)
			return SHARINGS_COUNT;
	return common;
}

static void write_violation(FILE *out, const struct model *model, int name,
			    const struct incidents *stories)
{
	CHECK(name >= 0 && name < VIOLATION_NAMES_COUNT);
	write_figure(out, model,
		     &(struct figure){
			     violation_word((enum violation_name)name), DEFINITE, name,
			     sharing_sentence(common_sharing(model), (enum violation_name)name)},
		     stories);
}

/* What a guard can promise to stop stands here even where nothing was found: a 0 is an answer. */
static void write_harm(FILE *out, const struct model *model, const struct incidents *stories)
{
	write_group(out, model, "Harm", "definite violations that were applied");
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (model_harm() & 1u << name &&
		    (name != VIOLATION_FENCE_BREACH || was_found(model, name)))
			write_violation(out, model, name, stories);
}

static void write_promises(FILE *out, const struct model *model, const struct incidents *stories)
{
	bool any = false;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		if (model_harm() & 1u << name || name == VIOLATION_OVERLAP ||
		    !was_found(model, name))
			continue;
		if (!any)
			write_group(out, model, "Other broken promises", "");
		any = true;
		write_violation(out, model, name, stories);
	}
}

/* "held", or "failed (12 pairs)". */
static void write_exclusion(FILE *out, const struct model *model, enum exclusion_level level,
			    const char *head, const char *means)
{
	fprintf(out, "<tr><th scope=\"row\">%s</th>", head);
	for (int i = 0; i < model->arms; i++) {
		const struct judgement *judged = model->arm[i].judged;
		char pairs[WORDS_SIZE];

		begin_cell(out, model->arm[i].row->name);
		fputs(judged ? exclusion_word(judged->exclusion[level].verdict) : "-", out);
		if (judged && judged->exclusion[level].violations)
			fprintf(out, " <span class=\"muted\">(%s)</span>",
				words_count(pairs, judged->exclusion[level].violations, "pair"));
		fputs("</td>", out);
	}
	markup_text(out, "td", "means", means);
	fputs("</tr>\n", out);
}

/* Each in its cell: of how many occasions there was harm in, and the rate's two intervals. */
static void write_occasions(FILE *out, const struct judgement *judged)
{
	fprintf(out, "%" PRId64 " of %" PRId64, judged->by_occasion.harmed,
		judged->by_occasion.occasions);
}

static void write_plain(FILE *out, const struct judgement *judged)
{
	char text[WORDS_SIZE];

	fputs(words_interval(text, judged->rate_low, judged->rate_high), out);
}

static void write_clustered(FILE *out, const struct judgement *judged)
{
	char text[WORDS_SIZE];

	fputs(words_interval(text, judged->by_occasion.rate_low, judged->by_occasion.rate_high),
	      out);
}

static void write_intervals(FILE *out, const struct model *model)
{
	static const struct {
		const char *head, *means;
		void (*write)(FILE *out, const struct judgement *judged);
	} rows[] = {
		{"occasions with harm", "entries of the schedule; each may hit many lanes",
		 write_occasions},
		{"95 %, by exposure or test", "each taken for a trial of its own", write_plain},
		{"95 %, by occasion", "what one occasion did to all of them is one trial",
		 write_clustered},
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		fputs("<tr><th scope=\"row\">", out);
		glossary_prose(out, rows[r].head);
		fputs("</th>", out);
		for (int i = 0; i < model->arms; i++) {
			const struct judgement *judged = model->arm[i].judged;

			begin_cell(out, model->arm[i].row->name);
			if (judged && judged->by_occasion.occasions)
				rows[r].write(out, judged);
			else
				fputc('-', out);
			fputs("</td>", out);
		}
		markup_text(out, "td", "means", rows[r].means);
		fputs("</tr>\n", out);
	}
}

static void write_belief(FILE *out, const struct model *model, const struct incidents *stories)
{
	write_group(out, model, "Belief",
		    "no harm by itself: a guard does not stop belief, it stops the write");
	write_violation(out, model, VIOLATION_OVERLAP, stories);
	write_exclusion(out, model, EXCLUSION_CLIENT, "exclusion, by what workers believed",
			"a worker that is paused for longer than its lease lives breaks it");
	write_exclusion(out, model, EXCLUSION_SERVICE, "exclusion, by what the service said",
			"this must never fail");
}

static void write_columns(FILE *out, const struct model *model, const struct incidents *stories)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"stacked\">\n<caption>Under the "
	      "same faults</caption>\n<thead><tr><td></td>",
	      out);
	for (int i = 0; i < model->arms; i++) {
		fputs("<th scope=\"col\" class=\"number\">", out);
		escape_html(out, model->arm[i].row->name);
		fputs("</th>", out);
	}
	fputs("<th scope=\"col\" class=\"means\">what it means</th></tr></thead>\n<tbody>\n", out);
	write_settings(out, model);
	write_harm(out, model, stories);
	write_promises(out, model, stories);
	write_group(out, model, "Chances", "what the harm is measured against");
	for (size_t i = 0; i < sizeof(chances) / sizeof(chances[0]); i++)
		write_figure(out, model, &chances[i], stories);
	write_intervals(out, model);
	write_belief(out, model, stories);
	write_group(out, model, "Price", "what the guard and the faults cost");
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
		write_figure(out, model, &prices[i], stories);
	markup_end_table(out);
}

/* A row for each variant ---------------------------------------------------------------------- */

static const char *const row_heads[] = {"exposures", "tests", "harm of these",
					"cycles",    "wait",  NULL};

static void write_row_heads(FILE *out, const struct model *model)
{
	fputs("<thead><tr><th scope=\"col\">variant</th><th scope=\"col\">verdict</th>", out);
	for (int s = 0; s < SETTINGS_COUNT; s++)
		if (differs(model, &settings[s]))
			fprintf(out, "<th scope=\"col\">%s</th>", settings[s].name);
	for (int i = 0; row_heads[i]; i++)
		fprintf(out, "<th scope=\"col\" class=\"number\">%s</th>", row_heads[i]);
	fputs("</tr></thead>\n", out);
}

static void write_clustered_beside(FILE *out, const struct judgement *judged)
{
	if (!judged->by_occasion.occasions)
		return;
	fputs(" <span class=\"muted\">by occasion ", out);
	write_clustered(out, judged);
	fputs("</span>", out);
}

static void write_row_figures(FILE *out, const struct arm_model *arm)
{
	const struct figure exposures = {"", EXPOSURES, 0, ""};
	const struct figure tests = {"", MEASURED, MEASURE_GUARD_TESTS, ""};
	const int64_t values[] = {value_of(arm, &exposures), value_of(arm, &tests)};
	const struct judgement *judged = arm->judged;
	char rate[WORDS_SIZE];

	for (int i = 0; i < 2; i++) {
		begin_cell(out, row_heads[i]);
		fprintf(out, values[i] == MEASURE_NONE ? "-" : "%" PRId64, values[i]);
		fputs("</td>", out);
	}
	begin_cell(out, row_heads[2]);
	if (judged) {
		fprintf(out, "%s", words_rate(rate, judged));
		page_interval(out, judged);
		write_clustered_beside(out, judged);
	}
	fputs("</td>", out);
	begin_cell(out, row_heads[3]);
	fprintf(out, "%" PRId64 "</td>", arm->acquisitions);
	begin_cell(out, row_heads[4]);
	if (judged && judged->measure[MEASURE_WAIT_MEDIAN] != MEASURE_NONE)
		fprintf(out, "%.3g s", (double)judged->measure[MEASURE_WAIT_MEDIAN] / 1e9);
	else
		fputc('-', out);
	fputs("</td>", out);
}

static void write_row(FILE *out, const struct model *model, const struct arm_model *arm,
		      const struct incidents *stories)
{
	int story = story_of(stories, arm->row->id, -1);

	fputs("<tr><th scope=\"row\">", out);
	if (story)
		fprintf(out, "<a href=\"#story-%d\">", story);
	escape_html(out, arm->row->name);
	fputs(story ? "</a>" : "", out);
	fputs("</th><td data-label=\"verdict\">", out);
	if (arm->judged)
		page_verdict(out, arm->judged->verdict);
	else
		fputs("not judged", out);
	fputs("</td>", out);
	for (int s = 0; s < SETTINGS_COUNT; s++) {
		if (!differs(model, &settings[s]))
			continue;
		fprintf(out, "<td data-label=\"%s\">", settings[s].name);
		settings[s].say(out, arm->row);
		fputs("</td>", out);
	}
	write_row_figures(out, arm);
	fputs("</tr>\n", out);
}

static void write_rows(FILE *out, const struct model *model, const struct incidents *stories)
{
	int *order = calloc((size_t)model->arms, sizeof(*order));

	CHECK_MEMORY(order);
	model_order_arms(model, order, model->arms);
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"stacked many\">\n<caption>The "
	      "worst first. The harm is that of the exposures, where a guard promises something "
	      "that of its tests; all intervals (95 %) are on one axis from 0 to 100 %; wait is "
	      "the median.</caption>\n",
	      out);
	write_row_heads(out, model);
	fputs("<tbody>\n", out);
	for (int i = 0; i < model->arms; i++)
		write_row(out, model, &model->arm[order[i]], stories);
	markup_end_table(out);
	free(order);
}

/* The section --------------------------------------------------------------------------------- */

static void name_unfound(FILE *out, const struct model *model)
{
	const char *separator = "<p class=\"muted\">Looked for and not found: ";
	bool any = false;

	for (int name = 0; model->verdicts->judgements && name < VIOLATION_NAMES_COUNT; name++) {
		const struct judgement *service = model->service;

		if (was_found(model, name) ||
		    (service && (service->definite[name] || service->possible[name])))
			continue;
		fputs(separator, out);
		glossary_prose(out, violation_word((enum violation_name)name));
		separator = ", ";
		any = true;
	}
	if (any)
		fputs(".</p>\n", out);
}

/* Each guard once, however many variants have it. */
static void tell_guards(FILE *out, const struct model *model)
{
	for (int g = 0; g < GUARDS_COUNT; g++)
		for (int i = 0; i < model->arms; i++)
			if (guard_find(model->arm[i].row->guard) == &guard_kinds[g]) {
				fprintf(out, "<p class=\"muted\">Guard %s: %s.</p>\n",
					guard_kinds[g].word, guard_kinds[g].sentence);
				break;
			}
}

static void write_section(FILE *out, const struct model *model, const struct incidents *stories)
{
	CHECK(model->arms > 0); /* the others are held to the first */
	say_common(out, model);
	if (model->arms > COLUMNS_MAX)
		write_rows(out, model, stories);
	else
		write_columns(out, model, stories);
	name_unfound(out, model);
	tell_guards(out, model);
}

void page_compare(FILE *out, const struct model *model)
{
	markup_section(out, "compared", "The variants side by side");
	if (model->arms == 0)
		fputs("<p>The run had no variant.</p>\n", out);
	else
		write_section(out, model, &model->incidents);
	markup_end_section(out);
}
