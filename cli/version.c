#include <argp.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/common.h"

int command_version(int argc, char **argv)
{
	struct argp argp = {.doc = "Prints the version."};

	cli_parse(&argp, argc, argv, NULL);
	printf("fencepost %s\n", FENCEPOST_VERSION);
	return 0;
}
