#include <argp.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"

int command_version(int argc, char **argv)
{
	struct argp argp = {.doc = "Prints the version."};

	cli_parse(&argp, argc, argv, NULL);
	log_result("fencepost %s", FENCEPOST_VERSION);
	return 0;
}
