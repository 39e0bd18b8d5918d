/* The store's rule: which requests the guard lets through, and what they do to the resource. */
#ifndef WORKLOADS_STORE_RULE_H
#define WORKLOADS_STORE_RULE_H

#include <stdbool.h>

#include "campaign/arm.h"
#include "history/event.h"

struct store_resource {
	char name[64];
	int lane; /* lane.id */
	enum guard guard;
	enum store_honesty honesty;
};

enum { NO_VERSION = -1 };

struct store_request {
	bool write;
	char resource[64];
	int64_t token; /* 0: none given */
	int64_t op;    /* 0: none given */
	int64_t value; /* of a write */
	int64_t base;  /* of a write: the version that it is based on; NO_VERSION: not told */
	bool key_gone; /* of a resource in the service: the token's lock key stands no more */
};

struct store_state { /* of one resource */
	int64_t version, value;
	int64_t greatest_token; /* 0: none seen yet */
};

/* Decides and, when the request is accepted, applies it. Fills the decision but for its seq, its
 * lane and the moment of arrival. Pure: no clock, no I/O. */
bool store_decide(const struct store_resource *resource, struct store_state *state,
		  const struct store_request *request, struct decision_event *decision);

#endif
