/*
 * What an operator does to etcd: move-leader, compact, defragment, replace-member, revoke
 * (cluster/operate.h). All but replace-member are over when they are done, and are recorded so: a
 * fault without length.
 *
 * They bit when their effect was seen: another leader in a later term, a read that is refused, a
 * member that is gone, a key that is gone.
 */
#include "cluster/operate.h"

#include "base/clock.h"
#include "nemesis/fault.h"

static const int64_t PATIENCE_NS = 5 * NS_PER_S;
static const int64_t REMOVAL_NS = 10 * NS_PER_S; /* etcd refuses for 5 s after a disconnection */

static void record_operation(struct nemesis *nemesis, const struct fault *fault,
			     const struct operation *operation, const char *what)
{
	record_proof(nemesis, fault, operation->took_effect, operation->count, what, "%s",
		     operation->proof);
}

static struct operation operate(struct nemesis *nemesis, const struct fault *fault,
				const char **what)
{
	struct cluster *cluster = nemesis->config->cluster;
	int64_t deadline_ns = clock_now_ns() + PATIENCE_NS;

	if (fault->block->kind == FAULT_MOVE_LEADER) {
		*what = "term of the new leader";
		return cluster_move_leader(cluster, -1, deadline_ns);
	}
	if (fault->block->kind == FAULT_COMPACT) {
		*what = "compacted at revision";
		return cluster_compact(cluster, deadline_ns);
	}
	if (fault->block->kind == FAULT_DEFRAGMENT) {
		*what = "microseconds to defragment";
		return cluster_defragment(cluster, fault->host, deadline_ns);
	}
	*what = "key gone, created at revision";
	return cluster_revoke_holder(cluster, fault->lane->lock, deadline_ns);
}

static enum verb_result operator_inject(struct nemesis *nemesis, struct fault *fault,
					struct error *err)
{
	const char *what;

	(void)err;
	fault_begun(nemesis, fault);
	struct operation done = operate(nemesis, fault, &what);

	fault->bitten = done.took_effect;
	record_operation(nemesis, fault, &done, what);
	fault->heals_ns = clock_now_ns();
	return VERB_DONE;
}

static int operator_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	(void)nemesis, (void)err;
	fault->ended_ns = clock_now_ns();
	return 0;
}

const struct verb verb_operator = {operator_inject, NULL, operator_heal, CAN_FAULT_MEMBERS};

/* Replacing ----------------------------------------------------------------------------------- */

static enum verb_result replace_inject(struct nemesis *nemesis, struct fault *fault,
				       struct error *err)
{
	(void)err;
	fault_begun(nemesis, fault);
	struct operation done = cluster_remove_member(nemesis->config->cluster, fault->host,
						      clock_now_ns() + REMOVAL_NS);

	fault->bitten = done.took_effect;
	record_operation(nemesis, fault, &done, "members left");
	fault->heals_ns = clock_now_ns() + fault->length_ns;
	return VERB_DONE;
}

static int replace_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct operation done = cluster_add_member(nemesis->config->cluster, fault->host,
						   clock_now_ns() + REMOVAL_NS);

	fault->ended_ns = clock_now_ns();
	record_operation(nemesis, fault, &done, "milliseconds until it served");
	if (!done.took_effect)
		return error_set(err, EXIT_OUR_FAULT, "adding the member again: %s", done.proof);
	return 0;
}

const struct verb verb_replace = {replace_inject, NULL, replace_heal, CAN_FAULT_MEMBERS};
