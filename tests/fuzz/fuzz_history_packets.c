/* Packet captures, which may come with anybody's run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/invariant.h"
#include "history/packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void see(void *context, const struct captured_packet *packet)
{
	*(uint64_t *)context += packet->carried + packet->source_port;
	for (uint32_t i = 0; i < packet->kept; i++)
		*(uint64_t *)context += packet->bytes[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	uint64_t sum = 0;

	snprintf(path, sizeof(path), "/dev/shm/fuzz-packets-%d", (int)getpid());
	FILE *file = fopen(path, "w");

	CHECK(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
	packets_see(path, see, &sum);
	unlink(path);
	return 0;
}
