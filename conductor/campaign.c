/*
 * Reading a campaign. libconfuse parses; a word or length that it cannot judge is judged in its
 * validation callbacks, because only there the line is known. What remains is copying.
 */
#include "conductor/campaign_read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "conductor/duration.h"

const char *const expectation_names[] = {"any", "safe", "unsafe", NULL};

/* The options, with their defaults. docs/campaigns.md explains each. */

static char no_endpoints[] = "{}"; /* libconfuse wants it writable */

static cfg_opt_t cluster_options[] = {
	CFG_INT("members", 3, CFGF_NONE),
	CFG_STR("etcd", "etcd", CFGF_NONE),
	CFG_STR("heartbeat", "50ms", CFGF_NONE),
	CFG_STR("election", "500ms", CFGF_NONE),
	CFG_STR_LIST("endpoints", no_endpoints, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t arm_options[] = {
	CFG_STR("guard", "none", CFGF_NONE),
	CFG_STR("recipe", "lock", CFGF_NONE),
	CFG_STR("store", "honest", CFGF_NONE),
	CFG_STR("expect", "any", CFGF_NONE),
	CFG_INT("lanes", 4, CFGF_NONE),
	CFG_INT("workers", 3, CFGF_NONE),
	CFG_STR("ttl", "1s", CFGF_NONE),
	CFG_STR("heartbeat", "300ms", CFGF_NONE),
	CFG_INT("retries", 3, CFGF_NONE),
	CFG_STR("acquire-timeout", "10s", CFGF_NONE),
	CFG_STR("work", "20ms .. 200ms", CFGF_NONE),
	CFG_STR("rest", "50ms", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t campaign_options[] = {
	CFG_STR("name", "unnamed", CFGF_NONE),
	CFG_STR("seed", "0", CFGF_NONE),
	CFG_STR("duration", "30s", CFGF_NONE),
	CFG_STR("settle", "5s", CFGF_NONE),
	CFG_INT("min-exposures", 30, CFGF_NONE),
	CFG_STR("service-expect", "any", CFGF_NONE),
	CFG_SEC("cluster", cluster_options, CFGF_NONE),
	CFG_SEC("arm", arm_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_SEC("fault", campaign_fault_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_END(),
};

/* Errors -------------------------------------------------------------------------------------- */

/* libconfuse's callbacks carry no context; a campaign is read by one thread at a time. */
static struct error *reading;

static const char *nearest_option(const cfg_t *cfg, const char *word)
{
	const char *names[32];
	int count = 0;

	for (const cfg_opt_t *option = cfg->opts; option->name && count < 31; option++)
		names[count++] = option->name;
	names[count] = NULL;
	return text_nearest(word, names);
}

/* Only the first error is kept: what follows it is mostly its echo. */
static void note_error(cfg_t *cfg, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void note_error(cfg_t *cfg, const char *format, va_list args)
{
	char what[400];
	const char *near = NULL;

	if (reading->code)
		return;
	if (strncmp(format, "no such option", 14) == 0) {
		va_list again;

		va_copy(again, args);
		near = nearest_option(cfg, va_arg(again, const char *));
		va_end(again);
	}
	vsnprintf(what, sizeof(what), format, args);
	error_set(reading, EXIT_BAD_USAGE, "%s:%d: %s%s%s%s", cfg->filename ? cfg->filename : "?",
		  cfg->line, what, near ? "; did you mean '" : "", near ? near : "",
		  near ? "'?" : "");
}

/* Validation ---------------------------------------------------------------------------------- */

const char *newest_text(cfg_opt_t *option)
{
	return cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
}

int index_of(const char *word, const char *const *known)
{
	for (int i = 0; known[i]; i++)
		if (strcmp(word, known[i]) == 0)
			return i;
	return -1;
}

int word_is_known(cfg_t *cfg, cfg_opt_t *option, const char *const *known)
{
	const char *word = newest_text(option);
	char all[200] = "";

	if (word && index_of(word, known) >= 0)
		return 0;
	const char *near = text_nearest(word ? word : "", known);

	for (int i = 0; known[i]; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
			 known[i]);
	cfg_error(cfg, "%s = '%s' is unknown; %s%s%sknown: %s", option->name, word ? word : "",
		  near ? "did you mean '" : "", near ? near : "", near ? "'? " : "", all);
	return -1;
}

WORD_VALIDATOR(valid_guard, guard_names)
WORD_VALIDATOR(valid_recipe, recipe_names)
WORD_VALIDATOR(valid_store, store_names)
WORD_VALIDATOR(valid_expect, expectation_names)
int valid_ms(cfg_t *cfg, cfg_opt_t *option)
{
	int ms;

	if (duration_parse_ms(newest_text(option), &ms))
		return 0;
	cfg_error(cfg, "%s = '%s' is no length of time; write \"300ms\" or \"2s\"", option->name,
		  newest_text(option));
	return -1;
}

int valid_span(cfg_t *cfg, cfg_opt_t *option)
{
	struct span span;

	if (duration_parse_span(newest_text(option), &span))
		return 0;
	cfg_error(cfg, "%s = '%s' is no length; write \"2s\", \"1.5 ttl\" or \"1.2 .. 2.5 ttl\"",
		  option->name, newest_text(option));
	return -1;
}

static int valid_work(cfg_t *cfg, cfg_opt_t *option)
{
	struct span span;

	if (duration_parse_span(newest_text(option), &span) && !span.in_ttl)
		return 0;
	cfg_error(cfg, "%s = '%s' is no length of time; write \"20ms\" or \"20ms .. 200ms\"",
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
	cfg_error(cfg, "seed = '%s' is no whole number of at most 64 bits", text);
	return -1;
}

int in_range(cfg_t *cfg, const cfg_opt_t *option, long value, long low, long high)
{
	if (value >= low && value <= high)
		return 0;
	cfg_error(cfg, "%s = %ld is out of range; %ld to %ld", option->name, value, low, high);
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

static int valid_members(cfg_t *cfg, cfg_opt_t *option)
{
	long members = cfg_opt_getnint(option, 0);

	if (members == 1 || members == 3 || members == 5)
		return 0;
	cfg_error(cfg, "members = %ld; a cluster here has 1, 3 or 5", members);
	return -1;
}

static bool is_plain_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= 20 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

int valid_section(cfg_t *cfg, cfg_opt_t *option)
{
	const cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);

	if (is_plain_name(cfg_title((cfg_t *)(uintptr_t)section)))
		return 0;
	cfg_error(cfg, "the name of %s '%s' must be 1 to 20 of a-z, 0-9 and '-'", option->name,
		  cfg_title((cfg_t *)(uintptr_t)section));
	return -1;
}

static const struct {
	const char *option;
	cfg_validate_callback_t validate;
} validators[] = {
	{"seed", valid_seed},
	{"duration", valid_ms},
	{"settle", valid_ms},
	{"min-exposures", valid_exposures},
	{"service-expect", valid_expect},
	{"cluster|members", valid_members},
	{"cluster|heartbeat", valid_ms},
	{"cluster|election", valid_ms},
	{"arm", valid_section},
	{"arm|guard", valid_guard},
	{"arm|recipe", valid_recipe},
	{"arm|store", valid_store},
	{"arm|expect", valid_expect},
	{"arm|lanes", valid_count},
	{"arm|workers", valid_count},
	{"arm|ttl", valid_ms},
	{"arm|heartbeat", valid_ms},
	{"arm|retries", valid_count},
	{"arm|acquire-timeout", valid_ms},
	{"arm|work", valid_work},
	{"arm|rest", valid_ms},
};

/* Copying: everything was validated, so a failure here is a bug of ours. ---------------------- */

int get_ms(cfg_t *cfg, const char *name)
{
	int ms;

	CHECK(duration_parse_ms(cfg_getstr(cfg, name), &ms));
	return ms;
}

struct span get_span(cfg_t *cfg, const char *name)
{
	struct span span = {0}; /* campaigns are compared byte by byte */

	CHECK(duration_parse_span(cfg_getstr(cfg, name), &span));
	return span;
}

int get_word(cfg_t *cfg, const char *name, const char *const *known)
{
	int index = index_of(cfg_getstr(cfg, name), known);

	CHECK(index >= 0);
	return index;
}

static int get_text(cfg_t *cfg, const char *name, const char *value, char *into, size_t size,
		    struct error *err)
{
	if (text_copy(into, size, value))
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%s: %s is longer than %zu characters", cfg->filename,
			 name, size - 1);
}

static int copy_cluster(cfg_t *cfg, struct campaign *campaign, struct error *err)
{
	unsigned int endpoints = cfg_size(cfg, "endpoints");

	campaign->cluster.members = (int)cfg_getint(cfg, "members");
	campaign->cluster.heartbeat_ms = get_ms(cfg, "heartbeat");
	campaign->cluster.election_ms = get_ms(cfg, "election");
	if (get_text(cfg, "etcd", cfg_getstr(cfg, "etcd"), campaign->cluster.etcd,
		     sizeof(campaign->cluster.etcd), err))
		return -1;
	if (endpoints > ENDPOINTS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "%s: more than %d endpoints", cfg->filename,
				 ENDPOINTS_MAX);
	for (unsigned int i = 0; i < endpoints; i++)
		if (campaign_add_endpoint(campaign, cfg_getnstr(cfg, "endpoints", i), err))
			return error_wrap(err, "%s", cfg->filename);
	return 0;
}

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
		.ttl_s = (get_ms(cfg, "ttl") + 999) / 1000,
		.heartbeat_ms = get_ms(cfg, "heartbeat"),
		.retries = (int)cfg_getint(cfg, "retries"),
		.acquire_timeout_ms = get_ms(cfg, "acquire-timeout"),
		.work_min_ms = (int)lround(work.low * 1000),
		.work_max_ms = (int)lround(work.high * 1000),
		.rest_max_ms = get_ms(cfg, "rest"),
	};
	CHECK(text_copy(campaign->arm[id].name, sizeof(campaign->arm[id].name), cfg_title(cfg)));
}

static int copy_sections(cfg_t *cfg, struct campaign *campaign, struct error *err)
{
	unsigned int arms = cfg_size(cfg, "arm"), blocks = cfg_size(cfg, "fault");

	if (arms > ARMS_MAX || blocks > FAULT_BLOCKS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "%s: more than %d arms or %d faults",
				 campaign->file, ARMS_MAX, FAULT_BLOCKS_MAX);
	for (unsigned int i = 0; i < arms; i++)
		copy_arm(cfg_getnsec(cfg, "arm", i), (int)i, campaign);
	for (unsigned int i = 0; i < blocks; i++)
		if (campaign_copy_fault(cfg_getnsec(cfg, "fault", i), campaign, (int)i, err))
			return -1;
	campaign->arms = (int)arms;
	campaign->blocks = (int)blocks;
	return copy_cluster(cfg_getsec(cfg, "cluster"), campaign, err);
}

static int copy_campaign(cfg_t *cfg, struct campaign *campaign, struct error *err)
{
	campaign->seed = strtoull(cfg_getstr(cfg, "seed"), NULL, 10);
	campaign->duration_ms = get_ms(cfg, "duration");
	campaign->settle_ms = get_ms(cfg, "settle");
	campaign->min_exposures = (int)cfg_getint(cfg, "min-exposures");
	campaign->service_expect =
		(enum expectation)get_word(cfg, "service-expect", expectation_names);
	if (get_text(cfg, "name", cfg_getstr(cfg, "name"), campaign->name, sizeof(campaign->name),
		     err))
		return -1;
	return copy_sections(cfg, campaign, err);
}

int campaign_add_endpoint(struct campaign *campaign, const char *url, struct error *err)
{
	int index = campaign->cluster.endpoints;

	if (index == ENDPOINTS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "more than %d endpoints", ENDPOINTS_MAX);
	if (strncmp(url, "http://", 7) != 0 || strlen(url) < 8)
		return error_set(err, EXIT_BAD_USAGE,
				 "endpoint '%s' is no URL such as http://127.0.0.1:2379", url);
	if (!text_copy(campaign->cluster.endpoint[index], sizeof(campaign->cluster.endpoint[0]),
		       url))
		return error_set(err, EXIT_BAD_USAGE, "endpoint '%.40s...' is too long", url);
	campaign->cluster.endpoints++;
	return 0;
}

static int parse_error(const char *path, int result, struct error *err)
{
	if (err->code) /* told by note_error */
		return -1;
	if (result == CFG_FILE_ERROR)
		return error_errno(err, EXIT_BAD_USAGE, "cannot read the campaign %s", path);
	return error_set(err, EXIT_BAD_USAGE, "%s: not a campaign", path);
}

/* From a file, or from a text that is not NULL; `path` is its name in errors. */
static int load(const char *path, const char *text, struct campaign *campaign, struct error *err)
{
	cfg_t *cfg = cfg_init(campaign_options, CFGF_NONE);
	int failed = 0;

	CHECK(cfg);
	memset(campaign, 0, sizeof(*campaign));
	text_copy(campaign->file, sizeof(campaign->file), path);
	cfg_set_error_function(cfg, note_error);
	for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]); i++)
		cfg_set_validate_func(cfg, validators[i].option, validators[i].validate);
	campaign_fault_validators(cfg);
	reading = err;
	int result = text ? cfg_parse_buf(cfg, text) : cfg_parse(cfg, path);

	reading = NULL;
	failed = result == CFG_SUCCESS ? copy_campaign(cfg, campaign, err)
				       : parse_error(path, result, err);
	cfg_free(cfg);
	return failed;
}

int campaign_load(const char *path, struct campaign *campaign, struct error *err)
{
	return load(path, NULL, campaign, err);
}

int campaign_load_text(const char *text, const char *name, struct campaign *campaign,
		       struct error *err)
{
	return load(name, text, campaign, err);
}
