/*
 * Clients append to one key, and look, and now and then one puts a text in the place of all. The
 * service does each at one instant between its invocation and its answer. Each piece is written
 * once, unless `pieces` says how many there are. The planted get does not see the last piece, which
 * another has seen before.
 */
#include "tests/support/kv_generator.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

enum { TEXT_MAX = 1 << 16, PIECE_MAX = 16, GETS_PERCENT = 45 };

struct kv_client {
	uint32_t handle;
	bool asked, served; /* its request is under way; the service has seen it */
	struct trace_op op;
	char piece[PIECE_MAX];
};

struct kv_run {
	const struct generator *wish;
	struct trace_builder *builder;
	struct random_stream random;
	uint32_t invoked;
	char text[TEXT_MAX]; /* in quotes */
	int64_t now_ns;
};

static bool percent(struct kv_run *run, int chance)
{
	return random_between(&run->random, 1, 100) <= chance;
}

static void ask(struct kv_run *run, struct kv_client *client, enum trace_function f)
{
	int64_t pieces = run->wish->pieces;
	char text[PIECE_MAX + 2];

	client->op.f = (uint8_t)f;
	client->op.a = TRACE_NIL;
	client->op.invoked_ns = run->now_ns += NS_PER_US;
	client->op.line = ++run->invoked;
	snprintf(client->piece, sizeof(client->piece), "%u;",
		 pieces > 0 ? (uint32_t)random_between(&run->random, 1, pieces) : run->invoked);
	snprintf(text, sizeof(text), "\"%s\"", client->piece);
	if (f != TRACE_GET)
		client->op.a = trace_intern_value(run->builder, text);
	client->handle = trace_invoke(run->builder, &client->op);
	client->asked = true;
	client->served = false;
}

static void serve(struct kv_run *run, struct kv_client *client)
{
	size_t length = client->op.f == TRACE_PUT ? 1 : strlen(run->text) - 1;

	client->served = true;
	if (client->op.f == TRACE_GET)
		client->op.a = trace_intern_value(run->builder, run->text);
	else
		snprintf(run->text + length, TEXT_MAX - length, "%s\"", client->piece);
}

static void answer(struct kv_run *run, struct kv_client *client)
{
	client->op.returned_ns = run->now_ns += NS_PER_US;
	trace_return(run->builder, client->handle, TRACE_OK, &client->op);
	client->asked = false;
}

static void act(struct kv_run *run, struct kv_client *client)
{
	bool full = strlen(run->text) > TEXT_MAX / 2;

	if (!client->asked)
		ask(run, client,
		    percent(run, GETS_PERCENT)                      ? TRACE_GET
		    : full || percent(run, run->wish->puts_percent) ? TRACE_PUT
								    : TRACE_APPEND);
	else if (random_between(&run->random, 0, 199) < run->wish->unknown_percent)
		client->asked = false; /* it may have been served, or not */
	else if (!client->served)
		serve(run, client);
	else
		answer(run, client);
}

static void do_at_once(struct kv_run *run, struct kv_client *client, enum trace_function f)
{
	ask(run, client, f);
	serve(run, client);
	answer(run, client);
}

static void plant(struct kv_run *run, struct kv_client *client)
{
	char before[TEXT_MAX];

	memcpy(before, run->text, sizeof(before));
	do_at_once(run, client, TRACE_APPEND);
	do_at_once(run, client, TRACE_GET);
	memcpy(run->text, before, sizeof(before));
	do_at_once(run, client, TRACE_GET);
}

void generate_kv(const struct generator *wish, struct trace *trace)
{
	struct kv_client client[GENERATOR_CLIENTS] = {0};
	struct kv_run run = {.wish = wish,
			     .builder = trace_begin("generated"),
			     .random = random_open(wish->seed, "kv_generator"),
			     .text = "\"\""};
	uint32_t late = wish->operations / 10 * 9;
	bool planted = !wish->violation;

	client[0].op.object = trace_intern_object(run.builder, "key");
	for (int i = 0; i < wish->clients; i++)
		client[i].op.process = i;
	while (run.invoked < wish->operations) {
		struct kv_client *next = &client[random_between(&run.random, 0, wish->clients - 1)];

		if (!planted && run.invoked >= late && !next->asked) {
			plant(&run, next);
			planted = true;
		} else {
			act(&run, next);
		}
	}
	trace_end(run.builder, trace);
}
