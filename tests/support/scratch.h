/*
 * Files that a test needs for a moment: a directory of its own under TMPDIR, removed when the
 * process that first asked for it exits.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

/* The path of `name` in this process's scratch directory; nothing is made there yet. The text stays
 * until the process exits; at most 64 of them. */
const char *scratch_file(const char *name);

#endif
