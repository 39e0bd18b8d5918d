#include "reports/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"

enum { BLOCK_SIZE = 80 };

static void keep(struct settings *settings, const char *block, const char *name, const char *value)
{
	ARRAY_GROW(settings->setting, settings->count, settings->room);
	struct setting *setting = &settings->setting[settings->count++];

	CHECK_MEMORY(asprintf(&setting->name, "%s%s%s", block, *block ? ": " : "", name) >= 0);
	setting->value = strdup(value);
	CHECK_MEMORY(setting->value);
}

/* "	ttl = 1000ms" within its block; a block begins with "arm none {" and ends with "}". */
static void read_line(struct settings *settings, char *block, char *line)
{
	line += strspn(line, " \t");
	size_t length = strlen(line);
	char *equals = strstr(line, " = ");

	if (strcmp(line, "}") == 0) {
		*block = '\0';
	} else if (length > 2 && strcmp(line + length - 2, " {") == 0) {
		snprintf(block, BLOCK_SIZE, "%.*s", (int)length - 2, line);
		keep(settings, block, "", "yes"); /* so that one that is not there is told */
	} else if (equals) {
		*equals = '\0';
		if (*block || strcmp(line, "seed") != 0)
			keep(settings, block, line, equals + strlen(" = "));
	} else if (*line) {
		keep(settings, block, line, "yes");
	}
}

static void keep_text(struct settings *settings, const struct history *history, const char *key,
		      const char *name)
{
	const char *text = history_text(history, key);

	if (text)
		keep(settings, "", name, text);
}

void settings_read(const struct history *history, struct settings *settings)
{
	const char *campaign = history_text(history, "campaign");
	char block[BLOCK_SIZE] = "", *text = strdup(campaign ? campaign : "");
	char *rest = text, *line;

	CHECK_MEMORY(text);
	*settings = (struct settings){0};
	keep_text(settings, history, "etcd", "version of etcd");
	keep_text(settings, history, "fencepost", "version of fencepost");
	keep_text(settings, history, "machine", "machine");
	while ((line = strsep(&rest, "\n")))
		read_line(settings, block, line);
	free(text);
}

void settings_free(struct settings *settings)
{
	for (int i = 0; i < settings->count; i++) {
		free(settings->setting[i].name);
		free(settings->setting[i].value);
	}
	free(settings->setting);
	*settings = (struct settings){0};
}

const char *settings_find(const struct settings *settings, const char *name)
{
	for (int i = 0; i < settings->count; i++)
		if (strcmp(settings->setting[i].name, name) == 0)
			return settings->setting[i].value;
	return NULL;
}
