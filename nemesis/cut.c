/*
 * cut: drops every packet between the target and the hosts that `from` names, both ways, at the hub
 * (cluster_cut). Connections stay open, nothing is refused: silence, as of a dead switch.
 *
 * It bit when the cut's own counter shows at least one dropped packet. A target that had nothing to
 * send, nor was sent anything, was not bitten.
 */
#include "nemesis/fault.h"

#include "base/clock.h"

static bool is_far_side(struct nemesis *nemesis, const struct fault *fault, int host)
{
	if (host == fault->host)
		return false;
	enum host_role role = cluster_host(nemesis->config->cluster, host)->role;

	switch (fault->block->from) {
	case FROM_CLUSTER:
	case FROM_PEERS:
		return role == HOST_MEMBER;
	case FROM_ALL: /* the witness tells the truth of the run: it is never cut off */
		return role != HOST_WITNESS && role != HOST_HUB;
	}
	return false;
}

static enum verb_result cut_inject(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct cluster *cluster = nemesis->config->cluster;
	struct cut cut = {.id = fault_next_id(nemesis), .both = true, .froms = 1};

	cut.from[0] = (int16_t)fault->host;
	for (int host = 0; host < cluster_hosts(cluster); host++)
		if (is_far_side(nemesis, fault, host))
			cut.to[cut.tos++] = (int16_t)host;
	if (cut.tos == 0) {
		error_set(err, EXIT_BAD_USAGE, "there is nothing to cut %s from",
			  cluster_host(cluster, fault->host)->name);
		return VERB_FAILED;
	}
	if (cluster_cut(cluster, &cut, err))
		return VERB_FAILED;
	fault_begun(nemesis, fault);
	return VERB_DONE;
}

static void cut_prove(struct nemesis *nemesis, struct fault *fault)
{
	struct error err = {0};
	int64_t packets = 0;

	if (cluster_cut_dropped(nemesis->config->cluster, fault->id, &packets, &err))
		record_note(nemesis, true, "fault %d: count dropped packets: %s", fault->id,
			    err.text);
	fault->bitten = packets > 0;
	record_proof(nemesis, fault, fault->bitten, packets, "packets dropped", "from %s",
		     fault_from_names[fault->block->from]);
}

static int cut_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (cluster_uncut(nemesis->config->cluster, fault->id, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	return 0;
}

const struct verb verb_cut = {cut_inject, cut_prove, cut_heal};
