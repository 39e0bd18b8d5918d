#include <arpa/inet.h>
#include <check.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "history/capture.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { NOBODY = 65534, PORT = 4711, PACKETS = 200, PAYLOAD = 1000, SNAP = 120, NUMBERS = 20000 };
enum { AT_ONCE = 8, AROUND_MS = 100 };
enum { PACKET_BYTES = 16 + SNAP, NUMBER_AT = 14 + 20 + 8 /* Ethernet, IPv4, UDP */ };

struct capture {
	struct capture_config config;
	_Atomic int stop;
	struct capture_result result;
	struct error err;
	int status;
	pthread_t thread;
	int64_t sent;
};

static struct live live;
static bool in_file[NUMBERS];
static int64_t sent_ns[NUMBERS]; /* when each was on its way, at the latest */

static void *capture_in_thread(void *context)
{
	struct capture *capture = context;

	capture->status = capture_run(&capture->config, &capture->result, &capture->err);
	return NULL;
}

/* A network namespace of this test's own with loopback up: nobody else's packets are in it. */
static bool enter_namespace(const char *test)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (unshare(CLONE_NEWNET) < 0) {
		printf("SKIP %s: no right to make a network namespace\n", test);
		ck_assert_ptr_null(getenv("MUST_RUN"));
		return false;
	}
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
	return true;
}

/* Each carries its number. Nobody listens, but somebody holds the port, so that no ICMP answers. On
 * average one each pause_ns at most: no more than the kernel's buffer holds while the capture does
 * not get to run. */
static void send_packets(struct capture *capture, int count, int64_t pause_ns)
{
	static int holder = -1, fd = -1;
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char payload[PAYLOAD] = "";

	if (fd < 0) {
		holder = socket(AF_INET, SOCK_DGRAM, 0);
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		ck_assert_int_eq(bind(holder, (struct sockaddr *)&to, sizeof(to)), 0);
	}
	for (int i = 0; i < count; i++) {
		uint32_t number = (uint32_t)capture->sent++;

		memcpy(payload, &number, sizeof(number));
		ck_assert_int_eq(
			sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to, sizeof(to)),
			PAYLOAD);
		sent_ns[number] = clock_now_ns();
		if (pause_ns && i % AT_ONCE == 0)
			clock_sleep_until_ns(clock_now_ns() + AT_ONCE * pause_ns);
	}
}

static char *first_part(const char *path)
{
	static char name[600];

	snprintf(name, sizeof(name), "%s.1", path);
	return name;
}

static void configure(struct capture *capture, int64_t limit_bytes)
{
	*capture = (struct capture){.config = {.interface = "lo",
					       .path = scratch_file("capture.pcap"),
					       .snap_bytes = SNAP,
					       .limit_bytes = limit_bytes,
					       .live = &live,
					       .before_ns = AROUND_MS * NS_PER_MS,
					       .after_ns = AROUND_MS * NS_PER_MS,
					       .stop = &capture->stop}};
}

/* The first part is made once the interface is open. */
static void await_capture(const struct capture *capture)
{
	int64_t deadline_ns = clock_now_ns() + 10 * NS_PER_S;

	while (access(first_part(capture->config.path), F_OK) && clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
}

static void begin_capture(struct capture *capture, int64_t limit_bytes)
{
	configure(capture, limit_bytes);
	ck_assert_int_eq(pthread_create(&capture->thread, NULL, capture_in_thread, capture), 0);
	await_capture(capture);
}

/* Reads the file: its packets are numbered upwards. Returns how many there are. */
static int64_t read_file(const char *path)
{
	char complaint[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const unsigned char *bytes;
	int64_t count = 0, last = -1;
	uint32_t number;
	int status;
	pcap_t *pcap = pcap_open_offline(path, complaint);

	ck_assert_msg(pcap != NULL, "%s", complaint);
	memset(in_file, 0, sizeof(in_file));
	while ((status = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		ck_assert_uint_eq(header->caplen, SNAP);
		ck_assert_uint_gt(header->len, PAYLOAD);
		memcpy(&number, bytes + NUMBER_AT, sizeof(number));
		ck_assert(number < NUMBERS && (int64_t)number > last);
		in_file[last = number] = true;
		count++;
	}
	ck_assert_int_eq(status, PCAP_ERROR_BREAK); /* the end, and not in the middle of a packet */
	pcap_close(pcap);
	return count;
}

static int64_t end_capture(struct capture *capture)
{
	struct capture_result *result = &capture->result;
	struct stat status;

	atomic_store(&capture->stop, 1);
	pthread_join(capture->thread, NULL);
	ck_assert_msg(capture->status == 0, "%s", capture->err.text);
	int64_t kept = result->kept;

	ck_assert_int_eq(kept + result->dropped + result->missed_by_kernel, capture->sent);
	ck_assert_int_eq(capture_join(capture->config.path, result, &capture->err), 0);
	ck_assert_int_eq(result->kept, kept);
	ck_assert_int_eq(read_file(capture->config.path), kept);
	ck_assert_int_eq(stat(capture->config.path, &status), 0);
	ck_assert_int_eq(status.st_size, result->kept_bytes);
	for (int number = 1; number <= result->parts; number++) {
		char name[600];

		snprintf(name, sizeof(name), "%s.%d", capture->config.path, number);
		ck_assert_int_ne(access(name, F_OK), 0);
	}
	return kept;
}

START_TEST(capture_keeps_every_packet_cut_to_the_snap_length)
{
	struct capture capture;

	if (!enter_namespace("capture_keeps_every_packet_cut_to_the_snap_length"))
		return;
	begin_capture(&capture, 1 << 20);
	send_packets(&capture, PACKETS, 0);
	ck_assert_int_eq(end_capture(&capture), PACKETS);
	ck_assert_int_eq(capture.result.dropped, 0);
	ck_assert_int_eq(capture.result.gaps, 0);
	ck_assert_int_eq(capture.result.missed_by_kernel, 0);
}
END_TEST

/* The sum of the sizes of all parts, at most what it was when the newest was looked at: that is
 * looked at first, for from then on the others only go. */
static int64_t size_on_disk(const struct capture *capture)
{
	int64_t total = 0;

	for (int number = capture->result.parts; number > 0; number--) {
		char name[600];
		struct stat status;

		snprintf(name, sizeof(name), "%s.%d", capture->config.path, number);
		total += stat(name, &status) == 0 ? status.st_size : 0;
	}
	return total;
}

START_TEST(capture_is_bounded_the_newest_stay_and_the_rest_is_counted)
{
	struct capture capture;
	int64_t limit = CAPTURE_PARTS * (24 + 10 * PACKET_BYTES), most = 0;

	if (!enter_namespace("capture_is_bounded_the_newest_stay_and_the_rest_is_counted"))
		return;
	begin_capture(&capture, limit);
	for (int i = 0; i < 20; i++) {
		send_packets(&capture, 50, NS_PER_MS / 10);
		int64_t size = size_on_disk(&capture);

		most = size > most ? size : most;
	}
	int64_t kept = end_capture(&capture);

	ck_assert_int_le(most, limit);
	ck_assert_int_le(capture.result.kept_bytes, limit);
	ck_assert_int_gt(kept, (CAPTURE_PARTS - 2) * 10);
	ck_assert_int_eq(capture.result.gaps, 1);
	for (int64_t number = capture.sent - kept; number < capture.sent; number++)
		ck_assert(in_file[number]);
}
END_TEST

START_TEST(what_surrounds_a_fault_stays_and_so_does_the_newest)
{
	struct capture capture;

	if (!enter_namespace("what_surrounds_a_fault_stays_and_so_does_the_newest"))
		return;
	begin_capture(&capture, CAPTURE_PARTS * (24 + 100 * PACKET_BYTES));
	send_packets(&capture, 2000, NS_PER_MS / 4);
	int64_t begin_ns = clock_now_ns(), begin = capture.sent;

	/* One that lasts, or one that is over before anybody looks. */
	atomic_fetch_add(_i ? &live.faults_active : &live.faults_ended, 1);
	send_packets(&capture, 200, NS_PER_MS / 2);
	int64_t end_ns = _i ? clock_now_ns() : begin_ns, end = _i ? capture.sent : begin;

	if (_i) {
		atomic_fetch_sub(&live.faults_active, 1);
		atomic_fetch_add(&live.faults_ended, 1);
	}
	send_packets(&capture, 400, NS_PER_MS / 2);
	send_packets(&capture, 9000, NS_PER_MS / 8);
	end_capture(&capture);
	ck_assert_int_gt(capture.result.dropped, 5000);
	int surrounding = 0;

	for (int64_t number = 0; number < capture.sent; number++) {
		if (sent_ns[number] < begin_ns - AROUND_MS * NS_PER_MS ||
		    sent_ns[number] > end_ns + AROUND_MS * NS_PER_MS)
			continue;
		surrounding++;
		ck_assert_msg(in_file[number], "%d of %d to %d", (int)number, (int)begin, (int)end);
	}
	ck_assert_int_gt(surrounding, end - begin);
	for (int64_t number = capture.sent - 700; number < capture.sent; number++)
		ck_assert_msg(in_file[number], "%d of %d", (int)number, (int)capture.sent);
	/* Before the fault and after it. */
	ck_assert_int_eq(capture.result.gaps, 2);
	ck_assert_int_lt(capture.result.gap[0].from_ns, capture.result.gap[0].to_ns);
	ck_assert_int_lt(capture.result.gap[0].to_ns, capture.result.gap[1].from_ns);
	ck_assert(!in_file[10] && !in_file[capture.sent - 5000]);
}
END_TEST

START_TEST(where_all_is_surrounded_the_oldest_goes)
{
	struct capture capture;

	if (!enter_namespace("where_all_is_surrounded_the_oldest_goes"))
		return;
	atomic_fetch_add(&live.faults_active, 1);
	begin_capture(&capture, CAPTURE_PARTS * (24 + 10 * PACKET_BYTES));
	send_packets(&capture, 2000, NS_PER_MS / 10);
	int64_t kept = end_capture(&capture);

	ck_assert_int_eq(capture.result.gaps, 1);
	ck_assert(!in_file[0] && in_file[capture.sent - kept] && in_file[capture.sent - 1]);
}
END_TEST

START_TEST(capture_that_was_killed_is_joined_up_to_its_last_whole_packet)
{
	struct capture capture;
	struct capture_result *result;
	int status;

	if (!enter_namespace("capture_that_was_killed_is_joined_up_to_its_last_whole_packet"))
		return;
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	configure(&capture, CAPTURE_PARTS * (24 + 200 * PACKET_BYTES));
	pid_t child = fork();

	if (child == 0)
		_exit(capture_run(&capture.config, result, &capture.err) ? 1 : 0);
	await_capture(&capture);
	send_packets(&capture, 3000, NS_PER_MS / 5);
	int64_t deadline_ns = clock_now_ns() + 10 * NS_PER_S;

	while (*(volatile int64_t *)&result->kept < 2500 && clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(capture_join(capture.config.path, result, &capture.err), 0);
	ck_assert_int_eq(read_file(capture.config.path), result->kept);
	ck_assert_int_gt(result->kept, 2000);
	munmap(result, sizeof(*result));
}
END_TEST

START_TEST(capture_without_the_right_to_fails_at_once)
{
	const char *path = scratch_file("capture.pcap");
	_Atomic int stop = 0;
	struct capture_config config = {.interface = "lo",
					.path = path,
					.snap_bytes = SNAP,
					.limit_bytes = 1 << 20,
					.stop = &stop};
	struct capture_result result;
	struct error err = {0};
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(1);
		_exit(capture_run(&config, &result, &err) < 0 ? (int)err.code : 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), EXIT_MACHINE_LACKS);
	config.interface = "no-such-interface";
	ck_assert_int_eq(capture_run(&config, &result, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_msg(strstr(err.text, "no-such-interface") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: packet capture");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, capture_keeps_every_packet_cut_to_the_snap_length);
	tcase_add_test(tests, capture_is_bounded_the_newest_stay_and_the_rest_is_counted);
	tcase_add_loop_test(tests, what_surrounds_a_fault_stays_and_so_does_the_newest, 0, 2);
	tcase_add_test(tests, where_all_is_surrounded_the_oldest_goes);
	tcase_add_test(tests, capture_that_was_killed_is_joined_up_to_its_last_whole_packet);
	tcase_add_test(tests, capture_without_the_right_to_fails_at_once);
	return suite_run(suite);
}
