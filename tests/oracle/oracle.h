/*
 * The exhaustive search against every decision procedure on small histories, enumerated and drawn.
 *
 * It finds fault with itself, too: each model must have shown both verdicts, and each procedure
 * must have answered for the models that it is there for.
 */
#ifndef TESTS_ORACLE_ORACLE_H
#define TESTS_ORACLE_ORACLE_H

#include <stdint.h>
#include <stdio.h>

struct oracle_plan {
	uint64_t seed;
	uint64_t drawn;  /* histories drawn at random, over all models */
	uint64_t stride; /* every stride-th of the enumerated ones; 1: all; 0: none */
	int processes;
	unsigned int without; /* models that are passed over, a bit each */
};

/* Prints what it did, and the first disagreement of each process, shrunk. Returns 0 when everybody
 * agreed and both verdicts were seen; else the number of complaints. */
uint64_t oracle_run(const struct oracle_plan *plan, FILE *out);

#endif
