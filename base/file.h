/*
 * A file written whole: it stands there complete, or as it was before.
 *
 * Theory of operation. What is written goes into a new file beside the name, which is made
 * exclusively and follows no link; at the end it is synced and renamed over the name. So a link
 * that somebody left at the name (a run directory may be anybody's) is replaced and never written
 * through, no reader finds half a file, and one that other names share keeps its content there. The
 * folder is where the path leads, links included: that is the user's word. A device, a pipe or a
 * folder at the name is refused, and so is everything in /dev: a rename would take /dev/null away.
 *
 * Errors, one rule: EXIT_BAD_USAGE when there can be no such file whoever asks (no such folder, a
 * folder or a device at the name, a name too long), else EXIT_MACHINE_LACKS (permission, a full or
 * read-only disk). They name path and reason.
 *
 * Limit: a SIGKILL between begin and end leaves the new file, ".NAME.XXXXXXXXXXXXXXXX".
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdio.h>

#include "base/error.h"

struct file {
	FILE *out;        /* write here */
	const char *path; /* borrowed until file_end */
	char *beside;     /* the new file's name within the folder */
	int folder;
};

/* Opens the new file, with the mode that the umask leaves of 0666. */
int file_begin(struct file *file, const char *path, struct error *err);

/* Must follow a file_begin that succeeded. With `failed` the new file is thrown away and -1
 * returned, *err left as it is; else it takes its name, and is thrown away when that fails. */
int file_end(struct file *file, int failed, struct error *err);

/* Makes the folder, with all above it that are not there. -1, and errno says why: then the path is
 * cut to the one that could not be made. */
int file_make_folders(char *path);

/* For a file that somebody else writes, as SQLite does: once it is whole it gets its name, which
 * must be free; EXIT_MACHINE_LACKS. */
int file_take_name(const char *beside, const char *path, struct error *err);

#endif
