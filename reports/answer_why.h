/* Why it broke: the fault behind a violation, and the inequality that it broke. */
#ifndef REPORTS_ANSWER_WHY_H
#define REPORTS_ANSWER_WHY_H

#include "reports/model.h"

/* A few sentences about the story that is told first, or, when there is none, about why the verdict
 * is what it is. The caller frees; NULL when the history's file fails. */
char *answer_why(const struct model *model, enum verdict verdict, struct error *err);

#endif
