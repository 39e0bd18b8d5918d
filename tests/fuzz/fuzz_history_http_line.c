/* What a packet carries: the first line of whatever anybody sent. */
#include <stdint.h>
#include <string.h>

#include "base/invariant.h"
#include "history/http_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_line line;

	if (!http_line_read(data, size, &line))
		return 0;
	CHECK(line.status ? line.status >= 100 && line.status <= 999 && !*line.path
			  : line.path[0] == '/' && strlen(line.path) < sizeof(line.path));
	for (const char *at = line.path; *at; at++)
		CHECK(*at > ' ' && *at < 0x7f);
	return 0;
}
