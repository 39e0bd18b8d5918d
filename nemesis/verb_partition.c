/*
 * partition: drops the packets between groups of hosts, in the shape that the campaign names. One
 * fault, made of as many cuts at the hub as the shape has edges; the first has the fault's id, the
 * others follow on in a range of their own, so that no two faults share one.
 *
 * It bit when at least one packet was dropped.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "nemesis/faults.h"

enum { CUTS_OF_ONE = 8, FIRST_CUT = 1 << 24 };

struct effect {
	int cuts;
	struct cut cut[CUTS_OF_ONE];
};

static struct cut *add_cut(struct effect *effect, int fault)
{
	struct cut *cut;

	CHECK(effect->cuts < CUTS_OF_ONE);
	cut = &effect->cut[effect->cuts];
	*cut = (struct cut){.id = FIRST_CUT + fault * CUTS_OF_ONE + effect->cuts, .both = true};
	effect->cuts++;
	return cut;
}

static void put(int16_t *hosts, int *count, int host)
{
	CHECK(*count < CUT_HOSTS_MAX && host >= 0);
	hosts[(*count)++] = (int16_t)host;
}

static bool is_cuttable(enum host_role role)
{
	return role != HOST_HUB && role != HOST_WITNESS;
}

/* Every host on one of two sides: the members as evenly as they go, the rest by their numbers, each
 * moved on by what was drawn. */
static void shape_halves(struct hosts *hosts, const struct fault *fault, struct cut *cut)
{
	int members = hosts_members(hosts), draw = fault->entry->pick;

	for (int host = 0; host < hosts_count(hosts); host++) {
		if (!is_cuttable(hosts_get(hosts, host)->role))
			continue;
		bool left = host < members ? (host + fault->entry->member) % members < members / 2
					   : host % 2 == draw % 2;

		if (left)
			put(cut->from, &cut->froms, host);
		else
			put(cut->to, &cut->tos, host);
	}
}

/* `count` members, from entry->member on, from the other members. */
static void shape_members(struct hosts *hosts, const struct fault *fault, int count,
			  struct cut *cut)
{
	int members = hosts_members(hosts);

	for (int i = 0; i < members; i++) {
		int member = (fault->entry->member + i) % members;

		if (i < count)
			put(cut->from, &cut->froms, member);
		else
			put(cut->to, &cut->tos, member);
	}
}

/* Two groups of members that do not hear each other, and one member that both hear. */
static void shape_bridge(struct hosts *hosts, const struct fault *fault, struct cut *cut)
{
	int members = hosts_members(hosts);

	for (int i = 1; i < members; i++) { /* 0 is the bridge */
		int member = (fault->entry->member + i) % members;

		if (i <= members / 2)
			put(cut->from, &cut->froms, member);
		else
			put(cut->to, &cut->tos, member);
	}
}

/* Each member hears itself and the next members up to a majority: a cut of one direction each. */
static void shape_ring(struct hosts *hosts, struct effect *effect, int fault)
{
	int members = hosts_members(hosts), heard = members / 2 + 1;

	for (int member = 0; member < members; member++) {
		struct cut *cut = add_cut(effect, fault);

		cut->both = false;
		put(cut->to, &cut->tos, member);
		for (int i = heard; i < members; i++)
			put(cut->from, &cut->froms, (member + i) % members);
	}
}

static void shape_peers(struct hosts *hosts, struct effect *effect, int fault)
{
	int members = hosts_members(hosts);

	for (int member = 0; member + 1 < members; member++) {
		struct cut *cut = add_cut(effect, fault);

		put(cut->from, &cut->froms, member);
		for (int other = member + 1; other < members; other++)
			put(cut->to, &cut->tos, other);
	}
}

static void shape_clients(struct hosts *hosts, struct cut *cut)
{
	for (int host = 0; host < hosts_count(hosts); host++) {
		enum host_role role = hosts_get(hosts, host)->role;

		if (role == HOST_MEMBER)
			put(cut->from, &cut->froms, host);
		if (role == HOST_WORKER)
			put(cut->to, &cut->tos, host);
	}
}

static void shape_alone(struct hosts *hosts, int leader, struct cut *cut)
{
	put(cut->from, &cut->froms, leader);
	for (int host = 0; host < hosts_count(hosts); host++)
		if (host != leader && is_cuttable(hosts_get(hosts, host)->role))
			put(cut->to, &cut->tos, host);
}

/* False when the shape needs a leader and there is none. */
static bool draw_shape(struct nemesis *nemesis, const struct fault *fault, int id,
		       struct effect *effect)
{
	struct hosts *hosts = nemesis->config->hosts;
	int members = hosts_members(hosts), leader;

	switch (fault->block->shape) {
	case SHAPE_HALVES:
		shape_halves(hosts, fault, add_cut(effect, id));
		break;
	case SHAPE_MINORITY:
		shape_members(hosts, fault, (members - 1) / 2, add_cut(effect, id));
		break;
	case SHAPE_BRIDGE:
		shape_bridge(hosts, fault, add_cut(effect, id));
		break;
	case SHAPE_RING:
		shape_ring(hosts, effect, id);
		break;
	case SHAPE_LEADER_ALONE:
		leader = cluster_leader(nemesis->config->cluster, NULL);
		if (leader < 0)
			return false;
		shape_alone(hosts, leader, add_cut(effect, id));
		break;
	case SHAPE_PEERS:
		shape_peers(hosts, effect, id);
		break;
	case SHAPE_CLIENTS:
		shape_clients(hosts, add_cut(effect, id));
		break;
	case FAULT_SHAPES_COUNT:
		break;
	}
	return true;
}

static int uncut_all(struct hosts *hosts, const struct effect *effect, struct error *err)
{
	for (int i = 0; i < effect->cuts; i++)
		if (hosts_uncut(hosts, effect->cut[i].id, err))
			return -1;
	return 0;
}

static enum verb_result partition_inject(struct nemesis *nemesis, struct fault *fault,
					 struct error *err)
{
	struct hosts *hosts = nemesis->config->hosts;
	struct effect *effect = calloc(1, sizeof(*effect));
	struct error ignored = {0};

	CHECK_MEMORY(effect);
	if (!draw_shape(nemesis, fault, fault_next_id(nemesis), effect)) {
		free(effect);
		return VERB_MISSED;
	}
	for (int i = 0; i < effect->cuts; i++)
		if (hosts_cut(hosts, &effect->cut[i], err)) {
			effect->cuts = i;
			uncut_all(hosts, effect, &ignored);
			free(effect);
			return VERB_FAILED;
		}
	fault->effect = effect;
	fault_begun(nemesis, fault);
	CHECK(!effect->cuts || effect->cut[0].id == FIRST_CUT + fault->id * CUTS_OF_ONE);
	return VERB_DONE;
}

static void partition_prove(struct nemesis *nemesis, struct fault *fault)
{
	const struct effect *effect = fault->effect;
	int64_t dropped = 0;

	for (int i = 0; i < effect->cuts; i++)
		dropped += record_dropped(nemesis, fault, effect->cut[i].id);
	record_bite(nemesis, fault, dropped > 0, dropped, "shape %s, %d cuts",
		    fault_shape_names[fault->block->shape], effect->cuts);
}

static int partition_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (uncut_all(nemesis->config->hosts, fault->effect, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	free(fault->effect);
	return 0;
}

const struct verb verb_partition = {partition_inject, partition_prove, partition_heal, CAN_CUT,
				    NULL};
