/*
 * Who leads, by each member's own word: a thread and a client per member ask for its status a few
 * times a second, and an event goes into the journal whenever a member's word changes. A member
 * that is stopped or gone says nothing; one that is cut off goes on naming itself for a while.
 * The question costs no proposal, and a member whose disk stalls answers it.
 */
#ifndef WORKLOADS_LEADER_WATCH_H
#define WORKLOADS_LEADER_WATCH_H

#include "base/error.h"
#include "etcd/etcd.h"
#include "workloads/worker/journal.h"

struct leader_watch;

/* Borrows what the service does and the journal until leader_watch_close, which takes at most the
 * time-out of one question. Fails only for endpoints that are none. */
int leader_watch_open(struct leader_watch **watch, const struct etcd_target *service,
		      struct journal *journal, struct error *err);
void leader_watch_close(struct leader_watch *watch);

#endif
