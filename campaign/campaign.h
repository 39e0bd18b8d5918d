/*
 * The campaign: one file that says what is run, read with libconfuse; docs/campaigns.md is its
 * reference. An unknown or impossible word is an error that names file, line and the nearest known
 * word.
 */
#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "etcd/etcd.h"
#include "campaign/schedule.h"
#include "campaign/arm.h"

enum {
	ARMS_MAX = 128,
	FAULT_BLOCKS_MAX = 512,
	ENDPOINTS_MAX = 16,
	ETCD_FLAG_SIZE = 128,
	FLAGS_MAX = 16,
	BALLAST_MAX = 1000,        /* leases */
	WRITES_MAX = 4000,         /* per second */
	WORKERS_MAX = 884,         /* in all */
	CAMPAIGN_PREFIX_SIZE = 25, /* a key of the longest lock still fits into an event */
};

#define PREFIX_DEFAULT "fencepost/"

/* Where it stands, for errors; lines are 0 when nobody wrote it. */
struct campaign_place {
	char file[256];
	int cluster, arm[ARMS_MAX], block[FAULT_BLOCKS_MAX];
};

struct cluster_options {
	int members;    /* 1, 3 or 5 */
	char etcd[256]; /* path, name on PATH, or version */
	int heartbeat_ms, election_ms;
	int flags; /* more words of the members' command lines */
	char flag[FLAGS_MAX][ETCD_FLAG_SIZE];
	int endpoints; /* an existing cluster; then `members` is their number, and what stands above
			  is not printed: it is not ours to say */
	char endpoint[ENDPOINTS_MAX][128];
	/* Of an existing cluster, as connection_settle has completed it. The password is no part of
	 * the campaign, and is not printed. */
	struct etcd_access access;
	char password_file[ETCD_PATH];
	char prefix[CAMPAIGN_PREFIX_SIZE]; /* of our keys; "": PREFIX_DEFAULT */
};

/* What its fields may be: options.c. */
struct campaign {
	char name[64];
	struct campaign_place place;
	uint64_t seed;
	int duration_ms; /* of the load */
	int settle_ms;   /* after the heal: a lane that nobody acquires in this time is stuck */
	int min_exposures;
	enum expectation service_expect;
	struct cluster_options cluster;
	int arms;
	struct arm arm[ARMS_MAX];
	int blocks;
	struct fault_block block[FAULT_BLOCKS_MAX];
};

/* Adds the URL of an existing cluster's endpoint; with one or more no cluster is started. */
int campaign_add_endpoint(struct campaign *campaign, const char *url, struct error *err);
/* The same for "URL,URL,...", in place of those that it has. */
int campaign_set_endpoints(struct campaign *campaign, const char *list, struct error *err);

/* NULL when it can be the prefix of our keys. */
const char *campaign_prefix_trouble(const char *prefix);

/* Calls `tell` for each thing that can be run but will not show what somebody may expect of it. */
void campaign_warn(const struct campaign *campaign, void (*tell)(void *context, const char *text),
		   void *context);

int campaign_load(const char *path, struct campaign *campaign, struct error *err);
/* The same from a text of a history, as campaign_print makes it, in which ${...} stands for
 * nothing; `name` is what errors call it. */
int campaign_load_text(const char *text, const char *name, struct campaign *campaign,
		       struct error *err);

/* An error says why no etcd can be started with its two times (server/embed/config.go, Validate).
 */
int cluster_judge_times(const struct cluster_options *cluster, struct error *err);

/* What is impossible in combination (heartbeat >= TTL, cut without members, ...), after the command
 * line has had its say. */
int campaign_validate(const struct campaign *campaign, struct error *err);

/* The resolved campaign as text that campaign_load reads back to the same; the caller frees. */
char *campaign_print(const struct campaign *campaign);

#endif
