/*
 * A small history: its operations with an interval each, in any order, and the trace that they
 *make. Its parts may be dropped and changed; small_build makes the trace anew.
 *
 * In texts a history is a list of operations, each with the positions of its events:
 *
 *	a1[0 3] r1[4 7] a2[1 2] t3![5 6]
 *
 * a acquire, s shared acquire, t try-acquire, r release, p proof, each with its owner's digit
 *(which is its attempt's too, if the history has attempts) and, if it has one, its token's; R read
 *and W write of a number, C cas of two; G get, P put, A append of a text of the letters a to h; +
 *add,
 * - remove of a number, S read of a set of numbers. "?": open, "!": failed.
 */
#ifndef TESTS_ORACLE_SMALL_H
#define TESTS_ORACLE_SMALL_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/linear/linear.h"

enum { SMALL_OPS = 24, SMALL_NUMBERS = 3, SMALL_VALUES = 8 };
enum { SMALL_LETTERS = 4 /* in a text */, SMALL_ALPHABET = 8, LETTER_BITS = 3 };

struct part {
	struct trace_op op;
	int64_t from, to; /* places of its events; only their order counts */
};

struct small {
	enum model model;
	int limit;
	int parts;
	uint32_t initial; /* value of a register or key at first */
	bool any;         /* nobody knows what: `initial` is ignored */
	struct part part[SMALL_OPS];

	/* made by small_build, and lives as long as this */
	struct trace trace;
	struct linear_object object; /* all of it */
	struct trace_op op[SMALL_OPS];
	uint32_t event[2 * SMALL_OPS];
};

/* The trace borrows its texts from a vocabulary that lives for ever. */
void small_build(struct small *small);

/* One operation of a text, without its positions; returns where it ends. */
const char *small_read_op(const char *text, bool attempts, struct trace_op *op);
/* The whole of a text, and builds it. A mistake in it aborts. */
void small_read(struct small *small, enum model model, int limit, bool attempts, const char *text);

/* Values of the vocabulary. */
uint32_t small_number(int number);         /* 0: nil, 1 .. SMALL_VALUES */
uint32_t small_set(unsigned int elements); /* bit 0: the number 1 */
/* `letters` of a to h, LETTER_BITS for each, the last in the lowest; at most SMALL_LETTERS. */
uint32_t small_letters(int letters, unsigned int bits);

#endif
