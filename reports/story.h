/*
 * The story of one violation: who believed what when, what the service had granted, what the store
 * did, and which fault covered it. Gathered from the rows that prove the violation and from what
 * lies around them, in seconds since the story's begin, ready to be drawn and to be listed. What an
 * attempt believed and was granted is told by checker/holds, as everywhere.
 */
#ifndef REPORTS_STORY_H
#define REPORTS_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

enum { STORY_HOLDS = 4, STORY_REQUESTS = 80, STORY_FAULTS = 8, STORY_SECONDS = 200 };

/* One attempt of one worker. Instants that never came are INFINITY, unknown ones NAN. */
struct story_hold {
	int64_t attempt;
	int process;
	const char *worker; /* name of the process */
	const char *part;   /* "holder", "later holder": as the evidence says */
	const char *key;
	int64_t first_op, last_op; /* its operations are the ids between */
	int64_t token, lease;
	double asked_s, believed_s, believed_until_s, granted_s, granted_until_s, safe_until_s;
	enum function
		ended_by; /* F_RELEASE, F_LEASE_REVOKE or F_LOSE; 0: the process's death did */
	int64_t grant_revision; /* that made the key; 0: unknown */
};

struct story_request {
	const struct decision_row *decision;
	double at_s;
	int hold;       /* index, or -1: of another attempt */
	bool is_proof;  /* named by the evidence */
	bool ungranted; /* decided after its hold's grant had ended */
};

struct story_fault {
	const struct fault_row *row;
	double began_s, ended_s;
	bool is_proof;
};

/* Packets between the first holder's host and the others, in both directions, second by second. */
struct story_traffic {
	bool known;
	int64_t packets[STORY_SECONDS], dropped[STORY_SECONDS];
};

struct story {
	const struct violation *violation;
	int64_t zero_ns;        /* the instant that is 0 s */
	double from_s, until_s; /* what is shown; from_s may be a little less than 0 */
	int holds, requests, faults, requests_left_out;
	struct story_hold hold[STORY_HOLDS]; /* in the order in which they believed */
	struct story_request request[STORY_REQUESTS];
	struct story_fault fault[STORY_FAULTS];
	int64_t first_second; /* of the traffic, since the run's start */
	int seconds;
	struct story_traffic to_cluster, to_store;
	struct lane_history lane; /* owned: the rows pointed into */
};

/* Gathers the story of a violation. One that happened on no lane, or to no attempt, has no holds
 * and nothing to draw. The caller frees with story_free. */
int story_gather(const struct history *history, const struct violation *violation,
		 struct story *story, struct error *err);
void story_free(struct story *story);

/* Picks which violations are told: at most `limit`, the first of each name and arm, definite
 * ones before possible ones, the gravest names first. Fills `picked` with indexes and returns how
 * many. */
int story_pick(const struct verdicts *verdicts, int *picked, int limit);

#endif
