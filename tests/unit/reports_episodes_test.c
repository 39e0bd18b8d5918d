/* Failovers, the times in which nobody got a lock, and the whole run on one line: in numbers, in
 * result.json and on the page, whose marks lead to what is there. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "reports/failover_times.h"
#include "reports/strip.h"
#include "tests/support/history_maker.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

#define HOSTILE "</script><img src=x>\"'&"

enum { FAULTS = 230, LANES = 20, GAPS = 60 };

static struct history history;
static struct verdicts verdicts;
static struct judgement judged[3];
static struct failover_row failover[FAULTS];
static struct gap gap[GAPS];
static struct violation violation[2];

static void set_judgement(int place, int arm, const char *subject)
{
	judged[place] = (struct judgement){.arm = arm,
					   .verdict = VERDICT_UNSAFE,
					   .exposures = 40,
					   .events = 10,
					   .rate = 0.25,
					   .rate_low = 0.1269,
					   .rate_high = 0.4120,
					   .by_occasion = {9, 4, 0.14, 0.79, 0.05, 0.6}};
	snprintf(judged[place].subject, sizeof(judged[place].subject), "%s", subject);
	judgement_measure_nothing(&judged[place]);
	if (arm < 0)
		return;
	judged[place].measure[MEASURE_GAPS] = 702;
	judged[place].measure[MEASURE_GAPS_TOTAL] = 1170 * NS_PER_S;
	judged[place].measure[MEASURE_UNHELD] = 524 * NS_PER_S;
	judged[place].measure[MEASURE_OVERLAP_TOTAL] = 12500 * NS_PER_MS;
	judged[place].measure[MEASURE_OVERLAP_LONGEST] = 4593 * NS_PER_MS;
}

/* Arms none and HOSTILE with 20 lanes in all, 230 faults of two kinds, one a second; failovers of
 * 1, 2, 3, ... s by the pauses of arm 0. */
static void open_run(const char *name)
{
	struct maker *maker = maker_open(scratch_file(name));
	struct error err = {0};
	int arm[2] = {maker_arm(maker, .guard = "none"),
		      maker_arm(maker, .guard = "token", .name = HOSTILE)};

	for (int i = 0; i < LANES; i++)
		maker_lane(maker, arm[i >= LANES / 2]);
	for (int i = 0; i < FAULTS; i++)
		maker_fault(maker, .kind = i % 2 ? HOSTILE : "pause",
			    .target = i % 3 ? "holder" : HOSTILE, .lane = -1, .host = 0,
			    .began_ms = 1000.0 * i + 500, .ended_ms = 1000.0 * i + 900,
			    .bitten = true);
	maker_op(maker, .lane = 0, .worker = 0, .attempt = 1, .f = F_ACQUIRE, .invoked_ms = 100,
		 .returned_ms = 240000, .outcome = OUTCOME_OK, .lease = 7, .key = "a/7");
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file(name), &history, &err) == 0, "%s", err.text);
	for (int i = 0; i < FAULTS; i++)
		failover[i] = (struct failover_row){0,
						    0,
						    &history.fault[i],
						    i + 1,
						    history.fault[i].began_ns + (i + 1) * NS_PER_S,
						    FAILOVER_TAKEN,
						    LED_ON};
	for (int i = 0; i < GAPS; i++)
		gap[i] = (struct gap){i >= GAPS / 2, i % 10 + (i >= GAPS / 2 ? 10 : 0),
				      i * NS_PER_S, i * NS_PER_S + NS_PER_S / 2 + i * NS_PER_MS};
	violation[0] = (struct violation){.id = 5,
					  .name = VIOLATION_OVERLAP,
					  .definite = true,
					  .at_ns = 3 * NS_PER_S,
					  .summary = "they met"};
	violation[1] = (struct violation){.id = 8,
					  .name = VIOLATION_STALE_WRITE,
					  .definite = true,
					  .at_ns = 3 * NS_PER_S,
					  .summary = "it wrote"};
	set_judgement(0, 0, "none");
	set_judgement(1, 1, HOSTILE);
	set_judgement(2, -1, "service");
	judged[0].definite[VIOLATION_OVERLAP] = judged[0].definite[VIOLATION_STALE_WRITE] = 1;
	verdicts = (struct verdicts){.judgements = 3,
				     .judgement = judged,
				     .violations = 2,
				     .violation = violation,
				     .gaps = GAPS,
				     .gap = gap};
}

static void set_failovers(int count)
{
	verdicts.failovers = count;
	verdicts.failover = failover;
}

/* The caller frees. */
static char *page(void)
{
	const char *path = scratch_file("episodes.html");
	char *text = NULL;
	size_t room = 0;

	write_page(&history, &verdicts, path);
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(getdelim(&text, &room, '\0', file), 0);
	fclose(file);
	return text;
}

/* Numbers ------------------------------------------------------------------------------------- */

START_TEST(times_are_by_nearest_rank_and_what_is_cut_off_is_longer_than_any)
{
	open_run("times.db");
	set_failovers(100);
	struct failover_times times = failover_times(&verdicts, ALL_ARMS);

	ck_assert_int_eq(times.taken, 100);
	ck_assert_double_eq(times.least_s, 1);
	ck_assert_double_eq(times.median_s, 50);
	ck_assert_double_eq(times.p99_s, 99);
	ck_assert_double_eq(times.most_s, 100);
	ck_assert_int_eq(failover_times(&verdicts, 1).taken, 0);
	ck_assert(isnan(failover_times(&verdicts, 1).median_s));
	failover[3].end = FAILOVER_CUT_OFF; /* it had been the fourth */
	failover[3].to_ns = NEVER_NS;
	failover[0].end = FAILOVER_UNWANTED;
	failover[0].to_ns = NEVER_NS;
	times = failover_times(&verdicts, 0);
	ck_assert_int_eq(times.taken, 98);
	ck_assert_int_eq(times.unwanted, 1);
	ck_assert_int_eq(times.cut_off, 1);
	ck_assert_double_eq(times.least_s, 2);
	ck_assert_double_eq(times.median_s, 52);
	ck_assert(isnan(times.p99_s)); /* of 99 the 99th */
	ck_assert(isnan(times.most_s));
	history_close(&history);
}
END_TEST

START_TEST(groups_are_of_one_kind_target_arm_and_leader)
{
	int count;
	int64_t taken = 0;

	open_run("groups.db");
	set_failovers(60);
	failover[1].arm = 1;
	failover[2].led = LED_ANEW;
	struct failover_group *group = failover_groups(&verdicts, &count);

	ck_assert_int_eq(count, 6); /* 2 kinds by 2 targets, the arm, the leader */
	for (int i = 0; i < count; i++)
		taken += group[i].times.taken;
	ck_assert_int_eq(taken, 60);
	ck_assert_str_eq(group[count - 1].kind, "pause");
	ck_assert_str_eq(group[count - 1].target, "holder");
	ck_assert_int_eq(group[count - 1].led, LED_ANEW);
	ck_assert_double_eq(group[count - 1].times.most_s, 3);
	free(group);
	history_close(&history);
}
END_TEST

START_TEST(sentence_says_only_what_is_known)
{
	static const struct {
		int count;
		enum failover_end end; /* of the last */
		const char *says, *not ;
	} cases[] = {
		{1, FAILOVER_TAKEN, "The one failover that was measured took 1 s.", "half"},
		{2, FAILOVER_TAKEN, "half of them at most 1 s, the longest 2 s.", "99 of 100"},
		{200, FAILOVER_TAKEN, "half of them at most 100 s, 99 of 100 at most 198 s",
		 "lasted"},
		{3, FAILOVER_CUT_OFF, "half of them at most 2 s. 1 lasted until the run's end",
		 "the longest"},
		{2, FAILOVER_UNWANTED, "took 1 s. 1 measure nothing", "lasted"},
		{1, FAILOVER_UNWANTED, " 1 measure nothing", "took"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char name[32];

		snprintf(name, sizeof(name), "sentence%zu.db", i);
		open_run(name);
		set_failovers(cases[i].count);
		failover[cases[i].count - 1].end = cases[i].end;
		if (cases[i].end != FAILOVER_TAKEN)
			failover[cases[i].count - 1].to_ns = NEVER_NS;
		char *text = failover_sentence(&verdicts);

		ck_assert_msg(strstr(text, cases[i].says) != NULL, "%s", text);
		ck_assert_msg(!strstr(text, cases[i].not ), "%s", text);
		free(text);
		history_close(&history);
	}
}
END_TEST

/* result.json --------------------------------------------------------------------------------- */

static double number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(object, key);

	ck_assert_msg(cJSON_IsNumber(item), "no number %s", key);
	return item->valuedouble;
}

START_TEST(json_has_failovers_gaps_and_intervals_by_occasion)
{
	open_run("json.db");
	set_failovers(60);
	failover[2].led = LED_ANEW;
	failover[4].led = LED_UNKNOWN;
	cJSON *root = result_of(&history, &verdicts);
	const cJSON *all = cJSON_GetObjectItem(root, "failover");
	const cJSON *groups = cJSON_GetObjectItem(root, "failover_by_fault"), *group;
	const cJSON *arm = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "arms"), 0);
	const cJSON *by = cJSON_GetObjectItem(arm, "by_occasion");
	double measured = 0;
	int changed = 0, unknown = 0;

	ck_assert_double_eq(number(all, "measured"), 60);
	ck_assert_double_eq(number(all, "p99_s"), 60);
	cJSON_ArrayForEach (group, groups) {
		measured += number(group, "measured");
		changed += cJSON_IsTrue(cJSON_GetObjectItem(group, "leader_changed"));
		unknown += cJSON_IsNull(cJSON_GetObjectItem(group, "leader_changed"));
	}
	ck_assert_double_eq(measured, 60);
	ck_assert_int_eq(changed, 1);
	ck_assert_int_eq(unknown, 1);
	ck_assert_double_eq(number(cJSON_GetObjectItem(arm, "failover"), "median_s"), 30);
	ck_assert(cJSON_IsNull(cJSON_GetObjectItem(
		cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "arms"), 1),
				    "failover"),
		"median_s")));
	ck_assert_double_eq(number(by, "occasions"), 9);
	ck_assert_double_eq(number(by, "harmed"), 4);
	ck_assert_double_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(by, "interval"), 1)->valuedouble,
			    0.6);
	ck_assert_double_eq(
		cJSON_GetArrayItem(cJSON_GetObjectItem(by, "harmed_interval"), 0)->valuedouble,
		0.14);
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(root, "gaps")), GAPS);
	ck_assert_double_eq(
		number(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "gaps"), 1), "to_s"), 1.501);
	cJSON_Delete(root);
	judged[0].by_occasion = (struct by_occasion){0}; /* judged before there was such a count */
	root = result_of(&history, &verdicts);
	ck_assert(cJSON_IsNull(cJSON_GetObjectItem(
		cJSON_GetArrayItem(cJSON_GetObjectItem(root, "arms"), 0), "by_occasion")));
	cJSON_Delete(root);
	history_close(&history);
}
END_TEST

/* The page ------------------------------------------------------------------------------------ */

static void expect(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "the page has no: %s", part);
}

START_TEST(page_tells_failovers_prices_and_both_intervals)
{
	open_run("told.db");
	set_failovers(60);
	history_tell(&history, "thresholds", "failover.p99<5s\nnone.failover.count>10");
	char *text = page();

	expect(text, "Of 60 <a class=\"word\" href=\"#word-failover\">failovers</a> the shortest "
		     "took 1 s, half of them at most 30 s, the longest 60 s.");
	expect(text, "<td data-label=\"leader\">stayed</td><td class=\"number\" "
		     "data-label=\"measured\">");
	expect(text, "</span> MISSED</td><td>failover.p99&lt;5s</td><td class=\"number\">60.000 "
		     "s</td>");
	expect(text,
	       "</span> met</td><td>none.failover.count&gt;10</td><td class=\"number\">60</td>");
	expect(text, "<td class=\"number\" data-label=\"none\">4 of 9</td>");
	expect(text, "<td class=\"number\" data-label=\"none\">12.7 to 41.2 %</td>");
	expect(text, "<td class=\"number\" data-label=\"none\">5 to 60 %</td>");
	expect(text, "<td class=\"number\" data-label=\"none\">524.000 s</td>"); /* no holder */
	expect(text, "<td class=\"number\" data-label=\"none\">12.500 s</td>");  /* overlap */
	expect(text, "<td class=\"number\" data-label=\"none\">4.593 s</td>");   /* the longest */
	expect(text, "702 times, 1170 s in all over its locks");
	expect(text, "Drawn are the 30 longest.");
	ck_assert_ptr_null(strstr(text, "<img"));
	free(text);
	history_close(&history);
}
END_TEST

/* Each "#..." on the page has its id, and each id is there once. */
START_TEST(every_mark_leads_to_something_that_is_there_once)
{
	int links = 0;

	open_run("links.db");
	set_failovers(60);
	char *text = page();

	for (const char *at = text; (at = strstr(at, "href=\"#"));) {
		char id[80], *again;

		at += strlen("href=\"#");
		snprintf(id, sizeof(id), " id=\"%.*s\"", (int)strcspn(at, "\""), at);
		again = strstr(text, id);
		ck_assert_msg(again != NULL, "nothing is%s", id);
		ck_assert_msg(!strstr(again + 1, id), "twice there is%s", id);
		links++;
	}
	ck_assert_int_gt(links, 100);
	expect(text, "href=\"#fault-200\"");
	ck_assert_ptr_null(strstr(text, "href=\"#fault-201\"")); /* it is not listed */
	expect(text, "href=\"#faults\" tabindex");
	expect(text, "href=\"#story-1\" tabindex");
	expect(text, "href=\"#gaps-1\" tabindex");
	free(text);
	history_close(&history);
}
END_TEST

START_TEST(page_without_episodes_says_so)
{
	open_run("none.db");
	set_failovers(0);
	verdicts.gaps = 0;
	for (int i = 0; i < 2; i++)
		judged[i].measure[MEASURE_GAPS] = 0;
	char *text = page();

	expect(text, "No fault ended a hold, so there was no failover.");
	expect(text, "Never for as long as half a TTL while somebody tried.");
	ck_assert_ptr_null(strstr(text, "What was asked of the figures"));
	free(text);
	history_close(&history);
}
END_TEST

/* The strip ----------------------------------------------------------------------------------- */

static int occurrences(const char *text, const char *part)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	return count;
}

START_TEST(strip_draws_of_bars_that_begin_at_one_place_the_longest)
{
	struct strip strip;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	strip_begin(&strip, out, 100, "s");
	strip_begin_row(&strip, NULL, "row", NULL);
	for (int i = 0; i < 1000; i++)
		strip_add(&strip, "fault", 50, 50 + i % 7, "#a", i % 7 == 6 ? "long" : "short");
	strip_add(&strip, "fault", 51, 51, "#b", "instant");
	strip_end_row(&strip);
	for (int i = 0; i < 100000; i++) {
		if (i == 0)
			strip_begin_row(&strip, NULL, "many", NULL);
		strip_add(&strip, "gap", i / 1000.0, i / 1000.0 + 1, "#c", "x");
	}
	strip_end_row(&strip);
	strip_end(&strip);
	fclose(out);
	ck_assert_int_eq(occurrences(text, "#a"), 1);
	ck_assert_ptr_nonnull(strstr(text, "<title>long, and 999 more that began then</title>"));
	ck_assert_ptr_nonnull(strstr(text, "<title>instant</title>"));
	ck_assert_int_le(occurrences(text, "#c"), 256);
	ck_assert_int_ge(occurrences(text, "#c"), 250);
	ck_assert_int_eq(occurrences(text, "<svg"), occurrences(text, "</svg>"));
	free(text);
}
END_TEST

START_TEST(strips_axis_has_round_steps_and_no_label_without_room)
{
	static const double lengths_s[] = {0.003, 0.9, 1, 7, 60, 83.8, 100, 1234, 86400, 2e6};

	for (size_t i = 0; i < sizeof(lengths_s) / sizeof(*lengths_s); i++) {
		struct strip strip;
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		strip_begin(&strip, out, lengths_s[i], "s");
		strip_end(&strip);
		fclose(out);
		int ticks = occurrences(text, "<span>");

		ck_assert_msg(ticks >= 2 && ticks <= 6, "%g s: %s", lengths_s[i], text);
		ck_assert_int_eq(occurrences(text, "fr"), ticks);
		ck_assert_ptr_nonnull(strstr(text, "<span>0 s</span>"));
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: episodes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60); /* gnuplot draws, on a machine that may be busy */
	tcase_add_test(tests, times_are_by_nearest_rank_and_what_is_cut_off_is_longer_than_any);
	tcase_add_test(tests, groups_are_of_one_kind_target_arm_and_leader);
	tcase_add_test(tests, sentence_says_only_what_is_known);
	tcase_add_test(tests, json_has_failovers_gaps_and_intervals_by_occasion);
	tcase_add_test(tests, page_tells_failovers_prices_and_both_intervals);
	tcase_add_test(tests, every_mark_leads_to_something_that_is_there_once);
	tcase_add_test(tests, page_without_episodes_says_so);
	tcase_add_test(tests, strip_draws_of_bars_that_begin_at_one_place_the_longest);
	tcase_add_test(tests, strips_axis_has_round_steps_and_no_label_without_room);
	return suite_run(suite);
}
