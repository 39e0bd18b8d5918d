#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/random.h"
#include "tests/support/suite.h"
#include "tests/unit/history_rig.h"

enum { MEMBERS_MAX = 256 }; /* whom the reader believes to be a member */

/* Whenever the recorder looks at the clock, a second has gone by, and somebody has said something.
 * So often; nobody has, and time goes as it goes, at 0. */
static int words_to_come;
static time_t ahead_s;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);
	struct event word = {.kind = EVENT_NOTE, .note = {.topic = "t", .text = "still here"}};

	now->tv_sec += ahead_s;
	if (words_to_come == 0)
		return result;
	words_to_come--;
	ahead_s++;
	word.at_ns = now->tv_sec * NS_PER_S;
	ring_push(area_ring(run.area, RING), &word);
	return result;
}

static const struct note_row *find_breaking_note(const char *word)
{
	for (int i = 0; i < run.history.notes; i++)
		if (run.history.note[i].breaks && strstr(run.history.note[i].text, word))
			return &run.history.note[i];
	return NULL;
}

START_TEST(operation_of_a_process_that_nobody_knows_breaks_the_run)
{
	start_recorder();
	push(RING, invocation(3, 1, F_READ));
	push(RING, answer(3, 1, F_READ, OUTCOME_OK));
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, 0);
	ck_assert_ptr_nonnull(
		find_breaking_note("1 operations are lost: nobody told that process 3"));
	close_result();
}
END_TEST

START_TEST(full_ring_breaks_the_run)
{
	push_worker(1, 0);
	for (uint32_t i = 1; i <= SLOTS + 3; i++) {
		struct event event = invocation(1, i, F_READ);

		ring_push(area_ring(run.area, RING), &event);
	}
	start_recorder();
	stop_and_open();
	ck_assert_int_eq(run.lane.ops, SLOTS);
	ck_assert_ptr_nonnull(find_breaking_note("ring 1 (process 1) was full: 3 events are lost"));
	ck_assert_str_eq(run.history.note[0].topic, "recorder");
	close_result();
}
END_TEST

/* It is not for ever that the recorder waits for silence. */
START_TEST(producer_that_goes_on_after_the_end_breaks_the_run)
{
	struct error err = {0};
	enum { MANY = 100000 };

	atomic_store(run.stop, 1);
	words_to_come = MANY;
	ck_assert_msg(record(&err) == 0, "%s", err.text);
	ck_assert_int_gt(words_to_come, 0);
	words_to_come = 0;
	ahead_s = 0;
	open_result();
	ck_assert_ptr_nonnull(
		find_breaking_note("producers went on after the end; what they said is lost"));
	close_result();
}
END_TEST

/* Each: what a confused producer says, and the note that must break the run. */
static const struct {
	struct event event[3];
	const char *note;
} confusions[] = {
	{{{.kind = EVENT_RETURN, .process = 1, .op = {.seq = 9, .f = F_READ}}},
	 "1 returns without"},
	{{{.kind = EVENT_INVOKE, .process = 1, .op = {.seq = 9, .f = F_READ}},
	  {.kind = EVENT_INVOKE, .process = 1, .op = {.seq = 9, .f = F_READ}}},
	 "1 operations were invoked twice"},
	{{{.kind = EVENT_INVOKE, .process = 1, .op = {.seq = 9, .f = F_READ}},
	  {.kind = EVENT_RETURN, .process = 1, .op = {.seq = 9, .f = F_READ}},
	  {.kind = EVENT_INVOKE, .process = 1, .op = {.seq = 9, .f = F_READ}}},
	 "1 events contradict the file; the first: UNIQUE constraint failed: op.id"},
	{{{.kind = EVENT_FAULT_END, .fault = {.id = 3}}}, "a fault ended that never began"},
	{{{.kind = EVENT_PROCESS, .started = {.id = 8, .ended = 1}}},
	 "a process ended that never started"},
	{{{.kind = 4711}}, "an event of no known kind"},
	{{{.kind = EVENT_NOTE, .at_ns = 1, .note = {.topic = "t", .text = "early"}}},
	 "1 stamps lie before the run's start"},
	/* A process that is no worker has no lane to put an operation in. */
	{{{.kind = EVENT_PROCESS, .started = {.id = 8, .arm = -1, .lane = -1, .worker = -1}},
	  {.kind = EVENT_INVOKE, .process = 8, .op = {.seq = 9, .f = F_READ}}},
	 "nobody told that process 8 is a worker"},
};

START_TEST(confused_producer_breaks_the_run)
{
	push_worker(1, 0);
	for (int i = 0; i < 3 && confusions[_i].event[i].kind; i++)
		push(RING, confusions[_i].event[i]);
	start_recorder();
	stop_and_open();
	ck_assert_msg(find_breaking_note(confusions[_i].note) != NULL, "no note \"%s\", but \"%s\"",
		      confusions[_i].note, run.history.notes ? run.history.note[0].text : "");
	close_result();
}
END_TEST

/* Each has one flaw, the first beyond what is sound. */
static const struct {
	struct event event;
	const char *flaw;
} unreadable[] = {
	{{.kind = EVENT_INVOKE, .process = 1, .op = {.f = 0}}, "an operation of no known kind"},
	{{.kind = EVENT_INVOKE, .process = 1, .op = {.f = F_LAST + 1}},
	 "an operation of no known kind"},
	{{.kind = EVENT_INVOKE, .process = 1, .op = {.f = F_READ, .mode = MODE_SHARED + 1}},
	 "an operation of no known kind"},
	{{.kind = EVENT_INVOKE, .process = 1, .op = {.f = F_READ, .ttl_ms = -1}}, "a negative TTL"},
	{{.kind = EVENT_INVOKE, .process = 1, .op = {.f = F_READ, .revision = -1}},
	 "a negative TTL, revision"},
	{{.kind = EVENT_INVOKE, .process = 1, .op = {.f = F_READ, .version = -1}},
	 "a negative TTL, revision or version"},
	{{.kind = EVENT_KEY, .key = {.lane = 2, .revision = 1}}, "a key of no known lane"},
	{{.kind = EVENT_KEY, .key = {.member = -1, .revision = 1}}, "at no known member"},
	{{.kind = EVENT_KEY, .key = {.member = MEMBERS_MAX, .revision = 1}}, "at no known member"},
	{{.kind = EVENT_KEY, .key = {.deleted = 2, .revision = 1}}, "at no known member"},
	{{.kind = EVENT_KEY, .key = {.revision = 0}}, "at no possible revision"},
	{{.kind = EVENT_KEY, .key = {.revision = 1, .create_revision = -1}},
	 "at no possible revision"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 0, .f = F_READ}}, "of no known kind"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .lane = -1, .f = F_READ}},
	 "of no known kind"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .lane = 2, .f = F_READ}},
	 "of no known kind"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .f = F_RELEASE}}, "of no known kind"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .f = F_READ, .accepted = 2}},
	 "of no known kind"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .f = F_READ, .version_before = -1}},
	 "a negative version"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .f = F_READ, .version_after = -1}},
	 "a negative version"},
	{{.kind = EVENT_DECISION, .decision = {.seq = 1, .f = F_READ, .arrived_ns = INT64_MAX}},
	 "before its request"},
};

START_TEST(what_nobody_could_read_is_refused_by_name)
{
	struct event event = unreadable[_i].event;

	push_worker(1, 0);
	if (event.kind == EVENT_INVOKE)
		event.op.seq = 1;
	if (event.kind == EVENT_DECISION && event.decision.arrived_ns == 0)
		event.decision.arrived_ns = run.start_ns;
	push(RING, event);
	start_recorder();
	stop_and_open();
	ck_assert_int_eq(run.lane.ops + run.lane.keys + run.lane.decisions, 0);
	const struct note_row *note = find_breaking_note("contradict the file; the first: ");

	ck_assert_ptr_nonnull(note);
	ck_assert_msg(strstr(note->text, unreadable[_i].flaw) != NULL, "%s", note->text);
	close_result();
}
END_TEST

static struct event key_told(int member, int lane, bool deleted)
{
	return (struct event){.kind = EVENT_KEY,
			      .key = {.member = member,
				      .lane = lane,
				      .deleted = deleted,
				      .revision = 1,
				      .key = "k"}};
}

START_TEST(what_can_just_be_read_is_written)
{
	int64_t now_ns = clock_now_ns();
	struct event first = invocation(1, 1, F_LEASE_GRANT), last = invocation(1, 2, F_LOSE);
	struct event back = answer(1, 1, F_LEASE_GRANT, OUTCOME_FAIL);
	struct event other = answer(1, 2, F_LOSE, OUTCOME_OK);
	struct event decision = {.kind = EVENT_DECISION,
				 .at_ns = now_ns,
				 .decision = {.seq = 1, .f = F_READ, .arrived_ns = now_ns}};

	push_worker(1, 0);
	last.op.mode = MODE_SHARED;
	first.at_ns = back.at_ns = now_ns; /* answered in the same nanosecond */
	push(RING, first);
	push(RING, back);
	push(RING, last);
	push(RING, other);
	push(RING, key_told(0, 0, false));
	push(RING, key_told(MEMBERS_MAX - 1, 0, true));
	push(RING, key_told(1, -1, false));
	push(RING, decision);
	decision.decision.seq = 2;
	decision.decision.f = F_WRITE;
	decision.decision.accepted = 1;
	push(RING, decision);
	push(RING, key_told(0, 1, false));
	start_recorder();
	stop_and_open();
	ck_assert_ptr_null(find_breaking_note(""));
	ck_assert_int_eq(run.lane.ops, 2);
	ck_assert_int_eq(run.lane.keys, 2);
	ck_assert_int_eq(run.lane.decisions, 2);
	close_result();
}
END_TEST

START_TEST(history_of_a_killed_recorder_is_readable)
{
	struct error err = {0};

	push_worker(1, 0);
	push(RING, invocation(1, 1, F_READ));
	push(RING, answer(1, 1, F_READ, OUTCOME_OK));
	push(RING, invocation(1, 2, F_WRITE));
	start_recorder();
	wait_for_row("SELECT 1 FROM op WHERE f = 6");
	kill(run.pid, SIGKILL);
	ck_assert_int_eq(wait_for_recorder(), -SIGKILL);
	open_result();
	ck_assert(!run.history.sealed);
	ck_assert_int_eq(run.lane.ops, 2);
	ck_assert_int_eq(run.lane.op[1].outcome, OUTCOME_INFO);
	close_result();
	ck_assert_msg(database_seal(run.path, &err) == 0, "%s", err.text);
	open_result();
	ck_assert(run.history.sealed);
	ck_assert_int_eq(run.lane.ops, 2);
	close_result();
}
END_TEST

START_TEST(full_disk_is_an_error_and_what_was_committed_stays)
{
	push_worker(1, 0);
	push(RING, invocation(1, 1, F_READ));
	push(RING, answer(1, 1, F_READ, OUTCOME_OK));
	run.pid = fork();
	if (run.pid == 0) {
		/* The file may not grow past this: write(2) fails as on a full disk. */
		struct rlimit limit = {256 << 10, 256 << 10};
		struct error err = {0};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(record(&err) == 0 ? 0 : err.code);
	}
	uint32_t seq = 2;
	int status;

	while (waitpid(run.pid, &status, WNOHANG) == 0) {
		struct event event = invocation(1, seq, F_READ);

		ck_assert_uint_lt(seq, 1000000);
		if (ring_push(area_ring(run.area, RING), &event))
			seq++;
		else
			clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	}
	ck_assert_int_eq(WEXITSTATUS(status), EXIT_MACHINE_LACKS);
	open_result();
	ck_assert_int_gt(run.lane.ops, 10);
	ck_assert_int_eq(run.lane.op[0].outcome, OUTCOME_OK);
	close_result();
}
END_TEST

START_TEST(recorder_needs_its_file)
{
	struct error err = {0};

	unlink(run.path);
	ck_assert_int_eq(record(&err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
}
END_TEST

/* What a server, or a client of it, may have said. */
static int64_t draw_number(struct random_stream *random)
{
	static const int64_t extremes[] = {0,
					   1,
					   2,
					   -1,
					   -2,
					   255,
					   256,
					   1 << 20,
					   INT32_MAX,
					   INT32_MIN,
					   INT64_C(1) << 61,
					   (INT64_C(1) << 61) + 1,
					   INT64_MAX,
					   INT64_MIN};

	return random_between(random, 0, 2) ? random_between(random, 0, 50)
					    : extremes[random_between(random, 0, 13)];
}

static void draw_text(struct random_stream *random, char *text, size_t size)
{
	int64_t length = random_between(random, 0, (int64_t)size); /* perhaps without an end */

	for (int64_t i = 0; i < length; i++)
		text[i] = (char)random_between(random, 1, 255);
}

static struct op_event draw_op(struct random_stream *random, uint32_t seq)
{
	struct op_event op = {
		.seq = seq,
		.f = (uint8_t)random_between(random, 0, 10),
		.outcome = (uint8_t)random_between(random, 0, 3),
		.mode = (uint8_t)(random_between(random, 0, 20) / 10),
		.endpoint = (int8_t)random_between(random, -128, 127),
		.attempt = (uint32_t)draw_number(random),
		.ttl_ms = (int32_t)draw_number(random),
		.lease = draw_number(random),
		.token = draw_number(random),
		.revision = draw_number(random),
		.safe_until_ns = draw_number(random),
		.version = draw_number(random),
		.value = draw_number(random),
	};

	draw_text(random, op.key, sizeof(op.key));
	draw_text(random, op.error, sizeof(op.error));
	return op;
}

static struct event draw_event(struct random_stream *random, uint32_t seq)
{
	struct event event = {.kind = EVENT_KEY};

	if (random_between(random, 0, 1)) {
		event.key = (struct key_event){
			.member = (int32_t)draw_number(random),
			.lane = (int32_t)draw_number(random) % 3,
			.deleted = (uint8_t)random_between(random, 0, 2),
			.revision = draw_number(random),
			.create_revision = draw_number(random),
			.lease = draw_number(random),
		};
		draw_text(random, event.key.key, sizeof(event.key.key));
		return event;
	}
	event.kind = EVENT_DECISION;
	event.decision = (struct decision_event){
		.seq = random_between(random, 0, 9) ? (int64_t)seq : draw_number(random),
		.op = draw_number(random),
		.lane = (int32_t)draw_number(random) % 3,
		.f = (uint8_t)random_between(random, 4, 7),
		.accepted = (uint8_t)random_between(random, 0, 2),
		.token = draw_number(random),
		.greatest_token = draw_number(random),
		.version_before = draw_number(random),
		.version_after = draw_number(random),
		.value = draw_number(random),
		.arrived_ns = random_between(random, 0, 4) ? clock_now_ns() : draw_number(random),
	};
	draw_text(random, event.decision.reason, sizeof(event.decision.reason));
	return event;
}

static void push_patiently(struct event event)
{
	int64_t deadline_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	if (event.at_ns == 0)
		event.at_ns = clock_now_ns();
	while (!ring_push(area_ring(run.area, RING), &event) && clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
}

START_TEST(whatever_a_producer_says_the_file_can_be_read)
{
	struct random_stream random = random_open((uint64_t)_i + 1, "hostile");
	struct lane_history second;
	struct error err = {0};

	push_worker(1, 0);
	start_recorder();
	for (uint32_t seq = 1; seq <= 1500; seq++) {
		struct event sent = {.kind = EVENT_INVOKE, .process = 1};
		struct event back = {.kind = EVENT_RETURN, .process = 1};

		sent.op = draw_op(&random, seq);
		back.op = draw_op(&random, seq);
		sent.at_ns = random_between(&random, 0, 9) ? 0 : draw_number(&random);
		push_patiently(sent);
		if (random_between(&random, 0, 9))
			push_patiently(back);
		push_patiently(draw_event(&random, seq));
	}
	stop_and_open();
	ck_assert_int_eq(history_load_lane(&run.history, 1, &second, &err), 0);
	/* It did hear something, and did refuse something. */
	ck_assert_int_gt(run.lane.ops, 20);
	ck_assert_int_gt(run.lane.keys, 5);
	ck_assert_int_gt(run.lane.decisions, 5);
	ck_assert_ptr_nonnull(find_breaking_note("contradict the file"));
	history_free_lane(&second);
	close_result();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: recorder, losses and failures");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, operation_of_a_process_that_nobody_knows_breaks_the_run);
	tcase_add_test(tests, full_ring_breaks_the_run);
	tcase_add_test(tests, producer_that_goes_on_after_the_end_breaks_the_run);
	tcase_add_loop_test(tests, confused_producer_breaks_the_run, 0,
			    (int)(sizeof(confusions) / sizeof(*confusions)));
	tcase_add_loop_test(tests, what_nobody_could_read_is_refused_by_name, 0,
			    (int)(sizeof(unreadable) / sizeof(*unreadable)));
	tcase_add_test(tests, what_can_just_be_read_is_written);
	tcase_add_test(tests, history_of_a_killed_recorder_is_readable);
	tcase_add_test(tests, full_disk_is_an_error_and_what_was_committed_stays);
	tcase_add_test(tests, recorder_needs_its_file);
	tcase_add_loop_test(tests, whatever_a_producer_says_the_file_can_be_read, 0, 8);
	return suite_run(suite);
}
