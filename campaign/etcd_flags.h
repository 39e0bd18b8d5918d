/* Flags for the members' command line, as a campaign may add them: `cluster { etcd-flags }`. */
#ifndef CAMPAIGN_ETCD_FLAGS_H
#define CAMPAIGN_ETCD_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Why it cannot be one, in words; NULL when it can: a word such as "--name=value" or "--name", and
 * none that the harness sets itself or could not run with. */
const char *etcd_flag_trouble(const char *flag);

/* Do both set the same? */
bool etcd_flag_is_same(const char *a, const char *b);

#endif
