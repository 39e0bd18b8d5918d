/* The words of campaigns and histories for the enums of fault.h. */
#include "campaign/fault.h"

#include <stddef.h>

const char *const fault_kind_names[] = {
#define FAULT_KIND(name, word, ...) word,
#include "campaign/fault_kinds.h"
	NULL};
#define X(name, text, ...) text,
const char *const fault_target_names[] = {FAULT_TARGETS(X) NULL};
const char *const fault_from_names[] = {FAULT_FROMS(X) NULL};
const char *const fault_direction_names[] = {FAULT_DIRECTIONS(X) NULL};
const char *const fault_moment_names[] = {FAULT_MOMENTS(X) NULL};
const char *const fault_shape_names[] = {FAULT_SHAPES(X) NULL};
const char *const fault_scope_names[] = {FAULT_SCOPES(X) NULL};
#undef X
#define X(name, text, meaning) meaning,
const char *const fault_target_meanings[] = {FAULT_TARGETS(X) NULL};
const char *const fault_from_meanings[] = {FAULT_FROMS(X) NULL};
const char *const fault_moment_meanings[] = {FAULT_MOMENTS(X) NULL};
const char *const fault_shape_meanings[] = {FAULT_SHAPES(X) NULL};
#undef X
const char *const fault_since_names[] = {"end", "begin", NULL};
