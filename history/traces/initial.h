/* The value of an option as a value of a trace. */
#ifndef HISTORY_TRACES_INITIAL_H
#define HISTORY_TRACES_INITIAL_H

#include "history/traces/buffer.h"

/* As canonical EDN: what is JSON is that value, then what is a form of EDN that no shell word would
 * be by accident; all else is a string. */
void initial_add_canonical(struct buffer *out, const char *text);

#endif
