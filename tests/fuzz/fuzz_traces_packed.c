/* What gzip or zstd packed, of any format. */
#include "tests/fuzz/trace_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_import(TRACE_AUTO, data, size);
}
