/* The subcommand help: of the whole, of a command, of a topic (cli/topics.h). */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/commands.h"

/* The commands, which end with a NULL name, the topics and the exit codes. */
void help_print_usage(FILE *out, const struct command *commands);

/* `fencepost help [COMMAND|TOPIC]`; returns the process's exit code. */
int help_command(int argc, char **argv, const struct command *commands);

/* The command of that name, or NULL. */
const struct command *help_find(const struct command *commands, const char *name);

/* Says that there is no such command; returns the process's exit code. */
int help_refuse(const struct command *commands, const char *word);

#endif
