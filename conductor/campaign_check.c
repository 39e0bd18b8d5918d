/* What cannot be in combination: seen when all of the campaign is known. */
#include <stdio.h>
#include <string.h>

#include "conductor/campaign.h"

static int arm_is_possible(const struct campaign *campaign, const struct arm *arm,
			   struct error *err)
{
	int hosts = 0;

	for (int i = 0; i < campaign->arms; i++)
		hosts += campaign->arm[i].lanes * campaign->arm[i].workers;
	if (hosts > HOSTS_MAX - 16)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: %d workers in all; one machine carries %d here",
				 campaign->file, hosts, HOSTS_MAX - 16);
	if (arm->ttl_s < 1)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: arm %s: ttl is zero; etcd's TTLs are whole seconds",
				 campaign->file, arm->name);
	if (arm->heartbeat_ms < 10 || arm->heartbeat_ms >= arm->ttl_s * 1000)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: arm %s: heartbeat %d ms must be at least 10 ms and less than "
				 "the TTL of %d s",
				 campaign->file, arm->name, arm->heartbeat_ms, arm->ttl_s);
	return 0;
}

/* Faults -------------------------------------------------------------------------------------- */

static int refuse(const struct campaign *campaign, const struct fault_block *block,
		  struct error *err, const char *why)
{
	return error_set(err, EXIT_BAD_USAGE, "%s: fault %s: %s", campaign->file, block->name, why);
}

/* The targets that the kind takes, in words. */
static void list_targets(enum fault_kind kind, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (int i = 0; i < FAULT_TARGETS_COUNT; i++)
		if (fault_traits(kind)->targets >> i & 1 && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 i == TARGET_HOST ? "a host's name"
								  : fault_target_names[i]);
}

static int target_is_possible(const struct campaign *campaign, const struct fault_block *block,
			      struct error *err)
{
	char known[400];

	if (fault_traits(block->kind)->targets >> block->target & 1)
		return 0;
	list_targets(block->kind, known, sizeof(known));
	return error_set(err, EXIT_BAD_USAGE, "%s: fault %s: do = %s cannot be aimed at %s; at: %s",
			 campaign->file, block->name, fault_kind_names[block->kind],
			 fault_target_names[block->target], known);
}

static bool has_host(const struct campaign *campaign, const char *name)
{
	char known[80];

	for (int i = 0; i < campaign->cluster.members; i++) {
		snprintf(known, sizeof(known), "m%d", i + 1);
		if (strcmp(name, known) == 0)
			return true;
	}
	for (int i = 0; i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];

		for (int lane = 0; lane < arm->lanes; lane++)
			for (int worker = 0; worker < arm->workers; worker++) {
				snprintf(known, sizeof(known), "%s-%d-%d", arm->name, lane, worker);
				if (strcmp(name, known) == 0)
					return true;
			}
	}
	return false;
}

static int host_is_there(const struct campaign *campaign, const struct fault_block *block,
			 struct error *err)
{
	bool is_worker = block->host[0] != 'm' || strchr(block->host, '-');

	if (block->target != TARGET_HOST)
		return 0;
	if (!has_host(campaign, block->host))
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: fault %s: there is no host '%s'; members are m1 to m%d, "
				 "workers ARM-LANE-NUMBER",
				 campaign->file, block->name, block->host,
				 campaign->cluster.members);
	if (is_worker && !(fault_traits(block->kind)->targets >> TARGET_WORKER & 1))
		return refuse(campaign, block, err, "that is a worker, and this hits members");
	if (!is_worker && !(fault_traits(block->kind)->targets >> TARGET_MEMBER & 1))
		return refuse(campaign, block, err, "that is a member, and this hits workers");
	return 0;
}

static int link_is_possible(const struct campaign *campaign, const struct fault_block *block,
			    struct error *err)
{
	bool of_lane = fault_is_of_lanes(block);
	bool of_worker = of_lane && block->target != TARGET_ENDPOINT;

	if (!(fault_traits(block->kind)->uses & USES_FROM) || block->target == TARGET_SAME)
		return 0;
	if (block->from == FROM_PEERS && (of_worker || block->target == TARGET_STORE))
		return refuse(campaign, block, err,
			      "only a member has peers; from = cluster, store or all");
	if ((block->from == FROM_HOLDER || block->from == FROM_ENDPOINT) && !of_lane)
		return refuse(
			campaign, block, err,
			"from = holder and endpoint are of a lane, and so must be the target");
	if (block->from == FROM_HOLDER && block->target == TARGET_HOLDER)
		return refuse(campaign, block, err, "the holder cannot be cut from itself");
	return 0;
}

/* Who is hit in the end by one that hits what another hit. */
static const struct fault_block *first_of(const struct campaign *campaign,
					  const struct fault_block *block)
{
	while (block->target == TARGET_SAME && block->follows)
		block = &campaign->block[block->follows - 1];
	return block;
}

static bool is_set(enum fault_target target)
{
	return target == TARGET_MINORITY || target == TARGET_MAJORITY || target == TARGET_MEMBERS;
}

static int same_is_possible(const struct campaign *campaign, const struct fault_block *block,
			    struct error *err)
{
	const struct fault_block *first = first_of(campaign, block);
	struct fault_block moved = *block;

	if (block->target != TARGET_SAME)
		return 0;
	if (!block->follows)
		return refuse(campaign, block, err, "target = same goes with 'follows'");
	if (first->target == TARGET_CLUSTER)
		return refuse(campaign, block, err,
			      "target = same: the fault that it follows hits no single host");
	moved.target = first->target;
	if (is_set(first->target)) /* each of them has its own, or it is the first */
		moved.target = TARGET_MEMBER;
	memcpy(moved.host, first->host, sizeof(moved.host));
	return target_is_possible(campaign, &moved, err) || host_is_there(campaign, &moved, err) ||
			       link_is_possible(campaign, &moved, err)
		       ? -1
		       : 0;
}

/* A set of members is a part of them only where there are several. */
static int members_suffice(const struct campaign *campaign, const struct fault_block *block,
			   struct error *err)
{
	bool shaped = block->kind == FAULT_PARTITION && block->shape != SHAPE_CLIENTS;

	/* An existing cluster is left alone: the nemesis notes such a block and goes on. */
	if (campaign->cluster.members >= 3 || campaign->cluster.endpoints ||
	    (!shaped && block->target != TARGET_FOLLOWER && block->kind != FAULT_REPLACE_MEMBER &&
	     block->from != FROM_PEERS))
		return 0;
	return refuse(campaign, block, err, "that needs three members or more");
}

static int lanes_are_there(const struct campaign *campaign, const struct fault_block *block,
			   struct error *err)
{
	int most = 0;

	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].lanes > most)
			most = campaign->arm[i].lanes;
	for (int i = 0; i < block->named_lanes; i++)
		if (block->lane[i] >= most)
			return error_set(err, EXIT_BAD_USAGE,
					 "%s: fault %s: there is no lane %d; they count from 0 to "
					 "%d",
					 campaign->file, block->name, block->lane[i], most - 1);
	if (block->named_lanes && block->lanes)
		return refuse(campaign, block, err,
			      "either 'lane' names them or 'lanes' draws them");
	return 0;
}

static int moment_is_possible(const struct campaign *campaign, const struct fault_block *block,
			      struct error *err)
{
	if (block->every_ms > 0 && block->every_ms < 50)
		return refuse(campaign, block, err, "every is less than 50ms");
	if (block->percent > 100 && block->kind != FAULT_CLOCK)
		return refuse(campaign, block, err, "percent is more than 100");
	return 0;
}

static int block_is_possible(const struct campaign *campaign, const struct fault_block *block,
			     struct error *err)
{
	return target_is_possible(campaign, block, err) || host_is_there(campaign, block, err) ||
			       same_is_possible(campaign, block, err) ||
			       link_is_possible(campaign, block, err) ||
			       members_suffice(campaign, block, err) ||
			       lanes_are_there(campaign, block, err) ||
			       moment_is_possible(campaign, block, err)
		       ? -1
		       : 0;
}

int campaign_validate(const struct campaign *campaign, struct error *err)
{
	if (campaign->arms == 0)
		return error_set(err, EXIT_BAD_USAGE, "%s: no arm; nothing would be tested",
				 campaign->file);
	if (campaign->duration_ms < 1000)
		return error_set(err, EXIT_BAD_USAGE, "%s: duration is less than a second",
				 campaign->file);
	for (int i = 0; i < campaign->arms; i++)
		if (arm_is_possible(campaign, &campaign->arm[i], err))
			return -1;
	for (int i = 0; i < campaign->blocks; i++)
		if (block_is_possible(campaign, &campaign->block[i], err))
			return -1;
	return 0;
}
