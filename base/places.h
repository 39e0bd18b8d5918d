/* Files that come with the binary: in the source tree that it was built in, or where it was
 * installed. */
#ifndef BASE_PLACES_H
#define BASE_PLACES_H

#include <stddef.h>

/* The path of a file named in both ways ("scripts/fetch-etcd", "libexec/fencepost/fetch-etcd"): the
 * first relative to the source tree, the second to the prefix. Returns 0, or -1 when neither can be
 * read. */
int place_find(const char *in_source, const char *in_prefix, char *path, size_t size);

#endif
