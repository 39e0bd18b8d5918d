/* Jepsen's log, with other lines between. */
#include "tests/fuzz/trace_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_import(TRACE_JEPSEN_LOG, data, size);
}
