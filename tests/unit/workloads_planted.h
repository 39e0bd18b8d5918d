/*
 * An adapter in one file, of every kind: right, and wrong on purpose. A test plays it itself, run
 * again with --adapter and the mode, and needs no service: it grants whatever it is asked for.
 */
#ifndef UNIT_WORKLOADS_PLANTED_H
#define UNIT_WORKLOADS_PLANTED_H

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *planted_mode;

static inline bool planted_is(const char *mode)
{
	return strcmp(planted_mode, mode) == 0;
}

__attribute__((format(printf, 1, 2))) static inline void planted_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static inline void planted_init(int id)
{
	planted_say("{\"id\":%d,\"outcome\":\"ok\",\"fencepost\":%d,\"name\":\"planted\","
		    "\"version\":\"%s\",\"tokens\":\"%s\",\"renews\":%s}",
		    id, planted_is("tomorrow") ? 2 : 1, planted_mode,
		    planted_is("tokenless") ? "none" : "number",
		    planted_is("renewing") ? "true" : "false");
}

static inline void planted_grant(int id, int number)
{
	planted_say("{\"id\":%d,\"outcome\":\"ok\",\"token\":\"%d\",\"lease\":\"%d\","
		    "\"key\":\"run/token/4/%d\"%s}",
		    id, planted_is("backwards") ? 1000 - number : number, number, number,
		    planted_is("untimed") || planted_is("renewing") ? "" : ",\"valid_ms\":60000");
}

static inline void planted_renewed(int id, int64_t ahead_ns)
{
	planted_say("{\"event\":\"renewed\",\"id\":%d,\"sent_ns\":\"%" PRId64
		    "\",\"valid_ms\":50000}",
		    id, clock_now_ns() + ahead_ns);
}

/* What it does beside granting, or instead. */
static inline void planted_acquire(int id, int number)
{
	if (planted_is("silent"))
		return;
	if (planted_is("refusing")) {
		planted_say("{\"id\":%d,\"outcome\":\"fail\",\"error\":\"taken\"}", id);
		return;
	}
	if (planted_is("binary"))
		planted_say("\x01\xff\xfe%c{}", 0);
	if (planted_is("wordy"))
		planted_say("lock acquired!");
	if (planted_is("long"))
		planted_say("{\"id\":%d,\"error\":\"%*s\"}", id, 9000, "x");
	if (planted_is("nobodys"))
		planted_say("{\"id\":4711,\"outcome\":\"ok\"}");
	planted_grant(id, number);
	if (planted_is("twice"))
		planted_grant(id, number + 500);
	if (planted_is("losing"))
		planted_say("{\"event\":\"lost\",\"id\":%d,\"error\":\"it went\"}", id);
	if (planted_is("losing-another"))
		planted_say("{\"event\":\"lost\",\"id\":1}");
	if (planted_is("renewing"))
		planted_renewed(id, 0);
	if (planted_is("ahead"))
		planted_renewed(id, 3600 * NS_PER_S);
	if (planted_is("dying"))
		exit(3);
	while (planted_is("flooding"))
		planted_say("{\"event\":\"renewed\",\"id\":%d}", id);
	while (planted_is("endless"))
		putchar('x');
}

static inline void planted_answer(const char *verb, int id, int *grants)
{
	if (strcmp(verb, "init") == 0)
		planted_init(id);
	else if (strcmp(verb, "acquire") == 0)
		planted_acquire(id, ++*grants);
	else if (strcmp(verb, "renew") == 0)
		planted_say("{\"id\":%d,\"outcome\":\"%s\"%s}", id,
			    planted_is("gone") ? "fail" : "ok",
			    planted_is("gone")      ? ",\"gone\":true"
			    : planted_is("untimed") ? ""
						    : ",\"valid_ms\":60000");
	else if (!planted_is("silent"))
		planted_say("{\"id\":%d,\"outcome\":\"ok\"}", id);
}

/* Does not return when the program was started as an adapter. */
static inline void planted_play(int argc, char **argv)
{
	char line[4200];
	int grants = 0;

	if (argc != 3 || strcmp(argv[1], "--adapter") != 0)
		return;
	planted_mode = argv[2];
	while (fgets(line, sizeof(line), stdin)) {
		cJSON *request = cJSON_Parse(line);
		const cJSON *verb = cJSON_GetObjectItem(request, "do");
		const cJSON *id = cJSON_GetObjectItem(request, "id");

		if (!verb || !id)
			exit(4);
		planted_answer(verb->valuestring, id->valueint, &grants);
		cJSON_Delete(request);
	}
	while (planted_is("staying")) /* although its input has ended */
		pause();
	exit(0);
}

#endif
