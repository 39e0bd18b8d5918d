/*
 * A recipe: how a worker takes its lock, learns its token and gives the lock back. A table of
 * functions over one etcd client; the worker goes through the same cycle whatever the recipe.
 */
#ifndef WORKLOADS_RECIPE_H
#define WORKLOADS_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "etcd/etcd.h"
#include "history/event.h"
#include "campaign/arm.h"

typedef struct etcd_reply recipe_renew(struct etcd *etcd, int64_t lease, struct etcd_lease *answer,
				       int64_t deadline_ns);

struct recipe_steps {
	int lease_ttl_s; /* asked for; 0: the arm's */
	bool gives_back; /* unlocks, and revokes its lease */
	bool planted;    /* wrong on purpose: a negative control */

	/* On ok, and on nothing else, the worker believes that it holds; `key` (ETCD_TEXT bytes) is
	 * the lock key then. */
	struct etcd_reply (*acquire)(struct etcd *etcd, const char *lock, int64_t lease, char *key,
				     int64_t deadline_ns);
	/* ok with *token == 0: the lock key is gone, so the lock is lost. */
	struct etcd_reply (*token)(struct etcd *etcd, const char *key, int64_t lease,
				   int64_t *token, int64_t deadline_ns);
	/* As etcd_lease_keepalive. NULL: never renews. */
	recipe_renew *renew;
	struct etcd_reply (*release)(struct etcd *etcd, const char *key, int64_t deadline_ns);
};

const struct recipe_steps *recipe_find(enum recipe recipe);

/* What is wrong on purpose in this arm: bits of enum planted (history/event.h). */
unsigned int arm_planted(const struct arm *arm);

/* The right one (recipe_lock.c), and its parts, on which the broken ones are built. */
extern const struct recipe_steps recipe_lock;
struct etcd_reply recipe_lock_token(struct etcd *etcd, const char *key, int64_t lease,
				    int64_t *token, int64_t deadline_ns);

/* Negative controls (recipe_broken.c). */
extern const struct recipe_steps recipe_broken_put, recipe_broken_no_renew, recipe_broken_ghost,
	recipe_broken_token, recipe_broken_forever, recipe_broken_release, recipe_broken_steal,
	recipe_broken_keepalive, recipe_broken_gone, recipe_broken_stale;

#endif
