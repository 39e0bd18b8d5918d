/*
 * From lines to operations. All formats for events (Jepsen's EDN, the Porcupine logs, JSONL, CSV)
 * tell the same few things about an event; a format only finds the fields, and how a value is
 * written in its syntax. What they mean is decided here, once.
 */
#ifndef HISTORY_TRACES_TELLER_H
#define HISTORY_TRACES_TELLER_H

#include "history/traces/buffer.h"
#include "history/traces/input.h"
#include "history/traces/trace.h"

enum field {
	FIELD_TYPE,    /* invoke, ok, fail, info */
	FIELD_PROCESS, /* joins an invocation and its answer; an integer */
	FIELD_F,
	FIELD_OBJECT,
	FIELD_OWNER,
	FIELD_ATTEMPT,
	FIELD_TOKEN,
	FIELD_VALUE,
	FIELD_MODE, /* exclusive, shared */
	FIELD_TIME, /* nanoseconds */
	FIELD_ERROR,
	FIELD_CLIENT, /* the process to display, when it is not `process`: see export.c */
	FIELD_INDEX,  /* of the event: grows from line to line */
	FIELDS_COUNT
};

/* The values of one event, in the source's syntax; at == NULL: not told. All are in the window. */
struct fields {
	struct slice field[FIELDS_COUNT];
	unsigned numbers; /* 1 << field: it is an integer, which the format read as it went */
	int64_t number[FIELDS_COUNT];
};

bool fields_look_for_integer(const struct fields *fields, enum field field, int64_t *number);

/* The integer that a field tells, in quotes or not; false: it tells none. */
static inline bool fields_integer(const struct fields *fields, enum field field, int64_t *number)
{
	*number = fields->number[field];
	return fields->numbers & 1U << field || fields_look_for_integer(fields, field, number);
}

struct syntax {
	/* As a plain text: a word without its quotes or colon, a name. */
	void (*add_name)(struct buffer *out, struct slice value);
	/* As canonical EDN. */
	void (*add_canonical)(struct buffer *out, struct slice value);
	/* A process that is neither an integer nor a name is no client; else it is an error. */
	bool other_processes;
	/* Names stand there without quotes. */
	bool plain_names;
	/* A process that had an answer of unknown outcome is never used again, as in Jepsen. */
	bool retires;
	/* Times may go back so far: see order.h. */
	int64_t slack_ns;
	/* Everything belongs to a key and is of a key-value store. */
	bool keyed;
};
extern const struct syntax syntax_edn, syntax_kv, syntax_json;

struct teller;

/* `failed_cas`: what recorders of this format mean by one, if the source does not say it. */
struct teller *teller_open(const char *format, const struct syntax *syntax,
			   const struct input *input, enum trace_failed_cas failed_cas);
/* One event; `where` is its place. */
int teller_tell(struct teller *teller, const struct fields *fields, const struct input *input,
		const char *where, struct error *err);
/* The events of a shelf that was sorted. */
int teller_tell_shelf(struct teller *teller, const struct shelf *shelf, struct error *err);
/* After the last one: the trace. Frees the teller, whatever it returns. */
int teller_finish(struct teller *teller, const struct input *input, struct trace *trace,
		  struct error *err);
void teller_close(struct teller *teller); /* without a trace; NULL is fine */

#endif
