/*
 * A member's clocks, by time namespaces (Linux 5.6): only CLOCK_MONOTONIC and CLOCK_BOOTTIME, and
 * only from a start on. Wall-clock time is the machine's, for everybody.
 */
#ifndef SANDBOX_SKEW_H
#define SANDBOX_SKEW_H

#include <stdint.h>

#include "base/error.h"
#include "sandbox/hosts.h"

/* From its next start on the member's clocks run this far ahead of ours (negative: behind); 0 ends
 * that, at the start after. By any process. EXIT_BAD_USAGE when a clock would be negative, or more
 * than a century ahead. */
int hosts_set_clock_offset(struct hosts *hosts, int host, int64_t offset_ns, struct error *err);

/* How far the running member's CLOCK_MONOTONIC is ahead of ours, by the kernel's word
 * (/proc/PID/timens_offsets). Fails when it does not run, or the kernel has no time namespaces. */
int hosts_read_clock_offset(struct hosts *hosts, int host, int64_t *offset_ns, struct error *err);

#endif
