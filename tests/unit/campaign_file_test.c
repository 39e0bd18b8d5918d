#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "campaign/duration.h"
#include "tests/support/suite.h"

static struct campaign campaign, again;

/* Loads a campaign from a text; returns what campaign_load and campaign_validate say. */
static int load_text(const char *text, struct campaign *into, struct error *err)
{
	char path[] = "/tmp/fencepost-campaign-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	int failed = campaign_load(path, into, err) || campaign_validate(into, err);

	unlink(path);
	return failed ? -1 : 0;
}

static void assert_refused(const char *text, const char *part_a, const char *part_b)
{
	struct error err = {0};

	ck_assert_int_eq(load_text(text, &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, part_a) && strstr(err.text, part_b),
		      "wanted '%s' and '%s' in: %s", part_a, part_b, err.text);
}

START_TEST(default_campaign_is_valid_and_pairs_its_arms)
{
	struct error err = {0};

	ck_assert_msg(campaign_load("campaigns/default.conf", &campaign, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(campaign_validate(&campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(campaign.arms, 2);
	ck_assert_int_eq(campaign.arm[0].guard, GUARD_NONE);
	ck_assert_int_eq(campaign.arm[1].guard, GUARD_TOKEN);
	ck_assert_int_eq(campaign.arm[0].expect, EXPECT_UNSAFE);
	ck_assert_int_eq(campaign.arm[1].expect, EXPECT_SAFE);
	ck_assert_int_ge(campaign.arm[0].workers, 3);
	campaign.arm[1].guard = campaign.arm[0].guard;
	campaign.arm[1].id = campaign.arm[0].id;
	campaign.arm[1].expect = campaign.arm[0].expect;
	memcpy(campaign.arm[1].name, campaign.arm[0].name, sizeof(campaign.arm[0].name));
	ck_assert_mem_eq(&campaign.arm[0], &campaign.arm[1], sizeof(campaign.arm[0]));
}
END_TEST

START_TEST(printed_campaign_reads_back_to_the_same)
{
	struct error err = {0};

	ck_assert_int_eq(campaign_load("campaigns/default.conf", &campaign, &err), 0);
	campaign.seed = UINT64_MAX;
	campaign.arm[1].acquire_within_ms = 2500;
	campaign.arm[1].renew_timeout_ms = 750;
	campaign.arm[0].retry_after_ms = 40;
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://127.0.0.1:2379", &err), 0);
	text_copy(campaign.name, sizeof(campaign.name), "it's \"odd\" \\ ${HOME}");
	_cleanup_free_ char *text = campaign_print(&campaign);

	ck_assert_msg(load_text(text, &again, &err) == 0, "%s in:\n%s", err.text, text);
	again.place = campaign.place;
	ck_assert_mem_eq(&again, &campaign, sizeof(campaign));
}
END_TEST

START_TEST(unknown_words_name_the_line_and_the_nearest_known_word)
{
	assert_refused("arm a { }\narm b {\n\tguard = tokn\n}\n", ":3:", "did you mean 'token'");
	assert_refused("arm a { }\nfault f { doo = pause }\n", ":2:", "did you mean 'do'");
	assert_refused("arn a { }\n", ":1:", "did you mean 'arm'");
	assert_refused("arm a { }\nfault f { do = puase target = holder }", ":2:", "'pause'");
	assert_refused("arm a { }\nfault f { do = pause target = bolder }", ":2:", "'holder'");
}
END_TEST

START_TEST(impossible_values_are_refused_with_their_place)
{
	assert_refused("arm a { ttl = \"1s\" heartbeat = \"1s\" }", "arm a", "heartbeat");
	assert_refused("arm a { ttl = soon }", ":1:", "no length of time");
	assert_refused("arm a { acquire-within = soon }", ":1:", "no length of time");
	assert_refused("arm a { lanes = 0 }", ":1:", "out of range");
	assert_refused("arm a { lanes = many }", ":1:", "lanes");
	assert_refused("cluster { members = 2 }\narm a { }", ":1:", "1, 3 or 5");
	assert_refused("seed = -3\narm a { }", ":1:", "seed");
	assert_refused("duration = 10s\n", "no arm", "nothing would be tested");
	assert_refused("arm a { }\nfault f { do = pause }", "fault f", "target");
	assert_refused("arm a { }\nfault f { do = cut target = holder from = peers }", "fault f",
		       "peers");
	assert_refused("arm a { }\narm a { }", ":2:", "a");
	assert_refused("arm \"no/slash\" { }", ":1:", "no/slash");
	assert_refused("cluster { endpoints = {\"ftp://x\"} }\narm a { }", "ftp://x", "URL");
}
END_TEST

/* One fault of each kind, with all that it takes. */
static const char every_kind[] =
	"cluster { members = 5 }\narm a { ttl = 2s }\n"
	"fault a { do = slow target = holder percent = 60 by = \"40ms\" overlap = true }\n"
	"fault b { do = cut target = endpoint from = holder direction = in when = after-grant\n"
	"          after = \"0.1 .. 1 ttl\" }\n"
	"fault c { do = partition shape = ring every = \"0.5 ttl\" }\n"
	"fault d { do = stall target = leader scope = all length = 9s }\n"
	"fault e { do = kill target = same follows = d since = begin after = 2s }\n"
	"fault f { do = pause target = m4 }\n"
	"fault g { do = loss target = a-0-1 percent = 5.5 from = store lane = {0, 3} }\n"
	"fault h { do = rate target = store rate = 9 }\n"
	"fault i { do = ballast count = 17 }\n"
	"fault j { do = move-leader }\n"
	"fault k { preset = one-way jitter = 100ms }\n"
	"fault l { preset = one-way follows = a }\n"
	"fault m { preset = one-way do = pause }\n"
	"fault n { preset = gc-full }\n"
	"fault o { preset = disk-stall }\n";

START_TEST(every_kind_of_fault_reads_back_to_the_same)
{
	struct error err = {0};

	ck_assert_msg(load_text(every_kind, &campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(campaign.blocks, 15);
	ck_assert_int_eq(campaign.block[2].every_ms, 1000);
	ck_assert_int_eq(campaign.block[2].target, TARGET_CLUSTER);
	ck_assert_int_eq(campaign.block[4].follows, 4);
	ck_assert(campaign.block[4].with_begin);
	ck_assert_str_eq(campaign.block[5].host, "m4");
	ck_assert_int_eq(campaign.block[6].named_lanes, 2);
	_cleanup_free_ char *printed = campaign_print(&campaign);

	ck_assert_msg(load_text(printed, &again, &err) == 0, "%s in:\n%s", err.text, printed);
	again.place = campaign.place;
	ck_assert_mem_eq(&again, &campaign, sizeof(campaign));
}
END_TEST

START_TEST(preset_is_what_a_block_begins_with)
{
	struct error err = {0};

	ck_assert_msg(load_text("arm a { ttl = 4s }\nfault f { preset = disk-stall }\n"
				"fault g { preset = disk-stall length = 3s every = 7s }",
				&campaign, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(campaign.block[0].kind, FAULT_STALL);
	ck_assert_int_eq(campaign.block[0].target, TARGET_LEADER);
	ck_assert(campaign.block[0].length.in_ttl && campaign.block[0].length.low == 2.4);
	ck_assert_int_eq(campaign.block[0].every_ms, 20000);
	ck_assert(!campaign.block[1].length.in_ttl && campaign.block[1].length.low == 3);
	ck_assert_int_eq(campaign.block[1].every_ms, 7000);
	assert_refused("arm a { }\nfault f { preset = gc-ful }", ":2:", "'gc-full'");
}
END_TEST

/* The one fault of the campaign. */
static const struct fault_block *fault(const char *text)
{
	struct error err = {0};
	char whole[400];

	snprintf(whole, sizeof(whole), "arm a { ttl = 2s lanes = 40 }\nfault f { %s }", text);
	ck_assert_msg(load_text(whole, &campaign, &err) == 0, "%s: %s", text, err.text);
	return &campaign.block[0];
}

START_TEST(what_is_written_replaces_what_a_preset_says_and_nothing_else_does)
{
	const struct fault_block *block = fault("preset = one-way");

	ck_assert_int_eq(block->first_ms, 2000);
	ck_assert_int_eq(block->every_ms, 16000);
	ck_assert_int_eq(block->from, FROM_PEERS);
	ck_assert_int_eq(block->direction, DIRECTION_IN);
	ck_assert_int_eq(fault("preset = one-way first = 3s")->first_ms, 3000);
	ck_assert_int_eq(campaign.block[0].every_ms, 16000);
	ck_assert_int_eq(fault("preset = one-way every = 0s")->every_ms, 0);
	ck_assert_int_eq(campaign.block[0].first_ms, 2000);
	ck_assert_int_eq(fault("preset = one-way from = store")->from, FROM_STORE);
	ck_assert_int_eq(campaign.block[0].direction, DIRECTION_IN);
	ck_assert_int_eq(fault("preset = one-way direction = both")->direction, DIRECTION_BOTH);
	ck_assert_int_eq(campaign.block[0].from, FROM_PEERS);
	ck_assert_int_eq(fault("preset = gc-full")->moment, MOMENT_CONTENDED);
	ck_assert_double_eq(campaign.block[0].length.high, 2.5);
	ck_assert_int_eq(fault("preset = gc-full when = now")->moment, MOMENT_NOW);
	ck_assert_double_eq(fault("preset = gc-full length = 1s")->length.high, 1);
	ck_assert_int_eq(fault("preset = disk-stall scope = all")->scope, SCOPE_ALL);
	ck_assert_double_eq(fault("preset = gc-full after = 20ms")->after.high, 0.02);
	/* What means nothing to another kind does not stay. */
	block = fault("preset = one-way do = pause");
	ck_assert(block->from == 0 && block->direction == 0);
	ck_assert_double_eq(block->length.high, 5);
	block = fault("preset = gc-full do = compact target = cluster");
	ck_assert_double_eq(block->length.low, 0);
	ck_assert_double_eq(block->length.high, 0);
	ck_assert(!block->length.in_ttl);
}
END_TEST

START_TEST(without_a_preset_what_is_not_written_is_the_default)
{
	const struct fault_block *block = fault("do = cut target = leader");

	ck_assert_int_eq(block->from, FROM_ALL);
	ck_assert_int_eq(block->direction, DIRECTION_BOTH);
	ck_assert_int_eq(block->moment, MOMENT_NOW);
	ck_assert(block->length.in_ttl && block->length.high == 1.5);
	ck_assert_double_eq(block->after.high, 0);
	ck_assert_int_eq(block->first_ms, 1000);
	ck_assert_int_eq(block->every_ms, 0);
	ck_assert_int_eq(block->jitter_ms, 0);
	ck_assert(!block->overlap && !block->back && !block->with_begin);
	block = fault("do = partition shape = bridge when = waited after = 1s jitter = \"1 ttl\" "
		      "overlap = true");
	ck_assert_int_eq(block->shape, SHAPE_BRIDGE);
	ck_assert_int_eq(block->moment, MOMENT_WAITED);
	ck_assert_double_eq(block->after.low, 1);
	ck_assert_int_eq(block->jitter_ms, 2000);
	ck_assert(block->overlap);
	ck_assert_int_eq(fault("do = stall target = leader scope = all")->scope, SCOPE_ALL);
	ck_assert(fault("do = clock target = holder by = 1s back = true")->back);
}
END_TEST

START_TEST(amounts_of_a_fault_begin_with_one)
{
	static const char *const bad[][2] = {
		{"do = pause target = holder lanes = 33", "out of range; 0 to 32"},
		{"do = pause target = holder lane = {0, 64}", "out of range; 0 to 63"},
		{"do = pause target = holder lane = {-1}", "out of range; 0 to 63"},
		{"do = ballast count = 0", "out of range; 1 to 100000"},
		{"do = rate target = leader rate = 0", "out of range; 1 to 100000"},
		{"do = loss target = leader percent = 0", "out of range; more than 0"},
	};
	char text[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "arm a { lanes = 40 }\nfault f { %s }", bad[i][0]);
		assert_refused(text, bad[i][1], ":2:");
	}
	ck_assert_int_eq(fault("do = pause target = holder lanes = 32")->lanes, 32);
	ck_assert_int_eq(fault("do = pause target = holder lane = {0, 39}")->lane[1], 39);
	ck_assert_int_eq(fault("do = ballast count = 1")->count, 1);
	ck_assert_int_eq(fault("do = rate target = leader rate = 1")->rate, 1);
	ck_assert_int_eq(fault("do = rate target = leader rate = 5000")->rate, 5000);
}
END_TEST

START_TEST(more_lanes_than_are_drawn_cannot_be_named)
{
	for (int lanes = 32; lanes <= 33; lanes++) {
		char text[400] =
			"arm a { lanes = 40 }\nfault f { do = pause target = holder lane = {0";

		for (int i = 1; i < lanes; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %d", i);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "} }");
		if (lanes > 32)
			assert_refused(text, ":2:", "more than 32 lanes are named");
		else
			ck_assert_int_eq(load_text(text, &campaign, &(struct error){0}), 0);
	}
}
END_TEST

START_TEST(presets_are_possible_and_say_where_they_come_from)
{
	struct error err = {0};
	int presets = 0;

	for (const struct fault_preset *preset = fault_presets; preset->name; preset++) {
		char text[100];

		snprintf(text, sizeof(text), "arm a { }\nfault f { preset = %s }", preset->name);
		ck_assert_msg(load_text(text, &campaign, &err) == 0, "%s", err.text);
		ck_assert_int_gt(strlen(preset->source), 20);
		presets++;
	}
	ck_assert_int_ge(presets, 11);
}
END_TEST

START_TEST(faults_that_cannot_be_are_refused)
{
#define FAULT(text) "arm a { }\nfault f { " text " }"
	assert_refused(FAULT("do = stall target = holder"), "fault f", "leader");
	assert_refused(FAULT("do = pause target = holder from = peers"), "'from'", "pause");
	assert_refused(FAULT("do = compact length = 3s"), "'length'", "compact");
	assert_refused(FAULT("do = pause target = m7"), "fault f", "m1 to m3");
	assert_refused(FAULT("do = pause target = b-0-0"), "fault f", "b-0-0");
	assert_refused(FAULT("do = stall target = a-0-0"), "fault f", "hits members");
	assert_refused(FAULT("do = cut target = leader from = holder"), "fault f", "of a lane");
	assert_refused(FAULT("do = pause target = same"), "fault f", "follows");
	assert_refused("arm a { }\nfault e { do = pause target = holder }\n"
		       "fault f { do = stall target = same follows = e }",
		       "fault f", "holder");
	assert_refused("arm a { }\nfault e { do = pause target = m1 }\n"
		       "fault f { do = clock target = same follows = e }",
		       "fault f", "hits workers");
	assert_refused(FAULT("do = pause target = holder follows = g"), "fault f", "'g'");
	assert_refused("fault e { do = partition }\n" FAULT(
			       "do = pause target = holder follows = e every = 2s"),
		       "fault f", "mean nothing");
	assert_refused("fault e { do = pause target = holder }\n" FAULT(
			       "do = stall target = same follows = e"),
		       "fault f", "cannot be aimed at holder");
	assert_refused("fault e { do = partition }\n" FAULT("do = pause target = same follows = e"),
		       "fault f", "no single host");
	assert_refused("fault e { do = pause target = m2 }\n"
		       "fault g { do = kill target = same follows = e }\n" FAULT(
			       "do = kill-for-good target = same follows = g"),
		       "fault f", "that is a member");
	assert_refused(FAULT("do = loss target = holder percent = 101"), "fault f", "percent");
	assert_refused(FAULT("do = pause target = holder lane = {4}"), "fault f", "no lane 4");
	assert_refused("cluster { members = 1 }\n" FAULT("do = partition"), "fault f", "three");
#undef FAULT
}
END_TEST

#define FAULT(text) "arm a { }\nfault f { " text " }"

static void assert_accepted(const char *text)
{
	struct error err = {0};

	ck_assert_msg(load_text(text, &campaign, &err) == 0, "%s", err.text);
}

START_TEST(what_a_kind_can_hit_is_listed)
{
	assert_refused(FAULT("do = stall target = holder"),
		       "do = stall cannot be aimed at holder; ",
		       "at: endpoint, leader, follower, member, each-member, same, a host's name");
	assert_refused(FAULT("do = compact target = leader"), "aimed at leader; ", "at: cluster");
}
END_TEST

/* Both sorts of kinds: those that hit members, and those that hit workers. */
START_TEST(hosts_are_members_or_workers_of_the_campaign)
{
	assert_accepted(FAULT("do = clock target = a-0-0"));
	assert_accepted(FAULT("do = clock target = a-3-2"));
	assert_accepted(FAULT("do = stall target = m1"));
	assert_accepted(FAULT("do = stall target = m3"));
	assert_accepted("arm m { }\nfault f { do = clock target = m-0-0 }");
	assert_accepted("arm b { lanes = 1 }\narm a { }\nfault f { do = clock target = a-3-2 }");
	assert_refused(FAULT("do = clock target = m1"), "fault f", "this hits workers");
	assert_refused(FAULT("do = stall target = a-0-0"), "fault f", "this hits members");
	assert_refused(FAULT("do = clock target = a-4-0"), "no host 'a-4-0'", "m1 to m3");
	assert_refused(FAULT("do = clock target = a-0-3"), "no host 'a-0-3'", "ARM-LANE-NUMBER");
	assert_refused(FAULT("do = stall target = m0"), "no host 'm0'", "");
	assert_refused(FAULT("do = stall target = m4"), "no host 'm4'", "");
	assert_refused("arm m { }\nfault f { do = stall target = m-0-0 }", "that is a worker", "");
}
END_TEST

START_TEST(links_have_a_far_side_that_there_can_be)
{
	assert_accepted(FAULT("do = cut target = endpoint from = peers"));
	assert_accepted(FAULT("do = cut target = leader from = peers"));
	assert_accepted(FAULT("do = cut target = holder from = store"));
	assert_accepted(FAULT("do = cut target = waiter from = holder"));
	assert_accepted(FAULT("do = cut target = endpoint from = endpoint"));
	assert_refused(FAULT("do = cut target = holder from = peers"), "only a member has peers",
		       "");
	assert_refused(FAULT("do = cut target = store from = peers"), "only a member has peers",
		       "");
	assert_refused(FAULT("do = cut target = holder from = holder"), "from itself", "");
	assert_refused(FAULT("do = cut target = leader from = endpoint"), "of a lane", "");
	assert_refused(FAULT("do = cut target = store from = holder"), "of a lane", "");
}
END_TEST

#define THEN(leader, text) "arm a { }\nfault e { " leader " }\nfault f { follows = e " text " }"

START_TEST(what_follows_the_same_hosts_is_judged_as_if_it_named_them)
{
	assert_accepted(THEN("do = pause target = members", "do = stall target = same"));
	assert_accepted(THEN("do = pause target = minority", "do = stall target = same"));
	assert_accepted(THEN("do = pause target = majority", "do = stall target = same"));
	assert_accepted(THEN("do = pause target = m2", "do = stall target = same"));
	assert_accepted(THEN("do = pause target = leader", "do = cut target = same from = peers"));
	assert_refused(THEN("do = pause target = members", "do = clock target = same"),
		       ":3:", "clock cannot be aimed at member");
	assert_refused(THEN("do = pause target = m2", "do = clock target = same"),
		       ":3:", "that is a member");
	assert_refused(THEN("do = pause target = a-0-0", "do = stall target = same"),
		       ":3:", "that is a worker");
	assert_refused(THEN("do = pause target = holder", "do = cut target = same from = peers"),
		       ":3:", "only a member has peers");
	assert_refused(THEN("do = partition", "do = pause target = same"),
		       ":3:", "hits no single host");
	/* The first of them all decides. */
	assert_refused("arm a { }\nfault d { do = pause target = holder }\n"
		       "fault e { do = slow target = same follows = d }\n"
		       "fault f { do = stall target = same follows = e }",
		       ":4:", "stall cannot be aimed at holder");
}
END_TEST

START_TEST(a_part_of_the_members_needs_several)
{
	static const char *const parts[] = {
		"do = partition",
		"do = partition shape = ring",
		"do = pause target = follower",
		"do = replace-member target = leader",
		"do = cut target = leader from = peers",
	};
	static const char *const wholes[] = {
		"do = partition shape = clients",
		"do = pause target = leader",
		"do = cut target = leader from = clients",
		"do = pause target = members",
	};
	char text[200];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(text, sizeof(text), "cluster { members = 1 }\n" FAULT("%s"), parts[i]);
		assert_refused(text, ":3:", "three members or more");
		snprintf(text, sizeof(text), FAULT("%s"), parts[i]);
		assert_accepted(text);
	}
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		snprintf(text, sizeof(text), "cluster { members = 1 }\n" FAULT("%s"), wholes[i]);
		assert_accepted(text);
	}
}
END_TEST

START_TEST(lanes_are_those_of_the_arm_that_has_most)
{
	static const char two[] = "arm b { lanes = 2 }\narm a { lanes = 5 }\narm c { lanes = 1 }\n"
				  "fault f { do = %s target = %s %s }";
	static const struct {
		const char *kind, *target, *lanes, *says; /* says NULL: accepted */
	} cases[] = {
		{"pause", "holder", "lane = {4}", NULL},
		{"pause", "holder", "lane = {0, 4}", NULL},
		{"pause", "holder", "lane = {5}", "there is no lane 5; they count from 0 to 4"},
		{"pause", "holder", "lane = {0, 5}", "no lane 5"},
		{"pause", "holder", "lanes = 5", NULL},
		{"pause", "holder", "lanes = 6", "lanes = 6, but no arm has more than 5"},
		{"pause", "holder", "lanes = 1 lane = {0}", "either"},
		{"pause", "leader", "lane = {0}", "mean nothing to target = leader"},
		{"pause", "leader", "lanes = 1", "mean nothing to target = leader"},
		{"pause", "a-0-0", "lane = {0}", NULL},
		{"cut", "leader", "lanes = 0", NULL},
	};
	char text[300];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), two, cases[i].kind, cases[i].target, cases[i].lanes);
		if (cases[i].says)
			assert_refused(text, cases[i].says, ":4:");
		else
			assert_accepted(text);
	}
}
END_TEST

/* As a round of exploration, whose faults nobody has written. */
START_TEST(a_fault_without_a_line_is_named_without_one)
{
	struct error err = {0};

	ck_assert_int_eq(
		campaign_load_text(FAULT("do = stall target = leader"), "drawn", &campaign, &err),
		0);
	campaign.place.block[0] = 0;
	campaign.block[0].target = TARGET_HOLDER;
	ck_assert_int_eq(campaign_validate(&campaign, &err), -1);
	ck_assert_int_eq(strncmp(err.text, "drawn: fault f: ", 16), 0);
}
END_TEST

START_TEST(the_longest_ttl_decides_how_long_a_fault_can_be)
{
	static const char text[] = "arm a { ttl = 1s }\narm b { ttl = %ds }\narm c { }\n"
				   "fault f { do = pause target = holder length = \"2 ttl\" }";
	char at[300];

	snprintf(at, sizeof(at), text, 43200);
	assert_accepted(at);
	snprintf(at, sizeof(at), text, 43201);
	assert_refused(at, ":4:", "length = 2 TTLs of 43201 s");
	assert_accepted(
		"arm a { ttl = 9s }\nfault f { do = pause target = holder length = 86400s }");
}
END_TEST

START_TEST(existing_cluster_of_one_takes_a_campaign_for_three)
{
	struct error err = {0};

	ck_assert_int_eq(campaign_load("campaigns/default.conf", &campaign, &err), 0);
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://127.0.0.1:2379", &err), 0);
	campaign.cluster.members = 1; /* as --endpoints does */
	ck_assert_msg(campaign_validate(&campaign, &err) == 0, "%s", err.text);
	campaign.cluster.endpoints = 0;
	ck_assert_int_eq(campaign_validate(&campaign, &err), -1);
}
END_TEST

START_TEST(what_follows_may_hit_what_its_leader_hit)
{
#define AFTER(leader, text) "arm a { }\nfault e { " leader " }\nfault f { follows = e " text " }"
	static const char *const texts[] = {
		AFTER("do = pause target = majority", "do = stall target = same"),
		AFTER("do = pause target = holder", "do = cut target = same from = endpoint"),
		AFTER("do = kill target = a-0-1", "do = pause target = same"),
		AFTER("do = partition", "do = pause target = leader"),
	};
#undef AFTER
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error err = {0};

		ck_assert_msg(load_text(texts[i], &campaign, &err) == 0, "%s", err.text);
	}
}
END_TEST

START_TEST(texts_that_would_leave_their_line_are_refused)
{
	assert_refused("name = \"a\\nseed = 3\"\narm a { }", "name", "does not show");
	assert_refused("name = 'a\nseed = 3'\narm a { }", "name", "does not show");
	assert_refused("name = \"a\\e[2J\"\narm a { }", "name", "does not show");
	assert_refused("cluster { etcd = \"etcd\\n}\" }\narm a { }", "etcd", "does not show");
	assert_refused("cluster { endpoints = {\"http://a\\nb\"} }\narm a { }", "endpoint",
		       "no URL");
	assert_refused("arm a { }\nfault f { do = pause target = \"m1\\n}\\n1\" }", "target",
		       "unknown");
}
END_TEST

START_TEST(quotes_in_texts_stay_within_them)
{
	static const char hostile[] = "x'}\\' } # \\";
	struct error err = {0};

	ck_assert_int_eq(load_text("arm a { }", &campaign, &err), 0);
	snprintf(campaign.name, sizeof(campaign.name), "%s", hostile);
	snprintf(campaign.cluster.etcd, sizeof(campaign.cluster.etcd), "%s", hostile);
	_cleanup_free_ char *text = campaign_print(&campaign);

	ck_assert_msg(load_text(text, &again, &err) == 0, "%s\n%s", err.text, text);
	ck_assert_str_eq(again.name, hostile);
	ck_assert_str_eq(again.cluster.etcd, hostile);
}
END_TEST

START_TEST(text_of_a_history_sees_nothing_of_our_environment)
{
	static const char text[] = "name = \"a${FENCEPOST_SECRET}\"\narm a { }";
	struct error err = {0};

	setenv("FENCEPOST_SECRET", "geheim", 1);
	ck_assert_int_eq(load_text(text, &campaign, &err), 0);
	ck_assert_str_eq(campaign.name, "ageheim");
	ck_assert_int_eq(campaign_load_text(text, "history.db", &campaign, &err), 0);
	ck_assert_str_eq(campaign.name, "a");
	ck_assert_str_eq(getenv("FENCEPOST_SECRET"), "geheim");
	ck_assert_int_eq(campaign_load_text("arm a {", "history.db", &campaign, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "history.db:1: "));
	ck_assert_str_eq(getenv("FENCEPOST_SECRET"), "geheim");
}
END_TEST

START_TEST(missing_file_is_told)
{
	struct error err = {0};

	ck_assert_int_eq(campaign_load("/nonexistent.conf", &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent.conf"));
}
END_TEST

START_TEST(spans_are_read_in_every_form)
{
	struct span span;

	ck_assert(duration_parse_span("1.2 .. 2.5 ttl", &span));
	ck_assert(span.in_ttl && span.low == 1.2 && span.high == 2.5);
	ck_assert(duration_parse_span(" 300ms..2s ", &span));
	ck_assert(!span.in_ttl && span.low == 0.3 && span.high == 2);
	ck_assert(duration_parse_span("2min", &span));
	ck_assert(span.low == 120 && span.high == 120);
	static const char *const wrong[] = {"",         "5",        "-1s",         "1s ..",
					    "2s .. 1s", "1 parsec", "1s .. 2 ttl", "1s 2s",
					    "nan s",    "inf s",    "1e9s",        "0x10s"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!duration_parse_span(wrong[i], &span), "accepted '%s'", wrong[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: campaign");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, default_campaign_is_valid_and_pairs_its_arms);
	tcase_add_test(tests, printed_campaign_reads_back_to_the_same);
	tcase_add_test(tests, unknown_words_name_the_line_and_the_nearest_known_word);
	tcase_add_test(tests, impossible_values_are_refused_with_their_place);
	tcase_add_test(tests, every_kind_of_fault_reads_back_to_the_same);
	tcase_add_test(tests, preset_is_what_a_block_begins_with);
	tcase_add_test(tests, what_is_written_replaces_what_a_preset_says_and_nothing_else_does);
	tcase_add_test(tests, without_a_preset_what_is_not_written_is_the_default);
	tcase_add_test(tests, amounts_of_a_fault_begin_with_one);
	tcase_add_test(tests, more_lanes_than_are_drawn_cannot_be_named);
	tcase_add_test(tests, presets_are_possible_and_say_where_they_come_from);
	tcase_add_test(tests, faults_that_cannot_be_are_refused);
	tcase_add_test(tests, what_a_kind_can_hit_is_listed);
	tcase_add_test(tests, hosts_are_members_or_workers_of_the_campaign);
	tcase_add_test(tests, links_have_a_far_side_that_there_can_be);
	tcase_add_test(tests, what_follows_the_same_hosts_is_judged_as_if_it_named_them);
	tcase_add_test(tests, a_part_of_the_members_needs_several);
	tcase_add_test(tests, lanes_are_those_of_the_arm_that_has_most);
	tcase_add_test(tests, a_fault_without_a_line_is_named_without_one);
	tcase_add_test(tests, the_longest_ttl_decides_how_long_a_fault_can_be);
	tcase_add_test(tests, existing_cluster_of_one_takes_a_campaign_for_three);
	tcase_add_test(tests, what_follows_may_hit_what_its_leader_hit);
	tcase_add_test(tests, texts_that_would_leave_their_line_are_refused);
	tcase_add_test(tests, quotes_in_texts_stay_within_them);
	tcase_add_test(tests, text_of_a_history_sees_nothing_of_our_environment);
	tcase_add_test(tests, missing_file_is_told);
	tcase_add_test(tests, spans_are_read_in_every_form);
	return suite_run(suite);
}
