/*
 * Theory of operation. One program serves the worker and its heartbeat, which renews only where the
 * adapter leaves that to its user. Each step is a request; what an answer says of the hold goes
 * into the session. The safe deadline is reckoned from when the adapter says that its request left,
 * if that can be true, else from when we asked; without `valid_ms` there is none.
 *
 * An acquire that is not answered may yet succeed: then the attempt ends with a release, for
 * nobody else would give that lock back. One that is answered, is released if it held, also when it
 * was lost, as by `finally`: then the library can clear up what it keeps.
 */
#include "workloads/adapter_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum {
	INIT_S = 30,        /* an interpreter and its libraries start slowly */
	LATENESS_MS = 1000, /* of an acquire's answer, after its time is up */
};

struct lock_client {
	const struct lock_terms *terms;
	struct adapter *adapter;
	bool renews, no_token, no_key; /* no_...: noted */
	enum adapter_token tokens;
};

/* Asking what it is --------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text && *text)
		CHECK_MEMORY(cJSON_AddStringToObject(object, name, text));
}

static void add_whole(cJSON *object, const char *name, int64_t number)
{
	CHECK_MEMORY(cJSON_AddNumberToObject(object, name, (double)number));
}

static void add_access(cJSON *object, const struct etcd_access *access)
{
	if (!access)
		return;
	add_text(object, "cacert", access->cacert);
	add_text(object, "cert", access->cert);
	add_text(object, "key", access->key);
	add_text(object, "user", access->user);
	add_text(object, "password", access->password);
}

cJSON *adapter_init_request(const struct lock_terms *terms)
{
	const struct etcd_target *etcd = &terms->service->etcd;
	cJSON *object = cJSON_CreateObject();
	cJSON *endpoints = cJSON_AddArrayToObject(object, "endpoints");

	CHECK_MEMORY(endpoints);
	add_whole(object, "fencepost", ADAPTER_PROTOCOL);
	add_text(object, "service", "etcd");
	int told = terms->arm->endpoint_order == ETCD_PINNED ? 1 : etcd->count;

	for (int i = 0; i < told; i++) {
		int number = (terms->first_endpoint + i) % etcd->count;

		cJSON_AddItemToArray(endpoints, cJSON_CreateString(etcd->endpoint[number]));
	}
	add_text(object, "lock", terms->lock);
	add_text(object, "worker", terms->worker);
	add_whole(object, "ttl_ms", terms->ttl_s * 1000L);
	add_whole(object, "heartbeat_ms", terms->arm->heartbeat_ms);
	add_whole(object, "retries", terms->arm->retries);
	add_access(object, etcd->access);
	return object;
}

const char *adapter_init_trouble(const struct adapter_reply *reply)
{
	const struct adapter_line *line = &reply->line;

	if (!reply->answered)
		return reply->error;
	if (line->outcome != OUTCOME_OK)
		return line->error[0] ? line->error : "it answers init without saying why not";
	if (line->protocol != ADAPTER_PROTOCOL)
		return "it does not answer init with \"fencepost\": 1";
	if (!line->name[0])
		return "it does not tell its \"name\"";
	return NULL;
}

static void tell(const struct lock_client *client, enum note_weight weight, const char *text)
{
	client->terms->hearer.note(client->terms->hearer.context, weight, text);
}

/* In the log of the worker and in the run's record: without its client there is nothing to test. */
static int refuse(struct lock_client *client, const char *why, struct error *err)
{
	const struct guard_kind *guard = &guard_kinds[client->terms->arm->guard];

	if (!why)
		error_set(err, EXIT_BAD_USAGE,
			  "the client %s gives no token, and guard = %s is one of tokens",
			  client->terms->arm->client_word[0], guard->word);
	else
		error_set(err, EXIT_BAD_USAGE, "the client %s: %s",
			  client->terms->arm->client_word[0], why);
	tell(client, NOTE_BREAKS, err->text);
	return -1;
}

static int introduce(struct lock_client *client, struct error *err)
{
	struct adapter_reply reply =
		adapter_ask(client->adapter, "init", adapter_init_request(client->terms),
			    ADAPTER_BESIDES, clock_now_ns() + INIT_S * NS_PER_S);
	const char *trouble = adapter_init_trouble(&reply);
	const struct lock_hearer *hearer = &client->terms->hearer;

	if (trouble)
		return refuse(client, trouble, err);
	client->tokens = reply.line.tokens;
	client->renews = reply.line.renews;
	if (guard_needs_token(&guard_kinds[client->terms->arm->guard]) &&
	    client->tokens == ADAPTER_TOKEN_NONE)
		return refuse(client, NULL, err);
	hearer->named(hearer->context, reply.line.name, reply.line.version);
	return 0;
}

static void client_close(struct lock_client *client)
{
	if (client->adapter)
		adapter_close(client->adapter);
	free(client);
}

static int client_open(struct lock_client **client, const struct lock_terms *terms,
		       struct error *err)
{
	struct lock_client *opened = calloc(1, sizeof(*opened));
	const char *argv[CLIENT_WORDS_MAX + 1] = {NULL};

	CHECK_MEMORY(opened);
	CHECK(terms->arm->client_words > 0 && terms->arm->client_words <= CLIENT_WORDS_MAX);
	opened->terms = terms;
	for (int i = 0; i < terms->arm->client_words; i++)
		argv[i] = terms->arm->client_word[i];
	if (adapter_start(&opened->adapter, argv, &terms->hearer, err)) {
		tell(opened, NOTE_BREAKS, err->text);
		client_close(opened);
		return -1;
	}
	if (introduce(opened, err)) {
		client_close(opened);
		return -1;
	}
	*client = opened;
	return 0;
}

static void client_settle(const struct lock_client *client, struct lock_client_steps *steps)
{
	if (client->renews)
		steps->renew = NULL;
}

/* Steps --------------------------------------------------------------------------------------- */

/* When the request left that granted: as it is told, if it can be so. */
static int64_t sent_ns(const struct adapter_reply *reply)
{
	int64_t told_ns = reply->line.sent_ns;

	return told_ns >= reply->sent_ns && told_ns <= reply->came_ns ? told_ns : reply->sent_ns;
}

static struct lock_answer answer_of(const struct adapter_reply *reply, bool grants)
{
	const struct adapter_line *line = &reply->line;
	struct lock_answer answer = {.endpoint = -1, .outcome = OUTCOME_INFO};

	if (!reply->sent)
		answer.outcome = OUTCOME_FAIL;
	else
		answer.sent_ns = reply->sent_ns;
	answer.unheard = !reply->sent;
	text_copy(answer.error, sizeof(answer.error), reply->error);
	if (!reply->answered)
		return answer;
	answer.outcome = line->outcome;
	if (line->outcome == OUTCOME_OK && grants) {
		answer.sent_ns = sent_ns(reply);
		answer.ttl_ms = line->valid_ms;
		answer.unbounded = line->valid_ms == 0;
	}
	if (line->outcome != OUTCOME_OK)
		text_copy(answer.error, sizeof(answer.error),
			  line->error[0] ? line->error : "the client does not say why");
	CHECK(answer.outcome == OUTCOME_OK || answer.error[0]);
	return answer;
}

static void note_once(struct lock_client *client, bool *noted, const char *text)
{
	if (!*noted)
		tell(client, NOTE_TELLS, text);
	*noted = true;
}

/* The witness knows a hold by its lease, or by a key below the lock's name. */
static void take_identity(struct lock_client *client, const struct adapter_line *line,
			  struct lock_session *session)
{
	const char *name = client->terms->lock;
	size_t length = strlen(name);
	bool below = strncmp(line->key, name, length) == 0 && line->key[length] == '/';

	session->lease = line->lease;
	session->token = client->tokens == ADAPTER_TOKEN_NONE ? 0 : line->token;
	text_copy(session->key, sizeof(session->key), line->key);
	if (client->tokens != ADAPTER_TOKEN_NONE && !line->token)
		note_once(client, &client->no_token,
			  "the client acquired without the token that its init promised");
	if (line->key[0] ? !below : !line->lease)
		note_once(client, &client->no_key,
			  "the client tells no lease, nor a key below the lock's name and a slash: "
			  "what the service did to its holds is not judged");
}

static struct lock_answer client_acquire(struct lock_client *client, struct lock_session *session,
					 int64_t deadline_ns)
{
	cJSON *request = cJSON_CreateObject();

	CHECK_MEMORY(request);
	add_whole(request, "timeout_ms", clock_left_ms(deadline_ns));
	struct adapter_reply reply =
		adapter_ask(client->adapter, "acquire", request, ADAPTER_BEGINS_HOLD,
			    deadline_ns + LATENESS_MS * NS_PER_MS);
	struct lock_answer answer = answer_of(&reply, true);

	if (answer.outcome == OUTCOME_OK)
		take_identity(client, &reply.line, session);
	session->left = answer.outcome != OUTCOME_INFO;
	return answer;
}

static struct lock_answer ask_plainly(struct lock_client *client, const char *verb,
				      enum adapter_phase phase, bool grants, int64_t deadline_ns)
{
	cJSON *request = cJSON_CreateObject();

	CHECK_MEMORY(request);
	struct adapter_reply reply =
		adapter_ask(client->adapter, verb, request, phase, deadline_ns);
	struct lock_answer answer = answer_of(&reply, grants);

	answer.gone =
		grants && reply.answered && reply.line.outcome == OUTCOME_FAIL && reply.line.gone;
	return answer;
}

static struct lock_answer client_renew(struct lock_client *client, struct lock_session *session,
				       int64_t deadline_ns)
{
	(void)session; /* it knows its own */
	return ask_plainly(client, "renew", ADAPTER_BESIDES, true, deadline_ns);
}

static struct lock_answer client_release(struct lock_client *client, struct lock_session *session,
					 int64_t deadline_ns)
{
	(void)session;
	return ask_plainly(client, "release", ADAPTER_ENDS_HOLD, false, deadline_ns);
}

/* Once: one that answers nothing is not asked again and again. */
static struct lock_answer client_clear(struct lock_client *client, struct lock_session *session,
				       int64_t deadline_ns)
{
	session->left = true;
	return client_release(client, session, deadline_ns);
}

const struct lock_client_steps adapter_steps = {
	.serves_both = true,
	.open = client_open,
	.close = client_close,
	.settle = client_settle,
	.acquire = client_acquire,
	.renew = client_renew,
	.release = client_release,
	.gives_back_lost = true,
	.close_session = client_clear,
};

const struct lock_client_steps *arm_client_steps(const struct arm *arm)
{
	return arm->client_words ? &adapter_steps : recipe_steps(arm->recipe);
}
