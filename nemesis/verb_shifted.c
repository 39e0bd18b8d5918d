/*
 * shifted-restart: SIGKILL, and the next start has another monotonic clock (a time namespace): what
 * a migration to another machine does to a process that keeps its clock across it. The shift goes
 * with the start after the next one.
 *
 * It bit when the process is gone, and the kernel's word on the new one's clock shows the shift.
 */
#include "base/clock.h"
#include "sandbox/skew.h"
#include "nemesis/faults.h"

static const int64_t SHOWS_WITHIN_NS = 1 * NS_PER_S;

static enum verb_result shifted_inject(struct nemesis *nemesis, struct fault *fault,
				       struct error *err)
{
	if (hosts_set_clock_offset(nemesis->config->hosts, fault->host, fault->by_ns, err))
		return VERB_FAILED;
	return verb_kill.inject(nemesis, fault, err);
}

/* It takes its clock on the way from its start to its exec. */
static bool read_shift(struct nemesis *nemesis, struct fault *fault, int64_t *offset_ns,
		       struct error *err)
{
	int64_t deadline_ns = clock_now_ns() + SHOWS_WITHIN_NS;
	bool read;

	do {
		*err = (struct error){0};
		read = hosts_read_clock_offset(nemesis->config->hosts, fault->host, offset_ns,
					       err) == 0;
		if (read && *offset_ns == fault->by_ns)
			return true;
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	} while (clock_now_ns() < deadline_ns);
	return read;
}

static void prove_clock(struct nemesis *nemesis, struct fault *fault)
{
	struct error err = {0};
	int64_t offset_ns = 0;
	bool read = read_shift(nemesis, fault, &offset_ns, &err);

	record_bite(nemesis, fault, fault->bitten && read && offset_ns == fault->by_ns,
		    offset_ns / NS_PER_S, "%s", read ? "by /proc/PID/timens_offsets" : err.text);
}

static int shifted_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (verb_kill.heal(nemesis, fault, err))
		return -1;
	prove_clock(nemesis, fault);
	return hosts_set_clock_offset(nemesis->config->hosts, fault->host, 0, err);
}

const struct verb verb_shifted = {shifted_inject, NULL, shifted_heal, CAN_FAULT_MEMBERS, NULL};
