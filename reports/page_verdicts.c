/* What the verdicts say: the banner, the words, the arms side by side, and what they rest on. */
#include "reports/page.h"

#include <inttypes.h>
#include <math.h>

#include "base/invariant.h"
#include "base/escape.h"
#include "history/guard.h"
#include "reports/markup.h"
#include "reports/words.h"

enum { ARMS_IN_WORDS = 4 };

/* Banner -------------------------------------------------------------------------------------- */

static const char *verdict_class(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return "safe";
	case VERDICT_UNSAFE:
		return "unsafe";
	case VERDICT_INCONCLUSIVE:
		return "inconclusive";
	case VERDICT_BROKEN:
		return "broken";
	}
	return "";
}

/* The sign beside the word; the word alone is enough, the sign finds the eye. */
static const char *verdict_sign(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return "\u2713";
	case VERDICT_UNSAFE:
		return "\u2717";
	case VERDICT_INCONCLUSIVE:
		return "?";
	case VERDICT_BROKEN:
		return "!";
	}
	return "";
}

/* The rate and its interval on a line from 0 to 100 %. */
static void draw_interval(FILE *out, const struct judgement *judged)
{
	double low = 200 * judged->rate_low, width = fmax(200 * judged->rate_high - low, 1);
	char rate[WORDS_SIZE];

	if (isnan(judged->rate) || isnan(low) || isnan(width))
		return;
	fprintf(out,
		"<svg class=\"interval\" viewBox=\"-5 0 210 12\" role=\"img\"><title>%s, on a line "
		"from 0 to 100 %%</title><line class=\"axis\" x1=\"0\" y1=\"6\" x2=\"200\" "
		"y2=\"6\"/><rect class=\"likely\" x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"8\" "
		"rx=\"2\"/><circle class=\"rate\" cx=\"%.1f\" cy=\"6\" r=\"4\"/></svg>\n",
		words_rate(rate, judged), low, fmin(width, 205 - low), 200 * judged->rate);
}

static void write_card(FILE *out, const struct judgement *judged, const struct arm_row *arm,
		       const char *expected)
{
	char rate[WORDS_SIZE], trials[WORDS_SIZE];

	fprintf(out, "<article class=\"card %s\">\n<p class=\"subject\">",
		verdict_class(judged->verdict));
	escape_html(out, arm ? arm->name : "the service");
	if (arm) {
		fputs(" <span class=\"muted\">guard ", out);
		escape_html(out, arm->guard);
		fputs("</span>", out);
	}
	fprintf(out, "</p>\n<p class=\"verdict\"><span aria-hidden=\"true\">%s</span> %s</p>\n",
		verdict_sign(judged->verdict), verdict_word(judged->verdict));
	if (arm || judged->exposures) {
		fprintf(out,
			"<p>%s<br/>rate %s <span class=\"muted\">at 95 %% "
			"confidence</span></p>\n",
			words_trials(trials, judged), words_rate(rate, judged));
		draw_interval(out, judged);
	}
	markup_text(out, "p", "muted", judged->why);
	if (expected) {
		bool met = judgement_match(judged, expected) == MATCH_MET;

		fputs("\n<p class=\"muted\">The campaign expects ", out);
		escape_html(out, expected);
		fputs(met ? ": as expected.</p>" : ": <strong>not as expected.</strong></p>", out);
	}
	fputs("\n</article>\n", out);
}

void page_banner(FILE *out, const struct model *model)
{
	fputs("<section aria-label=\"Verdicts\" class=\"banner\">\n", out);
	for (int i = 0; i < model->arms; i++)
		if (model->arm[i].judged)
			write_card(out, model->arm[i].judged, model->arm[i].row,
				   model->arm[i].row->expect);
	if (model->service)
		write_card(out, model->service, NULL,
			   history_text(model->history, "service_expect"));
	if (model->verdicts->judgements == 0)
		fputs("<article class=\"card broken\"><p class=\"verdict\">NOT CHECKED</p><p>This "
		      "history was never judged: nothing below says that a lock is safe. "
		      "<code>fencepost check history.db</code> judges it.</p></article>\n",
		      out);
	fputs("</section>\n", out);
}

/* In words ------------------------------------------------------------------------------------ */

/* " Found: 2 stale-write, 1 possible lost-update." */
static void name_violations(FILE *out, const struct judgement *judged)
{
	const char *separator = " Found: ";

	if (model_violations(judged) == 0)
		return;
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		const char *word = violation_word((enum violation_name)name);

		if (judged->definite[name])
			fprintf(out, "%s%" PRId64 " %s", separator, judged->definite[name], word);
		else if (judged->possible[name])
			fprintf(out, "%s%" PRId64 " possible %s", separator, judged->possible[name],
				word);
		else
			continue;
		separator = ", ";
	}
	fputs(".", out);
}

static void tell_arm(FILE *out, const struct arm_model *arm)
{
	const struct judgement *judged = arm->judged;
	char rate[WORDS_SIZE], refused[WORDS_SIZE], exposures[WORDS_SIZE], trials[WORDS_SIZE];

	fputs(" In arm <strong>", out);
	escape_html(out, arm->row->name);
	fputs("</strong> (guard ", out);
	escape_html(out, arm->row->guard);
	if (!judged) {
		fputs(") nothing was judged.", out);
		return;
	}
	if (judged->exposures == 0)
		fputs(") no holder ever lost its lease unasked while somebody wanted the lock: "
		      "nothing was put to the test.",
		      out);
	else
		fprintf(out,
			") a holder's lease ended unasked while somebody wanted the lock %s; "
			"%" PRId64 " of these ended in a violation, in %" PRId64
			" the holder had stopped in time. The verdict rests on %s: %s at 95 %% "
			"confidence.",
			words_count(exposures, judged->exposures, "time"), judged->events,
			judged->measure[MEASURE_STOPPED_IN_TIME], words_trials(trials, judged),
			words_rate(rate, judged));
	name_violations(out, judged);
	if (arm->refused)
		fprintf(out, " The guard refused %s.", words_count(refused, arm->refused, "write"));
}

void page_what_happened(FILE *out, const struct model *model)
{
	char workers[WORDS_SIZE], arms[WORDS_SIZE], faults[WORDS_SIZE];

	markup_section(out, "happened", "What happened");
	if (model->acquisitions == 0) {
		fputs("<p>Nothing: no worker ever acquired a lock, so there was nothing to break."
		      "</p>\n",
		      out);
		markup_end_section(out);
		return;
	}
	fprintf(out,
		"<p>In %.1f s, %s in %s acquired locks %" PRId64 " times. The nemesis injected %s",
		(double)model->length_ns / 1e9, words_count(workers, model->workers, "worker"),
		words_count(arms, model->arms, "arm"), model->acquisitions,
		words_count(faults, model->history->faults, "fault"));
	if (model->history->faults)
		fprintf(out, ", of which %" PRId64 " are proved to have bitten", model->bitten);
	fputs(".", out);
	for (int i = 0; i < model->arms && i < ARMS_IN_WORDS; i++)
		tell_arm(out, &model->arm[i]);
	if (model->arms > ARMS_IN_WORDS)
		fprintf(out, " %d more arms stand in the table below.",
			model->arms - ARMS_IN_WORDS);
	if (model->service) {
		fprintf(out, " The service itself is %s.", verdict_word(model->service->verdict));
		name_violations(out, model->service);
	}
	fputs("</p>\n", out);
	markup_end_section(out);
}

/* Side by side -------------------------------------------------------------------------------- */

static void write_text_row(FILE *out, const struct model *model, const char *head,
			   const char *(*text)(const struct arm_model *))
{
	fprintf(out, "<tr><th scope=\"row\">%s</th>", head);
	for (int i = 0; i < model->arms; i++)
		markup_text(out, "td", "number", text(&model->arm[i]));
	fputs(model->service ? "<td></td></tr>\n" : "</tr>\n", out);
}

static const char *guard_of(const struct arm_model *arm)
{
	return arm->row->guard;
}

static const char *recipe_of(const struct arm_model *arm)
{
	return arm->row->recipe;
}

static void write_count_row(FILE *out, const struct model *model, const char *head,
			    int64_t (*count)(const struct arm_model *))
{
	fprintf(out, "<tr><th scope=\"row\">%s</th>", head);
	for (int i = 0; i < model->arms; i++)
		markup_number(out, count(&model->arm[i]));
	fputs(model->service ? "<td></td></tr>\n" : "</tr>\n", out);
}

static int64_t acquisitions_of(const struct arm_model *arm)
{
	return arm->acquisitions;
}

static int64_t applied_of(const struct arm_model *arm)
{
	return arm->applied;
}

static int64_t refused_of(const struct arm_model *arm)
{
	return arm->refused;
}

static int64_t exposures_of(const struct arm_model *arm)
{
	return arm->judged ? arm->judged->exposures : 0;
}

static int64_t events_of(const struct arm_model *arm)
{
	return arm->judged ? arm->judged->events : 0;
}

static const struct {
	enum measure measure;
	const char *title;
} measure_rows[] = {
	{MEASURE_STOPPED_IN_TIME, "exposures: stopped in time"},
	{MEASURE_LEAST_MARGIN, "least margin of these, s"},
	{MEASURE_OUTLIVED, "exposures: outlived, no harm"},
	{MEASURE_GUARD_TESTS, "tests of the guard"},
	{MEASURE_GUARD_FAILURES, "tests that the guard failed"},
	{MEASURE_POSTHUMOUS, "requests of the dead"},
	{MEASURE_SPURIOUS_LOSSES, "spurious losses"},
	{MEASURE_TIMEOUTS, "acquires that timed out"},
	{MEASURE_UNTAKEN, "longest that nobody got a lock, s"},
};

static void write_measure(FILE *out, const struct judgement *judged, enum measure measure)
{
	int64_t value = judged ? judged->measure[measure] : MEASURE_NONE;

	if (value == MEASURE_NONE)
		fputs("<td class=\"number\">-</td>", out);
	else if (measure == MEASURE_LEAST_MARGIN || measure == MEASURE_UNTAKEN)
		fprintf(out, "<td class=\"number\">%.3f</td>", (double)value / 1e9);
	else
		fprintf(out, "<td class=\"number\">%" PRId64 "</td>", value);
}

static void write_measure_rows(FILE *out, const struct model *model)
{
	for (size_t row = 0; row < sizeof(measure_rows) / sizeof(measure_rows[0]); row++) {
		fprintf(out, "<tr><th scope=\"row\">%s</th>", measure_rows[row].title);
		for (int i = 0; i < model->arms; i++)
			write_measure(out, model->arm[i].judged, measure_rows[row].measure);
		fputs(model->service ? "<td></td></tr>\n" : "</tr>\n", out);
	}
}

static void write_timing_row(FILE *out, const struct model *model)
{
	fputs("<tr><th scope=\"row\">TTL / heartbeat, s; retries</th>", out);
	for (int i = 0; i < model->arms; i++)
		fprintf(out, "<td class=\"number\">%g / %g; %d</td>",
			model->arm[i].row->ttl_ms / 1e3, model->arm[i].row->heartbeat_ms / 1e3,
			model->arm[i].row->retries);
	fputs(model->service ? "<td></td></tr>\n" : "</tr>\n", out);
}

static void write_violation_cell(FILE *out, const struct judgement *judged, int name)
{
	if (!judged) {
		fputs("<td class=\"number\">-</td>", out);
		return;
	}
	fprintf(out, "<td class=\"number\">%s%" PRId64 "%s",
		judged->definite[name] ? "<strong>" : "", judged->definite[name],
		judged->definite[name] ? "</strong>" : "");
	if (judged->possible[name])
		fprintf(out, " <span class=\"muted\">+ %" PRId64 " possible</span>",
			judged->possible[name]);
	fputs("</td>", out);
}

/* "held", or "failed (12 pairs)". */
static void write_exclusion_row(FILE *out, const struct model *model, const char *head,
				const char *meaning, enum exclusion_level level)
{
	fprintf(out, "<tr><th scope=\"row\">%s<br/><span class=\"muted\">%s</span></th>", head,
		meaning);
	for (int i = 0; i < model->arms; i++) {
		const struct judgement *judged = model->arm[i].judged;
		char pairs[WORDS_SIZE];

		fprintf(out, "<td class=\"number\">%s",
			judged ? exclusion_word(judged->exclusion[level].verdict) : "-");
		if (judged && judged->exclusion[level].violations)
			fprintf(out, " <span class=\"muted\">(%s)</span>",
				words_count(pairs, judged->exclusion[level].violations, "pair"));
		fputs("</td>", out);
	}
	fputs(model->service ? "<td></td></tr>\n" : "</tr>\n", out);
}

static bool was_found(const struct model *model, int name)
{
	for (int i = 0; i < model->verdicts->judgements; i++)
		if (model->verdicts->judgement[i].definite[name] ||
		    model->verdicts->judgement[i].possible[name])
			return true;
	return false;
}

static void write_violation_row(FILE *out, const struct model *model, int name)
{
	CHECK(name >= 0 && name < VIOLATION_NAMES_COUNT);
	fprintf(out, "<tr><th scope=\"row\">%s<br/><span class=\"muted\">%s</span></th>",
		violation_word((enum violation_name)name), violation_kinds[name].sentence);
	for (int i = 0; i < model->arms; i++)
		write_violation_cell(out, model->arm[i].judged, name);
	if (model->service)
		write_violation_cell(out, model->service, name);
	fputs("</tr>\n", out);
}

static void name_unfound(FILE *out, const struct model *model)
{
	const char *separator = "<p class=\"muted\">Looked for and not found: ";
	bool any = false;

	for (int name = 0; model->verdicts->judgements && name < VIOLATION_NAMES_COUNT; name++) {
		if (was_found(model, name))
			continue;
		fprintf(out, "%s%s", separator, violation_word((enum violation_name)name));
		separator = ", ";
		any = true;
	}
	if (any)
		fputs(".</p>\n", out);
}

static void tell_guards(FILE *out, const struct model *model)
{
	for (int i = 0; i < model->arms && i < ARMS_IN_WORDS; i++) {
		const struct guard_kind *guard = guard_find(model->arm[i].row->guard);

		if (guard)
			fprintf(out, "<p class=\"muted\">Guard %s: %s.</p>\n", guard->word,
				guard->sentence);
	}
}

void page_side_by_side(FILE *out, const struct model *model)
{
	markup_section(out, "compared", "Guarded and unguarded, side by side");
	fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n<caption>The arms shared the cluster, "
	      "the seed and the faults. Violations are definite ones; possible ones depend on an "
	      "operation of unknown outcome.</caption>\n<thead><tr><td></td>",
	      out);
	for (int i = 0; i < model->arms; i++) {
		fputs("<th scope=\"col\" class=\"number\">", out);
		escape_html(out, model->arm[i].row->name);
		fputs("</th>", out);
	}
	fputs(model->service ? "<th scope=\"col\" class=\"number\">service</th>" : "", out);
	fputs("</tr></thead>\n<tbody>\n", out);
	write_text_row(out, model, "guard", guard_of);
	write_text_row(out, model, "recipe", recipe_of);
	write_timing_row(out, model);
	write_count_row(out, model, "acquisitions", acquisitions_of);
	write_count_row(out, model, "writes applied", applied_of);
	write_count_row(out, model, "writes refused", refused_of);
	write_count_row(out, model, "exposures", exposures_of);
	write_count_row(out, model, "exposures: harm", events_of);
	write_measure_rows(out, model);
	write_exclusion_row(out, model, "exclusion, client level",
			    "Did the workers ever believe in two holders at once? A worker that is "
			    "paused for longer than its lease lives makes them.",
			    EXCLUSION_CLIENT);
	write_exclusion_row(out, model, "exclusion, service level",
			    "Do the service's answers, its promises or what the witness saw prove "
			    "two holders at once? They never may.",
			    EXCLUSION_SERVICE);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (was_found(model, name))
			write_violation_row(out, model, name);
	markup_end_table(out);
	name_unfound(out, model);
	tell_guards(out, model);
	markup_end_section(out);
}

/* What it rests on ---------------------------------------------------------------------------- */

void page_limits(FILE *out)
{
	fputs("<aside class=\"limits\"><p><strong>What SAFE does not mean.</strong> SAFE says that "
	      "in this run, under these faults and these settings, no promise was broken in the "
	      "exposures that were counted; it is no proof, it bounds the rate only as far as the "
	      "interval says, and it says nothing about faults that were not injected.</p></aside>"
	      "\n",
	      out);
}

void page_repeat(FILE *out, const struct model *model)
{
	const char *command = history_text(model->history, "command");

	markup_section(out, "repeat", "Repeat this run");
	if (command) {
		fputs("<pre class=\"command\"><code>", out);
		escape_html(out, command);
		fputs("</code></pre>\n<p class=\"muted\">The seed fixes the schedule of faults and "
		      "what each worker draws; the operating system's timing is its own.</p>\n",
		      out);
	} else {
		fprintf(out,
			"<p>The history holds no command. The seed is %" PRIu64
			"; the resolved campaign stands at the end of this page.</p>\n",
			(uint64_t)model->history->seed);
	}
	markup_end_section(out);
}

/* From acquisitions down to events: each column is a part of the one before, or tells why not. */
void page_coverage(FILE *out, const struct model *model)
{
	static const char *const heads[] = {"arm",       "#acquisitions",    "#faults aimed at it",
					    "#bitten",   "#holds hit",       "#exposures",
					    "#violated", "#rate bounded by", NULL};
	char bound[WORDS_SIZE];

	markup_section(out, "coverage", "Coverage: was the lock put to the test?");
	fputs("<p>An exposure is an occasion on which a violation was possible: a holder's lease "
	      "ended without its asking while somebody wanted the lock. The holder had stopped in "
	      "time, or it outlived its lease, or it did harm. A test of the guard is a stale "
	      "holder's request that reached the store after a later holder's first one; the "
	      "verdict of a guarded arm rests on these. Without such trials there is no verdict: "
	      "zero events in N trials bound the rate only at about 3/N.</p>\n",
	      out);
	markup_table(out, "From acquisitions to violations", heads);
	for (int i = 0; i < model->arms; i++) {
		const struct arm_model *arm = &model->arm[i];

		fputs("<tr>", out);
		markup_text(out, "td", NULL, arm->row->name);
		markup_number(out, arm->acquisitions);
		markup_number(out, arm->faults);
		markup_number(out, arm->bitten);
		markup_number(out, arm->holds_hit);
		markup_number(out, exposures_of(arm));
		markup_number(out, events_of(arm));
		markup_text(out, "td", "number",
			    arm->judged ? words_percent(bound, arm->judged->rate_high) : "-");
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
	markup_end_section(out);
}
