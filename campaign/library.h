/*
 * The campaigns that came with the binary, in the source tree or in the installed share: each is
 * called by the name of its file, with or without folder and ".conf".
 */
#ifndef CAMPAIGN_LIBRARY_H
#define CAMPAIGN_LIBRARY_H

#include <stddef.h>

#include "base/error.h"

struct library_campaign {
	char *name;     /* "late-write" */
	char *folder;   /* "examples", empty at the top */
	char *path;     /* that can be read */
	char *sentence; /* the first of the comment at its head; may be empty */
};

struct library {
	struct library_campaign *campaign; /* by folder, then by name; owned */
	int campaigns;
};

/* What there is; of a binary that was moved away from its campaigns, nothing. */
void library_open(struct library *library);
void library_free(struct library *library);

/* The path of the campaign that a user calls `word`: a file of his, also without its ".conf", else
 * one of the library. Fails with EXIT_BAD_USAGE and the nearest name. */
int library_find(const char *word, char *path, size_t size, struct error *err);

#endif
