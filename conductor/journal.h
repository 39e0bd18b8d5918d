/* Private to conductor/: the conductor's own events. */
#ifndef CONDUCTOR_JOURNAL_H
#define CONDUCTOR_JOURNAL_H

#include "conductor/plan.h"

void journal_process_started(struct ring *ring, const struct plan *plan, int host, int os_pid,
			     int process, int incarnation);
void journal_process_ended(struct ring *ring, const struct plan *plan, int host, int process,
			   int status);
void journal_note(struct ring *ring, int breaks, const char *topic, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
