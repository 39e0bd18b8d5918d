/*
 * Who may hold one lock together, a row each: what a recipe takes (campaign/recipes.h), the history
 * records (arm.model) and the checker holds a lane to.
 */
#ifndef HISTORY_SHARING_H
#define HISTORY_SHARING_H

#include <stdbool.h>

#include "history/event.h"
#include "history/violation.h"

/* X(name in code, name in words, how somebody holds it alone, how together with others) */
#define SHARINGS(X)                                                                                \
	X(MUTEX, "mutex", "", "")                           /* one */                              \
	X(RWLOCK, "rwlock", " for writing", " for reading") /* one, or any number who share */     \
	X(SEMAPHORE, "semaphore", "", "") /* as many as there are permits; all of them share */

enum sharing {
#define X(name, ...) SHARING_##name,
	SHARINGS(X)
#undef X
		SHARINGS_COUNT
};

/* A semaphore of more is none that can be run or judged: with one more holder than permits an
 * explanation (checker/linear/linear.h) still names all. */
enum { PERMITS_MAX = 63 };

extern const char *const sharing_names[]; /* NULL-terminated, in the order of the enum */

/* SHARINGS_COUNT: no such word. */
enum sharing sharing_of_word(const char *word);

/* " for reading", to be said after "the lock"; "" where there is one way only. */
const char *sharing_how(enum sharing sharing, enum mode mode);

/* What the violation is of such a lock, in a sentence: of one that several may hold, two at once
 * are none. SHARINGS_COUNT: said of locks of several models. */
const char *sharing_sentence(enum sharing sharing, enum violation_name name);

/* How somebody holds it, whatever the record says where nobody, or everybody, shares. */
static inline enum mode sharing_mode(enum sharing sharing, enum mode recorded)
{
	return sharing == SHARING_RWLOCK      ? recorded
	       : sharing == SHARING_SEMAPHORE ? MODE_SHARED
					      : MODE_EXCLUSIVE;
}

/* Whether a holder keeps another one out; of a semaphore when all its permits are taken. */
static inline bool sharing_keeps_out(enum sharing sharing, enum mode holder, enum mode other)
{
	return sharing != SHARING_RWLOCK || holder == MODE_EXCLUSIVE || other == MODE_EXCLUSIVE;
}

#endif
