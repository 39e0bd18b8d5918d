#include <argp.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "campaign/library.h"
#include "base/escape.h"

enum { NAME_COLUMNS = 32 };

int command_campaigns(int argc, char **argv)
{
	struct argp argp = {
		.doc = "Lists the campaigns that came with fencepost: `fencepost run NAME` "
		       "runs one."};
	struct library library;

	cli_parse(&argp, argc, argv, NULL);
	library_open(&library);
	for (int i = 0; i < library.campaigns; i++) {
		const struct library_campaign *campaign = &library.campaign[i];
		char head[NAME_COLUMNS];

		snprintf(head, sizeof(head), "  %s ", campaign->name);
		escape_wrapped(stdout, head, NAME_COLUMNS, campaign->sentence);
	}
	if (library.campaigns == 0)
		log_line("fencepost: no campaigns are where this binary was built or installed; "
			 "`fencepost run FILE` runs one of yours");
	int code = library.campaigns ? EXIT_AS_EXPECTED : EXIT_MACHINE_LACKS;

	library_free(&library);
	return code;
}
