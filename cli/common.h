/* What the subcommands share. */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <stddef.h>

#include "base/error.h"

/* Prints "fencepost: <error>" and returns its code. */
int cli_fail(const struct error *err);

/* The history that an argument means: a file, a run's directory, or nothing: runs/latest. Also the
 * directory that it lies in. */
int cli_find_history(const char *argument, char *path, size_t path_size, char *folder,
		     size_t folder_size, struct error *err);

#endif
