/*
 * One history, one account of what a hold is: the run checker's facts, the views, the stories, the
 * trace and both verdicts (tests/support/accounts.h), over generated histories that are as nasty as
 * can be, and over real ones:
 *
 *	FENCEPOST_HISTORIES='runs/a/history.db runs/b/history.db' CK_RUN_CASE='real histories' ...
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "history/database.h"
#include "history/verdicts.h"
#include "tests/support/accounts.h"
#include "tests/support/history_maker.h"
#include "tests/support/nasty_history.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { FILES = 25, LANES = 40, CONTROL_LANES = 20 };

static void print_differences(const struct accounts *accounts)
{
	for (int i = 0; i < ACCOUNTS; i++)
		if (accounts->differ[i])
			fprintf(stderr, "%d differ: %s\n", accounts->differ[i], accounts->first[i]);
}

/* One number of a file. */
static int64_t ask(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(row) == SQLITE_ROW);
	int64_t number = sqlite3_column_int64(row, 0);

	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

START_TEST(nasty_lanes_have_one_account)
{
	struct accounts accounts = {.in_parts = true};
	const char *path = scratch_file("nasty.db");

	nasty_history_make(path, (uint64_t)_i + 1, LANES);
	accounts_compare(path, path, &accounts);
	print_differences(&accounts);
	ck_assert_int_eq(accounts_differ(&accounts), 0);
	ck_assert_int_eq(accounts.lanes, LANES);
	/* What is compared must be there, in every file. */
	ck_assert_int_gt(accounts.failing[EXCLUSION_CLIENT], 0);
	ck_assert_int_lt(accounts.failing[EXCLUSION_CLIENT], LANES * 3 / 4);
	ck_assert_int_gt(accounts.failing[EXCLUSION_SERVICE], 0);
	ck_assert_int_gt(ask(path, "SELECT count(*) FROM hold JOIN process ON process.id = process "
				   "WHERE hold.ended_ns = process.ended_ns"),
			 0);
}
END_TEST

/* Worker 0 holds and renews; worker 1, told ok too, releases with its own key in place, and what
 * goes is the key of worker 0: none of its renewals says anything of its key any more. */
START_TEST(a_hold_that_a_release_took_away_has_one_account)
{
	struct accounts accounts = {.in_parts = true};
	const char *path = scratch_file("taken.db");
	struct maker *maker = maker_open(path);
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));

	for (int w = 0; w < 2; w++) {
		const char *key = w ? "lock/2" : "lock/1";

		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = 20 + 30 * w,
			 .returned_ms = 30 + 30 * w, .lease = w + 1, .key = key,
			 .revision = 10 + w);
		maker_key(maker, .lane = lane, .revision = 10 + w, .create_revision = 10 + w,
			  .lease = w + 1, .key = key, .seen_ms = 25 + 30 * w);
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_KEEPALIVE,
			 .outcome = OUTCOME_OK, .invoked_ms = 70 + 5 * w, .returned_ms = 71 + 5 * w,
			 .lease = w + 1, .ttl_ms = 2000);
	}
	maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_KEEPALIVE,
		 .outcome = OUTCOME_OK, .invoked_ms = 80, .returned_ms = 81, .lease = 1,
		 .ttl_ms = 2000);
	maker_op(maker, .lane = lane, .worker = 1, .attempt = 1, .f = F_RELEASE,
		 .outcome = OUTCOME_OK, .invoked_ms = 90, .returned_ms = 92, .lease = 2,
		 .key = "lock/2", .revision = _i ? 12 : 0);
	maker_key(maker, .lane = lane, .revision = 12, .create_revision = 10, .deleted = true,
		  .key = "lock/1", .seen_ms = 91);
	maker_close(maker, true);
	accounts_compare(path, path, &accounts);
	print_differences(&accounts);
	ck_assert_int_eq(accounts_differ(&accounts), 0);
	ck_assert_int_eq(accounts.failing[EXCLUSION_SERVICE], !_i);
}
END_TEST

/* Two workers believe at once, and no answer proves anything: that accuses nobody. */
START_TEST(a_run_without_proofs_has_one_account)
{
	struct accounts accounts = {.in_parts = true};
	const char *path = scratch_file("unproved.db");
	struct maker *maker = maker_open(path);
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));

	for (int w = 0; w < 2; w++)
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = 20 + 30 * w,
			 .returned_ms = 30 + 30 * w, .lease = w + 1);
	for (int w = 0; w < 2; w++)
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_LOSE,
			 .outcome = OUTCOME_OK, .invoked_ms = 90, .returned_ms = 90);
	maker_close(maker, true);
	accounts_compare(path, path, &accounts);
	print_differences(&accounts);
	ck_assert_int_eq(accounts_differ(&accounts), 0);
	ck_assert_int_eq(accounts.failing[EXCLUSION_CLIENT], 1);
	ck_assert_int_eq(accounts.failing[EXCLUSION_SERVICE], 0);
}
END_TEST

/* Negative controls ---------------------------------------------------------------------------- */

enum {
	HOLD = 1 << ACCOUNT_HOLD,
	GRANTED = 1 << ACCOUNT_GRANTED,
	STORY = 1 << ACCOUNT_STORY,
	TRACE = 1 << ACCOUNT_TRACE,
	VERDICT = 1 << ACCOUNT_VERDICT
};

/* A view whose text is changed, or (without `view`) rows that are. */
static const struct {
	const char *view, *old, *new;
	int differ; /* these accounts do, and no others */
} patches[] = {
	{"hold", "coalesce(ended_ns, 9223372036854775807)", "9223372036854775807", HOLD},
	{"hold", "coalesce(killed.at_ns, 9223372036854775807)", "9223372036854775807", HOLD},
	{"hold", "effect = 'kill' AND", "", HOLD},
	{"hold", "AND bitten", "", HOLD},
	{"hold", "max(returned_ns, ", "max(0, ", HOLD},
	{"hold", "IN (7, 8, 9)", "IN (7, 8)", HOLD},
	{"hold", "op.invoked_ns >= answer.returned_ns", "op.invoked_ns > answer.returned_ns", HOLD},
	{"hold", "ORDER BY invoked_ns, id", "ORDER BY invoked_ns DESC", HOLD},
	{"granted", "OR lag(lease) OVER before IS NOT lease", "", GRANTED},
	{"granted", "OR coalesce(create_revision, 0) > lag(revision) OVER before", "", GRANTED},
	{"granted", "WHERE begins OR deleted", "WHERE begins", GRANTED},
	{"granted", "ORDER BY seen_ns, id", "ORDER BY id", GRANTED},
	{NULL, "", "UPDATE op SET invoked_ns = invoked_ns - 2000 WHERE f IN (7, 8, 9)",
	 HOLD | STORY | TRACE},
	{NULL, "", "UPDATE fault SET bitten = 0", HOLD | STORY | TRACE},
	{NULL, "", "UPDATE op SET invoked_ns = invoked_ns - 1 WHERE f = 3 AND outcome = 1", TRACE},
	{NULL, "", "UPDATE key_event SET seen_ns = seen_ns + 2000", GRANTED | STORY},
	{NULL, "", "DELETE FROM op WHERE f IN (7, 8, 9)", HOLD | STORY | TRACE | VERDICT},
	{NULL, "", "UPDATE op SET ttl_ms = 0, revision = NULL WHERE f IN (2, 7, 8)", VERDICT},
};

static void execute(sqlite3 *db, char *sql)
{
	struct error err = {0};

	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s", err.text);
	sqlite3_free(sql);
}

static void patch(const char *path, const char *view, const char *old, const char *new)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	if (view) {
		CHECK(sqlite3_prepare_v2(db,
					 "SELECT replace(sql, ?1, ?2) FROM sqlite_master WHERE "
					 "name = ?3 AND instr(sql, ?1)",
					 -1, &row, NULL) == SQLITE_OK);
		sqlite3_bind_text(row, 1, old, -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 2, new, -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 3, view, -1, SQLITE_STATIC);
		ck_assert_msg(sqlite3_step(row) == SQLITE_ROW, "view %s has no '%s'", view, old);
		char *sql = sqlite3_mprintf("DROP VIEW %s; %s", view, sqlite3_column_text(row, 0));

		sqlite3_finalize(row);
		execute(db, sql);
	} else {
		execute(db, sqlite3_mprintf("%s", new));
		ck_assert_int_gt(sqlite3_changes(db), 0);
	}
	sqlite3_close(db);
}

START_TEST(an_account_that_differs_is_found_out)
{
	struct accounts accounts = {.in_parts = true};
	const char *told = scratch_file("told.db"), *against = scratch_file("against.db");
	int differ = 0;

	nasty_history_make(told, 1, CONTROL_LANES);
	nasty_history_make(against, 1, CONTROL_LANES);
	patch(against, patches[_i].view, patches[_i].old, patches[_i].new);
	accounts_compare(told, against, &accounts);
	for (int i = 0; i < ACCOUNTS; i++)
		differ |= (accounts.differ[i] > 0) << i;
	if (differ != patches[_i].differ)
		print_differences(&accounts);
	ck_assert_msg(differ == patches[_i].differ, "'%s' -> '%s': 0x%x differ", patches[_i].old,
		      patches[_i].new, differ);
}
END_TEST

/* Real histories ------------------------------------------------------------------------------- */

START_TEST(real_lanes_have_one_account)
{
	char *paths = strdup(getenv("FENCEPOST_HISTORIES")), *rest = NULL;
	struct accounts accounts = {0};
	int files = 0;

	CHECK(paths);
	for (char *path = strtok_r(paths, " \n", &rest); path;
	     path = strtok_r(NULL, " \n", &rest)) {
		int differed = accounts_differ(&accounts);

		accounts_compare(path, path, &accounts);
		if (accounts_differ(&accounts) != differed)
			fprintf(stderr, "%s differs\n", path);
		files++;
	}
	print_differences(&accounts);
	printf("%d real histories, %d lanes, %lld holds, %lld grants compared; not linearizable: "
	       "%d lanes by belief, %d by the service's answers; %d differ\n",
	       files, accounts.lanes, (long long)accounts.holds, (long long)accounts.grants,
	       accounts.failing[EXCLUSION_CLIENT], accounts.failing[EXCLUSION_SERVICE],
	       accounts_differ(&accounts));
	ck_assert_int_gt(accounts.holds, 0);
	ck_assert_int_eq(accounts_differ(&accounts), 0);
	free(paths);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: one account of a hold");
	TCase *generated = tcase_create("generated histories");

	suite_add_tcase(suite, generated);
	tcase_set_timeout(generated, 60);
	tcase_add_loop_test(generated, nasty_lanes_have_one_account, 0, FILES);
	tcase_add_loop_test(generated, a_hold_that_a_release_took_away_has_one_account, 0, 2);
	tcase_add_test(generated, a_run_without_proofs_has_one_account);
	tcase_add_loop_test(generated, an_account_that_differs_is_found_out, 0,
			    (int)(sizeof(patches) / sizeof(*patches)));
	if (getenv("FENCEPOST_HISTORIES")) {
		TCase *real = tcase_create("real histories");

		suite_add_tcase(suite, real);
		tcase_set_timeout(real, 240);
		tcase_add_test(real, real_lanes_have_one_account);
	}
	return suite_run(suite);
}
