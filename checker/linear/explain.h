/*
 * Why a trace is not linearizable, in words that a reader can check by hand.
 *
 * Theory of operation. What is explained depends on what decided:
 * - attempts that exclude each other (the certificate names them): since when and until when each
 *   certainly held, the instant that they share, and why no late answer and no unknown release is a
 *   way out (explain_holds.c);
 * - anonymous locks: a count of acquires that returned against releases that had begun, from which
 *   an instant of certain possession follows, and a stretch in which no release could come between
 *   two acquires (explain_count.c);
 * - registers whose values were written once: two values that were certainly there at one time
 *   (explain_zones.c);
 * - sets: one or two elements whose history has no order (explain_sets.c);
 * - everything that was searched: the shortest illegal prefix, shrunk by steps that cannot turn a
 *   legal history into an illegal one (shrink.h), and every way in which its legal orders end
 *   (explain_orders.c); of locks that tell holders apart first what is left, and then when it was
 *   complete, since that is soon found however long the history is.
 * Each takes its facts from the operations again, not from the procedure that decided; where the
 * facts do not bear a sentence out, the next way of explaining is tried, and the last resort is the
 * list of operations. What remains is handed to linear_exhaust, which shares no code with the
 * procedures.
 */
#ifndef LINEAR_EXPLAIN_H
#define LINEAR_EXPLAIN_H

#include "checker/linear/linear.h"
#include "history/traces/explanation.h"

/* Explains summary->result, which must not be linearizable. Takes seconds at most: shrinking is
 * bounded. The caller frees with explanation_free. */
void explain_summary(const struct trace *trace, const struct linear_request *request,
		     const struct linear_summary *summary, struct explanation *explanation);

#endif
