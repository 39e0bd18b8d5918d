/*
 * The bytes of a file, a pipe or standard input; unpacked, when they are gzip's or zstd's by their
 * first bytes (never by the name). Streams: what is in memory does not grow with the source, nor
 * with what it unpacks to.
 */
#ifndef HISTORY_TRACES_PACKED_H
#define HISTORY_TRACES_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct packed;

/* Both are borrowed; `name` is that of errors. */
struct packed *packed_open(int fd, const char *name);
void packed_close(struct packed *packed); /* leaves the fd open; NULL is fine */

/* Does the file begin as gzip's or zstd's? Not so if it cannot be read. */
bool packed_is(const char *path);

/* Waits for the source. At most `wanted` bytes; *got is 0 only at the end. Data that is cut off or
 * damaged is an error. */
int packed_read(struct packed *packed, char *into, size_t wanted, size_t *got, struct error *err);

/* Bytes read from the source so far, as they are packed. */
int64_t packed_done(const struct packed *packed);

#endif
