/* The packet filter of the current network namespace, through libnftables. One thread at a time. */
#ifndef CLUSTER_FILTER_H
#define CLUSTER_FILTER_H

#include <cjson/cJSON.h>

#include "base/error.h"

/* Runs the commands as one transaction: all of them, or none. */
int filter_load(const char *commands, struct error *err);

/* The answer to a "list ..." command: the array of objects, without its head. The caller deletes.
 */
int filter_list(const char *command, cJSON **objects, struct error *err);

#endif
