/*
 * T8, T8b: sets, by what is known of their elements. What is asked of a set's history, also by
 * those who explain it.
 */
#ifndef LINEAR_SETS_H
#define LINEAR_SETS_H

#include "checker/linear/set_history.h"

/* Of elements that nobody removes; each is complete at the return of a read. */
enum sets_fault {
	SETS_FIT,
	SETS_UNADDED, /* read[0] saw element[0], which nobody had begun to add */
	SETS_LOST,    /* element[0] had been added before read[0] began, which did not see it */
	SETS_BACK,    /* read[0] saw element[0], and read[1], which began later, did not */
	SETS_ORDER,   /* read[0] saw element[0], but not element[1], which had been added before */
	SETS_APART,   /* read[0] saw element[0] only, and read[1] element[1] only */
	SETS_ELEMENT, /* what was done with element[0], which was removed, has no order */
};

struct sets_culprits {
	enum sets_fault fault;
	uint32_t element[2];
	/* Indices into the trace's operations, or TRACE_NEVER. Of what was seen the add that was
	 * invoked first, of what was not the one that returned first. */
	uint32_t read[2], add[2];
	uint32_t stuck; /* at whose return it was complete */
};

/* The elements that nobody removes, and all reads: true when their history fits, which decides a
 * set without removes. Of faults the one that is complete first. */
bool sets_fit(const struct set_history *set, struct sets_culprits *culprits);

/* What was done with one element that was removed, and of the reads those that matter to it. */
struct set_part {
	uint32_t ops;
	uint32_t *op; /* index into the trace's << 1 | is a read that saw it; ascending; owned */
};

/* Tries each element that was removed; false, and culprits, when one is refuted within the bounds.
 * `part`: what was done with that one; may be NULL. Adds to *configurations. */
bool set_parts_fit(const struct set_history *set, const struct linear_bounds *bounds,
		   struct sets_culprits *culprits, struct set_part *part, uint64_t *configurations);

/* True: the set has an order, all of it. False says nothing. */
bool set_orders_find(const struct set_history *set, const struct linear_bounds *bounds);

#endif
