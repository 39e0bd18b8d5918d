/*
 * Clients add and remove, and now and then one reads all: a hundred reads, or every third operation
 * of a short history. The service does each at one instant between its invocation and its answer.
 */
#include "tests/support/set_generator.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/random.h"

enum { READS = 100, EVERY_LEAST = 3 };

struct set_client {
	uint32_t handle, place; /* place: of what it adds or removes, in the order of adds */
	bool asked, served;     /* its request is under way; the service has seen it */
	struct trace_op op;
};

struct set_run {
	const struct generator *wish;
	struct trace_builder *builder;
	struct random_stream random;
	uint32_t invoked, adds, *value; /* by place */
	bool *inside;                   /* by place */
	int64_t now_ns;
};

static uint32_t all_inside(const struct set_run *run)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	fputs("[", out);
	for (uint32_t i = 0; i < run->adds; i++)
		if (run->inside[i])
			fprintf(out, "%s%u", ftell(out) > 1 ? " " : "", i);
	fputs("]", out);
	CHECK(fclose(out) == 0);
	uint32_t value = trace_intern_value(run->builder, text);

	free(text);
	return value;
}

static void ask(struct set_run *run, struct set_client *client, enum trace_function f)
{
	char text[16];

	client->op.f = (uint8_t)f;
	client->op.a = TRACE_NIL;
	client->op.invoked_ns = run->now_ns += NS_PER_US;
	client->op.line = ++run->invoked;
	if (f == TRACE_ADD) {
		client->place = run->adds++;
		snprintf(text, sizeof(text), "%u", client->place);
		run->value[client->place] = trace_intern_value(run->builder, text);
	}
	if (f != TRACE_READ)
		client->op.a = run->value[client->place];
	client->handle = trace_invoke(run->builder, &client->op);
	client->asked = true;
	client->served = false;
}

static void serve(struct set_run *run, struct set_client *client)
{
	client->served = true;
	if (client->op.f == TRACE_READ)
		client->op.a = all_inside(run);
	else
		run->inside[client->place] = client->op.f == TRACE_ADD;
}

static void answer(struct set_run *run, struct set_client *client)
{
	client->op.returned_ns = run->now_ns += NS_PER_US;
	trace_return(run->builder, client->handle, TRACE_OK, &client->op);
	client->asked = false;
}

static void ask_anything(struct set_run *run, struct set_client *client)
{
	int every = (int)(run->wish->operations / READS);
	int64_t draw = random_between(&run->random, 1, every < EVERY_LEAST ? EVERY_LEAST : every);
	bool removes =
		run->wish->removes && run->adds > 0 && random_between(&run->random, 0, 2) == 0;

	if (removes && draw > 1)
		client->place = (uint32_t)random_between(&run->random, 0, run->adds - 1);
	ask(run, client, draw == 1 ? TRACE_READ : removes ? TRACE_REMOVE : TRACE_ADD);
}

static void act(struct set_run *run, struct set_client *client)
{
	bool lost = random_between(&run->random, 0, 199) < run->wish->unknown_percent;

	if (!client->asked)
		ask_anything(run, client);
	else if (lost)
		client->asked = false; /* it may have been served, or not */
	else if (!client->served)
		serve(run, client);
	else
		answer(run, client);
}

static void do_at_once(struct set_run *run, struct set_client *client, enum trace_function f)
{
	ask(run, client, f);
	serve(run, client);
	answer(run, client);
}

/* A read does not see what had been added, or sees what had been removed. */
static void plant(struct set_run *run, struct set_client *client)
{
	do_at_once(run, client, TRACE_ADD);
	if (run->wish->removes)
		do_at_once(run, client, TRACE_REMOVE);
	run->inside[client->place] = run->wish->removes;
	do_at_once(run, client, TRACE_READ);
	run->inside[client->place] = !run->wish->removes;
}

void generate_set(const struct generator *wish, struct trace *trace)
{
	struct set_client client[GENERATOR_CLIENTS] = {0};
	struct set_run run = {.wish = wish,
			      .builder = trace_begin("generated"),
			      .random = random_open(wish->seed, "set_generator")};
	uint32_t late = wish->operations / 10 * 9;
	bool planted = !wish->violation;

	ARRAY_NEW(run.value, wish->operations + 2);
	ARRAY_NEW(run.inside, wish->operations + 2);
	client[0].op.object = trace_intern_object(run.builder, "set");
	for (int i = 0; i < wish->clients; i++)
		client[i].op.process = i;
	while (run.invoked < wish->operations) {
		struct set_client *next =
			&client[random_between(&run.random, 0, wish->clients - 1)];

		if (!planted && run.invoked >= late && !next->asked) {
			plant(&run, next);
			planted = true;
		} else {
			act(&run, next);
		}
	}
	free(run.value);
	free(run.inside);
	trace_end(run.builder, trace);
}
