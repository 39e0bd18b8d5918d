/*
 * How a text can have come about: a value that was set, and behind it what was appended, piece by
 * piece. Texts that are asked for one after the other mostly continue each other, so each is read
 * from where it parts from the one before.
 */
#ifndef CHECKER_LINEAR_TEXT_WAYS_H
#define CHECKER_LINEAR_TEXT_WAYS_H

#include "checker/linear/engine_intern.h"

enum {
	WAYS_NOBODY = UINT32_MAX,
	WAYS_SEVERAL = UINT32_MAX - 1,
	WAYS_MANY = 2,
	WAYS_LENGTHS = 64 /* different ones of what is set, or appended */
};

/* Where a piece, or the value that was set, ends. */
struct ways_place {
	uint32_t op;   /* whose it is */
	uint32_t from; /* where it begins */
	uint8_t ways;  /* to get here: 0, 1, WAYS_MANY */
	bool set;      /* it is a value that was set, so `from` is 0 */
	bool passed; /* for who walks along the way: forgotten when the text changes before here */
};

struct ways_values {
	uint32_t *op; /* by text: who writes it; WAYS_NOBODY, WAYS_SEVERAL */
	uint32_t length[WAYS_LENGTHS];
	int lengths;
};

struct ways {
	const struct intern *texts;
	struct ways_values set, appended;
	struct ways_place *place; /* by bytes of the text */
	uint32_t text;            /* that `place` speaks of, up to `parsed` bytes */
	size_t parsed, room;
};

/* Borrows the texts. */
void ways_open(struct ways *ways, const struct intern *texts);
void ways_close(struct ways *ways);
/* Who sets or appends this. False: too many lengths. */
bool ways_add(struct ways *ways, struct ways_values *values, uint32_t text, uint32_t op);
/* How many ways there are to this text: 0, 1 or WAYS_MANY. The way ends at place[length]. */
int ways_find(struct ways *ways, uint32_t text, uint32_t *length);

#endif
