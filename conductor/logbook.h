/* Private to conductor/: the conductor's own events. */
#ifndef CONDUCTOR_LOGBOOK_H
#define CONDUCTOR_LOGBOOK_H

#include "conductor/plan.h"

void logbook_process_started(struct ring *ring, const struct plan *plan, int host, int os_pid,
			     int process, int incarnation);
void logbook_process_ended(struct ring *ring, const struct plan *plan, int host, int process,
			   int status);
void logbook_note(struct ring *ring, enum note_weight weight, const char *topic, const char *format,
		  ...) __attribute__((format(printf, 4, 5)));

/* The same into the file itself, when the recorder is gone: a run that failed leaves its mark, so
 * that no verdict is drawn from half of it. */
int logbook_mark_broken(const char *history, const char *why, struct error *err);

#endif
