/* A run's own history.db as a trace. */
#include "tests/unit/traces_rig.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "checker/holds/lane_trace.h"
#include "history/database.h"
#include "tests/support/history_maker.h"
#include "tests/support/suite.h"

static struct {
	struct maker *maker;
	const char *path;
	int lane;
} made;

static void begin(unsigned int planted)
{
	made.maker = maker_open(made.path = scratch_file("history.db"));
	made.lane = maker_lane(made.maker, maker_arm(made.maker, .planted = planted));
}

/* Of worker 0. */
#define did(number, answer, ...)                                                                   \
	maker_op(made.maker, .lane = made.lane, .attempt = (number), .outcome = (answer),          \
		 .lease = 7, .endpoint = -1, __VA_ARGS__)

static void acquires(void)
{
	did(1, OUTCOME_OK, .f = F_ACQUIRE, .invoked_ms = 10, .returned_ms = 20);
}

static int try_import(struct trace *trace, struct error *err)
{
	struct trace_source source = {.path = made.path, .in_parts = true};

	maker_close(made.maker, true);
	return holds_import(&source, EXCLUSION_SERVICE, trace, err);
}

static struct trace import(void)
{
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(try_import(&trace, &err) == 0, "%s", err.text);
	ck_assert_str_eq(trace.format, "history");
	return trace;
}

static void expect(const char *events)
{
	struct trace trace = import();

	expect_events(&trace, events);
	trace_free(&trace);
}

static int64_t bytes[3];
static int tellings;

static void note_progress(void *context, int64_t done, int64_t all)
{
	ck_assert_ptr_eq(context, bytes);
	bytes[tellings++] = done;
	bytes[2] = all;
}

/* A file that is not sealed is read lane by lane. */
START_TEST(progress_is_told_in_bytes_of_the_file)
{
	struct trace_source source = {.progress = note_progress, .context = bytes};
	struct trace trace;
	struct error err = {0};
	struct stat status;

	begin(0);
	maker_lane(made.maker, 0);
	acquires();
	maker_close(made.maker, false);
	source.path = made.path;
	ck_assert_msg(holds_import(&source, EXCLUSION_SERVICE, &trace, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(made.path, &status), 0);
	ck_assert_int_eq(tellings, 2);
	ck_assert_int_eq(bytes[0], status.st_size / 2);
	ck_assert_int_eq(bytes[1], status.st_size / 2 * 2);
	ck_assert_int_eq(bytes[2], status.st_size);
	trace_free(&trace);
}
END_TEST

START_TEST(attempts_become_holds_of_their_lane)
{
	begin(0);
	int other = maker_lane(made.maker, 0);

	did(1, OUTCOME_OK, .f = F_LEASE_GRANT, .invoked_ms = 1, .returned_ms = 2, .ttl_ms = 2000);
	acquires();
	did(1, OUTCOME_OK, .f = F_TOKEN, .invoked_ms = 21, .returned_ms = 22, .token = 33);
	did(1, OUTCOME_OK, .f = F_READ, .invoked_ms = 23, .returned_ms = 24, .token = 33);
	did(1, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 30, .returned_ms = 31,
	    .safe_until_ms = 2001);
	did(1, OUTCOME_OK, .f = F_LEASE_REVOKE, .invoked_ms = 32, .returned_ms = 33);
	did(2, OUTCOME_OK, .f = F_ACQUIRE, .invoked_ms = 40, .returned_ms = 50, .token = 55,
	    .mode = MODE_SHARED);
	maker_op(made.maker, .lane = other, .attempt = 1, .f = F_ACQUIRE, .invoked_ms = 15,
		 .returned_ms = 45, .outcome = OUTCOME_OK);
	struct trace trace = import();
	int first = trace.op[0].process, second = trace.op[1].process;

	ck_assert_uint_eq(trace.ops, 6);
	ck_assert_int_ne(first, second);
	char *told = tell_trace(&trace), expected[200];

	snprintf(expected, sizeof(expected),
		 "%d acquire, %d acquire, %d acquire ok, %d proof, %d proof ok, %d release ?, "
		 "%d proof, %d proof ok, %d acquire, %d acquire ok, %d acquire ok",
		 first, second, first, first, first, first, first, first, first, second, first);
	ck_assert_str_eq(told, expected);
	free(told);
	ck_assert_int_eq(trace.op[0].token, 33); /* learned by the token's read */
	ck_assert_int_eq(trace.op[0].invoked_ns, 10 * NS_PER_MS);
	ck_assert_int_eq(trace.op[0].returned_ns, 20 * NS_PER_MS);
	ck_assert_uint_eq(trace.op[0].line, 2); /* op.id's low half */
	ck_assert_uint_eq(trace.op[0].owner, (uint32_t)first);
	ck_assert_uint_eq(trace.op[1].owner, (uint32_t)second);
	ck_assert_uint_eq(trace.op[0].attempt, trace.op[4].attempt);
	ck_assert_int_eq(trace.op[5].mode, TRACE_SHARED);
	ck_assert_int_eq(trace.op[5].token, 55);
	ck_assert_uint_ne(trace.op[5].attempt, trace.op[0].attempt);
	ck_assert_uint_ne(trace.op[1].attempt, trace.op[0].attempt);
	ck_assert_str_eq(trace_object_name(&trace, trace.op[0].object), "none/0");
	ck_assert_str_eq(trace_object_name(&trace, trace.op[1].object), "none/1");
	ck_assert(trace.has_attempts && trace.has_owners && trace.has_times);
	ck_assert_uint_eq(trace.acquires_ok, 3);
	ck_assert_uint_eq(trace.tokens_ok, 2); /* the other lane learned none */
	trace_free(&trace);
}
END_TEST

/* etcd's unlock answers ok whether or not the key was there, however early it comes. */
START_TEST(an_unlock_that_answers_ok_proves_nothing)
{
	begin(0);
	acquires();
	did(1, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 1990, .returned_ms = 1999,
	    .safe_until_ms = 2000);
	expect("1 acquire, 1 acquire ok, 1 release ?");
}
END_TEST

static const struct {
	enum function f;
	enum outcome outcome;
} endings[] = {
	{F_RELEASE, OUTCOME_OK},        {F_RELEASE, OUTCOME_FAIL},
	{F_RELEASE, OUTCOME_INFO},      {F_LEASE_REVOKE, OUTCOME_OK},
	{F_LEASE_REVOKE, OUTCOME_FAIL}, {F_LEASE_REVOKE, OUTCOME_INFO},
	{F_LOSE, OUTCOME_OK},
};

/* The key is another lease's; somebody revokes the one that the attempt named, and nobody asks for
 * the end of the hold. */
START_TEST(revoke_of_a_lease_that_has_not_the_key_proves_nothing)
{
	begin(0);
	did(1, OUTCOME_OK, .f = F_ACQUIRE, .invoked_ms = 10, .returned_ms = 20, .key = "k");
	maker_key(made.maker, .lane = made.lane, .revision = 5, .create_revision = 5, .lease = 8,
		  .key = "k", .seen_ms = 15);
	did(1, OUTCOME_OK, .worker = 1, .f = F_LEASE_REVOKE, .invoked_ms = 30, .returned_ms = 40);
	expect("1 acquire, 1 acquire ok");
}
END_TEST

/* A revoke that was acknowledged, the second one here, proves that the lease had lived until the
 * first request. */
START_TEST(the_worker_gives_up_once_whatever_came_of_it)
{
	begin(0);
	acquires();
	did(1, endings[_i].outcome, .f = endings[_i].f, .invoked_ms = 30, .returned_ms = 31);
	did(1, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 40, .returned_ms = 41);
	did(1, OUTCOME_FAIL, .f = F_LEASE_REVOKE, .invoked_ms = 42, .returned_ms = 43);
	bool revoked = endings[_i].f == F_LEASE_REVOKE && endings[_i].outcome == OUTCOME_OK;

	expect(revoked ? "1 acquire, 1 acquire ok, 1 release ?, 1 proof, 1 proof ok"
		       : "1 acquire, 1 acquire ok, 1 release ?");
}
END_TEST

START_TEST(a_killed_worker_gives_up_by_dying)
{
	begin(0);
	acquires();
	maker_restart(made.maker, made.lane, 0, 70);
	did(1, OUTCOME_OK, .f = F_ACQUIRE, .invoked_ms = 60, .returned_ms = 80);
	struct trace trace = import();

	expect_events(&trace, "1 acquire, 1 acquire ok, 2 acquire, 1 release ?, 2 acquire ok");
	ck_assert_int_eq(trace.op[2].invoked_ns, 70 * NS_PER_MS);
	ck_assert_uint_eq(trace.op[2].attempt, trace.op[0].attempt);
	trace_free(&trace);
}
END_TEST

static const struct {
	struct maker_op op;
	bool proves;
} proofs[] = {
	{{.f = F_KEEPALIVE, .invoked_ms = 20.001, .returned_ms = 30, .ttl_ms = 2000}, true},
	{{.f = F_KEEPALIVE, .invoked_ms = 25, .returned_ms = 39.999, .ttl_ms = 2000}, true},
	{{.f = F_KEEPALIVE, .invoked_ms = 25, .returned_ms = 40, .ttl_ms = 2000}, true},
	{{.f = F_KEEPALIVE, .invoked_ms = 25, .returned_ms = 40.001, .ttl_ms = 2000}, false},
	{{.f = F_KEEPALIVE, .invoked_ms = 20, .returned_ms = 30, .ttl_ms = 2000}, true},
	{{.f = F_KEEPALIVE, .invoked_ms = 19.999, .returned_ms = 30, .ttl_ms = 2000}, false},
	{{.f = F_KEEPALIVE, .invoked_ms = 21, .returned_ms = 30, .ttl_ms = 0}, false},
	{{.f = F_KEEPALIVE, .invoked_ms = 21, .returned_ms = 30, .ttl_ms = 5, .lease = 8}, false},
	{{.f = F_KEEPALIVE,
	  .invoked_ms = 21,
	  .returned_ms = 30,
	  .ttl_ms = 5,
	  .outcome = OUTCOME_INFO},
	 false},
	{{.f = F_TOKEN, .invoked_ms = 21, .returned_ms = 30, .token = 9}, true},
	{{.f = F_TOKEN, .invoked_ms = 21, .returned_ms = 30, .token = 0}, false},
	{{.f = F_TOKEN, .invoked_ms = 21, .returned_ms = 30, .outcome = OUTCOME_FAIL}, false},
};

/* Between the acquire's answer at 20 ms and the release's invocation at 40 ms. */
START_TEST(only_what_shows_the_key_alive_within_the_hold_is_a_proof)
{
	struct maker_op op = proofs[_i].op;

	begin(0);
	acquires();
	op.lane = made.lane;
	op.attempt = 1;
	op.lease = op.lease ? op.lease : 7;
	op.outcome = op.outcome || op.ttl_ms == 5 ? op.outcome : OUTCOME_OK;
	maker_add_op(made.maker, &op);
	did(1, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 40, .returned_ms = 41);
	struct trace trace = import();
	int proved = 0;

	for (uint32_t i = 0; i < trace.ops; i++)
		proved += trace.op[i].f == TRACE_PROOF;
	ck_assert_int_eq(proved, proofs[_i].proves);
	ck_assert_uint_eq(trace.ops, proofs[_i].proves ? 3 : 2);
	trace_free(&trace);
}
END_TEST

/* The service may yet cancel the first try and delete the key of both. */
START_TEST(after_a_doubtful_acquire_no_renewal_and_no_release_proves_anything)
{
	begin(0);
	did(1, OUTCOME_INFO, .f = F_ACQUIRE, .invoked_ms = 5, .returned_ms = 8);
	acquires();
	did(1, OUTCOME_OK, .f = F_KEEPALIVE, .invoked_ms = 21, .returned_ms = 22, .ttl_ms = 2000);
	did(1, OUTCOME_OK, .f = F_TOKEN, .invoked_ms = 23, .returned_ms = 24, .token = 9);
	did(1, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 30, .returned_ms = 31);
	struct trace trace = import();

	expect_events(&trace, "1 acquire, 1 acquire ok, 1 proof, 1 proof ok, 1 release ?");
	ck_assert_int_eq(trace.op[0].invoked_ns, 10 * NS_PER_MS); /* the one that was answered */
	ck_assert_int_eq(trace.op[0].token, 9);
	trace_free(&trace);
}
END_TEST

/* The renewal of worker 0 is sent before worker 1's release takes its key away, with the answer
 * that names the revision; else it is only a release. */
START_TEST(what_a_wrong_release_took_away_is_not_proved_by_its_lease)
{
	begin(0);
	acquires();
	did(1, OUTCOME_OK, .f = F_KEEPALIVE, .invoked_ms = 21, .returned_ms = 22, .ttl_ms = 2000);
	maker_key(made.maker, .lane = made.lane, .revision = 3, .lease = 7, .key = "l/7",
		  .seen_ms = 15);
	maker_key(made.maker, .lane = made.lane, .revision = 4, .lease = 8, .key = "l/8",
		  .seen_ms = 16);
	maker_op(made.maker, .lane = made.lane, .worker = 1, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_INFO, .invoked_ms = 14, .lease = 8, .key = "l/8");
	maker_op(made.maker, .lane = made.lane, .worker = 1, .attempt = 1, .f = F_RELEASE,
		 .outcome = OUTCOME_OK, .invoked_ms = 30, .returned_ms = 32, .lease = 8,
		 .key = "l/8", .revision = _i ? 5 : 0);
	maker_key(made.maker, .lane = made.lane, .revision = 5, .deleted = true, .key = "l/7",
		  .seen_ms = 31);
	expect(_i ? "1 acquire, 2 acquire ?, 1 acquire ok"
		  : "1 acquire, 2 acquire ?, 1 acquire ok, 1 proof, 1 proof ok");
}
END_TEST

static const struct {
	double asked_ms;
	int64_t revision; /* of the answer */
	bool goes;        /* the key, at revision 5; else it stands, and 6 is the last one told */
	bool proves;
} answers[] = {
	{25, 4, true, true},       {25, 5, true, false}, {20.001, 4, true, true},
	{19.999, 4, true, false},  {25, 6, false, true}, {25, 7, false, false},
	{19.999, 6, false, false},
};

/* Anybody's answer that names an earlier revision than the one at which the key went. */
START_TEST(a_key_stood_when_an_answer_from_before_its_end_was_asked_for)
{
	begin(0);
	acquires();
	for (int i = 3; i <= 6; i++)
		if (i != 5 || answers[_i].goes)
			maker_key(made.maker, .lane = made.lane, .revision = i,
				  .lease = i == 3 ? 7 : i, .deleted = i == 5,
				  .key = i == 3 || i == 5 ? "l/7" : "other", .seen_ms = 10 + i);
	maker_op(made.maker, .lane = made.lane, .worker = 1, .attempt = 1, .f = F_RELEASE,
		 .outcome = OUTCOME_OK, .invoked_ms = answers[_i].asked_ms, .returned_ms = 32,
		 .lease = 9, .key = "l/9", .revision = answers[_i].revision);
	expect(answers[_i].proves ? "1 acquire, 1 acquire ok, 1 proof, 1 proof ok"
				  : "1 acquire, 1 acquire ok");
}
END_TEST

START_TEST(what_the_workers_believed_needs_no_proof)
{
	struct trace_source source = {.path = NULL, .in_parts = true};
	struct trace trace;
	struct error err = {0};

	begin(0);
	acquires();
	did(1, OUTCOME_OK, .f = F_KEEPALIVE, .invoked_ms = 21, .returned_ms = 22, .ttl_ms = 2000);
	did(1, OUTCOME_OK, .f = F_TOKEN, .invoked_ms = 23, .returned_ms = 24, .token = 9);
	did(1, OUTCOME_OK, .f = F_LEASE_REVOKE, .invoked_ms = 30, .returned_ms = 31);
	maker_close(made.maker, true);
	source.path = made.path;
	ck_assert_msg(holds_import(&source, EXCLUSION_CLIENT, &trace, &err) == 0, "%s", err.text);
	expect_events(&trace, "1 acquire, 1 acquire ok, 1 release ?");
	trace_free(&trace);
}
END_TEST

START_TEST(what_never_held_has_no_release)
{
	begin(0);
	did(1, OUTCOME_INFO, .f = F_ACQUIRE, .invoked_ms = 5, .returned_ms = 8);
	did(1, OUTCOME_OK, .f = F_LEASE_REVOKE, .invoked_ms = 30, .returned_ms = 31);
	did(2, OUTCOME_FAIL, .f = F_ACQUIRE, .invoked_ms = 35, .returned_ms = 38);
	did(2, OUTCOME_OK, .f = F_LEASE_REVOKE, .invoked_ms = 40, .returned_ms = 41);
	did(3, OUTCOME_INFO, .f = F_ACQUIRE, .invoked_ms = 50);
	struct trace trace = import();

	expect_events(&trace, "1 acquire ?, 1 acquire ?");
	ck_assert_uint_eq(trace.left_out, 1);
	trace_free(&trace);
}
END_TEST

START_TEST(clients_with_planted_bugs_are_passed_over)
{
	begin(PLANTED_CLIENT);
	acquires();
	did(1, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 30, .returned_ms = 31);
	struct trace trace = import();

	ck_assert_uint_eq(trace.ops, 0);
	ck_assert_uint_eq(trace.ignored, 2); /* rows */
	trace_free(&trace);
}
END_TEST

START_TEST(an_unsealed_history_is_read_too)
{
	begin(0);
	acquires();
	maker_close(made.maker, false);
	struct trace_source source = {.path = made.path, .format = TRACE_HISTORY, .in_parts = true};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(holds_import(&source, EXCLUSION_SERVICE, &trace, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(trace.ops, 1);
	trace_free(&trace);
}
END_TEST

static const struct {
	const char *sql, *says;
} nonsense[] = {
	{"UPDATE op SET invoked_ns = 'x'", "table op, row with id"},
	{"UPDATE op SET process = 99", "no such process"},
	{"UPDATE op SET lane = 9", "no such lane"},
	{"UPDATE op SET f = 99", "column f"},
	{"UPDATE op SET returned_ns = 1", "column returned_ns"},
	{"UPDATE op SET returned_ns = NULL", "it has an outcome but never returned"},
	{"UPDATE op SET id = id + (1 << 40)", "its id does not begin with its process"},
	{"UPDATE op SET attempt = attempt + (1 << 40)",
	 "its attempt does not begin with its process"},
	{"DROP TABLE op", "lacks table op"},
	{"UPDATE lane SET name = CAST(x'6cff' AS TEXT)", "column name: not UTF-8"},
	{"INSERT INTO lane SELECT 1, arm, name, lock, resource FROM lane",
	 "row with id 1, column name: another lane has it, too"},
};

START_TEST(nonsense_is_refused_with_its_place)
{
	struct trace trace;
	struct error err = {0};

	begin(0);
	acquires();
	did(4, OUTCOME_OK, .f = F_ACQUIRE, .invoked_ms = 40, .returned_ms = 50);
	did(4, OUTCOME_OK, .f = F_RELEASE, .invoked_ms = 60, .returned_ms = 70);
	ck_assert_int_eq(database_exec(maker_db(made.maker), "PRAGMA foreign_keys = OFF", &err), 0);
	/* an unsealed file: no index stands in the way */
	ck_assert_msg(database_exec(maker_db(made.maker), nonsense[_i].sql, &err) == 0, "%s",
		      err.text);
	maker_close(made.maker, false);
	struct trace_source source = {.path = made.path, .in_parts = true};

	ck_assert_int_eq(holds_import(&source, EXCLUSION_SERVICE, &trace, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, nonsense[_i].says), "%s", err.text);
	ck_assert_ptr_null(trace.op);
}
END_TEST

START_TEST(a_text_is_no_history)
{
	static const char text[] = "SQLite format 3\0and nothing more";
	struct trace_source source = {.path = write_source(text, sizeof(text))};
	struct trace trace;
	struct error err = {0};

	ck_assert_int_eq(holds_import(&source, EXCLUSION_SERVICE, &trace, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: a run as a trace");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, revoke_of_a_lease_that_has_not_the_key_proves_nothing);
	tcase_add_test(tests, attempts_become_holds_of_their_lane);
	tcase_add_test(tests, progress_is_told_in_bytes_of_the_file);
	tcase_add_test(tests, an_unlock_that_answers_ok_proves_nothing);
	tcase_add_loop_test(tests, the_worker_gives_up_once_whatever_came_of_it, 0,
			    (int)(sizeof(endings) / sizeof(*endings)));
	tcase_add_test(tests, a_killed_worker_gives_up_by_dying);
	tcase_add_loop_test(tests, only_what_shows_the_key_alive_within_the_hold_is_a_proof, 0,
			    (int)(sizeof(proofs) / sizeof(*proofs)));
	tcase_add_test(tests, after_a_doubtful_acquire_no_renewal_and_no_release_proves_anything);
	tcase_add_loop_test(tests, what_a_wrong_release_took_away_is_not_proved_by_its_lease, 0, 2);
	tcase_add_loop_test(tests, a_key_stood_when_an_answer_from_before_its_end_was_asked_for, 0,
			    (int)(sizeof(answers) / sizeof(*answers)));
	tcase_add_test(tests, what_the_workers_believed_needs_no_proof);
	tcase_add_test(tests, what_never_held_has_no_release);
	tcase_add_test(tests, clients_with_planted_bugs_are_passed_over);
	tcase_add_test(tests, an_unsealed_history_is_read_too);
	tcase_add_loop_test(tests, nonsense_is_refused_with_its_place, 0,
			    (int)(sizeof(nonsense) / sizeof(*nonsense)));
	tcase_add_test(tests, a_text_is_no_history);
	return suite_run(suite);
}
