/* Logs of Jepsen's first etcd test. */
#include "tests/fuzz/trace_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_import(TRACE_REGISTER_LOG, data, size);
}
