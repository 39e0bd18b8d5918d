/* What a campaign may not say, each beside its neighbour that it may say: an error that names file,
 * line and remedy, before anything runs. */
#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "tests/support/suite.h"

static struct campaign campaign, again;

static int load_bytes(const char *bytes, size_t size, struct error *err)
{
	char path[] = "/tmp/fencepost-limits-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	int failed = campaign_load(path, &campaign, err) || campaign_validate(&campaign, err);

	unlink(path);
	return failed ? -1 : 0;
}

static void accepted(const char *text)
{
	struct error err = {0};

	ck_assert_msg(load_bytes(text, strlen(text), &err) == 0, "%s of: %s", err.text, text);
}

/* `line`: ":3:"; what the error must say beside it. */
static void refused_bytes(const char *bytes, size_t size, const char *line, const char *part)
{
	struct error err = {0};

	ck_assert_msg(load_bytes(bytes, size, &err) == -1, "accepted: %s", bytes);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strncmp(err.text, "/tmp/fencepost-limits-", 22) == 0, "no file in: %s",
		      err.text);
	ck_assert_msg(strncmp(err.text + 28, line, strlen(line)) == 0, "wanted %s in: %s", line,
		      err.text);
	ck_assert_msg(strstr(err.text, part) != NULL, "wanted '%s' in: %s", part, err.text);
	ck_assert_ptr_null(strstr(err.text, "(null)"));
}

static void refused(const char *text, const char *line, const char *part)
{
	refused_bytes(text, strlen(text), line, part);
}

struct pair {
	const char *bad, *line, *part, *good;
};

static void judge_pairs(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		refused(pairs[i].bad, pairs[i].line, pairs[i].part);
		accepted(pairs[i].good);
	}
}

#define JUDGE(pairs) judge_pairs(pairs, sizeof(pairs) / sizeof((pairs)[0]))
#define ARM          "arm a { }\n"
#define FAULT(text)  ARM "fault f {\n\t" text "\n}\n"

START_TEST(a_file_that_ends_too_early_names_where_it_began)
{
	static const struct pair pairs[] = {
		{"\narm a {\n\tlanes = 3\n", ":2:", "'}' is missing", "\narm a {\n\tlanes = 3\n}"},
		{"arm a { }\ncluster {\n", ":2:", "'}' is missing", "arm a { }\ncluster {\n}"},
		{"arm a { }\ncluster {\n\tendpoints = {\"http://a:1\"\n", ":3:", "'}' is missing",
		 "arm a { }\ncluster {\n\tendpoints = {\"http://a:1\"} }"},
		{"arm a { }\n/* and\nso on", ":2:", "comment", "arm a { }\n/* and\nso on */"},
		{"arm a { }\nname = \"so\non", ":2:", "text", "arm a { }\nname = \"so on\""},
		{"arm a { }\nname = 'so on\\", ":2:", "text", "arm a { }\nname = 'so on\\\\'"},
		{"arm a { }\nname = \"so on\\", ":2:", "", "arm a { }\nname = \"so on\\\\\""},
		{"arm a {/**/", ":1:", "'}' is missing", "arm a {/**/}"},
		{"arm a { }\n/*/ and", ":2:", "comment", "arm a { }\n/*/ and */"},
		{"arm a { }\nname = 'so on", ":2:", "text", "arm a { }\nname = 'so on'"},
		{"arm a { }\nname = \"${HOME\" # }", ":2:", "'${'", "arm a { }\nname = '${HOME'"},
		{"arm a { }\nduration =", ":2:", "end of file", "arm a { }\nduration = 9s"},
		{"arm a { }\narm b", ":2:", "end of file", "arm a { }\narm b { }"},
		{"arm a { } }\n", ":1:", "closing brace", "arm a { }\n"},
	};

	JUDGE(pairs);
}
END_TEST

START_TEST(bytes_that_are_no_text_name_their_line)
{
	accepted("\xef\xbb\xbf" ARM);
	accepted("name = x\r\narm a {\r\n\tlanes = 3\r\n}\r\n");
	ck_assert_str_eq(campaign.name, "x");
	accepted("name = 'gr\xc3\xbc\xc3\x9f'\n" ARM);
	refused("name = x\r\narm a {\r\n\tlanes = 0\r\n}\r\n", ":3:", "out of range");
	refused_bytes("arm a { }\n#\0\n", 13, ":2:", "NUL");
	refused("arm a { }\nname = 'gr\xfc\xdf'\n", ":2:", "0xfc");
	refused("arm a { }\n\n# \x1b[31m\n", ":3:", "0x1b");
	refused("arm a { }\rname = x", ":1:", "0x0d");
	refused("\xff\xfe"
		"a",
		":1:", "0xff");
	refused(ARM "name = \"a\\0b\"", ":2:", "NUL");
	refused(ARM "name = \"a\\x00b\"", ":2:", "NUL");
	refused(ARM "name = \"a\\nb\"", ":2:", "does not show");
	refused(ARM "name = \"a\\9\"", ":2:", "no escape");
	refused(ARM "name = \"a\\1011\"", ":2:", "no escape");
	refused(ARM "name = \"a\\q\"", ":2:", "no escape");
	refused(ARM "name = \"a\\xq\"", ":2:", "no escape");
	refused(ARM "name = \"a\\400\"", ":2:", "no byte");
	refused(ARM "name = \"a\\x0\"", ":2:", "'\\0': a NUL");
	refused(ARM "name = \"a\\x0ab\"", ":2:", "does not show");
	refused(ARM "name = \"a\\377\"", ":2:", "does not show");
	refused(ARM "name = \"a\\eb\"", ":2:", "does not show");
	accepted(ARM "name = \"a\\101\\x41\\\\0\"");
	ck_assert_str_eq(campaign.name, "aAA\\0");
	accepted(ARM "name = \"\\xf0\\x9f\\x98\\x80\\343\\202\\242\"");
	ck_assert_str_eq(campaign.name, "\xf0\x9f\x98\x80\xe3\x82\xa2");
	accepted(ARM "name = 'a\\0b'");
	ck_assert_str_eq(campaign.name, "a\\0b");
}
END_TEST

static int load_path(const char *path, struct error *err)
{
	*err = (struct error){0};
	return campaign_load(path, &campaign, err);
}

START_TEST(what_is_no_file_or_too_great_is_told)
{
	char *great = array_new(2 << 20, 1);
	struct error err = {0};

	ck_assert_int_eq(load_path("/nowhere.conf", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere.conf: No such file"));
	ck_assert_int_eq(load_path("/proc/self/mem", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot read the campaign /proc/self/mem"));
	err = (struct error){0};
	refused_bytes("\xef\xbb\xbf", 3, ": ", "no arm");
	refused_bytes("arm a { }\r", 10, ":1:", "0x0d");

	ck_assert_int_eq(campaign_load("/tmp", &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "/tmp is a directory"));
	err = (struct error){0};
	ck_assert_int_eq(campaign_load("/dev/zero", &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	memset(great, ' ', 2 << 20);
	memcpy(great, ARM, strlen(ARM));
	ck_assert_int_eq(load_bytes(great, 1 << 20, &(struct error){0}), 0);
	err = (struct error){0};
	ck_assert_int_eq(load_bytes(great, (1 << 20) + 1, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "1048576 bytes"));
	free(great);
}
END_TEST

START_TEST(nothing_is_said_twice_and_nothing_is_skipped)
{
	static const struct pair pairs[] = {
		{"arm a {\n lanes = 3\n lanes = 4 }", ":3:", "first in line 2",
		 "arm a { lanes = 3 }"},
		{"seed = 1\n" ARM "seed = 2", ":3:", "'seed' is set twice", "seed = 1\n" ARM},
		{"cluster { }\n" ARM "cluster { }", ":3:", "second 'cluster'", "cluster { }\n" ARM},
		{ARM "\narm a { }", ":3:", "'a'", ARM "\narm b { }"},
		{FAULT("do = partition") "fault f { do = partition }", ":5:", "'f'",
		 FAULT("do = partition") "fault g { do = partition }"},
		{ARM "cluster { endpoints = {\"http://a:1\"}\n endpoints += {\"http://b:1\"} }",
		 ":3:", "twice", ARM "cluster { endpoints = {\"http://a:1\", \"http://b:1\"} }"},
		{ARM "cluster {\n endpoints = {\"http://a:1\", \"http://a:1\"} }", ":3:", "twice",
		 ARM "cluster { endpoints = {\"http://a:1\", \"http://a:2\"} }"},
		{"\narm a { lanes = *4 }", ":2:", "'*'", "arm a { lanes = 4 }"},
		{"\narm a { lanes = +4 }", ":2:", "'+'", "arm a { lanes = 4 }"},
		{"\ncluster|members = 1\n" ARM, ":2:", "'|'", "\ncluster { members = 1 }\n" ARM},
		{"\n\"seed\" = 1\n" ARM, ":2:", "no name", "\nseed = 1\n" ARM},
		{"/* a */ /*\n*/ arm a { lanes = x }", ":2:", "lanes", "/* a */ /*\n*/ " ARM},
		{FAULT("do = pause target = holder lane = {1, 1}"), ":3:", "twice",
		 FAULT("do = pause target = holder lane = {1, 2}")},
	};

	JUDGE(pairs);
}
END_TEST

START_TEST(more_options_than_a_block_can_have_are_refused)
{
	for (int options = 64; options <= 65; options++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		fputs("arm b { lanes = 1 }\narm a {\n", out);
		for (int i = 0; i < options; i++)
			fprintf(out, "o%d = 1\n", i);
		fputs("}\n", out);
		fclose(out);
		if (options == 64)
			refused(text, ":3:", "no such option");
		else
			refused(text, ":67:", "more than 64 options");
		free(text);
	}
}
END_TEST

START_TEST(numbers_are_decimal_and_in_range)
{
	static const struct pair pairs[] = {
		{"\narm a { lanes = 010 }", ":2:", "no whole number", "arm a { lanes = 10 }"},
		{"\narm a { lanes = 0x10 }", ":2:", "no whole number", "arm a { lanes = 16 }"},
		{"\narm a { lanes = 65 }", ":2:", "1 to 64", "arm a { lanes = 64 }"},
		{"\narm a { workers = 0 }", ":2:", "1 to 64", "arm a { workers = 1 }"},
		{"\narm a { retries = 99999999999999999999 }", ":2:", "no whole number",
		 "arm a { retries = 64 }"},
		{"\narm a { retries = 1001 }", ":2:", "1 to 1000", "arm a { retries = 1000 }"},
		{"\narm a { renew-timeout = 0.5 }", ":2:", "no length of time",
		 "arm a { renew-timeout = 500ms }"},
		{ARM "min-exposures = 1000001", ":2:", "1 to 1000000",
		 ARM "min-exposures = 1000000"},
		{ARM "seed = 18446744073709551616", ":2:", "64 bits",
		 ARM "seed = 18446744073709551615"},
		{ARM "cluster {\n members = 2 }", ":3:", "1, 3 or 5",
		 ARM "cluster { members = 5 }"},
		{FAULT("do = ballast count = 1001"), ":3:", "1000",
		 FAULT("do = ballast count = 1000")},
		{FAULT("do = writes rate = 4001"), ":3:", "4000", FAULT("do = writes rate = 4000")},
		{FAULT("do = rate target = leader rate = 100001"), ":3:", "100000",
		 FAULT("do = rate target = leader rate = 100000")},
		{FAULT("do = loss target = leader percent = 101"), ":2:", "more than 100",
		 FAULT("do = clock target = holder percent = 1000")},
		{FAULT("do = clock target = holder percent = 1000.001"), ":3:", "up to 1000",
		 FAULT("do = clock target = holder percent = 0.001")},
		{FAULT("do = loss target = leader percent = 1e1"), ":3:", "three decimals",
		 FAULT("do = loss target = leader percent = 10")},
		{FAULT("do = loss target = leader percent = 0.0001"), ":3:", "three decimals",
		 FAULT("do = loss target = leader percent = 0.001")},
		{FAULT("do = loss target = leader percent = nan"), ":3:", "three decimals",
		 FAULT("do = loss target = leader percent = 100")},
		{FAULT("do = pause target = holder lanes = 5"), ":2:", "no arm has more than 4",
		 FAULT("do = pause target = holder lanes = 4")},
	};

	JUDGE(pairs);
}
END_TEST

START_TEST(lengths_of_time_are_whole_and_in_range)
{
	static const struct pair pairs[] = {
		{ARM "duration = 0s", ":2:", "1s to 86400s", ARM "duration = 1s"},
		{ARM "duration = 999ms", ":2:", "1s to 86400s", ARM "duration = 86400s"},
		{ARM "duration = 1000.5ms", ":2:", "whole milliseconds", ARM "duration = 1.001s"},
		{ARM "settle = 99ms", ":2:", "100ms to", ARM "settle = 100ms"},
		{ARM "settle = 86401s", ":2:", "settle", ARM "settle = 86400s"},
		{"\narm a { ttl = 1.5s }", ":2:", "write \"1s\" or \"2s\"", "arm a { ttl = 2s }"},
		{"\narm a { ttl = 0s }", ":2:", "1s to", "arm a { ttl = 1s }"},
		{"\narm a { ttl = 2001ms }", ":2:", "whole seconds", "arm a { ttl = 2000ms }"},
		{"\narm a { heartbeat = 9ms }", ":2:", "10ms to", "arm a { heartbeat = 10ms }"},
		{"\narm a { heartbeat = 1ms }", ":2:", "or 0s", "arm a { heartbeat = 0s }"},
		{"\narm a { heartbeat = 1s }", ":2:", "less than the TTL",
		 "arm a { heartbeat = 999ms }"},
		{"\narm a { acquire-timeout = 0s }", ":2:", "10ms to",
		 "arm a { acquire-timeout = 10ms }"},
		{"\narm a { work = 0.5ms }", ":2:", "whole milliseconds", "arm a { work = 0ms }"},
		{"\narm a { work = \"1 ttl\" }", ":2:", "work", "arm a { work = \"1s .. 2s\" }"},
		{ARM "cluster {\n heartbeat = 0ms }", ":3:", "1ms to",
		 ARM "cluster { heartbeat = 1ms }"},
		{ARM "cluster {\n election = 50001ms }", ":3:", "50s",
		 ARM "cluster { election = 50s }"},
		{ARM "cluster {\n heartbeat = 101ms }", ":3:", "5 times",
		 ARM "cluster { heartbeat = 100ms }"},
		{FAULT("do = pause target = holder length = \"1.0005 ttl\""), ":3:", "thousandths",
		 FAULT("do = pause target = holder length = \"1.001 ttl\"")},
		{FAULT("do = pause target = holder every = \"2s .. 3s\""), ":3:", "one time",
		 FAULT("do = pause target = holder every = \"2s\" jitter = \"1s\"")},
		{FAULT("do = pause target = holder every = 1ms"), ":2:", "50ms",
		 FAULT("do = pause target = holder every = 0ms")},
		{FAULT("do = pause target = holder every = 49ms"), ":2:", "50ms",
		 FAULT("do = pause target = holder every = 50ms")},
	};

	JUDGE(pairs);
}
END_TEST

#define DAY(text) "arm a { ttl = 86400s }\nfault f {\n\t" text "\n}\n"

START_TEST(multiples_of_a_long_ttl_do_not_overflow)
{
	static const struct pair pairs[] = {
		{DAY("do = pause target = holder length = 1s jitter = \"24.856 ttl\""),
		 ":3:", "more than a day",
		 DAY("do = pause target = holder length = 1s jitter = \"1 ttl\"")},
		{DAY("do = pause target = holder length = 1s first = \"1.001 ttl\""),
		 ":3:", "more than a day",
		 DAY("do = pause target = holder length = 1s first = \"1 ttl\"")},
		{DAY("do = pause target = holder length = 1s every = \"86400 ttl\""),
		 ":3:", "more than a day",
		 DAY("do = pause target = holder length = 1s every = \"0.5 ttl\"")},
		{DAY("preset = gc-full first = 1s"), ":2:", "every = 4 TTLs of 86400 s",
		 DAY("do = pause target = holder length = \"1 ttl\"")},
		{DAY("do = pause target = holder length = \"0.1 .. 1.001 ttl\""),
		 ":2:", "length = 1.001 TTLs",
		 DAY("do = pause target = holder length = \"0.1 .. 1 ttl\"")},
		{DAY("do = pause target = holder length = 1s after = \"2 ttl\""), ":2:",
		 "after = 2 TTLs", DAY("do = pause target = holder length = 1s after = \"1 ttl\"")},
		{DAY("do = clock target = holder length = 1s by = \"2 ttl\""), ":2:", "by = 2 TTLs",
		 DAY("do = clock target = holder length = 1s by = \"1 ttl\"")},
	};

	JUDGE(pairs);
}
END_TEST

START_TEST(names_keep_to_their_letters_and_off_those_that_are_taken)
{
	static const char *const taken[] = {"service",  "store",   "witness",
					    "recorder", "capture", "nemesis"};
	static const struct pair pairs[] = {
		{"\narm \"a/b\" { }", ":2:", "a-z", "arm a-b { }"},
		{"\narm \"\" { }", ":2:", "a-z", "arm 0 { }"},
		{"\narm A { }", ":2:", "a-z", "arm a { }"},
		{"\narm -a { }", ":2:", "begin with '-'", "arm a- { }"},
		{"\narm \"a b\" { }", ":2:", "a-z", "arm services { }"},
		{"\narm \"a'--\" { }", ":2:", "a-z", "arm service1 { }"},
		{"\narm \"..\" { }", ":2:", "a-z", "arm m1 { }"},
		{"\narm abcdefghijklmnopqrstu { }", ":2:", "1 to 20",
		 "arm abcdefghijklmnopqrst { }"},
		{ARM "fault nothing { do = partition }", ":2:", "something else",
		 ARM "fault service { do = partition }"},
		{ARM "name = ''", ":2:", "empty", ARM "name = ' '"},
	};
	char text[200], fill[65] = "";

	JUDGE(pairs);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		snprintf(text, sizeof(text), ARM "arm %s { }", taken[i]);
		refused(text, ":2:", "something else");
	}
	memset(fill, 'x', sizeof(fill) - 1);
	for (int length = 63; length <= 64; length++) {
		snprintf(text, sizeof(text), ARM "name = '%.*s'", length, fill);
		if (length == 63)
			accepted(text);
		else
			refused(text, ":2:", "64 bytes; at most 63");
	}
}
END_TEST

START_TEST(endpoints_are_urls_and_leave_nothing_to_say_about_members)
{
#define AT(list) ARM "cluster {\n\tendpoints = {" list "}\n"
	static const struct pair pairs[] = {
		{AT("\"httpx://a:1\"") "}", ":3:", "no URL", AT("'https://a:1'") "}"},
		{AT("\"ftp://a:1\"") "}", ":3:", "no URL", AT("\"http://a\"") "}"},
		{AT("\"http://\"") "}", ":3:", "no URL", AT("\"http://[::1]:2379\"") "}"},
		{AT("\"http://a:0\"") "}", ":3:", "port", AT("\"http://a:1\"") "}"},
		{AT("\"http://a:65536\"") "}", ":3:", "port", AT("\"http://a:65535\"") "}"},
		{AT("\"http://a:1/\"") "}", ":3:", "nothing behind", AT("\"http://a:1\"") "}"},
		{AT("\"http://me:secret@a:1\"") "}", ":3:", "'http://...@a:1': user and password",
		 AT("\"http://a:1\"") "}"},
		{AT("\"http://a:1\", \"\"") "}", ":3:", "no URL", AT("\"http://a:1\",") "}"},
		{AT("\"http://a:1\"") " etcd = x }", ":4:", "'etcd' means nothing",
		 AT("") " etcd = x }"},
		{AT("\"http://a:1\"") " heartbeat = 9ms }", ":4:", "'heartbeat'",
		 AT("") " heartbeat = 9ms }"},
		{AT("\"http://a:1\"") " members = 3 }", ":4:", "there are 1 endpoints",
		 AT("\"http://a:1\"") " members = 1 }"},
		{AT("\"http://a:1?b\"") "}", ":3:", "nothing behind", AT("\"http://a:1\"") "}"},
		{AT("\"http://a b:1\"") "}", ":3:", "no URL", AT("\"http://a_b:1\"") "}"},
		{AT("\"http://a:1\"") " user = 'me:x' }", ":4:", "a password does not stand",
		 AT("\"http://a:1\"") " user = 'me' }"},
		{AT("\"http://a:1\"") " password = 'x' }", ":4:", "a password does not stand",
		 AT("\"http://a:1\"") " password-file = 'x' }"},
		{AT("\"http://a:1\"") " prefix = 'x' }", ":4:", "end with a slash",
		 AT("\"http://a:1\"") " prefix = 'x/' }"},
		{AT("\"http://a:1\"") " prefix = '123456789012345678901234/' }", ":4:", "24",
		 AT("\"http://a:1\"") " prefix = '12345678901234567890123/' }"},
		{AT("\"http://a:1\"") " etcd-flags = {\"--snapshot-count=9\"} }",
		 ":4:", "'etcd-flags'", AT("") " etcd-flags = {\"--snapshot-count=9\"} }"},
	};

	JUDGE(pairs);
	ck_assert_int_eq(campaign.cluster.flags, 1);
	ck_assert_int_eq(campaign.cluster.endpoints, 0);
#undef AT
}
END_TEST

START_TEST(flags_of_the_harness_are_refused_and_others_are_kept)
{
#define FLAGS(list) ARM "cluster {\n\tetcd-flags = {" list "} }\n"
	static const char *const taken[] = {"--name=x",
					    "--data-dir=/tmp",
					    "--wal-dir=/tmp",
					    "--listen-client-urls=http://a:1",
					    "--listen-metrics-urls=http://a:1",
					    "--advertise-client-urls=http://a:1",
					    "--initial-cluster=a",
					    "--initial-cluster-state=new",
					    "--heartbeat-interval=1",
					    "--election-timeout=9",
					    "--config-file=x",
					    "--force-new-cluster",
					    "--cert-file=x",
					    "--peer-auto-tls",
					    "--log-outputs=x",
					    "--enable-grpc-gateway=false",
					    "--version",
					    "-h",
					    "name=x",
					    "--",
					    "--=x",
					    "--Name=x",
					    "--snapshot-count 5",
					    "---name=x",
					    ""};
	static const struct pair pairs[] = {
		{FLAGS("\"--snapshot-count=1\", \"--snapshot-count=2\""), ":3:", "twice",
		 FLAGS("\"--snapshot-count=1\", \"--snapshot-catchup-entries=2\"")},
		{FLAGS("\"-max-txn-ops=1\""), ":3:", "--name=value", FLAGS("\"--max-txn-ops=1\"")},
		{FLAGS("\"--max-txn-ops=1\\n\""), ":3:", "does not show", FLAGS("'--cors=a b'")},
	};
	struct error err = {0};
	char text[200];

	JUDGE(pairs);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		snprintf(text, sizeof(text), FLAGS("\"%s\""), taken[i]);
		refused(text, ":3:", "etcd-flags");
	}
	accepted(FLAGS("\"--experimental-initial-corrupt-check\", '--cors=it\\'s'"));
	ck_assert_str_eq(campaign.cluster.flag[1], "--cors=it's");
	_cleanup_free_ char *printed = campaign_print(&campaign);

	ck_assert_msg(campaign_load_text(printed, "printed", &again, &err) == 0, "%s", err.text);
	again.place = campaign.place;
	ck_assert_mem_eq(&again, &campaign, sizeof(campaign));
	/* --endpoints beside them: they are the point of the campaign. */
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://a:1", &err), 0);
	ck_assert_int_eq(campaign_validate(&campaign, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "etcd-flags"));
#undef FLAGS
}
END_TEST

START_TEST(options_that_mean_nothing_here_are_refused)
{
	static const struct pair pairs[] = {
		{"\narm a { recipe = rwlock }", ":2:", "recipe = rwlock needs readers",
		 "arm a { recipe = rwlock readers = 50 }"},
		{"\narm a { recipe = semaphore }", ":2:", "recipe = semaphore needs permits",
		 "arm a { recipe = semaphore permits = 2 }"},
		{"\narm a { permits = 2 }", ":2:", "permits means nothing to recipe = lock",
		 "arm a { permits = 0 }"},
		{"\narm a { recipe = semaphore permits = 2 readers = 1 }",
		 ":2:", "readers means nothing to recipe = semaphore",
		 "arm a { recipe = semaphore permits = 2 readers = 0 }"},
		{"\narm a { recipe = semaphore permits = 2 guard = token }",
		 ":2:", "guard = token cannot stand before recipe = semaphore",
		 "arm a { recipe = semaphore permits = 2 guard = idempotent }"},
		{"\narm a { store = ignores-tokens }", ":2:", "no token",
		 "arm a { guard = token store = ignores-tokens }"},
		{FAULT("do = pause target = leader lanes = 1"), ":2:", "mean nothing",
		 FAULT("do = pause target = endpoint lanes = 1")},
		{FAULT("do = pause target = leader lane = {1}"), ":2:", "mean nothing",
		 FAULT("do = pause target = holder lane = {1}")},
		{FAULT("do = pause target = leader since = begin"), ":3:", "'follows'",
		 ARM "fault e { do = partition }\nfault f { do = pause target = leader follows = e "
		     "since = begin }"},
		{FAULT("do = delay target = leader by = 0s"), ":2:", "changes nothing",
		 FAULT("do = delay target = leader by = 1ms")},
		{FAULT("do = clock target = holder percent = 100"), ":2:", "is true",
		 FAULT("do = clock target = holder percent = 100 by = 1s")},
		{FAULT("do = slow target = holder by = 10ms percent = 5"),
		 ":2:", "5 percent of a period of 10 ms",
		 FAULT("do = slow target = holder by = 10ms percent = 10")},
		{FAULT("do = slow target = holder by = 1ms"),
		 ":2:", "80 percent of a period of 1 ms",
		 FAULT("do = slow target = holder by = \"0.001 ttl\"")},
		{FAULT("do = slow target = holder percent = 100"), ":2:", "1 ms",
		 FAULT("do = slow target = holder percent = 99")},
	};

	JUDGE(pairs);
}
END_TEST

#define OFTEN(seconds)                                                                             \
	"duration = " seconds "s\n" ARM                                                            \
	"fault e { do = pause target = holder first = 0s every = 100ms }\n"                        \
	"fault f { do = pause target = waiter follows = e }\n"

START_TEST(more_occasions_than_a_run_takes_are_refused_before_it)
{
	static const struct pair pairs[] = {
		{OFTEN("5001"), ":3:", "50010 times of 100020", OFTEN("5000")},
		{"duration = 86400s\n" FAULT("do = compact every = 50ms"), ":3:", "times of",
		 "duration = 86400s\n" FAULT("do = compact every = 900ms")},
	};

	JUDGE(pairs);
	refused(OFTEN("5001") "fault g { do = compact }\n", ":3:", "50010 times of 100021");
}
END_TEST

static char warning[400]; /* the last */

static void count_warning(void *context, const char *text)
{
	text_copy(warning, sizeof(warning), text);
	++*(int *)context;
}

static int warnings_of(const char *text)
{
	int warnings = 0;

	accepted(text);
	campaign_warn(&campaign, count_warning, &warnings);
	return warnings;
}

START_TEST(what_will_not_show_what_it_seems_to_is_warned_of)
{
	ck_assert_int_eq(warnings_of("settle = 2s\narm a { work = \"1s .. 1999ms\" }"), 0);
	ck_assert_int_eq(warnings_of("settle = 2s\narm a { work = \"1s .. 2s\" }\narm b { }"), 1);
	ck_assert_ptr_nonnull(strstr(warning,
				     "arm a: settle of 2000 ms is not longer than its work "
				     "of up to 2000 ms: "));
	ck_assert_int_eq(warnings_of("settle = 2s\narm a { }\narm b { work = 3s }"), 1);
	ck_assert_ptr_nonnull(strstr(warning,
				     "arm b: settle of 2000 ms is not longer than its work "
				     "of up to 3000 ms: "));
	ck_assert_int_eq(warnings_of("duration = 9s\n" FAULT("do = compact first = 8999ms")), 0);
	ck_assert_int_eq(warnings_of("duration = 9s\n" FAULT(
				 "do = compact first = 9s") "fault g { do = compact follows = f }"),
			 2);
	ck_assert_int_eq(warnings_of("duration = 9s\n" FAULT(
				 "do = compact") "fault g { do = compact "
						 "first = 9s }\nfault h { do = compact follows = g "
						 "}\nfault i "
						 "{ do = compact follows = f }"),
			 2);
	ck_assert_ptr_nonnull(strstr(warning, "fault h: "));
	ck_assert_int_eq(warnings_of("duration = 9s\n" FAULT(
				 "do = compact first = 9s") "fault g { do = compact follows = f }"),
			 2);
	ck_assert_str_eq(warning, "fault g: it does not come within the duration of 9000 ms");
}
END_TEST

/* The command line may have set it since it was read. */
START_TEST(load_of_less_than_a_second_is_refused)
{
	struct error err = {0};

	accepted(ARM);
	campaign.duration_ms = 1000;
	ck_assert_int_eq(campaign_validate(&campaign, &err), 0);
	campaign.duration_ms = 999;
	ck_assert_int_eq(campaign_validate(&campaign, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "less than a second"));
}
END_TEST

START_TEST(campaigns_that_come_along_are_possible_and_need_no_warning)
{
	static const char *const patterns[] = {"campaigns/*.conf", "campaigns/*/*.conf"};
	int found = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t paths;

		ck_assert_int_eq(glob(patterns[i], 0, NULL, &paths), 0);
		for (size_t k = 0; k < paths.gl_pathc; k++, found++) {
			struct error err = {0};
			int warnings = 0;

			ck_assert_msg(campaign_load(paths.gl_pathv[k], &campaign, &err) == 0 &&
					      campaign_validate(&campaign, &err) == 0,
				      "%s", err.text);
			campaign_warn(&campaign, count_warning, &warnings);
			ck_assert_msg(warnings == 0, "%s is warned of", paths.gl_pathv[k]);
		}
		globfree(&paths);
	}
	ck_assert_int_ge(found, 13);
}
END_TEST

START_TEST(too_many_blocks_and_workers_name_the_one_too_many)
{
	char *text = NULL;
	size_t size;

	for (int arms = ARMS_MAX; arms <= ARMS_MAX + 1; arms++) {
		FILE *out = open_memstream(&text, &size);

		for (int i = 0; i < arms; i++)
			fprintf(out, "arm a%d { lanes = 1 workers = 1 }\n", i);
		fclose(out);
		if (arms == ARMS_MAX)
			accepted(text);
		else
			refused(text, ":129:", "more than 128");
		free(text);
	}
	refused("arm a { lanes = 64 workers = 8 }\narm b { lanes = 64 workers = 8 }\n",
		":2:", "1024 workers");
	accepted("arm a { lanes = 64 workers = 8 }\narm b { lanes = 62 workers = 6 }\n");
	refused("arm a { lanes = 64 workers = 8 }\narm b { lanes = 62 workers = 6 }\n"
		"arm c { lanes = 1 workers = 1 }\n",
		":3:", "885 workers; one machine carries 884");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: limits of a campaign");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_file_that_ends_too_early_names_where_it_began);
	tcase_add_test(tests, bytes_that_are_no_text_name_their_line);
	tcase_add_test(tests, what_is_no_file_or_too_great_is_told);
	tcase_add_test(tests, nothing_is_said_twice_and_nothing_is_skipped);
	tcase_add_test(tests, more_options_than_a_block_can_have_are_refused);
	tcase_add_test(tests, numbers_are_decimal_and_in_range);
	tcase_add_test(tests, lengths_of_time_are_whole_and_in_range);
	tcase_add_test(tests, multiples_of_a_long_ttl_do_not_overflow);
	tcase_add_test(tests, names_keep_to_their_letters_and_off_those_that_are_taken);
	tcase_add_test(tests, endpoints_are_urls_and_leave_nothing_to_say_about_members);
	tcase_add_test(tests, flags_of_the_harness_are_refused_and_others_are_kept);
	tcase_add_test(tests, options_that_mean_nothing_here_are_refused);
	tcase_add_test(tests, more_occasions_than_a_run_takes_are_refused_before_it);
	tcase_add_test(tests, what_will_not_show_what_it_seems_to_is_warned_of);
	tcase_add_test(tests, load_of_less_than_a_second_is_refused);
	tcase_add_test(tests, campaigns_that_come_along_are_possible_and_need_no_warning);
	tcase_add_test(tests, too_many_blocks_and_workers_name_the_one_too_many);
	return suite_run(suite);
}
