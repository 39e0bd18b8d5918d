/* What a run says of its packet capture (run.capture_...), for page, terminal and JSON. */
#ifndef REPORTS_CAPTURE_FACTS_H
#define REPORTS_CAPTURE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "history/reader.h"

enum { CAPTURE_GAPS_READ = 64 };

struct capture_facts {
	int64_t packets, bytes;                 /* in capture.pcap */
	int64_t dropped_packets, dropped_bytes; /* seen, and given up to stay within the limit */
	int64_t missed_packets;                 /* never seen: the kernel's buffer was full */
	int gaps;
	double gap_s[CAPTURE_GAPS_READ][2]; /* from, to: in these, packets were given up */
};

/* False when the run says nothing about one: there is no capture.pcap. */
bool capture_read(const struct history *history, struct capture_facts *facts);

/* One sentence; the caller frees. */
char *capture_describe(const struct capture_facts *facts);

#endif
