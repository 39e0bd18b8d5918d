/* The resource client's answer parser: the first byte chooses the status, the rest is the body. */
#include <stdint.h>

#include "base/invariant.h"
#include "workloads/worker/resource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 409, 400, 404, 500, 0};

	if (size == 0)
		return 0;
	int status = statuses[data[0] % 6];
	struct resource_reply reply =
		resource_parse_answer(status, (const char *)data + 1, size - 1);

	CHECK(reply.refused == (status == 409));
	CHECK(reply.outcome != OUTCOME_OK || (status == 200 && reply.version >= 0));
	CHECK(reply.outcome != OUTCOME_FAIL || (status >= 400 && status < 500));
	return 0;
}
