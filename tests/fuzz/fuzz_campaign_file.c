/* The campaign's reader: any file. What it accepts is printed and read back to the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/invariant.h"
#include "campaign/campaign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int load(const void *text, size_t size, struct campaign *campaign, struct error *err)
{
	int fd = memfd_create("campaign", 0);
	char path[64];

	CHECK(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int failed = campaign_load(path, campaign, err);

	close(fd);
	return failed;
}

static void ignore_warning(void *context, const char *text)
{
	(void)context;
	CHECK(*text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct campaign campaign, again;
	struct error err = {0};

	if (load(data, size, &campaign, &err)) {
		CHECK(err.code == EXIT_BAD_USAGE && err.text[0]);
		return 0;
	}
	if (campaign_validate(&campaign, &(struct error){0}) == 0)
		campaign_warn(&campaign, ignore_warning, NULL);
	char *text = campaign_print(&campaign);

	if (load(text, strlen(text), &again, &err)) {
		fprintf(stderr, "%s\n%s\n", err.text, text);
		abort();
	}
	again.place = campaign.place;
	CHECK(memcmp(&again, &campaign, sizeof(again)) == 0);
	free(text);
	return 0;
}
