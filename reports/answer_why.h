/* Why it broke: the fault behind a violation, and the inequality that it broke. */
#ifndef REPORTS_ANSWER_WHY_H
#define REPORTS_ANSWER_WHY_H

#include "reports/answer.h"

/* A few sentences, the caller's to free; NULL when the history's file fails. */
char *answer_why(const struct model *model, const struct answer *answer, struct error *err);

#endif
