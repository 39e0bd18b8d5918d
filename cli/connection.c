#include "cli/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cli/common.h"

enum { ENDPOINTS = 0x10000, CACERT, CERT, KEY, USER, PASSWORD_FILE, PREFIX };

/* The password is taken out of the command line, which everybody on the machine may read. */
static const char *take_user(struct argp_state *state, char *argument)
{
	char *copy = strdup(cli_take_text(state, "user", argument)), *colon = strchr(argument, ':');

	CHECK_MEMORY(copy); /* lives as long as the process */
	if (colon)
		explicit_bzero(colon, strlen(colon));
	return copy;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct connection_words *words = state->input;

	switch (key) {
	case ENDPOINTS:
		words->endpoints = cli_take_text(state, "endpoints", argument);
		return 0;
	case CACERT:
		words->cacert = cli_take_text(state, "cacert", argument);
		return 0;
	case CERT:
		words->cert = cli_take_text(state, "cert", argument);
		return 0;
	case KEY:
		words->key = cli_take_text(state, "key", argument);
		return 0;
	case USER:
		words->user = take_user(state, argument);
		return 0;
	case PASSWORD_FILE:
		words->password_file = cli_take_text(state, "password-file", argument);
		return 0;
	case PREFIX:
		words->prefix = cli_take_text(state, "prefix", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option known[] = {
	{"endpoints", ENDPOINTS, "URL,...", 0,
	 "test this running cluster instead; only our own workers are faulted. \"env\": those of "
	 "ETCDCTL_ENDPOINTS",
	 0},
	{"cacert", CACERT, "FILE", 0, "who signs the servers' certificates (ETCDCTL_CACERT)", 0},
	{"cert", CERT, "FILE", 0, "our certificate (ETCDCTL_CERT)", 0},
	{"key", KEY, "FILE", 0, "and its key (ETCDCTL_KEY)", 0},
	{"user", USER, "NAME[:PASSWORD]", 0,
	 "the user (ETCDCTL_USER); the password also by ETCDCTL_PASSWORD, or it is asked for", 0},
	{"password-file", PASSWORD_FILE, "FILE", 0, "whose first line is the password", 0},
	{"prefix", PREFIX, "TEXT/", 0, "all our keys are below it (default: " PREFIX_DEFAULT ")",
	 0},
	{0},
};

static const struct argp connection_argp = {.options = known, .parser = parse};

const struct argp_child cli_connection[] = {
	{&connection_argp, 0, "A cluster that runs already (docs/existing.md):", 0}, {0}};

void cli_print_option(FILE *out, const char *option, const char *value)
{
	if (!value)
		return;
	fprintf(out, " %s ", option);
	text_print_quoted(out, value);
}

void cli_print_connection(FILE *out, const struct connection_words *words)
{
	_cleanup_free_ char *user = words->user ? strdup(words->user) : NULL;

	if (user)
		user[strcspn(user, ":")] = '\0';
	cli_print_option(out, "--endpoints", words->endpoints);
	cli_print_option(out, "--cacert", words->cacert);
	cli_print_option(out, "--cert", words->cert);
	cli_print_option(out, "--key", words->key);
	cli_print_option(out, "--user", user);
	cli_print_option(out, "--password-file", words->password_file);
	cli_print_option(out, "--prefix", words->prefix);
}
