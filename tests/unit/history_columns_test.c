/* Each column of a history by itself: its value comes back in its own field, and is stored as it
 * was. */
#include "tests/support/suite.h"
#include "tests/unit/history_all_columns.h"

START_TEST(columns_of_the_campaign_come_back_in_their_fields)
{
	load_soundly();
	const struct arm_row *arm = &history.arm[1];

	ck_assert_int_eq(history.arms, 2);
	ck_assert_int_eq(arm->id, 1);
	ck_assert_str_eq(arm->name, "name131");
	ck_assert_str_eq(arm->service, "service132");
	ck_assert_str_eq(arm->recipe, "recipe133");
	ck_assert_str_eq(arm->guard, "guard134");
	ck_assert_str_eq(arm->model, "model135");
	ck_assert_int_eq(arm->permits, 136);
	ck_assert_int_eq(arm->ttl_ms, 137);
	ck_assert_int_eq(arm->heartbeat_ms, 138);
	ck_assert_int_eq(arm->retries, 139);
	ck_assert_int_eq(arm->acquire_timeout_ms, 140);
	ck_assert_int_eq(arm->acquire_within_ms, 141);
	ck_assert_str_eq(arm->expect, "expect142");
	ck_assert_uint_eq(arm->planted, 2);
	ck_assert_str_eq(arm->settings, "{\"a\":143}");
	ck_assert_int_eq(history.lane[1].id, 1);
	ck_assert_int_eq(history.lane[1].arm, 1);
	ck_assert_str_eq(history.lane[1].name, "name151");
	ck_assert_str_eq(history.lane[1].lock, "lock152");
	ck_assert_str_eq(history.lane[1].resource, "resource153");
	ck_assert_int_eq(history.host[1].id, 1);
	ck_assert_str_eq(history.host[1].name, "name161");
	ck_assert_str_eq(history.host[1].role, "role162");
	ck_assert_str_eq(history.host[1].address, "address163");
	ck_assert_int_eq(history.worst_gap_ns, 121);
	ck_assert_int_eq(history.worst_gap_at_ns, 122);
	ck_assert_int_eq(history.election_ms, 123);
	ck_assert_int_eq(history.healed_ns, 124);
	ck_assert_int_eq(history.duration_ns, 125);
	ck_assert_int_eq(history.seed, 126);
	ck_assert_str_eq(history.path, path);
	close_all();
}
END_TEST

START_TEST(columns_of_processes_and_faults_come_back_in_their_fields)
{
	load_soundly();
	const struct process_row *store = &history.process[0], *worker = &history.process[1];
	const struct fault_row *fault = &history.fault[0];

	ck_assert_int_eq(history.processes, 2);
	ck_assert(store->host == -1 && store->arm == -1 && store->lane == -1 &&
		  store->worker == -1);
	ck_assert_ptr_null(store->client);
	ck_assert_int_eq(store->ended_ns, NEVER_NS);
	ck_assert_int_eq(store->exit_status, 0);
	ck_assert_int_eq(worker->id, 3);
	ck_assert_int_eq(worker->host, 2);
	ck_assert_str_eq(worker->role, "worker");
	ck_assert_str_eq(worker->name, "w-1-0");
	ck_assert_str_eq(worker->client, "lock");
	ck_assert_int_eq(worker->arm, 1);
	ck_assert_int_eq(worker->lane, 1);
	ck_assert_int_eq(worker->worker, 4);
	ck_assert_int_eq(worker->incarnation, 5);
	ck_assert_int_eq(worker->os_pid, 6);
	ck_assert_int_eq(worker->started_ns, 7);
	ck_assert_int_eq(worker->ended_ns, 8);
	ck_assert_int_eq(worker->exit_status, -9);
	ck_assert_int_eq(history.schedule[0].id, 51);
	ck_assert_str_eq(history.schedule[0].block, "block52");
	ck_assert_str_eq(history.schedule[0].kind, "kind54");
	ck_assert_str_eq(history.schedule[0].when, "when55");
	ck_assert_int_eq(fault->id, 61);
	ck_assert_int_eq(fault->schedule, 51);
	ck_assert_str_eq(fault->kind, "kind62");
	ck_assert_int_eq(fault->effect, EFFECT_LOAD);
	ck_assert_str_eq(fault->target, "target63");
	ck_assert_int_eq(fault->arm, 1);
	ck_assert_int_eq(fault->lane, 1);
	ck_assert_int_eq(fault->process, 64);
	ck_assert_int_eq(fault->attempt, 65);
	ck_assert_int_eq(fault->host, 2);
	ck_assert_int_eq(fault->planned_ns, 66);
	ck_assert_int_eq(fault->length_ns, 67);
	ck_assert_int_eq(fault->began_ns, 68);
	ck_assert_int_eq(fault->ended_ns, 69);
	ck_assert(fault->bitten);
	ck_assert_str_eq(fault->detail, "detail70");
	ck_assert_str_eq(fault->when, "when55");
	ck_assert_int_eq(history.proof[0].fault, 82);
	ck_assert_int_eq(history.proof[0].at_ns, 83);
	ck_assert(history.proof[0].holds);
	ck_assert_str_eq(history.proof[0].what, "what84");
	ck_assert_int_eq(history.proof[0].count, 85);
	ck_assert_str_eq(history.proof[0].detail, "detail86");
	close_all();
}
END_TEST

START_TEST(columns_of_what_else_was_seen_come_back_in_their_fields)
{
	load_soundly();
	ck_assert_int_eq(history.note[0].at_ns, 92);
	ck_assert(history.note[0].breaks);
	ck_assert_str_eq(history.note[0].topic, "topic94");
	ck_assert_str_eq(history.note[0].text, "text95");
	ck_assert_int_eq(history.connection[0].host, 2);
	ck_assert_int_eq(history.connection[0].opened, 101);
	ck_assert_int_eq(history.connection[0].failed, 102);
	ck_assert_int_eq(history.connection[0].reset, 103);
	ck_assert_int_eq(history.connection[0].retransmitted, 104);
	ck_assert_int_eq(history.leader[0].at_ns, 111);
	ck_assert_int_eq(history.leader[0].member, 112);
	ck_assert_int_eq(history.leader[0].leader, 113);
	ck_assert_int_eq(history.leader[0].term, 114);
	close_all();
}
END_TEST

START_TEST(columns_of_a_lane_come_back_in_their_fields)
{
	load_soundly();
	const struct op_row *op = &lane.op[0];
	const struct key_row *key = &lane.key[0];
	const struct decision_row *decision = &lane.decision[0];

	ck_assert_int_eq(lane.ops, 1);
	ck_assert_int_eq(op->id, 12884901889);
	ck_assert_int_eq(op->process, 3);
	ck_assert_int_eq(op->worker, 11);
	ck_assert_int_eq(op->attempt, 12884901890);
	ck_assert_int_eq(op->f, 4);
	ck_assert_int_eq(op->mode, MODE_SHARED);
	ck_assert_int_eq(op->outcome, OUTCOME_OK);
	ck_assert_int_eq(op->invoked_ns, 13);
	ck_assert_int_eq(op->returned_ns, 14);
	ck_assert_int_eq(op->endpoint, 15);
	ck_assert_int_eq(op->lease, 16);
	ck_assert_str_eq(op->key, "key17");
	ck_assert_int_eq(op->ttl_ms, 18);
	ck_assert_int_eq(op->token, 19);
	ck_assert_int_eq(op->revision, 20);
	ck_assert_int_eq(op->version, 22);
	ck_assert_int_eq(op->base_version, 23);
	ck_assert_int_eq(op->value, 24);
	ck_assert_str_eq(op->error, "error25");
	ck_assert_int_eq(lane.keys, 1);
	ck_assert_int_eq(key->id, 31);
	ck_assert_int_eq(key->member, 32);
	ck_assert(key->deleted);
	ck_assert_int_eq(key->revision, 34);
	ck_assert_int_eq(key->create_revision, 35);
	ck_assert_int_eq(key->lease, 36);
	ck_assert_str_eq(key->key, "key37");
	ck_assert_int_eq(key->seen_ns, 38);
	ck_assert_int_eq(lane.decisions, 1);
	ck_assert_int_eq(decision->id, 41);
	ck_assert_int_eq(decision->op, 42);
	ck_assert_int_eq(decision->f, F_READ);
	ck_assert(decision->accepted);
	ck_assert_int_eq(decision->token, 43);
	ck_assert_int_eq(decision->greatest_token, 44);
	ck_assert_int_eq(decision->version_before, 45);
	ck_assert_int_eq(decision->version_after, 46);
	ck_assert_int_eq(decision->value, 47);
	ck_assert_int_eq(decision->arrived_ns, 48);
	ck_assert_int_eq(decision->decided_ns, 49);
	ck_assert_str_eq(decision->reason, "reason50");
	close_all();
}
END_TEST

static void note_op(void *context, int of, const struct op_row *op)
{
	char *text = context;
	size_t used = strlen(text);

	snprintf(text + used, 512 - used, "%d %" PRId64 " %s\n", of, op->id, op->key);
}

static void note_key(void *context, const struct key_row *key)
{
	char *text = context;
	size_t used = strlen(text);

	snprintf(text + used, 512 - used, "%" PRId64 " %s\n", key->id, key->key);
}

/* The lane, which row, its text. A key of no lane is seen, too. */
START_TEST(rows_are_seen_in_the_order_of_their_tables_while_lanes_are_foreseen)
{
	char seen[512] = "";
	const struct history_viewer viewer = {note_op, note_key, seen};
	struct error err = {0};

	execute("INSERT INTO key_event VALUES (30, 32, NULL, 1, 34, 35, 36, 'lost', 38)");
	ck_assert_int_eq(history_open(path, &history, &err), 0);
	ck_assert_msg(history_foresee_lanes(&history, &viewer, &err) == 0, "%s", err.text);
	ck_assert_str_eq(seen, "1 12884901889 key17\n30 lost\n31 key37\n");
	ck_assert_int_eq(history_load_lane(&history, 1, &lane, &err), 0);
	ck_assert_int_eq(lane.ops, 1);
	ck_assert_str_eq(lane.op->error, "error25");
	ck_assert_int_eq(lane.keys, 1);
	ck_assert_int_eq(lane.decisions, 1);
	close_all();
}
END_TEST

START_TEST(columns_of_verdicts_come_back_in_their_fields)
{
	load_soundly();
	const struct judgement *judgement = &verdicts.judgement[0];
	const struct violation *violation = &verdicts.violation[0];
	const struct coverage_cell *cell = &verdicts.cell[0];

	ck_assert_str_eq(judgement->subject, "name131");
	ck_assert_int_eq(judgement->arm, 1);
	ck_assert_int_eq(judgement->verdict, VERDICT_UNSAFE);
	ck_assert_str_eq(judgement->why, "why171");
	ck_assert_int_eq(judgement->exposures, 172);
	ck_assert_int_eq(judgement->events, 173);
	ck_assert_double_eq(judgement->rate, 0.25);
	ck_assert_double_eq(judgement->rate_low, 0.125);
	ck_assert_double_eq(judgement->rate_high, 0.5);
	ck_assert_int_eq(judgement->definite[VIOLATION_LOST_UPDATE], 181);
	ck_assert_int_eq(judgement->possible[VIOLATION_LOST_UPDATE], 182);
	for (int i = 0; i < MEASURES_COUNT; i++)
		ck_assert_int_eq(judgement->measure[i], i == MEASURE_OUTLIVED ? 191 : MEASURE_NONE);
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].verdict, EXCLUSION_FAILED);
	ck_assert_str_eq(judgement->exclusion[EXCLUSION_SERVICE].procedure, "T2");
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].holds, 201);
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].violations, 202);
	ck_assert_int_eq(violation->id, 211);
	ck_assert_int_eq(violation->name, VIOLATION_LATE_WRITE);
	ck_assert_int_eq(violation->arm, 1);
	ck_assert_int_eq(violation->lane, 1);
	ck_assert(violation->definite);
	ck_assert_int_eq(violation->at_ns, 212);
	ck_assert_str_eq(violation->summary, "summary213");
	ck_assert_int_eq(violation->evidences, 1);
	ck_assert_str_eq(violation->evidence[0].kind, "kind221");
	ck_assert_int_eq(violation->evidence[0].ref, 222);
	ck_assert_str_eq(violation->evidence[0].part, "part223");
	ck_assert_str_eq(cell->kind, "kind231");
	ck_assert_str_eq(cell->moment, "moment232");
	ck_assert_int_eq(cell->planned, 233);
	ck_assert_int_eq(cell->injected, 234);
	ck_assert_int_eq(cell->bitten, 230);
	ck_assert_int_eq(cell->exposures, 236);
	ck_assert_int_eq(cell->violations, 237);
	close_all();
}
END_TEST

/* All rows of the verdicts' tables, a line each. */
static void dump_verdicts(char *text, size_t size)
{
	static const char *const tables[] = {"SELECT * FROM verdict",   "SELECT * FROM tally",
					     "SELECT * FROM measure",   "SELECT * FROM exclusion",
					     "SELECT * FROM violation", "SELECT * FROM evidence",
					     "SELECT * FROM coverage"};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		sqlite3_stmt *statement;

		ck_assert_int_eq(sqlite3_prepare_v2(db, tables[i], -1, &statement, NULL),
				 SQLITE_OK);
		while (sqlite3_step(statement) == SQLITE_ROW)
			for (int j = 0; j < sqlite3_column_count(statement); j++) {
				const unsigned char *value = sqlite3_column_text(statement, j);

				used += (size_t)snprintf(
					text + used, size - used, "%s%s",
					value ? (const char *)value : "-",
					j + 1 < sqlite3_column_count(statement) ? "|" : "\n");
			}
		sqlite3_finalize(statement);
	}
}

START_TEST(verdicts_that_were_loaded_are_stored_as_they_were)
{
	static char before[4096], after[4096];
	struct error err = {0};

	execute("INSERT INTO verdict VALUES ('service', NULL, 'SAFE', 'why', 5, 6, NULL, NULL, "
		"NULL);"
		"INSERT INTO tally VALUES ('service', 'ghost-grant', 0, 7);"
		"INSERT INTO violation VALUES (301, 'ghost-grant', 'service', NULL, NULL, 0, 302, "
		"'s');"
		"INSERT INTO evidence (violation, kind, ref, part) VALUES (301, 'k', 303, 'p');"
		"INSERT INTO evidence (violation, kind, ref, part) VALUES (301, 'l', 304, 'q')");
	dump_verdicts(before, sizeof(before));
	load_soundly();
	ck_assert_msg(verdicts_store(&history, &verdicts, &err) == 0, "%s", err.text);
	close_all();
	dump_verdicts(after, sizeof(after));
	ck_assert_str_eq(after, before);
	ck_assert_ptr_nonnull(strstr(after, "service|-|SAFE|why|5|6|-|-|-\n"));
}
END_TEST

/* They stand in a text that may be anything. */
START_TEST(habits_of_renewal_are_told_by_the_settings)
{
	static const struct {
		const char *settings;
		int timeout_ms, retry_after_ms; /* -1: the file is refused */
	} table[] = {
		{"{\"renew_timeout_ms\": 250, \"retry_after_ms\": 70}", 250, 70},
		{"{\"retry_after_ms\": \"70\"}", 0, 0},
		{"{\"renew_timeout_ms\": 1.5}", 0, 0},
		{"{\"renew_timeout_ms\": -1}", -1, 0},
		{"[250]", 0, 0},
		{"no JSON", 0, 0},
	};
	char *sql = sqlite3_mprintf("UPDATE arm SET settings = %Q", table[_i].settings);
	struct error err = {0};

	execute(sql);
	sqlite3_free(sql);
	if (table[_i].timeout_ms < 0) {
		ck_assert(!load_all(&err));
		ck_assert_msg(strstr(err.text, "renew_timeout_ms") != NULL, "%s", err.text);
		return;
	}
	load_soundly();
	ck_assert_int_eq(history.arm[0].renew_timeout_ms, table[_i].timeout_ms);
	ck_assert_int_eq(history.arm[0].retry_after_ms, table[_i].retry_after_ms);
	close_all();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: columns");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, columns_of_the_campaign_come_back_in_their_fields);
	tcase_add_loop_test(tests, habits_of_renewal_are_told_by_the_settings, 0, 6);
	tcase_add_test(tests, columns_of_processes_and_faults_come_back_in_their_fields);
	tcase_add_test(tests, columns_of_what_else_was_seen_come_back_in_their_fields);
	tcase_add_test(tests, columns_of_a_lane_come_back_in_their_fields);
	tcase_add_test(tests, rows_are_seen_in_the_order_of_their_tables_while_lanes_are_foreseen);
	tcase_add_test(tests, columns_of_verdicts_come_back_in_their_fields);
	tcase_add_test(tests, verdicts_that_were_loaded_are_stored_as_they_were);
	return suite_run(suite);
}
