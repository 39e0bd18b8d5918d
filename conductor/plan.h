/*
 * The plan: what a campaign means in hosts, lanes, locks, resources and rings. Made once by the
 * front, written into the history before anything starts, inherited by the conductor.
 *
 * Hosts, in this order: members; store; witness; workers (arm by arm, lane by lane); and on the hub
 * recorder, capture and nemesis. Lanes count over all arms. Rings: the conductor's, then one for
 * each host that is no member.
 */
#ifndef CONDUCTOR_PLAN_H
#define CONDUCTOR_PLAN_H

#include <sqlite3.h>
#include <stdarg.h>

#include "cluster/cluster.h"
#include "campaign/campaign.h"
#include "history/capture.h"
#include "history/ring.h"

struct plan_lane {
	int arm, number; /* number within the arm */
	char name[48];   /* "none/0" */
	char lock[80];   /* PREFIX/none/0 */
};

struct plan_worker {
	int arm, lane, number; /* lane over all arms; number within the lane */
	int host;
};

#define CAPTURE_NAME "capture.pcap"

/* In memory that front and conductor share: how far the run has come. */
struct stage {
	_Atomic int load_began; /* 1: from here on no failure is one of usage or of the machine */
	_Atomic uint32_t pulse; /* of the conductor */
	struct capture_result capture;
};

struct plan {
	const struct campaign *campaign;
	char prefix[64]; /* of all keys of this run in the service; ends with a slash */
	char run_dir[256];
	char history[300]; /* run_dir/history.db */
	char etcd_path[256];
	char etcd_version[64];
	int64_t start_ns;    /* the run's zero of time */
	struct stage *stage; /* the front's, made before the conductor */
	bool quiet;          /* says nothing but errors */
	const char *among;   /* run_request.among */
	int hosts, lanes, workers;
	struct host *host;
	struct plan_lane *lane;
	struct plan_worker *worker;
	int store, witness, recorder, capture, nemesis; /* hosts */
	struct schedule schedule;
};

/* Names everything and resolves the schedule. The caller frees with plan_close. */
int plan_open(struct plan *plan, const struct campaign *campaign, const char *run_dir,
	      struct error *err);
void plan_close(struct plan *plan);

/* Arms, lanes, hosts, schedule and the run's facts into a history. */
int plan_record(const struct plan *plan, sqlite3 *db, const char *command, struct error *err);

/* The hosts again, once they have addresses. */
int plan_record_hosts(const struct plan *plan, sqlite3 *db, struct error *err);

/* What the adapter of an arm calls itself, once it has. */
int plan_record_client(sqlite3 *db, int arm, const char *client, struct error *err);

int plan_rings(const struct plan *plan);
/* The ring of a host that is no member; ring 0 is the conductor's. */
int plan_ring_of(const struct plan *plan, int host);

#endif
