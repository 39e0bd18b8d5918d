/*
 * The whole run under one axis: what was done to it, kind by kind; what went wrong, and when nobody
 * got a lock, variant by variant. Each mark leads to its story, or to its row in a list.
 */
#include "reports/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "reports/incident.h"
#include "reports/markup.h"
#include "reports/strip.h"
#include "reports/words.h"

enum { KINDS_SHOWN = 30, ARMS_SHOWN = 8 };

struct overview {
	const struct model *model;
	struct strip strip;
};

static double to_s(int64_t ns)
{
	return (double)ns / 1e9;
}

/* Faults, kind by kind ------------------------------------------------------------------------ */

static void add_fault(struct overview *overview, const struct fault_row *fault, int place)
{
	double until_s = fault->ended_ns == NEVER_NS ? to_s(overview->model->length_ns)
						     : to_s(fault->ended_ns);
	char href[40] = "#faults", title[160], length[32] = "never ended";

	if (place < FAULTS_LISTED)
		snprintf(href, sizeof(href), "#fault-%" PRId64, fault->id);
	if (fault->ended_ns != NEVER_NS)
		snprintf(length, sizeof(length), "for %.3f s",
			 to_s(fault->ended_ns - fault->began_ns));
	snprintf(title, sizeof(title), "%.40s %.40s, %.3f s, %s%s", fault->kind, fault->target,
		 to_s(fault->began_ns), length, fault->bitten ? "" : ", not bitten");
	if (until_s < to_s(fault->began_ns))
		until_s = to_s(fault->began_ns);
	strip_add(&overview->strip, "fault", to_s(fault->began_ns), until_s, href, title);
}

static int compare_words(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void draw_kind(struct overview *overview, const char *kind)
{
	const struct history *history = overview->model->history;
	char note[WORDS_SIZE];
	int64_t count = 0;

	for (int i = 0; i < history->faults; i++)
		count += strcmp(history->fault[i].kind, kind) == 0;
	strip_begin_row(&overview->strip, NULL, kind, words_count(note, count, "fault"));
	for (int i = 0; i < history->faults; i++)
		if (strcmp(history->fault[i].kind, kind) == 0)
			add_fault(overview, &history->fault[i], i);
	strip_end_row(&overview->strip);
}

/* Returns how many kinds were left out. */
static int draw_kinds(struct overview *overview)
{
	const struct history *history = overview->model->history;
	const char **kind;
	int kinds = 0;

	ARRAY_NEW(kind, history->faults);
	for (int i = 0; i < history->faults; i++)
		kind[i] = history->fault[i].kind;
	qsort(kind, (size_t)history->faults, sizeof(*kind), compare_words);
	for (int i = 0; i < history->faults; i++) {
		if (i && strcmp(kind[i], kind[i - 1]) == 0)
			continue;
		if (kinds++ < KINDS_SHOWN)
			draw_kind(overview, kind[i]);
	}
	free(kind);
	return kinds > KINDS_SHOWN ? kinds - KINDS_SHOWN : 0;
}

/* What went wrong ----------------------------------------------------------------------------- */

/* The story that tells it, as they are numbered on the page; 0: none. */
static int story_of(const struct incidents *stories, const struct violation *violation)
{
	for (int i = 0; i < stories->count; i++)
		for (int n = 0; n < stories->incident[i].names; n++)
			if (!stories->incident[i].refused &&
			    stories->incident[i].told[n] == violation)
				return i + 1;
	return 0;
}

static bool is_belief(const struct violation *violation)
{
	return violation->name == VIOLATION_OVERLAP && violation->arm >= 0;
}

static void add_violation(struct overview *overview, const struct violation *violation, int place)
{
	int story = story_of(&overview->model->incidents, violation);
	char href[40] = "#violations", title[160];

	if (story)
		snprintf(href, sizeof(href), "#story-%d", story);
	else if (place < VIOLATIONS_LISTED)
		snprintf(href, sizeof(href), "#violation-%" PRId64, violation->id);
	snprintf(title, sizeof(title), "%s, %.40s, %.3f s%s", violation_word(violation->name),
		 model_lane_name(overview->model, violation->lane), to_s(violation->at_ns),
		 violation->definite ? "" : ", possible");
	strip_add(&overview->strip, is_belief(violation) ? "believed" : "ungranted",
		  to_s(violation->at_ns), to_s(violation->at_ns), href, title);
}

static void draw_violations(struct overview *overview, int arm, const struct judgement *judged)
{
	const struct verdicts *verdicts = overview->model->verdicts;
	char name[WORDS_SIZE], overlaps[WORDS_SIZE], note[2 * WORDS_SIZE];
	int64_t count = model_violations(judged), beliefs = 0;

	if (!count)
		return;
	if (arm >= 0)
		beliefs = judged->definite[VIOLATION_OVERLAP] + judged->possible[VIOLATION_OVERLAP];
	snprintf(name, sizeof(name), "%.48s: violations", model_arm_name(overview->model, arm));
	snprintf(note, sizeof(note), "%" PRId64 "%s%s", count - beliefs, beliefs ? ", and " : "",
		 beliefs ? words_count(overlaps, beliefs, "overlap") : "");
	strip_begin_row(&overview->strip, NULL, name, note);
	for (int harm = 0; harm < 2; harm++) { /* over belief */
		strip_begin_layer(&overview->strip);
		for (int i = 0; i < verdicts->violations; i++)
			if (verdicts->violation[i].arm == arm &&
			    is_belief(&verdicts->violation[i]) == !harm)
				add_violation(overview, &verdicts->violation[i], i);
	}
	strip_end_row(&overview->strip);
}

/* Nobody got a lock --------------------------------------------------------------------------- */

static void draw_gaps(struct overview *overview, int arm, const struct judgement *judged)
{
	const struct verdicts *verdicts = overview->model->verdicts;
	char name[WORDS_SIZE], note[WORDS_SIZE];

	if (!judged || judged->measure[MEASURE_GAPS] <= 0)
		return;
	snprintf(name, sizeof(name), "%.48s: nobody got a lock",
		 model_arm_name(overview->model, arm));
	strip_begin_row(&overview->strip, NULL, name,
			words_count(note, judged->measure[MEASURE_GAPS], "time"));
	for (int i = 0; i < verdicts->gaps; i++) {
		const struct gap *gap = &verdicts->gap[i];
		char href[40], title[160];

		if (gap->arm != arm)
			continue;
		snprintf(href, sizeof(href), "#gaps-%d", arm);
		snprintf(title, sizeof(title), "nobody got %.40s for %.3g s, from %.3f s on",
			 model_lane_name(overview->model, gap->lane),
			 to_s(gap->to_ns - gap->from_ns), to_s(gap->from_ns));
		strip_add(&overview->strip, "gap", to_s(gap->from_ns), to_s(gap->to_ns), href,
			  title);
	}
	strip_end_row(&overview->strip);
}

/* The section --------------------------------------------------------------------------------- */

static void draw(struct overview *overview, FILE *out)
{
	const struct model *model = overview->model;
	int order[ARMS_SHOWN], shown = model->arms < ARMS_SHOWN ? model->arms : ARMS_SHOWN;

	strip_begin(&overview->strip, out, to_s(model->length_ns), "The run from begin to end");
	int left_out = draw_kinds(overview);

	model_order_arms(model, order, shown);
	for (int i = 0; i < shown; i++) {
		draw_violations(overview, order[i], model->arm[order[i]].judged);
		draw_gaps(overview, order[i], model->arm[order[i]].judged);
	}
	draw_violations(overview, -1, model->service);
	strip_end(&overview->strip);
	if (left_out)
		fprintf(out, "<p>%d more kinds of fault are not drawn.</p>\n", left_out);
	if (shown < model->arms)
		fprintf(out, "<p>%d more variants are not drawn.</p>\n", model->arms - shown);
}

void page_overview(FILE *out, const struct model *model)
{
	struct overview overview = {.model = model};

	markup_section(out, "overview", "The whole run");
	if (model->length_ns > 0) {
		fputs("<p>Time runs from left to right. Faults, kind by kind; violations, "
		      "where overlaps are beliefs and in another colour; and the times in which "
		      "nobody got a lock although somebody tried, darker where more locks stood "
		      "still. A mark leads to its story, or to where it is listed.</p>\n",
		      out);
		draw(&overview, out);
	} else {
		fputs("<p>Nothing was done and nothing was asked.</p>\n", out);
	}
	markup_end_section(out);
}
