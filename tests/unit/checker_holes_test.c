/*
 * A record with holes is BROKEN, by name. A small record that is whole keeps its verdict; each
 * damage to it, one statement of SQL, is named by the sentence beside it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"
#include "history/database.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

struct turn { /* of one worker: the whole of an attempt */
	int lane, worker;
	uint32_t attempt;
	int64_t lease, token, base;
	double at_ms;
};

static const char *key_of(const struct turn *turn)
{
	static char key[48];

	snprintf(key, sizeof(key), "lock/token/%d/%llx", turn->lane, (long long)turn->lease);
	return key;
}

static int64_t say(struct maker *maker, const struct turn *turn, enum function f, double after_ms)
{
	bool renews = f == F_LEASE_GRANT || f == F_KEEPALIVE;

	return maker_op(maker, .lane = turn->lane, .worker = turn->worker, .attempt = turn->attempt,
			.f = f, .outcome = OUTCOME_OK, .invoked_ms = turn->at_ms + after_ms,
			.returned_ms = turn->at_ms + after_ms + 1, .lease = turn->lease,
			.ttl_ms = renews ? 2000 : 0, .token = f == F_TOKEN ? turn->token : 0,
			.revision = f == F_ACQUIRE ? turn->token : 0, .key = key_of(turn));
}

/* A request that the store accepts, or one that it refuses since `greatest` was seen. */
static void ask(struct maker *maker, const struct turn *turn, enum function f, double after_ms,
		int64_t version, int64_t greatest)
{
	bool accepted = turn->token >= greatest, writes = f == F_WRITE && accepted;
	int64_t value = f == F_WRITE ? 100 + turn->token : version ? 100 + greatest : 0;
	const char *reason = accepted ? NULL : "token is smaller";
	int64_t op = maker_op(
		maker, .lane = turn->lane, .worker = turn->worker, .attempt = turn->attempt, .f = f,
		.lease = turn->lease, .outcome = accepted ? OUTCOME_OK : OUTCOME_FAIL,
		.invoked_ms = turn->at_ms + after_ms, .returned_ms = turn->at_ms + after_ms + 1,
		.token = turn->token, .version = version + writes, .base_version = turn->base,
		.value = value, .error = reason, .key = key_of(turn));

	maker_decision(maker, .lane = turn->lane, .op = op, .f = f, .accepted = accepted,
		       .token = turn->token, .greatest_token = greatest, .version_before = version,
		       .version_after = version + writes, .value = value, .reason = reason,
		       .arrived_ms = turn->at_ms + after_ms + 0.2,
		       .decided_ms = turn->at_ms + after_ms + 0.4);
}

static void change_key(struct maker *maker, const struct turn *turn, bool deleted, double after_ms)
{
	for (int member = 0; member < 2; member++)
		maker_key(maker, .lane = turn->lane, .member = member, .deleted = deleted,
			  .revision = turn->token + deleted, .create_revision = turn->token,
			  .lease = turn->lease, .key = key_of(turn),
			  .seen_ms = turn->at_ms + after_ms + 0.1 * member);
}

/* `seen`: the greatest token that the store has seen before. */
static void take_turn(struct maker *maker, const struct turn *turn, int64_t seen)
{
	say(maker, turn, F_LEASE_GRANT, 0);
	change_key(maker, turn, false, 2.5);
	say(maker, turn, F_ACQUIRE, 2);
	say(maker, turn, F_TOKEN, 4);
	say(maker, turn, F_KEEPALIVE, 5);
	ask(maker, turn, F_READ, 6, turn->base, seen);
	ask(maker, turn, F_WRITE, 8, turn->base, turn->token);
	change_key(maker, turn, true, 10.5);
	say(maker, turn, F_RELEASE, 10);
	say(maker, turn, F_LEASE_REVOKE, 12);
}

static const char fill_counts[] =
	"INSERT INTO recorded SELECT 'op', process, count(*) FROM op GROUP BY process;"
	"INSERT INTO recorded SELECT 'op', 0, count(*) FROM op;"
	"INSERT INTO recorded SELECT 'process', 0, count(*) FROM process;"
	"INSERT INTO recorded SELECT 'schedule', 0, count(*) FROM schedule;"
	"INSERT INTO recorded SELECT 'decision', 0, count(*) FROM decision;"
	"INSERT INTO recorded SELECT 'key_event', 0, count(*) FROM key_event;"
	"INSERT INTO recorded SELECT 'fault', 0, count(*) FROM fault;"
	"INSERT INTO recorded SELECT 'proof', 0, count(*) FROM proof;"
	"INSERT INTO recorded SELECT 'note', 0, count(*) FROM note;"
	"INSERT INTO recorded SELECT 'leader', 0, count(*) FROM leader;"
	"INSERT INTO recorded SELECT 'link', 0, count(*) FROM link;"
	"INSERT INTO recorded SELECT 'dropped', 0, count(*) FROM dropped";

static void must(int status, const struct error *err)
{
	ck_assert_msg(status == 0, "%s", err->text);
}

/* Two lanes of two workers; the first one's worker 0 is killed after its second turn, in the
 * middle of a third, and its second write comes too late. */
static const char *make_whole(const char *name)
{
	const char *path = scratch_file(name);
	struct error err = {0};
	struct maker *maker = maker_open(path);
	int arm = maker_arm(maker, .guard = "token", .ttl_ms = 2000);

	for (int lane = 0; lane < 2; lane++) {
		double at_ms = 100 + 60 * lane;

		maker_lane(maker, arm);
		take_turn(maker, &(struct turn){lane, 0, 1, 71 + 10 * lane, 5, 0, at_ms}, 0);
		take_turn(maker, &(struct turn){lane, 1, 1, 72 + 10 * lane, 7, 1, at_ms + 20}, 5);
		take_turn(maker, &(struct turn){lane, 0, 2, 73 + 10 * lane, 9, 2, at_ms + 40}, 7);
	}
	struct turn late = {0, 1, 2, 74, 8, 2, 240};

	say(maker, &late, F_LEASE_GRANT, 0);
	ask(maker, &late, F_WRITE, 3, 3, 9);
	maker_op(maker, .lane = 0, .worker = 0, .attempt = 3, .f = F_LEASE_GRANT,
		 .outcome = OUTCOME_INFO, .invoked_ms = 250);
	int64_t kill = maker_fault(maker, .kind = "kill", .worker = 0, .attempt = 3,
				   .began_ms = 251, .ended_ms = 252, .bitten = true);

	maker_proof(maker, kill, "gone after SIGKILL", 9);
	maker_restart(maker, 0, 0, 253);
	take_turn(maker, &(struct turn){0, 0, 1, 75, 11, 3, 260}, 9);
	maker_note(maker, 90, NOTE_TELLS, "load", "the load begins");
	maker_note(maker, 300, NOTE_TELLS, "heal", "it ends");
	must(database_exec(maker_db(maker), fill_counts, &err), &err);
	maker_close(maker, true);
	return path;
}

/* The verdict on the arm with its reason; both belong to the verdicts. */
static struct verdicts judge(const char *path, const char *damage)
{
	const struct checker_config config = {.min_exposures = 1, .violations_kept = 5};
	struct verdicts verdicts = {0};
	struct history history;
	struct error err = {0};
	sqlite3 *db;

	must(database_open(path, DATABASE_WRITE, &db, &err), &err);
	must(database_exec(db, damage, &err), &err);
	sqlite3_close(db);
	must(history_open(path, &history, &err), &err);
	must(checker_judge(&history, &config, &verdicts, &err), &err);
	history_close(&history);
	return verdicts;
}

static void expect_hole(const char *damage, const char *sentence)
{
	const char *path = make_whole("damaged.db");
	struct verdicts verdicts = judge(path, damage);

	for (int i = 0; i < verdicts.judgements; i++) {
		ck_assert_msg(verdicts.judgement[i].verdict == VERDICT_BROKEN, "%s: %s: %s", damage,
			      verdict_word(verdicts.judgement[i].verdict),
			      verdicts.judgement[i].why);
		ck_assert_msg(strstr(verdicts.judgement[i].why, sentence), "%s: %s", damage,
			      verdicts.judgement[i].why);
	}
	verdicts_free(&verdicts);
	remove(path);
}

START_TEST(whole_record_keeps_its_verdict)
{
	struct verdicts verdicts = judge(make_whole("whole.db"), "");

	ck_assert_int_eq(verdicts.judgements, 2);
	ck_assert_msg(verdicts.judgement[0].verdict == VERDICT_SAFE, "%s",
		      verdicts.judgement[0].why);
	verdicts_free(&verdicts);
}
END_TEST

#define TOLD_LATE "UPDATE decision SET decided_ns = decided_ns + 1000000;"

/* The witness may be told of a transaction after its client was; a store decides before it answers.
 */
START_TEST(log_of_a_resource_in_the_service_may_be_told_late)
{
	struct verdicts verdicts =
		judge(make_whole("whole.db"), TOLD_LATE "UPDATE arm SET guard = 'txn'");

	ck_assert_msg(verdicts.judgement[0].verdict == VERDICT_SAFE, "%s",
		      verdicts.judgement[0].why);
	verdicts_free(&verdicts);
	expect_hole(TOLD_LATE, "contradicts operation");
	expect_hole("UPDATE arm SET guard = 'txn'; UPDATE decision SET arrived_ns = 0 WHERE id = 4",
		    "contradicts operation");
}
END_TEST

/* Operations 1 to 8 of process 1 are its first attempt, 9 to 16 its second, 17 the grant in which
 * it was killed; process 2 is w-0-1. */
#define OP(process, number) "((" #process " << 32) + " #number ")"

START_TEST(missing_rows_are_named)
{
	expect_hole("DELETE FROM decision", "of the table decision were recorded, 0 are here");
	expect_hole("DELETE FROM decision WHERE id = 3", "the store's decision 3 is missing");
	expect_hole("DELETE FROM op WHERE id % 3 = 1", "process 1 (w-0-0) lacks operation 3");
	expect_hole("DELETE FROM op WHERE id = " OP(2, 5), "process 2 (w-0-1) lacks operation 5");
	expect_hole("DELETE FROM op WHERE id = " OP(1, 17),
		    "process 1 (w-0-0) lacks its last operations");
	expect_hole("DELETE FROM op WHERE process = 3", "(w-1-0) lacks");
	expect_hole("DELETE FROM key_event WHERE id = 2", "the witness's word 2 is missing");
	expect_hole("DELETE FROM key_event WHERE id = (SELECT max(id) FROM key_event)",
		    "of the table key_event were recorded");
	expect_hole("DELETE FROM proof", "of the table proof were recorded");
	expect_hole("DELETE FROM note WHERE id = 1", "note 1 is missing");
	expect_hole("DELETE FROM fault", "of the table fault were recorded");
	expect_hole("DELETE FROM recorded WHERE what = 'decision'",
		    "not told how many rows of the table decision");
	expect_hole("DELETE FROM recorded WHERE process = 1; "
		    "DELETE FROM op WHERE id = " OP(1, 17),
		    "of the table op were recorded");
}
END_TEST

/* Of a file from before there was such a table nothing is missing. */
START_TEST(a_table_that_came_later_may_be_missing)
{
	struct verdicts verdicts =
		judge(make_whole("before_dropped.db"),
		      "DROP TABLE dropped; DELETE FROM recorded WHERE what = 'dropped'");

	ck_assert_int_eq(verdicts.judgement[0].verdict, VERDICT_SAFE);
	verdicts_free(&verdicts);
	expect_hole("DELETE FROM recorded WHERE what = 'dropped'",
		    "not told how many rows of the table dropped");
	expect_hole("UPDATE recorded SET rows = 2 WHERE what = 'dropped'; DROP TABLE dropped",
		    "2 rows of the table dropped were recorded, 0 are here");
}
END_TEST

/* A file from before there were counts. */
START_TEST(missing_rows_are_named_without_counts)
{
	struct verdicts verdicts = judge(make_whole("older.db"), "DROP TABLE recorded");

	ck_assert_int_eq(verdicts.judgement[0].verdict, VERDICT_SAFE);
	verdicts_free(&verdicts);
	expect_hole("DROP TABLE recorded; DELETE FROM decision",
		    "was answered by the store, whose decision is missing");
	expect_hole("DROP TABLE recorded; DELETE FROM op WHERE id = " OP(1, 6),
		    "lacks operation 6");
	expect_hole("DROP TABLE recorded; DELETE FROM proof", "fault 1 is told to have bitten");
	expect_hole("DROP TABLE recorded; DELETE FROM fault", "fault 1 is missing");
	expect_hole("DROP TABLE recorded; "
		    "DELETE FROM op WHERE process = 2; UPDATE decision SET id = id",
		    "of which the store's decision");
}
END_TEST

START_TEST(operations_that_contradict_one_another_are_named)
{
	expect_hole("UPDATE op SET worker = 1 WHERE id = " OP(1, 3), "lies in another place");
	expect_hole("UPDATE op SET attempt = " OP(1, 1) " WHERE id = " OP(1, 12),
		    "is of an attempt before one that had begun");
	expect_hole(
		"UPDATE op SET attempt = CASE attempt WHEN " OP(1, 1) " THEN " OP(1, 2) " ELSE " OP(
			1, 1) " END WHERE attempt IN (" OP(1, 1) ", " OP(1, 2) ")",
		"is of an attempt before one that had begun");
	expect_hole("UPDATE op SET attempt = " OP(2, 9) " WHERE attempt = " OP(2, 2),
		    "lacks attempt 2");
	expect_hole("UPDATE op SET invoked_ns = invoked_ns - 5000000 WHERE id = " OP(1, 8),
		    "before the one before it");
	expect_hole("UPDATE op SET outcome = 0, returned_ns = NULL WHERE id = " OP(1, 6),
		    "operation 6 of process 1 (w-0-0) had not returned when its worker went on");
	expect_hole("UPDATE op SET returned_ns = 254000000, outcome = 1 WHERE id = " OP(1, 17),
		    "outside the life of its process");
	expect_hole("UPDATE op SET base_version = 1 WHERE f = 6 AND id < " OP(1, 8),
		    "that its attempt did not read");
	expect_hole("UPDATE op SET token = 6 WHERE f = 6 AND id < " OP(1, 8),
		    "another token than its attempt");
	expect_hole("UPDATE process SET arm = NULL WHERE id = 2", "another arm than its lane");
}
END_TEST

START_TEST(write_of_one_who_shares_the_lock_is_named)
{
	expect_hole("UPDATE op SET mode = 1 WHERE f = 3; UPDATE arm SET model = 'rwlock'",
		    "writes, although its attempt shares the lock");
	expect_hole("UPDATE arm SET model = 'semaphore', permits = 2",
		    "writes, although its attempt shares the lock");
}
END_TEST

START_TEST(leases_of_two_attempts_are_named)
{
	expect_hole("UPDATE op SET lease = 72 WHERE lease = 71", "have one lease, 48");
	expect_hole("UPDATE op SET lease = 71 WHERE lease = 73", "have one lease, 47");
	expect_hole("UPDATE op SET lease = 72 WHERE lease = 82", "(w-0-1) and process 4 (w-1-1)");
	expect_hole("UPDATE op SET lease = 99 WHERE lease = 71 AND f = 7",
		    "another lease than its attempt");
}
END_TEST

/* A worker may go on with the lease that it has; only an answer grants one. */
START_TEST(lease_of_an_earlier_attempt_may_be_used_again)
{
	char damage[200];

	for (int outcome = OUTCOME_INFO; outcome <= OUTCOME_FAIL; outcome++) {
		snprintf(damage, sizeof(damage),
			 "UPDATE op SET lease = 71 WHERE lease = 73; "
			 "UPDATE op SET outcome = %d WHERE id = " OP(1, 9) " AND f = %d",
			 outcome, F_LEASE_GRANT);
		struct verdicts verdicts = judge(make_whole("again.db"), damage);
		bool named = strstr(verdicts.judgement[0].why, "have one lease");

		ck_assert_msg(named == (outcome == OUTCOME_OK), "%s", verdicts.judgement[0].why);
		verdicts_free(&verdicts);
		ck_assert_int_eq(remove(scratch_file("again.db")), 0);
	}
}
END_TEST

START_TEST(decisions_that_contradict_are_named)
{
	expect_hole("UPDATE decision SET id = -1 WHERE id = 3; UPDATE decision SET id = 3 WHERE id "
		    "= 4; UPDATE decision SET id = 4 WHERE id = -1",
		    "the store's decision");
	expect_hole("UPDATE decision SET version_before = 7, version_after = 7 WHERE id = 3",
		    "begins at another version");
	expect_hole("UPDATE decision SET version_after = version_after + 1 WHERE id = 2",
		    "makes another version");
	expect_hole("UPDATE decision SET greatest_token = 4 WHERE id = 3",
		    "another greatest token");
	/* Which grows with reads, too, only where these must carry one. */
	expect_hole("UPDATE arm SET guard = 'token-writes'", "another greatest token");
	expect_hole("UPDATE decision SET arrived_ns = 0 WHERE id = 4", "contradicts operation 6");
	expect_hole("UPDATE op SET returned_ns = 300000000 WHERE f = 6 AND outcome = 2; "
		    "UPDATE decision SET decided_ns = 266300000 WHERE NOT accepted",
		    "was made before the one before it");
	expect_hole("UPDATE decision SET accepted = 1, reason = NULL WHERE NOT accepted",
		    "makes another version");
	expect_hole("UPDATE decision SET token = 1 WHERE id = 2", "contradicts operation 6");
	expect_hole("UPDATE decision SET reason = 'no' WHERE NOT accepted",
		    "contradicts operation");
	expect_hole("UPDATE decision SET op = " OP(2, 99) " WHERE id = 2", "lacks operation 99");
	expect_hole("UPDATE decision SET op = (SELECT op FROM decision WHERE id = 1) WHERE id = 2",
		    "two decisions of the store");
	expect_hole("UPDATE op SET value = 1 WHERE f = 6 AND process = 2",
		    "contradicts operation 6 of process 2");
	expect_hole("UPDATE decision SET value = 1 WHERE f = 5 AND version_before = 1",
		    "read another value than was written");
}
END_TEST

START_TEST(words_of_the_witness_that_contradict_are_named)
{
	expect_hole("UPDATE key_event SET seen_ns = 0 WHERE id = 4", "was told before 3");
	expect_hole("UPDATE key_event SET key = 'lock/other/1' WHERE id = 4", "of another lane");
}
END_TEST

/* The cause is told, not what follows from it. */
START_TEST(run_that_is_broken_by_a_note_says_so)
{
	expect_hole("UPDATE note SET breaks = 1 WHERE id = 2; DELETE FROM decision", "it ends");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: holes");
	TCase *tests = tcase_create("holes");

	tcase_add_test(tests, whole_record_keeps_its_verdict);
	tcase_add_test(tests, log_of_a_resource_in_the_service_may_be_told_late);
	tcase_add_test(tests, missing_rows_are_named);
	tcase_add_test(tests, a_table_that_came_later_may_be_missing);
	tcase_add_test(tests, missing_rows_are_named_without_counts);
	tcase_add_test(tests, operations_that_contradict_one_another_are_named);
	tcase_add_test(tests, write_of_one_who_shares_the_lock_is_named);
	tcase_add_test(tests, leases_of_two_attempts_are_named);
	tcase_add_test(tests, lease_of_an_earlier_attempt_may_be_used_again);
	tcase_add_test(tests, decisions_that_contradict_are_named);
	tcase_add_test(tests, words_of_the_witness_that_contradict_are_named);
	tcase_add_test(tests, run_that_is_broken_by_a_note_says_so);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
