/*
 * The witness against a real etcd. Its two "members" are one and the same here, told of twice.
 */
#include <check.h>
#include <curl/curl.h>
#include <stdlib.h>

#include "etcd/etcd.h"
#include "tests/support/etcd_fixture.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/lease_record.h"
#include "workloads/witness.h"

enum { MEMBERS = 2, WITNESS_RING = 1, WITNESS_PROCESS = 7 };

static const struct witness_lane lanes[] = {
	{"run/a/1", 0, false}, {"run/a/1/inner", 1, false}, {"run/a/10", 2, false}};

static struct rig rig;
static struct etcd_fixture *fixture;
static struct etcd *etcd;
static const char *endpoints[MEMBERS];
static struct witness_config config;
static pid_t witness;

static void open_all(void)
{
	struct error err = {0};

	rig_open(&rig);
	ck_assert_msg(etcd_fixture_start(&fixture, "etcd", &err) == 0, "%s", err.text);
	endpoints[0] = endpoints[1] = etcd_fixture_url(fixture);
	ck_assert_msg(etcd_open(&etcd, &(struct etcd_target){endpoints, 1, NULL}, 0, &err) == 0,
		      "%s", err.text);
	config = (struct witness_config){
		.service = {endpoints, MEMBERS, NULL},
		.prefix = "run/",
		.lane = lanes,
		.lanes = sizeof(lanes) / sizeof(lanes[0]),
		.ring = area_ring(rig.area, WITNESS_RING),
		.ready = &rig.flags[RIG_READY],
		.stop = &rig.flags[RIG_STOP_WITNESS],
		.settle_ns = 10 * NS_PER_S,
	};
}

static void close_all(void)
{
	etcd_close(etcd);
	rig_close(&rig);
	etcd_fixture_stop(fixture);
}

static int64_t soon_ns(void)
{
	return clock_now_ns() + 5 * NS_PER_S;
}

static void start_witness(void)
{
	int64_t deadline_ns = clock_now_ns() + 10 * NS_PER_S;

	witness = rig_fork(witness_main, &config, WITNESS_PROCESS);
	while (atomic_load(config.ready) < MEMBERS) {
		ck_assert_msg(clock_now_ns() < deadline_ns, "no watch stands");
		clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
	}
}

static void stop_witness(void)
{
	atomic_store(config.stop, 1);
	ck_assert_int_eq(rig_join(witness), 0);
	rig_drain(&rig, WITNESS_RING);
}

static int64_t put(const char *key, int64_t lease)
{
	struct etcd_reply reply = etcd_put(etcd, key, "x", lease, soon_ns());

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	return reply.revision;
}

static int64_t delete (const char *key)
{
	int64_t deleted;
	struct etcd_reply reply = etcd_delete(etcd, key, false, &deleted, soon_ns());

	ck_assert_msg(reply.outcome == ETCD_OK && deleted == 1, "%s", reply.error);
	return reply.revision;
}

static int count_keys(int member)
{
	int count = 0;

	for (int i = 0; i < rig.events; i++)
		count += rig.event[i].kind == EVENT_KEY && rig.event[i].key.member == member;
	return count;
}

static const struct key_event *find(int member, int64_t revision)
{
	const struct key_event *found = NULL;

	for (int i = 0; i < rig.events; i++) {
		const struct key_event *key = &rig.event[i].key;

		if (rig.event[i].kind != EVENT_KEY || key->member != member ||
		    key->revision != revision)
			continue;
		ck_assert_msg(!found, "revision %ld is told twice", (long)revision);
		found = key;
	}
	ck_assert_msg(found, "member %d does not tell revision %ld", member, (long)revision);
	return found;
}

static const struct note_event *find_note(const char *part)
{
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == EVENT_NOTE && strstr(rig.event[i].note.text, part))
			return &rig.event[i].note;
	return NULL;
}

/* Of one member, told of twice, the first index is the leader's name; a word that stays is told
 * once. */
START_TEST(witness_tells_once_who_leads_by_each_members_word)
{
	int told[MEMBERS] = {0};

	start_witness();
	clock_sleep_until_ns(clock_now_ns() + 700 * NS_PER_MS);
	stop_witness();
	for (int i = 0; i < rig.events; i++) {
		const struct leader_event *leader = &rig.event[i].leader;

		if (rig.event[i].kind != EVENT_LEADER)
			continue;
		told[leader->member]++;
		ck_assert_int_ge(leader->leader, 0);
		ck_assert_int_lt(leader->leader, MEMBERS);
		ck_assert_int_ge(leader->term, 1);
	}
	for (int member = 0; member < MEMBERS; member++) {
		ck_assert_int_ge(told[member], 1);
		ck_assert_int_le(told[member], 2); /* 2: it learned the other's id meanwhile */
	}
}
END_TEST

START_TEST(witness_sees_put_and_delete_of_each_key_on_each_member)
{
	struct etcd_lease lease;

	start_witness();
	ck_assert_int_eq(etcd_lease_grant(etcd, 60, &lease, soon_ns()).outcome, ETCD_OK);
	int64_t made = put("run/a/1/k", lease.id);

	put("elsewhere/k", 0);
	int64_t again = put("run/a/1/k", lease.id);
	int64_t gone = delete ("run/a/1/k");

	stop_witness();
	for (int member = 0; member < MEMBERS; member++) {
		ck_assert_int_eq(count_keys(member), 3);
		ck_assert_int_eq(find(member, made)->create_revision, made);
		ck_assert_int_eq(find(member, made)->lease, lease.id);
		ck_assert_int_eq(find(member, again)->create_revision, made);
		ck_assert_int_eq(find(member, gone)->create_revision, made);
		ck_assert_int_eq(find(member, gone)->deleted, 1);
		ck_assert_int_eq(find(member, made)->deleted, 0);
		ck_assert_str_eq(find(member, gone)->key, "run/a/1/k");
	}
	for (int i = 0; i < rig.events; i++)
		ck_assert(rig.event[i].kind == EVENT_KEY || rig.event[i].kind == EVENT_LEADER);
}
END_TEST

START_TEST(witness_sees_a_key_that_its_lease_took_along)
{
	struct etcd_lease lease;

	start_witness();
	ck_assert_int_eq(etcd_lease_grant(etcd, 60, &lease, soon_ns()).outcome, ETCD_OK);
	int64_t made = put("run/a/1/k", lease.id);

	ck_assert_int_eq(etcd_lease_revoke(etcd, lease.id, soon_ns()).outcome, ETCD_OK);
	stop_witness();
	ck_assert_int_eq(find(0, made + 1)->deleted, 1);
	ck_assert_int_eq(find(0, made + 1)->create_revision, made);
}
END_TEST

static int64_t put_record(int64_t holder)
{
	struct lease_record record = {holder, 15, 1, "2026-11-30T12:00:00.000001Z",
				      "2026-11-30T12:00:00.000001Z"};
	char text[LEASE_RECORD_SIZE];

	lease_record_print(&record, text);
	struct etcd_reply reply = etcd_put(etcd, "run/a/1/lease", text, 0, soon_ns());

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	return reply.revision;
}

START_TEST(witness_tells_who_holds_by_a_record_that_hangs_on_no_lease)
{
	start_witness();
	int64_t taken = put_record(0x1234567890abcdef), free_again = put_record(0);

	stop_witness();
	ck_assert_int_eq(find(1, taken)->lease, 0x1234567890abcdef);
	ck_assert_int_eq(find(1, free_again)->lease, 0);
	ck_assert_int_eq(find(1, free_again)->create_revision, taken);
	ck_assert_int_eq(find(1, free_again)->deleted, 0);
}
END_TEST

START_TEST(witness_finds_the_lane_of_the_longest_lock_name)
{
	start_witness();
	int64_t outer = put("run/a/1/k", 0), inner = put("run/a/1/inner/k", 0);
	int64_t other = put("run/a/10/k", 0), none = put("run/a/1", 0);
	int64_t longer = put("run/a/100/k", 0);

	stop_witness();
	ck_assert_int_eq(find(1, outer)->lane, 0);
	ck_assert_int_eq(find(1, inner)->lane, 1);
	ck_assert_int_eq(find(1, other)->lane, 2);
	ck_assert_int_eq(find(1, none)->lane, -1);
	ck_assert_int_eq(find(1, longer)->lane, -1);
}
END_TEST

START_TEST(witness_resumes_without_a_gap_after_its_etcd_was_killed)
{
	enum { KEYS = 20 };
	struct error err = {0};
	int64_t revision[KEYS];
	char key[32];

	start_witness();
	for (int i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "run/a/1/%d", i);
		revision[i] = put(key, 0);
		if (i % 7 == 6) {
			etcd_fixture_kill(fixture);
			ck_assert_msg(etcd_fixture_restart(fixture, &err) == 0, "%s", err.text);
		}
	}
	stop_witness();
	for (int member = 0; member < MEMBERS; member++) {
		ck_assert_int_eq(count_keys(member), KEYS);
		for (int i = 0; i < KEYS; i++)
			find(member, revision[i]);
	}
	const struct note_event *note = find_note("watch resumed");

	ck_assert_ptr_nonnull(note);
	ck_assert_int_eq(note->breaks, 0);
}
END_TEST

static size_t swallow(char *bytes, size_t one, size_t count, void *context)
{
	(void)bytes, (void)one, (void)context;
	return count;
}

/* Compacts up to the revision; the client has no call for what only an administrator does. */
static void compact(int64_t revision)
{
	char url[96], body[64];
	CURL *curl = curl_easy_init();

	snprintf(url, sizeof(url), "%s/v3beta/kv/compaction", endpoints[0]);
	snprintf(body, sizeof(body), "{\"revision\":\"%ld\"}", (long)revision);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
	ck_assert_int_eq(curl_easy_perform(curl), CURLE_OK);
	curl_easy_cleanup(curl);
}

START_TEST(witness_says_that_the_run_is_broken_when_revisions_were_compacted)
{
	int64_t last = 0;

	start_witness();
	kill(witness, SIGSTOP);
	/* Its connections are cut while it cannot see it, and the past goes while it is away. */
	struct error err = {0};

	ck_assert_msg(etcd_fixture_restart(fixture, &err) == 0, "%s", err.text);
	for (int i = 0; i < 10; i++)
		last = put("run/a/1/k", 0);
	compact(last);
	kill(witness, SIGCONT);
	int64_t after = put("run/a/1/after", 0);

	stop_witness();
	const struct note_event *note = find_note("compacted");

	ck_assert_ptr_nonnull(note);
	ck_assert_int_eq(note->breaks, 1);
	find(0, last);
	find(0, after);
	ck_assert_int_eq(count_keys(0), 2);
}
END_TEST

START_TEST(witness_names_the_member_that_did_not_catch_up)
{
	char dead[32];

	/* One endpoint at which nobody listens. */
	snprintf(dead, sizeof(dead), "http://127.0.0.1:%u", rig_free_port());
	endpoints[1] = dead;
	config.settle_ns = 500 * NS_PER_MS;
	witness = rig_fork(witness_main, &config, WITNESS_PROCESS);
	while (atomic_load(config.ready) < 1)
		clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
	put("run/a/1/k", 0);
	stop_witness();
	const struct note_event *note = find_note("member 1 has told");

	ck_assert_ptr_nonnull(note);
	ck_assert_int_eq(note->breaks, 0);
	ck_assert_ptr_null(find_note("member 0"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: witness");
	TCase *tests = tcase_create("all");

	rig_need_etcd("workloads_witness_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, open_all, close_all);
	tcase_add_test(tests, witness_tells_once_who_leads_by_each_members_word);
	tcase_add_test(tests, witness_sees_put_and_delete_of_each_key_on_each_member);
	tcase_add_test(tests, witness_sees_a_key_that_its_lease_took_along);
	tcase_add_test(tests, witness_tells_who_holds_by_a_record_that_hangs_on_no_lease);
	tcase_add_test(tests, witness_finds_the_lane_of_the_longest_lock_name);
	tcase_add_test(tests, witness_resumes_without_a_gap_after_its_etcd_was_killed);
	tcase_add_test(tests, witness_says_that_the_run_is_broken_when_revisions_were_compacted);
	tcase_add_test(tests, witness_names_the_member_that_did_not_catch_up);
	return suite_run(suite);
}
