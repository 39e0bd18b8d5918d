#include "conductor/interference.h"

#include <limits.h>

#include "base/clock.h"
#include "base/log.h"
#include "conductor/logbook.h"
#include "etcd/etcd.h"
#include "history/database.h"

/* As the checker's (checker/starved.h), which looks closer: at what lay over each request. */
static const double SUSPECT_SHARE = 0.05;

static bool is_kept(const struct connection_count *count)
{
	return count->failed >= 2 && 2 * count->failed > count->opened;
}

static void note_hosts(struct hosts *hosts, const struct plan *plan, struct ring *ring)
{
	int kept = 0;

	for (int i = 0; i < plan->workers; i++) {
		struct connection_count count = {0};
		struct error ignored = {0}; /* reach_record will tell it, who asks again */

		hosts_count_connections(hosts, plan->worker[i].host, &count, &ignored);
		kept += is_kept(&count);
	}
	if (kept > SUSPECT_SHARE * plan->workers)
		logbook_note(
			ring, NOTE_TELLS, "reach",
			"the run is suspect: %d of %d workers' hosts failed to connect in most "
			"of their tries",
			kept, plan->workers);
}

/* The longest time without a renewal that never costs an arm its lease. */
static int64_t bearable_ns(const struct campaign *campaign)
{
	int64_t least_ms = INT_MAX;

	for (int i = 0; i < campaign->arms; i++) {
		int64_t ms = campaign->arm[i].ttl_s * 1000 - campaign->arm[i].heartbeat_ms;

		if (ms < least_ms)
			least_ms = ms;
	}
	return least_ms * NS_PER_MS;
}

void reach_note(struct hosts *hosts, const struct plan *plan, const struct lag *lag,
		struct ring *ring)
{
	int64_t worst_ns = atomic_load(&lag->worst_ns);

	if (hosts_abilities(hosts) & CAN_CUT)
		note_hosts(hosts, plan, ring);
	if (worst_ns > bearable_ns(plan->campaign))
		logbook_note(ring, NOTE_TELLS, "reach",
			     "the run is suspect: the machine let nothing run for %.3f s before "
			     "%.3f s, long enough to cost a lease",
			     (double)worst_ns / NS_PER_S,
			     (double)(atomic_load(&lag->worst_at_ns) - plan->start_ns) / NS_PER_S);
}

static int record_connections(struct hosts *hosts, const struct plan *plan, sqlite3 *db,
			      struct error *err)
{
	sqlite3_stmt *statement = database_prepare(
		db, "INSERT OR REPLACE INTO connection VALUES (?1, ?2, ?3, ?4, ?5)");
	int failed = 0;

	for (int i = 0; i < plan->hosts && !failed; i++) {
		struct connection_count count;

		if (plan->host[i].role == HOST_HUB)
			continue;
		failed = hosts_count_connections(hosts, i, &count, err);
		if (failed)
			break;
		sqlite3_bind_int(statement, 1, i);
		sqlite3_bind_int64(statement, 2, count.opened);
		sqlite3_bind_int64(statement, 3, count.failed);
		sqlite3_bind_int64(statement, 4, count.reset);
		sqlite3_bind_int64(statement, 5, count.retransmitted);
		if (sqlite3_step(statement) != SQLITE_DONE)
			failed = database_error(db, err);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	return failed;
}

int reach_record(struct hosts *hosts, const struct plan *plan, const struct lag *lag, sqlite3 *db,
		 struct error *err)
{
	int64_t at_ns = atomic_load(&lag->worst_at_ns);

	if (database_set_int(db, "worst_gap_ns", atomic_load(&lag->worst_ns), err) ||
	    database_set_int(db, "worst_gap_at_ns", at_ns ? at_ns - plan->start_ns : 0, err))
		return -1;
	if (!(hosts_abilities(hosts) & CAN_CUT))
		return 0;
	if (database_exec(db, "BEGIN", err) || record_connections(hosts, plan, db, err))
		return -1;
	return database_exec(db, "COMMIT", err);
}

int reach_note_absent(struct cluster *cluster, const struct plan *plan, struct ring *ring,
		      int before)
{
	int members = cluster_target(cluster)->count, present = 0;
	const char *why;

	for (int i = 0; i < members; i++)
		present += !cluster_is_absent(cluster, i, &why);
	for (int i = 0; i < members && present != before; i++) {
		if (!cluster_is_absent(cluster, i, &why))
			continue;
		logbook_note(ring, NOTE_TELLS, "member",
			     "%s is down (%.60s); the run is over %d of %d", plan->host[i].name,
			     why, present, members);
		if (!plan->quiet)
			log_line("member %s (%s) is down: %s; the run is over the other %d",
				 plan->host[i].name, cluster_target(cluster)->endpoint[i], why,
				 present);
	}
	return present;
}
