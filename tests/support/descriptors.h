/* Whether a descriptor was left open. */
#ifndef TESTS_DESCRIPTORS_H
#define TESTS_DESCRIPTORS_H

/* How many this process has; more than it has by itself, but always by the same number. */
int descriptors_count(void);

#endif
