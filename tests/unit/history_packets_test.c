/* A capture is read as far as it makes sense, whoever wrote it. */
#include <arpa/inet.h>
#include <check.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/packets.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { HEADERS = 14 + 20 + 20 };

/* Ethernet, IPv4 and TCP from 10.77.2.1:1000 to 10.77.0.2:80, with so much behind them. */
static void make_packet(unsigned char *bytes, int carried)
{
	static const unsigned char like[HEADERS] = {
		[12] = 0x08, [14] = 0x45, [23] = 6,    [26] = 10, 77,          2, 1, 10, 77, 0,
		2,           [34] = 0x03, [35] = 0xe8, [37] = 80, [46] = 0x50,
	};

	memcpy(bytes, like, sizeof(like));
	bytes[16] = (unsigned char)((40 + carried) >> 8);
	bytes[17] = (unsigned char)(40 + carried);
}

static void dump(pcap_dumper_t *file, long second, long us, const unsigned char *bytes, int kept)
{
	struct pcap_pkthdr header = {.caplen = (bpf_u_int32)kept, .len = 1500};

	header.ts.tv_sec = second;
	header.ts.tv_usec = us;
	pcap_dump((unsigned char *)file, &header, bytes);
}

struct seen {
	int packets;
	struct captured_packet last, first;
};

static void see(void *context, const struct captured_packet *packet)
{
	struct seen *seen = context;

	if (seen->packets++ == 0)
		seen->first = *packet;
	seen->last = *packet;
}

static void write_capture(const char *path, int link)
{
	pcap_t *pcap = pcap_open_dead(link, 160);
	pcap_dumper_t *file = pcap_dump_open(pcap, path);
	unsigned char bytes[HEADERS];

	make_packet(bytes, 7);
	dump(file, 1700000000, 123456, bytes, HEADERS);
	dump(file, 1700000001, 0, bytes, HEADERS - 1); /* cut off within its headers */
	bytes[23] = 17;                                /* UDP */
	dump(file, 1700000001, 1, bytes, HEADERS);
	make_packet(bytes, 0);
	bytes[13] = 0xdd; /* no IPv4 */
	dump(file, 1700000001, 2, bytes, HEADERS);
	make_packet(bytes, 0);
	dump(file, 1700000002, 5, bytes, HEADERS);
	pcap_dump_close(file);
	pcap_close(pcap);
}

START_TEST(packets_tell_who_sent_when_and_whether_they_carry_anything)
{
	struct seen seen = {0};

	write_capture(scratch_file("a.pcap"), DLT_EN10MB);
	ck_assert(packets_see(scratch_file("a.pcap"), see, &seen));
	ck_assert_int_eq(seen.packets, 2);
	ck_assert_int_eq(seen.first.wall_ns, INT64_C(1700000000123456000));
	ck_assert_uint_eq(seen.first.source, packets_address("10.77.2.1"));
	ck_assert_uint_eq(seen.first.target, packets_address("10.77.0.2"));
	ck_assert_int_eq(seen.first.source_port, 1000);
	ck_assert_int_eq(seen.first.target_port, 80);
	ck_assert_uint_eq(seen.first.carried, 7);
	ck_assert_uint_eq(seen.first.kept, 0); /* no more than the headers was captured */
	ck_assert_uint_eq(seen.last.carried, 0);
}
END_TEST

START_TEST(what_is_no_capture_of_ethernet_shows_nothing_and_keeps_nobody_waiting)
{
	struct seen seen = {0};

	ck_assert(!packets_see(scratch_file("none.pcap"), see, &seen));
	ck_assert_int_eq(mkfifo(scratch_file("pipe.pcap"), 0600), 0);
	ck_assert(!packets_see(scratch_file("pipe.pcap"), see, &seen));
	write_capture(scratch_file("b.pcap"), DLT_EN10MB);
	ck_assert_int_eq(symlink("b.pcap", scratch_file("link.pcap")), 0);
	ck_assert(!packets_see(scratch_file("link.pcap"), see, &seen));
	write_capture(scratch_file("raw.pcap"), DLT_RAW);
	ck_assert(!packets_see(scratch_file("raw.pcap"), see, &seen));
	ck_assert_int_eq(truncate(scratch_file("b.pcap"), 20), 0);
	ck_assert(!packets_see(scratch_file("b.pcap"), see, &seen));
	ck_assert_int_eq(seen.packets, 0);
}
END_TEST

START_TEST(a_capture_that_breaks_off_is_read_until_there)
{
	struct seen seen = {0};

	write_capture(scratch_file("c.pcap"), DLT_EN10MB);
	ck_assert_int_eq(truncate(scratch_file("c.pcap"), 24 + 16 + HEADERS + 16 + 3), 0);
	ck_assert(packets_see(scratch_file("c.pcap"), see, &seen));
	ck_assert_int_eq(seen.packets, 1);
}
END_TEST

START_TEST(an_address_is_a_number_or_none)
{
	ck_assert_uint_eq(packets_address("10.77.2.1"), 0x0a4d0201);
	ck_assert_uint_eq(packets_address("m1"), 0);
	ck_assert_uint_eq(packets_address("::1"), 0);
	ck_assert_uint_eq(packets_address(NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: packets");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, packets_tell_who_sent_when_and_whether_they_carry_anything);
	tcase_add_test(tests,
		       what_is_no_capture_of_ethernet_shows_nothing_and_keeps_nobody_waiting);
	tcase_add_test(tests, a_capture_that_breaks_off_is_read_until_there);
	tcase_add_test(tests, an_address_is_a_number_or_none);
	return suite_run(suite);
}
