/* Private to the room: how operations say how they ended. */
#ifndef CLUSTER_OPERATION_H
#define CLUSTER_OPERATION_H

#include "cluster/operate.h"

struct operation operation_done(int64_t count, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct operation operation_void(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
