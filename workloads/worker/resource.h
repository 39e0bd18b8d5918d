/*
 * The client of the store. Blocking calls with absolute deadlines on one kept-alive connection. Not
 * thread-safe.
 *
 * Outcomes: ok (200); fail: surely not applied (refused by the guard, malformed, or the request
 * never left); info: it left, and no usable answer came.
 */
#ifndef WORKLOADS_WORKER_RESOURCE_H
#define WORKLOADS_WORKER_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "history/event.h"

struct resource_client;

/* `url` is the store's ("http://10.77.0.2:8080"), `name` the resource's; both are copied. */
int resource_open(struct resource_client **client, const char *url, const char *name,
		  struct error *err);
void resource_close(struct resource_client *client);

struct resource_reply {
	enum outcome outcome;
	bool refused;           /* by the guard: a greater token or another writer was here */
	int64_t version, value; /* of ok */
	int64_t greatest_token; /* of a refusal; 0: none seen */
	int64_t revision;       /* of a resource in the service: as lock_answer.order */
	int endpoint;           /* and as lock_answer.endpoint */
	char error[ERROR_SIZE]; /* empty when ok */
};

/* token 0: carry none. `op` is the op.id. `base`: the version that the write is based on; less than
 * 0: carry none. */
struct resource_reply resource_read(struct resource_client *client, int64_t token, int64_t op,
				    int64_t deadline_ns);
/* The same of one who holds the lock together with others. */
struct resource_reply resource_read_shared(struct resource_client *client, int64_t token,
					   int64_t op, int64_t deadline_ns);
struct resource_reply resource_write(struct resource_client *client, int64_t token, int64_t op,
				     int64_t value, int64_t base, int64_t deadline_ns);

/* What an answer says. Pure. */
struct resource_reply resource_parse_answer(int status, const char *body, size_t size);

#endif
