#include "cli/connection_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cli/common.h"

enum { ENDPOINTS = 0x10000, CACERT, CERT, KEY, USER, PASSWORD_FILE, PREFIX, WORDS_END };
enum { WORDS = WORDS_END - ENDPOINTS };

/* The password is taken out of the command line, which everybody on the machine may read. */
static const char *take_user(struct argp_state *state, char *argument)
{
	char *copy = strdup(cli_take_text(state, "user", argument)), *colon = strchr(argument, ':');

	CHECK_MEMORY(copy); /* lives as long as the process */
	if (colon)
		explicit_bzero(colon, strlen(colon));
	return copy;
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

/* Where each of them goes, in the order of the keys. */
static void list_words(struct connection_words *words, const char **into[WORDS])
{
	const char **all[WORDS] = {&words->endpoints, &words->cacert, &words->cert,
				   &words->key,       &words->user,   &words->password_file,
				   &words->prefix};

	memcpy(into, all, sizeof(all));
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const char **into[WORDS];

	if (key < ENDPOINTS || key >= WORDS_END)
		return ARGP_ERR_UNKNOWN;
	list_words(state->input, into);
	*into[key - ENDPOINTS] =
		key == USER ? take_user(state, argument)
			    : cli_take_text(state, known[key - ENDPOINTS].name, argument);
	return 0;
}

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
	struct connection_words shown = *words;
	const char **from[WORDS];
	char option[32];

	if (user)
		user[strcspn(user, ":")] = '\0';
	shown.user = user;
	list_words(&shown, from);
	for (int i = 0; i < WORDS; i++) {
		snprintf(option, sizeof(option), "--%s", known[i].name);
		cli_print_option(out, option, *from[i]);
	}
}
