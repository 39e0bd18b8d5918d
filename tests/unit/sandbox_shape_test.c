/* Real packets between hosts of a sandbox, and what treatments make of them. */
#include <errno.h>
#include <math.h>

#include "tests/support/cut_dropped.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_shape_rig.h"

/* Each treatment ------------------------------------------------------------------------------ */

START_SHAPED(untreated_packets_arrive_once_at_once_and_in_order)
{
	struct shape elsewhere = one_way(1, B, C);

	elsewhere.delay_ns = 80 * NS_PER_MS;
	elsewhere.loss_percent = 50;
	apply(net, elsewhere);
	ck_assert_int_lt(fastest_ns(net, A, B), 40 * NS_PER_MS);
	for (int i = 0; i < 200; i++)
		send_number(net, A, B, i);
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(next_number(net, B, ARRIVES_MS), i);
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1);
	ck_assert_int_eq(count_of(net, 1).seen, 0);
}

START_SHAPED(delay_is_at_least_what_was_asked_and_measured)
{
	struct shape shape = one_way(1, A, B);
	int64_t longest_ns = 0;

	shape.delay_ns = 50 * NS_PER_MS;
	shape.jitter_ns = 10 * NS_PER_MS;
	apply(net, shape);
	for (int i = 0; i < 10; i++) {
		int64_t took_ns = flight_ns(net, A, B);

		ck_assert_int_ge(took_ns, 40 * NS_PER_MS);
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
	}
	ck_assert_int_lt(fastest_ns(net, B, A), 30 * NS_PER_MS); /* one direction only */
	struct shape_count count = count_of(net, 1);

	ck_assert_int_eq(count.seen, 10);
	ck_assert_int_eq(count.delayed, 10);
	ck_assert_int_eq(count.dropped + count.duplicated + count.reordered + count.held, 0);
	ck_assert_int_eq(count.missed, 0);
	ck_assert_int_ge(count.mean_ns, 40 * NS_PER_MS);
	ck_assert_int_ge(count.longest_ns, count.mean_ns);
	ck_assert_int_le(count.longest_ns, longest_ns); /* it claims no more than was felt */
	printf("  asked 50 +- 10 ms: mean %.2f, longest %.2f ms\n",
	       (double)count.mean_ns / NS_PER_MS, (double)count.longest_ns / NS_PER_MS);
	fflush(stdout);
	away(net, 1);
	ck_assert_int_lt(fastest_ns(net, A, B), 30 * NS_PER_MS);
}

static int64_t dropped_so_far(const struct net *net)
{
	return net->hosts->shared->shapes.slot[0].dropped;
}

/* 99.9999 % of all binomials lie within five standard deviations. */
START_SHAPED(loss_is_near_what_was_asked)
{
	enum { SENT = 1000 };
	struct shape shape = one_way(1, A, B);
	int64_t arrived = 0, deadline_ns = clock_now_ns() + 30 * NS_PER_S;

	shape.loss_percent = 20;
	apply(net, shape);
	for (int sent = 1; sent <= SENT; sent++) {
		send_number(net, A, B, sent);
		if (sent % 100)
			continue;
		while (arrived + dropped_so_far(net) < sent) {
			if (next_number(net, B, SILENCE_MS) >= 0)
				arrived++;
			ck_assert_int_lt(clock_now_ns(), deadline_ns);
		}
	}
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1);
	struct shape_count count = away(net, 1);

	ck_assert_int_eq(count.seen, SENT);
	ck_assert_int_eq(count.dropped, SENT - arrived);
	ck_assert(fabs((double)count.dropped - SENT * 0.2) < 5 * sqrt(SENT * 0.2 * 0.8));
	printf("  asked 20 %% of %d: %d lost\n", SENT, (int)count.dropped);
	fflush(stdout);
	for (int i = 0; i < 50; i++)
		ck_passes(net, A, B);
}

START_SHAPED(order_is_really_changed)
{
	enum { SENT = 100 };
	struct shape shape = one_way(1, A, B);
	bool seen[SENT] = {false};
	int backwards = 0, before = -1;

	shape.reorder_percent = 30;
	apply(net, shape);
	for (int i = 0; i < SENT; i++)
		send_number(net, A, B, i);
	for (int i = 0; i < SENT; i++) {
		int number = next_number(net, B, ARRIVES_MS);

		ck_assert(number >= 0 && number < SENT && !seen[number]);
		seen[number] = true;
		backwards += number < before;
		before = number;
	}
	struct shape_count count = away(net, 1);

	ck_assert_int_gt(backwards, 5);
	ck_assert_int_eq(count.reordered, backwards);
	ck_assert_int_eq(count.dropped, 0);
}

/* With nobody to overtake it, a packet is late and nothing else. */
START_SHAPED(lone_packet_is_not_counted_as_reordered)
{
	struct shape shape = one_way(1, A, B);

	shape.reorder_percent = 100;
	apply(net, shape);
	ck_assert_int_ge(flight_ns(net, A, B), 50 * NS_PER_MS);
	ck_assert_int_eq(count_of(net, 1).reordered, 0);
	ck_assert_int_eq(count_of(net, 1).delayed, 1);
}

START_SHAPED(jitter_keeps_the_order)
{
	struct shape shape = one_way(1, A, B);

	shape.delay_ns = shape.jitter_ns = 10 * NS_PER_MS;
	apply(net, shape);
	for (int i = 0; i < 100; i++)
		send_number(net, A, B, i);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(next_number(net, B, ARRIVES_MS), i);
}

START_SHAPED(duplicates_arrive_twice)
{
	struct shape shape = one_way(1, A, B);

	shape.duplicate_percent = 100;
	apply(net, shape);
	for (int i = 0; i < 10; i++) {
		send_number(net, A, B, i);
		ck_assert_int_eq(next_number(net, B, ARRIVES_MS), i);
		ck_assert_int_eq(next_number(net, B, ARRIVES_MS), i);
		ck_assert_int_eq(next_number(net, B, 5), -1);
	}
	ck_assert_int_eq(count_of(net, 1).duplicated, 10);
	shape = one_way(2, A, B); /* and the copy is delayed as the original is */
	shape.delay_ns = 30 * NS_PER_MS;
	apply(net, shape);
	ck_assert_int_ge(flight_ns(net, A, B), 30 * NS_PER_MS);
	ck_assert_int_eq(next_number(net, B, ARRIVES_MS), 7);
	ck_assert_int_eq(away(net, 2).delayed, 2);
	away(net, 1);
	ck_passes(net, A, B);
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1);
}

START_SHAPED(slow_link_takes_as_long_as_its_rate_says)
{
	enum { SENT = 10, FRAME = 14 + 20 + 8 + 4 };
	struct shape shape = one_way(1, A, B);
	int64_t fastest_ns = CLOCK_NEVER, least_ns = (int64_t)SENT * FRAME * 8 * NS_PER_MS / 32;

	shape.rate_kbit = 32;
	apply(net, shape);
	for (int round = 0; round < 5; round++) {
		int64_t began_ns = clock_now_ns();

		for (int i = 0; i < SENT; i++)
			send_number(net, A, B, i);
		for (int i = 0; i < SENT; i++)
			ck_assert_int_eq(next_number(net, B, ARRIVES_MS), i);
		int64_t took_ns = clock_now_ns() - began_ns;

		ck_assert_int_ge(took_ns, least_ns);
		fastest_ns = took_ns < fastest_ns ? took_ns : fastest_ns;
	}
	ck_assert_int_lt(fastest_ns, least_ns + 50 * NS_PER_MS);
	for (int i = 0; i < 200; i++) /* more than a second's worth */
		send_number(net, A, B, i);
	while (count_of(net, 1).seen < 5 * SENT + 200)
		sched_yield();
	ck_assert_int_gt(count_of(net, 1).dropped, 0);
}

START_SHAPED(held_packet_arrives_after_its_release)
{
	struct shape shape = one_way(1, A, B);
	struct shape_count count;

	shape.hold = true;
	apply(net, shape);
	for (int i = 0; i < 5; i++)
		send_number(net, A, B, i);
	while (count_of(net, 1).held < 5)
		sched_yield();
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1);
	ck_passes(net, C, B); /* who is not treated overtakes it */
	count = count_of(net, 1);
	ck_assert_int_eq(count.held, 5);
	ck_assert_int_eq(count.kept, 5);
	ck_assert_int_eq(count.delayed, 0);
	count = away(net, 1);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(next_number(net, B, ARRIVES_MS), i);
	ck_assert_int_eq(count.delayed, 5);
	ck_assert_int_eq(count.kept, 0);
	ck_assert_int_ge(count.longest_ns, SILENCE_MS * NS_PER_MS);
	ck_passes(net, A, B);
}

/* TCP ----------------------------------------------------------------------------------------- */

static void connect_pair(const struct net *net, int from, int to, int *client, int *server)
{
	struct sockaddr_in there = address_of(hosts_address(net->hosts, to));
	int listener = socket_on(net->hosts, to, SOCK_STREAM);

	*client = socket_on(net->hosts, from, SOCK_STREAM);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(connect(*client, (struct sockaddr *)&there, sizeof(there)), 0);
	*server = accept(listener, NULL, NULL);
	ck_assert_int_ge(*server, 0);
	close(listener);
}

/* The stale write: sent, held, and arriving although its sender is long gone. */
START_SHAPED(write_of_a_sender_that_is_gone_still_arrives)
{
	struct shape shape = one_way(1, A, B);
	int client, server;
	char text[8] = "";

	connect_pair(net, A, B, &client, &server);
	struct pollfd end = {server, POLLIN, 0};

	shape.hold = true;
	apply(net, shape);
	ck_assert_int_eq(send(client, "write", 5, 0), 5);
	ck_assert_int_eq(poll(&end, 1, SILENCE_MS), 0);
	close(client);
	ck_assert_int_ge(away(net, 1).delayed, 1);
	ck_assert_int_eq(poll(&end, 1, ARRIVES_MS), 1);
	ck_assert_int_eq(recv(server, text, sizeof(text), MSG_WAITALL), 5);
	ck_assert_str_eq(text, "write");
}

static void pump(int client, int server, size_t bytes)
{
	static uint8_t out[65536], in[65536];
	size_t sent = 0, got = 0;
	int64_t deadline_ns = clock_now_ns() + 30 * NS_PER_S;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 31 + i / 251);
	while (got < bytes) {
		struct pollfd ends[] = {{client, sent < bytes ? POLLOUT : 0, 0},
					{server, POLLIN, 0}};

		ck_assert_int_gt(poll(ends, 2, clock_left_ms(deadline_ns)), 0);
		if (ends[0].revents & POLLOUT) {
			size_t at = sent % sizeof(out);
			ssize_t wrote = send(client, out + at,
					     sizeof(out) - at < bytes - sent ? sizeof(out) - at
									     : bytes - sent,
					     MSG_DONTWAIT);

			ck_assert(wrote > 0 || errno == EAGAIN);
			sent += wrote > 0 ? (size_t)wrote : 0;
		}
		if (ends[1].revents & POLLIN) {
			ssize_t read = recv(server, in, sizeof(in), MSG_DONTWAIT);

			ck_assert_int_gt(read, 0);
			int wrong = 0; /* an assertion is a system call: not for each byte */

			for (ssize_t i = 0; i < read; i++)
				wrong += in[i] != out[(got + (size_t)i) % sizeof(out)];
			ck_assert_int_eq(wrong, 0);
			got += (size_t)read;
		}
	}
}

START_SHAPED(tcp_goes_on_through_all_of_it)
{
	struct shape shape = one_way(1, A, B);
	int client, server;

	connect_pair(net, A, B, &client, &server);
	shape.both = true;
	shape.delay_ns = 3 * NS_PER_MS;
	shape.jitter_ns = 2 * NS_PER_MS;
	shape.loss_percent = 2;
	shape.duplicate_percent = 10;
	shape.reorder_percent = 10;
	apply(net, shape);
	pump(client, server, 2 << 20);
	struct shape_count count = away(net, 1);

	printf("  2 MiB of TCP: %d packets, %d lost, %d copied, %d reordered, mean %.2f ms\n",
	       (int)count.seen, (int)count.dropped, (int)count.duplicated, (int)count.reordered,
	       (double)count.mean_ns / NS_PER_MS);
	fflush(stdout);
	ck_assert_int_gt(count.seen, 30);
	ck_assert_int_gt(count.duplicated, 0);
	ck_assert_int_gt(count.delayed, 0);
	ck_assert_int_eq(count.kept, 0);
	pump(client, server, 2 << 20);
}

/* Together ------------------------------------------------------------------------------------ */

START_SHAPED(treatments_add_up_and_each_goes_by_itself)
{
	struct shape first = one_way(1, A, B), second = one_way(2, A, B), third = one_way(3, B, A);

	first.delay_ns = 30 * NS_PER_MS;
	second.delay_ns = 60 * NS_PER_MS;
	third.delay_ns = 40 * NS_PER_MS;
	apply(net, first);
	apply(net, second);
	apply(net, third);
	int64_t both_ns = flight_ns(net, A, B);
	int64_t first_ns = count_of(net, 1).longest_ns, second_ns = count_of(net, 2).longest_ns;

	ck_assert_int_ge(first_ns, 30 * NS_PER_MS);
	ck_assert_int_ge(second_ns, 60 * NS_PER_MS);
	ck_assert_int_le(first_ns + second_ns, both_ns); /* each answers for its own part */
	away(net, 1);
	int64_t rest_ns = fastest_ns(net, A, B);

	ck_assert_int_ge(rest_ns, 60 * NS_PER_MS);
	ck_assert_int_lt(rest_ns, 88 * NS_PER_MS);
	ck_assert_int_eq(count_of(net, 2).seen, 9); /* the count went on */
	away(net, 2);
	ck_assert_int_lt(fastest_ns(net, A, B), 30 * NS_PER_MS);
	ck_assert_int_ge(flight_ns(net, B, A), 40 * NS_PER_MS);
	ck_assert_int_eq(away(net, 2).seen, 0); /* gone already: nothing to do */
}

START_SHAPED(removed_hold_hands_on_to_the_next_treatment)
{
	struct shape hold = one_way(1, A, B), delay = one_way(2, A, B);

	hold.hold = true;
	delay.delay_ns = 60 * NS_PER_MS;
	apply(net, hold);
	apply(net, delay);
	send_number(net, A, B, 1);
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1);
	int64_t began_ns = clock_now_ns();

	away(net, 1);
	ck_assert_int_eq(next_number(net, B, ARRIVES_MS), 1);
	ck_assert_int_ge(clock_now_ns() - began_ns, 60 * NS_PER_MS);
}

START_SHAPED(groups_are_treated_both_ways)
{
	struct shape shape = {.id = 1,
			      .both = true,
			      .froms = 2,
			      .tos = 2,
			      .from = {A, B},
			      .to = {C, STORE},
			      .loss_percent = 100};

	apply(net, shape);
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			ck_assert(!arrives(net, shape.from[i], shape.to[j], 10));
			ck_assert(!arrives(net, shape.to[j], shape.from[i], 10));
		}
	ck_passes(net, A, B);
	ck_passes(net, C, STORE);
	while (count_of(net, 1).seen < 8)
		sched_yield();
	ck_assert_int_eq(count_of(net, 1).dropped, 8);
}

START_SHAPED(cuts_and_treatments_leave_each_other_alone)
{
	struct shape shape = one_way(1, A, B);
	struct cut cut = {.id = 1, .froms = 1, .tos = 1, .from = {A}, .to = {B}};
	int64_t dropped = 0;

	shape.delay_ns = 40 * NS_PER_MS;
	shape.duplicate_percent = 100;
	apply(net, shape);
	ck_ok(hosts_cut(net->hosts, &cut, &err));
	send_number(net, A, B, 1);
	while (dropped == 0)
		ck_ok(cut_dropped(net->hosts, 1, &dropped, &err));
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1); /* nor does its copy arrive */
	ck_assert_int_eq(dropped, 1);
	ck_ok(hosts_uncut(net->hosts, 1, &err));
	ck_assert_int_ge(flight_ns(net, A, B), 40 * NS_PER_MS);
	ck_assert_int_eq(next_number(net, B, ARRIVES_MS), 7);
	ck_assert_int_eq(count_of(net, 1).seen, 2);
	ck_assert_int_eq(count_of(net, 1).duplicated, 1);
}

int main(void)
{
	Suite *suite = suite_create("sandbox: shape");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_shape_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, untreated_packets_arrive_once_at_once_and_in_order);
	tcase_add_test(tests, delay_is_at_least_what_was_asked_and_measured);
	tcase_add_test(tests, loss_is_near_what_was_asked);
	tcase_add_test(tests, order_is_really_changed);
	tcase_add_test(tests, lone_packet_is_not_counted_as_reordered);
	tcase_add_test(tests, jitter_keeps_the_order);
	tcase_add_test(tests, duplicates_arrive_twice);
	tcase_add_test(tests, slow_link_takes_as_long_as_its_rate_says);
	tcase_add_test(tests, held_packet_arrives_after_its_release);
	tcase_add_test(tests, write_of_a_sender_that_is_gone_still_arrives);
	tcase_add_test(tests, tcp_goes_on_through_all_of_it);
	tcase_add_test(tests, treatments_add_up_and_each_goes_by_itself);
	tcase_add_test(tests, removed_hold_hands_on_to_the_next_treatment);
	tcase_add_test(tests, groups_are_treated_both_ways);
	tcase_add_test(tests, cuts_and_treatments_leave_each_other_alone);
	return suite_run(suite);
}
