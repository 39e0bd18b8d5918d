#include <arpa/inet.h>
#include <check.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "history/capture.h"
#include "tests/support/scratch.h"

enum { NOBODY = 65534, PORT = 4711, PACKETS = 200, PAYLOAD = 1000, SNAP = 120 };

struct capture {
	struct capture_config config;
	_Atomic int stop;
	struct capture_result result;
	struct error err;
	int status;
};

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

static int send_packet(void)
{
	static const char payload[PAYLOAD];
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	ssize_t sent = sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to, sizeof(to));

	close(fd);
	return sent == PAYLOAD ? 0 : -1;
}

static off_t file_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

/* Captures PACKETS datagrams, sent once the capture listens. */
static int64_t capture_packets(struct capture *capture, int64_t limit_bytes)
{
	int64_t sent = 0, deadline_ns = clock_now_ns() + 10 * NS_PER_S;
	pthread_t thread;

	*capture = (struct capture){.config = {.interface = "lo",
					       .path = scratch_file("capture.pcap"),
					       .snap_bytes = SNAP,
					       .limit_bytes = limit_bytes,
					       .stop = &capture->stop}};
	ck_assert_int_eq(pthread_create(&thread, NULL, capture_in_thread, capture), 0);
	/* The file is made once the interface is open. */
	while (file_size(capture->config.path) < 0 && clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	for (; sent < PACKETS; sent++)
		ck_assert_int_eq(send_packet(), 0);
	atomic_store(&capture->stop, 1);
	pthread_join(thread, NULL);
	ck_assert_msg(capture->status == 0, "%s", capture->err.text);
	return sent;
}

static int count_datagrams(const char *path)
{
	char complaint[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const unsigned char *bytes;
	int datagrams = 0;
	pcap_t *pcap = pcap_open_offline(path, complaint);

	ck_assert_msg(pcap != NULL, "%s", complaint);
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		ck_assert_uint_le(header->caplen, SNAP);
		datagrams += header->len > PAYLOAD && header->caplen == SNAP;
	}
	pcap_close(pcap);
	return datagrams;
}

START_TEST(capture_keeps_every_packet_cut_to_the_snap_length)
{
	struct capture capture;

	if (!enter_namespace("capture_keeps_every_packet_cut_to_the_snap_length"))
		return;
	int64_t sent = capture_packets(&capture, 1 << 20);
	int kept = count_datagrams(capture.config.path);

	/* No port listens, so the kernel answers with ICMP, kept as well and shorter than ours; and
	 * libpcap shows each packet on loopback once. */
	ck_assert_int_eq(kept, sent);
	ck_assert_int_ge(capture.result.kept, sent);
	ck_assert_int_eq(capture.result.past_limit, 0);
	ck_assert_int_eq(capture.result.missed_by_kernel, 0);
}
END_TEST

START_TEST(capture_file_is_bounded_and_the_rest_is_counted)
{
	struct capture capture;

	if (!enter_namespace("capture_file_is_bounded_and_the_rest_is_counted"))
		return;
	int64_t sent = capture_packets(&capture, 5000);

	ck_assert_int_le(file_size(capture.config.path), 5000);
	ck_assert_int_gt(capture.result.kept, 10);
	ck_assert_int_gt(capture.result.past_limit, sent - 5000 / SNAP);
	ck_assert_int_ge(capture.result.kept + capture.result.past_limit, sent);
}
END_TEST

START_TEST(capture_without_the_right_to_fails_at_once)
{
	const char *path = scratch_file("capture.pcap");
	_Atomic int stop = 0;
	struct capture_config config = {"lo", path, SNAP, 1 << 20, &stop};
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
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, capture_keeps_every_packet_cut_to_the_snap_length);
	tcase_add_test(tests, capture_file_is_bounded_and_the_rest_is_counted);
	tcase_add_test(tests, capture_without_the_right_to_fails_at_once);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
