/* The operations logs of etcd's robustness tests. */
#include "tests/fuzz/trace_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_import(TRACE_ETCD_OPERATIONS, data, size);
}
