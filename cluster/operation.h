/* Private to the room: how operations say how they ended. */
#ifndef CLUSTER_OPERATION_H
#define CLUSTER_OPERATION_H

#include "cluster/operate.h"

struct operation operation_ended(bool took_effect, int64_t count, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define operation_done(count, ...) operation_ended(true, (count), __VA_ARGS__)
#define operation_void(...)        operation_ended(false, 0, __VA_ARGS__)

#endif
