/*
 * How much the machine keeps this process waiting. An assertion that something takes no longer than
 * so long is false on a machine that others keep busy, whatever we do: it allows, besides that
 * time, what a thread of this process that wants to run every 5 ms came too late, added up. On a
 * quiet machine that is a hundredth of the time.
 */
#ifndef TESTS_STALLS_H
#define TESTS_STALLS_H

#include <stdint.h>

/* From now on, in this process; a child has to begin anew. */
void stalls_begin(void);

/* Since then, added up. */
int64_t stalls_ns(void);

#endif
