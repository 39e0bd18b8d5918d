/*
 * Prints the history of a lock as JSON lines, as long as one likes, without keeping it.
 *
 *	lock_log [OPERATIONS [UNKNOWN_PERCENT [CLIENTS [MODEL]]]] | zstd > FILE
 *
 * 100,000,000 operations, 1 %, 10 clients and a fenced mutex unless told otherwise; it is
 * linearizable (tests/support/trace_generator.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/word.h"
#include "tests/support/trace_generator.h"

enum { OPERATIONS = 100000000, UNKNOWN_PERCENT = 1, CLIENTS = 10, SEED = 1 };

static void print_event(void *context, const struct trace_op *op, bool returns)
{
	(void)context;
	printf("{\"type\":\"%s\",\"process\":%" PRId32 ",\"f\":\"%s\",\"owner\":%" PRIu32,
	       returns ? "ok" : "invoke", op->process, trace_function_names[op->f], op->owner);
	if (op->attempt)
		printf(",\"attempt\":%" PRIu32, op->attempt);
	if (op->has_token && returns)
		printf(",\"token\":\"%" PRId64 "\"", op->token);
	if (op->mode == TRACE_SHARED)
		printf(",\"mode\":\"shared\"");
	printf(",\"time_ns\":%" PRId64 "}\n", returns ? op->returned_ns : op->invoked_ns);
}

static enum model model_named(const char *name)
{
	int model = word_index(name, model_names);

	CHECK(model >= 0);
	return (enum model)model;
}

int main(int argc, char **argv)
{
	struct trace_listener listener = {.event = print_event};
	const struct generator wish = {
		.model = argc > 4 ? model_named(argv[4]) : MODEL_FENCED_MUTEX,
		.seed = SEED,
		.operations = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : OPERATIONS,
		.unknown_percent = argc > 2 ? (int)strtol(argv[2], NULL, 10) : UNKNOWN_PERCENT,
		.clients = argc > 3 ? (int)strtol(argv[3], NULL, 10) : CLIENTS,
		.limit = 1,
		.listener = &listener,
	};
	struct trace trace;

	CHECK(generate_trace(&wish, &trace) && fflush(stdout) == 0);
	trace_free(&trace);
	return EXIT_SUCCESS;
}
