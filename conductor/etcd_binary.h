/* The etcd to run: by path, by name on PATH, or by version ("3.5.16"), which is fetched once. */
#ifndef CONDUCTOR_ETCD_BINARY_H
#define CONDUCTOR_ETCD_BINARY_H

#include <stddef.h>

#include "base/error.h"

/* Fills the binary's path and what it says its version is. */
int etcd_binary_find(const char *wanted, char *path, size_t path_size, char *version,
		     size_t version_size, struct error *err);

#endif
