#include "workloads/worker/journal.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum { JOURNAL_MAGIC = 0x6a726e6c };

void journal_open(struct journal *journal, struct ring *ring, int process)
{
	*journal = (struct journal){
		.magic = JOURNAL_MAGIC,
		.process = process,
		.ring = ring,
		.lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP,
	};
}

static void lock(struct journal *journal)
{
	CHECK(journal->magic == JOURNAL_MAGIC);
	CHECK(pthread_mutex_lock(&journal->lock) == 0);
}

static void unlock(struct journal *journal)
{
	CHECK(pthread_mutex_unlock(&journal->lock) == 0);
}

/* A full ring counts what it loses, and the recorder makes the run BROKEN for it. */
static void push_at(struct journal *journal, struct event *event, int64_t at_ns)
{
	event->process = journal->process;
	event->at_ns = at_ns;
	ring_push(journal->ring, event);
}

static void push_op(struct journal *journal, enum event_kind kind, const struct op_event *op,
		    int64_t at_ns)
{
	struct event event = {.kind = kind, .op = *op};

	push_at(journal, &event, at_ns);
}

void journal_push(struct journal *journal, struct event *event)
{
	lock(journal);
	push_at(journal, event, clock_now_ns());
	unlock(journal);
}

int64_t journal_invoke(struct journal *journal, struct op_event *op)
{
	lock(journal);
	op->seq = ++journal->seq;
	int64_t id = (int64_t)journal->process << 32 | op->seq;

	if (op->f == F_WRITE)
		op->value = id;
	push_op(journal, EVENT_INVOKE, op, clock_now_ns());
	unlock(journal);
	return id;
}

void journal_return(struct journal *journal, const struct op_event *op)
{
	lock(journal);
	push_op(journal, EVENT_RETURN, op, clock_now_ns());
	unlock(journal);
}

void journal_moment(struct journal *journal, struct op_event *op)
{
	lock(journal);
	int64_t now_ns = clock_now_ns();

	op->seq = ++journal->seq;
	op->outcome = OUTCOME_OK;
	push_op(journal, EVENT_INVOKE, op, now_ns);
	push_op(journal, EVENT_RETURN, op, now_ns);
	unlock(journal);
}

void journal_decision(struct journal *journal, struct live *live, struct decision_event *decision)
{
	struct event event = {.kind = EVENT_DECISION};

	decision->seq = atomic_fetch_add(&live->decisions, 1) + 1;
	event.decision = *decision;
	journal_push(journal, &event);
	atomic_fetch_add(decision->accepted ? &live->decisions_accepted : &live->decisions_refused,
			 1);
}

void journal_note(struct journal *journal, enum note_weight weight, const char *topic,
		  const char *format, ...)
{
	struct event event = {.kind = EVENT_NOTE, .note = {.breaks = (uint8_t)weight}};
	va_list args;

	text_copy(event.note.topic, sizeof(event.note.topic), topic);
	va_start(args, format);
	vsnprintf(event.note.text, sizeof(event.note.text), format, args);
	va_end(args);
	journal_push(journal, &event);
}
