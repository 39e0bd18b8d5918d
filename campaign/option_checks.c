/* What single options of a campaign must be beyond what their type and limits say, and lists that
 * grow. */
#include "campaign/option_checks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/duration.h"
#include "campaign/etcd_flags.h"
#include "campaign/value.h"

/* The cluster --------------------------------------------------------------------------------- */

int cluster_check_flag(const struct option *option, const char *text, struct error *err)
{
	const char *why = etcd_flag_trouble(text);

	if (value_check_text(option, text, err))
		return -1;
	return why ? error_set(err, EXIT_BAD_USAGE, "%s: '%s' cannot be given: %s", option->name,
			       text, why)
		   : 0;
}

int cluster_add_flag(void *into, const char *flag, struct error *err)
{
	struct cluster_options *cluster = into;

	if (cluster->flags == FLAGS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "more than %d flags", FLAGS_MAX);
	for (int i = 0; i < cluster->flags; i++)
		if (etcd_flag_is_same(flag, cluster->flag[i]))
			return error_set(err, EXIT_BAD_USAGE, "'%s' stands there twice", flag);
	CHECK(text_copy(cluster->flag[cluster->flags++], ETCD_FLAG_SIZE, flag));
	return 0;
}

/* The text of neither is repeated. */
int cluster_check_password(const struct option *option, const char *text, struct error *err)
{
	(void)option, (void)text;
	return error_set(
		err, EXIT_BAD_USAGE,
		"a password does not stand in a campaign, which is stored with the run; say "
		"password-file, or give it by ETCDCTL_PASSWORD");
}

int cluster_check_user(const struct option *option, const char *text, struct error *err)
{
	return (strchr(text, ':') ? cluster_check_password : value_check_text)(option, text, err);
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

int cluster_check_prefix(const struct option *option, const char *text, struct error *err)
{
	const char *why = campaign_prefix_trouble(text);

	return why ? error_set(err, EXIT_BAD_USAGE, "%s: %s", option->name, why) : 0;
}

/* Endpoints ----------------------------------------------------------------------------------- */

static int refuse_endpoint(const char *url, const char *why, struct error *err)
{
	char shown[ETCD_URL_SHOWN];

	etcd_url_show(url, shown);
	return error_set(err, EXIT_BAD_USAGE, "endpoint '%.60s': %s", shown, why);
}

int cluster_check_endpoint(const struct option *option, const char *url, struct error *err)
{
	const char *why = etcd_url_trouble(url);

	if (!why && strlen(url) >= option->size)
		why = "it is too long";
	return why ? refuse_endpoint(url, why, err) : 0;
}

int cluster_add_endpoint(void *into, const char *url, struct error *err)
{
	struct cluster_options *cluster = into;

	for (int i = 0; i < cluster->endpoints; i++)
		if (strcmp(cluster->endpoint[i], url) == 0)
			return refuse_endpoint(url, "it stands there twice", err);
	if (cluster->endpoints == ENDPOINTS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "more than %d endpoints", ENDPOINTS_MAX);
	CHECK(text_copy(cluster->endpoint[cluster->endpoints], sizeof(cluster->endpoint[0]), url));
	cluster->members = ++cluster->endpoints;
	return 0;
}

int campaign_add_endpoint(struct campaign *campaign, const char *url, struct error *err)
{
	const struct option its = {.size = sizeof(campaign->cluster.endpoint[0])};

	return cluster_check_endpoint(&its, url, err) ||
			       cluster_add_endpoint(&campaign->cluster, url, err)
		       ? -1
		       : 0;
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

/* Arms ---------------------------------------------------------------------------------------- */

enum { HEARTBEAT_LEAST_MS = 10 };

int arm_check_heartbeat(const struct option *option, const char *text, struct error *err)
{
	int ms;

	CHECK(duration_parse_ms(text, &ms));
	if (ms == 0 || ms >= HEARTBEAT_LEAST_MS)
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%s = '%.60s' is out of range; 10ms to a day, or 0s",
			 option->name, text);
}

int arm_add_client_word(void *into, const char *text, struct error *err)
{
	struct arm *arm = into;

	if (arm->client_words == CLIENT_WORDS_MAX)
		return error_set(err, EXIT_BAD_USAGE,
				 "more than %d words; write a script that "
				 "knows the others",
				 CLIENT_WORDS_MAX);
	CHECK(text_copy(arm->client_word[arm->client_words++], CLIENT_WORD_SIZE, text));
	return 0;
}

/* Faults -------------------------------------------------------------------------------------- */

bool fault_target_is_host(const char *word)
{
	size_t length = strlen(word);

	return length > 1 && length < sizeof(((struct fault_block *)0)->host) &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
	       strchr("0123456789", word[length - 1]);
}

int fault_check_target(const struct option *option, const char *text, struct error *err)
{
	return fault_target_is_host(text) ? 0 : value_check_word(option, text, err);
}

int fault_add_lane(void *into, const char *text, struct error *err)
{
	struct fault_block *block = into;
	int lane = atoi(text);

	if (block->named_lanes == SCHEDULED_LANES)
		return error_set(err, EXIT_BAD_USAGE, "more than %d lanes are named",
				 SCHEDULED_LANES);
	for (int i = 0; i < block->named_lanes; i++)
		if (block->lane[i] == lane)
			return error_set(err, EXIT_BAD_USAGE, "lane %d is named twice", lane);
	block->lane[block->named_lanes++] = lane;
	return 0;
}
