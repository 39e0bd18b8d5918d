/* What the ways to tell holds apart share. */
#ifndef CHECKER_LINEAR_HOLDS_PARTS_H
#define CHECKER_LINEAR_HOLDS_PARTS_H

#include "checker/linear/keys.h"
#include "checker/linear/sweep.h"

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
