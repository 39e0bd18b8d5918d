#include "conductor/log_quote.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"

/* Of a flag that it does not know etcd speaks first; then come all those that it knows. Of
 * everything else it speaks last. */
enum { FIRST = 2, LAST = 6, BYTES_EACH = 300 };

static void print_line(const char *line)
{
	log_line("    %.*s", BYTES_EACH, line);
}

void log_quote(const char *path)
{
	_cleanup_fclose_ FILE *log = fopen(path, "re");
	char *last[LAST] = {NULL}, *line = NULL;
	size_t size = 0;
	int lines = 0;
	ssize_t length;

	if (!log)
		return;
	log_line("%s:", path);
	while ((length = getline(&line, &size, log)) >= 0) {
		if (length > 0 && line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (*line == '\0')
			continue;
		if (lines < FIRST) {
			print_line(line);
		} else {
			free(last[lines % LAST]);
			last[lines % LAST] = take(line);
			size = 0;
		}
		lines++;
	}
	free(line);
	if (lines > FIRST + LAST)
		print_line("...");
	for (int i = 0; i < LAST; i++) {
		char *kept = last[(lines + i) % LAST];

		if (kept)
			print_line(kept);
		free(kept);
	}
}
