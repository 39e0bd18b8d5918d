#include "tests/support/trace_generator.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/random.h"
#include "history/traces/builder.h"
#include "tests/support/kv_generator.h"
#include "tests/support/set_generator.h"

/* What a client does next, at its next_ns. */
enum step {
	ASK,         /* invokes an acquire */
	ASKED,       /* the request has come to the service, which grants it or lets it wait */
	GRANTED,     /* the answer has come */
	GIVE_BACK,   /* invokes a release */
	GIVING_BACK, /* the request has come to the service */
	GIVEN_BACK,  /* the answer has come */
};

enum fate { ANSWERED, LOST_ANSWER, LOST_REQUEST }; /* of an operation: the latter two are unknown */

struct client {
	int64_t next_ns; /* NEVER: it waits for the lock, or has finished */
	enum step step;
	enum fate fate;
	bool waits;
	bool holds_surely; /* its acquire was answered, its release is not yet asked for */
	bool shared;
	int32_t process; /* a new one after each unknown outcome, as in Jepsen */
	uint32_t attempt, handle;
	int64_t token;
};

enum { SHARED_PERCENT = 80 };
static const int64_t never = INT64_MAX;

struct simulation {
	const struct generator *wish;
	struct trace_builder *builder;
	struct random_stream random;
	struct client client[GENERATOR_CLIENTS];
	bool planted, anonymous;
	int64_t now_ns, token;
	int holders, writers; /* as the service counts */
	uint32_t object, attempts;
	uint32_t invoked, owed; /* operations so far; releases yet to come */
	int32_t processes;
};

static bool chance(struct simulation *simulation, int percent)
{
	return random_between(&simulation->random, 0, 99) < percent;
}

static void next(struct simulation *simulation, struct client *client, enum step step,
		 int64_t least_us, int64_t most_us)
{
	client->step = step;
	client->next_ns =
		simulation->now_ns +
		random_between(&simulation->random, least_us * NS_PER_US, most_us * NS_PER_US);
}

static void travel(struct simulation *simulation, struct client *client, enum step step)
{
	next(simulation, client, step, 50, 500);
}

static bool is_anonymous(enum model model)
{
	switch (model) {
	case MODEL_MUTEX:
	case MODEL_SEMAPHORE:
		return true;
	case MODEL_OWNED_MUTEX:
	case MODEL_OWNED_SEMAPHORE:
	case MODEL_FENCED_MUTEX:
	case MODEL_RWLOCK:
		return false;
	case MODEL_REENTRANT_MUTEX:
	case MODEL_LEASED_LOCK:
	case MODEL_CAS_REGISTER:
	case MODEL_KV:
	case MODEL_SET:
	case MODELS_COUNT:
		break;
	}
	CHECK(!"a model that the generator simulates");
}

/* Recording ----------------------------------------------------------------------------------- */

/* In an anonymous history an unknown acquire that is left out, or an unknown release that is put
 * in, would explain the planted grant: only releases are unknown there, and all took effect. */
static enum fate draw_fate(struct simulation *simulation, enum trace_function f)
{
	const struct generator *wish = simulation->wish;

	if (wish->violation && simulation->anonymous)
		return f == TRACE_RELEASE && chance(simulation, 2 * wish->unknown_percent)
			       ? LOST_ANSWER
			       : ANSWERED;
	if (!chance(simulation, wish->unknown_percent))
		return ANSWERED;
	return chance(simulation, 50) ? LOST_ANSWER : LOST_REQUEST;
}

static void invoke(struct simulation *simulation, struct client *client, enum trace_function f)
{
	struct trace_op op = {.object = simulation->object,
			      .process = client->process,
			      .f = (uint8_t)f,
			      .mode = client->shared ? TRACE_SHARED : TRACE_EXCLUSIVE,
			      .invoked_ns = simulation->now_ns,
			      .line = ++simulation->invoked};

	if (simulation->anonymous) {
		op.owner = (uint32_t)client->process;
	} else {
		op.owner = (uint32_t)(client - simulation->client);
		op.attempt = simulation->wish->nameless ? 0 : client->attempt;
	}
	if (f != TRACE_ACQUIRE)
		op.token = client->token;
	client->fate = draw_fate(simulation, f);
	client->handle = trace_invoke(simulation->builder, &op);
}

static void hear(struct simulation *simulation, struct client *client)
{
	struct trace_op answer = {.returned_ns = simulation->now_ns, .token = client->token};

	if (client->fate == ANSWERED)
		trace_return(simulation->builder, client->handle, TRACE_OK, &answer);
	else
		client->process = simulation->processes++;
}

/* The service --------------------------------------------------------------------------------- */

static bool may_grant(const struct simulation *simulation, const struct client *client)
{
	if (client->shared)
		return simulation->writers == 0;
	return simulation->holders < simulation->wish->limit;
}

static void grant(struct simulation *simulation, struct client *client)
{
	client->waits = false;
	simulation->holders++;
	if (!client->shared)
		simulation->writers++;
	if (simulation->wish->model == MODEL_FENCED_MUTEX)
		client->token = ++simulation->token;
	travel(simulation, client, GRANTED);
}

/* Those who wait are served from a random place on: a fair queue would say less. */
static void grant_those_who_wait(struct simulation *simulation)
{
	int clients = simulation->wish->clients;
	int first = (int)random_between(&simulation->random, 0, clients - 1);

	for (int i = 0; i < clients; i++) {
		struct client *client = &simulation->client[(first + i) % clients];

		if (client->waits && may_grant(simulation, client))
			grant(simulation, client);
	}
}

static void take_back(struct simulation *simulation, const struct client *client)
{
	simulation->holders--;
	if (!client->shared)
		simulation->writers--;
	grant_those_who_wait(simulation);
}

/* The clients --------------------------------------------------------------------------------- */

static void ask(struct simulation *simulation, struct client *client)
{
	if (simulation->invoked + simulation->owed + 2 > simulation->wish->operations) {
		client->next_ns = never;
		return;
	}
	client->attempt = ++simulation->attempts;
	client->token = 0;
	client->shared =
		simulation->wish->model == MODEL_RWLOCK && chance(simulation, SHARED_PERCENT);
	simulation->owed++;
	invoke(simulation, client, TRACE_ACQUIRE);
	travel(simulation, client, ASKED);
}

static void asked(struct simulation *simulation, struct client *client)
{
	if (client->fate == LOST_REQUEST) {
		hear(simulation, client);
		simulation->owed--;
		next(simulation, client, ASK, 100, 1000);
		return;
	}
	client->waits = true;
	client->next_ns = never;
	if (may_grant(simulation, client))
		grant(simulation, client);
}

/* Without an answer it learns in another way that it holds, and gives back what it got. */
static void granted(struct simulation *simulation, struct client *client)
{
	hear(simulation, client);
	client->holds_surely = client->fate == ANSWERED;
	next(simulation, client, GIVE_BACK, 100, 1000);
}

static void give_back(struct simulation *simulation, struct client *client)
{
	client->holds_surely = false;
	invoke(simulation, client, TRACE_RELEASE);
	travel(simulation, client, GIVING_BACK);
}

static void giving_back(struct simulation *simulation, struct client *client)
{
	if (client->fate != LOST_REQUEST)
		take_back(simulation, client);
	travel(simulation, client, GIVEN_BACK);
}

/* A release that did not get through is tried again. */
static void given_back(struct simulation *simulation, struct client *client)
{
	hear(simulation, client);
	if (client->fate == LOST_REQUEST) {
		next(simulation, client, GIVE_BACK, 100, 1000);
		return;
	}
	simulation->owed--;
	next(simulation, client, ASK, 100, 1000);
}

/* The violation: somebody whom the lock must refuse is granted and answered at this very moment,
 * at which every holder surely holds. */
static void plant(struct simulation *simulation)
{
	struct client *victim = NULL;
	int sure = 0;

	for (int i = 0; i < simulation->wish->clients; i++) {
		struct client *client = &simulation->client[i];

		sure += client->holds_surely;
		if (client->waits && client->fate == ANSWERED && !may_grant(simulation, client))
			victim = client;
	}
	if (!victim || sure == 0 || sure != simulation->holders)
		return;
	grant(simulation, victim);
	simulation->now_ns++;
	granted(simulation, victim);
	simulation->planted = true;
}

static uint32_t stranger_asks(struct simulation *simulation, uint32_t stranger,
			      enum trace_function f)
{
	const struct trace_op op = {.object = simulation->object,
				    .process = simulation->processes + (int32_t)stranger,
				    .owner = GENERATOR_CLIENTS + stranger,
				    .f = (uint8_t)f,
				    .invoked_ns = ++simulation->now_ns,
				    .line = ++simulation->invoked};

	return trace_invoke(simulation->builder, &op);
}

/* Two who do nothing else acquire one after the other, and only then give back: of a regular
 * client, something that had no answer might explain it. */
static void plant_strangers(struct simulation *simulation)
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t handle =
			stranger_asks(simulation, i % 2, i < 2 ? TRACE_ACQUIRE : TRACE_RELEASE);
		const struct trace_op answer = {.returned_ns = ++simulation->now_ns};

		trace_return(simulation->builder, handle, TRACE_OK, &answer);
	}
	simulation->processes += 2;
	simulation->planted = true;
}

static void act(struct simulation *simulation, struct client *client)
{
	static void (*const acts[])(struct simulation *, struct client *) = {
		[ASK] = ask,
		[ASKED] = asked,
		[GRANTED] = granted,
		[GIVE_BACK] = give_back,
		[GIVING_BACK] = giving_back,
		[GIVEN_BACK] = given_back,
	};

	acts[client->step](simulation, client);
}

static struct client *soonest(struct simulation *simulation)
{
	struct client *first = &simulation->client[0];

	for (int i = 1; i < simulation->wish->clients; i++)
		if (simulation->client[i].next_ns < first->next_ns)
			first = &simulation->client[i];
	return first;
}

/* Registers ----------------------------------------------------------------------------------- */

struct register_client {
	uint32_t handle;
	bool asked, served; /* its request is under way; the service has seen it */
	struct trace_op op;
};

struct register_run {
	struct trace_builder *builder;
	struct random_stream random;
	uint32_t invoked, value; /* what the register holds */
	int64_t now_ns;
};

static uint32_t new_value(struct register_run *run)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", run->invoked);
	return trace_intern_value(run->builder, text);
}

static void register_ask(struct register_run *run, struct register_client *client, bool writes)
{
	client->op.f = writes ? TRACE_WRITE : TRACE_READ;
	client->op.invoked_ns = run->now_ns += NS_PER_US;
	client->op.line = ++run->invoked;
	client->op.a = writes ? new_value(run) : TRACE_NIL;
	client->handle = trace_invoke(run->builder, &client->op);
	client->asked = true;
	client->served = false;
}

static void register_serve(struct register_run *run, struct register_client *client)
{
	client->served = true;
	if (client->op.f == TRACE_WRITE)
		run->value = client->op.a;
	else
		client->op.a = run->value;
}

static void register_answer(struct register_run *run, struct register_client *client)
{
	client->op.returned_ns = run->now_ns += NS_PER_US;
	trace_return(run->builder, client->handle, TRACE_OK, &client->op);
	client->asked = false;
}

static void register_act(struct register_run *run, struct register_client *client, int unknown)
{
	bool lost = random_between(&run->random, 0, 199) < unknown;

	if (!client->asked)
		register_ask(run, client, random_between(&run->random, 0, 2) == 0);
	else if (lost)
		client->asked = false; /* it may have been served, or not */
	else if (!client->served)
		register_serve(run, client);
	else
		register_answer(run, client);
}

/* Two writes, one after the other, and a read of the first of them. */
static void register_plant(struct register_run *run, struct register_client *client)
{
	uint32_t first = TRACE_NIL;

	for (int step = 0; step < 3; step++) {
		register_ask(run, client, step < 2);
		register_serve(run, client);
		first = step == 0 ? client->op.a : first;
		if (step == 2)
			client->op.a = first;
		register_answer(run, client);
	}
}

static void generate_register(const struct generator *wish, struct trace *trace)
{
	struct register_client client[GENERATOR_CLIENTS] = {0};
	struct register_run run = {.builder = trace_begin("generated"),
				   .random = random_open(wish->seed, "register_generator")};
	uint32_t late = wish->operations / 10 * 9;
	bool planted = !wish->violation;

	client[0].op.object = trace_intern_object(run.builder, "register");
	for (int i = 0; i < wish->clients; i++)
		client[i].op.process = i;
	while (run.invoked < wish->operations) {
		struct register_client *next =
			&client[random_between(&run.random, 0, wish->clients - 1)];

		if (!planted && run.invoked >= late && !next->asked) {
			register_plant(&run, next);
			planted = true;
		} else {
			register_act(&run, next, wish->unknown_percent);
		}
	}
	trace_end(run.builder, trace);
}

static bool generate_lock(const struct generator *wish, struct trace *trace)
{
	struct simulation simulation = {
		.wish = wish,
		.builder = trace_begin("generated"),
		.random = random_open(wish->seed, "trace_generator"),
		.anonymous = is_anonymous(wish->model),
		.processes = wish->clients,
	};
	uint32_t late = wish->operations / 10 * 9;

	builder_relay(simulation.builder, wish->listener);
	simulation.object = trace_intern_object(simulation.builder, "lock");
	for (int i = 0; i < wish->clients; i++) {
		simulation.client[i].process = i;
		next(&simulation, &simulation.client[i], ASK, 0, 1000);
	}
	for (;;) {
		struct client *client = soonest(&simulation);

		if (client->next_ns == never)
			break;
		/* No two events at one instant: the order survives every format. */
		simulation.now_ns = simulation.now_ns < client->next_ns ? client->next_ns
									: simulation.now_ns + 1;
		act(&simulation, client);
		if (wish->violation && !simulation.planted && simulation.invoked >= late)
			(wish->nameless ? plant_strangers : plant)(&simulation);
	}
	trace_end(simulation.builder, trace);
	return simulation.planted == wish->violation;
}

bool generate_trace(const struct generator *wish, struct trace *trace)
{
	CHECK(wish->clients > 1 && wish->clients <= GENERATOR_CLIENTS && wish->limit > 0);
	if (wish->model == MODEL_SET)
		generate_set(wish, trace);
	else if (wish->model == MODEL_KV)
		generate_kv(wish, trace);
	else if (wish->model == MODEL_CAS_REGISTER)
		generate_register(wish, trace);
	else
		return generate_lock(wish, trace);
	return true;
}
