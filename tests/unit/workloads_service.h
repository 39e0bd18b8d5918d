/*
 * A healthy etcd of two members and a store, as a stand-in plays them, but for the answers that a
 * test exchanges; what they were asked, and what the worker's live view showed then.
 */
#ifndef UNIT_WORKLOADS_SERVICE_H
#define UNIT_WORKLOADS_SERVICE_H

#include <inttypes.h>
#include <stdarg.h>

#include "tests/support/stand_in.h"
#include "tests/unit/workloads_rig.h"

enum {
	SERVICE_QUESTIONS = 1024,
	SERVICE_INSTEAD = 4,
	SERVICE_LEASE = 7000, /* of the first grant; the next is one more */
	SERVICE_TOKEN = 19,   /* the lock key's create_revision */
	SERVICE_VERSION = 5,  /* of the resource, as it is read */
	SERVICE_PUT = 50,     /* the revision of a put */
};

struct question {
	char path[48];   /* "lock/lock", "store/read" */
	int member, nth; /* of this path, from 0 */
	cJSON *body;
	int state, endpoint, acquisitions; /* in the live view */
	uint32_t attempt;
	int64_t acquired_ns;
};

struct instead { /* of the healthy answer */
	const char *path;
	int nth; /* the question of this path, -1: each */
	struct told told;
};

static struct {
	struct stand_in *stand_in;
	char member_url[2][96], store_url[96];
	const char *endpoint[2];
	struct live_worker *view;
	struct question question[SERVICE_QUESTIONS];
	int questions;
	struct instead instead[SERVICE_INSTEAD];
	void (*heed)(const struct question *question); /* called before the answer; NULL: nobody */
} service;

/* What was asked so, or NULL. */
static inline const struct question *service_asked(const char *path, int nth)
{
	for (int i = 0; i < service.questions; i++)
		if (strcmp(service.question[i].path, path) == 0 && service.question[i].nth == nth)
			return &service.question[i];
	return NULL;
}

static inline const struct question *service_note(const struct asked *asked)
{
	struct question *question = &service.question[service.questions];
	const struct live_worker *view = service.view;
	int member = -1;

	ck_assert_int_lt(service.questions, SERVICE_QUESTIONS);
	*question = (struct question){.body = cJSON_Duplicate(asked->body, true)};
	if (sscanf(asked->path, "m%d/v3beta/%47s", &member, question->path) != 2)
		snprintf(question->path, sizeof(question->path), "%s", asked->path);
	question->member = member;
	while (service_asked(question->path, question->nth))
		question->nth++;
	if (view) {
		question->state = atomic_load(&view->state);
		question->endpoint = atomic_load(&view->endpoint);
		question->acquisitions = (int)atomic_load(&view->acquisitions);
		question->attempt = atomic_load(&view->attempt);
		question->acquired_ns = atomic_load(&view->acquired_ns);
	}
	service.questions++;
	return question;
}

__attribute__((format(printf, 2, 3))) static inline struct told
service_says(int status, const char *format, ...)
{
	struct told told = {.status = status};
	va_list args;

	va_start(args, format);
	vsnprintf(told.text, sizeof(told.text), format, args);
	va_end(args);
	return told;
}

static inline bool service_is(const struct question *question, const char *path)
{
	return strcmp(question->path, path) == 0;
}

#define SERVICE_HEADER "\"header\":{\"revision\":\"%d\",\"member_id\":\"1\",\"raft_term\":\"2\"}"

static inline struct told service_healthy(const struct question *asked)
{
	int64_t lease = body_number(asked->body, "lease"), id = body_number(asked->body, "ID");
	char key[160];

	if (service_is(asked, "lease/grant"))
		return service_says(200, "{" SERVICE_HEADER ",\"ID\":\"%d\",\"TTL\":\"%s\"}", 10,
				    SERVICE_LEASE + asked->nth, body_text(asked->body, "TTL"));
	if (service_is(asked, "lease/keepalive"))
		return service_says(200,
				    "{\"result\":{" SERVICE_HEADER ",\"ID\":\"%" PRId64
				    "\",\"TTL\":\"2\"}}",
				    11, id);
	if (service_is(asked, "lock/lock")) {
		snprintf(key, sizeof(key), "%s/%" PRIx64, body_bytes(asked->body, "name"), lease);
		return service_says(200, "{" SERVICE_HEADER ",\"key\":\"%s\"}", 20,
				    told_bytes(key));
	}
	if (service_is(asked, "kv/range"))
		return service_says(200,
				    "{" SERVICE_HEADER
				    ",\"kvs\":[{\"key\":\"%s\",\"create_revision\""
				    ":\"%d\",\"mod_revision\":\"30\",\"version\":\"2\"}]}",
				    21, body_text(asked->body, "key"), SERVICE_TOKEN);
	if (service_is(asked, "store/read"))
		return service_says(200, "{\"version\":\"%d\",\"value\":\"77\"}", SERVICE_VERSION);
	if (service_is(asked, "store/write"))
		return service_says(200, "{\"version\":\"%d\",\"value\":\"%s\"}",
				    SERVICE_VERSION + 1, body_text(asked->body, "value"));
	if (service_is(asked, "maintenance/status"))
		return service_says(200,
				    "{\"header\":{\"member_id\":\"%d\"},\"leader\":\"100\","
				    "\"raftTerm\":\"2\"}",
				    100 + asked->member);
	return service_says(200, "{" SERVICE_HEADER "}",
			    service_is(asked, "kv/put") ? SERVICE_PUT : 22);
}

static inline struct told service_tell(const struct asked *asked)
{
	const struct question *question = service_note(asked);

	if (service.heed)
		service.heed(question);
	for (int i = 0; i < SERVICE_INSTEAD; i++) {
		const struct instead *instead = &service.instead[i];

		if (instead->path && service_is(question, instead->path) &&
		    (instead->nth < 0 || instead->nth == question->nth))
			return instead->told;
	}
	return service_healthy(question);
}

/* `tell` is service_tell, or answers what that cannot. */
static inline void service_open(struct live_worker *view, stand_in_tell *tell)
{
	memset(&service, 0, sizeof(service));
	service.view = view;
	service.stand_in = stand_in_open(tell);
	for (int i = 0; i < 2; i++) {
		snprintf(service.member_url[i], sizeof(service.member_url[i]), "%s/m%d",
			 stand_in_url(service.stand_in), i);
		service.endpoint[i] = service.member_url[i];
	}
	snprintf(service.store_url, sizeof(service.store_url), "%s/store",
		 stand_in_url(service.stand_in));
}

static inline void service_close(void)
{
	stand_in_close(service.stand_in);
	for (int i = 0; i < service.questions; i++)
		cJSON_Delete(service.question[i].body);
}

/* To the question of that number, or each when -1, the answer is this. */
static inline void service_answers(const char *path, int nth, struct told told)
{
	int i = 0;

	while (service.instead[i].path)
		ck_assert_int_lt(++i, SERVICE_INSTEAD);
	service.instead[i] = (struct instead){path, nth, told};
	stand_in_agree(service.stand_in);
}

/* Surely nothing was done; unknown whether it was. */
#define SERVICE_REFUSES                                                                            \
	{                                                                                          \
		.status = 400, .text = "{\"error\":\"no such thing\",\"code\":5}"                  \
	}
#define SERVICE_SILENT                                                                             \
	{                                                                                          \
		.status = 0                                                                        \
	}
/* The member has no leader: the next one is asked next. */
#define SERVICE_LEADERLESS                                                                         \
	{                                                                                          \
		.status = 503, .text = "{\"error\":\"etcdserver: no leader\",\"code\":14}"         \
	}

#endif
