/*
 * T9: a key of a key-value store whose texts tell who wrote them. What is asked of its history,
 * also by those who explain it.
 */
#ifndef LINEAR_ERAS_H
#define LINEAR_ERAS_H

#include "checker/linear/engine_problem.h"

enum eras_answer {
	ERAS_UNCOVERED, /* some text can have come about in several ways */
	ERAS_FIT,
	ERAS_CLASH,
};

enum { ERAS_CULPRITS = 8 };

/* Operations that cannot stand together, of the problem. `stuck` is one of them, or one that wrote
 * what they saw. */
struct eras_culprits {
	uint32_t op[ERAS_CULPRITS];
	int ops;
};

/* Of the history before `until`, a position; what returns later is open. */
enum eras_answer eras_look(const struct problem *problem, uint32_t until,
			   struct eras_culprits *culprits);

/* Of gets among the operations before `until`, what may have written what they saw: may_write has
 * a flag for each operation of the problem, and is only ever set. Without all others a legal order
 * stays legal: checker/linear/README.md, T9. */
void eras_writers(const struct problem *problem, uint32_t until,
		  const struct eras_culprits *culprits, bool *may_write);

#endif
