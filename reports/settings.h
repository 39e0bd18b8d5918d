/* What a run was asked for, setting by setting, and what another was asked for instead. */
#ifndef REPORTS_SETTINGS_H
#define REPORTS_SETTINGS_H

#include "history/reader.h"

struct setting {
	char *name;  /* "arm none: ttl" */
	char *value; /* "1000ms" */
};

struct settings {
	int count;
	int room; /* private */
	struct setting *setting;
};

/* Of the campaign as the run recorded it, but for its seed; and the versions of etcd and of
 * fencepost. The caller frees. */
void settings_read(const struct history *history, struct settings *settings);
void settings_free(struct settings *settings);

/* NULL: there is no such setting. */
const char *settings_find(const struct settings *settings, const char *name);

#endif
