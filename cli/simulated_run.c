#include "cli/simulated_run.h"

#include <libgen.h>
#include <limits.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "conductor/plan.h"
#include "history/database.h"
#include "tuning/simulation/record.h"

struct names { /* of the lanes, and of their locks */
	const char **lane, **lock;
};

static struct record_config config_of(const struct plan *plan, struct writer *writer,
				      const struct names *names)
{
	for (int i = 0; i < plan->lanes; i++) {
		names->lane[i] = plan->lane[i].name;
		names->lock[i] = plan->lane[i].lock;
	}
	return (struct record_config){
		.writer = writer,
		.lane = names->lane,
		.locks = names->lock,
		.members = plan->campaign->cluster.members,
		.store = plan->store,
		.witness = plan->witness,
		.first_worker = plan->worker[0].host,
	};
}

/* What plan_record says of a run that was, and what is told at a run's end. */
static int set_facts(sqlite3 *db, int64_t length_ns, struct error *err)
{
	return database_set_text(db, "sandbox", "simulated", err) ||
			       database_set_text(db, "etcd", "simulated", err) ||
			       database_set_text(db, "audit", "agreed", err) ||
			       database_set_int(db, "audit_ns", length_ns, err) ||
			       database_set_int(db, "load_began_ns", 0, err) ||
			       database_set_int(db, "healed_ns", length_ns, err) ||
			       database_set_int(db, "interrupted", 0, err) ||
			       database_exec(db,
					     "INSERT INTO run SELECT 'ended_ns', "
					     "max(coalesce(returned_ns, invoked_ns)) FROM op",
					     err)
		       ? -1
		       : 0;
}

static int play(const struct plan *plan, const struct scenario *scenario, sqlite3 *db,
		struct played *played, struct error *err)
{
	struct names names;
	struct writer writer;
	struct record *record;

	ARRAY_NEW(names.lane, plan->lanes);
	ARRAY_NEW(names.lock, plan->lanes);
	writer_open(&writer, db, 0);
	struct record_config config = config_of(plan, &writer, &names);

	record_open(&record, &config);
	simulate_recorded(scenario, plan->campaign->arms, record, played);
	int failed = record_close(record, err);

	writer_close(&writer);
	free(names.lane);
	free(names.lock);
	for (int i = 0; failed && i < plan->campaign->arms; i++)
		played_close(&played[i]);
	return failed;
}

static int write_run(const struct plan *plan, const struct scenario *scenario, sqlite3 *db,
		     const char *command, struct played *played, struct error *err)
{
	if (plan_record(plan, db, command, err) || database_exec(db, "BEGIN", err) ||
	    play(plan, scenario, db, played, err))
		return -1;
	if (!set_facts(db, scenario->length_ns, err) && !database_exec(db, "COMMIT", err))
		return 0;
	for (int i = 0; i < plan->campaign->arms; i++)
		played_close(&played[i]);
	return -1;
}

int simulated_run(const char *path, const struct campaign *campaign,
		  const struct scenario *scenario, const char *command, struct played *played,
		  struct error *err)
{
	char copy[PATH_MAX];
	struct plan plan;
	sqlite3 *db;

	if (!text_copy(copy, sizeof(copy), path))
		return error_set(err, EXIT_BAD_USAGE, "the path %.60s... is too long", path);
	if (plan_open(&plan, campaign, dirname(copy), err))
		return -1;
	int failed = database_create(path, &db, err);

	if (!failed) {
		failed = write_run(&plan, scenario, db, command, played, err);
		sqlite3_close(db);
		if (!failed && database_seal(path, err)) {
			for (int i = 0; i < campaign->arms; i++)
				played_close(&played[i]);
			failed = -1;
		}
	}
	plan_close(&plan);
	return failed;
}
