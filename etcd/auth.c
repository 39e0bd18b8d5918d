/*
 * User and password. etcd's gateway gives a token for them (auth/authenticate), which goes with
 * each request as the header "Authorization". Every member knows every token; one of the usual kind
 * ends when a member has not seen it for 5 minutes, and with the member's process. So a request may
 * be refused for its token at any time, which means: ask for another one, and once more.
 *
 * Theory of operation. The clients of an access share their token: one of them asks, and publishes
 * what it got; the others wait for that, for a password costs the member some 60 ms of work, and
 * all clients ask at once when a member has forgotten. A lock would not do, since a process that
 * holds it may be stopped by the nemesis. So who asks says since when, and after a second of that
 * the next one does. A token is written where nobody reads, a slot out of some in turn, and its
 * number is then published. One that is stopped while it writes, until all slots have come round,
 * may spoil a token that is in use: that one is refused like an old one, and a new one is asked
 * for.
 *
 * With a client certificate etcd can do without a password elsewhere; its gateway cannot: it asks
 * the member with the *server's* certificate, so the name in ours never gets there (etcd, auth
 * store, AuthInfoFromTLS), and with authentication on it refuses a certificate that has a name.
 */
#include <ctype.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/shared.h"
#include "base/text.h"
#include "etcd/client.h"

enum {
	TOKEN_SIZE = 2048, /* a JWT signed with RSA has some hundred bytes */
	SLOTS = 16,
	YOUNG_MS = 1000,  /* a token that is refused sooner will not be bettered by another */
	ASKING_MS = 1000, /* so long the others wait for one */
	LOOK_MS = 5,
};

struct etcd_session {
	_Atomic uint32_t given;        /* numbers given out; a number's slot is its remainder */
	_Atomic uint32_t current;      /* 0: none yet */
	_Atomic int64_t at_ns;         /* when that was asked for */
	_Atomic int64_t asking_ns;     /* since when somebody asks for the next; 0: nobody does */
	char token[SLOTS][TOKEN_SIZE]; /* "": the cluster asks nobody who he is */
};

struct etcd_session *etcd_session_open(void)
{
	struct etcd_session *session = shared_new(sizeof(*session));
	return session;
}

void etcd_session_close(struct etcd_session *session)
{
	if (session)
		munmap(session, sizeof(*session));
}

static void publish(struct etcd_session *session, const char *token, int64_t asked_ns)
{
	uint32_t number = atomic_fetch_add(&session->given, 1) + 1;

	memcpy(session->token[number % SLOTS], token, strlen(token) + 1);
	atomic_store(&session->at_ns, asked_ns);
	atomic_store(&session->current, number);
}

/* It becomes a line of our requests' head: no other may begin in it. */
static bool is_token(const char *text)
{
	while (isgraph((unsigned char)*text))
		text++;
	return *text == '\0';
}

/* Asks that endpoint for a token. False: *reply tells why it gave none. */
static bool authenticate(struct etcd *client, int endpoint, int64_t deadline_ns,
			 struct etcd_reply *reply)
{
	char url[ETCD_TEXT + 64], token[TOKEN_SIZE] = "";
	cJSON *request = cJSON_CreateObject();

	CHECK_MEMORY(cJSON_AddStringToObject(request, "name", client->access->user) &&
		     cJSON_AddStringToObject(request, "password", client->access->password));
	_cleanup_free_ char *body = json_print(request);

	client_url(client, endpoint, "auth/authenticate", url);
	http_set_token(&client->http, "", 0);
	int64_t asked_ns = clock_now_ns();
	struct http_result result = http_post(&client->http, url, body, deadline_ns);
	_cleanup_json_ cJSON *answer = client_read(&client->http, &result, endpoint, reply);

	explicit_bzero(body, strlen(body));
	/* As etcd's own client has it: who is asked nothing, need not answer. */
	if (!answer && !strstr(reply->error, "authentication is not enabled"))
		return false;
	if (answer && (!json_read_text(answer, "token", token, sizeof(token)) || !token[0] ||
		       !is_token(token)))
		return answer_malformed(reply);
	publish(client->access->session, token, asked_ns);
	return true;
}

static bool claim(struct etcd_session *session)
{
	int64_t now_ns = clock_now_ns(), since_ns = atomic_load(&session->asking_ns);

	if (since_ns && now_ns < since_ns + ASKING_MS * NS_PER_MS)
		return false;
	return atomic_compare_exchange_strong(&session->asking_ns, &since_ns, now_ns);
}

/* Has another token than number `used` published, by whomever. False: *reply tells why not. */
static bool get_another(struct etcd *client, uint32_t used, int endpoint, int64_t deadline_ns,
			struct etcd_reply *reply)
{
	struct etcd_session *session = client->access->session;

	while (atomic_load(&session->current) == used) {
		if (claim(session)) {
			/* Somebody may have been done between the two looks. */
			bool got = atomic_load(&session->current) != used ||
				   authenticate(client, endpoint, deadline_ns, reply);

			atomic_store(&session->asking_ns, 0);
			return got;
		}
		if (clock_now_ns() >= deadline_ns) {
			*reply = (struct etcd_reply){.endpoint = endpoint, .code = -1};
			text_copy(reply->error, sizeof(reply->error), "no token in time");
			return false;
		}
		clock_sleep_until_ns(clock_now_ns() + LOOK_MS * NS_PER_MS);
	}
	return true;
}

static bool has_user(const struct etcd *client)
{
	return client->access && client->access->user[0];
}

bool client_authorize(struct etcd *client, struct http *http, int endpoint, int64_t deadline_ns,
		      struct etcd_reply *reply)
{
	if (!has_user(client))
		return true;
	struct etcd_session *session = client->access->session;

	if (!atomic_load(&session->current) &&
	    !get_another(client, 0, endpoint, deadline_ns, reply)) {
		reply->outcome = ETCD_FAIL; /* what was to be asked has not left */
		reply->sent_ns = 0;
		return false;
	}
	uint32_t current = atomic_load(&session->current);

	if (http->token != current)
		http_set_token(http, session->token[current % SLOTS], current);
	return true;
}

/* ErrInvalidAuthToken, ErrAuthOldRevision, ErrUserEmpty (authentication was switched on meanwhile);
 * a watch is only told that its permission is denied. */
static bool is_about_the_token(const char *refusal)
{
	return strstr(refusal, "invalid auth token") || strstr(refusal, "auth store is old") ||
	       strstr(refusal, "user name is empty") || strstr(refusal, "code = PermissionDenied");
}

bool client_renew_token(struct etcd *client, const struct http *http, int endpoint,
			const char *refusal, int64_t deadline_ns)
{
	struct etcd_reply reply;

	if (!has_user(client) || !is_about_the_token(refusal))
		return false;
	struct etcd_session *session = client->access->session;
	bool young = clock_now_ns() < atomic_load(&session->at_ns) + YOUNG_MS * NS_PER_MS;

	if (young && atomic_load(&session->current) == http->token)
		return false;
	return get_another(client, http->token, endpoint, deadline_ns, &reply);
}
