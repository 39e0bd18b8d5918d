/* Why it broke: the fault behind a violation, and the inequality that it broke. */
#ifndef REPORTS_ANSWER_WHY_H
#define REPORTS_ANSWER_WHY_H

#include "reports/model.h"

/* A few sentences about that violation, or, when it is NULL, about why the verdict is what it is.
 * The caller frees; NULL when the history's file fails. */
char *answer_why(const struct model *model, enum verdict verdict, const struct violation *gravest,
		 struct error *err);

#endif
