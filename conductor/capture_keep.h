/* Private to conductor/: the packet capture once nobody captures any more. */
#ifndef CONDUCTOR_CAPTURE_KEEP_H
#define CONDUCTOR_CAPTURE_KEEP_H

#include "conductor/plan.h"

/* capture.pcap from its parts, also after a crash, and into the history (run.capture_...) what it
 * holds and what it lacks. That this fails harms no verdict; it is said. */
void packets_keep(const struct plan *plan);

#endif
