/*
 * A server that lies in one field of its answers, now one way, now another, and now not at all:
 * what worker and witness record of it is a history that our own reader reads.
 */
#include <check.h>
#include <stdlib.h>

#include "history/reader.h"
#include "history/recorder.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/stand_in.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/recipe.h"
#include "workloads/witness.h"
#include "workloads/worker/worker.h"

enum { WORKER_RING = 1, WITNESS_RING = 2, WORKER = 1, WITNESS = 2, LISTEN_FOR_MS = 1500 };

#define KEY "\"dC9ub25lLzAvNw==\"" /* t/none/0/7 */

static const char *const fields[] = {"revision",        "ID",           "TTL",     "key",
				     "create_revision", "mod_revision", "version", "lease",
				     "raft_term",       "deleted"};

static const char *const lies[] = {
	"\"-1\"",
	"-1",
	"\"-9223372036854775808\"",
	"\"9223372036854775807\"",
	"\"9223372036854775808\"",
	"\"4611686018427387905\"",
	"\"99999999999999999999999999\"",
	"\"2147483648\"",
	"\"9000000000\"",
	"\"0\"",
	"null",
	"{}",
	"\"1e3\"",
	"\"\\u001b[31m\"",
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"\"",
};

enum { FIELDS = sizeof(fields) / sizeof(*fields), LIES = sizeof(lies) / sizeof(*lies) };

/* The server ---------------------------------------------------------------------------------- */

static const char *lying_in; /* of fields */
static unsigned answers;     /* every other one is true */

/* The field's value in the present answer. */
static const char *tell(unsigned number, const char *field, const char *truth)
{
	return strcmp(field, lying_in) == 0 && number % 2 ? lies[number / 2 % LIES] : truth;
}

static void print_pair(FILE *out, unsigned n, int revision)
{
	char text[24];

	snprintf(text, sizeof(text), "\"%d\"", revision);
	fprintf(out,
		"{\"key\":%s,\"create_revision\":%s,\"mod_revision\":%s,\"version\":%s,"
		"\"lease\":%s}",
		tell(n, "key", KEY), tell(n, "create_revision", "\"4\""),
		tell(n, "mod_revision", text), tell(n, "version", "\"1\""),
		tell(n, "lease", "\"7\""));
}

static void print_header(FILE *out, unsigned n)
{
	fprintf(out, "\"header\":{\"revision\":%s,\"member_id\":\"1\",\"raft_term\":%s}",
		tell(n, "revision", "\"9\""), tell(n, "raft_term", "\"2\""));
}

static void print_watch(FILE *out, unsigned n)
{
	fputs("{\"result\":{", out);
	print_header(out, n);
	fputs(",\"created\":true}}\n{\"result\":{", out);
	print_header(out, n);
	fputs(",\"events\":[{\"kv\":", out);
	print_pair(out, n, 4 + (int)n);
	fputs("}]}}\n{\"result\":{", out);
	print_header(out, n);
	fputs(",\"events\":[{\"type\":\"DELETE\",\"kv\":", out);
	print_pair(out, n, 5 + (int)n);
	fputs(",\"prev_kv\":", out);
	print_pair(out, n, 4 + (int)n);
	fputs("}]}}\n", out);
}

/* What the path asks for; all answers have all fields that any of them has. */
static struct told tell_lies(const struct asked *asked)
{
	unsigned n = answers++;
	struct told told = {.status = 200};
	FILE *out = fmemopen(told.text, sizeof(told.text), "w");
	bool streams = strstr(asked->path, "keepalive");

	if (strstr(asked->path, "/watch")) {
		print_watch(out, n);
	} else {
		fputs(streams ? "{\"result\":{" : "{", out);
		print_header(out, n);
		fprintf(out, ",\"ID\":%s,\"TTL\":%s,\"deleted\":%s,\"kvs\":[",
			tell(n, "ID", "\"7\""), tell(n, "TTL", "\"1\""),
			tell(n, "deleted", "\"1\""));
		print_pair(out, n, 4);
		fprintf(out, "],\"key\":%s", tell(n, "key", KEY));
		fputs(streams ? "}}" : "}", out);
	}
	ck_assert_int_eq(fclose(out), 0);
	return told;
}

/* The run ------------------------------------------------------------------------------------- */

static struct rig rig;
static char store_url[64];
static const char *endpoint[1];
static const struct store_resource resource = {"none/0", 0, GUARD_TOKEN, STORE_HONEST};
static const struct arm arm = {
	.name = "none",
	.guard = GUARD_TOKEN,
	.recipe = RECIPE_LOCK,
	.lanes = 1,
	.workers = 1,
	.ttl_s = 1,
	.heartbeat_ms = 20,
	.retries = 3,
	.acquire_timeout_ms = 500,
	.work_min_ms = 1,
	.work_max_ms = 40,
	.rest_max_ms = 20,
};

static void run_against_it(void)
{
	static const struct witness_lane lanes[] = {{.lock = "t/none/0"}};
	struct lock_service service = {{endpoint, 1, NULL}};
	struct worker_config worker = {
		.arm = &arm,
		.lock = "t/none/0",
		.resource = "none/0",
		.client = &recipe_lock,
		.service = &service,
		.store_url = store_url,
		.seed = 42,
		.ring = area_ring(rig.area, WORKER_RING),
		.live = area_live(rig.area),
		.view = &area_live(rig.area)->worker[0],
		.stop = &rig.flags[RIG_STOP_WORKERS],
	};
	struct witness_config witness = {
		.service = {endpoint, 1, NULL},
		.prefix = "t/",
		.lane = lanes,
		.lanes = 1,
		.ring = area_ring(rig.area, WITNESS_RING),
		.ready = &rig.flags[RIG_READY],
		.stop = &rig.flags[RIG_STOP_WITNESS],
		.settle_ns = 100 * NS_PER_MS,
	};
	pid_t pids[] = {rig_fork(worker_main, &worker, WORKER),
			rig_fork(witness_main, &witness, WITNESS)};

	clock_sleep_until_ns(clock_now_ns() + LISTEN_FOR_MS * NS_PER_MS);
	atomic_store(&rig.flags[RIG_STOP_WORKERS], 1);
	atomic_store(&rig.flags[RIG_STOP_WITNESS], 1);
	ck_assert_int_eq(rig_join(pids[0]), 0);
	ck_assert_int_eq(rig_join(pids[1]), 0);
}

static const char *make_history(void)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);

	maker_lane(maker, maker_arm(maker, .guard = "token"));
	maker_close(maker, false);
	return path;
}

static void record(const char *path, int64_t start_ns)
{
	_Atomic int stop = 1;
	struct recorder_config config = {.area = rig.area,
					 .path = path,
					 .start_ns = start_ns,
					 .batch_ms = 50,
					 .stop = &stop};
	struct error err = {0};

	ck_assert_msg(recorder_run(&config, &err) == 0, "%s", err.text);
}

/* Of a revision that a lie gave to the last write no watch may ever tell: a hole it is. */
static bool is_hole_of_a_lie(const char *text)
{
	return strcmp(lying_in, "revision") == 0 &&
	       strncmp(text, "no member has told all of the service's keys", 44) == 0;
}

START_TEST(what_a_lying_server_says_is_recorded_readably)
{
	struct event introduced = {
		.kind = EVENT_PROCESS,
		.started = {.id = WORKER, .host = 0, .role = "worker", .name = "w"}};
	int64_t start_ns = introduced.at_ns = clock_now_ns();
	const char *path = make_history();
	struct lane_history lane;
	struct history history;
	struct error err = {0};

	lying_in = fields[_i];
	rig_open(&rig);
	ring_push(area_ring(rig.area, RIG_STORE_RING), &introduced);
	struct stand_in *server = stand_in_open(tell_lies);

	endpoint[0] = stand_in_url(server);
	rig_start_store(&rig, &resource, 1);
	snprintf(store_url, sizeof(store_url), "http://127.0.0.1:%u", rig.port);
	run_against_it();
	stand_in_close(server);
	atomic_store(&rig.flags[RIG_STOP_STORE], 1);
	ck_assert_int_eq(rig_join(rig.store), 0);
	rig.store = 0;
	record(path, start_ns);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s: %s", lying_in, err.text);
	ck_assert_msg(history_load_lane(&history, 0, &lane, &err) == 0, "%s: %s", lying_in,
		      err.text);
	/* The lies were refused where they came in, not by the last line of defence. */
	for (int i = 0; i < history.notes; i++)
		ck_assert_msg(!history.note[i].breaks || is_hole_of_a_lie(history.note[i].text),
			      "%s: %s", lying_in, history.note[i].text);
	ck_assert_int_gt(lane.ops, 30);
	ck_assert_int_gt(lane.keys, 1);
	history_free_lane(&lane);
	history_close(&history);
	rig_close(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: a server that lies");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, what_a_lying_server_says_is_recorded_readably, 0, FIELDS);
	return suite_run(suite);
}
