/*
 * What a fault block says. A preset is what it begins with; each option that is written replaces
 * what the preset says, and one that means nothing to the kind of fault is an error: it would be
 * lost in silence.
 */
#include "campaign/read.h"

#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "campaign/option_checks.h"

enum { OF_KINDS = NEEDS_CLOCK - 1 };

static bool is_following(const struct part *part)
{
	return strcmp(part_text(part, "follows"), "nothing") != 0;
}

/* A kind that has one target only need not be told. */
static int take_target(const struct part *part, struct fault_block *block)
{
	const char *word = part_text(part, "target");

	if (!part_is_written(part, "target") &&
	    fault_traits(block->kind)->targets == 1u << TARGET_CLUSTER) {
		block->target = TARGET_CLUSTER;
	} else if (!word) {
		return part_refuse(part, NULL, "no 'target'");
	} else if (fault_target_is_host(word)) {
		block->target = TARGET_HOST;
		CHECK(text_copy(block->host, sizeof(block->host), word));
	} else {
		block->target = (enum fault_target)word_index(word, fault_target_names);
	}
	return 0;
}

static int take_kind(const struct part *part, struct fault_block *block)
{
	const char *kind = part_text(part, "do");
	const struct option *idle;

	if (!kind)
		return part_refuse(part, NULL, "neither 'do' nor 'preset'");
	block->kind = (enum fault_kind)word_index(kind, fault_kind_names);
	if (take_target(part, block))
		return -1;
	idle = part_find_idle(part, OF_KINDS, fault_traits(block->kind)->uses);
	if (idle)
		return part_refuse(part, idle->name, "'%s' means nothing to do = %s", idle->name,
				   fault_kind_names[block->kind]);
	return 0;
}

/* What the load can bear. */
static int check_amounts(const struct part *part, const struct fault_block *block)
{
	if (block->count > BALLAST_MAX)
		return part_refuse(part, "count", "count = %d leases; at most %d", block->count,
				   BALLAST_MAX);
	if (fault_traits(block->kind)->effect == EFFECT_LOAD && block->rate > WRITES_MAX)
		return part_refuse(part, "rate", "rate = %d writes per second; at most %d",
				   block->rate, WRITES_MAX);
	return 0;
}

/* Every other block's time comes from its leader's. */
static int take_leader(const struct part *part, const struct campaign *campaign, int index,
		       struct fault_block *block)
{
	const char *names[FAULT_BLOCKS_MAX + 1] = {NULL};
	const char *followed = part_text(part, "follows");
	const struct option *idle;

	idle = part_find_idle(part, NEEDS_CLOCK, NEEDS_LEADER);
	if (idle)
		return part_refuse(part, idle->name,
				   "it comes when '%.40s' does; 'first', 'every' and 'jitter' mean "
				   "nothing to it, 'after' does",
				   followed);
	for (int i = 0; i < index; i++)
		names[i] = campaign->block[i].name;
	block->follows = word_index(followed, names) + 1;
	if (block->follows)
		return 0;
	return part_refuse(part, "follows", "follows = '%.60s' is no fault block before this one%s",
			   followed, word_hint(followed, names).text);
}

static int copy_block(const struct part *part, const struct campaign *campaign, int index,
		      struct fault_block *block)
{
	bool follows = is_following(part);

	CHECK(text_copy(block->name, sizeof(block->name), cfg_title(part->cfg)));
	if (take_kind(part, block) ||
	    part_copy(part,
		      fault_traits(block->kind)->uses | (follows ? NEEDS_LEADER : NEEDS_CLOCK),
		      block) ||
	    check_amounts(part, block))
		return -1;
	if (follows)
		return take_leader(part, campaign, index, block);
	if (part_is_written(part, "since"))
		return part_refuse(part, "since", "'since' goes with 'follows'");
	return 0;
}

int part_copy_fault(struct part *part, struct campaign *campaign, int index)
{
	struct reader preset;
	bool begins_with = part_open_preset(part, &preset);

	part->ttl_s = campaign->arm[0].ttl_s;
	int failed = copy_block(part, campaign, index, &campaign->block[index]);

	if (begins_with)
		reader_close(&preset);
	return failed;
}
