/* The stored schedule of a run once more, several times: how often does its violation come back? */
#ifndef CONDUCTOR_REPLAY_H
#define CONDUCTOR_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct replay_request {
	const char *history;  /* of the run */
	int64_t violation;    /* its id; 0: the first definite one */
	const char *runs_dir; /* where the new runs go */
	const char *etcd;     /* NULL: the one that it ran on */
	int times;
	bool json;
};

/* Prints "k of n". 0 when it came back at least once, EXIT_INCONCLUSIVE when not. */
enum exit_code replay_run(const struct replay_request *request, struct error *err);

#endif
