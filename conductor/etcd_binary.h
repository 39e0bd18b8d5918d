/*
 * The etcd to run: by path, by name on PATH, or by version ("3.5.16"), which is fetched once, by
 * scripts/fetch-etcd, with its signature verified.
 *
 * Whatever it is, its first start, to be asked for its version, is in a sandbox of its own, and
 * ends with that. A fetched one that is another version than was asked for is refused.
 */
#ifndef CONDUCTOR_ETCD_BINARY_H
#define CONDUCTOR_ETCD_BINARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Of a version its path, for which it is fetched; anything else as it is. Starts nothing of it. */
int etcd_binary_resolve(const char *wanted, char *path, size_t size, struct error *err);

/* Fills the binary's path and what it says its version is. */
int etcd_binary_find(const char *wanted, char *path, size_t path_size, char *version,
		     size_t version_size, struct error *err);

/* True when running it needs nobody's word: a version, which our own fetcher resolves, or what
 * `etcd` on the user's PATH is. */
bool etcd_binary_is_known(const char *wanted);

#endif
