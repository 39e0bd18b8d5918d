/*
 * uthash, which ends as everything does without memory, and with our own hash for keys of any kind:
 * its default does not pass clang's -Wimplicit-fallthrough. Who knows his keys better defines
 * HASH_FUNCTION before.
 */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include "base/hash.h"
#include "base/invariant.h"

#ifndef HASH_FUNCTION
#define HASH_FUNCTION(key, length, hash) ((hash) = hash_bytes((key), (length)))
#endif
#define uthash_fatal(why) CHECK_MEMORY(!(why)) /* exit(-1) as it comes */
#include <uthash.h>

#endif
