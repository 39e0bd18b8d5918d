/*
 * The page of a sweep. With FENCEPOST_PAGES=DIR pages of sweeps of 1, 4, 36 and 100 cells are kept
 * there, for tests/e2e/95-page.t and tests/golden, and one of everything that can be wrong.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/contour.h"
#include "reports/sweep_advice.h"
#include "tests/support/sample_sweep.h"
#include "tests/support/suite.h"

static struct sample_sweep sample;
static char *text;
static size_t size;

static const char *write_page(void)
{
	struct error err = {0};

	free(text);
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_msg(report_write_sweep(&sample.sweep, out, &err) == 0, "%s", err.text);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "</html>\n"));
	return text;
}

static void keep_page(const char *name)
{
	const char *folder = getenv("FENCEPOST_PAGES");
	char path[4096];

	write_page();
	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s.html", folder, name);
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(text, 1, size, out), size);
	ck_assert_int_eq(fclose(out), 0);
}

static int count_of(const char *part)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

static void assert_says(const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "the page does not say: %s", part);
}

START_TEST(each_cell_stands_in_each_map_and_once_in_the_table)
{
	static const struct {
		const char *name;
		int ttls, heartbeats, retries;
	} shapes[] = {{"sweep1", 1, 1, 1},
		      {"sweep4", 2, 2, 1},
		      {"sweep36", 4, 3, 3},
		      {"sweep100", 10, 10, 1}};
	int cells = shapes[_i].ttls * shapes[_i].heartbeats * shapes[_i].retries;

	sample_sweep_make(&sample, shapes[_i].ttls, shapes[_i].heartbeats, shapes[_i].retries);
	ck_assert_int_eq(sample.sweep.cells, cells);
	keep_page(shapes[_i].name);
	ck_assert_int_eq(count_of("<tr id=\"cell-"), cells);
	ck_assert_int_eq(count_of("<td class=\"h") + count_of("<td class=\"none"),
			 SWEEP_FIGURES_COUNT * cells);
	ck_assert_int_eq(count_of("<table><caption>"), SWEEP_FIGURES_COUNT * shapes[_i].retries);
	ck_assert_int_eq(count_of("<small class=\"you\">"), SWEEP_FIGURES_COUNT);
	ck_assert_int_eq(count_of("nan"), 0);
}
END_TEST

/* What is advised ------------------------------------------------------------------------------ */

static struct sweep_view view;
static struct sweep_advice advice;

static void advise(void)
{
	sweep_view_make(&sample.sweep, &view);
	sweep_advice_make(&view, &advice);
}

static void close_advice(void)
{
	sweep_advice_free(&advice);
	sweep_view_free(&view);
}

static void count(struct sweep_cell *cell, int64_t stale, int64_t lost)
{
	cell->stale = cell->stale_occasions = stale;
	cell->lost = cell->lost_occasions = lost;
	sweep_reckon(cell);
}

/* Two cells: the user's own, TTL 2 s, and one of 3 s, whose failover is longer. */
static void make_two(int64_t own_stale, int64_t other_stale)
{
	sample_sweep_make(&sample, 2, 1, 1);
	count(sample_sweep_cell(&sample, 2, 250, 1), own_stale, 40);
	count(sample_sweep_cell(&sample, 3, 250, 1), other_stale, 40);
}

START_TEST(a_change_is_advised_with_what_it_gains_and_costs)
{
	make_two(30, 0);
	advise();
	ck_assert_str_eq(advice.headline, "Set TTL 3 s, heartbeat 0.25 s and 1 retry.");
	ck_assert_ptr_nonnull(strstr(advice.gains, "stale writes per hour of holding: 0 /h (0 to "
						   "5.99) instead of 60 /h (40.5 to 85.7)"));
	ck_assert_ptr_nonnull(strstr(advice.costs, "failover, half are sooner"));
	ck_assert_ptr_nonnull(strstr(advice.untold, "lost locks per hour of holding"));
	close_advice();
}
END_TEST

START_TEST(no_change_is_advised_where_intervals_meet)
{
	make_two(3, 1);
	advise();
	ck_assert_ptr_eq(view.best->cell, sample_sweep_cell(&sample, 3, 250, 1));
	ck_assert_ptr_eq(advice.chosen, view.point);
	ck_assert_str_eq(advice.headline, "Keep TTL 2 s, heartbeat 0.25 s and 1 retry.");
	close_advice();
}
END_TEST

START_TEST(what_was_not_measured_is_not_compared)
{
	make_two(30, 0);
	struct sweep_cell *own = sample_sweep_cell(&sample, 2, 250, 1);

	own->state = SWEEP_BROKEN;
	own->reason = "<script>";
	sweep_reckon(own);
	advise();
	ck_assert_str_eq(advice.headline, "Set TTL 3 s, heartbeat 0.25 s and 1 retry.");
	ck_assert_ptr_nonnull(strstr(advice.data, "were not measured"));
	ck_assert_ptr_null(advice.costs);
	close_advice();
	sample.cell[1].state = SWEEP_NOT_RUN;
	sample.cell[1].reason = "no answer yet";
	sweep_reckon(&sample.cell[1]);
	advise();
	ck_assert_str_eq(advice.headline, "Nothing was measured in this sweep.");
	close_advice();
	keep_page("sweep0");
	assert_says("broken: &lt;script&gt;");
	assert_says("not run: no answer yet");
}
END_TEST

START_TEST(lint_judges_what_is_advised)
{
	make_two(30, 0);
	sample.sweep.situation.work_max_s = 5;
	advise();
	ck_assert_int_gt(advice.complaints.count, 0);
	ck_assert_int_eq(advice.complaints.complaint[0].rule, COMPLAINT_WORK);
	close_advice();
}
END_TEST

/* One panel for each, its cells by its own prediction, and named wherever settings are. */
START_TEST(election_time_outs_are_told_apart)
{
	static struct sweep_cell cell[2 * SWEEP_CELLS];

	sample_sweep_make(&sample, 2, 1, 1);
	for (int i = 0; i < 4; i++) {
		cell[i] = sample.cell[i % 2];
		cell[i].election_ms = i < 2 ? 500 : 2000;
	}
	sample.sweep.cell = cell;
	sample.sweep.cells = 4;
	sample.sweep.election_ms = 2000;
	write_page();
	ck_assert_int_eq(count_of("<caption>1 retry, election time-out 0.5 s</caption>"),
			 SWEEP_FIGURES_COUNT);
	ck_assert_int_eq(count_of("<caption>1 retry, election time-out 2 s</caption>"),
			 SWEEP_FIGURES_COUNT);
	ck_assert_int_eq(count_of("data-label=\"election time-out\""), 4);
	ck_assert_int_eq(count_of("<span class=\"tag\">you</span>"), 1);
	ck_assert_int_eq(count_of("<small class=\"you\">"), SWEEP_FIGURES_COUNT);
	assert_says("1 retry with an election time-out of 2 s");
	assert_says("leader changes meanwhile ");
}
END_TEST

START_TEST(the_front_leaves_out_only_what_is_shown_to_be_worse)
{
	make_two(30, 0); /* less harm, longer failover: both stay */
	advise();
	ck_assert(view.cell[0].front && view.cell[1].front);
	close_advice();
	make_two(0, 30); /* the second is worse in both, and no better in renewals */
	struct sweep_cell *other = sample_sweep_cell(&sample, 3, 250, 1);

	other->renewals = 2000;
	sweep_reckon(other);
	advise();
	ck_assert(view.cell[0].front && !view.cell[1].front);
	ck_assert_ptr_eq(view.cell[1].cell, other);
	close_advice();
}
END_TEST

START_TEST(texts_from_outside_are_inert)
{
	static const struct sweep_run run = {"a/../<b>\"x y", "<i>&"};

	sample_sweep_make(&sample, 2, 2, 1);
	sample.sweep.campaign = "<script>alert(1)</script>";
	sample.sweep.arm = "\"><img src=x>";
	sample.sweep.etcd = "<b>3.5";
	sample.cell[0].run = &run;
	sample.cell[0].runs = 1;
	sample.cell[1].state = SWEEP_BROKEN;
	sample.cell[1].reason = "\"><img src=y>";
	sweep_reckon(&sample.cell[1]);
	keep_page("sweephostile");
	ck_assert_ptr_null(strstr(text, "<script"));
	ck_assert_ptr_null(strstr(text, "<img"));
	ck_assert_ptr_null(strstr(text, "<i>"));
	assert_says("<a href=\"./a/../%3Cb%3E%22x%20y/report.html\">a/../&lt;b&gt;");
}
END_TEST

START_TEST(the_same_sweep_gives_the_same_bytes_in_any_order_of_cells)
{
	sample_sweep_make(&sample, 4, 3, 1);
	char *first = strdup(write_page());
	struct sweep_cell swapped = sample.cell[0];

	sample.cell[0] = sample.cell[7];
	sample.cell[7] = swapped;
	ck_assert_str_eq(write_page(), first);
	free(first);
}
END_TEST

/* Figures -------------------------------------------------------------------------------------- */

static struct sweep_figure reckoned(const struct sweep_cell *counted, enum sweep_figure_name name)
{
	struct sweep_cell cell = *counted;

	sweep_reckon(&cell);
	return cell.figure[name];
}

static void assert_figure(struct sweep_figure figure, double value, double low, double high)
{
	ck_assert_double_eq_tol(figure.value, value, 1e-9);
	ck_assert_double_eq_tol(figure.low, low, 1e-3);
	ck_assert_double_eq_tol(figure.high, high, 1e-3);
}

/* Garwood's table: 10 events have 4.795 to 18.390; none has at most 2.996, one-sided. */
START_TEST(rates_have_the_intervals_of_poisson)
{
	struct sweep_cell cell = {.held_s = 3600, .stale_low = NAN, .stale_high = NAN};

	assert_figure(reckoned(&cell, SWEEP_LOST), 0, 0, 2.996);
	cell.lost = cell.lost_occasions = 10;
	assert_figure(reckoned(&cell, SWEEP_LOST), 10, 4.795, 18.390);
	cell.held_s = 7200;
	assert_figure(reckoned(&cell, SWEEP_LOST), 5, 4.795 / 2, 18.390 / 2);
	cell.lost = 20; /* two of each occasion tell no more than one */
	assert_figure(reckoned(&cell, SWEEP_LOST), 10, 4.795, 18.390);
	cell.renewals = 1000000;
	cell.measured_s = 1000;
	assert_figure(reckoned(&cell, SWEEP_RENEWALS), 1000, 998.041, 1001.962);
	cell.state = SWEEP_BROKEN;
	ck_assert(isnan(reckoned(&cell, SWEEP_LOST).value));
	ck_assert(isnan(reckoned(&(struct sweep_cell){0}, SWEEP_LOST).value));
}
END_TEST

/* Of 20 the median lies between the 6th and the 15th (Conover's table). */
START_TEST(percentiles_have_the_intervals_of_order_statistics)
{
	double failover_s[20];
	struct sweep_cell cell = {.failover_s = failover_s, .failovers = 20};

	for (int i = 0; i < 20; i++)
		failover_s[i] = i + 1;
	assert_figure(reckoned(&cell, SWEEP_FAILOVER_P50), 10, 6, 15);
	struct sweep_figure p99 = reckoned(&cell, SWEEP_FAILOVER_P99);

	ck_assert_double_eq(p99.value, 20);
	ck_assert(isnan(p99.high));
	cell.failovers = 18;
	cell.failovers_cut_off = 2; /* longer than any */
	assert_figure(reckoned(&cell, SWEEP_FAILOVER_P50), 10, 6, 15);
	ck_assert(isnan(reckoned(&cell, SWEEP_FAILOVER_P99).value));
	cell.failovers = cell.failovers_cut_off = 0;
	ck_assert(isnan(reckoned(&cell, SWEEP_FAILOVER_P50).value));
}
END_TEST

static void assert_contour(const double *number, int columns, int rows, double level,
			   const char *path)
{
	free(text);
	FILE *out = open_memstream(&text, &size);

	contour_path(out, number, columns, rows, level);
	fclose(out);
	ck_assert_str_eq(text, path);
}

START_TEST(contours_lie_where_the_level_is)
{
	/* Between the columns, from the upper edge to the lower. */
	assert_contour((const double[]){1, 3}, 2, 1, 2, "M1.00 0.00L1.00 0.50M1.00 0.50L1.00 1.00");
	assert_contour((const double[]){1, 3}, 2, 1, 1.5,
		       "M0.75 0.00L0.75 0.50M0.75 0.50L0.75 1.00");
	assert_contour((const double[]){1, 3}, 2, 1, 4, "");
	assert_contour((const double[]){1, NAN}, 2, 1, 2, "");
	assert_contour((const double[]){1}, 1, 1, 1, "");
}
END_TEST

START_TEST(levels_are_round_and_within)
{
	double level[CONTOUR_LEVELS];

	ck_assert_int_eq(contour_levels((const double[]){2, 10}, 2, level), 3);
	ck_assert_double_eq_tol(level[0], 4, 1e-9);
	ck_assert_double_eq_tol(level[1], 6, 1e-9);
	ck_assert_double_eq_tol(level[2], 8, 1e-9);
	ck_assert_int_eq(contour_levels((const double[]){0.01, 100}, 2, level), 3);
	ck_assert_double_eq_tol(level[1], 1, 1e-9);
	ck_assert_int_eq(contour_levels((const double[]){2, 2, NAN}, 3, level), 0);
	ck_assert_int_eq(contour_levels((const double[]){NAN}, 1, level), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports_sweep");
	TCase *pages = tcase_create("pages"), *tests = tcase_create("sweep");

	tcase_set_timeout(pages, 120); /* 100 cells are predicted, under sanitizers, too */
	tcase_add_loop_test(pages, each_cell_stands_in_each_map_and_once_in_the_table, 0, 4);
	tcase_set_timeout(tests, 60);
	suite_add_tcase(suite, pages);
	tcase_add_test(tests, a_change_is_advised_with_what_it_gains_and_costs);
	tcase_add_test(tests, no_change_is_advised_where_intervals_meet);
	tcase_add_test(tests, what_was_not_measured_is_not_compared);
	tcase_add_test(tests, lint_judges_what_is_advised);
	tcase_add_test(tests, election_time_outs_are_told_apart);
	tcase_add_test(tests, the_front_leaves_out_only_what_is_shown_to_be_worse);
	tcase_add_test(tests, texts_from_outside_are_inert);
	tcase_add_test(tests, the_same_sweep_gives_the_same_bytes_in_any_order_of_cells);
	tcase_add_test(tests, rates_have_the_intervals_of_poisson);
	tcase_add_test(tests, percentiles_have_the_intervals_of_order_statistics);
	tcase_add_test(tests, contours_lie_where_the_level_is);
	tcase_add_test(tests, levels_are_round_and_within);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
