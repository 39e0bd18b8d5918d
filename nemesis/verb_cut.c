/*
 * cut: drops every packet between the target and the hosts that `from` names, both ways or one, at
 * the hub (hosts_cut). Connections stay open, nothing is refused: silence, as of a dead switch.
 *
 * It bit when the cut's own counter shows at least one dropped packet. A target that had nothing to
 * send, nor was sent anything, was not bitten.
 */
#include "base/invariant.h"
#include "nemesis/faults.h"

#include <string.h>

#include "base/clock.h"

static void name_ends(struct nemesis *nemesis, const struct fault *fault, struct cut *cut)
{
	cut->froms = hosts_of_target(nemesis, fault, cut->from);
	cut->tos = hosts_of_far_side(nemesis, fault, cut->to);
	cut->both = fault->block->direction == DIRECTION_BOTH;
	if (fault->block->direction != DIRECTION_IN)
		return;
	struct cut turned = {.id = cut->id, .froms = cut->tos, .tos = cut->froms};

	memcpy(turned.from, cut->to, sizeof(turned.from));
	memcpy(turned.to, cut->from, sizeof(turned.to));
	*cut = turned;
}

static enum verb_result cut_inject(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct cut cut = {.id = fault_next_id(nemesis)};

	name_ends(nemesis, fault, &cut);
	if (cut.tos == 0 || cut.froms == 0)
		return VERB_MISSED; /* the leader is not known, nobody holds */
	if (hosts_cut(nemesis->config->hosts, &cut, err))
		return VERB_FAILED;
	fault_begun(nemesis, fault);
	CHECK(fault->id == cut.id); /* by which it is counted, and taken away */
	return VERB_DONE;
}

static void cut_prove(struct nemesis *nemesis, struct fault *fault)
{
	int64_t packets = record_dropped(nemesis, fault, fault->id);

	record_bite(nemesis, fault, packets > 0, packets, "from %s, %s",
		    fault_from_names[fault->block->from],
		    fault_direction_names[fault->block->direction]);
}

static int cut_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (hosts_uncut(nemesis->config->hosts, fault->id, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	return 0;
}

const struct verb verb_cut = {cut_inject, cut_prove, cut_heal, CAN_CUT, NULL};
