/* From the words of a campaign to the hosts at the two ends of a link. */
#include "base/invariant.h"
#include "base/clock.h"
#include "nemesis/faults.h"

int hosts_in_minority(const struct nemesis *nemesis)
{
	int members = hosts_members(nemesis->config->hosts);

	CHECK(members > 0);
	return members == 1 ? 1 : (members - 1) / 2;
}

static int add_members(struct nemesis *nemesis, int first, int count, int16_t *hosts)
{
	int members = hosts_members(nemesis->config->hosts);

	CHECK(first >= 0);
	CHECK(count <= members && count <= CUT_HOSTS_MAX); /* none stands there twice */
	for (int i = 0; i < count; i++)
		hosts[i] = (int16_t)((first + i) % members);
	return count;
}

int hosts_of_target(struct nemesis *nemesis, const struct fault *fault, int16_t *hosts)
{
	int members = hosts_members(nemesis->config->hosts);

	switch (fault->block->target) {
	case TARGET_MINORITY:
		return add_members(nemesis, fault->host, hosts_in_minority(nemesis), hosts);
	case TARGET_MAJORITY:
		return add_members(nemesis, fault->host, members / 2 + 1, hosts);
	case TARGET_MEMBERS:
		return add_members(nemesis, 0, members, hosts);
	case TARGET_HOLDER:
	case TARGET_WAITER:
	case TARGET_OLDEST_WAITER:
	case TARGET_NEWEST_WAITER:
	case TARGET_WORKER:
	case TARGET_ENDPOINT:
	case TARGET_LEADER:
	case TARGET_FOLLOWER:
	case TARGET_MEMBER:
	case TARGET_EACH_MEMBER:
	case TARGET_STORE:
	case TARGET_CLUSTER:
	case TARGET_SAME:
	case TARGET_HOST:
	case FAULT_TARGETS_COUNT:
		break;
	}
	CHECK(fault->host >= 0);
	hosts[0] = (int16_t)fault->host;
	return 1;
}

/* The member that the target, or else the lane's holder, talks to; -1. */
static int find_endpoint(struct nemesis *nemesis, const struct fault *fault)
{
	const struct live_worker *slot = fault->slot;

	if (!slot && fault->lane)
		slot = view_holder(nemesis, fault->lane->lane);
	return slot ? atomic_load(&slot->endpoint) : -1;
}

static int find_holder(struct nemesis *nemesis, const struct fault *fault)
{
	const struct live_worker *holder =
		fault->lane ? view_holder(nemesis, fault->lane->lane) : NULL;

	return holder ? atomic_load(&holder->host) : -1;
}

/* `one`: the leader, the endpoint, the holder; -1. */
static bool is_far(const struct fault *fault, enum host_role role, int host, int one)
{
	switch (fault->block->from) {
	case FROM_FOLLOWERS:
		return role == HOST_MEMBER && one >= 0 && host != one;
	case FROM_MINORITY:
	case FROM_MAJORITY:
	case FROM_CLUSTER:
	case FROM_PEERS:
		return role == HOST_MEMBER;
	case FROM_CLIENTS:
		return role == HOST_WORKER;
	case FROM_STORE:
		return role == HOST_STORE;
	case FROM_LEADER:
	case FROM_ENDPOINT:
	case FROM_HOLDER:
		return host == one;
	case FROM_ALL: /* the witness tells the truth of the run: it is never cut off */
		return role != HOST_WITNESS && role != HOST_HUB;
	case FAULT_FROMS_COUNT:
		break;
	}
	return false;
}

static int find_one(struct nemesis *nemesis, const struct fault *fault)
{
	enum fault_from from = fault->block->from;

	if (from == FROM_LEADER || from == FROM_FOLLOWERS)
		return cluster_leader(nemesis->config->cluster, NULL);
	if (from == FROM_ENDPOINT)
		return find_endpoint(nemesis, fault);
	return find_holder(nemesis, fault); /* any other has no use for it */
}

/* So many members at most: of a minority or a majority the first, from the drawn one on. */
static int most_members(const struct nemesis *nemesis, const struct fault *fault)
{
	int members = hosts_members(nemesis->config->hosts);

	if (fault->block->from == FROM_MINORITY)
		return hosts_in_minority(nemesis);
	return fault->block->from == FROM_MAJORITY ? members / 2 + 1 : members;
}

int hosts_of_far_side(struct nemesis *nemesis, const struct fault *fault, int16_t *far)
{
	struct hosts *hosts = nemesis->config->hosts;
	int16_t near[CUT_HOSTS_MAX];
	int nears = hosts_of_target(nemesis, fault, near), count = 0;
	int one = find_one(nemesis, fault), left = most_members(nemesis, fault);
	int members = hosts_members(hosts);

	for (int i = 0; i < hosts_count(hosts); i++) {
		int host = i < members ? (fault->entry->member + i) % members : i;
		enum host_role role = hosts_get(hosts, host)->role;
		bool is_near = false;

		for (int k = 0; k < nears; k++)
			is_near |= near[k] == host;
		if (is_near || !is_far(fault, role, host, one) || (role == HOST_MEMBER && !left))
			continue;
		left -= role == HOST_MEMBER;
		CHECK(count < CUT_HOSTS_MAX && role != HOST_WITNESS); /* who is never cut off */
		far[count++] = (int16_t)host;
	}
	return count;
}
