/* Private to the room: the hosts' permanent neighbours. */
#ifndef SANDBOX_NEIGHBOURS_H
#define SANDBOX_NEIGHBOURS_H

#include "sandbox/network.h"

/* Tells every host of those it speaks with, and the hub of its ports. The calling thread is left in
 * the hub's namespace. */
int neighbours_tell(const struct network *network, const struct host *hosts, struct error *err);

#endif
