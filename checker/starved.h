/*
 * Starved: a worker that the harness itself keeps from store or service makes no trouble, and what
 * it did not do proves nothing.
 *
 * A request was *kept* when it surely never left, for want of a connection (an outcome of fail, in
 * the transport's words), and no bitten fault lay over it: over its worker or its end, or shortly
 * before. A request to the store that was not answered in time is one, too: the store is ours. Not
 * so one to the service: how fast that answers is the service's. Only requests that no fault lay
 * over are counted at all. A worker is kept when most of its requests to the one or the other are.
 */
#ifndef CHECKER_STARVED_H
#define CHECKER_STARVED_H

#include "checker/holds/attempts.h"

struct reach { /* of an arm: the sums over its lanes */
	int64_t requests, kept;
	int64_t workers, kept_workers;
};

/* More than this share of an arm's requests, or of its workers, starves it. A healthy run has none
 * or next to none; the one that this was made for had a third of the requests, and half of the
 * workers. Far below the share that could hide a guard's weakness, far above a hiccup's. */
#define STARVED_SHARE 0.05

enum { STARVED_WHY = 240 };

void starved_count(struct reach *reach, const struct lane_facts *facts);

/* False: the arm is not starved. True: *why says so in words. */
bool starved_why(const struct reach *reach, char why[STARVED_WHY]);

#endif
