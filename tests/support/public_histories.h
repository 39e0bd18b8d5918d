/*
 * Histories that others recorded, with the verdicts that others gave: VERDICTS.tsv in the folder,
 * and a folder for each origin.
 */
#ifndef TESTS_SUPPORT_PUBLIC_HISTORIES_H
#define TESTS_SUPPORT_PUBLIC_HISTORIES_H

#include <stdbool.h>

/* The whole collections where they lie beside the tree, else our own part of them. Ends without a
 * slash; as seen from the project's root. */
const char *public_histories(void);

/* True for the whole collections. */
bool public_histories_are_whole(void);

#endif
