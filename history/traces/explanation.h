/*
 * Why a trace is not linearizable, as data: made by the checker (checker/linear/explain.h), shown
 * by the reports. Sentences for people, and rows for a small drawing.
 */
#ifndef HISTORY_TRACES_EXPLANATION_H
#define HISTORY_TRACES_EXPLANATION_H

#include <stdbool.h>
#include <stdint.h>

/* Places on the drawing's axis are between 0 and 1, in the order of the events. */
#define EXPLANATION_NOWHERE (-1.0)

struct explanation_row {              /* an operation of the certificate */
	uint32_t op;                  /* index into trace->op */
	uint32_t line;                /* of its invocation in the source; 0: not known */
	char who[40];                 /* "process 3" */
	char what[64];                /* "acquire, token 7" */
	double invoked, returned;     /* returned: NOWHERE for an open one */
	double held_from, held_until; /* the hold that it certainly began; NOWHERE: none; until 1
					 and `held_on`: beyond the last event shown */
	bool held_on;
	bool culprit; /* the operation that fits nowhere */
};

struct explanation_tick {
	double at;
	char text[32]; /* "1.250 s", "event 14" */
};

/* What an independent search over the operations of the certificate said. */
enum explanation_proof {
	EXPLANATION_VERIFIED,
	EXPLANATION_UNVERIFIED, /* too many operations for it */
	EXPLANATION_REFUTED,    /* it found a legal order: a bug of ours */
};

struct explanation {
	char *headline; /* owned, as all texts; NULL: there is nothing to explain */
	int sentences;
	char **sentence;
	int rows;
	struct explanation_row *row;
	int ticks;
	struct explanation_tick *tick;
	enum explanation_proof proof;
	uint32_t proof_ops; /* operations of the certificate */
};

/* Adds a sentence. */
void explanation_say(struct explanation *explanation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void explanation_head(struct explanation *explanation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A new row, zero but for the places, which are nowhere. */
struct explanation_row *explanation_add_row(struct explanation *explanation);

void explanation_free(struct explanation *explanation);

#endif
