/* Reading the cluster block: our own members, or the endpoints of somebody else's. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/read.h"
#include "campaign/etcd_flags.h"

/* libconfuse wants them writable. */
static char no_endpoints[] = "{}", no_flags[] = "{}";

cfg_opt_t campaign_cluster_options[] = {
	CFG_INT_CB("members", 3, CFGF_NONE, parse_whole),
	CFG_STR("etcd", "etcd", CFGF_NONE),
	CFG_STR("heartbeat", "50ms", CFGF_NONE),
	CFG_STR("election", "500ms", CFGF_NONE),
	CFG_STR_LIST("etcd-flags", no_flags, CFGF_NONE),
	CFG_STR_LIST("endpoints", no_endpoints, CFGF_NONE),
	CFG_STR("cacert", "", CFGF_NONE),
	CFG_STR("cert", "", CFGF_NONE),
	CFG_STR("key", "", CFGF_NONE),
	CFG_STR("user", "", CFGF_NONE),
	CFG_STR("password", "", CFGF_NONE), /* known, so that it is refused with the reason */
	CFG_STR("password-file", "", CFGF_NONE),
	CFG_STR("prefix", "", CFGF_NONE),
	CFG_END(),
};

static int valid_members(cfg_t *cfg, cfg_opt_t *option)
{
	long members = cfg_opt_getnint(option, 0);

	if (members == 1 || members == 3 || members == 5)
		return 0;
	cfg_error(cfg, "members = %ld; a cluster here has 1, 3 or 5", members);
	return -1;
}

static int valid_etcd(cfg_t *cfg, cfg_opt_t *option)
{
	return valid_text(cfg, option, sizeof(((struct campaign *)0)->cluster.etcd));
}

static int valid_flag(cfg_t *cfg, cfg_opt_t *option)
{
	const char *flag = newest_text(option), *why;

	if (valid_text(cfg, option, ETCD_FLAG_SIZE))
		return -1;
	why = etcd_flag_trouble(flag);
	if (!why)
		return 0;
	cfg_error(cfg, "etcd-flags: '%s' cannot be given: %s", flag, why);
	return -1;
}

/* NULL when it can be added. */
static const char *endpoint_trouble(const struct campaign *campaign, const char *url)
{
	const char *why = etcd_url_trouble(url);

	if (why)
		return why;
	if (strlen(url) >= sizeof(campaign->cluster.endpoint[0]))
		return "it is too long";
	for (int i = 0; i < campaign->cluster.endpoints; i++)
		if (strcmp(campaign->cluster.endpoint[i], url) == 0)
			return "it stands there twice";
	return NULL;
}

static int valid_endpoint(cfg_t *cfg, cfg_opt_t *option)
{
	static const struct campaign none;
	const char *why = endpoint_trouble(&none, newest_text(option));

	if (!why)
		return 0;
	char shown[ETCD_URL_SHOWN];

	etcd_url_show(newest_text(option), shown);
	cfg_error(cfg, "endpoint '%.60s': %s", shown, why);
	return -1;
}

static int valid_path(cfg_t *cfg, cfg_opt_t *option)
{
	return valid_text(cfg, option, ETCD_PATH);
}

/* The text of neither is repeated. */
static int valid_password(cfg_t *cfg, cfg_opt_t *option)
{
	(void)option;
	cfg_error(cfg, "a password does not stand in a campaign, which is stored with the run; say "
		       "password-file, or give it by ETCDCTL_PASSWORD");
	return -1;
}

static int valid_user(cfg_t *cfg, cfg_opt_t *option)
{
	if (strchr(newest_text(option), ':'))
		return valid_password(cfg, option);
	return valid_text(cfg, option, ETCD_NAME);
}

const char *campaign_prefix_trouble(const char *prefix)
{
	for (const char *at = prefix; *at; at++)
		if (!isgraph((unsigned char)*at))
			return "it has a character that is none of ASCII, or a blank";
	if (strlen(prefix) >= CAMPAIGN_PREFIX_SIZE)
		return "it has more than 24 characters";
	return *prefix && prefix[strlen(prefix) - 1] == '/' ? NULL : "it must end with a slash";
}

static int valid_prefix(cfg_t *cfg, cfg_opt_t *option)
{
	const char *why = campaign_prefix_trouble(newest_text(option));

	if (!why)
		return 0;
	cfg_error(cfg, "prefix: %s", why);
	return -1;
}

void campaign_cluster_validators(cfg_t *cfg)
{
	static const struct {
		const char *option;
		cfg_validate_callback_t validate;
	} validators[] = {
		{"cluster", valid_section},
		{"cluster|members", valid_members},
		{"cluster|etcd", valid_etcd},
		{"cluster|heartbeat", valid_ms},
		{"cluster|election", valid_ms},
		{"cluster|etcd-flags", valid_flag},
		{"cluster|endpoints", valid_endpoint},
		{"cluster|cacert", valid_path},
		{"cluster|cert", valid_path},
		{"cluster|key", valid_path},
		{"cluster|user", valid_user},
		{"cluster|password", valid_password},
		{"cluster|password-file", valid_path},
		{"cluster|prefix", valid_prefix},
	};

	for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]); i++)
		cfg_set_validate_func(cfg, validators[i].option, validators[i].validate);
}

/* Copying ------------------------------------------------------------------------------------- */

int campaign_add_endpoint(struct campaign *campaign, const char *url, struct error *err)
{
	int index = campaign->cluster.endpoints;
	const char *why = endpoint_trouble(campaign, url);

	if (why) {
		char shown[ETCD_URL_SHOWN];

		etcd_url_show(url, shown);
		return error_set(err, EXIT_BAD_USAGE, "endpoint '%.60s': %s", shown, why);
	}
	if (index == ENDPOINTS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "more than %d endpoints", ENDPOINTS_MAX);
	CHECK(text_copy(campaign->cluster.endpoint[index], sizeof(campaign->cluster.endpoint[0]),
			url));
	campaign->cluster.members = ++campaign->cluster.endpoints;
	return 0;
}

int campaign_set_endpoints(struct campaign *campaign, const char *list, struct error *err)
{
	_cleanup_free_ char *copy = strdup(list);

	CHECK_MEMORY(copy);
	campaign->cluster.endpoints = 0;
	if (strchr(list, '@')) /* whole, for a password may have a comma */
		return campaign_add_endpoint(campaign, list, err);
	for (char *rest = copy, *url; (url = strsep(&rest, ","));)
		if (campaign_add_endpoint(campaign, url, err))
			return error_wrap(err, "--endpoints");
	return 0;
}

static int copy_endpoints(const struct part *part, struct campaign *campaign)
{
	/* `members` says their number, or nothing: the printed campaign has both. */
	static const char *const idle[] = {"etcd", "heartbeat", "election", "etcd-flags"};
	unsigned int endpoints = cfg_size(part->cfg, "endpoints");
	struct error err = {0};

	for (unsigned int i = 0; i < endpoints; i++)
		if (campaign_add_endpoint(campaign, cfg_getnstr(part->cfg, "endpoints", i), &err))
			return part_refuse(part, "endpoints", "%s", err.text);
	for (size_t i = 0; endpoints && i < sizeof(idle) / sizeof(idle[0]); i++)
		if (is_written(part->cfg, idle[i]))
			return part_refuse(part, idle[i],
					   "'%s' means nothing to a cluster that runs already "
					   "('endpoints')",
					   idle[i]);
	if (endpoints && is_written(part->cfg, "members") &&
	    cfg_getint(part->cfg, "members") != (long)endpoints)
		return part_refuse(part, "members", "members = %ld, but there are %u endpoints",
				   cfg_getint(part->cfg, "members"), endpoints);
	return 0;
}

static void copy_access(const struct part *part, struct campaign *campaign)
{
	struct etcd_access *access = &campaign->cluster.access;
	const struct {
		const char *option;
		char *into;
		size_t size;
	} texts[] = {
		{"cacert", access->cacert, sizeof(access->cacert)},
		{"cert", access->cert, sizeof(access->cert)},
		{"key", access->key, sizeof(access->key)},
		{"user", access->user, sizeof(access->user)},
		{"password-file", campaign->cluster.password_file, ETCD_PATH},
		{"prefix", campaign->cluster.prefix, CAMPAIGN_PREFIX_SIZE},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(text_copy(texts[i].into, texts[i].size,
				cfg_getstr(part->cfg, texts[i].option)));
}

static int copy_flags(const struct part *part, struct campaign *campaign)
{
	unsigned int flags = cfg_size(part->cfg, "etcd-flags");

	if (flags > FLAGS_MAX)
		return part_refuse(part, "etcd-flags", "more than %d flags", FLAGS_MAX);
	for (unsigned int i = 0; i < flags; i++) {
		const char *flag = cfg_getnstr(part->cfg, "etcd-flags", i);

		for (unsigned int k = 0; k < i; k++)
			if (etcd_flag_is_same(flag, campaign->cluster.flag[k]))
				return part_refuse(part, "etcd-flags", "'%s' stands there twice",
						   flag);
		CHECK(text_copy(campaign->cluster.flag[i], ETCD_FLAG_SIZE, flag));
	}
	campaign->cluster.flags = (int)flags;
	return 0;
}

int campaign_copy_cluster(const struct part *part, struct campaign *campaign)
{
	cfg_t *cfg = part->cfg;
	int heartbeat_ms = get_ms(cfg, "heartbeat"), election_ms = get_ms(cfg, "election");

	campaign->place.cluster = source_line(&part->reader->source, part->block, "");
	campaign->cluster.members = (int)cfg_getint(cfg, "members");
	campaign->cluster.heartbeat_ms = heartbeat_ms;
	campaign->cluster.election_ms = election_ms;
	CHECK(text_copy(campaign->cluster.etcd, sizeof(campaign->cluster.etcd),
			cfg_getstr(cfg, "etcd")));
	if (election_ms < 5 * heartbeat_ms)
		return part_refuse(part, is_written(cfg, "election") ? "election" : "heartbeat",
				   "election %d ms must be at least 5 times the heartbeat of %d "
				   "ms: etcd wants it so",
				   election_ms, heartbeat_ms);
	copy_access(part, campaign);
	return copy_flags(part, campaign) || copy_endpoints(part, campaign) ? -1 : 0;
}
