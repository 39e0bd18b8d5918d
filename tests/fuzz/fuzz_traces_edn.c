/* Histories in EDN, as Jepsen writes them and as nobody would. */
#include "tests/fuzz/trace_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_import(TRACE_JEPSEN, data, size);
}
