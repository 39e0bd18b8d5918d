/*
 * The resource in etcd itself, of a guard that asks for it (guard_kind.in_service): two keys beside
 * the lock's, LOCK.value and LOCK.log. A read or write of it is one transaction:
 *
 *	if    create_revision(the session's lock key) == the token
 *	then  [put the value into LOCK.value], get that, put the entry into LOCK.log
 *	else  put the entry into LOCK.log, as refused
 *
 * So what is done and the record of it are one revision, and nobody can dispute the order of the
 * entries. LOCK.log is one key that is written anew by each; the witness is told of every one
 * (key_log.h). The number of the resource's version is that of the writes of LOCK.value.
 */
#ifndef WORKLOADS_KEY_RESOURCE_H
#define WORKLOADS_KEY_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "etcd/etcd.h"
#include "workloads/worker/lock_client.h"

#define KEY_RESOURCE_VALUE ".value"
#define KEY_RESOURCE_LOG   ".log"

struct key_entry { /* of LOCK.log */
	int64_t op, token, value;
	bool write, accepted;
};

enum { KEY_ENTRY_SIZE = 80 };

void key_entry_print(const struct key_entry *entry, char text[KEY_ENTRY_SIZE]);
/* False when the text, which may come from anybody, is no entry. */
bool key_entry_parse(const char *text, struct key_entry *entry);

/* Makes both keys, at version 0, on that lease. They go with it: a transaction that does not find
 * them fails. */
struct etcd_reply key_resource_make(struct etcd *etcd, const char *lock, int64_t lease,
				    int64_t deadline_ns);

/* lock_client_steps.use of every recipe over our etcd client. */
lock_use key_resource_use;

#endif
