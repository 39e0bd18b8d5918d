/*
 * The first screen: each kind of run has its own sentence, and its numbers are those of the
 * history. With FENCEPOST_PAGES=DIR pages of these runs, one of each kind, are kept there, for
 * tests/e2e/95-page.t.
 */
#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history/database.h"
#include "reports/answer.h"
#include "reports/report.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

/* A run of its own: the sample's, changed. `arms`: so many, the further ones like the second. */
struct page_case {
	const char *name;
	enum verdict none, token, service;
	int arms;
	const char *sql;
	const char *headline;
	bool page; /* is kept */
	const struct sample_words *words;
	int minutes; /* 0: one */
};

/* Markup, a terminal's escape, no UTF-8, and too long for any line. */
#define HOSTILE                                                                                    \
	"</script><img src=x onerror=alert(1)>\"''\x1b[2J\xff\xc0\xbc&"                            \
	"WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"

static const struct sample_words hostile = {HOSTILE, HOSTILE, HOSTILE, HOSTILE};

static const struct page_case cases[] = {
	{"mixed", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 2, "",
	 .headline = "Without a fencing token this lock is not safe. With one it held.",
	 .page = true},
	{"hostile", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_UNSAFE, 2,
	 "UPDATE arm SET name = name || '" HOSTILE "', recipe = '" HOSTILE "', expect = '" HOSTILE
	 "'; UPDATE lane SET name = name || '" HOSTILE
	 "'; UPDATE process SET name = name || '" HOSTILE "'; UPDATE fault SET kind = '" HOSTILE
	 "', target = '" HOSTILE "'; UPDATE note SET topic = '" HOSTILE
	 "'; UPDATE proof SET what = '" HOSTILE "', detail = '" HOSTILE
	 "'; UPDATE host SET name = name || '" HOSTILE
	 "'; INSERT OR REPLACE INTO run VALUES ('command', '" HOSTILE
	 "'), ('campaign_name', '" HOSTILE "'), ('started', '" HOSTILE "'), ('etcd', '" HOSTILE
	 "')",
	 .headline = "Without a fencing token this lock is not safe. With one it held. The service "
		     "broke promises, too.",
	 .page = true, .words = &hostile},
	{"long", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 2, "",
	 .headline = "Without a fencing token this lock is not safe. With one it held.",
	 .page = true, .minutes = 4},
	{"service", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_UNSAFE, 2, "",
	 .headline = "Without a fencing token this lock is not safe. With one it held. The service "
		     "broke promises, too."},
	{"accused", VERDICT_SAFE, VERDICT_SAFE, VERDICT_UNSAFE, 2, "",
	 .headline =
		 "In this run the lock held in every variant. But the service broke its promises."},
	{"untold", VERDICT_UNSAFE, VERDICT_INCONCLUSIVE, VERDICT_SAFE, 2, "",
	 .headline =
		 "Without a fencing token this lock is not safe. With one this run cannot say."},
	{"safe", VERDICT_SAFE, VERDICT_SAFE, VERDICT_SAFE, 2, "",
	 .headline = "In this run the lock held in every variant."},
	{"unsafe", VERDICT_UNSAFE, VERDICT_UNSAFE, VERDICT_SAFE, 2, "",
	 .headline = "This lock is not safe in any of its variants."},
	{"inconclusive", VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE, VERDICT_SAFE, 2, "",
	 .headline = "This run cannot say whether the lock is safe."},
	{"odd", VERDICT_SAFE, VERDICT_UNSAFE, VERDICT_SAFE, 2, "",
	 .headline = "Variant token: this lock is not safe. Variant none: it held."},
	{"shared", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 2,
	 "UPDATE arm SET recipe = 'rwlock', model = 'rwlock'; UPDATE op SET mode = 1 WHERE f = 3",
	 .headline = "Without a fencing token this lock is not safe. With one it held.",
	 .page = true},
	/* It is not the guard alone that they differ in. */
	{"clients", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 2,
	 "UPDATE arm SET recipe = 'queue' WHERE id = 1",
	 .headline = "Variant none: this lock is not safe. Variant token: it held."},
	{"broken", VERDICT_BROKEN, VERDICT_BROKEN, VERDICT_BROKEN, 2,
	 "INSERT INTO note (at_ns, breaks, topic, text) VALUES (9, 1, 'recorder', 'the recorder "
	 "lost 7 events')",
	 .headline = "The run itself failed: it says nothing about the lock.", .page = true},
	{"interrupted", VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE, VERDICT_SAFE, 2,
	 "INSERT OR REPLACE INTO run VALUES ('interrupted', 1)",
	 .headline = "Interrupted after 59 s. This run cannot say whether the lock is safe."},
	{"arms5", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 5, "",
	 .headline = "2 of 5 variants of this lock are not safe, 2 held, 1 cannot be told."},
	{"arms10", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_UNSAFE, 10, "",
	 .headline = "4 of 10 variants of this lock are not safe, 3 held, 3 cannot be told. The "
		     "service broke "
		     "promises, too."},
	{"arms30", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 30, "",
	 .headline = "10 of 30 variants of this lock are not safe, 10 held, 10 cannot be told."},
	{"arms100", VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE, 100, "",
	 .headline = "34 of 100 variants of this lock are not safe, 33 held, 33 cannot be told.",
	 .page = true},
};

enum { CASES = sizeof(cases) / sizeof(cases[0]), PATH_SIZE = 4096 };

static void change_history(const char *path, const struct page_case *test)
{
	sqlite3 *db;
	struct error err = {0};
	char *sql = sqlite3_mprintf(
		"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %d - 1) "
		"INSERT INTO arm (id, name, service, recipe, guard, model, permits, ttl_ms, "
		"heartbeat_ms, retries, acquire_timeout_ms, expect, settings) "
		"SELECT i, 'ttl-' || i || '-heartbeat', 'etcd', 'lock', CASE i %% 3 WHEN 0 THEN "
		"'none' ELSE 'token' END, 'mutex', 1, 1000 + 100 * i, 300, 3, 10000, 'any', '{}' "
		"FROM n WHERE i < %d; INSERT OR REPLACE INTO run VALUES ('worst_gap_ns', "
		"250000000); %s",
		test->arms, test->arms, test->sql);

	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s", err.text);
	sqlite3_free(sql);
	sqlite3_close(db);
}

static void judge_arm(struct judgement *judged, int arm, enum verdict verdict)
{
	judged->arm = arm;
	judged->verdict = verdict;
	if (verdict == VERDICT_SAFE)
		memset(judged->definite, 0, sizeof(judged->definite));
	if (verdict == VERDICT_SAFE && arm % 3 == 0)
		judged->events = 0, judged->rate = 0;
}

/* The sample's violations stay where their subject is UNSAFE. */
static void change_verdicts(struct verdicts *verdicts, const struct page_case *test)
{
	struct judgement *judged = calloc((size_t)test->arms + 1, sizeof(*judged));
	static const enum verdict others[] = {VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_INCONCLUSIVE};

	ck_assert_ptr_nonnull(judged);
	for (int i = 0; i < test->arms; i++) {
		enum verdict verdict = i == 0 ? test->none : i == 1 ? test->token : others[i % 3];

		judged[i] = verdicts->judgement[i % 3 == 0 ? 0 : 1];
		snprintf(judged[i].subject, sizeof(judged[i].subject), "variant-%d", i);
		judge_arm(&judged[i], i, verdict);
	}
	judged[test->arms] = verdicts->judgement[2];
	judge_arm(&judged[test->arms], -1, test->service);
	if (test->service == VERDICT_UNSAFE)
		judged[test->arms].definite[VIOLATION_GHOST_GRANT] = 25;
	free(verdicts->judgement);
	verdicts->judgement = judged;
	verdicts->judgements = test->arms + 1;
	if (test->none != VERDICT_UNSAFE && test->token != VERDICT_UNSAFE)
		verdicts->violations = 0;
}

static void open_case(const struct page_case *test, struct history *history,
		      struct verdicts *verdicts)
{
	char name[64];
	struct error err = {0};

	snprintf(name, sizeof(name), "%s.db", test->name);
	if (test->minutes)
		sample_run_make_long(scratch_file(name), test->minutes);
	else
		sample_run_make(scratch_file(name), test->words);
	change_history(scratch_file(name), test);
	ck_assert_msg(history_open(scratch_file(name), history, &err) == 0, "%s", err.text);
	sample_run_judge(history, verdicts);
	change_verdicts(verdicts, test);
}

static void close_case(struct history *history, struct verdicts *verdicts)
{
	verdicts_free(verdicts);
	history_close(history);
}

static void keep_page(const struct page_case *test, const struct history *history,
		      const struct verdicts *verdicts)
{
	const char *folder = getenv("FENCEPOST_PAGES");
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s.html", folder ? folder : "", test->name);
	if (folder && test->page)
		write_page(history, verdicts, path);
}

START_TEST(each_run_has_its_sentence)
{
	const struct page_case *test = &cases[_i];
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct answer answer;
	struct error err = {0};

	open_case(test, &history, &verdicts);
	ck_assert_int_eq(model_build(&history, &verdicts, true, &model, &err), 0);
	ck_assert_int_eq(answer_build(&model, &answer, &err), 0);
	ck_assert_str_eq(answer.headline, test->headline);
	ck_assert_ptr_null(strstr(answer.data, "overlap"));
	answer_free(&answer);
	model_free(&model);
	keep_page(test, &history, &verdicts);
	close_case(&history, &verdicts);
}
END_TEST

START_TEST(why_breaks_an_inequality_of_the_history)
{
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct answer answer;
	struct error err = {0};
	char expected[160];

	open_case(&cases[0], &history, &verdicts);
	ck_assert_int_eq(model_build(&history, &verdicts, true, &model, &err), 0);
	ck_assert_int_eq(answer_build(&model, &answer, &err), 0);
	ck_assert_ptr_nonnull(model.gravest);
	int64_t fault = model.gravest->evidence[4].ref, attempt = model.gravest->evidence[0].ref;
	sqlite3_stmt *row;

	ck_assert_int_eq(sqlite3_prepare_v2(history.db,
					    "SELECT (ended_ns - began_ns) / 1e9, ((SELECT "
					    "max(invoked_ns + ttl_ms * 1000000) FROM op WHERE "
					    "attempt = ?2 AND ttl_ms > 0) - began_ns) / 1e9 FROM "
					    "fault WHERE id = ?1",
					    -1, &row, NULL),
			 SQLITE_OK);
	sqlite3_bind_int64(row, 1, fault);
	sqlite3_bind_int64(row, 2, attempt);
	ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
	snprintf(expected, sizeof(expected), "was stopped for %.3f s",
		 sqlite3_column_double(row, 0));
	ck_assert_msg(strstr(answer.why, expected), "%s in: %s", expected, answer.why);
	snprintf(expected, sizeof(expected),
		 "TTL 2 s, renewed every 0.6 s; 0 s is the fault's begin: %.3f s that the fault "
		 "lasted > %.3f s that were left",
		 sqlite3_column_double(row, 0), sqlite3_column_double(row, 1));
	ck_assert_msg(strstr(answer.why, expected), "%s in: %s", expected, answer.why);
	ck_assert_ptr_null(strstr(answer.why, "made it late"));
	sqlite3_finalize(row);
	answer_free(&answer);
	model_free(&model);
	close_case(&history, &verdicts);
}
END_TEST

/* Seen on a machine that was too busy: a holder that was late before it was paused. */
START_TEST(fault_after_the_deadline_is_not_what_made_it_late)
{
	static const struct page_case late = {
		"late",
		VERDICT_UNSAFE,
		VERDICT_SAFE,
		VERDICT_SAFE,
		2,
		"UPDATE fault SET began_ns = ended_ns - 1000000 WHERE ended_ns IS NOT NULL",
		.headline = ""};
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct answer answer;
	struct error err = {0};

	open_case(&late, &history, &verdicts);
	ck_assert_int_eq(model_build(&history, &verdicts, true, &model, &err), 0);
	ck_assert_int_eq(answer_build(&model, &answer, &err), 0);
	ck_assert_msg(strstr(answer.why, "this fault is not what made it late"), "%s", answer.why);
	answer_free(&answer);
	model_free(&model);
	close_case(&history, &verdicts);
}
END_TEST

START_TEST(arms_stand_in_the_order_of_harm_however_many_are_wanted)
{
	struct history history;
	struct verdicts verdicts;
	struct model model;
	struct error err = {0};
	int all[100], some[7];

	open_case(&cases[CASES - 1], &history, &verdicts);
	ck_assert_int_eq(model_build(&history, &verdicts, true, &model, &err), 0);
	for (int i = 0; i < 100; i++)
		verdicts.judgement[i].rate = (i * 37 % 100) / 100.0;
	model_order_arms(&model, all, 100);
	model_order_arms(&model, some, 7);
	ck_assert_mem_eq(all, some, sizeof(some));
	for (int i = 1; i < 34; i++) {
		ck_assert_int_eq(verdicts.judgement[all[i]].verdict, VERDICT_UNSAFE);
		ck_assert_double_ge(verdicts.judgement[all[i - 1]].rate,
				    verdicts.judgement[all[i]].rate);
	}
	ck_assert_int_eq(verdicts.judgement[all[34]].verdict, VERDICT_INCONCLUSIVE);
	ck_assert_int_eq(verdicts.judgement[all[99]].verdict, VERDICT_SAFE);
	model_free(&model);
	close_case(&history, &verdicts);
}
END_TEST

START_TEST(harm_of_an_arm_that_was_never_judged_is_told_all_the_same)
{
	struct history history;
	struct verdicts verdicts;
	struct error err = {0};
	struct answer answer;

	open_sample("unjudged.db", &history, &verdicts);
	struct model model = model_of(&history, &verdicts);

	ck_assert_ptr_nonnull(model.gravest);
	ck_assert_int_ge(model.gravest->arm, 0);
	model.arm[model.gravest->arm].judged = NULL; /* somebody took its verdict out of the file */
	ck_assert_msg(answer_build(&model, &answer, &err) == 0, "%s", err.text);
	ck_assert_str_ne(answer.stopped, "");
	answer_free(&answer);
	model_free(&model);
	close_case(&history, &verdicts);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports_answer");
	TCase *pages = tcase_create("pages"), *tests = tcase_create("answer");

	suite_add_tcase(suite, pages);
	suite_add_tcase(suite, tests);
	tcase_set_timeout(pages, 60);
	tcase_set_timeout(tests, 60);
	for (int i = 0; i < CASES; i++) /* who wants pages alone runs these alone */
		tcase_add_loop_test(cases[i].page ? pages : tests, each_run_has_its_sentence, i,
				    i + 1);
	tcase_add_test(tests, why_breaks_an_inequality_of_the_history);
	tcase_add_test(tests, fault_after_the_deadline_is_not_what_made_it_late);
	tcase_add_test(tests, arms_stand_in_the_order_of_harm_however_many_are_wanted);
	tcase_add_test(tests, harm_of_an_arm_that_was_never_judged_is_told_all_the_same);
	return suite_run(suite);
}
