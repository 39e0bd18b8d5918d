/* Pauses: the first byte chooses whether the rest is a word of the command line or a file of
 * lengths. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/invariant.h"
#include "tuning/pauses.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse_file(const void *text, size_t size, struct pause_profile *profile,
		      struct error *err)
{
	int fd = memfd_create("lengths", 0);
	char word[64];

	CHECK(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	snprintf(word, sizeof(word), "@/proc/self/fd/%d", fd);
	int failed = pauses_parse(word, profile, err);

	close(fd);
	return failed;
}

static int parse_word(const uint8_t *data, size_t size, struct pause_profile *profile,
		      struct error *err)
{
	char word[128] = "";

	memcpy(word, data, size < sizeof(word) ? size : sizeof(word) - 1);
	/* No file of this machine is meant. */
	return pauses_parse(word + (*word == '@'), profile, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pause_profile profile;
	struct error err = {0};

	if (size == 0)
		return 0;
	int failed = data[0] % 2 ? parse_file(data + 1, size - 1, &profile, &err)
				 : parse_word(data + 1, size - 1, &profile, &err);

	if (failed) {
		CHECK(err.code == EXIT_BAD_USAGE && err.text[0]);
		return 0;
	}
	double often = pauses_exceeded(&profile, 0.999), seldom = pauses_exceeded(&profile, 0.001);

	CHECK(often >= 0 && often <= seldom && isfinite(seldom));
	CHECK(pauses_longer(&profile, often) >= pauses_longer(&profile, seldom));
	pauses_free(&profile);
	return 0;
}
