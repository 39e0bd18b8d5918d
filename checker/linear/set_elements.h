/*
 * The elements of a collection, as a read of a set saw it: the EDN forms of its text. A value that
 * is no collection counts as a set of just that element; nil and the empty string have none.
 */
#ifndef CHECKER_LINEAR_SET_ELEMENTS_H
#define CHECKER_LINEAR_SET_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "history/traces/trace.h"

/* Where its first element is looked for. Borrows from the trace. */
const char *set_elements_begin(const struct trace *trace, uint32_t value);

/* The next one, and moves `at` behind it; false: there is none. */
bool set_elements_next(const char **at, const char **element, size_t *length);

bool set_elements_have(const struct trace *trace, uint32_t value, const char *element,
		       size_t length);

#endif
