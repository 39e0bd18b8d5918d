/* The words of campaigns and histories for the enums of nemesis.h. */
#include "nemesis/nemesis.h"

#include <stddef.h>

#define X(name, text) text,
const char *const fault_kind_names[] = {FAULT_KINDS(X) NULL};
const char *const fault_target_names[] = {FAULT_TARGETS(X) NULL};
const char *const fault_from_names[] = {FAULT_FROMS(X) NULL};
const char *const fault_moment_names[] = {FAULT_MOMENTS(X) NULL};
#undef X
