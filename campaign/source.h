/*
 * A campaign's text before libconfuse sees it. libconfuse forgives what a campaign must not be
 * forgiven: a file that ends inside a block counts as whole, characters that it does not know are
 * skipped ("lanes = *4"), the last of two values wins, a NUL cuts a text. And it forgets where a
 * block began, and counts the end of a comment as a line. So the text is looked through first:
 * comments become blanks, and where each block and option stands is kept for the errors to come.
 */
#ifndef CAMPAIGN_SOURCE_H
#define CAMPAIGN_SOURCE_H

#include "base/error.h"

struct source_option {
	int block, line; /* block: -1 at the top */
	char name[32];
};

struct source {
	const char *name; /* of the file, for errors; borrowed */
	char *text;       /* as libconfuse shall read it; owned */
	int blocks;       /* in the order of the text */
	int *block_line;  /* where each begins; owned */
	int options;
	struct source_option *option; /* owned */
};

/* A file whole, or a text that was one; `name` is borrowed until source_free. Both fail with
 * EXIT_BAD_USAGE and leave nothing to free. */
int source_read(const char *path, struct source *source, struct error *err);
int source_take(const char *text, const char *name, struct source *source, struct error *err);
void source_free(struct source *source);

/* Where the option of a block is written; where the block begins, if it is not; 0: nowhere. */
int source_line(const struct source *source, int block, const char *option);

#endif
