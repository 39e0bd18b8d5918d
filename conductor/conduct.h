/*
 * The conductor: PID 1 of the sandbox. Starts the cluster, the store, the witness, the workers and
 * the nemesis, lets them run for the campaign's duration, heals, settles, stops them in the order
 * in which nothing is lost, and ends. The only process that starts others; single-threaded.
 *
 *   members -> store, witness -> workers -> nemesis        load, faults
 *   nemesis -> (serves again?) -> settle -> workers -> witness, store, capture -> recorder   end
 */
#ifndef CONDUCTOR_CONDUCT_H
#define CONDUCTOR_CONDUCT_H

#include "conductor/plan.h"

/* For sandbox_start: context is a struct plan. Tells its error on standard error and returns its
 * code; EXIT_INTERRUPTED after a SIGINT that was followed by an orderly end. */
int conduct_main(void *plan);

#endif
