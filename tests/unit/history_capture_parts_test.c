/*
 * What the packet capture keeps and gives up, to the packet; and what it says when libpcap or the
 * disk fail. libpcap's calls on the interface are this program's own: a look gets what the script
 * gives it, in time that leaps. The real thing is history_capture_test's.
 */
#include <check.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/capture.h"
#include "tests/support/leap.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { SNAP = 100, PACKET = 16 + SNAP, HEAD = 24, A_PART = 10 /* packets */, LOOK_S = 1 };
enum { LOOKS_AFTER = 2 }; /* the stop: the one that it waits in, and the last */
enum { LIMIT = CAPTURE_PARTS * (HEAD + A_PART * PACKET) };

static struct live live;
static _Atomic int stop;
static struct capture_config config;
static struct capture_result result;
static struct error err;

/* libpcap ------------------------------------------------------------------------------------- */

static struct {
	void (*look)(int number); /* what happens before each look; it sets the next two */
	int packets, says;        /* says: what dispatch answers, if it is not 0 */
	int looks, all;           /* the capture is told to stop two before the last */
	int snap, timeout_ms, buffer_bytes, promiscuous;
	int fails_at; /* the nth of the calls that set it up, from 1 */
	bool breaks, knows_no_statistics;
	pcap_handler take;
	unsigned char *taker;
	int sent;
} script;

static int fd_ready = -1;

pcap_t *pcap_create(const char *interface, char *complaint)
{
	ck_assert_str_eq(interface, "hub");
	if (script.fails_at == 1) {
		snprintf(complaint, PCAP_ERRBUF_SIZE, "no such thing");
		return NULL;
	}
	return pcap_open_dead(DLT_EN10MB, SNAP);
}

int pcap_set_snaplen(pcap_t *pcap, int bytes)
{
	(void)pcap;
	script.snap = bytes;
	return script.fails_at == 2 ? PCAP_ERROR_ACTIVATED : 0;
}

int pcap_set_promisc(pcap_t *pcap, int on)
{
	(void)pcap;
	script.promiscuous = on;
	return script.fails_at == 3 ? PCAP_ERROR_ACTIVATED : 0;
}

int pcap_set_timeout(pcap_t *pcap, int ms)
{
	(void)pcap;
	script.timeout_ms = ms;
	return script.fails_at == 4 ? PCAP_ERROR_ACTIVATED : 0;
}

int pcap_set_buffer_size(pcap_t *pcap, int bytes)
{
	(void)pcap;
	script.buffer_bytes = bytes;
	return script.fails_at == 5 ? PCAP_ERROR_ACTIVATED : 0;
}

/* A warning is none of our business. */
int pcap_activate(pcap_t *pcap)
{
	(void)pcap;
	return script.fails_at == 6 ? PCAP_ERROR_PERM_DENIED : PCAP_WARNING_PROMISC_NOTSUP;
}

char *pcap_geterr(pcap_t *pcap)
{
	static char detail[] = "the detail";

	(void)pcap;
	return detail;
}

int pcap_setnonblock(pcap_t *pcap, int on, char *complaint)
{
	(void)pcap;
	ck_assert_int_eq(on, 1);
	snprintf(complaint, PCAP_ERRBUF_SIZE, "it blocks");
	return script.fails_at == 7 ? -1 : 0;
}

int pcap_get_selectable_fd(pcap_t *pcap)
{
	(void)pcap;
	return fd_ready;
}

void pcap_breakloop(pcap_t *pcap)
{
	(void)pcap;
	script.breaks = true;
}

int pcap_stats(pcap_t *pcap, struct pcap_stat *stats)
{
	(void)pcap;
	*stats = (struct pcap_stat){.ps_recv = 900, .ps_drop = 5, .ps_ifdrop = 2};
	return script.knows_no_statistics ? -1 : 0;
}

/* Each packet carries its number. */
static void give(pcap_handler take, unsigned char *taker, int packets)
{
	for (int i = 0; i < packets && !script.breaks; i++) {
		struct pcap_pkthdr header = {.caplen = SNAP, .len = 1500};
		unsigned char bytes[SNAP] = "";
		int number = script.sent++;

		memcpy(bytes, &number, sizeof(number));
		take(taker, &header, bytes);
	}
}

int pcap_dispatch(pcap_t *pcap, int most, pcap_handler take, unsigned char *taker)
{
	(void)pcap;
	ck_assert_int_eq(most, -1);
	give(take, taker, script.packets);
	if (script.says)
		return script.says;
	return script.breaks ? PCAP_ERROR_BREAK : script.packets;
}

/* Every look of the capture begins with the clock, so the script goes on where it waits. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(fds->fd, fd_ready);
	ck_assert_int_eq(timeout_ms, 100);
	*leap_ns += LOOK_S * NS_PER_S;
	script.packets = script.says = 0;
	script.looks++;
	if (script.look)
		script.look(script.looks);
	if (script.looks == script.all - LOOKS_AFTER)
		stop = 1;
	ck_assert_int_le(script.looks, script.all);
	return 1;
}

/* Running it ---------------------------------------------------------------------------------- */

static void setup(void)
{
	leap_open();
	fd_ready = open("/dev/null", O_RDWR);
	memset(&script, 0, sizeof(script));
	memset(&live, 0, sizeof(live));
	stop = 0;
	err = (struct error){0};
	config = (struct capture_config){.interface = "hub",
					 .path = scratch_file("capture.pcap"),
					 .snap_bytes = SNAP,
					 .limit_bytes = LIMIT,
					 .live = &live,
					 .before_ns = 2 * NS_PER_S + NS_PER_S / 2,
					 .after_ns = 3 * NS_PER_S + NS_PER_S / 2,
					 .stop = &stop};
}

static int capture(void (*look)(int number), int looks)
{
	script.look = look;
	script.all = looks;
	script.looks = 0;
	stop = looks == LOOKS_AFTER;
	return capture_run(&config, &result, &err);
}

static const char *part(int number)
{
	static char name[400];

	snprintf(name, sizeof(name), "%s.%d", config.path, number);
	return name;
}

static int64_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -1 : status.st_size;
}

/* As many as fit into a part, each second. */
static void fill_a_part(int number)
{
	(void)number;
	script.packets = A_PART;
}

/* What is kept -------------------------------------------------------------------------------- */

START_TEST(the_interface_is_asked_for_all_that_the_configuration_says)
{
	ck_assert_int_eq(capture(NULL, 2), 0);
	ck_assert_int_eq(script.snap, SNAP);
	ck_assert_int_eq(script.promiscuous, 1);
	ck_assert_int_eq(script.buffer_bytes, 16 << 20);
	/* What came before the stop is handed over by the last look. */
	ck_assert_int_lt(script.timeout_ms, 100);
	ck_assert_int_gt(script.timeout_ms, 0);
	ck_assert_int_eq(result.missed_by_kernel, 7);
	ck_assert_int_eq(result.parts, 1);
	ck_assert_int_eq(result.kept_bytes, HEAD);
	script.knows_no_statistics = true;
	ck_assert_int_eq(capture(NULL, 2), 0);
	ck_assert_int_eq(result.missed_by_kernel, 0);
}
END_TEST

static void give_at_the_stop(int number)
{
	script.packets = number;
}

START_TEST(what_came_before_the_stop_is_kept)
{
	ck_assert_int_eq(capture(give_at_the_stop, 3), 0);
	ck_assert_int_eq(script.looks, 3);
	ck_assert_int_eq(result.kept, 6);
	ck_assert_int_eq(result.kept_bytes, HEAD + 6 * PACKET);
	ck_assert_int_eq(size_of(part(1)), HEAD + 6 * PACKET);
}
END_TEST

START_TEST(a_part_holds_its_share_of_the_limit_and_not_a_byte_more)
{
	ck_assert_int_eq(capture(fill_a_part, 4), 0);
	ck_assert_int_eq(result.parts, 4);
	for (int i = 1; i <= 4; i++)
		ck_assert_int_eq(size_of(part(i)), HEAD + A_PART * PACKET);
	ck_assert_int_eq(result.dropped, 0);
	config.limit_bytes -= CAPTURE_PARTS;
	ck_assert_int_eq(capture(fill_a_part, 4), 0);
	ck_assert_int_eq(result.parts, 5);
	ck_assert_int_eq(size_of(part(1)), HEAD + (A_PART - 1) * PACKET);
}
END_TEST

START_TEST(the_oldest_part_goes_first_and_is_counted)
{
	ck_assert_int_eq(capture(fill_a_part, CAPTURE_PARTS + 3), 0);
	ck_assert_int_eq(result.parts, CAPTURE_PARTS + 3);
	ck_assert_int_eq(result.kept, CAPTURE_PARTS * A_PART);
	ck_assert_int_eq(result.kept_bytes, LIMIT);
	ck_assert_int_eq(result.dropped, 3 * A_PART);
	ck_assert_int_eq(result.dropped_bytes, 3 * (HEAD + A_PART * PACKET));
	ck_assert_int_eq(result.gaps, 1);
	ck_assert_int_eq(result.gap[0].first_part, 1);
	ck_assert_int_eq(result.gap[0].last_part, 3);
	/* The fourth second's packets are the first that are left. */
	ck_assert_int_lt(result.gap[0].to_ns - result.gap[0].from_ns, 4 * NS_PER_S);
	ck_assert_int_ge(result.gap[0].to_ns - result.gap[0].from_ns, 3 * NS_PER_S);
	for (int i = 1; i <= CAPTURE_PARTS + 3; i++)
		ck_assert_int_eq(size_of(part(i)) > 0, i > 3);
}
END_TEST

/* Faults -------------------------------------------------------------------------------------- */

/* Part n is of look n. */
static void fault_at_ten_for_two_seconds(int number)
{
	fill_a_part(number);
	live.faults_active = number >= 10 && number < 12;
	live.faults_ended = number >= 12;
}

static void fault_at_ten_that_is_over_at_once(int number)
{
	fill_a_part(number);
	live.faults_ended = number >= 10;
}

static void expect_first_kept(int first, int last)
{
	for (int i = 1; i < CAPTURE_PARTS; i++)
		ck_assert_msg((size_of(part(i)) > 0) == (i >= first && i <= last), "part %d", i);
}

/* Two and a half seconds before the look before the one that saw it first, three and a half behind
 * the one that saw it last; and a packet may be as much older than its look as it is handed over
 * late. */
START_TEST(what_surrounds_a_fault_stays)
{
	ck_assert_int_eq(capture(fault_at_ten_for_two_seconds, 2 * CAPTURE_PARTS), 0);
	expect_first_kept(7, 16);
	ck_assert_int_eq(result.gaps, 2);
	ck_assert_int_eq(result.gap[0].first_part, 1);
	ck_assert_int_eq(result.gap[0].last_part, 6);
	ck_assert_int_eq(result.gap[1].first_part, 17);
	ck_assert_int_eq(result.kept, CAPTURE_PARTS * A_PART);
	ck_assert_int_eq(result.kept + result.dropped, script.sent);
}
END_TEST

START_TEST(what_surrounds_a_fault_that_no_look_saw_stays_too)
{
	ck_assert_int_eq(capture(fault_at_ten_that_is_over_at_once, 2 * CAPTURE_PARTS), 0);
	expect_first_kept(7, 14);
	ck_assert_int_eq(result.gaps, 2);
	/* Nobody tells of faults: there are none. */
	config.live = NULL;
	ck_assert_int_eq(capture(fault_at_ten_that_is_over_at_once, 2 * CAPTURE_PARTS), 0);
	expect_first_kept(CAPTURE_PARTS, CAPTURE_PARTS);
	ck_assert_int_eq(result.gaps, 1);
}
END_TEST

static void fault_all_along_but_in_the_middle(int number)
{
	fill_a_part(number);
	live.faults_active = number < 10 || number > 20;
}

/* What has no fault goes first, but the newest quarter stays; then the oldest of all. */
START_TEST(where_there_are_faults_only_the_oldest_goes)
{
	ck_assert_int_eq(capture(fault_all_along_but_in_the_middle, CAPTURE_PARTS + 7), 0);
	/* 13 to 17: no fault was within its surroundings. Two more had to go. */
	ck_assert_int_eq(result.parts, CAPTURE_PARTS + 7);
	ck_assert_int_eq(result.gaps, 2);
	ck_assert_int_eq(result.gap[0].first_part, 1);
	ck_assert_int_eq(result.gap[0].last_part, 3);
	ck_assert_int_eq(result.gap[1].first_part, 14);
	ck_assert_int_eq(result.gap[1].last_part, 17);
	ck_assert_int_eq(result.gap[1].to_ns - result.gap[1].from_ns > 3 * NS_PER_S, 1);
}
END_TEST

static void fault_in_three_places(int number)
{
	fill_a_part(number);
	live.faults_active = number == 6 || number == 14 || number == 22;
}

/* They come to an end where the part that lay between is given up, too. */
START_TEST(gaps_that_touch_become_one)
{
	ck_assert_int_eq(capture(fault_in_three_places, 100), 0);
	ck_assert_int_ge(result.gaps, 2);
	int last = 0;

	for (int i = 0; i < result.gaps; i++) {
		const struct capture_gap *gap = &result.gap[i];

		ck_assert_int_gt(gap->first_part, last + (i > 0)); /* a part lies between them */
		ck_assert_int_ge(gap->last_part, gap->first_part);
		ck_assert_int_lt(gap->from_ns, gap->to_ns);
		last = gap->last_part;
		for (int k = gap->first_part; k <= last; k++)
			ck_assert_int_eq(size_of(part(k)), -1);
	}
}
END_TEST

/* Failing ------------------------------------------------------------------------------------- */

START_TEST(what_cannot_be_set_up_is_told)
{
	static const struct {
		enum exit_code code;
		const char *text;
	} told[] = {
		{EXIT_MACHINE_LACKS, "capture: no such thing"},
		{EXIT_OUR_FAULT, "capture: the detail"},
		{EXIT_OUR_FAULT, "capture: the detail"},
		{EXIT_OUR_FAULT, "capture: the detail"},
		{EXIT_OUR_FAULT, "capture: the detail"},
		{EXIT_MACHINE_LACKS, "capture on hub: "},
		{EXIT_OUR_FAULT, "capture: it blocks"},
	};

	for (int i = 0; i < 7; i++) {
		script.fails_at = i + 1;
		err = (struct error){0};
		result.kept = 99;
		ck_assert_int_eq(capture(NULL, 2), -1);
		ck_assert_int_eq(err.code, told[i].code);
		ck_assert_msg(strncmp(err.text, told[i].text, strlen(told[i].text)) == 0, "%s",
			      err.text);
		ck_assert_int_eq(script.looks, 0);
		ck_assert_int_eq(result.kept, 0);
	}
}
END_TEST

static void link_goes_at_three(int number)
{
	script.packets = 2;
	script.says = number == 3 ? PCAP_ERROR : 0;
}

START_TEST(an_interface_that_goes_ends_it_and_what_came_before_is_kept)
{
	ck_assert_int_eq(capture(link_goes_at_three, 9), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_str_eq(err.text, "capture on hub: the detail");
	ck_assert_int_eq(script.looks, 3);
	ck_assert_int_eq(result.kept, 6);
	ck_assert_int_eq(size_of(part(1)), HEAD + 6 * PACKET);
	ck_assert_int_eq(result.missed_by_kernel, 7);
}
END_TEST

static void give_two_parts(int number)
{
	(void)number;
	script.packets = 2 * A_PART;
}

START_TEST(a_part_that_cannot_be_made_ends_it_at_once)
{
	ck_assert_int_eq(mkdir(part(2), 0700), 0);
	ck_assert_int_eq(capture(give_two_parts, 9), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_int_eq(script.looks, 1);
	ck_assert(script.breaks);
	ck_assert_int_eq(result.kept, A_PART);
	ck_assert_int_eq(size_of(part(1)), HEAD + A_PART * PACKET);
	ck_assert_int_eq(rmdir(part(2)), 0);
	/* Nor can the first. */
	config.path = "/nowhere/capture.pcap";
	err = (struct error){0};
	ck_assert_int_eq(capture(fill_a_part, 9), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
}
END_TEST

START_TEST(a_disk_that_is_full_ends_it)
{
	config.limit_bytes = INT64_MAX;
	ck_assert_int_eq(symlink("/dev/full", part(1)), 0);
	/* Seen when it is closed; or, after more than is kept in memory, at the next look. */
	ck_assert_int_eq(capture(fill_a_part, 2), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_ptr_nonnull(strstr(err.text, "write "));
	ck_assert_ptr_nonnull(strstr(err.text, "No space left"));
	err = (struct error){0};
	ck_assert_int_eq(capture(fill_a_part, 50), -1);
	ck_assert_int_lt(script.looks, 10);
	ck_assert_ptr_nonnull(strstr(err.text, "write "));
}
END_TEST

/* Joining ------------------------------------------------------------------------------------- */

START_TEST(parts_are_joined_in_their_order_but_for_those_that_are_gone)
{
	ck_assert_int_eq(capture(fill_a_part, 5), 0);
	int64_t kept = result.kept;

	ck_assert_int_eq(unlink(part(1)), 0);
	ck_assert_int_eq(truncate(part(2), HEAD - 1), 0);
	ck_assert_int_eq(truncate(part(4), HEAD + 3 * PACKET - 1), 0); /* in its third */
	ck_assert_int_eq(capture_join(config.path, &result, &err), 0);
	ck_assert_int_eq(result.kept, kept - 2 * A_PART - (A_PART - 2));
	ck_assert_int_eq(result.kept_bytes, HEAD + result.kept * PACKET);
	ck_assert_int_eq(size_of(config.path), result.kept_bytes);
	for (int i = 1; i <= 5; i++)
		ck_assert_int_eq(size_of(part(i)), -1);
	FILE *file = fopen(config.path, "r");
	static const int first[] = {2 * A_PART, 3 * A_PART, 4 * A_PART};

	for (int i = 0; i < 3; i++) {
		int number = -1;

		fseek(file, HEAD + (i < 2 ? i * A_PART : A_PART + 2) * PACKET + 16, SEEK_SET);
		ck_assert_uint_eq(fread(&number, sizeof(number), 1, file), 1);
		ck_assert_int_eq(number, first[i]);
	}
	fclose(file);
}
END_TEST

START_TEST(without_parts_there_is_no_file)
{
	result = (struct capture_result){.parts = 3, .kept = 9, .kept_bytes = 9};
	ck_assert_int_eq(capture_join(config.path, &result, &err), 0);
	ck_assert_int_eq(result.kept + result.kept_bytes, 0);
	ck_assert_int_eq(size_of(config.path), -1);
}
END_TEST

START_TEST(parts_that_cannot_be_joined_stay)
{
	ck_assert_int_eq(capture(fill_a_part, 2), 0);
	ck_assert_int_eq(mkdir(config.path, 0700), 0);
	ck_assert_int_eq(capture_join(config.path, &result, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_int_gt(size_of(part(1)), HEAD);
	ck_assert_int_gt(size_of(part(2)), HEAD);
	ck_assert_int_eq(rmdir(config.path), 0);
	ck_assert_int_eq(symlink("/dev/full", config.path), 0);
	err = (struct error){0};
	ck_assert_int_eq(capture_join(config.path, &result, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "No space left"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: parts of a capture");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, the_interface_is_asked_for_all_that_the_configuration_says);
	tcase_add_test(tests, what_came_before_the_stop_is_kept);
	tcase_add_test(tests, a_part_holds_its_share_of_the_limit_and_not_a_byte_more);
	tcase_add_test(tests, the_oldest_part_goes_first_and_is_counted);
	tcase_add_test(tests, what_surrounds_a_fault_stays);
	tcase_add_test(tests, what_surrounds_a_fault_that_no_look_saw_stays_too);
	tcase_add_test(tests, where_there_are_faults_only_the_oldest_goes);
	tcase_add_test(tests, gaps_that_touch_become_one);
	tcase_add_test(tests, what_cannot_be_set_up_is_told);
	tcase_add_test(tests, an_interface_that_goes_ends_it_and_what_came_before_is_kept);
	tcase_add_test(tests, a_part_that_cannot_be_made_ends_it_at_once);
	tcase_add_test(tests, a_disk_that_is_full_ends_it);
	tcase_add_test(tests, parts_are_joined_in_their_order_but_for_those_that_are_gone);
	tcase_add_test(tests, without_parts_there_is_no_file);
	tcase_add_test(tests, parts_that_cannot_be_joined_stay);
	return suite_run(suite);
}
