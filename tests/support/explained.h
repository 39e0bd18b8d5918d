/* A trace that is not linearizable, judged and explained; asserts that it is, and that the
 * explanation is verified. One object of a model without a limit. */
#ifndef TESTS_EXPLAINED_H
#define TESTS_EXPLAINED_H

#include "checker/linear/explain.h"

/* Returns what was found. The explanation is the caller's to free. */
struct linear_result explain_refuted(const struct trace *trace, enum model model,
				     struct explanation *explanation);

#endif
