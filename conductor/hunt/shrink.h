/*
 * Delta debugging of a run: the smallest campaign that still shows one of its violations.
 *
 * Theory of operation. The run becomes an explicit campaign (explicit.h). A candidate is a smaller
 * one; it is tried up to m times, as real runs, and kept when the violation came back at least k
 * times: chance is part of the matter, so no single run decides. First a bold guess, the covering
 * fault alone at the violation's lane; where that does not hold, ddmin over the faults (Zeller &
 * Hildebrandt 2002). Then arms, lanes and workers are dropped, what comes before the first fault is
 * cut off, and lengths are halved for as long as it holds. What is left is run ten times more, and
 * that is the figure that is told.
 */
#ifndef CONDUCTOR_HUNT_SHRINK_H
#define CONDUCTOR_HUNT_SHRINK_H

#include <stdio.h>

#include "conductor/hunt/rounds.h"

struct shrink_request {
	const char *history;
	struct past_choice choice;
	const char *runs_dir;
	const char *output; /* the campaign; NULL: standard output */
	int tries, keep;    /* m, k */
	int proof_runs;
};

/* Runs the candidate once: 1 when the violation came back, 0 when not, -1 on an error, which ends
 * the search. */
typedef int shrink_try(void *context, struct campaign *candidate, struct error *err);

/* The search, whatever runs its candidates: writes the smallest campaign that held. *proved: how
 * often it did in its proof runs. On an error too there stands what held so far, and the error says
 * where. */
int shrink_past(const struct shrink_request *request, const struct past *past, shrink_try *try_it,
		void *context, int *proved, struct error *err);

/* Over real runs. EXIT_INCONCLUSIVE when what is left did not show it once. */
enum exit_code shrink_run(const struct shrink_request *request, struct error *err);

/* The campaign as shrink writes it: what it is, in comments, and its text. What the past run's
 * texts say stays in its comment. */
void shrink_print(FILE *out, const struct past *past, const struct campaign *campaign,
		  const char *figure);

#endif
