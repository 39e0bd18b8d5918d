/* A short run with everything in it: what it leaves must be whole, and fit together. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/unit/conductor_run_rig.h"

/* Arm none works so long that after the heal it takes a while until its lane is acquired anew. */
static const char everything[] =
	"name = 'everything'\nseed = 42\nduration = '2s'\nsettle = '5s'\n"
	"cluster { members = 3 }\n"
	"arm none { ttl = '1s'  heartbeat = '300ms'  lanes = 1  workers = 2  work = '20ms .. 60ms' "
	"}\n"
	"arm token { guard = token  ttl = '1s'  heartbeat = '300ms'  lanes = 2  workers = 2\n"
	"  work = '20ms .. 60ms' }\n"
	"fault pause { do = pause  target = holder  first = '300ms'  every = '900ms'  "
	"length = '100ms' }\n"
	"fault late { do = delay  target = store  by = '5ms'  first = '500ms'  length = '500ms' }\n"
	"fault never { do = compact  first = '1s'  every = '0s' }\n";

/* The conductor's own looks at the store, in memory that it shares: at first nobody listens there.
 */
enum { DEAF_FOR = 3 };
static _Atomic int *looks;

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	struct timeval limit = {0};
	socklen_t room = sizeof(limit);
	bool looks_at_store = looks && address->sa_family == AF_INET &&
			      getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &room) == 0 &&
			      limit.tv_sec > 0;

	if (looks_at_store && ++*looks <= DEAF_FOR) {
		errno = ECONNREFUSED;
		return -1;
	}
	return (int)syscall(SYS_connect, fd, address, size);
}

static void expect_zero(const char *what, const char *sql)
{
	ck_assert_msg(number(sql) == 0, "%s: %s", what, ask(sql));
}

#define RUN(key) "(SELECT value FROM run WHERE key = '" key "')"

static void expect_stages(void)
{
	ck_assert_str_eq(ask("SELECT " RUN("interrupted") ", " RUN("audit") ", " RUN(
				 "sealed") ", " RUN("seed") ", " RUN("command")),
			 "0|agreed|1|42|fencepost run test.conf --seed 42\n");
	expect_zero(
		"the stages come one after the other",
		"SELECT NOT (0 < " RUN("load_began_ns") " AND " RUN("load_began_ns") " + " RUN(
			"dur"
			"ati"
			"on_"
			"ns") " <= " RUN("healed_ns") " AND " RUN("healed_ns") " < " RUN("audit"
											 "_ns") " A"
												"ND"
												" " RUN("au"
													"di"
													"t_"
													"n"
													"s") " < " RUN("ended_ns") ")");
	expect_zero("the run does not go on for long", "SELECT " RUN("ended_ns") " > 100e9");
	expect_zero("operations begin with the load",
		    "SELECT count(*) FROM op WHERE invoked_ns < " RUN("load_began_ns") " - 1e9");
	ck_assert_str_eq(ask("SELECT count(*) FROM note WHERE breaks"), "0\n");
	ck_assert_str_eq(ask("SELECT topic, text FROM note WHERE topic = 'load'"),
			 "load|the load begins: 6 workers in 3 lanes\n");
	expect_zero("worst gap is measured", "SELECT NOT " RUN("worst_gap_ns") " > 0");
	expect_zero("worst gap is of this run",
		    "SELECT NOT " RUN("worst_gap_at_ns") " BETWEEN 1 AND " RUN("ended_ns"));
	ck_assert_int_eq(strncmp(ask("SELECT " RUN("etcd")), "3.", 2), 0);
}

static void expect_processes(void)
{
	ck_assert_str_eq(ask("SELECT count(*), count(DISTINCT id), min(incarnation), "
			     "max(incarnation) FROM process"),
			 "14|14|1|1\n");
	expect_zero("each host has its process",
		    "SELECT count(*) FROM host WHERE id NOT IN (SELECT host FROM process)");
	expect_zero("each process has its host's name",
		    "SELECT count(*) FROM process JOIN host ON host.id = process.host WHERE "
		    "process.name <> host.name");
	/* Members go with the sandbox, and the recorder cannot tell of its own end. */
	ck_assert_str_eq(ask("SELECT name FROM process WHERE ended_ns IS NULL ORDER BY name"),
			 "m1\nm2\nm3\nrecorder\n");
	expect_zero("all others end by themselves",
		    "SELECT count(*) FROM process WHERE exit_status <> 0");
	expect_zero("workers start before the load begins",
		    "SELECT count(*) FROM process WHERE role = 'worker' AND started_ns > " RUN(
			    "load_began_ns"));
	expect_zero("and the nemesis when it has",
		    "SELECT count(*) FROM process WHERE name = 'nemesis' AND started_ns < " RUN(
			    "load_began_ns"));
	expect_zero("addresses are recorded", "SELECT count(*) FROM host WHERE address = ''");
	expect_zero("each has its own, but for the hub",
		    "SELECT count(*) - count(DISTINCT address) FROM host WHERE role <> 'hub'");
}

static void expect_load(void)
{
	expect_zero("operations stand in their worker's lane and arm",
		    "SELECT count(*) FROM op JOIN process ON process.id = op.process WHERE "
		    "op.lane <> process.lane OR op.arm <> process.arm OR op.worker <> "
		    "process.worker");
	ck_assert_str_eq(ask("SELECT count(DISTINCT process) FROM op"), "6\n");
	/* The i-th worker begins at the i-th member. */
	ck_assert_str_eq(
		ask("SELECT group_concat(e, ',') FROM (SELECT (SELECT endpoint FROM op "
		    "WHERE op.process = process.id AND endpoint IS NOT NULL ORDER BY op.id "
		    "LIMIT 1) AS e FROM process WHERE role = 'worker' ORDER BY host)"),
		"0,1,2,0,1,2\n");
	expect_zero("every lane is acquired after the heal",
		    "SELECT count(*) FROM lane WHERE NOT EXISTS (SELECT 1 FROM op JOIN function ON "
		    "function.id = op.f WHERE op.lane = lane.id AND function.name = 'acquire' AND "
		    "outcome = 1 AND returned_ns > " RUN("healed_ns") ")");
	expect_zero("requests to the store carry the guard's token, and no other",
		    "SELECT count(*) FROM decision JOIN lane ON lane.id = decision.lane WHERE "
		    "(token IS NULL) <> (lane.arm = 0)");
	ck_assert_str_eq(ask("SELECT count(DISTINCT lane) FROM decision"), "3\n");
	ck_assert_str_eq(ask("SELECT count(DISTINCT member), count(DISTINCT lane) FROM key_event"),
			 "3|3\n");
	expect_zero("locks are those of the plan",
		    "SELECT count(*) FROM key_event WHERE lane IS NOT NULL AND key NOT LIKE "
		    "(SELECT lock FROM lane WHERE lane.id = key_event.lane) || '/%'");
	expect_zero("there is a leader", "SELECT NOT count(*) FROM leader WHERE leader >= 0");
}

static void expect_faults(void)
{
	ck_assert_str_eq(ask("SELECT block, count(*) FROM schedule GROUP BY block ORDER BY block"),
			 "late|1\nnever|1\npause|2\n");
	expect_zero("faults are of the schedule",
		    "SELECT count(*) FROM fault WHERE schedule IS NULL OR ended_ns IS NULL");
	expect_zero("none begins before the load, or after it",
		    "SELECT count(*) FROM fault WHERE began_ns NOT BETWEEN " RUN(
			    "load_began_ns") " AND " RUN("load_began_ns") " + " RUN("duration_ns"));
	expect_zero("none is under way once all is healed",
		    "SELECT count(*) FROM fault WHERE ended_ns > " RUN("healed_ns"));
	expect_zero("pauses hit each arm",
		    "SELECT count(DISTINCT arm) <> 2 FROM fault WHERE kind = "
		    "'pause'");
	expect_zero(
		"a pause's lane is of its arm",
		"SELECT count(*) FROM fault JOIN lane ON lane.id = fault.lane WHERE lane.arm <> "
		"fault.arm");
}

static void expect_packets(void)
{
	char expected[200];

	expect_zero("links are between hosts",
		    "SELECT count(*) FROM link WHERE src NOT IN (SELECT id FROM host) OR dst NOT "
		    "IN (SELECT id FROM host) OR second < 0");
	expect_zero("several seconds of them", "SELECT count(DISTINCT second) < 2 FROM link");
	expect_zero("in order", "SELECT max(second) > " RUN("ended_ns") " / 1e9 FROM link");
	expect_zero(
		"members talk to each other",
		"SELECT count(DISTINCT src * 10 + dst) <> 6 FROM link WHERE src < 3 AND dst < 3");
	/* All hosts but those of the hub, which have one count together. */
	ck_assert_str_eq(ask("SELECT count(*) FROM connection"), "11\n");
	expect_zero("workers connected, and none failed to in most of its tries",
		    "SELECT count(*) FROM connection JOIN host ON host.id = connection.host WHERE "
		    "role = 'worker' AND (opened = 0 OR failed > opened)");
	snprintf(expected, sizeof(expected),
		 "%lld packets kept, 0 past the size limit, 0 missed by the kernel\n",
		 (long long)number("SELECT " RUN("capture_packets")));
	ck_assert_str_eq(ask("SELECT text FROM note WHERE topic = 'capture'"), expected);
	expect_zero("packets were captured", "SELECT " RUN("capture_packets") " < 100");
	ck_assert_str_eq(
		ask("SELECT " RUN("capture_gaps") ", " RUN("capture_dropped_packets") ", " RUN(
			"capture_dropped_bytes") ", " RUN("capture_missed_packets")),
		"[]|0|0|0\n");
	/* A header of 24 bytes, then each packet behind one of 16. */
	FILE *capture = fopen(in_run_dir("capture.pcap"), "r");

	ck_assert_ptr_nonnull(capture);
	fseek(capture, 0, SEEK_END);
	ck_assert_int_eq(ftell(capture), number("SELECT " RUN("capture_bytes")));
	fclose(capture);
}

/* Reports, logs, and the link to the newest. */
static void expect_files(void)
{
	static const char *const logs[] = {"m1",       "m2",        "m3",       "store",  "witness",
					   "none-0-0", "token-1-1", "recorder", "nemesis"};
	char path[400], target[400] = "";

	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		snprintf(path, sizeof(path), "logs/%s.log", logs[i]);
		ck_assert_msg(access(in_run_dir(path), R_OK) == 0, "no %s", path);
	}
	ck_assert_ptr_nonnull(strstr(told_in(in_run_dir("report.html")), "everything"));
	ck_assert_ptr_nonnull(strstr(told_in(in_run_dir("result.json")), "\"seed\""));
	snprintf(path, sizeof(path), "%s/latest", runs_dir);
	ck_assert_int_gt(readlink(path, target, sizeof(target) - 1), 0);
	ck_assert_str_eq(target, strrchr(told->run_dir, '/') + 1);
}

static void expect_words(void)
{
	const char *log = told_in(log_path);

	ck_assert_ptr_nonnull(strstr(log, "campaign everything, seed 42, into "));
	ck_assert_ptr_nonnull(strstr(log, "the cluster serves: 3 members of etcd "));
	ck_assert_ptr_nonnull(strstr(log, "6 workers in 3 lanes, seed 42"));
	ck_assert_ptr_null(strstr(log, "fencepost: ")); /* nothing went wrong */
	const char *out = told_in(out_path);

	ck_assert_ptr_nonnull(strstr(out, " none "));
	ck_assert_ptr_nonnull(strstr(out, " service "));
	ck_assert_ptr_nonnull(strstr(out, "report  "));
}

START_TEST(a_run_leaves_a_history_that_is_whole)
{
	looks = mmap(NULL, sizeof(*looks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ck_assert(looks != MAP_FAILED);
	begin_run(everything, (struct run_request){0});
	int code = end_run();

	/* No load before the store listens. */
	ck_assert_int_gt(*looks, DEAF_FOR);
	/* Its arms expect nothing; too little was exposed to tell, unless the machine is starved.
	 */
	ck_assert_msg(code == EXIT_INCONCLUSIVE || code == EXIT_AS_EXPECTED, "%d: %s", code,
		      told_in(log_path));
	ck_assert_int_eq(told->err.code, 0);
	expect_stages();
	expect_processes();
	expect_load();
	expect_faults();
	expect_packets();
	expect_files();
	expect_words();
	ck_assert_int_gt(number("SELECT count(*) FROM verdict"), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: a run");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("conductor_run_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, a_run_leaves_a_history_that_is_whole);
	return suite_run(suite);
}
