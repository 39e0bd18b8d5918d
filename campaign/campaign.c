/*
 * Reading a campaign. libconfuse parses; a word or length that it cannot judge is judged in its
 * validation callbacks, because only there the line is known. What remains is copying.
 */
#include "campaign/read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/duration.h"

const char *const expectation_names[] = {"any", "safe", "unsafe", NULL};

/* The options, with their defaults. docs/campaigns.md explains each. */

static cfg_opt_t arm_options[] = {
	CFG_STR("guard", "none", CFGF_NONE),
	CFG_STR("recipe", "lock", CFGF_NONE),
	CFG_STR("store", "honest", CFGF_NONE),
	CFG_STR("expect", "any", CFGF_NONE),
	CFG_INT_CB("lanes", 4, CFGF_NONE, parse_whole),
	CFG_INT_CB("workers", 3, CFGF_NONE, parse_whole),
	CFG_STR("ttl", "1s", CFGF_NONE),
	CFG_STR("heartbeat", "300ms", CFGF_NONE),
	CFG_INT_CB("retries", 3, CFGF_NONE, parse_whole),
	CFG_STR("acquire-timeout", "10s", CFGF_NONE),
	CFG_STR("acquire-within", "0s", CFGF_NONE),
	CFG_STR("work", "20ms .. 200ms", CFGF_NONE),
	CFG_STR("rest", "50ms", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t campaign_options[] = {
	CFG_STR("name", "unnamed", CFGF_NONE),
	CFG_STR("seed", "0", CFGF_NONE),
	CFG_STR("duration", "30s", CFGF_NONE),
	CFG_STR("settle", "5s", CFGF_NONE),
	CFG_INT_CB("min-exposures", 30, CFGF_NONE, parse_whole),
	CFG_STR("service-expect", "any", CFGF_NONE),
	CFG_SEC("cluster", campaign_cluster_options, CFGF_NONE),
	CFG_SEC("arm", arm_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_SEC("fault", campaign_fault_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_END(),
};

/* Validation ---------------------------------------------------------------------------------- */

WORD_VALIDATOR(valid_guard, guard_names)
WORD_VALIDATOR(valid_recipe, recipe_names)
WORD_VALIDATOR(valid_store, store_names)
WORD_VALIDATOR(valid_expect, expectation_names)

static int valid_campaign_name(cfg_t *cfg, cfg_opt_t *option)
{
	return valid_text(cfg, option, sizeof(((struct campaign *)0)->name));
}

/* The server grants whole seconds, so that another would be tested than is written. */
static int valid_ttl(cfg_t *cfg, cfg_opt_t *option)
{
	int ms;

	if (valid_ms(cfg, option))
		return -1;
	CHECK(duration_parse_ms(newest_text(option), &ms));
	if (ms % 1000 == 0)
		return 0;
	cfg_error(cfg, "ttl = '%s': etcd grants whole seconds; write \"%ds\" or \"%ds\"",
		  newest_text(option), ms / 1000, ms / 1000 + 1);
	return -1;
}

static int valid_work(cfg_t *cfg, cfg_opt_t *option)
{
	struct span span;

	if (duration_parse_span(newest_text(option), &span) && !span.in_ttl)
		return 0;
	cfg_error(cfg,
		  "%s = '%.60s' is no length of time; write \"20ms\" or \"20ms .. 200ms\", in "
		  "whole milliseconds up to a day",
		  option->name, newest_text(option));
	return -1;
}

static int valid_seed(cfg_t *cfg, cfg_opt_t *option)
{
	const char *text = newest_text(option);
	char *end;

	errno = 0;
	strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && *end == '\0' && errno == 0)
		return 0;
	cfg_error(cfg, "seed = '%.60s' is no whole number of at most 64 bits", text);
	return -1;
}

static int valid_count(cfg_t *cfg, cfg_opt_t *option)
{
	return in_range(cfg, option, cfg_opt_getnint(option, 0), 1, 64);
}

static int valid_exposures(cfg_t *cfg, cfg_opt_t *option)
{
	return in_range(cfg, option, cfg_opt_getnint(option, 0), 1, 1000000);
}

static const struct {
	const char *option;
	cfg_validate_callback_t validate;
} validators[] = {
	{"name", valid_campaign_name},
	{"seed", valid_seed},
	{"duration", valid_ms},
	{"settle", valid_ms},
	{"min-exposures", valid_exposures},
	{"service-expect", valid_expect},
	{"arm", valid_section},
	{"arm|guard", valid_guard},
	{"arm|recipe", valid_recipe},
	{"arm|store", valid_store},
	{"arm|expect", valid_expect},
	{"arm|lanes", valid_count},
	{"arm|workers", valid_count},
	{"arm|ttl", valid_ttl},
	{"arm|heartbeat", valid_ms},
	{"arm|retries", valid_count},
	{"arm|acquire-timeout", valid_ms},
	{"arm|acquire-within", valid_ms},
	{"arm|work", valid_work},
	{"arm|rest", valid_ms},
};

/* Copying: everything was validated, so a failure here is a bug of ours. ---------------------- */

static void copy_arm(cfg_t *cfg, int id, struct campaign *campaign)
{
	struct span work = get_span(cfg, "work");

	campaign->arm_expect[id] = (enum expectation)get_word(cfg, "expect", expectation_names);
	campaign->arm[id] = (struct arm){
		.id = id,
		.guard = (enum guard)get_word(cfg, "guard", guard_names),
		.recipe = (enum recipe)get_word(cfg, "recipe", recipe_names),
		.store = (enum store_honesty)get_word(cfg, "store", store_names),
		.lanes = (int)cfg_getint(cfg, "lanes"),
		.workers = (int)cfg_getint(cfg, "workers"),
		.ttl_s = get_ms(cfg, "ttl") / 1000,
		.heartbeat_ms = get_ms(cfg, "heartbeat"),
		.retries = (int)cfg_getint(cfg, "retries"),
		.acquire_timeout_ms = get_ms(cfg, "acquire-timeout"),
		.acquire_within_ms = get_ms(cfg, "acquire-within"),
		.work_min_ms = (int)lround(work.low * 1000),
		.work_max_ms = (int)lround(work.high * 1000),
		.rest_max_ms = get_ms(cfg, "rest"),
	};
	CHECK(text_copy(campaign->arm[id].name, sizeof(campaign->arm[id].name), cfg_title(cfg)));
}

static int copy_sections(cfg_t *cfg, const struct reader *reader, struct campaign *campaign)
{
	campaign->arms = reader->arms;
	campaign->blocks = reader->faults;
	for (int i = 0; i < reader->arms; i++) {
		copy_arm(cfg_getnsec(cfg, "arm", (unsigned int)i), i, campaign);
		campaign->place.arm[i] = source_line(&reader->source, reader->arm_block[i], "");
	}
	for (int i = 0; i < reader->faults; i++) {
		struct part part = {cfg_getnsec(cfg, "fault", (unsigned int)i), reader,
				    reader->fault_block[i], "fault"};

		campaign->place.block[i] = source_line(&reader->source, part.block, "");
		if (campaign_copy_fault(&part, campaign, i))
			return -1;
	}
	return campaign_copy_cluster(&(struct part){cfg_getsec(cfg, "cluster"), reader,
						    reader->clusters ? reader->cluster_block : -1,
						    "cluster"},
				     campaign);
}

static int copy_campaign(cfg_t *cfg, const struct reader *reader, struct campaign *campaign)
{
	campaign->seed = strtoull(cfg_getstr(cfg, "seed"), NULL, 10);
	campaign->duration_ms = get_ms(cfg, "duration");
	campaign->settle_ms = get_ms(cfg, "settle");
	campaign->min_exposures = (int)cfg_getint(cfg, "min-exposures");
	campaign->service_expect =
		(enum expectation)get_word(cfg, "service-expect", expectation_names);
	CHECK(text_copy(campaign->name, sizeof(campaign->name), cfg_getstr(cfg, "name")));
	return copy_sections(cfg, reader, campaign);
}

/* Takes what was read, and frees it. */
static int parse(struct reader *reader, struct campaign *campaign)
{
	cfg_t *cfg = cfg_init(campaign_options, CFGF_NONE);
	int failed;

	CHECK_MEMORY(cfg);
	memset(campaign, 0, sizeof(*campaign));
	text_copy(campaign->place.file, sizeof(campaign->place.file), reader->source.name);
	cfg_set_error_function(cfg, reader_note_error);
	for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]); i++)
		cfg_set_validate_func(cfg, validators[i].option, validators[i].validate);
	campaign_cluster_validators(cfg);
	campaign_fault_validators(cfg);
	reader_set(reader);
	int result = cfg_parse_buf(cfg, reader->source.text);

	reader_set(NULL);
	if (result == CFG_SUCCESS)
		failed = copy_campaign(cfg, reader, campaign);
	else if (reader->err->code)
		failed = -1;
	else
		failed = error_set(reader->err, EXIT_BAD_USAGE, "%s: not a campaign",
				   reader->source.name);
	cfg_free(cfg);
	source_free(&reader->source);
	return failed;
}

int campaign_load(const char *path, struct campaign *campaign, struct error *err)
{
	struct reader reader = {.err = err};

	return source_read(path, &reader.source, err) ? -1 : parse(&reader, campaign);
}

/* The text comes from a history, which may be anybody's: libconfuse would put our environment in
 * place of each ${name}, and what is made from the campaign would carry it off. */
int campaign_load_text(const char *text, const char *name, struct campaign *campaign,
		       struct error *err)
{
	char *nothing[] = {NULL}, **ours = environ;
	struct reader reader = {.err = err};

	environ = nothing;
	int failed = source_take(text, name, &reader.source, err) ? -1 : parse(&reader, campaign);

	environ = ours;
	return failed;
}
