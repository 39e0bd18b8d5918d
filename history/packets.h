/*
 * What a packet capture says, packet by packet: who sent when to whom, and what of it was kept
 * beyond the kernel's own headers.
 */
#ifndef HISTORY_PACKETS_H
#define HISTORY_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct captured_packet {
	int64_t wall_ns;         /* since 1970, as captured */
	uint32_t source, target; /* IPv4, in the byte order of the host */
	uint16_t source_port, target_port;
	uint32_t seq, ack;    /* TCP's; of `carried` bytes the first has number seq */
	uint32_t carried;     /* A stopped process sends no packet that carries anything, but its
				 kernel may still acknowledge, or send again, for it */
	uint32_t kept;        /* bytes at `bytes`: so much of them was captured */
	const uint8_t *bytes; /* borrowed until `see` returns */
};

/*
 * Shows every TCP packet over IPv4 of a capture of Ethernet to `see`, in the file's order; all else
 * is passed over. The file may come from anybody: it is read as far as it makes sense. Returns
 * false when there is none, or none of that kind; that is no error, a run may have made none.
 */
bool packets_see(const char *path, void (*see)(void *context, const struct captured_packet *packet),
		 void *context);

/* Copies the packets of that time, of whatever kind, into a capture of their own, read as above.
 * *copied: how many; with none of them nothing is written. Fails when `into` cannot be written. */
int packets_copy(const char *path, int64_t from_wall_ns, int64_t until_wall_ns, FILE *into,
		 int64_t *copied, struct error *err);

/* "10.77.2.1" as in struct captured_packet; 0: it is none. */
uint32_t packets_address(const char *text);

#endif
