#include "conductor/logbook.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "history/database.h"
#include "campaign/arm.h"

static const struct plan_worker *worker_on(const struct plan *plan, int host)
{
	for (int i = 0; i < plan->workers; i++)
		if (plan->worker[i].host == host)
			return &plan->worker[i];
	return NULL;
}

void logbook_process_started(struct ring *ring, const struct plan *plan, int host, int os_pid,
			     int process, int incarnation)
{
	const struct plan_worker *worker = worker_on(plan, host);
	struct event event = {
		.kind = EVENT_PROCESS,
		.at_ns = clock_now_ns(),
		.started = {.id = process,
			    .host = host,
			    .arm = worker ? worker->arm : -1,
			    .lane = worker ? worker->lane : -1,
			    .worker = worker ? worker->number : -1,
			    .os_pid = os_pid,
			    .incarnation = incarnation},
	};

	const char *role = plan->host[host].role == HOST_HUB
				   ? plan->host[host].name
				   : host_role_name(plan->host[host].role);

	text_copy(event.started.role, sizeof(event.started.role), role);
	text_copy(event.started.name, sizeof(event.started.name), plan->host[host].name);
	if (worker)
		text_copy(event.started.client, sizeof(event.started.client),
			  arm_client(&plan->campaign->arm[worker->arm]));
	ring_push(ring, &event);
}

void logbook_process_ended(struct ring *ring, const struct plan *plan, int host, int process,
			   int status)
{
	struct event event = {
		.kind = EVENT_PROCESS,
		.at_ns = clock_now_ns(),
		.started = {.id = process, .host = host, .exit_status = status, .ended = 1},
	};

	text_copy(event.started.name, sizeof(event.started.name), plan->host[host].name);
	ring_push(ring, &event);
}

void logbook_note(struct ring *ring, enum note_weight weight, const char *topic, const char *format,
		  ...)
{
	struct event event = {.kind = EVENT_NOTE, .at_ns = clock_now_ns()};
	va_list args;

	event.note.breaks = (uint8_t)weight;
	text_copy(event.note.topic, sizeof(event.note.topic), topic);
	va_start(args, format);
	vsnprintf(event.note.text, sizeof(event.note.text), format, args);
	va_end(args);
	ring_push(ring, &event);
}

int logbook_mark_broken(const char *history, const char *why, struct error *err)
{
	sqlite3 *db = NULL;

	if (database_open(history, DATABASE_WRITE, &db, err))
		return -1;
	sqlite3_stmt *insert = database_prepare(
		db, "INSERT INTO note (at_ns, breaks, topic, text) VALUES (0, 1, 'run', ?1)");
	int failed = 0;

	sqlite3_bind_text(insert, 1, why, -1, SQLITE_STATIC);
	if (sqlite3_step(insert) != SQLITE_DONE)
		failed = database_error(db, err);
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return failed;
}
