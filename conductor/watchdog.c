#include "conductor/watchdog.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"

enum {
	STILL_LIMIT_S = 40, /* the longest that the nemesis blocks is 20 s (replace-member) */
	STEP_LIMIT_S = 1,   /* what one look adds: the machine itself may have stood still */
};

struct pulse {
	const struct plan *plan;
	struct hosts *hosts;
	struct switches *switches;
	struct live *live;
	int64_t looked_ns;
	struct heard {
		uint32_t last;    /* of its counter */
		int64_t still_ns; /* for so long it has not moved */
		uint32_t called;  /* its counter at the roll call */
	} heard[PULSES];
};

static int host_of(const struct plan *plan, enum pulse_of whose)
{
	switch (whose) {
	case PULSE_RECORDER:
		return plan->recorder;
	case PULSE_STORE:
		return plan->store;
	case PULSE_WITNESS:
		return plan->witness;
	case PULSE_NEMESIS:
		return plan->nemesis;
	case PULSES:
		break;
	}
	CHECK(!"one with a pulse");
	return -1;
}

static bool is_running(const struct pulse *pulse, enum pulse_of whose)
{
	int host = host_of(pulse->plan, whose);

	return atomic_load(&hosts_control(pulse->hosts, host)->pid) != 0;
}

struct pulse *pulse_open(const struct plan *plan, struct hosts *hosts, struct switches *switches,
			 struct live *live)
{
	struct pulse *pulse = calloc(1, sizeof(*pulse));

	CHECK_MEMORY(pulse);
	*pulse = (struct pulse){.plan = plan,
				.hosts = hosts,
				.switches = switches,
				.live = live,
				.looked_ns = clock_now_ns()};
	return pulse;
}

void pulse_close(struct pulse *pulse)
{
	free(pulse);
}

int pulse_look(struct pulse *pulse, int64_t now_ns, struct error *err)
{
	int64_t step_ns = now_ns - pulse->looked_ns;
	bool faulted = atomic_load(&pulse->live->faults_active) > 0;

	if (step_ns > STEP_LIMIT_S * NS_PER_S)
		step_ns = STEP_LIMIT_S * NS_PER_S;
	pulse->looked_ns = now_ns;
	for (int i = 0; i < PULSES; i++) {
		struct heard *heard = &pulse->heard[i];
		uint32_t now = atomic_load(&pulse->switches->pulse[i]);
		bool excused =
			!is_running(pulse, (enum pulse_of)i) || (i == PULSE_STORE && faulted);

		heard->still_ns = excused || now != heard->last ? 0 : heard->still_ns + step_ns;
		heard->last = now;
		if (heard->still_ns > STILL_LIMIT_S * NS_PER_S)
			return error_set(
				err, EXIT_OUR_FAULT,
				"the %s stands still: no sign of life for %d s",
				pulse->plan->host[host_of(pulse->plan, (enum pulse_of)i)].name,
				STILL_LIMIT_S);
	}
	return 0;
}

void pulse_call(struct pulse *pulse)
{
	for (int i = 0; i < PULSES; i++)
		pulse->heard[i].called = atomic_load(&pulse->switches->pulse[i]);
}

bool pulse_all_answered(const struct pulse *pulse, const char **silent)
{
	for (int i = 0; i < PULSES; i++)
		if (is_running(pulse, (enum pulse_of)i) &&
		    atomic_load(&pulse->switches->pulse[i]) == pulse->heard[i].called) {
			if (silent)
				*silent = pulse->plan->host[host_of(pulse->plan, (enum pulse_of)i)]
						  .name;
			return false;
		}
	return true;
}
