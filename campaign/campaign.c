/* A campaign from its file or a text: what was read (read.c), section by section. */
#include "campaign/campaign.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/invariant.h"
#include "base/text.h"
#include "campaign/read.h"

/* Of endpoints `members` says the number, or nothing: the printed campaign has both. */
static int check_members(const struct part *part, const struct cluster_options *cluster)
{
	const struct option *idle = part_find_idle(part, NEEDS_MEMBERS, cluster_needs(cluster));
	int members = atoi(part_text(part, "members"));

	if (idle)
		return part_refuse(part, idle->name,
				   "'%s' means nothing to a cluster that runs already "
				   "('endpoints')",
				   idle->name);
	if (!cluster->endpoints && members != 1 && members != 3 && members != 5)
		return error_set(part->reader->err, EXIT_BAD_USAGE,
				 "%s:%d: members = %d; a cluster here has 1, 3 or 5",
				 part->reader->source.name,
				 source_line(&part->reader->source, part->block, "members"),
				 members);
	if (cluster->endpoints && part_is_written(part, "members") && members != cluster->members)
		return part_refuse(part, "members", "members = %d, but there are %d endpoints",
				   members, cluster->endpoints);
	return 0;
}

int cluster_judge_times(const struct cluster_options *cluster, struct error *err)
{
	if (cluster->election_ms >= 5 * cluster->heartbeat_ms)
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "election %d ms must be at least 5 times the heartbeat of %d ms: etcd "
			 "wants it so",
			 cluster->election_ms, cluster->heartbeat_ms);
}

static int copy_cluster(const struct reader *reader, struct campaign *campaign)
{
	struct part part = reader_part(reader, SECTION_CLUSTER, 0);
	struct cluster_options *cluster = &campaign->cluster;
	struct error why = {0};

	campaign->place.cluster = part.line;
	if (part_copy(&part, ~0u, cluster))
		return -1;
	if (cluster_judge_times(cluster, &why))
		return part_refuse(&part,
				   part_is_written(&part, "election") ? "election" : "heartbeat",
				   "%s", why.text);
	return check_members(&part, cluster);
}

static int copy_arm(const struct reader *reader, int number, struct campaign *campaign)
{
	struct part part = reader_part(reader, SECTION_ARM, number);
	struct arm *arm = &campaign->arm[number];
	struct reader preset;

	campaign->place.arm[number] = part.line;
	arm->id = number;
	CHECK(text_copy(arm->name, sizeof(arm->name), cfg_title(part.cfg)));
	bool begins_with = part_open_preset(&part, &preset);
	int failed = part_copy(&part, ~0u, arm);

	if (!failed && part_find_idle(&part, NEEDS_RECIPE, arm_needs(arm)))
		failed = part_refuse(&part, "recipe",
				     "a client stands in place of a recipe; say one of them");
	if (begins_with)
		reader_close(&preset);
	return failed;
}

static int copy_fault(const struct reader *reader, int number, struct campaign *campaign)
{
	struct part part = reader_part(reader, SECTION_FAULT, number);

	campaign->place.block[number] = part.line;
	return part_copy_fault(&part, campaign, number);
}

static int copy_campaign(const struct reader *reader, struct campaign *campaign)
{
	struct part top = reader_part(reader, SECTION_TOP, 0);

	campaign->arms = reader->blocks[SECTION_ARM];
	campaign->blocks = reader->blocks[SECTION_FAULT];
	if (part_copy(&top, ~0u, campaign))
		return -1;
	for (int i = 0; i < campaign->arms; i++)
		if (copy_arm(reader, i, campaign))
			return -1;
	for (int i = 0; i < campaign->blocks; i++)
		if (copy_fault(reader, i, campaign))
			return -1;
	return copy_cluster(reader, campaign);
}

/* Takes what was read, and frees it. */
static int parse(struct reader *reader, struct campaign *campaign)
{
	memset(campaign, 0, sizeof(*campaign));
	text_copy(campaign->place.file, sizeof(campaign->place.file), reader->source.name);
	int failed = reader_parse(reader) || copy_campaign(reader, campaign);

	reader_close(reader);
	return failed ? -1 : 0;
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
