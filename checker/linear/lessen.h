/*
 * A small illegal history out of a large one.
 */
#ifndef LINEAR_SHRINK_H
#define LINEAR_SHRINK_H

#include "checker/linear/explain_excerpt.h"

/*
 * Makes an illegal excerpt smaller while it stays illegal, until no step helps any more or the
 * deadline has passed; by steps only that cannot turn a legal history into an illegal one, so that
 * what is left convicts the whole:
 * - an observer (a read, a get, a proof, a refused try or cas) is left out;
 * - an answer is forgotten: the operation may have taken effect later, or never;
 * - an open operation is left out when whatever it does, nothing that is left could tell;
 * - an operation is left out whose value was overwritten before anybody could look for it;
 * - of locks that tell holders apart, holds are left out (shrink_units.h).
 */
void shrink(struct excerpt *excerpt, const struct linear_request *request, int64_t deadline_ns);

#endif
