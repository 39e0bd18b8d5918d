/*
 * What an operator does to etcd: move-leader, compact, defragment, replace-member, revoke
 * (cluster/operate.h). All but replace-member are over when they are done, and are recorded so: a
 * fault without length.
 *
 * They bit when their effect was seen: another leader in a later term, a read that is refused, a
 * member that is gone, a key that is gone.
 */
#include "base/invariant.h"
#include "cluster/operate.h"

#include "base/clock.h"
#include "nemesis/faults.h"

static const int64_t PATIENCE_NS = 5 * NS_PER_S;
static const int64_t REMOVAL_NS = 10 * NS_PER_S; /* etcd refuses for 5 s after a disconnection */

typedef struct operation operate(struct nemesis *nemesis, const struct fault *fault,
				 int64_t deadline_ns);

static struct operation move_leader(struct nemesis *nemesis, const struct fault *fault,
				    int64_t deadline_ns)
{
	(void)fault;
	return cluster_move_leader(nemesis->config->cluster, -1, deadline_ns);
}

static struct operation compact(struct nemesis *nemesis, const struct fault *fault,
				int64_t deadline_ns)
{
	(void)fault;
	return cluster_compact(nemesis->config->cluster, deadline_ns);
}

static struct operation defragment(struct nemesis *nemesis, const struct fault *fault,
				   int64_t deadline_ns)
{
	return cluster_defragment(nemesis->config->cluster, fault->host, deadline_ns);
}

static struct operation revoke_holder(struct nemesis *nemesis, const struct fault *fault,
				      int64_t deadline_ns)
{
	CHECK(fault->lane && fault->lane->lock);
	return cluster_revoke_holder(nemesis->config->cluster, fault->lane->lock, deadline_ns);
}

static enum verb_result operator_inject(struct nemesis *nemesis, struct fault *fault,
					struct error *err)
{
	operate *const *operation = fault->verb->own;

	(void)err;
	fault_begun(nemesis, fault);
	struct operation done = (*operation)(nemesis, fault, clock_now_ns() + PATIENCE_NS);

	record_bite(nemesis, fault, done.took_effect, done.count, "%s", done.proof);
	fault->heals_ns = clock_now_ns();
	return VERB_DONE;
}

static int operator_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	(void)nemesis, (void)err;
	fault->ended_ns = clock_now_ns();
	return 0;
}

#define VERB(operation)                                                                            \
	{                                                                                          \
		operator_inject, NULL, operator_heal, CAN_FAULT_MEMBERS, &(operate *const)         \
		{                                                                                  \
			operation                                                                  \
		}                                                                                  \
	}

const struct verb verb_move_leader = VERB(move_leader);
const struct verb verb_compact = VERB(compact);
const struct verb verb_defragment = VERB(defragment);
const struct verb verb_revoke = VERB(revoke_holder);

/* Replacing ----------------------------------------------------------------------------------- */

static enum verb_result replace_inject(struct nemesis *nemesis, struct fault *fault,
				       struct error *err)
{
	(void)err;
	fault_begun(nemesis, fault);
	struct operation done = cluster_remove_member(nemesis->config->cluster, fault->host,
						      clock_now_ns() + REMOVAL_NS);

	record_bite(nemesis, fault, done.took_effect, done.count, "%s", done.proof);
	fault->heals_ns = clock_now_ns() + fault->length_ns;
	return VERB_DONE;
}

static int replace_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct operation done = cluster_add_member(nemesis->config->cluster, fault->host,
						   clock_now_ns() + REMOVAL_NS);

	fault->ended_ns = clock_now_ns();
	record_proof(nemesis, fault, done.took_effect, done.count, "milliseconds until it served",
		     "%s", done.proof);
	if (!done.took_effect)
		return error_set(err, EXIT_OUR_FAULT, "adding the member again: %s", done.proof);
	return 0;
}

const struct verb verb_replace = {replace_inject, NULL, replace_heal, CAN_FAULT_MEMBERS, NULL};
