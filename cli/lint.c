/* `fencepost lint`: are TTL, heartbeat and retries sound? Nothing is run. */
#include <argp.h>
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "campaign/duration.h"
#include "campaign/library.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "reports/json_whole.h"
#include "tuning/complaints.h"

enum { TTL = 0x100, HEARTBEAT, RETRIES, ELECTION, INDENT = 4, DEEP = 12, RETRIES_MOST = 1000 };

struct options {
	const char *campaign;
	struct stated stated; /* 0: not given */
	bool json;
};

/* In milliseconds. */
static int take_length(struct argp_state *state, const char *option, const char *argument)
{
	int ms;

	if (!duration_parse_ms(argument, &ms) || ms <= 0)
		argp_error(state, "--%s %.40s: a length of time is wanted, such as 300ms or 2s",
			   option, argument);
	return ms;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case TTL:
		options->stated.ttl_ms = take_length(state, "ttl", argument);
		if (options->stated.ttl_ms % 1000)
			argp_error(state, "--ttl %.40s: etcd's TTLs are whole seconds", argument);
		return 0;
	case HEARTBEAT:
		options->stated.heartbeat_ms = take_length(state, "heartbeat", argument);
		return 0;
	case ELECTION:
		options->stated.election_ms = take_length(state, "election", argument);
		return 0;
	case RETRIES:
		options->stated.retries = (int)cli_parse_number(state, "retries", argument);
		if (options->stated.retries > RETRIES_MOST)
			argp_error(state, "--retries %.40s: at most %d", argument, RETRIES_MOST);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "campaign", argument, &options->campaign);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static void print_wrapped(int indent, const char *head, const char *text)
{
	_cleanup_free_ char *beginning = text_format("%*s%s", indent - (int)strlen(head), "", head);

	escape_wrapped(stdout, beginning, indent, text);
}

static void print_verdict(const char *name, const struct stated *stated,
			  const struct complaints *complaints)
{
	struct lease lease = stated_lease(stated);
	struct failover failover = lease_failover(&lease, stated->election_ms * NS_PER_MS);
	_cleanup_free_ char *settings = text_format(
		"%s%sTTL %.4g s, heartbeat %.4g s, %d retries: outlives pauses of %.4g s and cuts "
		"of %.4g s, gives up after %.4g s, failover %.4g to %.4g s",
		name, *name ? ": " : "", s(lease.ttl_ns), s(lease.heartbeat_ns), lease.retries,
		s(lease_outlives_pause_ns(&lease)), s(lease_outlives_cut_ns(&lease)),
		s(lease_gives_up_ns(&lease)), s(failover.least_ns), s(failover.most_ns));

	escape_wrapped(stdout, "", 0, settings);
	for (int i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->complaint[i];
		_cleanup_free_ char *what = text_format(
			"%s: %s", complaint_rule_word(complaint->rule), complaint->what);

		print_wrapped(INDENT, "", what);
		print_wrapped(DEEP, "change: ", complaint->change);
		print_wrapped(DEEP, "price: ", complaint->price);
	}
	if (!complaints->count)
		print_wrapped(INDENT, "", "sound, as far as the settings tell");
}

static void add_seconds(cJSON *object, const char *key, int64_t ns)
{
	CHECK_MEMORY(cJSON_AddNumberToObject(object, key, s(ns)));
}

static cJSON *describe(const char *name, const struct stated *stated,
		       const struct complaints *complaints)
{
	struct lease lease = stated_lease(stated);
	struct failover failover = lease_failover(&lease, stated->election_ms * NS_PER_MS);
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", name);
	add_seconds(object, "ttl_s", lease.ttl_ns);
	add_seconds(object, "heartbeat_s", lease.heartbeat_ns);
	cJSON_AddNumberToObject(object, "retries", lease.retries);
	add_seconds(object, "outlives_pause_s", lease_outlives_pause_ns(&lease));
	add_seconds(object, "outlives_cut_s", lease_outlives_cut_ns(&lease));
	add_seconds(object, "gives_up_s", lease_gives_up_ns(&lease));
	add_seconds(object, "failover_least_s", failover.least_ns);
	add_seconds(object, "failover_most_s", failover.most_ns);
	cJSON *list = cJSON_AddArrayToObject(object, "complaints");

	for (int i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->complaint[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "rule", complaint_rule_word(complaint->rule));
		cJSON_AddStringToObject(item, "what", complaint->what);
		cJSON_AddStringToObject(item, "change", complaint->change);
		cJSON_AddStringToObject(item, "price", complaint->price);
		cJSON_AddItemToArray(list, item);
	}
	return object;
}

/* Adds to `all`, or prints when that is NULL. Returns the complaints. */
static int judge(const char *name, const struct stated *stated, cJSON *all)
{
	struct complaints complaints;

	complaints_make(stated, &complaints);
	int count = complaints.count;

	if (all)
		cJSON_AddItemToArray(all, describe(name, stated, &complaints));
	else
		print_verdict(name, stated, &complaints);
	complaints_free(&complaints);
	return count;
}

static int judge_campaign(const char *word, cJSON *all, int *complaints, struct error *err)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	char path[PATH_MAX];

	CHECK_MEMORY(campaign);
	int failed = library_find(word, path, sizeof(path), err) ||
		     campaign_load(path, campaign, err) || campaign_validate(campaign, err);

	for (int i = 0; i < campaign->arms && !failed; i++) {
		const struct arm *arm = &campaign->arm[i];
		struct stated stated = {
			.ttl_ms = arm->ttl_s * 1000,
			.heartbeat_ms = arm->heartbeat_ms,
			.retries = arm->retries,
			.election_ms =
				campaign->cluster.endpoints ? 0 : campaign->cluster.election_ms,
			.guard = &guard_kinds[arm->guard],
		};

		*complaints += judge(arm->name, &stated, all);
	}
	free(campaign);
	return failed ? -1 : 0;
}

static int lint(const struct options *options, cJSON *all, int *complaints, struct error *err)
{
	const struct stated *stated = &options->stated;
	bool stated_whole = stated->ttl_ms && stated->heartbeat_ms && stated->retries;
	bool stated_part =
		stated->ttl_ms || stated->heartbeat_ms || stated->retries || stated->election_ms;

	if (options->campaign && stated_part)
		return error_set(err, EXIT_BAD_USAGE,
				 "a campaign says its own settings: give %.200s or --ttl, "
				 "--heartbeat and --retries",
				 options->campaign);
	if (options->campaign)
		return judge_campaign(options->campaign, all, complaints, err);
	if (!stated_whole)
		return error_set(err, EXIT_BAD_USAGE,
				 "--ttl, --heartbeat and --retries are wanted, or a campaign");
	*complaints += judge("", stated, all);
	return 0;
}

int command_lint(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"ttl", TTL, "TIME", 0, "of the lease", 0},
		{"heartbeat", HEARTBEAT, "TIME", 0, "between two renewals", 0},
		{"retries", RETRIES, "N", 0,
		 "failed renewals in a row after which the holder gives up", 0},
		{"election", ELECTION, "TIME", 0, "etcd's election time-out", 0},
		{"json", 'j', 0, 0, "the findings as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[CAMPAIGN]",
		.doc = "Judges settings of a lock without running anything: those of each arm of a "
		       "campaign, or --ttl, --heartbeat and --retries. Says what they outlive and "
		       "what failover they cost, what is wrong, the change that mends it and its "
		       "price. Ends with 1 when something is wrong."};
	struct options options = {0};
	struct error err = {0};
	int complaints = 0;

	cli_parse(&argp, argc, argv, &options);
	cJSON *all = options.json ? cJSON_CreateArray() : NULL;

	if (lint(&options, all, &complaints, &err)) {
		cJSON_Delete(all);
		return cli_fail(&err);
	}
	if (all && json_print_whole(all, stdout, &err))
		return cli_fail(&err);
	return complaints ? EXIT_VIOLATION : EXIT_AS_EXPECTED;
}
