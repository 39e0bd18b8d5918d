/* What to tell a user whose machine refuses namespaces. */
#ifndef CLUSTER_REMEDY_H
#define CLUSTER_REMEDY_H

#include <stdbool.h>

/* The most likely reason and what to do about it, for one line of an error; static text. */
const char *remedy_for_namespaces(void);

/* The same from a directory that looks like /proc/sys, so that a test can play other machines. */
const char *remedy_from_settings(const char *settings, bool root, bool container);

#endif
