#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "history/ring.h"
#include "tests/support/suite.h"

enum { SLOTS = 256 };

static struct area *open_area(int rings)
{
	struct error err = {0};
	struct area *area = NULL;

	ck_assert_msg(area_open(&area, rings, SLOTS, &err) == 0, "%s", err.text);
	return area;
}

/* An event whose every byte follows from its number, so that a torn one shows. */
static void make_event(struct event *event, uint32_t number)
{
	memset(event, 0, sizeof(*event));
	event->kind = EVENT_INVOKE;
	event->process = (int32_t)number;
	event->at_ns = (int64_t)number * 7;
	event->op.seq = number;
	event->op.value = ~(int64_t)number;
	memset(event->op.key, 'a' + (int)(number % 26), KEY_SIZE - 1);
	memset(event->op.error, 'A' + (int)(number % 26), ERROR_SIZE - 1);
}

static void check_event(const struct event *event, uint32_t number)
{
	struct event expected;

	make_event(&expected, number);
	ck_assert_msg(memcmp(event, &expected, sizeof(expected)) == 0, "event %u is torn, or is %u",
		      number, event->op.seq);
}

START_TEST(ring_gives_back_what_was_pushed_in_order)
{
	struct area *area = open_area(3);
	struct ring *ring = area_ring(area, 1);
	struct event event, out[SLOTS];

	for (uint32_t i = 0; i < 10 * SLOTS; i++) { /* round and round */
		make_event(&event, i);
		ck_assert(ring_push(ring, &event));
		ck_assert_uint_eq(ring_drain(ring, out, SLOTS), 1);
		check_event(&out[0], i);
	}
	ck_assert_uint_eq(ring_drain(ring, out, SLOTS), 0);
	ck_assert_uint_eq(ring_drain(area_ring(area, 0), out, SLOTS), 0);
	ck_assert_uint_eq(ring_drain(area_ring(area, 2), out, SLOTS), 0);
	area_close(area);
}
END_TEST

START_TEST(full_ring_drops_the_new_event_and_counts_it)
{
	struct area *area = open_area(1);
	struct ring *ring = area_ring(area, 0);
	struct event event, out[SLOTS];

	for (uint32_t i = 0; i < SLOTS + 5; i++) {
		make_event(&event, i);
		ck_assert_int_eq(ring_push(ring, &event), i < SLOTS);
	}
	ck_assert_uint_eq(ring_lost(ring), 5);
	ck_assert_uint_eq(ring_drain(ring, out, 100), 100);
	ck_assert_uint_eq(ring_drain(ring, out + 100, SLOTS), SLOTS - 100);
	for (uint32_t i = 0; i < SLOTS; i++)
		check_event(&out[i], i);
	ck_assert(ring_push(ring, &event));
	area_close(area);
}
END_TEST

/* Pushes `first`, first + 1, ... until it is killed; waits when the ring is full. */
static void push_forever(struct ring *ring, uint32_t first)
{
	struct event event;

	for (uint32_t number = first;; number++) {
		make_event(&event, number);
		while (!ring_push(ring, &event))
			continue;
	}
}

/* Drains for a while, kills the producer while it goes on, drains the rest: the next number. */
static uint32_t kill_while_draining(struct ring *ring, pid_t producer, int64_t kill_at_ns,
				    uint32_t next)
{
	struct event out[64];
	bool killed = false;
	uint32_t count;

	for (;;) {
		if (!killed && clock_now_ns() >= kill_at_ns) {
			kill(producer, SIGKILL);
			ck_assert_int_eq(waitpid(producer, NULL, 0), producer);
			killed = true;
		}
		count = ring_drain(ring, out, 64);
		for (uint32_t i = 0; i < count; i++)
			check_event(&out[i], next++);
		if (killed && count == 0)
			return next;
	}
}

START_TEST(killed_producer_leaves_whole_events_without_a_hole_and_a_successor_goes_on)
{
	struct area *area = open_area(1);
	struct ring *ring = area_ring(area, 0);
	struct random_stream stream = random_open(1, "kill");
	uint32_t next = 0, moved = 0;

	/* 200 producers take the ring over from one another. */
	for (int round = 0; round < 200; round++) {
		pid_t producer = fork();

		ck_assert_int_ge(producer, 0);
		if (producer == 0)
			push_forever(ring, next);
		int64_t kill_at_ns = clock_now_ns() + random_between(&stream, 0, 4000) * NS_PER_US;
		uint32_t before = next;

		next = kill_while_draining(ring, producer, kill_at_ns, next);
		moved += next > before;
	}
	ck_assert_uint_gt(moved, 50);        /* most lived long enough to push */
	ck_assert_uint_gt(next, 10 * SLOTS); /* and the ring went round */
	area_close(area);
}
END_TEST

struct pusher {
	struct ring *ring;
	uint32_t events;
};

static void *push_in_thread(void *context)
{
	const struct pusher *pusher = context;
	struct event event;

	for (uint32_t i = 0; i < pusher->events; i++) {
		make_event(&event, i);
		while (!ring_push(pusher->ring, &event))
			sched_yield();
	}
	return NULL;
}

/* For the thread sanitizer, which does not see across processes. */
START_TEST(ring_carries_events_between_threads)
{
	struct area *area = open_area(1);
	struct pusher pusher = {area_ring(area, 0), 20000};
	struct event out[64];
	uint32_t next = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, push_in_thread, &pusher), 0);
	while (next < pusher.events) {
		uint32_t count = ring_drain(pusher.ring, out, 64);

		for (uint32_t i = 0; i < count; i++)
			check_event(&out[i], next++);
		if (count == 0)
			sched_yield();
	}
	pthread_join(thread, NULL);
	area_close(area);
}
END_TEST

static void *publish_in_thread(void *context)
{
	struct live *live = context;

	clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
	live_publish(live, &live->worker[3], LIVE_HOLDING);
	return NULL;
}

START_TEST(live_wait_wakes_on_a_publish)
{
	struct area *area = open_area(1);
	struct live *live = area_live(area);
	uint32_t seen = atomic_load(&live->generation);
	int64_t deadline_ns = clock_now_ns() + 10 * NS_PER_S;
	pthread_t thread;

	ck_assert(!live_holds(&live->worker[3]));
	ck_assert_int_eq(pthread_create(&thread, NULL, publish_in_thread, live), 0);
	ck_assert_uint_ne(live_wait(live, seen, deadline_ns), seen);
	ck_assert_int_lt(clock_now_ns(), deadline_ns - 5 * NS_PER_S);
	ck_assert(live_holds(&live->worker[3]));
	ck_assert_int_gt(atomic_load(&live->worker[3].since_ns), 0);
	pthread_join(thread, NULL);
	area_close(area);
}
END_TEST

START_TEST(live_wait_wakes_across_processes)
{
	struct area *area = open_area(1);
	struct live *live = area_live(area);
	uint32_t seen = atomic_load(&live->generation);
	int64_t deadline_ns = clock_now_ns() + 10 * NS_PER_S;
	pid_t child = fork();

	if (child == 0) {
		publish_in_thread(live);
		_exit(0);
	}
	ck_assert_uint_ne(live_wait(live, seen, deadline_ns), seen);
	ck_assert_int_lt(clock_now_ns(), deadline_ns - 5 * NS_PER_S);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	area_close(area);
}
END_TEST

START_TEST(live_wait_ends_at_its_deadline)
{
	struct area *area = open_area(1);
	struct live *live = area_live(area);
	uint32_t seen = atomic_load(&live->generation);
	int64_t deadline_ns = clock_now_ns() + 30 * NS_PER_MS;

	ck_assert_uint_eq(live_wait(live, seen, deadline_ns), seen);
	ck_assert_int_ge(clock_now_ns(), deadline_ns);
	ck_assert_uint_eq(live_wait(live, seen, 0), seen);
	ck_assert_uint_eq(live_wait(live, seen - 1, CLOCK_NEVER), seen); /* moved already */
	area_close(area);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: rings, live view");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, ring_gives_back_what_was_pushed_in_order);
	tcase_add_test(tests, full_ring_drops_the_new_event_and_counts_it);
	tcase_add_test(tests,
		       killed_producer_leaves_whole_events_without_a_hole_and_a_successor_goes_on);
	tcase_add_test(tests, ring_carries_events_between_threads);
	tcase_add_test(tests, live_wait_wakes_on_a_publish);
	tcase_add_test(tests, live_wait_wakes_across_processes);
	tcase_add_test(tests, live_wait_ends_at_its_deadline);
	return suite_run(suite);
}
