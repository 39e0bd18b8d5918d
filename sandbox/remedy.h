/* What to tell a user whose machine refuses a sandbox. */
#ifndef SANDBOX_REMEDY_H
#define SANDBOX_REMEDY_H

#include <stddef.h>

/* What the kernel refused: namespaces, their user and group ids, making their mounts private, a
 * /proc of their own. */
enum refusal { REFUSED_NOTHING, REFUSED_NAMESPACES, REFUSED_IDS, REFUSED_MOUNTS, REFUSED_PROC };

enum { REMEDY_SIZE = 400 };

/* Fills in, for one line of an error, the reasons that can be seen and what to do about each; of
 * NOTHING nothing. Runs a shell: to be asked where the refused process came from, not in what was
 * half made of a sandbox. */
void remedy_find(enum refusal refusal, char text[REMEDY_SIZE]);

/* The same of another machine, whose files lie below `root` as if that were "/". */
void remedy_find_below(const char *root, enum refusal refusal, char text[REMEDY_SIZE]);

#endif
