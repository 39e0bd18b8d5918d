/*
 * The store's HTTP side. Theory of operation: libmicrohttpd without threads of its own, on epoll,
 * driven by the loop in store_main; so one request is decided after the other, and the order of the
 * decisions in the ring is the order in which they took effect. A request is looked at only when
 * its body is complete: half a request, from a client that was killed, changes nothing.
 *
 * Connections are kept alive and never timed out: a worker may be paused for a minute between two
 * requests, and its late write must still arrive, for that is what is being studied.
 */
#include "workloads/store.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/pulse.h"
#include "workloads/worker/journal.h"
#include "workloads/store_request.h"
#include "workloads/worker/wire.h"

enum {
	STORE_MAGIC = 0x73746f72,
	EXCHANGE_MAGIC = 0x78636867,
	CONNECTIONS_MAX = 2048,
	STOP_LOOK_MS = 50,
	/* Past the limit a body is read and thrown away, so that the client gets its 413; past
	 * this, the connection is closed. */
	DISCARD_MAX = 16 * WIRE_BODY_MAX,
};

struct store {
	uint32_t magic;
	const struct store_config *config;
	struct store_state *state; /* one per resource */
	struct journal journal;
};

struct exchange { /* one request, while its body arrives */
	uint32_t magic;
	bool write;
	size_t size; /* of the body so far, kept or thrown away */
	char body[WIRE_BODY_MAX];
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, cJSON *object)
{
	char *text = wire_print(object);
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	enum MHD_Result result = MHD_queue_response(connection, status, response);

	MHD_destroy_response(response);
	return result;
}

static cJSON *new_object(void)
{
	cJSON *object = cJSON_CreateObject();

	CHECK_MEMORY(object);
	return object;
}

static enum MHD_Result complain(struct MHD_Connection *connection, unsigned status,
				const char *text)
{
	cJSON *object = new_object();

	CHECK_MEMORY(cJSON_AddStringToObject(object, "error", text));
	return answer(connection, status, object);
}

static int find_resource(const struct store *store, const char *name)
{
	for (int i = 0; i < store->config->resources; i++)
		if (strcmp(store->config->resource[i].name, name) == 0)
			return i;
	return -1;
}

static enum MHD_Result decide(struct store *store, struct MHD_Connection *connection,
			      const struct store_request *request, int64_t arrived_ns)
{
	int index = find_resource(store, request->resource);

	if (index < 0)
		return complain(connection, MHD_HTTP_NOT_FOUND, "unknown resource");

	const struct store_resource *resource = &store->config->resource[index];
	struct store_state *state = &store->state[index];
	struct decision_event decision;
	bool accepted = store_decide(resource, state, request, &decision);
	cJSON *object = new_object();

	decision.lane = resource->lane;
	decision.arrived_ns = arrived_ns;
	journal_decision(&store->journal, store->config->live, &decision);
	if (accepted) {
		wire_add_number(object, "version", state->version);
		wire_add_number(object, "value", state->value);
		return answer(connection, MHD_HTTP_OK, object);
	}
	CHECK_MEMORY(cJSON_AddStringToObject(object, "error", decision.reason));
	wire_add_number(object, "greatest", decision.greatest_token);
	return answer(connection, MHD_HTTP_CONFLICT, object);
}

static enum MHD_Result handle_body(struct store *store, struct MHD_Connection *connection,
				   const struct exchange *exchange)
{
	int64_t arrived_ns = clock_now_ns();
	struct store_request request;
	char complaint[STORE_COMPLAINT_SIZE];

	if (exchange->size > WIRE_BODY_MAX)
		return complain(connection, MHD_HTTP_CONTENT_TOO_LARGE,
				"the body is larger than 4096 bytes");
	if (!store_request_parse(exchange->body, exchange->size, exchange->write, &request,
				 complaint))
		return complain(connection, MHD_HTTP_BAD_REQUEST, complaint);
	return decide(store, connection, &request, arrived_ns);
}

/* The head has arrived: refuses what is no request of ours, else makes room for the body. */
static enum MHD_Result handle_head(struct MHD_Connection *connection, const char *url,
				   const char *method, void **context)
{
	bool write = strcmp(url, "/write") == 0;

	if (!write && strcmp(url, "/read") != 0)
		return complain(connection, MHD_HTTP_NOT_FOUND, "known paths are /read and /write");
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return complain(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "the method is POST");

	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return MHD_NO;
	exchange->magic = EXCHANGE_MAGIC;
	exchange->write = write;
	*context = exchange;
	return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **context)
{
	struct store *store = cls;
	struct exchange *exchange = *context;

	(void)version;
	CHECK(store->magic == STORE_MAGIC);
	if (!exchange)
		return handle_head(connection, url, method, context);
	CHECK(exchange->magic == EXCHANGE_MAGIC);
	if (*size == 0)
		return handle_body(store, connection, exchange);
	if (exchange->size + *size > DISCARD_MAX)
		return MHD_NO;
	if (exchange->size + *size <= WIRE_BODY_MAX)
		memcpy(exchange->body + exchange->size, data, *size);
	exchange->size += *size;
	*size = 0;
	return MHD_YES;
}

static void forget(void *cls, struct MHD_Connection *connection, void **context,
		   enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)connection;
	(void)why;
	free(*context);
	*context = NULL;
}

/* A connection of each worker stays open: take as many descriptors as the machine lets us. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static int listen_on(struct store *store, struct MHD_Daemon **daemon, struct error *err)
{
	const struct store_config *config = store->config;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(config->port)};

	if (inet_pton(AF_INET, config->address, &address.sin_addr) != 1)
		return error_set(err, EXIT_BAD_USAGE, "store: \"%s\" is no IPv4 address",
				 config->address);
	*daemon = MHD_start_daemon(
		MHD_USE_EPOLL, config->port, NULL, NULL, handle, store, MHD_OPTION_SOCK_ADDR,
		&address, MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_END);
	if (!*daemon)
		return error_errno(err, EXIT_MACHINE_LACKS, "store: listen on %s:%u",
				   config->address, config->port);
	return 0;
}

int store_main(const struct store_config *config, int process)
{
	struct store store = {.magic = STORE_MAGIC, .config = config};
	struct error err = {0};
	struct MHD_Daemon *daemon;

	signal(SIGPIPE, SIG_IGN);
	raise_descriptor_limit();
	if (listen_on(&store, &daemon, &err)) {
		log_line("%s", err.text);
		return err.code;
	}
	store.state = calloc((size_t)config->resources, sizeof(*store.state));
	CHECK_MEMORY(store.state);
	journal_open(&store.journal, config->ring, process);
	/* A flag in shared memory wakes nobody, so look at it that often. */
	while (!atomic_load(config->stop)) {
		pulse_beat(config->pulse);
		MHD_run_wait(daemon, STOP_LOOK_MS);
	}
	MHD_stop_daemon(daemon);
	free(store.state);
	return EXIT_AS_EXPECTED;
}
