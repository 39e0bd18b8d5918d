/* Who leads, by the word of the members. */
#include "base/clock.h"
#include "base/invariant.h"
#include "cluster/cluster_inside.h"

enum { STATUS_TIMEOUT_MS = 300, MEMBERS_MAX = 64 };

struct votes {
	int answers, kinds;
	struct vote {
		uint64_t leader, term;
		int count;
	} vote[MEMBERS_MAX];
};

/* A member's term is that of the last entry it applied, and so a little late: the greatest counts.
 */
static const struct vote *cast(struct votes *votes, const struct etcd_status *status)
{
	struct vote *vote = votes->vote;

	votes->answers++;
	while (vote < &votes->vote[votes->kinds] && vote->leader != status->leader)
		vote++;
	if (vote == &votes->vote[votes->kinds])
		votes->vote[votes->kinds++] = (struct vote){.leader = status->leader};
	if (vote->term < status->raft_term)
		vote->term = status->raft_term;
	vote->count++;
	return vote;
}

static bool ask_member(struct cluster *cluster, int member, struct etcd_status *status)
{
	struct error err = {0};
	_cleanup_client_ struct etcd *client = member_client(cluster, member, &err);

	if (!client)
		return false;
	struct etcd_reply reply =
		etcd_status(client, 0, status, clock_now_ns() + STATUS_TIMEOUT_MS * NS_PER_MS);

	if (reply.outcome != ETCD_OK)
		return false;
	member_note_id(cluster, member, status->member_id);
	return true;
}

/* One that was removed may be named until the others have elected; it leads no more. */
static int member_of_id(const struct cluster *cluster, uint64_t id)
{
	for (int i = 0; id && i < cluster->members; i++)
		if (cluster->member[i].id == id && cluster->member[i].membership != MEMBERSHIP_OUT)
			return i;
	return -1;
}

/* Asks one member after the other and stops as soon as more than half of all agree: with all well
 * that is two short questions of three. A thread per member would gain something only when several
 * members hang without being stopped. */
int members_find_leader(struct cluster *cluster, uint64_t *term)
{
	struct votes votes = {0};
	const struct vote *best = NULL;

	CHECK(cluster->members <= MEMBERS_MAX);
	for (int i = 0; i < cluster->members; i++) {
		struct etcd_status status = {0};

		if (!member_may_answer(cluster, i) || !ask_member(cluster, i, &status))
			continue;
		const struct vote *vote = cast(&votes, &status);

		if (!best || vote->count > best->count)
			best = vote;
		if (best->count * 2 > cluster->members)
			break;
	}
	if (!best || best->count * 2 <= votes.answers)
		return -1;
	int leader = member_of_id(cluster, best->leader);

	if (leader >= 0 && term)
		*term = best->term;
	return leader;
}
