/* When could nobody lock? The times in which somebody tried and nobody acquired, lock by lock. */
#include "reports/page.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/escape.h"
#include "reports/strip.h"
#include "reports/words.h"

enum { LANES_SHOWN = 8 };

struct lane_gaps { /* of the gaps that are kept */
	int lane, count;
	int64_t total_ns;
	const struct gap *longest;
};

static double to_s(int64_t ns)
{
	return (double)ns / 1e9;
}

static int compare_lanes(const void *left, const void *right)
{
	const struct lane_gaps *a = left, *b = right;

	return array_order(b->total_ns, a->total_ns) ?: array_order(a->lane, b->lane);
}

/* Of one arm, the worst first; the caller frees. */
static struct lane_gaps *sum_up(const struct model *model, int arm, int *count)
{
	const struct verdicts *verdicts = model->verdicts;
	struct lane_gaps *lane;

	ARRAY_NEW(lane, model->history->lanes);
	for (int i = 0; i < verdicts->gaps; i++) {
		const struct gap *gap = &verdicts->gap[i];
		struct lane_gaps *sum = &lane[gap->lane];
		int64_t length_ns = gap->to_ns - gap->from_ns;

		CHECK(gap->lane < model->history->lanes && length_ns >= 0);
		if (gap->arm != arm)
			continue;
		sum->lane = gap->lane;
		sum->count++;
		sum->total_ns += length_ns;
		if (!sum->longest || length_ns > sum->longest->to_ns - sum->longest->from_ns)
			sum->longest = gap;
	}
	qsort(lane, (size_t)model->history->lanes, sizeof(*lane), compare_lanes);
	for (*count = 0; *count < model->history->lanes && lane[*count].count; ++*count)
		;
	return lane;
}

static void draw_lane(struct strip *strip, const struct model *model, int arm,
		      const struct lane_gaps *lane)
{
	const struct verdicts *verdicts = model->verdicts;
	char longest[WORDS_SIZE], times[WORDS_SIZE], total[WORDS_SIZE], note[3 * WORDS_SIZE + 40];

	snprintf(note, sizeof(note), "%s; %s, %s",
		 words_seconds(longest, to_s(lane->longest->to_ns - lane->longest->from_ns)),
		 words_count(times, lane->count, "time"),
		 words_seconds(total, to_s(lane->total_ns)));
	strip_begin_row(strip, NULL, model_lane_name(model, lane->lane), note);
	for (int i = 0; i < verdicts->gaps; i++) {
		const struct gap *gap = &verdicts->gap[i];
		char href[40], title[96];

		if (gap->arm != arm || gap->lane != lane->lane)
			continue;
		snprintf(href, sizeof(href), "#gaps-%d", arm);
		snprintf(title, sizeof(title), "nobody got the lock for %.3g s, from %.3f s on",
			 to_s(gap->to_ns - gap->from_ns), to_s(gap->from_ns));
		strip_add(strip, "gap", to_s(gap->from_ns), to_s(gap->to_ns), href, title);
	}
	strip_end_row(strip);
}

static void say(FILE *out, const struct model *model, const struct arm_model *arm, int kept)
{
	const int64_t *measure = arm->judged->measure;
	char times[WORDS_SIZE], text[WORDS_SIZE], at[WORDS_SIZE];

	escape_html(out, arm->row->name);
	fputs(": when could nobody lock? ", out);
	if (measure[MEASURE_GAPS] <= 0) {
		fputs("Never for as long as half a TTL while somebody tried.", out);
		return;
	}
	fprintf(out,
		"%s, %s in all over its locks, somebody tried for half a TTL or more and nobody "
		"got the lock.",
		words_count(times, measure[MEASURE_GAPS], "time"),
		words_seconds(text, to_s(measure[MEASURE_GAPS_TOTAL])));
	if (measure[MEASURE_UNTAKEN] > 0) {
		fputs(" At the worst nobody got ", out);
		escape_html(out, model_lane_name(model, (int)measure[MEASURE_UNTAKEN_LANE]));
		fprintf(out, " for %s, from %s on.",
			words_seconds(text, to_s(measure[MEASURE_UNTAKEN])),
			words_seconds(at, to_s(measure[MEASURE_UNTAKEN_AT])));
	}
	fprintf(out, " For %s nobody held the lock that was wanted.",
		words_seconds(text, to_s(measure[MEASURE_UNHELD])));
	if (kept < measure[MEASURE_GAPS])
		fprintf(out, " Drawn are the %d longest.", kept);
	fputs(" Of each lock: the longest, how often, and how long in all.", out);
}

static void draw_arm(FILE *out, const struct model *model, int arm)
{
	int lanes, kept = 0;
	struct lane_gaps *lane = sum_up(model, arm, &lanes);
	struct strip strip;

	for (int i = 0; i < lanes; i++)
		kept += lane[i].count;
	fprintf(out, "<figure class=\"wide\" id=\"gaps-%d\"><figcaption>", arm);
	say(out, model, &model->arm[arm], kept);
	fputs("</figcaption>\n", out);
	if (lanes) {
		strip_begin(&strip, out, to_s(model->length_ns), "When nobody got a lock");
		for (int i = 0; i < lanes && i < LANES_SHOWN; i++)
			draw_lane(&strip, model, arm, &lane[i]);
		strip_end(&strip);
	}
	if (lanes > LANES_SHOWN)
		fprintf(out, "<p>%d more locks are not drawn.</p>\n", lanes - LANES_SHOWN);
	fputs("</figure>\n", out);
	free(lane);
}

void page_gaps(FILE *out, const struct model *model, int arms)
{
	for (int arm = 0; arm < model->arms && arm < arms; arm++)
		if (model->arm[arm].judged && model->length_ns > 0)
			draw_arm(out, model, arm);
}
