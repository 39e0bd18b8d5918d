/*
 * The resource in etcd: what a transaction applies and refuses, and what the witness records of its
 * log. Against a real etcd, which the witness is told of twice.
 */
#include <check.h>

#include "campaign/recipes.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_parties.h"
#include "workloads/key_resource.h"
#include "workloads/rule/guard_rule.h"
#include "workloads/witness.h"

enum { MEMBERS = 2, WITNESS_RING = 3, WITNESS_PROCESS = 9 };

static const struct witness_lane lanes[] = {{"lock/1", LANE_ID, true}, {"lock/2", 6, false}};
static const char *members[MEMBERS];
static struct witness_config config;
static pid_t witness;

static void begin(void)
{
	parties_open();
	members[0] = members[1] = lane.endpoint[0];
	config = (struct witness_config){
		.service = {members, MEMBERS, NULL},
		.prefix = "lock/",
		.lane = lanes,
		.lanes = sizeof(lanes) / sizeof(lanes[0]),
		.ring = area_ring(lane.rig.area, WITNESS_RING),
		.live = area_live(lane.rig.area),
		.resource_ttl_s = 600,
		.ready = &lane.rig.flags[RIG_READY],
		.stop = &lane.rig.flags[RIG_STOP_WITNESS],
		.settle_ns = 10 * NS_PER_S,
	};
	witness = rig_fork(witness_main, &config, WITNESS_PROCESS);
	ck_assert(lane_await(atomic_load(config.ready) == MEMBERS));
}

static void stop_witness(void)
{
	atomic_store(config.stop, 1);
	ck_assert_int_eq(rig_join(witness), 0);
	rig_drain(&lane.rig, WITNESS_RING);
}

static struct resource_reply use(struct party *of, bool write, int64_t op)
{
	const struct resource_use what = {.write = write, .op = op, .value = write ? op : 0};

	return of->steps->use(of->client, &of->session, &what, in_ms(5000));
}

static void ck_done(struct resource_reply reply, int64_t version, int64_t value)
{
	ck_assert_msg(reply.outcome == OUTCOME_OK, "%d: %s", reply.outcome, reply.error);
	ck_assert_int_eq(reply.version, version);
	ck_assert_int_eq(reply.value, value);
	ck_assert_int_gt(reply.revision, 0);
}

static void ck_key_gone(struct resource_reply reply)
{
	ck_assert_int_eq(reply.outcome, OUTCOME_FAIL);
	ck_assert(reply.refused);
	ck_assert_str_eq(reply.error, GUARD_KEY_GONE);
	ck_assert_int_gt(reply.revision, 0);
}

static void hold(struct party *of, const struct lock_client_steps *steps)
{
	ck_ok(acquire(of, steps));
	if (steps->token)
		ck_ok(take(of, steps->token));
}

static int decisions(const struct decision_event **into)
{
	int count = 0;

	for (int i = 0; i < lane.rig.events; i++)
		if (lane.rig.event[i].kind == EVENT_DECISION)
			into[count++] = &lane.rig.event[i].decision;
	return count;
}

static bool run_is_broken(const char *part)
{
	for (int i = 0; i < lane.rig.events; i++)
		if (lane.rig.event[i].kind == EVENT_NOTE && lane.rig.event[i].note.breaks) {
			ck_assert_ptr_nonnull(strstr(lane.rig.event[i].note.text, part));
			return true;
		}
	return false;
}

static const struct lock_client_steps *const rights[] = {&recipe_lock,     &recipe_key_txn,
							 &recipe_try_lock, &recipe_queue,
							 &recipe_election, &recipe_election_queue};

START_TEST(txn_applies_what_its_lock_key_covers_and_refuses_what_it_does_not)
{
	struct party *first = &party[0], *second = &party[1];

	hold(first, rights[_i]);
	ck_done(use(first, false, 1), 0, 0);
	ck_done(use(first, true, 2), 1, 2);
	ck_done(use(first, false, 3), 1, 2);
	end_lease(first);
	ck_key_gone(use(first, true, 4)); /* nobody has come after it, and yet */
	ck_key_gone(use(first, false, 5));
	hold(second, rights[_i]);
	ck_done(use(second, false, 6), 1, 2);
	ck_done(use(second, true, 7), 2, 7);
	ck_key_gone(use(first, true, 8));
	ck_done(use(second, false, 9), 2, 7);
	end_lease(second);
	stop_witness();
}
END_TEST

START_TEST(record_of_a_resource_in_the_service_is_its_own_log)
{
	static const struct {
		enum function f;
		int accepted, before, after, value;
	} wanted[] = {{F_READ, 1, 0, 0, 0},
		      {F_WRITE, 1, 0, 1, 12},
		      {F_WRITE, 0, 1, 1, 13},
		      {F_READ, 1, 1, 1, 12},
		      {F_WRITE, 1, 1, 2, 15}};
	enum { WANTED = sizeof(wanted) / sizeof(wanted[0]) };
	const struct decision_event *told[2 * WANTED];
	struct etcd_kv kv;
	int count;

	hold(&party[0], &recipe_key_txn);
	use(&party[0], false, 11);
	use(&party[0], true, 12);
	end_lease(&party[0]);
	use(&party[0], true, 13);
	hold(&party[1], &recipe_key_txn);
	use(&party[1], false, 14);
	use(&party[1], true, 15);
	end_lease(&party[1]);
	stop_witness();
	ck_assert(!run_is_broken(""));
	ck_assert_int_eq(decisions(told), WANTED); /* once, although two members told of it */
	for (int i = 0; i < WANTED; i++) {
		int64_t token = party[i > 2].session.token;

		ck_assert_int_eq(told[i]->seq, i + 1);
		ck_assert_int_eq(told[i]->op, 11 + i);
		ck_assert_int_eq(told[i]->lane, LANE_ID);
		ck_assert_int_eq(told[i]->f, wanted[i].f);
		ck_assert_int_eq(told[i]->accepted, wanted[i].accepted);
		ck_assert_int_eq(told[i]->version_before, wanted[i].before);
		ck_assert_int_eq(told[i]->version_after, wanted[i].after);
		ck_assert_int_eq(told[i]->value, wanted[i].value);
		ck_assert_int_eq(told[i]->token, token);
		ck_assert_str_eq(told[i]->reason, wanted[i].accepted ? "" : GUARD_KEY_GONE);
	}
	ck_assert_int_eq(told[0]->greatest_token, 0);
	ck_assert_int_eq(told[4]->greatest_token, party[1].session.token);
	/* It records the lock's keys beside that, and leaves nothing. */
	ck_assert_int_eq(atomic_load(&area_live(lane.rig.area)->decisions_refused), 1);
	ck_assert_int_eq(atomic_load(&area_live(lane.rig.area)->decisions_accepted), 4);
	ck_assert_int_eq(
		etcd_range(party[0].client->etcd, "lock/", true, &kv, 1, &count, in_ms(5000))
			.outcome,
		ETCD_OK);
	ck_assert_int_eq(count, 0);
	for (int i = 0; i < lane.rig.events; i++)
		if (lane.rig.event[i].kind == EVENT_KEY)
			ck_assert_str_eq(lane.rig.event[i].key.key, "lock/1/holder");
}
END_TEST

START_TEST(careless_transaction_is_applied_whether_or_not_its_key_stands)
{
	const struct resource_use what = {.write = true, .op = 2, .value = 2, .unguarded = true};

	hold(&party[0], &recipe_key_txn);
	end_lease(&party[0]);
	ck_done(recipe_key_txn.use(party[0].client, &party[0].session, &what, in_ms(5000)), 1, 2);
	party[0].session.token = 0; /* who does not know his key would ask for one that is absent */
	struct resource_reply reply = use(&party[0], true, 3);

	ck_assert_int_eq(reply.outcome, OUTCOME_FAIL);
	ck_assert(!reply.refused);
	stop_witness();
}
END_TEST

START_TEST(run_whose_log_somebody_else_writes_is_broken)
{
	ck_assert_int_eq(
		etcd_put(party[0].client->etcd, "lock/1.log", "1 write accepted 1", 0, in_ms(5000))
			.outcome,
		ETCD_OK);
	stop_witness();
	ck_assert(run_is_broken("an entry of the log of lock/1 is not ours"));
}
END_TEST

START_TEST(run_whose_resource_goes_away_is_broken_and_nobody_makes_it_again)
{
	int64_t deleted;

	ck_assert_int_eq(
		etcd_delete(party[0].client->etcd, "lock/1.log", false, &deleted, in_ms(5000))
			.outcome,
		ETCD_OK);
	hold(&party[0], &recipe_key_txn);
	ck_assert_int_eq(use(&party[0], true, 1).outcome, OUTCOME_FAIL);
	ck_assert_int_eq(use(&party[0], false, 2).outcome, OUTCOME_FAIL);
	end_lease(&party[0]);
	stop_witness();
	ck_assert(run_is_broken("the resource of lock/1 went away"));
}
END_TEST

/* Kubernetes' record is no holder's own: it stays where it is from one to the next. */
START_TEST(every_recipe_whose_holder_has_a_key_of_its_own_can_use_it)
{
	for (int i = 0; recipe_names[i]; i++) {
		bool own = i != RECIPE_K8S_LEASE && i != RECIPE_K8S_RELEASE;

		ck_assert_msg((recipe_steps((enum recipe)i)->use != NULL) == own, "%s",
			      recipe_names[i]);
	}
}
END_TEST

START_TEST(entry_is_read_as_it_is_written_and_no_other_text_is)
{
	static const char *const not_ours[] = {
		"",
		"1 write accepted 2",
		"1 write accepted 2 3 ",
		" 1 write accepted 2 3",
		"1  write accepted 2 3",
		"01 write accepted 2 3",
		"1 wrote accepted 2 3",
		"1 write taken 2 3",
		"0 write accepted 2 3",
		"1 write accepted -2 3",
		"9223372036854775808 write accepted 2 3",
		"1 writewritewrite accepted 2 3",
		"1 write accepted 2 3 and so many more words that there is no room for them at all",
	};
	struct key_entry entry = {INT64_MAX, INT64_MAX, INT64_MIN, true, false}, again;
	char text[KEY_ENTRY_SIZE];

	key_entry_print(&entry, text);
	ck_assert(key_entry_parse(text, &again));
	ck_assert_int_eq(again.op, entry.op);
	ck_assert_int_eq(again.token, entry.token);
	ck_assert_int_eq(again.value, entry.value);
	ck_assert(again.write && !again.accepted);
	ck_assert(key_entry_parse("1 read accepted 0 0", &again) && !again.write && again.accepted);
	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		ck_assert_msg(!key_entry_parse(not_ours[i], &again), "%s", not_ours[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: the resource in the service");
	TCase *tests = tcase_create("entries");

	rig_need_etcd("workloads_key_resource_test");
	tcase_add_test(tests, entry_is_read_as_it_is_written_and_no_other_text_is);
	tcase_add_test(tests, every_recipe_whose_holder_has_a_key_of_its_own_can_use_it);
	suite_add_tcase(suite, tests);
	tests = tcase_create("resources");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, begin, parties_close);
	tcase_add_loop_test(tests,
			    txn_applies_what_its_lock_key_covers_and_refuses_what_it_does_not, 0,
			    sizeof(rights) / sizeof(rights[0]));
	tcase_add_test(tests, record_of_a_resource_in_the_service_is_its_own_log);
	tcase_add_test(tests, careless_transaction_is_applied_whether_or_not_its_key_stands);
	tcase_add_test(tests, run_whose_log_somebody_else_writes_is_broken);
	tcase_add_test(tests, run_whose_resource_goes_away_is_broken_and_nobody_makes_it_again);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
