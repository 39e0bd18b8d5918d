/*
 * Theory of operation. The hub's namespace has one table of the bridge family; every IPv4 packet
 * from host to host passes its `forward` chain:
 *
 *	accept what is not IPv4
 *	for each active cut and direction: iifname {from} oifname {to}: mark 1, @fID counts the link
 *	mark 1: count the link in @drops
 *	mark 1: drop
 *	count the link in @links
 *
 * The chain is a pure function of the list of active cuts. A change flushes it and writes it anew,
 * in one transaction, so that no packet meets a half-written chain; the counts are elements of
 * named sets, which a flush leaves alone. Two cuts that overlap both count what either would have
 * dropped, for the rules of a cut mark and do not drop.
 *
 * ARP passes. It is flooded to every port, so that a counter that saw it would "prove" a cut that
 * stood in nobody's way; and with the neighbours known, healing is felt at once.
 *
 * The list is in shared memory under a robust mutex. A cut is put on the list before it is loaded
 * and taken off after it is unloaded: whoever dies between leaves a list that names at least every
 * cut there is, and heal_all needs no more.
 *
 * The chain stands behind the treatments of shape.h, some of which come from br_netfilter's hook
 * (priority 0, or -1): what they let go during a cut is dropped.
 *
 * A link is counted last in its rule, or in one apart: a full set ends the rule it stands in.
 *
 * Limits: traffic of the hub itself is counted and never cut: the conductor can always look.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "sandbox/filter.h"
#include "sandbox/hosts_inside.h"
#include "sandbox/shared_lock.h"

#define CHAIN    "bridge fencepost forward"
#define LINK_SET "type ifname . ifname; size 65535; flags dynamic; counter;"
#define PORT_SET "type ifname; size 1024; flags dynamic; counter;"

/* The text of a transaction ------------------------------------------------------------------- */

static void print_rule(FILE *out, int id, const int16_t *from, int froms, const int16_t *to,
		       int tos)
{
	filter_print_rule(out, CHAIN, from, froms, to, tos);
	fprintf(out, " meta mark set 1 update @f%d { iifname . oifname }\n", id);
}

/* Returns how many rules the chain then has. */
static int print_chain(FILE *out, const struct cut *cuts, int count)
{
	int rules = 4;

	for (int i = 0; i < count; i++)
		fprintf(out, "add set bridge fencepost f%d { " LINK_SET " }\n", cuts[i].id);
	fprintf(out, "flush chain " CHAIN "\n"
		     "add rule " CHAIN " ether type != ip accept\n");
	for (int i = 0; i < count; i++) {
		const struct cut *cut = &cuts[i];

		print_rule(out, cut->id, cut->from, cut->froms, cut->to, cut->tos);
		if (cut->both)
			print_rule(out, cut->id, cut->to, cut->tos, cut->from, cut->froms);
		rules += cut->both ? 2 : 1;
	}
	fprintf(out, "add rule " CHAIN " meta mark 1 update @drops { iifname . oifname }\n"
		     "add rule " CHAIN " meta mark 1 drop\n"
		     "add rule " CHAIN " update @links { iifname . oifname }\n");
	return rules;
}

/* Reads back: as many rules as were written, or nft did not do what it said. */
static int verify_chain(int expected, struct error *err)
{
	cJSON *objects;
	const cJSON *object;
	int rules = 0;

	if (filter_list("list chain " CHAIN, &objects, err))
		return -1;
	cJSON_ArrayForEach (object, objects)
		rules += cJSON_HasObjectItem(object, "rule");
	cJSON_Delete(objects);
	if (rules != expected)
		return error_set(err, EXIT_OUR_FAULT,
				 "nftables: %d rules were loaded and %d are there", expected,
				 rules);
	return 0;
}

/* Makes the kernel's chain that of these cuts, and drops the counts of the removed ones (add before
 * delete: a set that is not there is no error). */
static int load_chain(const struct cut *cuts, int count, const struct cut *removed,
		      int removed_count, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int rules = print_chain(out, cuts, count);

	for (int i = 0; i < removed_count; i++)
		fprintf(out,
			"add set bridge fencepost f%d { " LINK_SET " }\n"
			"delete set bridge fencepost f%d\n",
			removed[i].id, removed[i].id);
	text_end(out, &text);
	if (filter_load(text, err))
		return -1;
	return verify_chain(rules, err);
}

int cuts_prepare(struct hosts *hosts, struct error *err)
{
	static const char table[] =
		"table bridge fencepost {\n"
		"set links { " LINK_SET " }\n"
		"set drops { " LINK_SET " }\n"
		"set arrived { " PORT_SET " }\n"
		"set left { " PORT_SET " }\n"
		"chain forward { type filter hook forward priority 10; policy accept; }\n"
		"chain input { type filter hook input priority 0; policy accept;\n"
		"	ether type ip update @arrived { iifname }\n}\n"
		"chain output { type filter hook output priority 0; policy accept;\n"
		"	ether type ip update @left { oifname }\n}\n"
		"}\n";

	if (filter_load(table, err) ||
	    load_chain(hosts->shared->cut, hosts->shared->cuts, NULL, 0, err))
		return error_wrap(err, "packet filter of the hub");
	return 0;
}

/* The list of active cuts --------------------------------------------------------------------- */

static int find(const struct shared *shared, int id)
{
	for (int i = 0; i < shared->cuts; i++)
		if (shared->cut[i].id == id)
			return i;
	return -1;
}

static int add(struct shared *shared, const struct cut *cut, struct error *err)
{
	CHECK(find(shared, cut->id) < 0);
	if (shared->cuts == CUTS_MAX)
		return error_set(err, EXIT_OUR_FAULT, "more than %d cuts at once", CUTS_MAX);
	shared->cut[shared->cuts] = *cut;
	shared->cuts++;
	if (load_chain(shared->cut, shared->cuts, NULL, 0, err) == 0)
		return 0;
	shared->cuts--;
	return -1;
}

static int removal(struct shared *shared, int id, struct error *err)
{
	int count = 0, at = find(shared, id);

	if (at < 0) /* heal_all was faster */
		return 0;
	_cleanup_free_ struct cut *left = calloc(CUTS_MAX, sizeof(*left));

	CHECK_MEMORY(left);
	for (int i = 0; i < shared->cuts; i++)
		if (i != at)
			left[count++] = shared->cut[i];
	if (load_chain(left, count, &shared->cut[at], 1, err))
		return -1;
	/* The last one takes the free place: at no moment is an active cut off the list. */
	shared->cut[at] = shared->cut[shared->cuts - 1];
	shared->cuts--;
	return 0;
}

int hosts_cut(struct hosts *hosts, const struct cut *cut, struct error *err)
{
	CHECK(hosts_abilities(hosts) & CAN_CUT && cut->id > 0);
	CHECK(hosts_have_links(hosts, cut->from, cut->froms) &&
	      hosts_have_links(hosts, cut->to, cut->tos));
	if (shared_lock_take(&hosts->shared->cuts_lock, "cuts", err))
		return -1;
	int result = add(hosts->shared, cut, err);

	shared_lock_give(&hosts->shared->cuts_lock);
	return result ? error_wrap(err, "cut %d", cut->id) : 0;
}

int hosts_uncut(struct hosts *hosts, int id, struct error *err)
{
	CHECK(hosts_abilities(hosts) & CAN_CUT && id > 0);
	if (shared_lock_take(&hosts->shared->cuts_lock, "cuts", err))
		return -1;
	int result = removal(hosts->shared, id, err);

	shared_lock_give(&hosts->shared->cuts_lock);
	return result ? error_wrap(err, "healing cut %d", id) : 0;
}

int cuts_remove_all(struct hosts *hosts, struct error *err)
{
	struct shared *shared = hosts->shared;

	if (shared_lock_take(&hosts->shared->cuts_lock, "cuts", err))
		return -1;
	int result = load_chain(NULL, 0, shared->cut, shared->cuts, err);

	if (result == 0)
		shared->cuts = 0;
	shared_lock_give(&hosts->shared->cuts_lock);
	return result ? error_wrap(err, "healing all cuts") : 0;
}
