/* What `fencepost help TOPIC` tells of: the tables that the program itself goes by, a row each. */
#ifndef CLI_TOPICS_H
#define CLI_TOPICS_H

#include "cli/table.h"

struct help_topic {
	const char *name, *sentence;
	void (*tell)(struct table *table); /* the head, and all rows */
};

extern const struct help_topic help_topics[]; /* ends with a NULL name */

/* Options of campaigns: topic_options.c. */
void topic_tell_campaign(struct table *table);
void topic_tell_cluster(struct table *table);
void topic_tell_arm(struct table *table);
void topic_tell_fault(struct table *table);
/* Faults: topic_faults.c. */
void topic_tell_faults(struct table *table);
void topic_tell_targets(struct table *table);
void topic_tell_moments(struct table *table);
void topic_tell_links(struct table *table);
void topic_tell_shapes(struct table *table);
void topic_tell_presets(struct table *table);
/* Settings of locks: topic_locks.c. */
void topic_tell_lock_presets(struct table *table);
void topic_tell_lint_rules(struct table *table);

#endif
