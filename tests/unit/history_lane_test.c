/* Reading the bulk of a lane. */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "history/database.h"
#include "history/reader.h"
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

int main(void)
{
	Suite *suite = suite_create("history: a lane");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, reader_loads_all_of_a_lane_by_invocation, 0, 2);
	return suite_run(suite);
}
