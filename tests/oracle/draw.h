/*
 * Where small histories come from: all of them up to a size, over an alphabet of operations, or
 * drawn at random. Both come with their verdict unknown, and with both verdicts among them.
 */
#ifndef TESTS_ORACLE_DRAW_H
#define TESTS_ORACLE_DRAW_H

#include "base/random.h"
#include "tests/oracle/small.h"

/* How many histories of this model there are in all with up to ENUMERATED_OPS operations. */
uint64_t enumerate_count(enum model model);
/* The one with this number; false when it is the same as another one but for its writing. */
bool enumerate(enum model model, uint64_t number, struct small *small);

/* A random one, of at most half SMALL_OPS operations. */
void draw(enum model model, struct random_stream *random, struct small *small);

#endif
