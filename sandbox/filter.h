/* The packet filter of the current network namespace, through libnftables. One thread at a time. */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* The hub's ports of these hosts, as a set. */
void filter_print_ports(FILE *out, const int16_t *hosts, int count);
/* The beginning of a rule for packets from the hub's ports of some hosts to those of others. */
void filter_print_rule(FILE *out, const char *chain, const int16_t *from, int froms,
		       const int16_t *to, int tos);

/* Runs the commands as one transaction: all of them, or none. */
int filter_load(const char *commands, struct error *err);

/* The answer to a "list ..." command: the array of objects, without its head. The caller deletes.
 */
int filter_list(const char *command, cJSON **objects, struct error *err);

#endif
