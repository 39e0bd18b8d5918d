/* The plan into the history: what a reader needs in order to understand the events. */
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "conductor/plan.h"
#include "history/database.h"
#include "reports/json_whole.h"

/* Runs a prepared statement whose values are bound; resets it for the next row. */
static int insert(sqlite3 *db, sqlite3_stmt *statement, struct error *err)
{
	int done = sqlite3_step(statement);

	sqlite3_reset(statement);
	return done == SQLITE_DONE ? 0 : database_error(db, err);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

static char *arm_settings(const struct arm *arm)
{
	cJSON *settings = cJSON_CreateObject();

	json_add_whole(settings, "lanes", arm->lanes);
	json_add_whole(settings, "workers", arm->workers);
	json_add_whole(settings, "work_min_ms", arm->work_min_ms);
	json_add_whole(settings, "work_max_ms", arm->work_max_ms);
	json_add_whole(settings, "rest_max_ms", arm->rest_max_ms);
	if (arm->readers)
		json_add_whole(settings, "readers", arm->readers);
	if (arm->renew_timeout_ms)
		json_add_whole(settings, "renew_timeout_ms", arm->renew_timeout_ms);
	if (arm->retry_after_ms)
		json_add_whole(settings, "retry_after_ms", arm->retry_after_ms);
	if (arm->habit != HABIT_NONE)
		cJSON_AddStringToObject(settings, "habit", habits[arm->habit].word);
	if (arm->renew_deadline_ms)
		json_add_whole(settings, "renew_deadline_ms", arm->renew_deadline_ms);
	cJSON_AddStringToObject(settings, "store", store_names[arm->store]);
	if (arm->look)
		cJSON_AddStringToObject(settings, "look", look_names[arm->look]);
	if (arm->endpoint_order)
		cJSON_AddStringToObject(settings, "endpoint_order",
					etcd_order_names[arm->endpoint_order]);
	char *text = cJSON_PrintUnformatted(settings);

	cJSON_Delete(settings);
	return text;
}

static int record_arm(sqlite3 *db, sqlite3_stmt *statement, const struct arm *arm,
		      struct error *err)
{
	_cleanup_free_ char *settings = arm_settings(arm);
	const struct recipe_facts *recipe = recipe_facts(arm->recipe);

	sqlite3_bind_int(statement, 1, arm->id);
	bind_text(statement, 2, arm->name);
	bind_text(statement, 3, arm_client(arm));
	bind_text(statement, 4, guard_names[arm->guard]);
	sqlite3_bind_int(statement, 5, arm->ttl_s * 1000);
	sqlite3_bind_int(statement, 6, arm->heartbeat_ms);
	sqlite3_bind_int(statement, 7, arm->retries);
	sqlite3_bind_int(statement, 8, arm->acquire_timeout_ms);
	bind_text(statement, 9, expectation_names[arm->expect]);
	bind_text(statement, 10, settings);
	sqlite3_bind_int(statement, 11, (int)arm_planted(arm));
	sqlite3_bind_int(statement, 12, arm->acquire_within_ms);
	bind_text(statement, 13, recipe->service);
	bind_text(statement, 14, recipe->model);
	sqlite3_bind_int(statement, 15, arm->permits ? arm->permits : 1);
	return insert(db, statement, err);
}

static int record_arms(const struct plan *plan, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *statement = database_prepare(
		db, "INSERT INTO arm (id, name, service, recipe, guard, model, permits, ttl_ms, "
		    "heartbeat_ms, retries, acquire_timeout_ms, expect, settings, planted, "
		    "acquire_within_ms) VALUES "
		    "(?1, ?2, ?13, ?3, ?4, ?14, ?15, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
	int failed = 0;

	for (int i = 0; i < plan->campaign->arms && !failed; i++)
		failed = record_arm(db, statement, &plan->campaign->arm[i], err);
	sqlite3_finalize(statement);
	return failed;
}

int plan_record_client(sqlite3 *db, int arm, const char *client, struct error *err)
{
	sqlite3_stmt *statement =
		database_prepare(db, "UPDATE arm SET recipe = 'adapter ' || ?2 WHERE id = ?1");

	sqlite3_bind_int(statement, 1, arm);
	bind_text(statement, 2, client);
	int failed = insert(db, statement, err);

	sqlite3_finalize(statement);
	return failed;
}

static int record_lanes(const struct plan *plan, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *statement =
		database_prepare(db, "INSERT INTO lane VALUES (?1, ?2, ?3, ?4, ?3)");
	int failed = 0;

	for (int i = 0; i < plan->lanes && !failed; i++) {
		sqlite3_bind_int(statement, 1, i);
		sqlite3_bind_int(statement, 2, plan->lane[i].arm);
		bind_text(statement, 3, plan->lane[i].name);
		bind_text(statement, 4, plan->lane[i].lock);
		failed = insert(db, statement, err);
	}
	sqlite3_finalize(statement);
	return failed;
}

int plan_record_hosts(const struct plan *plan, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *statement = database_prepare(
		db,
		"INSERT OR REPLACE INTO host (id, name, role, address) VALUES (?1, ?2, ?3, ?4)");
	int failed = 0;

	for (int i = 0; i < plan->hosts && !failed; i++) {
		sqlite3_bind_int(statement, 1, i);
		bind_text(statement, 2, plan->host[i].name);
		bind_text(statement, 3, host_role_name(plan->host[i].role));
		bind_text(statement, 4, plan->host[i].address);
		failed = insert(db, statement, err);
	}
	sqlite3_finalize(statement);
	return failed;
}

static int record_schedule(const struct plan *plan, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *statement =
		database_prepare(db, "INSERT INTO schedule VALUES (?1, ?2, ?3, ?4)");
	int failed = 0;

	for (int i = 0; i < plan->schedule.count && !failed; i++) {
		const struct scheduled *entry = &plan->schedule.entry[i];
		_cleanup_free_ char *text = schedule_describe(plan->campaign->block, entry);

		sqlite3_bind_int(statement, 1, entry->id);
		bind_text(statement, 2, plan->campaign->block[entry->block].name);
		sqlite3_bind_int64(statement, 3, entry->at_ns);
		bind_text(statement, 4, text);
		failed = insert(db, statement, err);
	}
	sqlite3_finalize(statement);
	return failed;
}

static int record_facts(const struct plan *plan, sqlite3 *db, const char *command,
			struct error *err)
{
	const struct campaign *campaign = plan->campaign;
	_cleanup_free_ char *text = campaign_print(campaign);
	struct utsname machine;
	char wall[32], host[512];

	clock_wall_text(wall, sizeof(wall));
	CHECK(uname(&machine) == 0);
	snprintf(host, sizeof(host), "%s %s %s", machine.sysname, machine.release, machine.machine);
	const struct {
		const char *key, *value;
	} facts[] = {
		{"fencepost", FENCEPOST_VERSION},
		{"campaign", text},
		{"campaign_name", campaign->name},
		{"command", command},
		/* As it was said, for whoever types the next command in the same place. */
		{"directory", plan->run_dir},
		{"started", wall},
		{"machine", host},
		{"etcd", plan->etcd_version},
		{"etcd_path", plan->etcd_path},
		{"prefix", plan->prefix},
		{"sandbox", campaign->cluster.endpoints ? "existing cluster" : "namespaces"},
		{"service_expect", expectation_names[campaign->service_expect]},
	};
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{"seed", (int64_t)campaign->seed},
		{"start_monotonic_ns", plan->start_ns},
		{"start_wall_ns", clock_wall_ns() - (clock_now_ns() - plan->start_ns)},
		{"duration_ns", campaign->duration_ms * NS_PER_MS},
		{"settle_ms", campaign->settle_ms},
		{"min_exposures", campaign->min_exposures},
		{"members", campaign->cluster.members},
		{"election_ms", campaign->cluster.endpoints ? 0 : campaign->cluster.election_ms},
		{"sealed", 0},
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (database_set_text(db, facts[i].key, facts[i].value, err))
			return -1;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (database_set_int(db, numbers[i].key, numbers[i].value, err))
			return -1;
	return 0;
}

/* What a reader elsewhere must know of the machine, and how the program was called. */
static int record_machine(sqlite3 *db, struct error *err)
{
	int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
	char program[PATH_MAX] = "", load[32];
	double average;

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) > 0 &&
	    database_set_text(db, "program", program, err))
		return -1;
	if (getloadavg(&average, 1) == 1) {
		snprintf(load, sizeof(load), "%.2f", average);
		if (database_set_text(db, "load_before", load, err))
			return -1;
	}
	return database_set_int(db, "cores", sysconf(_SC_NPROCESSORS_ONLN), err) ||
			       database_set_int(db, "memory_bytes", memory, err)
		       ? -1
		       : 0;
}

int plan_record(const struct plan *plan, sqlite3 *db, const char *command, struct error *err)
{
	if (database_exec(db, "BEGIN", err) || record_facts(plan, db, command, err) ||
	    record_machine(db, err) || record_arms(plan, db, err) || record_lanes(plan, db, err) ||
	    plan_record_hosts(plan, db, err) || record_schedule(plan, db, err))
		return -1;
	return database_exec(db, "COMMIT", err);
}
