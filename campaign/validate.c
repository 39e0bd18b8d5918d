/* What cannot be in combination: seen when all of the campaign is known. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"
#include "campaign/campaign.h"
#include "campaign/duration.h"
#include "campaign/options.h"

/* "FILE:LINE: arm a: why"; a block that was drawn has no line. */
static int wrap_at(const struct campaign *campaign, int line, const char *kind, const char *name,
		   struct error *err)
{
	char number[16] = "";

	if (line)
		snprintf(number, sizeof(number), ":%d", line);
	return error_wrap(err, "%s%s: %s %s", campaign->place.file, number, kind, name);
}

/* What several hold needs to be told how many, and whose token says who is too late. */
static int sharing_is_possible(const struct arm *arm, struct error *err)
{
	enum sharing sharing = recipe_sharing(arm->recipe);
	const struct {
		const char *option;
		int value;
		enum sharing of;
	} needs[] = {
		{"permits", arm->permits, SHARING_SEMAPHORE},
		{"readers", arm->readers, SHARING_RWLOCK},
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		if (needs[i].value && sharing != needs[i].of)
			return error_set(err, EXIT_BAD_USAGE, "%s means nothing to recipe = %s",
					 needs[i].option, recipe_names[arm->recipe]);
		if (!needs[i].value && sharing == needs[i].of)
			return error_set(err, EXIT_BAD_USAGE, "recipe = %s needs %s",
					 recipe_names[arm->recipe], needs[i].option);
	}
	if (sharing == SHARING_SEMAPHORE && guard_needs_token(&guard_kinds[arm->guard]))
		return error_set(err, EXIT_BAD_USAGE,
				 "guard = %s cannot stand before recipe = %s: of those who hold at "
				 "once the one with the smallest token may hold longest",
				 guard_names[arm->guard], recipe_names[arm->recipe]);
	return 0;
}

static int arm_is_possible(const struct campaign *campaign, const struct arm *arm,
			   struct error *err)
{
	int hosts = 0;

	for (const struct arm *other = campaign->arm; other <= arm; other++)
		hosts += other->lanes * other->workers;
	if (hosts > WORKERS_MAX)
		return error_set(err, EXIT_BAD_USAGE,
				 "with it there are %d workers; one machine carries %d here", hosts,
				 WORKERS_MAX);
	if (arm_judge_times(arm, err))
		return -1;
	if (!guard_needs_token(&guard_kinds[arm->guard]) && arm->store != STORE_HONEST)
		return error_set(err, EXIT_BAD_USAGE,
				 "store = %s means nothing to guard = %s: no token comes",
				 store_names[arm->store], guard_names[arm->guard]);
	return sharing_is_possible(arm, err);
}

/* Faults -------------------------------------------------------------------------------------- */

/* The targets that the kind takes, in words. */
static void list_targets(enum fault_kind kind, char *text, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < FAULT_TARGETS_COUNT; i++)
		if (fault_traits(kind)->targets >> i & 1) {
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 i == TARGET_HOST ? "a host's name"
								  : fault_target_names[i]);
			CHECK(used < size);
		}
}

static int target_is_possible(const struct fault_block *block, struct error *err)
{
	char known[400];

	if (fault_traits(block->kind)->targets >> block->target & 1)
		return 0;
	list_targets(block->kind, known, sizeof(known));
	return error_set(err, EXIT_BAD_USAGE, "do = %s cannot be aimed at %s; at: %s",
			 fault_kind_names[block->kind], fault_target_names[block->target], known);
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
				 "there is no host '%s'; members are m1 to m%d, workers "
				 "ARM-LANE-NUMBER",
				 block->host, campaign->cluster.members);
	if (is_worker && !(fault_traits(block->kind)->targets >> TARGET_WORKER & 1))
		return error_set(err, EXIT_BAD_USAGE, "that is a worker, and this hits members");
	if (!is_worker && !(fault_traits(block->kind)->targets >> TARGET_MEMBER & 1))
		return error_set(err, EXIT_BAD_USAGE, "that is a member, and this hits workers");
	return 0;
}

static int link_is_possible(const struct fault_block *block, struct error *err)
{
	bool of_lane = fault_is_of_lanes(block);
	bool of_worker = of_lane && block->target != TARGET_ENDPOINT;

	if (!(fault_traits(block->kind)->uses & USES_FROM) || block->target == TARGET_SAME)
		return 0;
	if (block->from == FROM_PEERS && (of_worker || block->target == TARGET_STORE))
		return error_set(err, EXIT_BAD_USAGE,
				 "only a member has peers; from = cluster, store or all");
	if ((block->from == FROM_HOLDER || block->from == FROM_ENDPOINT) && !of_lane)
		return error_set(
			err, EXIT_BAD_USAGE,
			"from = holder and endpoint are of a lane, and so must be the target");
	if (block->from == FROM_HOLDER && block->target == TARGET_HOLDER)
		return error_set(err, EXIT_BAD_USAGE, "the holder cannot be cut from itself");
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
		return error_set(err, EXIT_BAD_USAGE, "target = same goes with 'follows'");
	if (first->target == TARGET_CLUSTER)
		return error_set(err, EXIT_BAD_USAGE,
				 "target = same: the fault that it follows hits no single host");
	moved.target = first->target;
	if (is_set(first->target)) /* each of them has its own, or it is the first */
		moved.target = TARGET_MEMBER;
	memcpy(moved.host, first->host, sizeof(moved.host));
	return target_is_possible(&moved, err) || host_is_there(campaign, &moved, err) ||
			       link_is_possible(&moved, err)
		       ? -1
		       : 0;
}

/* A set of members is a part of them only where there are several. */
static int members_suffice(const struct campaign *campaign, const struct fault_block *block,
			   struct error *err)
{
	const struct fault_traits *traits = fault_traits(block->kind);
	bool shaped = traits->uses & USES_SHAPE && block->shape != SHAPE_CLIENTS;

	/* An existing cluster is left alone: the nemesis notes such a block and goes on. */
	if (campaign->cluster.members >= 3 || campaign->cluster.endpoints ||
	    (!shaped && !traits->needs_three && block->target != TARGET_FOLLOWER &&
	     block->from != FROM_PEERS))
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "that needs three members or more");
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
					 "there is no lane %d; they count from 0 to %d",
					 block->lane[i], most - 1);
	if (block->named_lanes && block->lanes)
		return error_set(err, EXIT_BAD_USAGE,
				 "either 'lane' names them or 'lanes' draws them");
	if (block->lanes > most)
		return error_set(err, EXIT_BAD_USAGE, "lanes = %d, but no arm has more than %d",
				 block->lanes, most);
	if ((block->named_lanes || block->lanes) && block->target != TARGET_SAME &&
	    block->target != TARGET_HOST && !fault_is_of_lanes(block))
		return error_set(err, EXIT_BAD_USAGE,
				 "'lane' and 'lanes' mean nothing to target = %s",
				 fault_target_names[block->target]);
	return 0;
}

static int longest_ttl_s(const struct campaign *campaign)
{
	int longest = 0;

	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].ttl_s > longest)
			longest = campaign->arm[i].ttl_s;
	return longest;
}

static int lengths_are_bearable(const struct campaign *campaign, const struct fault_block *block,
				struct error *err)
{
	int ttl_s = longest_ttl_s(campaign);

	for (const struct option *option = option_sections[SECTION_FAULT].options; option->name;
	     option++) {
		const struct span *span = (const void *)((const char *)block + option->offset);

		if (option->type == OPTION_SPAN && span->in_ttl && span->high * ttl_s > DAY_S)
			return error_set(err, EXIT_BAD_USAGE,
					 "%s = %.10g TTLs of %d s is more than a day", option->name,
					 span->high, ttl_s);
	}
	return 0;
}

/* One that changes nothing would be counted as a fault that did not bite. */
static int amounts_matter(const struct fault_block *block, struct error *err)
{
	const struct fault_traits *traits = fault_traits(block->kind);
	double period_ms = block->by.low * 1000, stopped_ms = period_ms * block->percent / 100;

	if (traits->of_speed && block->percent == 100 && block->by.high == 0)
		return error_set(err, EXIT_BAD_USAGE,
				 "a clock at 100 percent that is set ahead by nothing is true");
	if (!traits->of_speed && traits->uses & USES_BY && block->by.high == 0)
		return error_set(err, EXIT_BAD_USAGE, "by = 0s changes nothing");
	if (!(traits->holds & HOLDS_BY_TURNS) || block->by.in_ttl)
		return 0;
	if (stopped_ms < 1 || period_ms - stopped_ms < 1)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%.10g percent of a period of %.10g ms: it must be stopped for 1 ms "
			"and go on for 1 ms at least",
			block->percent, period_ms);
	return 0;
}

static int moment_is_possible(const struct fault_block *block, struct error *err)
{
	if (block->every_ms > 0 && block->every_ms < 50)
		return error_set(err, EXIT_BAD_USAGE, "every is less than 50ms");
	if (block->percent > 100 && !fault_traits(block->kind)->of_speed)
		return error_set(err, EXIT_BAD_USAGE, "percent is more than 100");
	return 0;
}

static int block_is_possible(const struct campaign *campaign, const struct fault_block *block,
			     struct error *err)
{
	return target_is_possible(block, err) || host_is_there(campaign, block, err) ||
			       same_is_possible(campaign, block, err) ||
			       link_is_possible(block, err) ||
			       members_suffice(campaign, block, err) ||
			       lanes_are_there(campaign, block, err) ||
			       lengths_are_bearable(campaign, block, err) ||
			       amounts_matter(block, err) || moment_is_possible(block, err)
		       ? -1
		       : 0;
}

/* Occasions ----------------------------------------------------------------------------------- */

/* At most: `jitter` moves some past the end. */
static int64_t occasions_by_the_clock(const struct campaign *campaign,
				      const struct fault_block *block)
{
	int left_ms = campaign->duration_ms - block->first_ms;

	if (left_ms <= 0)
		return 0;
	return block->every_ms ? (left_ms - 1) / block->every_ms + 1 : 1;
}

/* As many for each that follows as for what it follows. */
static void count_occasions(const struct campaign *campaign, int64_t *count)
{
	for (int i = 0; i < campaign->blocks; i++) {
		const struct fault_block *block = &campaign->block[i];

		count[i] = block->follows ? count[block->follows - 1]
					  : occasions_by_the_clock(campaign, block);
	}
}

static int schedule_is_possible(const struct campaign *campaign, struct error *err)
{
	int64_t count[FAULT_BLOCKS_MAX], all = 0;
	int most = 0;

	count_occasions(campaign, count);
	for (int i = 0; i < campaign->blocks; i++) {
		all += count[i];
		if (count[i] > count[most])
			most = i;
	}
	if (all <= SCHEDULE_MAX)
		return 0;
	error_set(err, EXIT_BAD_USAGE,
		  "it comes %" PRId64 " times of %" PRId64 " in all; a run takes %d: a longer "
		  "'every', or a shorter duration",
		  count[most], all, SCHEDULE_MAX);
	return wrap_at(campaign, campaign->place.block[most], "fault", campaign->block[most].name,
		       err);
}

void campaign_warn(const struct campaign *campaign, void (*tell)(void *context, const char *text),
		   void *context)
{
	int64_t count[FAULT_BLOCKS_MAX];
	char text[300];

	for (int i = 0; i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];

		if (arm->work_max_ms < campaign->settle_ms)
			continue;
		snprintf(text, sizeof(text),
			 "arm %s: settle of %d ms is not longer than its work of up to %d ms: a "
			 "lane may be called stuck because its holder works",
			 arm->name, campaign->settle_ms, arm->work_max_ms);
		tell(context, text);
	}
	count_occasions(campaign, count);
	for (int i = 0; i < campaign->blocks; i++) {
		if (count[i])
			continue;
		snprintf(text, sizeof(text),
			 "fault %s: it does not come within the duration of %d ms",
			 campaign->block[i].name, campaign->duration_ms);
		tell(context, text);
	}
}

/* The whole ----------------------------------------------------------------------------------- */

int campaign_validate(const struct campaign *campaign, struct error *err)
{
	if (campaign->arms == 0)
		return error_set(err, EXIT_BAD_USAGE, "%s: no arm; nothing would be tested",
				 campaign->place.file);
	if (campaign->duration_ms < 1000)
		return error_set(err, EXIT_BAD_USAGE, "%s: duration is less than a second",
				 campaign->place.file);
	if (campaign->cluster.endpoints && campaign->cluster.flags)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s:%d: etcd-flags cannot be given to a cluster that runs already",
				 campaign->place.file, campaign->place.cluster);
	for (int i = 0; i < campaign->arms; i++)
		if (arm_is_possible(campaign, &campaign->arm[i], err))
			return wrap_at(campaign, campaign->place.arm[i], "arm",
				       campaign->arm[i].name, err);
	for (int i = 0; i < campaign->blocks; i++)
		if (block_is_possible(campaign, &campaign->block[i], err))
			return wrap_at(campaign, campaign->place.block[i], "fault",
				       campaign->block[i].name, err);
	return schedule_is_possible(campaign, err);
}
