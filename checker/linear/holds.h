/*
 * The two ways to tell holds apart: by the attempts that the source names, or by owners that do one
 * thing after the other. Each decides with a sweep, or says that it does not cover the history.
 */
#ifndef LINEAR_ATTEMPTS_H
#define LINEAR_ATTEMPTS_H

#include "checker/linear/keys.h"
#include "checker/linear/sweep.h"

/* Every acquire, release and proof names its attempt. Not reentrant mutexes: there, an owner's
 * attempts nest. */
bool attempts_by_name(const struct linear_object *object, enum model model, int limit,
		      struct linear_result *result);
/* No proofs; every operation of an owner is invoked after its previous one has returned (so that
 * only its last may be open); but for reentrant mutexes, it holds once at a time. */
bool attempts_by_owner(const struct linear_object *object, enum model model, int limit,
		       struct linear_result *result);

/* T3b: a fenced mutex, all acquires answered and with tokens, whose owners go on after releases of
 * unknown outcome. Sets the procedure, too. */
bool attempts_by_token(const struct linear_object *object, struct linear_result *result);

/* "T2", "T3", ...; NULL: none of them covers the model. */
const char *attempts_procedure(enum model model);

#endif
