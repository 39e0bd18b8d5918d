/* Porcupine's logs of a key-value store. */
#include "tests/fuzz/trace_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_import(TRACE_KV_LOG, data, size);
}
