#include "base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/history_rig.h"

START_TEST(recorder_completes_an_operation_that_was_open_at_a_commit)
{
	start_recorder();
	push_worker(7, 2);
	struct event sent = invocation(7, 1, F_ACQUIRE), back = answer(7, 1, F_ACQUIRE, OUTCOME_OK);

	sent.op.lease = 99;
	push(RING, sent);
	wait_for_row("SELECT 1 FROM op WHERE outcome = 0 AND returned_ns IS NULL AND lease = 99");
	back.at_ns = clock_now_ns();
	back.op.revision = 12;
	back.op.endpoint = 2;
	text_copy(back.op.key, sizeof(back.op.key), "lock/99");
	push(RING, back);
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 1);
	const struct op_row *op = &run.lane.op[0];

	ck_assert_int_eq(op->id, (INT64_C(7) << 32) | 1);
	ck_assert_int_eq(op->attempt, (INT64_C(7) << 32) | 1);
	ck_assert_int_eq(op->worker, 2);
	ck_assert_int_eq(op->outcome, OUTCOME_OK);
	ck_assert_int_eq(op->invoked_ns, sent.at_ns - run.start_ns);
	ck_assert_int_eq(op->returned_ns, back.at_ns - run.start_ns);
	ck_assert_int_eq(op->revision, 12);
	ck_assert_int_eq(op->lease, 99);
	ck_assert_int_eq(op->endpoint, 2);
	ck_assert_str_eq(op->key, "lock/99");
	ck_assert_int_eq(run.history.notes, 0);
	close_result();
}
END_TEST

START_TEST(recorder_writes_each_field_of_an_operation_to_its_column)
{
	struct event sent = invocation(1, 1, F_WRITE), back = answer(1, 1, F_WRITE, OUTCOME_FAIL);

	sent.op.mode = MODE_SHARED;
	sent.op.token = 17;
	sent.op.lease = 5;
	sent.op.safe_until_ns = run.start_ns + 4000;
	sent.op.version = 3; /* that it is based on */
	sent.op.value = 77;
	text_copy(sent.op.key, sizeof(sent.op.key), "lock/5");
	back.op.version = 4; /* that it made */
	text_copy(back.op.error, sizeof(back.op.error), "token 17 is smaller than 23");
	push_worker(1, 3);
	push(RING, sent);
	push(RING, back);
	start_recorder();
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 1);
	const struct op_row *op = &run.lane.op[0];

	ck_assert_int_eq(op->process, 1);
	ck_assert_int_eq(op->worker, 3);
	ck_assert_int_eq(op->f, F_WRITE);
	ck_assert_int_eq(op->mode, MODE_SHARED);
	ck_assert_int_eq(op->outcome, OUTCOME_FAIL);
	ck_assert_int_eq(op->token, 17);
	ck_assert_int_eq(op->lease, 5);
	ck_assert_int_eq(op->base_version, 3);
	ck_assert_int_eq(op->version, 4);
	ck_assert_int_eq(op->value, 77);
	ck_assert_int_eq(op->endpoint, -1);
	ck_assert_str_eq(op->key, "lock/5");
	ck_assert_str_eq(op->error, "token 17 is smaller than 23");
	wait_for_row("SELECT 1 FROM op WHERE safe_until_ns = 4000"); /* which op_row has not */
	close_result();
}
END_TEST

START_TEST(recorder_takes_from_the_answer_what_only_the_answer_knows)
{
	struct event grant = answer(1, 1, F_LEASE_GRANT, OUTCOME_OK);
	struct event read = answer(1, 2, F_READ, OUTCOME_OK);

	grant.op.lease = 5;
	grant.op.token = 17;
	grant.op.ttl_ms = 2000;
	read.op.value = 88;
	push_worker(1, 0);
	push(RING, invocation(1, 1, F_LEASE_GRANT));
	push(RING, invocation(1, 2, F_READ));
	grant.at_ns = read.at_ns = clock_now_ns();
	push(RING, grant);
	push(RING, read);
	start_recorder();
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 2);
	ck_assert_int_eq(run.lane.op[0].lease, 5);
	ck_assert_int_eq(run.lane.op[0].token, 17);
	ck_assert_int_eq(run.lane.op[0].ttl_ms, 2000);
	ck_assert_int_eq(run.lane.op[1].value, 88);
	close_result();
}
END_TEST

START_TEST(recorder_tells_zero_from_nothing)
{
	push_worker(1, 0);
	push(RING, invocation(1, 1, F_READ));
	push(RING, answer(1, 1, F_READ, OUTCOME_OK)); /* of a resource never written */
	push(RING, invocation(1, 2, F_KEEPALIVE));
	push(RING, answer(1, 2, F_KEEPALIVE, OUTCOME_OK)); /* TTL 0: the lease is gone */
	push(RING, invocation(1, 3, F_RELEASE));
	push(RING, answer(1, 3, F_RELEASE, OUTCOME_INFO));
	start_recorder();
	wait_for_row("SELECT 1 FROM op WHERE f = 5 AND version = 0 AND value = 0 "
		     "AND base_version IS NULL AND token IS NULL AND key IS NULL "
		     "AND ttl_ms IS NULL AND endpoint IS NULL AND error IS NULL");
	wait_for_row("SELECT 1 FROM op WHERE f = 2 AND ttl_ms = 0 AND version IS NULL");
	wait_for_row("SELECT 1 FROM op WHERE f = 7 AND ttl_ms IS NULL AND outcome = 0 "
		     "AND returned_ns NOT NULL AND value IS NULL AND revision IS NULL "
		     "AND safe_until_ns IS NULL");
	stop_and_open();
	close_result();
}
END_TEST

START_TEST(recorder_writes_processes_and_faults)
{
	int64_t at_ns = run.start_ns + 5 * NS_PER_S;
	struct fault_event fault = {.id = 1,
				    .scheduled = OCCASIONS,
				    .arm = 0,
				    .lane = 0,
				    .process = 1,
				    .host = 2,
				    .effect = EFFECT_KILL,
				    .attempt = 6,
				    .planned_ns = at_ns - 5,
				    .aimed_ns = at_ns - 2,
				    .length_ns = 9,
				    .kind = "pause",
				    .target = "holder",
				    .detail = "worker none-0-0"};

	push_worker(1, 0);
	push(CONDUCTOR, (struct event){.kind = EVENT_PROCESS,
				       .at_ns = at_ns,
				       .started = {.id = 1, .ended = 1, .exit_status = 9}});
	push(RING, (struct event){.kind = EVENT_FAULT_BEGIN, .at_ns = at_ns, .fault = fault});
	push(RING, (struct event){.kind = EVENT_PROOF,
				  .at_ns = at_ns,
				  .proof = {.fault = 1,
					    .holds = 1,
					    .count = 3,
					    .what = "state T",
					    .detail = "seen"}});
	fault.bitten = 1;
	push(RING, (struct event){.kind = EVENT_FAULT_END, .at_ns = at_ns + 9, .fault = fault});
	start_recorder();
	stop_and_open();
	const struct process_row *process = &run.history.process[0];
	const struct fault_row *began = &run.history.fault[0];

	ck_assert_int_eq(run.history.processes, 1);
	ck_assert_int_eq(process->os_pid, 101);
	ck_assert_str_eq(process->client, "lock");
	ck_assert_int_eq(process->ended_ns, 5 * NS_PER_S);
	ck_assert_int_eq(process->exit_status, 9);
	ck_assert_int_eq(run.history.faults, 1);
	ck_assert_int_eq(began->schedule, OCCASIONS);
	ck_assert_str_eq(began->when, "contended");
	ck_assert_int_eq(began->attempt, (INT64_C(1) << 32) | 6);
	ck_assert_int_eq(began->host, 2);
	ck_assert_int_eq(began->effect, EFFECT_KILL);
	ck_assert_int_eq(began->planned_ns, 5 * NS_PER_S - 5);
	wait_for_row("SELECT 1 FROM fault WHERE began_ns - aimed_ns = 2");
	ck_assert_int_eq(began->length_ns, 9);
	ck_assert_int_eq(began->ended_ns, 5 * NS_PER_S + 9);
	ck_assert(began->bitten);
	ck_assert_str_eq(began->detail, "worker none-0-0");
	ck_assert_int_eq(run.history.proofs, 1);
	ck_assert_str_eq(run.history.proof[0].what, "state T");
	ck_assert(run.history.proof[0].holds);
	close_result();
}
END_TEST

START_TEST(recorder_writes_keys_and_decisions)
{
	int64_t at_ns = run.start_ns + 5 * NS_PER_S;

	push(RING, (struct event){.kind = EVENT_KEY,
				  .at_ns = at_ns,
				  .key = {.member = 2,
					  .lane = 0,
					  .deleted = 1,
					  .revision = 8,
					  .create_revision = 7,
					  .lease = 3,
					  .key = "lock/3"}});
	push(RING, (struct event){.kind = EVENT_DECISION,
				  .at_ns = at_ns,
				  .decision = {.seq = 1,
					       .op = 42,
					       .f = F_WRITE,
					       .accepted = 1,
					       .token = 5,
					       .greatest_token = 6,
					       .version_before = 7,
					       .version_after = 8,
					       .value = 9,
					       .arrived_ns = at_ns - 1,
					       .reason = "late"}});
	start_recorder();
	stop_and_open();
	const struct key_row *key = &run.lane.key[0];
	const struct decision_row *decision = &run.lane.decision[0];

	ck_assert_int_eq(run.lane.keys, 1);
	ck_assert(key->deleted);
	ck_assert_int_eq(key->member, 2);
	ck_assert_int_eq(key->revision, 8);
	ck_assert_int_eq(key->create_revision, 7);
	ck_assert_int_eq(key->lease, 3);
	ck_assert_int_eq(key->seen_ns, 5 * NS_PER_S);
	ck_assert_str_eq(key->key, "lock/3");
	ck_assert_int_eq(run.lane.decisions, 1);
	ck_assert_int_eq(decision->op, 42);
	ck_assert(decision->accepted);
	ck_assert_int_eq(decision->token, 5);
	ck_assert_int_eq(decision->greatest_token, 6);
	ck_assert_int_eq(decision->version_before, 7);
	ck_assert_int_eq(decision->version_after, 8);
	ck_assert_int_eq(decision->value, 9);
	ck_assert_int_eq(decision->arrived_ns, 5 * NS_PER_S - 1);
	ck_assert_int_eq(decision->decided_ns, 5 * NS_PER_S);
	ck_assert_str_eq(decision->reason, "late");
	close_result();
}
END_TEST

START_TEST(recorder_writes_links_and_notes_and_counts_what_it_drained)
{
	push(RING, (struct event){.kind = EVENT_LINK,
				  .link = {.second = 5,
					   .from = 1,
					   .to = 2,
					   .packets = 10,
					   .bytes = 1000,
					   .dropped = 4}});
	push(RING, (struct event){.kind = EVENT_DROPPED,
				  .dropped = {.fault = 3, .from = 1, .to = 2, .packets = 4}});
	push(RING, (struct event){.kind = EVENT_NOTE,
				  .process = 1,
				  .note = {.topic = "heal", .text = "healed"}});
	start_recorder();
	wait_for_row("SELECT 1 FROM dropped WHERE fault = 3 AND src = 1 AND dst = 2 "
		     "AND packets = 4");
	wait_for_row("SELECT 1 FROM link WHERE second = 5 AND src = 1 AND dst = 2 "
		     "AND packets = 10 AND bytes = 1000 AND dropped = 4");
	wait_for_row("SELECT 1 FROM note WHERE process = 1");
	stop_and_open();
	ck_assert_int_eq(run.history.notes, 1);
	ck_assert(!run.history.note[0].breaks);
	ck_assert_str_eq(run.history.note[0].topic, "heal");
	ck_assert_str_eq(run.history.note[0].text, "healed");
	ck_assert_int_eq(atomic_load(&area_live(run.area)->recorded), 3);
	close_result();
}
END_TEST

START_TEST(recorder_writes_who_leads_by_whose_word)
{
	const struct leader_event words[] = {{.member = 2, .leader = 1, .term = 7},
					     {.member = 0, .leader = -1, .term = 8}};

	for (int i = 0; i < 2; i++)
		push(RING, (struct event){.kind = EVENT_LEADER, .process = 1, .leader = words[i]});
	start_recorder();
	wait_for_row("SELECT 1 FROM leader WHERE member = 0 AND leader IS NULL AND term = 8");
	stop_and_open();
	ck_assert_int_eq(run.history.leaders, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(run.history.leader[i].member, words[i].member);
		ck_assert_int_eq(run.history.leader[i].leader, words[i].leader);
		ck_assert_int_eq(run.history.leader[i].term, words[i].term);
	}
	close_result();
}
END_TEST

/* What is lost after this is missed: checker/holds/holes.c compares. */
START_TEST(recorder_counts_what_it_took_in)
{
	struct event key = {.kind = EVENT_KEY, .process = 9, .at_ns = clock_now_ns()};

	key.key.lane = -1;
	key.key.revision = 5;
	text_copy(key.key.key, sizeof(key.key.key), "elsewhere");
	push_worker(7, 0);
	push_worker(8, 1);
	push(RING, invocation(7, 1, F_LEASE_GRANT));
	push(RING, answer(7, 1, F_LEASE_GRANT, OUTCOME_OK));
	push(RING, invocation(7, 2, F_ACQUIRE)); /* never answered */
	push(RING, key);
	push(RING, key);
	push(RING, (struct event){.kind = EVENT_LEADER, .process = 1, .leader = {.leader = 1}});
	start_recorder();
	stop_and_open();
	wait_for_row("SELECT 1 WHERE (SELECT group_concat(what || process || '=' || rows) FROM "
		     "(SELECT * FROM recorded ORDER BY what, process)) = 'decision0=0,"
		     "dropped0=0,fault0=0,key_event0=2,leader0=1,link0=0,note0=0,op0=2,op7=2,"
		     "process0=2,proof0=0,"
		     "schedule0=4'");
	close_result();
}
END_TEST

START_TEST(killed_workers_open_operation_stays_info_and_its_successor_goes_on_in_the_ring)
{
	pid_t worker;

	push_worker(1, 0);
	push_worker(2, 0);
	start_recorder();
	worker = fork();
	if (worker == 0) {
		push(RING, invocation(1, 1, F_ACQUIRE));
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(worker, NULL, 0), worker);
	worker = fork();
	if (worker == 0) {
		push(RING, invocation(2, 1, F_ACQUIRE));
		push(RING, answer(2, 1, F_ACQUIRE, OUTCOME_OK));
		_exit(0);
	}
	ck_assert_int_eq(waitpid(worker, NULL, 0), worker);
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 2);
	ck_assert_int_eq(run.lane.op[0].process, 1);
	ck_assert_int_eq(run.lane.op[0].outcome, OUTCOME_INFO);
	ck_assert_int_eq(run.lane.op[0].returned_ns, NEVER_NS);
	ck_assert_int_eq(run.lane.op[1].process, 2);
	ck_assert_int_eq(run.lane.op[1].outcome, OUTCOME_OK);
	ck_assert_int_eq(run.history.notes, 0);
	close_result();
}
END_TEST

START_TEST(operation_heard_before_its_process_is_kept)
{
	start_recorder();
	push(RING, invocation(3, 1, F_READ));
	push(RING, answer(3, 1, F_READ, OUTCOME_OK));
	push(RING, invocation(3, 2, F_WRITE));
	while (atomic_load(&area_live(run.area)->recorded) < 3)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	push_worker(3, 1);
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 2);
	ck_assert_int_eq(run.lane.op[0].outcome, OUTCOME_OK);
	ck_assert_int_eq(run.lane.op[0].worker, 1);
	ck_assert_int_eq(run.lane.op[1].outcome, OUTCOME_INFO);
	ck_assert_int_eq(run.history.notes, 0);
	close_result();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: recorder");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, recorder_completes_an_operation_that_was_open_at_a_commit);
	tcase_add_test(tests, recorder_writes_each_field_of_an_operation_to_its_column);
	tcase_add_test(tests, recorder_takes_from_the_answer_what_only_the_answer_knows);
	tcase_add_test(tests, recorder_tells_zero_from_nothing);
	tcase_add_test(tests, recorder_writes_processes_and_faults);
	tcase_add_test(tests, recorder_writes_keys_and_decisions);
	tcase_add_test(tests, recorder_writes_links_and_notes_and_counts_what_it_drained);
	tcase_add_test(tests, recorder_writes_who_leads_by_whose_word);
	tcase_add_test(tests, recorder_counts_what_it_took_in);
	tcase_add_test(
		tests,
		killed_workers_open_operation_stays_info_and_its_successor_goes_on_in_the_ring);
	tcase_add_test(tests, operation_heard_before_its_process_is_kept);
	return suite_run(suite);
}
