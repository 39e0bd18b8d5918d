/* Which verb makes which kind of fault, and whether it can be used here. */
#include "base/invariant.h"
#include "nemesis/faults.h"

#include <string.h>

static const struct verb *const verbs[] = {
#define FAULT_KIND(name, word, made_by, ...) &verb_##made_by,
#include "campaign/fault_kinds.h"
};

const struct verb *verb_of(const struct fault_block *block)
{
	CHECK(block->kind < sizeof(verbs) / sizeof(verbs[0]));
	return verbs[block->kind];
}

/* By whom it hits, or, of one that hits the same, whom the first of the chain hits. */
static bool may_hit_members(const struct nemesis *nemesis, const struct fault_block *block)
{
	while (block->target == TARGET_SAME && block->follows) {
		CHECK(block->follows <= nemesis->config->blocks);
		block = &nemesis->config->block[block->follows - 1];
	}
	if (block->target == TARGET_HOST) /* only a worker's name has one */
		return strchr(block->host, '-') == NULL;
	return !fault_is_of_lanes(block) || block->target == TARGET_ENDPOINT;
}

bool verb_is_possible(const struct nemesis *nemesis, const struct fault_block *block)
{
	int abilities = hosts_abilities(nemesis->config->hosts);
	int needs = verbs[block->kind]->needs;

	if (fault_traits(block->kind)->needs_disk)
		needs |= CAN_FAULT_DISKS;
	if (may_hit_members(nemesis, block) && block->target != TARGET_CLUSTER)
		needs |= CAN_FAULT_MEMBERS;
	return (abilities & needs) == needs;
}
