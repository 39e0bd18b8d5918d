/*
 * The twin: one entry of the schedule hit the same lane number of two arms, and what did harm in
 * the one was refused in the other.
 */
#ifndef REPORTS_TWIN_H
#define REPORTS_TWIN_H

#include <stdio.h>

#include "reports/model.h"

struct twin {
	int harmed_arm, refused_arm;
	int64_t harmed_fault, refused_fault; /* ids, of one kind */
	/* All of that kind in these two arms: pairs by entry and lane number; of these, those whose
	 * fault did harm in the one arm; of these, those with a request refused in the other. */
	int64_t pairs, harmed, refused;
};

/* Of an arm without a guard that was harmed, and a guarded one that refused writes, the two that
 * differ least. `found` is false when there is no such pair, or none with a twin. */
int twin_find(const struct model *model, struct twin *twin, bool *found, struct error *err);

/* The twin as a figure: both under one axis, APPLIED against REFUSED; nothing where there is none.
 */
int twin_draw(FILE *out, const struct model *model, struct error *err);

#endif
