/*
 * The store: the protected resource. One process, one thread, HTTP and JSON; so the order in which
 * it decides is the true order, and its log of decisions is the truth about every write.
 *
 *   POST /read  {"resource":"none/0","token":"17","op":"4294967297"}
 *   POST /write {"resource":"none/0","token":"17","op":"4294967298","value":"4294967298"}
 *   200 {"version":"5","value":"4294967298"}    accepted
 *   409 {"error":"token 17 is smaller than 23","greatest":"23"}   refused by the guard
 *   400, 404: malformed request, unknown resource
 * 64-bit integers are strings, as in etcd's gateway. token and op may be left out.
 */
#ifndef WORKLOADS_STORE_H
#define WORKLOADS_STORE_H

#include <stdatomic.h>
#include <stdint.h>

#include "history/live.h"
#include "history/ring.h"
#include "workloads/rule/store_rule.h"

struct store_config {
	const char *address; /* to listen on; port 0 is not used: the port is given */
	uint16_t port;
	const struct store_resource *resource;
	int resources;
	struct ring *ring;
	struct live *live; /* counts decisions */
	_Atomic int *stop;
	_Atomic uint32_t *pulse; /* moved at each look at *stop; NULL: nobody looks */
};

int store_main(const struct store_config *config, int process);

#endif
