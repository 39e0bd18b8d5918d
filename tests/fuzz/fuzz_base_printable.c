/* Any bytes as text: what comes out is one line that steers no terminal, and stays as it is when it
 * goes through again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/printable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bytes(const char *line)
{
	for (const unsigned char *at = (const unsigned char *)line; *at; at++) {
		CHECK(*at >= 0x20 && *at != 0x7f);
		CHECK(!(at[0] == 0xc2 && at[1] < 0xa0)); /* C1 */
		CHECK(!(at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae));
		CHECK(!(at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
	}
}

static void check_print(const char *text)
{
	char *cut = NULL;
	size_t length;
	FILE *out = open_memstream(&cut, &length);

	CHECK(out);
	CHECK(printable_print(out, text, 20) <= 20);
	CHECK(fclose(out) == 0);
	check_bytes(cut);
	free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	CHECK(text);
	char *line = printable_text(text);
	char *again = printable_text(line);

	check_bytes(line);
	check_print(text);
	CHECK(strcmp(line, again) == 0);
	free(again);
	free(line);
	free(text);
	return 0;
}
