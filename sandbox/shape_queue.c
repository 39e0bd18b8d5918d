/*
 * Theory of operation. The engine is one process with one netlink socket, bound to the hub's queue.
 * The kernel sends what it knows of each packet and keeps the packet itself until our verdict, so
 * that to keep one costs us a few words, and a delayed packet is the original. The ports it came in
 * by and will leave by name the hosts. Copies are the exception: no verdict makes one, so a copy is
 * written to the port of the receiver by a packet socket, with the checksum and the segmentation
 * that the original still lacked left to the kernel as well (PACKET_VNET_HDR). Only then does the
 * kernel have to send us whole packets. A copy passes no chain; it is not sent into a cut.
 *
 * Large packets come unsegmented (NFQA_CFG_F_GSO), not only for speed: cut up in the queue, packets
 * of the bridge family would lose their Ethernet headers.
 *
 * Bounds. The kernel keeps up to 16,384 packets and lets further ones pass (NFQA_CFG_F_FAIL_OPEN),
 * also when our socket's buffer is full.
 *
 * Ends. The kernel drops what it kept when the socket closes, and the rules' `bypass` lets all
 * later packets pass. That this process lives is told by a robust mutex that it holds: the kernel
 * gives that back, whatever the end was.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "sandbox/hosts_inside.h"
#include "sandbox/shape_pipe.h"

enum { PORTS_MAX = 1 << 16, HEADERS_ONLY = 64, WHOLE = 0xffff, FRAME_MTU = 1500, BURST = 256 };

struct queue_engine {
	struct pipe pipe;
	struct mnl_socket *queue;
	int wire;      /* a packet socket, for copies */
	bool is_whole; /* the kernel sends whole packets */
	const struct shared *shared;
	int hosts, port[HOSTS_MAX]; /* interface index of a host's port */
	int16_t host_of[PORTS_MAX]; /* and back; -1: none */
};

/* The queue ----------------------------------------------------------------------------------- */

static int configure(struct mnl_socket *queue, struct nlmsghdr *ask, struct error *err)
{
	char answer[4096];

	ask->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(queue, ask, ask->nlmsg_len) >= 0) {
		ssize_t got = mnl_socket_recvfrom(queue, answer, sizeof(answer));

		if (got > 0 && mnl_cb_run(answer, (size_t)got, 0, mnl_socket_get_portid(queue),
					  NULL, NULL) >= 0)
			return 0;
	}
	return error_errno(err, EXIT_MACHINE_LACKS, "the packet queue (nfnetlink_queue)");
}

static int bind_queue(struct mnl_socket *queue, struct error *err)
{
	char buffer[256];
	struct nlmsghdr *ask = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, SHAPE_QUEUE);

	nfq_nlmsg_cfg_put_cmd(ask, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	if (configure(queue, ask, err))
		return -1;
	ask = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, SHAPE_QUEUE);
	nfq_nlmsg_cfg_put_params(ask, NFQNL_COPY_PACKET, HEADERS_ONLY);
	mnl_attr_put_u32(ask, NFQA_CFG_QUEUE_MAXLEN, htonl(PIPE_KEPT_MAX));
	mnl_attr_put_u32(ask, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
	mnl_attr_put_u32(ask, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
	return configure(queue, ask, err);
}

static struct mnl_socket *open_queue(struct error *err)
{
	struct mnl_socket *queue = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (!queue || mnl_socket_bind(queue, 0, MNL_SOCKET_AUTOPID)) {
		error_errno(err, EXIT_MACHINE_LACKS, "netfilter socket");
	} else if (bind_queue(queue, err) == 0) {
		return queue;
	}
	if (queue)
		mnl_socket_close(queue);
	return NULL;
}

int shape_queue_try(struct error *err)
{
	struct mnl_socket *queue = open_queue(err);

	return queue ? mnl_socket_close(queue) : -1;
}

/* Whole packets only while somebody makes copies. No answer is asked for: it would come among the
 * packets. */
static void set_range(struct queue_engine *engine)
{
	const struct shape_slot *slot = engine->pipe.shapes->slot;
	bool wanted = false;
	char buffer[256];

	for (int i = 0; i < SHAPES_MAX; i++)
		wanted = wanted ||
			 (slot[i].state == SLOT_NEW && slot[i].shape.duplicate_percent > 0) ||
			 (slot[i].state == SLOT_ACTIVE && slot[i].shape.duplicate_percent > 0);
	if (wanted == engine->is_whole)
		return;
	struct nlmsghdr *ask = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, SHAPE_QUEUE);

	nfq_nlmsg_cfg_put_params(ask, NFQNL_COPY_PACKET, wanted ? WHOLE : HEADERS_ONLY);
	if (mnl_socket_sendto(engine->queue, ask, ask->nlmsg_len) >= 0)
		engine->is_whole = wanted;
}

static void give_verdict(struct queue_engine *engine, uint32_t id, int verdict)
{
	char buffer[256];
	struct nlmsghdr *answer = nfq_nlmsg_put(buffer, NFQNL_MSG_VERDICT, SHAPE_QUEUE);

	nfq_nlmsg_verdict_put(answer, (int)id, verdict);
	CHECK(mnl_socket_sendto(engine->queue, answer, answer->nlmsg_len) >= 0);
}

/* Copies -------------------------------------------------------------------------------------- */

static bool is_side(const int16_t *hosts, int count, int host)
{
	for (int i = 0; i < count; i++)
		if (hosts[i] == host)
			return true;
	return false;
}

/* Read without the lock of the cuts: a copy at the very instant of a change may go either way. */
static bool is_cut(const struct shared *shared, int from, int to)
{
	for (int i = 0; i < shared->cuts && i < CUTS_MAX; i++) {
		const struct cut *cut = &shared->cut[i];

		if ((is_side(cut->from, cut->froms, from) && is_side(cut->to, cut->tos, to)) ||
		    (cut->both && is_side(cut->from, cut->froms, to) &&
		     is_side(cut->to, cut->tos, from)))
			return true;
	}
	return false;
}

/* virtio header, Ethernet header, payload. What the sender left to its network card is left to the
 * kernel. NULL: a kind that is not copied. */
static uint8_t *make_frame(const struct packet *packet, const uint8_t *payload, size_t size,
			   uint32_t info, size_t *frame_size)
{
	struct virtio_net_hdr head = {0};
	struct ethhdr link = {.h_proto = htons(ETH_P_IP)};
	const struct iphdr *ip = (const void *)payload;

	if (size < sizeof(*ip) || ip->version != 4 || size < (size_t)ip->ihl * 4)
		return NULL;
	size_t ip_size = (size_t)ip->ihl * 4;

	if (info & NFQA_SKB_CSUMNOTREADY) {
		head.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		head.csum_start = (uint16_t)(sizeof(link) + ip_size);
		head.csum_offset = ip->protocol == IPPROTO_TCP ? 16 : 6;
	}
	if (size > FRAME_MTU) {
		if (ip->protocol != IPPROTO_TCP || size < ip_size + sizeof(struct tcphdr))
			return NULL;
		const struct tcphdr *tcp = (const void *)(payload + ip_size);

		head.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		head.hdr_len = (uint16_t)(sizeof(link) + ip_size + tcp->doff * 4u);
		head.gso_size = (uint16_t)(FRAME_MTU - ip_size - tcp->doff * 4u);
	}
	network_hardware_address(packet->to, link.h_dest);
	network_hardware_address(packet->from, link.h_source);
	*frame_size = sizeof(head) + sizeof(link) + size;
	uint8_t *frame = malloc(*frame_size);

	CHECK_MEMORY(frame);
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), &link, sizeof(link));
	memcpy(frame + sizeof(head) + sizeof(link), payload, size);
	return frame;
}

static bool send_copy(struct queue_engine *engine, const struct packet *packet)
{
	struct sockaddr_ll port = {.sll_family = AF_PACKET,
				   .sll_protocol = htons(ETH_P_IP),
				   .sll_ifindex = engine->port[packet->to],
				   .sll_halen = ETH_ALEN};

	if (is_cut(engine->shared, packet->from, packet->to))
		return false;
	return sendto(engine->wire, packet->frame, packet->frame_size, 0, (struct sockaddr *)&port,
		      sizeof(port)) == (ssize_t)packet->frame_size;
}

/* Packets come and go ------------------------------------------------------------------------- */

static bool accept_packet(void *context, const struct packet *packet)
{
	if (packet->copied_by)
		return send_copy(context, packet);
	give_verdict(context, packet->id, NF_ACCEPT);
	return true;
}

static void drop_packet(void *context, const struct packet *packet)
{
	if (!packet->copied_by)
		give_verdict(context, packet->id, NF_DROP);
}

static int host_at(const struct queue_engine *engine, struct nlattr *const *attribute, int physical,
		   int plain)
{
	const struct nlattr *port = attribute[physical] ? attribute[physical] : attribute[plain];
	uint32_t number = port ? ntohl(mnl_attr_get_u32(port)) : 0;

	return number < PORTS_MAX ? engine->host_of[number] : -1;
}

static int take_packet(const struct nlmsghdr *message, void *context)
{
	struct queue_engine *engine = context;
	struct nlattr *attribute[NFQA_MAX + 1] = {0};

	if (nfq_nlmsg_parse(message, attribute) < 0 || !attribute[NFQA_PACKET_HDR])
		return MNL_CB_OK;
	const struct nfqnl_msg_packet_hdr *head = mnl_attr_get_payload(attribute[NFQA_PACKET_HDR]);
	int from = host_at(engine, attribute, NFQA_IFINDEX_PHYSINDEV, NFQA_IFINDEX_INDEV);
	int to = host_at(engine, attribute, NFQA_IFINDEX_PHYSOUTDEV, NFQA_IFINDEX_OUTDEV);
	size_t size =
		attribute[NFQA_PAYLOAD] ? mnl_attr_get_payload_len(attribute[NFQA_PAYLOAD]) : 0;
	bool is_cut_short = attribute[NFQA_CAP_LEN];
	uint32_t info =
		attribute[NFQA_SKB_INFO] ? ntohl(mnl_attr_get_u32(attribute[NFQA_SKB_INFO])) : 0;

	if (from < 0 || to < 0) {
		give_verdict(engine, ntohl(head->packet_id), NF_ACCEPT);
		return MNL_CB_OK;
	}
	struct packet *packet = calloc(1, sizeof(*packet));

	CHECK_MEMORY(packet);
	packet->id = ntohl(head->packet_id);
	packet->from = (int16_t)from;
	packet->to = (int16_t)to;
	packet->bytes = ETH_HLEN + (is_cut_short ? ntohl(mnl_attr_get_u32(attribute[NFQA_CAP_LEN]))
						 : (uint32_t)size);
	if (!is_cut_short && size && pipe_copies(&engine->pipe, from, to))
		packet->frame = make_frame(packet, mnl_attr_get_payload(attribute[NFQA_PAYLOAD]),
					   size, info, &packet->frame_size);
	pipe_put(&engine->pipe, packet, clock_now_ns());
	return MNL_CB_OK;
}

/* At most a burst, so that what is due is not kept waiting by what arrives. */
static void take_packets(struct queue_engine *engine)
{
	static char buffer[WHOLE + 8192];
	int fd = mnl_socket_get_fd(engine->queue);

	for (int i = 0; i < BURST; i++) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (got <= 0)
			return;
		mnl_cb_run(buffer, (size_t)got, 0, mnl_socket_get_portid(engine->queue),
			   take_packet, engine);
	}
}

/* The process --------------------------------------------------------------------------------- */

static void wake(struct shapes *shapes)
{
	for (int i = 0; i < SHAPES_MAX; i++)
		syscall(SYS_futex, &shapes->slot[i].state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void serve(struct queue_engine *engine, int kick_fd)
{
	struct pollfd ends[] = {{mnl_socket_get_fd(engine->queue), POLLIN, 0},
				{kick_fd, POLLIN, 0}};
	eventfd_t kicks;

	for (;;) {
		int64_t now_ns = clock_now_ns();
		int64_t due_ns = pipe_settle(&engine->pipe, now_ns);
		int64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
		struct timespec left = {left_ns / NS_PER_S, left_ns % NS_PER_S};

		if (ppoll(ends, 2, due_ns == CLOCK_NEVER ? NULL : &left, NULL) < 0)
			continue;
		if (ends[1].revents) {
			CHECK(read(kick_fd, &kicks, sizeof(kicks)) > 0 || errno == EAGAIN);
			set_range(engine);
			/* What was sent before a removal is treated before it. */
			take_packets(engine);
			if (pipe_attend(&engine->pipe, clock_now_ns()))
				wake(engine->pipe.shapes);
			set_range(engine);
		}
		if (ends[0].revents)
			take_packets(engine);
	}
}

static void name_ports(struct queue_engine *engine)
{
	char name[IF_NAMESIZE];

	for (int i = 0; i < PORTS_MAX; i++)
		engine->host_of[i] = -1;
	for (int i = 0; i < engine->hosts; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		unsigned number = if_nametoindex(name);

		if (number == 0 || number >= PORTS_MAX) /* of the hub itself */
			continue;
		engine->port[i] = (int)number;
		engine->host_of[number] = (int16_t)i;
	}
}

static int open_wire(struct error *err)
{
	int on = 1;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		return error_errno(err, EXIT_MACHINE_LACKS, "packet socket");
	return fd;
}

static int prepare(struct queue_engine *engine, struct error *err)
{
	int on = 1, room = 4 << 20;

	TAILQ_INIT(&engine->pipe.kept);
	name_ports(engine);
	engine->wire = open_wire(err);
	if (engine->wire < 0)
		return -1;
	engine->queue = open_queue(err);
	if (!engine->queue)
		return -1;
	mnl_socket_setsockopt(engine->queue, NETLINK_NO_ENOBUFS, &on, sizeof(on));
	setsockopt(mnl_socket_get_fd(engine->queue), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	return 0;
}

/* The engine belongs to nobody's group and keeps nobody's files open. */
static void stand_alone(int kick_fd, int ready_fd)
{
	int low = kick_fd < ready_fd ? kick_fd : ready_fd;
	int high = kick_fd < ready_fd ? ready_fd : kick_fd;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "shape-engine", 0, 0, 0);
	process_reset_signals();
	signal(SIGINT, SIG_IGN);
	if (low > STDERR_FILENO + 1)
		syscall(SYS_close_range, STDERR_FILENO + 1, low - 1, 0);
	if (high > low + 1)
		syscall(SYS_close_range, low + 1, high - 1, 0);
	syscall(SYS_close_range, high + 1, ~0u, 0);
}

void shape_queue_run(struct hosts *hosts, int ready_fd)
{
	struct shapes *shapes = &hosts->shared->shapes;
	struct queue_engine *engine = calloc(1, sizeof(*engine));
	struct error err = {0};

	stand_alone(hosts->shape_fd, ready_fd);
	CHECK_MEMORY(engine);
	engine->hosts = hosts->plan.count;
	engine->shared = hosts->shared;
	engine->pipe.shapes = shapes;
	engine->pipe.accept = accept_packet;
	engine->pipe.drop = drop_packet;
	engine->pipe.context = engine;
	CHECK(pthread_mutex_lock(&shapes->life) == 0);
	if (prepare(engine, &err)) {
		if (write(ready_fd, err.text, strlen(err.text)) < 0)
			_exit(EXIT_OUR_FAULT);
		_exit(err.code);
	}
	/* Slots that an earlier engine left behind are taken over. */
	for (int i = 0; i < SHAPES_MAX; i++)
		if (shapes->slot[i].state == SLOT_ACTIVE)
			shapes->slot[i].state = SLOT_NEW;
	pipe_attend(&engine->pipe, clock_now_ns());
	CHECK(write(ready_fd, "", 1) == 1);
	close(ready_fd);
	serve(engine, hosts->shape_fd);
	_exit(EXIT_OUR_FAULT);
}
