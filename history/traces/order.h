/*
 * The order of a source's events. It is that of the lines; what these tell of times or indices must
 * not contradict it, for then something else than the order that was judged is what happened: files
 * put behind one another, or a log that several wrote without a lock.
 */
#ifndef HISTORY_TRACES_ORDER_H
#define HISTORY_TRACES_ORDER_H

#include "history/traces/teller.h"

struct order {
	int64_t time, index; /* the last ones told */
	bool has_time, has_index;
	uint64_t back, first_line; /* times that went back a little, and where the first did */
};

/* An event's time and index, behind those before it. An index that grows is the order, whatever the
 * times. `slack_ns`: a time may go back so far (recorders that take the time before they take their
 * turn). */
int order_check(struct order *order, const struct fields *fields, int64_t slack_ns,
		const struct input *input, const char *where, struct error *err);

/* Events of one or several sources, kept to be told in the order of their times. */
struct shelf;

struct shelved {
	int64_t time;
	uint64_t line, column;
	uint32_t source, number;           /* number: on the shelf */
	bool invokes, cas_observes, first; /* first: of its process among those of equal time */
	const struct syntax *syntax;
	char *text; /* owned; the fields lie in it */
	size_t length;
	struct fields fields;
	char *process; /* owned */
};

struct shelf *shelf_open(const struct trace_source *source);
void shelf_close(struct shelf *shelf); /* NULL is fine */
void shelf_next_source(struct shelf *shelf);
/* Copies the event. */
int shelf_add(struct shelf *shelf, const struct fields *fields, const struct syntax *syntax,
	      bool cas_observes, const struct input *input, const char *where, struct error *err);
/* By time; at equal times invocations first, but a process keeps its own order. */
void shelf_sort(struct shelf *shelf);
uint32_t shelf_count(const struct shelf *shelf);
const struct shelved *shelf_at(const struct shelf *shelf, uint32_t number);
/* An input that is just this event, for complaints about it. */
struct input shelf_input(const struct shelf *shelf, const struct shelved *event);

#endif
