/*
 * The log of the resources that lie in etcd (key_resource.h), as the witness's watches tell it,
 * into the record: a decision for each entry, as the store records its own. May be called by many
 * threads; each entry is recorded once, in the order of the log, whoever tells it first. What lies
 * behind a gap is not recorded until somebody has told what is in it.
 *
 * The moment that is recorded is that of the sight: not earlier than the decision, and perhaps
 * later than the answer.
 */
#ifndef WORKLOADS_KEY_LOG_H
#define WORKLOADS_KEY_LOG_H

#include <stdbool.h>

#include "etcd/etcd.h"
#include "history/live.h"
#include "workloads/worker/journal.h"

struct witness_lane;
struct key_log;

/* Of those lanes whose resource lies in the service. Everything is borrowed. */
struct key_log *key_log_open(const struct witness_lane *lane, int lanes, struct journal *journal,
			     struct live *live);
void key_log_close(struct key_log *log);

/* False: the key is none of a resource's. */
bool key_log_tell(struct key_log *log, const struct etcd_watch_event *event);

/* From now on the keys may go. */
void key_log_end(struct key_log *log);

#endif
