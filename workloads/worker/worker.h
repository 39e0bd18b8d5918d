/*
 * The worker: one process that plays one client. Its main thread goes through session - acquire
 * - read - work - write - release; a second thread renews the lease from the grant until the
 * release.
 * Both live in one process, so that a pause stops heartbeat and writes together.
 */
#ifndef WORKLOADS_WORKER_WORKER_H
#define WORKLOADS_WORKER_WORKER_H

#include <stdatomic.h>
#include <stdint.h>

#include "campaign/arm.h"
#include "history/live.h"
#include "history/ring.h"
#include "workloads/worker/client_card.h"
#include "workloads/worker/lock_client.h"

struct worker_config { /* everything borrowed until the process ends */
	const struct arm *arm;
	int lane;         /* lane.id, unique in the run */
	int lane_number;  /* within its arm: names the random stream, so that the arms' lanes
			     draw alike and can be compared pair by pair */
	int worker;       /* number within the lane */
	int host;         /* host.id */
	const char *lock; /* its name in the service */
	const char *resource;
	const char *name;                       /* of the host; NULL: it has none */
	const struct lock_client_steps *client; /* of the arm's recipe, or of adapters */
	struct client_card *card;               /* of the arm, shared; NULL: nobody asks */
	const struct lock_service *service;
	int first_endpoint;
	const char *store_url; /* "http://10.77.0.2:8080" */
	uint64_t seed;
	struct ring *ring;
	struct live *live;
	struct live_worker *view;
	/* 1: end after the attempt under way. That takes as long as the work and a few requests,
	 * and while it waits for the lock up to the arm's acquire_timeout_ms: the lock call is one
	 * request, and cutting it short would leave the queue, which is a different experiment. */
	_Atomic int *stop;
};

/* Runs until told to stop. Returns the process's exit status. */
int worker_main(const struct worker_config *config, int process);

#endif
