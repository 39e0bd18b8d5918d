/*
 * Theory of operation. A table of the bridge family stands before that of the cuts (priority -10).
 * Its chain is, as there, a pure function of the slots in force and written anew with each change:
 *
 *	accept what is not IPv4
 *	for each treatment and direction: iifname {from} oifname {to}: counter sID, mark 2
 *	mark 2: queue                                        (DOOR_BRIDGE only)
 *	for each host that sends: iifname, oifname {to}: class 1:HOST+1   (DOOR_NETEM only)
 *
 * Where nft's own `queue` is not built (NFT_QUEUE), the xtables target NFQUEUE does the same, but
 * newer kernels refuse it in the bridge family (nft_target_bridge_validate, 2026: ENOENT). Then the
 * packet passes br_netfilter, whose forward hook (priority 0 or -1) shows it to the IP family
 * between our chain and that of the cuts; a table there queues mark 2. That rule is the one thing
 * that nft's language cannot say and libnftnl can: no iptables and no /run/xtables.lock is needed.
 *
 * Both ways ask for `bypass`: a queue that nobody listens to lets packets pass. No base chain is
 * ever removed while packets are kept: the kernel would drop all of them (nf_queue_nf_hook_drop).
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "sandbox/filter.h"
#include "sandbox/shape_inside.h"

#define CHAIN       "bridge shape forward"
#define BRIDGE_FILE "/proc/sys/net/bridge/bridge-nf-call-iptables"
#define QUEUE_RULE  "add rule " CHAIN " meta mark %d queue num %d bypass\n"

/* The rules ----------------------------------------------------------------------------------- */

static void print_mark(FILE *out, int id, const int16_t *from, int froms, const int16_t *to,
		       int tos)
{
	filter_print_rule(out, CHAIN, from, froms, to, tos);
	fprintf(out, " counter name \"s%d\" meta mark set %d\n", id, SHAPE_MARK);
}

static int print_marks(FILE *out, const struct shape *shape)
{
	print_mark(out, shape->id, shape->from, shape->froms, shape->to, shape->tos);
	if (!shape->both)
		return 1;
	print_mark(out, shape->id, shape->to, shape->tos, shape->from, shape->froms);
	return 2;
}

static bool is_treated(const struct shapes *shapes, int from, int to)
{
	for (int i = 0; i < SHAPES_MAX; i++)
		if (shape_is_in_force(&shapes->slot[i]) && shape_takes(&shapes->slot[i], from, to))
			return true;
	return false;
}

/* The class of a packet at the port by which it leaves is its sender. */
static int print_classes(FILE *out, const struct shapes *shapes, int hosts)
{
	int16_t to[HOSTS_MAX];
	int rules = 0;

	for (int from = 0; from < hosts; from++) {
		int tos = 0;

		for (int i = 0; i < hosts; i++)
			if (is_treated(shapes, from, i))
				to[tos++] = (int16_t)i;
		if (tos == 0)
			continue;
		fprintf(out, "add rule " CHAIN " iifname \"p%d\" oifname ", from);
		filter_print_ports(out, to, tos);
		fprintf(out, " meta priority set 1:%x\n", (unsigned)from + 1);
		rules++;
	}
	return rules;
}

int shape_print_rules(FILE *out, const struct shapes *shapes, int hosts,
		      const struct shape_slot *left)
{
	int rules = 1;

	for (int i = 0; i < SHAPES_MAX; i++)
		if (shape_is_in_force(&shapes->slot[i]))
			fprintf(out, "add counter bridge shape s%d\n", shapes->slot[i].shape.id);
	fprintf(out, "flush chain " CHAIN "\n"
		     "add rule " CHAIN " ether type != ip accept\n");
	for (int i = 0; i < SHAPES_MAX; i++)
		if (shape_is_in_force(&shapes->slot[i]))
			rules += print_marks(out, &shapes->slot[i].shape);
	if (shapes->door == DOOR_BRIDGE && rules > 1) {
		fprintf(out, QUEUE_RULE, SHAPE_MARK, SHAPE_QUEUE);
		rules++;
	} else if (shapes->door == DOOR_NETEM) {
		rules += print_classes(out, shapes, hosts);
	}
	if (left) /* a counter that is not there is no error */
		fprintf(out,
			"add counter bridge shape s%d\n"
			"delete counter bridge shape s%d\n",
			left->shape.id, left->shape.id);
	return rules;
}

static int count_rules(const char *list, int *rules, struct error *err)
{
	cJSON *objects;
	const cJSON *object;

	if (filter_list(list, &objects, err))
		return -1;
	*rules = 0;
	cJSON_ArrayForEach (object, objects)
		*rules += cJSON_HasObjectItem(object, "rule");
	cJSON_Delete(objects);
	return 0;
}

int shape_load_rules(const struct shapes *shapes, int hosts, const struct shape_slot *left,
		     struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int found;
	int rules = shape_print_rules(out, shapes, hosts, left);

	text_end(out, &text);
	if (filter_load(text, err) || count_rules("list chain " CHAIN, &found, err))
		return -1;
	if (found != rules)
		return error_set(err, EXIT_OUR_FAULT,
				 "nftables: %d rules were loaded and %d are there", rules, found);
	return 0;
}

int shape_count_matched(const struct shape_slot *slot, int64_t *packets, struct error *err)
{
	char command[64];
	cJSON *objects;

	snprintf(command, sizeof(command), "list counter bridge shape s%d", slot->shape.id);
	if (filter_list(command, &objects, err))
		return -1;
	const cJSON *counter = cJSON_GetObjectItem(cJSON_GetArrayItem(objects, 0), "counter");
	const cJSON *value = cJSON_GetObjectItem(counter, "packets");
	bool is_number = cJSON_IsNumber(value);

	if (is_number)
		*packets = (int64_t)value->valuedouble;
	cJSON_Delete(objects);
	return is_number ? 0
			 : error_set(err, EXIT_OUR_FAULT, "nftables: no count of s%d",
				     slot->shape.id);
}

/* The target NFQUEUE in the IP family --------------------------------------------------------- */

static struct nftnl_expr *expression(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *made = nftnl_expr_alloc(name);

	CHECK_MEMORY(made);
	nftnl_rule_add_expr(rule, made);
	return made;
}

/* meta mark 2, xt target NFQUEUE (queue 0, bypass) */
static struct nftnl_rule *make_target_rule(void)
{
	/* The kernel wants the size rounded up (XT_ALIGN), and libnftnl frees it. */
	struct xt_NFQ_info_v3 *info = calloc(1, 8);
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_expr *part;

	_Static_assert(sizeof(*info) <= 8, "it fits");
	CHECK(info && rule);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, "shape");
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, "forward");
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_IPV4);
	part = expression(rule, "meta");
	nftnl_expr_set_u32(part, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(part, NFTNL_EXPR_META_DREG, NFT_REG_1);
	part = expression(rule, "cmp");
	nftnl_expr_set_u32(part, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(part, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set_u32(part, NFTNL_EXPR_CMP_DATA, SHAPE_MARK);
	part = expression(rule, "target");
	*info = (struct xt_NFQ_info_v3){
		.queuenum = SHAPE_QUEUE, .queues_total = 1, .flags = NFQ_FLAG_BYPASS};
	nftnl_expr_set_str(part, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(part, NFTNL_EXPR_TG_REV, 3);
	nftnl_expr_set_data(part, NFTNL_EXPR_TG_INFO, info, 8);
	return rule;
}

static int transact(struct mnl_nlmsg_batch *batch, struct error *err)
{
	char answer[4096];
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int result = -1;

	if (netlink && mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(netlink, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch)) >=
		    0) {
		ssize_t got = mnl_socket_recvfrom(netlink, answer, sizeof(answer));

		if (got > 0)
			result = mnl_cb_run(answer, (size_t)got, 0, mnl_socket_get_portid(netlink),
					    NULL, NULL);
	}
	if (result < 0)
		error_errno(err, EXIT_MACHINE_LACKS, "the target NFQUEUE");
	if (netlink)
		mnl_socket_close(netlink);
	return result < 0 ? -1 : 0;
}

static int add_target_rule(struct error *err)
{
	char buffer[4096];
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer, sizeof(buffer));
	struct nftnl_rule *rule = make_target_rule();

	CHECK(batch);
	nftnl_batch_begin(mnl_nlmsg_batch_current(batch), 1);
	mnl_nlmsg_batch_next(batch);
	struct nlmsghdr *head = nftnl_rule_nlmsg_build_hdr(
		mnl_nlmsg_batch_current(batch), NFT_MSG_NEWRULE, NFPROTO_IPV4,
		NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, 2);

	nftnl_rule_nlmsg_build_payload(head, rule);
	mnl_nlmsg_batch_next(batch);
	nftnl_batch_end(mnl_nlmsg_batch_current(batch), 3);
	mnl_nlmsg_batch_next(batch);
	int result = transact(batch, err);

	nftnl_rule_free(rule);
	mnl_nlmsg_batch_stop(batch);
	return result;
}

/* The doors ----------------------------------------------------------------------------------- */

static int try_bridge(struct error *err)
{
	char text[128];

	snprintf(text, sizeof(text), QUEUE_RULE "flush chain " CHAIN "\n", SHAPE_MARK, SHAPE_QUEUE);
	return filter_load(text, err) ? -1 : shape_queue_try(err);
}

/* A kernel without br_netfilter lacks the file; where it is on already, it need not be writable. */
static int bridge_shows_ip(struct error *err)
{
	_cleanup_close_ int fd = open(BRIDGE_FILE, O_RDWR | O_CLOEXEC);
	_cleanup_close_ int look = fd < 0 ? open(BRIDGE_FILE, O_RDONLY | O_CLOEXEC) : -1;
	char value = '?';

	if (fd >= 0 && write(fd, "1", 1) == 1)
		return 0;
	if (look < 0 || read(look, &value, 1) != 1)
		return error_errno(err, EXIT_MACHINE_LACKS, "br_netfilter");
	return value == '1' ? 0 : error_set(err, EXIT_MACHINE_LACKS, "br_netfilter is off");
}

static int try_ip(struct error *err)
{
	static const char table[] =
		"table ip shape {\n"
		"chain forward { type filter hook forward priority 0; policy accept; }\n"
		"}\n"
		"flush chain ip shape forward\n";
	int rules;

	if (bridge_shows_ip(err) || filter_load(table, err) || add_target_rule(err) ||
	    count_rules("list chain ip shape forward", &rules, err))
		return -1;
	if (rules != 1)
		return error_set(err, EXIT_MACHINE_LACKS,
				 "NFQUEUE: 1 rule was loaded, %d read back", rules);
	return shape_queue_try(err);
}

int shape_open_door(enum shape_door *door, char *against, size_t size, struct error *err)
{
	static const char table[] =
		"table bridge shape {\n"
		"chain forward { type filter hook forward priority -10; policy accept; }\n"
		"}\n";
	static const struct {
		enum shape_door door;
		const char *name;
		int (*try)(struct error *err);
	} doors[] = {{DOOR_BRIDGE, "nft queue", try_bridge},
		     {DOOR_IP, "xtables NFQUEUE", try_ip},
		     {DOOR_NETEM, "netem", netem_try}};
	size_t used = 0;

	*against = '\0';
	if (filter_load(table, err))
		return -1;
	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
		struct error why = {0};

		if (doors[i].try(&why) == 0) {
			*door = doors[i].door;
			return 0;
		}
		used += (size_t)snprintf(against + used, size - used, "%s%s: %.60s", i ? "; " : "",
					 doors[i].name, why.text);
		if (used >= size)
			used = size - 1;
	}
	return error_set(err, EXIT_MACHINE_LACKS,
			 "packets cannot be treated here (%s). Remedy: sudo modprobe -a "
			 "nfnetlink_queue nft_queue",
			 against);
}
