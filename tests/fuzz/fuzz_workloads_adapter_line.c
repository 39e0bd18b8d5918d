/* What an adapter says: any bytes; a line that is taken has every field within its bounds. */
#include <stdint.h>
#include <string.h>

#include "base/invariant.h"
#include "workloads/adapter_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	CHECK(strnlen(text, size) < size);
	for (; *text; text++)
		CHECK((unsigned char)*text >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct adapter_line line;
	char complaint[ADAPTER_COMPLAINT] = "";

	if (!adapter_line_parse((const char *)data, size, &line, complaint)) {
		CHECK(complaint[0] && strnlen(complaint, sizeof(complaint)) < sizeof(complaint));
		return 0;
	}
	CHECK(line.id > 0 && line.event <= ADAPTER_RENEWED && line.outcome <= OUTCOME_FAIL);
	CHECK(line.token >= 0 && line.lease >= 0 && line.sent_ns >= 0);
	CHECK(line.valid_ms >= 0 && line.valid_ms <= ADAPTER_VALID_MAX_MS);
	CHECK(line.tokens <= ADAPTER_TOKEN_NUMBER);
	check_text(line.key, sizeof(line.key));
	check_text(line.error, sizeof(line.error));
	check_text(line.name, sizeof(line.name));
	check_text(line.version, sizeof(line.version));
	return 0;
}
