/*
 * A source of any format from anybody: imported; what comes in is a sound trace, and what is
 * exported of it comes back in as the same trace.
 */
#ifndef FUZZ_TRACE_ROUND_TRIP_H
#define FUZZ_TRACE_ROUND_TRIP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/invariant.h"
#include "history/traces/trace.h"

static inline int import_bytes(enum trace_format format, const void *bytes, size_t size,
			       struct trace *trace)
{
	char path[40];
	int fd = memfd_create("source", MFD_CLOEXEC);
	struct error err = {0};

	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct trace_source source = {
		.path = path, .format = format, .failed_cas = FAILED_CAS_OBSERVES};
	int result = trace_import(&source, trace, &err);

	close(fd);
	CHECK(result == 0 || (err.code == EXIT_BAD_USAGE && err.text[0] && !trace->op));
	return result;
}

static inline void check_trace(const struct trace *trace)
{
	uint32_t invoked = 0, returned = 0;

	for (uint32_t i = 0; i < trace->events; i++) {
		uint32_t op = trace->event[i] >> 1;

		CHECK(op < trace->ops);
		if (trace->event[i] & 1) {
			CHECK(trace->op[op].returned == i && trace->op[op].invoked < i);
			returned++;
		} else {
			CHECK(op == invoked++ && trace->op[op].invoked == i);
		}
	}
	CHECK(invoked == trace->ops && returned <= trace->ops);
	for (uint32_t i = 0; i < trace->ops; i++) {
		const struct trace_op *op = &trace->op[i];

		CHECK((op->returned == TRACE_NEVER) == (op->outcome == TRACE_OPEN));
		CHECK(strlen(trace_object_name(trace, op->object)) < 1 << 20);
		CHECK(*trace_value_text(trace, op->a) && *trace_value_text(trace, op->b));
	}
	for (uint32_t i = 0; i < trace->failures; i++)
		CHECK(trace->failure[i].invoked <= trace->failure[i].returned &&
		      trace->failure[i].returned <= trace->events);
}

/* But for the numbers of owners and attempts. */
static inline void check_same_op(const struct trace *a, const struct trace_op *x,
				 const struct trace *b, const struct trace_op *y)
{
	CHECK(x->f == y->f && x->outcome == y->outcome && x->mode == y->mode);
	CHECK(x->process == y->process && x->token == y->token);
	CHECK(x->has_token == y->has_token);
	CHECK(x->invoked == y->invoked && x->returned == y->returned);
	CHECK(x->invoked_ns == y->invoked_ns && x->returned_ns == y->returned_ns);
	CHECK((x->attempt == 0) == (y->attempt == 0));
	CHECK(strcmp(trace_object_name(a, x->object), trace_object_name(b, y->object)) == 0);
	CHECK(strcmp(trace_value_text(a, x->a), trace_value_text(b, y->a)) == 0);
	CHECK(strcmp(trace_value_text(a, x->b), trace_value_text(b, y->b)) == 0);
}

static inline void check_same_trace(const struct trace *a, const struct trace *b)
{
	CHECK(b->ops == a->ops && b->events == a->events && b->failures == a->failures);
	CHECK(a->events == 0 || memcmp(b->event, a->event, a->events * sizeof(*a->event)) == 0);
	for (uint32_t i = 0; i < a->ops; i++)
		check_same_op(a, &a->op[i], b, &b->op[i]);
	for (uint32_t i = 0; i < a->failures; i++)
		check_same_op(a, &a->failure[i], b, &b->failure[i]);
	CHECK(a->has_attempts == b->has_attempts && a->has_tokens == b->has_tokens);
	CHECK(a->has_times == b->has_times);
}

static inline void check_round_trip(const struct trace *trace, bool jsonl)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct error err = {0};
	struct trace back;

	CHECK(out);
	int result = (jsonl ? trace_export_jsonl : trace_export_jepsen)(trace, out, &err);

	CHECK(fclose(out) == 0);
	if (!result) { /* else no process numbers are left */
		CHECK(import_bytes(TRACE_AUTO, text, size, &back) == 0);
		check_same_trace(trace, &back);
		trace_free(&back);
	}
	free(text);
}

static inline int fuzz_import(enum trace_format format, const uint8_t *bytes, size_t size)
{
	struct trace trace;

	if (import_bytes(format, bytes, size, &trace))
		return 0;
	check_trace(&trace);
	check_round_trip(&trace, false);
	check_round_trip(&trace, true);
	trace_free(&trace);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
