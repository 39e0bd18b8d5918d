/* The lock client that is an adapter: the worker's steps, put to a program (docs/adapter.md). */
#ifndef WORKLOADS_ADAPTER_CLIENT_H
#define WORKLOADS_ADAPTER_CLIENT_H

#include "workloads/adapter.h"
#include "workloads/recipe.h"

extern const struct lock_client_steps adapter_steps;

/* Of that arm: the adapter's, or its recipe's. */
const struct lock_client_steps *arm_client_steps(const struct arm *arm);

/* The members of `init`: the service, the lock and the times that the terms ask for. */
cJSON *adapter_init_request(const struct lock_terms *terms);

/* Why the answer to `init` will not do; NULL: it will. */
const char *adapter_init_trouble(const struct adapter_reply *reply);

#endif
