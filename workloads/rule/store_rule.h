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
	bool shared; /* of one of several who hold the lock at once */
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
	int64_t greatest_alone; /* of requests that were not shared */
};

/* The greatest token that another request may have brought to be later than this one: of those who
 * share the lock none is too late for another. */
static inline int64_t store_bar(const struct store_state *state,
				const struct store_request *request)
{
	return request->shared ? state->greatest_alone : state->greatest_token;
}

/* Decides and, when the request is accepted, applies it. Fills the decision but for its seq, its
 * lane and the moment of arrival. Pure: no clock, no I/O. */
bool store_decide(const struct store_resource *resource, struct store_state *state,
		  const struct store_request *request, struct decision_event *decision);

#endif
