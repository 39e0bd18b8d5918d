/* The ways of explaining; explain.c chooses. Private to explain*.c and shrink.c. */
#ifndef CHECKER_LINEAR_EXPLAIN_PARTS_H
#define CHECKER_LINEAR_EXPLAIN_PARTS_H

#include "checker/linear/explain_words.h"
#include "checker/linear/explain_axis.h"

/* Attempts that exclude each other. False, and nothing said, when the certificate's attempts do not
 * show it by themselves. */
bool explain_holds(const struct explaining *about);

/* Anonymous mutex or semaphore: too many acquires for the releases, or the reverse. False, and
 * nothing said, when a count does not tell. `stuck`: the operation whose return was one too many.
 */
bool explain_count(const struct explaining *about, uint32_t stuck);

/* A register whose values were written once each: two values in each other's way, before the
 * position `until`, or one that was never written. False, and nothing said, when it is none. */
bool explain_zones(const struct explaining *about, uint32_t until, uint32_t stuck);

/* A set that is refuted by one or two of its elements. False, and nothing said, when it is not. */
bool explain_sets(const struct explaining *about);

/* The shortest illegal prefix: by a count, by zones, or as what was searched. */
void explain_prefix(struct explaining *about);

/* Of a lock that tells holders apart: the holds that are enough, and when they were complete. */
void explain_lock(struct explaining *about);

/* Every way in which the legal orders of an excerpt end. Says so when they are too many to list. */
void explain_orders(const struct explaining *about, const struct excerpt *excerpt);

/* The headline: in which states the stuck operation finds no place; none when that says too little.
 */
void explain_states(const struct explaining *about, const struct excerpt *excerpt, uint32_t stuck);

/* Hands the excerpt to the independent search and notes what it said. */
void explain_verify(const struct explaining *about, const struct excerpt *excerpt);

#endif
