/*
 * What a reader wants to know first, in plain sentences: is the lock safe, what broke, why, what
 * would have stopped it. Each number in them is one of the history's; what is not known is not
 * said. The sentences hold names from outside: whoever shows them escapes them.
 */
#ifndef REPORTS_ANSWER_H
#define REPORTS_ANSWER_H

#include "reports/model.h"

struct answer {
	enum verdict verdict; /* the gravest of all subjects; BROKEN when nothing was judged */
	char *headline;       /* one or two sentences, an interrupted run says so first */
	char *data;           /* a line that can be repeated; "" when nothing was judged */
	char *outcome;        /* outcome_sentence, which ends with the exit code */
	char *broke, *why, *stopped;
};

/* Fills the answer; the caller frees with answer_free. Fails as the history's file fails. */
int answer_build(const struct model *model, struct answer *answer, struct error *err);
void answer_free(struct answer *answer);

/* What went wrong at the service, "115 ghost-grant, 10 early-expiry"; "" for nothing. The caller
 * frees. */
char *answer_service(const struct model *model);

/* An arm whose guard promises something and let nothing through; NULL: there is none. */
const struct arm_model *answer_guarded(const struct model *model);

#endif
