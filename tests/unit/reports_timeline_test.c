/* The drawing of a story: no text upon another, each shade with its name, all evidence in titles.
 */
#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/timeline.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { HISTORIES = 100, TEXTS = 400, WORKERS = 4 };

static uint64_t state;

static double draw_below(double limit)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return limit * (double)(state >> 40) / (double)(1 << 24);
}

/* One worker's try for the lock, and what it writes, somewhere in the first four seconds. */
static int64_t make_attempt(struct maker *maker, int lane, int worker, struct violation *violation)
{
	double from_ms = draw_below(3000), until_ms = from_ms + 50 + draw_below(1500);
	int64_t token = draw_below(1) < 0.7 ? 1000000 + worker : 0;
	char key[8] = {'l', '/', (char)('a' + worker)};

	maker_op(maker, .lane = lane, .worker = worker, .attempt = 1, .f = F_LEASE_GRANT,
		 .outcome = OUTCOME_OK, .invoked_ms = from_ms + 1, .returned_ms = from_ms + 2,
		 .lease = 5 + worker, .ttl_ms = 1000);
	maker_op(maker, .lane = lane, .worker = worker, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = from_ms + 3, .returned_ms = from_ms + 20,
		 .lease = 5 + worker, .key = key, .token = token);
	maker_key(maker, .lane = lane, .revision = 10 + worker, .create_revision = 10 + worker,
		  .lease = 5 + worker, .key = key, .seen_ms = from_ms + 10);
	for (double at_ms = from_ms + 50; at_ms < until_ms; at_ms += 30 + draw_below(200)) {
		int64_t op =
			maker_op(maker, .lane = lane, .worker = worker, .attempt = 1,
				 .f = draw_below(1) < 0.4 ? F_KEEPALIVE : F_WRITE,
				 .outcome = OUTCOME_OK, .invoked_ms = at_ms,
				 .returned_ms = at_ms + 5, .lease = 5 + worker, .ttl_ms = 1000);

		maker_decision(maker, .lane = lane, .op = op, .f = F_WRITE,
			       .accepted = draw_below(1) < 0.7, .token = token,
			       .greatest_token = token + 1, .version_after = (int64_t)at_ms,
			       .decided_ms = at_ms + 2, .reason = "stale");
		if (violation->evidences < 3 && draw_below(1) < 0.2)
			violation->evidence[violation->evidences++] =
				(struct evidence){"op", op, "write"};
	}
	maker_op(maker, .lane = lane, .worker = worker, .attempt = 1, .f = F_RELEASE,
		 .outcome = OUTCOME_OK, .invoked_ms = until_ms, .returned_ms = until_ms + 1,
		 .lease = 5 + worker, .key = key);
	maker_key(maker, .lane = lane, .revision = 20 + worker, .create_revision = 10 + worker,
		  .deleted = true, .key = key, .seen_ms = from_ms + 100 + draw_below(1500));
	return maker_attempt(maker, lane, worker, 1);
}

static void make_history(const char *at, struct violation *violation)
{
	struct maker *maker = maker_open(at);
	int lane = maker_lane(maker, maker_arm(maker, .guard = "token"));

	*violation = (struct violation){.name = VIOLATION_EARLY_EXPIRY,
					.arm = draw_below(1) < 0.5 ? -1 : 0,
					.lane = lane,
					.definite = true,
					.at_ns = (int64_t)(1e9 + draw_below(2e9))};
	for (int w = 0; w < WORKERS; w++) {
		int64_t attempt = make_attempt(maker, lane, w, violation);

		if (w < 2)
			violation->evidence[violation->evidences++] = (struct evidence){
				"attempt", attempt, w ? "later holder" : "holder"};
	}
	int faults = (int)draw_below(12);

	for (int i = 0; i < faults; i++) {
		bool member = draw_below(1) < 0.3;
		double began_ms = draw_below(4000);
		int64_t fault = maker_fault(
			maker, .kind = "pause", .lane = member ? -1 : lane,
			.host = member ? i % 3 : 0, .worker = member ? 0 : i % WORKERS,
			.target = member ? "leader" : "holder", .attempt = member ? 0 : 1,
			.began_ms = began_ms, .ended_ms = began_ms + 10 + draw_below(2000),
			.bitten = draw_below(1) < 0.8);

		if (i == 0)
			violation->evidence[violation->evidences++] =
				(struct evidence){"fault", fault, "cover"};
	}
	for (int i = 0; i < 3; i++)
		maker_leader(maker, 100 + i * 1500, 0, i, 2 + i);
	maker_close(maker, true);
}

struct drawing {
	char *svg;
	struct story story;
	struct violation violation;
	struct history history;
};

static struct drawing drawn[HISTORIES]; /* once, for all tests: writing a history takes longest */

static void draw_history(struct drawing *drawing, const char *path)
{
	struct error err = {0};
	size_t size;
	FILE *out;

	make_history(path, &drawing->violation);
	ck_assert_msg(history_open(path, &drawing->history, &err) == 0, "%s", err.text);
	ck_assert_msg(story_gather(&drawing->history, &drawing->violation, &drawing->story, &err) ==
			      0,
		      "%s", err.text);
	out = open_memstream(&drawing->svg, &size);
	timeline_draw(out, &drawing->story, 1);
	fclose(out);
	ck_assert_int_eq(unlink(path), 0);
}

static void draw_all(void)
{
	const char *path = scratch_file("drawn.db");

	for (int n = 0; n < HISTORIES; n++) {
		state = (uint64_t)n;
		draw_history(&drawn[n], path);
	}
}

static void forget_all(void)
{
	for (int n = 0; n < HISTORIES; n++) {
		free(drawn[n].svg);
		story_free(&drawn[n].story);
		history_close(&drawn[n].history);
	}
}

struct text {
	char class[16], words[160];
	double from_x, to_x, y;
};

/* The next text at or after `at`; false: there is none. */
static bool next_text(const char **at, struct text *text)
{
	char anchor[16] = "";
	double x;

	*at = strstr(*at, "<text class=\"");
	if (!*at)
		return false;
	*at += strlen("<text class=\"");
	sscanf(*at, "%15[a-z] %15[a-z]", text->class, anchor);
	ck_assert_int_eq(sscanf(strstr(*at, " x=\""), " x=\"%lf\" y=\"%lf\">%159[^<]", &x, &text->y,
				text->words),
			 3);
	double width = canvas_text_width(text->class, text->words);

	text->from_x = strcmp(anchor, "middle") == 0 ? x - width / 2
		       : strcmp(anchor, "end") == 0  ? x - width
						     : x;
	text->to_x = text->from_x + width;
	return true;
}

START_TEST(no_text_lies_upon_another_or_out_of_the_picture)
{
	for (int n = 0; n < HISTORIES; n++) {
		struct text text[TEXTS];
		const struct drawing *drawing = &drawn[n];
		int texts = 0;

		const char *at = drawing->svg;

		while (next_text(&at, &text[texts])) {
			ck_assert_msg(text[texts].from_x >= -1 &&
					      text[texts].to_x <= CANVAS_WIDTH + 1,
				      "history %d: '%s' from %.1f to %.1f", n, text[texts].words,
				      text[texts].from_x, text[texts].to_x);
			for (int i = 0; i < texts; i++)
				ck_assert_msg(fabs(text[i].y - text[texts].y) >= 12 ||
						      text[i].to_x <= text[texts].from_x + 0.2 ||
						      text[texts].to_x <= text[i].from_x + 0.2,
					      "history %d: '%s' and '%s' at y %.1f, %.1f", n,
					      text[i].words, text[texts].words, text[i].y,
					      text[texts].y);
			texts++;
			ck_assert_int_lt(texts, TEXTS);
		}
		ck_assert_int_gt(texts, 10);
	}
}
END_TEST

static int count(const char *text, const char *word)
{
	int found = 0;

	for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
		found++;
	return found;
}

START_TEST(each_shade_has_one_name_within_it_or_led_to_it_and_one_is_marked)
{
	for (int n = 0; n < HISTORIES; n++) {
		const struct drawing *drawing = &drawn[n];

		const char *svg = drawing->svg, *at = svg;
		int shades = count(svg, "<rect class=\"fault"), names = 0;
		struct text text;

		ck_assert_int_eq(shades, drawing->story.faults);
		ck_assert_int_eq(count(svg, "<rect class=\"fault cause\""),
				 drawing->story.guilty >= 0);
		while (next_text(&at, &text)) {
			double x, width;

			if (strcmp(text.class, "name") != 0 && strcmp(text.class, "guilty") != 0)
				continue;
			const char *rect = svg;

			for (int i = 0; i <= names; i++)
				rect = strstr(rect, "<rect class=\"fault") + 1;
			sscanf(strstr(rect, " x=\""), " x=\"%lf\" y=\"%*f\" width=\"%lf\"", &x,
			       &width);
			bool within = text.from_x >= x && text.to_x <= x + width;
			char leader[64];

			/* A line on the height of the name. */
			snprintf(leader, sizeof(leader), "y1=\"%.1f\"", text.y - 4);
			ck_assert_msg(within || strstr(svg, leader), "history %d: %s", n,
				      text.words);
			names++;
		}
		ck_assert_int_eq(names, shades);
	}
}
END_TEST

START_TEST(all_evidence_and_nothing_else_is_in_the_titles_of_numbers)
{
	for (int n = 0; n < HISTORIES; n++) {
		const struct drawing *drawing = &drawn[n];
		int titles = 0;

		for (int i = 0; i < drawing->violation.evidences; i++) {
			const struct evidence *evidence = &drawing->violation.evidence[i];
			char title[64];

			snprintf(title, sizeof(title), "%s %" PRId64, evidence->kind,
				 evidence->ref);
			ck_assert_msg(strstr(drawing->svg, title), "history %d lacks %s", n, title);
		}
		for (int i = 0; i < drawing->story.points; i++)
			titles += drawing->story.point[i].proofs;
		ck_assert_int_eq(titles, drawing->violation.evidences);
		ck_assert_int_eq(count(drawing->svg, "<g class=\"point"), drawing->story.points);
	}
}
END_TEST

START_TEST(members_and_who_led_them_are_shown_where_the_service_is_accused)
{
	for (int n = 0; n < 10; n++) {
		const struct drawing *drawing = &drawn[n];
		bool service;

		service = drawing->violation.arm < 0;
		ck_assert_int_eq(count(drawing->svg, ">m1</text>"), service);
		ck_assert_int_eq(count(drawing->svg, ">m3</text>"), service);
		ck_assert_int_eq(strstr(drawing->svg, "class=\"leads\"") != NULL, service);
	}
}
END_TEST

/* Neither over the edge nor upon one another, and those without need give way. */
START_TEST(labels_are_spread_and_the_needed_ones_stand)
{
	struct label_band band = {0};

	for (int i = 0; i < 5; i++)
		label_add(&band, CANVAS_WIDTH - 2, 30, true, i);
	label_add(&band, CANVAS_WIDTH - 10, 30, false, 5);
	label_add(&band, 400, 30, false, 6);
	label_place(&band);
	for (int i = 0; i < band.labels; i++) {
		ck_assert_int_eq(band.label[i].shown, band.label[i].what != 5);
		ck_assert(!band.label[i].shown || band.label[i].x + 15 <= CANVAS_WIDTH);
		for (int j = 0; j < i; j++)
			ck_assert(!band.label[i].shown || !band.label[j].shown ||
				  fabs(band.label[i].x - band.label[j].x) >= 30);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: drawings of stories");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_unchecked_fixture(tests, draw_all, forget_all);
	tcase_add_test(tests, no_text_lies_upon_another_or_out_of_the_picture);
	tcase_add_test(tests, each_shade_has_one_name_within_it_or_led_to_it_and_one_is_marked);
	tcase_add_test(tests, all_evidence_and_nothing_else_is_in_the_titles_of_numbers);
	tcase_add_test(tests, members_and_who_led_them_are_shown_where_the_service_is_accused);
	tcase_add_test(tests, labels_are_spread_and_the_needed_ones_stand);
	return suite_run(suite);
}
