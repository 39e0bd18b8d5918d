#include <argp.h>
#include <stdio.h>

#include "cli/commands.h"

int command_version(int argc, char **argv)
{
	struct argp argp = {.doc = "Prints the version."};

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	printf("fencepost %s\n", FENCEPOST_VERSION);
	return 0;
}
