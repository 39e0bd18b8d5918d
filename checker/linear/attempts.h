/*
 * The two ways to tell holds apart: by the attempts that the source names, or by owners that do one
 * thing after the other. Each decides with a sweep, or says that it does not cover the history.
 */
#ifndef CHECKER_LINEAR_ATTEMPTS_H
#define CHECKER_LINEAR_ATTEMPTS_H

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

/* Numbers for the owners of the object's operations; closed with keys_close. */
void owners_open(const struct linear_object *object, struct keys *keys);

/* Tokens of holds in the order of time (T3). The two greatest are kept, so that a token that was
 * found to be too great can be set aside with its hold. */
struct tokens {
	int64_t greatest, second;
	int kept;                        /* how many of these two there are */
	uint32_t of_greatest, of_second; /* whose they are */
	bool stands;                     /* the greatest is that of the latest hold */
};

/* The next hold, which acquire `of` began. True when its token, if it has one, is greater than all
 * before, which it then is among. */
bool tokens_grow(struct tokens *tokens, const struct trace_op *acquire, uint32_t of);
void tokens_forget_greatest(struct tokens *tokens);
/* What stands is set aside, and its token with it. */
void tokens_forget_standing(struct tokens *tokens);

/* One more attempt; past CERTIFICATE_MAX there is no certificate of attempts. */
void certificate_add(struct certificate *certificate, uint32_t acquire, uint32_t release);

#endif
