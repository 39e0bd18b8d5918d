/* The store's request parser: any body, read and write; what it accepts must be within bounds. */
#include <stdint.h>
#include <string.h>

#include "base/invariant.h"
#include "workloads/store_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int write = 0; write < 2; write++) {
		struct store_request request;
		char complaint[STORE_COMPLAINT_SIZE] = "";

		if (!store_request_parse((const char *)data, size, write, &request, complaint)) {
			CHECK(complaint[0]);
			continue;
		}
		CHECK(request.write == write && request.resource[0]);
		CHECK(strnlen(request.resource, sizeof(request.resource)) <
		      sizeof(request.resource));
		CHECK(request.token >= 0 && request.op >= 0 && request.value >= 0 &&
		      request.base >= NO_VERSION);
	}
	return 0;
}
