/* Reading the bulk of a lane. */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "history/database.h"
#include "history/reader.h"
#include "tests/support/big_run.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* Lanes are read process by process; one that is not where a sound file has it is not lost. */
START_TEST(reader_loads_all_of_a_lane_by_invocation)
{
	static const struct {
		int lane, worker, invoked_ms;
	} asked[] = {{0, 0, 40}, {0, 1, 20}, {0, 0, 30}, {0, 1, 50}, {0, 1, 30}, {1, 0, 25}};
	static const int orders[2][6] = {{20, 30, 30, 40, 50}, {20, 25, 30, 30, 40, 50}};
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	int arm = maker_arm(maker, .guard = "none");
	struct history history;
	struct lane_history lane;
	struct error err = {0};

	maker_lane(maker, arm);
	maker_lane(maker, arm);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		maker_op(maker, .lane = asked[i].lane, .worker = asked[i].worker, .attempt = 1,
			 .f = F_ACQUIRE, .outcome = OUTCOME_INFO,
			 .invoked_ms = asked[i].invoked_ms);
	if (_i)
		ck_assert_int_eq(database_exec(maker_db(maker), "UPDATE op SET lane = 0", &err), 0);
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(history_load_lane(&history, 0, &lane, &err), 0);
	ck_assert_int_eq(lane.ops, 5 + _i);
	for (int i = 0; i < lane.ops; i++) {
		ck_assert_int_eq(lane.op[i].invoked_ns, orders[_i][i] * NS_PER_MS);
		ck_assert(!i || lane.op[i - 1].invoked_ns < lane.op[i].invoked_ns ||
			  lane.op[i - 1].id < lane.op[i].id);
	}
	history_free_lane(&lane);
	history_close(&history);
}
END_TEST

static void count_op(void *context, int lane, const struct op_row *op)
{
	(void)lane;
	(void)op;
	++*(int *)context;
}

static void count_key(void *context, const struct key_row *key)
{
	(void)key;
	++*(int *)context;
}

/* For whoever goes through all lanes, each is what it is by itself; its operations are foreseen if
 * they are viewed. */
START_TEST(reader_foresees_lanes)
{
	int seen = 0, loaded = 0;
	const struct history_viewer viewer = {count_op, count_key, &seen};
	const char *path = scratch_file("history.db");
	struct history alone, all;
	struct error err = {0};

	big_run_write(path, 5000);
	ck_assert_int_eq(history_open(path, &alone, &err), 0);
	ck_assert_int_eq(history_open(path, &all, &err), 0);
	ck_assert_int_eq(history_foresee_lanes(&all, NULL, &err), 0);
	ck_assert_int_eq(history_foresee_lanes(&all, _i ? &viewer : NULL, &err), 0);
	ck_assert(all.mixed);
	for (int twice = 0; twice < 2; twice++)
		for (int i = 0; i < all.lanes; i++) {
			struct lane_history a, b;

			ck_assert_int_eq(history_load_lane(&alone, i, &a, &err), 0);
			ck_assert_int_eq(history_load_lane(&all, i, &b, &err), 0);
			ck_assert_int_eq(a.ops, b.ops);
			ck_assert_int_eq(a.keys, b.keys);
			ck_assert_int_eq(a.decisions, b.decisions);
			ck_assert_int_gt(a.keys, 0);
			loaded += twice ? 0 : a.ops + a.keys;
			for (int j = 0; j < a.ops; j++) {
				ck_assert_int_eq(a.op[j].id, b.op[j].id);
				ck_assert_int_eq(a.op[j].value, b.op[j].value);
				ck_assert_str_eq(a.op[j].key ?: "", b.op[j].key ?: "");
			}
			for (int j = 0; j < a.keys; j++) {
				ck_assert_int_eq(a.key[j].id, b.key[j].id);
				ck_assert_int_eq(a.key[j].seen_ns, b.key[j].seen_ns);
				ck_assert_str_eq(a.key[j].key, b.key[j].key);
			}
			for (int j = 0; j < a.decisions; j++)
				ck_assert_int_eq(a.decision[j].op, b.decision[j].op);
			history_free_lane(&a);
			history_free_lane(&b);
		}
	ck_assert_int_eq(seen, _i ? loaded : 0);
	history_close(&alone);
	history_close(&all);
}
END_TEST

/* What the members told of one revision comes by when it was seen, not by who was written first. */
START_TEST(reader_foresees_words_in_the_order_of_their_sight)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	struct history history;
	struct lane_history lane;
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	for (int i = 0; i < 9; i++)
		maker_key(maker, .member = i / 3, .revision = 3 + i % 3, .seen_ms = 100 - i);
	maker_close(maker, true);
	ck_assert_int_eq(history_open(path, &history, &err), 0);
	if (_i)
		ck_assert_int_eq(history_foresee_lanes(&history, NULL, &err), 0);
	ck_assert_int_eq(history_load_lane(&history, 0, &lane, &err), 0);
	ck_assert_int_eq(lane.keys, 9);
	for (int i = 0; i < 9; i++) {
		ck_assert_int_eq(lane.key[i].revision, 3 + i / 3);
		ck_assert_int_eq(lane.key[i].id, 7 + i / 3 - i % 3 * 3);
	}
	history_free_lane(&lane);
	history_close(&history);
}
END_TEST

/* They come from SQLite in batches: at each border none is lost, and none comes twice. */
START_TEST(reader_hands_over_the_operations_of_a_process)
{
	static const int counts[] = {0, 1, 63, 64, 65, 128, 129};
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	struct history history;
	struct op_row op;
	struct error err = {0};
	int count = counts[_i];

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	for (int worker = 0; worker < 2; worker++)
		for (int i = 0; i < count + worker; i++)
			maker_op(maker, .worker = worker, .attempt = 1, .f = F_ACQUIRE,
				 .outcome = OUTCOME_INFO, .invoked_ms = 10 + i);
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	for (int i = 0; i < history.processes; i++) {
		const struct process_row *process = &history.process[i];
		struct process_ops *ops = history_open_process(&history, process);

		ck_assert(ops);
		for (int j = 0; j < count + process->worker; j++) {
			ck_assert_int_eq(history_next_op(ops, &op), PROCESS_OP);
			ck_assert_int_eq(op.id, ((int64_t)process->id << 32) + j + 1);
			ck_assert_int_eq(op.invoked_ns, (10 + j) * NS_PER_MS);
		}
		for (int again = 0; again < 3; again++)
			ck_assert_int_eq(history_next_op(ops, &op), PROCESS_END);
		history_close_process(ops);
	}
	ck_assert_ptr_null(sqlite3_next_stmt(history.db, NULL));
	history_close(&history);
}
END_TEST

/* What another lane has, or is not as it should be, is not handed over. */
START_TEST(reader_hands_over_no_odd_operation)
{
	static const char *const spoil[] = {"UPDATE op SET lane = 1 WHERE id % 100 = 70",
					    "UPDATE op SET f = 99 WHERE id % 100 = 70",
					    "UPDATE op SET error = x'00' WHERE id % 100 = 70",
					    "UPDATE op SET process = 7"};
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	int arm = maker_arm(maker, .guard = "none"), next, before = 0;
	struct history history;
	struct op_row op;
	struct error err = {0};

	maker_lane(maker, arm);
	maker_lane(maker, arm);
	for (int i = 0; i < 90; i++)
		maker_op(maker, .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_INFO,
			 .invoked_ms = 10 + i);
	ck_assert_int_eq(database_exec(maker_db(maker), spoil[_i], &err), 0);
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	struct process_ops *ops = history_open_process(&history, &history.process[0]);

	ck_assert(ops);
	while ((next = history_next_op(ops, &op)) == PROCESS_OP)
		before++;
	ck_assert_int_eq(next, PROCESS_ODD);
	ck_assert_int_le(before, 69);
	history_close_process(ops);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: a lane");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, reader_loads_all_of_a_lane_by_invocation, 0, 2);
	tcase_add_loop_test(tests, reader_foresees_lanes, 0, 2);
	tcase_add_loop_test(tests, reader_foresees_words_in_the_order_of_their_sight, 0, 2);
	tcase_add_loop_test(tests, reader_hands_over_the_operations_of_a_process, 0, 7);
	tcase_add_loop_test(tests, reader_hands_over_no_odd_operation, 0, 4);
	return suite_run(suite);
}
