/* The options of an existing cluster, which several subcommands have in common. */
#ifndef CLI_CONNECTION_OPTIONS_H
#define CLI_CONNECTION_OPTIONS_H

#include <argp.h>
#include <stdio.h>

#include "campaign/connection.h"

/* For a subcommand's argp.children; its parser sets state->child_inputs[CLI_CONNECTION] to a
 * struct connection_words at ARGP_KEY_INIT. */
enum { CLI_CONNECTION = 1 }; /* after the help that cli_parse adds */
extern const struct argp_child cli_connection[];

/* As words of a command that repeats it, without the password. */
void cli_print_connection(FILE *out, const struct connection_words *words);

void cli_print_option(FILE *out, const char *option, const char *value); /* NULL: nothing */

#endif
