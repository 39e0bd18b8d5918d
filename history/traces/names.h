/*
 * Names of attempts, of which only those are kept that may still be used: so memory does not grow
 * with a source that is told as it comes (relay.h). A hold that was released is over. Its name is
 * forgotten if it ends in a number, as most do: then what is remembered is which of the latest
 * numbers were used behind the same beginning.
 *
 * When a name comes that may have been forgotten, it is in doubt, and the source is to be read with
 * all its names.
 */
#ifndef HISTORY_TRACES_NAMES_H
#define HISTORY_TRACES_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "history/traces/trace.h"

struct names;

struct names *names_open(void);
void names_close(struct names *names); /* NULL is fine */

/* The number of a name, from 1; 0: it is in doubt, or there are too many of them. */
uint32_t names_find(struct names *names, const char *text, size_t length);

/* Is it kept, as the number of a hold that is not over? */
bool names_has(const struct names *names, uint32_t name);

/* An operation has the attempt. False: it may be the second hold of it. */
bool names_use(struct names *names, uint32_t name, enum trace_function f);
/* ... and its outcome is known. */
void names_end(struct names *names, uint32_t name, enum trace_function f,
	       enum trace_outcome outcome);

#endif
