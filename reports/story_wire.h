/*
 * The packets of a story's messages. A packet belongs to a request when it went from the worker's
 * host to the one that it asked, at its time, with a request line that fits its operation; what
 * follows on that connection tells whether it arrived, was sent again, and was answered. A request
 * without such a packet is left as it is: nothing is guessed.
 */
#ifndef REPORTS_STORY_WIRE_H
#define REPORTS_STORY_WIRE_H

#include "history/packets.h"
#include "reports/story.h"

struct wire {
	struct story *story;
	int64_t zero_wall_ns;      /* when the story's 0 s was */
	int64_t from_ns, until_ns; /* on the wall: others' time is passed over */
	int exchanges;
	struct exchange {
		struct story_message *message;
		uint32_t from, to; /* addresses */
		int64_t from_ns, until_ns;
		bool open, answer_seen; /* a request was found, and not yet the next one */
		uint16_t port, to_port;
		uint32_t seq, end, answer_seq, answer_end;
	} exchange[STORY_MESSAGES];
};

/* Says which packets it waits for; false: for none. */
bool wire_begin(struct wire *wire, struct story *story, int64_t start_wall_ns);
void wire_see(struct wire *wire, const struct captured_packet *packet);

/* The address of the host that a process runs on; 0: unknown. */
uint32_t wire_address_of_process(const struct history *history, int process);

#endif
