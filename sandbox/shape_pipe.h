/*
 * Private to the room: what happens to a packet between its coming to the engine and its leaving,
 * apart from how it comes and goes. Belongs to the engine's process.
 */
#ifndef SANDBOX_SHAPE_PIPE_H
#define SANDBOX_SHAPE_PIPE_H

#include <sys/queue.h>

#include "base/random.h"
#include "sandbox/shape_inside.h"

enum {
	PIPE_KEPT_MAX = 16384,     /* as many as the kernel queues */
	PIPE_SLOT_KEPT_MAX = 8192, /* of one treatment; more are dropped, as by a full buffer */
	PIPE_BACKLOG_MS = 1000,    /* of a slow link */
	PIPE_OVERTAKEN_MS = 50,    /* how long one waits to be overtaken */
};

struct packet {
	TAILQ_ENTRY(packet) link; /* of those kept: by due_ns, then by order */
	uint32_t id;              /* the kernel's; of a copy: 0 */
	int16_t from, to;
	uint32_t bytes;
	uint64_t order; /* of arrival */

	/* The treatment it is in, or has left last. */
	struct shape_slot *slot;
	uint64_t serial;
	int64_t came_ns, due_ns;

	/* A copy, or one that may be copied: its frame. */
	struct shape_slot *copied_by; /* NULL: the original */
	uint64_t copied_serial;
	uint8_t *frame; /* owned; NULL: cannot be copied */
	size_t frame_size;
};

TAILQ_HEAD(packets, packet);

struct flow; /* what a treatment remembers of a pair */

struct pipe {
	struct shapes *shapes;
	struct packets kept;
	int kept_count;
	uint64_t orders;
	struct flow *flows[SHAPES_MAX];
	struct random_stream random[SHAPES_MAX];
	/* The packet, which is freed afterwards, goes on or ends. accept: true when it really went.
	 */
	bool (*accept)(void *context, const struct packet *packet);
	void (*drop)(void *context, const struct packet *packet);
	void *context;
};

/* Does any treatment of the pair make copies? */
bool pipe_copies(const struct pipe *pipe, int from, int to);

/* Takes the packet, allocated by malloc and zero but for id, from, to, bytes and frame. */
void pipe_put(struct pipe *pipe, struct packet *packet, int64_t now_ns);

/* Lets go what is due; returns the next instant at which something will be (CLOCK_NEVER). */
int64_t pipe_settle(struct pipe *pipe, int64_t now_ns);

/* Sees slots come and go: NEW ones become ACTIVE, LEAVING ones let go of all and become GONE. True
 * when any changed. */
bool pipe_attend(struct pipe *pipe, int64_t now_ns);

#endif
