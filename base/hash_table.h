/*
 * uthash for keys of any kind, with our own hash: its default does not pass clang's
 * -Wimplicit-fallthrough. Include this instead of uthash.h.
 */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include "base/hash.h"

#define HASH_FUNCTION(key, length, hash) ((hash) = hash_bytes((key), (length)))
#include <uthash.h>

#endif
