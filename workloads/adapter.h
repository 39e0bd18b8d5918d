/*
 * An adapter: a program of anybody's that is the client of a lock. It is asked and answers one JSON
 * object a line (docs/adapter.md), on pipes; its standard error stays ours. It runs in our process
 * group, and dies with the thread that started it.
 *
 * Nothing that it says or leaves unsaid is trusted: lines, waits and memory are bounded, what is no
 * line, or answers nobody, is noted once of its kind, and one that ends, or floods, is given up.
 */
#ifndef WORKLOADS_ADAPTER_H
#define WORKLOADS_ADAPTER_H

#include <cjson/cJSON.h>

#include "base/error.h"
#include "workloads/adapter_line.h"
#include "workloads/worker/lock_client.h"

enum {
	ADAPTER_ASKED_MAX = 4,     /* requests that wait for an answer at a time */
	ADAPTER_UNASKED_MAX = 500, /* lines a second that answer no request: more is a flood */
	ADAPTER_ENDLESS = 1 << 20, /* bytes without the end of a line */
};

struct adapter;

/* The program's path: `word` itself when it has a slash and can be run from here, else on PATH, or
 * where fencepost's own lie. None is EXIT_MACHINE_LACKS. */
int adapter_find(const char *word, char *path, size_t size, struct error *err);

/* `argv` is NULL-terminated, argv[0] as adapter_find takes it. The hearer is copied, and is told
 * from now on until adapter_close. */
int adapter_start(struct adapter **adapter, const char *const argv[],
		  const struct lock_hearer *hearer, struct error *err);

/* Closes its input, by which it is to end, and kills it when it does not: then it returns false. */
bool adapter_close(struct adapter *adapter);

struct adapter_reply {
	bool sent;     /* else it surely has not seen the request */
	bool answered; /* then the line is the answer */
	int64_t sent_ns, came_ns;
	struct adapter_line line;
	char error[ERROR_SIZE]; /* of one without an answer: why */
};

enum adapter_phase { ADAPTER_BESIDES, ADAPTER_BEGINS_HOLD, ADAPTER_ENDS_HOLD };

/* Asks to `do` that, with the members of `request`, an object, which it takes. Blocks until the
 * answer is there, the deadline has passed, or the adapter is gone. What it tells unasked is heard
 * from the ok to a request that begins a hold until the next request that begins or ends one. */
struct adapter_reply adapter_ask(struct adapter *adapter, const char *verb, cJSON *request,
				 enum adapter_phase phase, int64_t deadline_ns);

#endif
