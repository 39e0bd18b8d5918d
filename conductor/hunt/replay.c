#include "conductor/hunt/replay.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "conductor/hunt/rounds.h"
#include "history/database.h"
#include "base/escape.h"
#include "base/text.h"

/* Occasions that stand in one of the two schedules only: a replay of another schedule is none. */
static int compare_schedules(sqlite3 *db, const char *with, int64_t *differences, struct error *err)
{
	sqlite3_stmt *attach = database_prepare(db, "ATTACH ?1 AS past");

	sqlite3_bind_text(attach, 1, with, -1, SQLITE_STATIC);
	int done = sqlite3_step(attach);

	sqlite3_finalize(attach);
	if (done != SQLITE_DONE)
		return database_error(db, err);
	sqlite3_stmt *count = NULL;
	/* Not database_prepare: the past's tables may be anybody's. */
	int failed = sqlite3_prepare_v2(
		db,
		"SELECT (SELECT count(*) FROM (SELECT id, block, at_ns, plan FROM main.schedule "
		"EXCEPT SELECT id, block, at_ns, plan FROM past.schedule)) + "
		"(SELECT count(*) FROM (SELECT id, block, at_ns, plan FROM past.schedule "
		"EXCEPT SELECT id, block, at_ns, plan FROM main.schedule))",
		-1, &count, NULL);

	failed = !failed && sqlite3_step(count) == SQLITE_ROW ? 0 : database_error(db, err);
	if (!failed)
		*differences = sqlite3_column_int64(count, 0);
	sqlite3_finalize(count);
	database_exec(db, "DETACH past", &(struct error){0});
	return failed;
}

int replay_check_schedule(const struct history *history, const char *past, struct error *err)
{
	int64_t differences = 0;

	if (compare_schedules(history->db, past, &differences, err))
		return -1;
	if (differences)
		return error_set(err, EXIT_BAD_USAGE,
				 "this version resolves another schedule than %s holds (%" PRId64
				 " occasions differ): it cannot be replayed",
				 past, differences);
	return 0;
}

int replay_past(const struct replay_request *request, const struct past *past, replay_try *try_it,
		void *context, int *times, struct error *err)
{
	*times = 0;
	for (int i = 0; i < request->times; i++) {
		int64_t found = try_it(context, past->campaign, err);

		if (found < 0)
			return -1;
		*times += found > 0;
		log_line("replay %d of %d: %s at %s %s (%" PRId64 ")", i + 1, request->times,
			 violation_word(past->quarry.name), past->quarry.subject,
			 found ? "again" : "did not come back", found);
	}
	return 0;
}

static void print_result(const struct past *past, const struct replay_request *request, int times)
{
	const char *name = violation_word(past->quarry.name);
	_cleanup_free_ char *subject = escape_utf8(past->quarry.subject);

	if (!request->json) {
		log_result("%s at %s: %d of %d", name, subject, times, request->times);
		return;
	}
	cJSON *object = cJSON_CreateObject();

	CHECK_MEMORY(object && cJSON_AddStringToObject(object, "violation", name) &&
		     cJSON_AddStringToObject(object, "subject", subject) &&
		     cJSON_AddNumberToObject(object, "reproduced", times) &&
		     cJSON_AddNumberToObject(object, "of", request->times));
	char *text = cJSON_PrintUnformatted(object);

	CHECK_MEMORY(text);
	log_result("%s", text);
	cJSON_free(text);
	cJSON_Delete(object);
}

struct rounds_of { /* the context of replay_once */
	const struct replay_request *request;
	const struct quarry *quarry;
};

static int64_t replay_once(void *context, struct campaign *campaign, struct error *err)
{
	const struct rounds_of *rounds = context;
	const char *history = rounds->request->history;
	_cleanup_free_ char *command = text_format("fencepost replay %s", history);
	struct round round;

	if (round_run(&(struct round_request){campaign, rounds->request->runs_dir, command, NULL},
		      &round, err))
		return -1;
	int64_t found = round_count(&round, rounds->quarry);

	if (replay_check_schedule(&round.findings.history, history, err))
		found = -1;
	round_close(&round);
	return found;
}

enum exit_code replay_run(const struct replay_request *request, struct error *err)
{
	struct past past;
	int times;

	if (past_open(request->history, &request->choice, &past, err))
		return err->code;
	struct rounds_of rounds = {request, &past.quarry};
	int failed = replay_past(request, &past, replay_once, &rounds, &times, err);

	if (!failed)
		print_result(&past, request, times);
	past_close(&past);
	if (failed)
		return err->code;
	return times ? EXIT_AS_EXPECTED : EXIT_INCONCLUSIVE;
}
