#include <argp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cluster/doctor.h"

struct options {
	const char *etcd;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	if (key != 'e')
		return ARGP_ERR_UNKNOWN;
	options->etcd = cli_take_text(state, "etcd", argument);
	return 0;
}

static const char *state_word(enum ability_state state)
{
	switch (state) {
	case ABILITY_YES:
		return "yes";
	case ABILITY_NO:
		return "NO";
	case ABILITY_OPTIONAL_NO:
		return "no";
	}
	return "?";
}

static const char *state_color(enum ability_state state)
{
	switch (state) {
	case ABILITY_YES:
		return "\033[32m";
	case ABILITY_NO:
		return "\033[1;31m";
	case ABILITY_OPTIONAL_NO:
		return "\033[33m";
	}
	return "";
}

static void print_ability(FILE *out, const struct ability *ability, bool color)
{
	_cleanup_free_ char *found = printable_text(ability->found);

	fprintf(out, "%s%-4s%s %-26s %s\n", color ? state_color(ability->state) : "",
		state_word(ability->state), color ? "\033[0m" : "", ability->name, found);
	if (ability->remedy[0])
		log_result("     %-26s remedy: %s", "", ability->remedy);
}

int command_doctor(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"etcd", 'e', "PATH|NAME", 0, "the etcd to look at (default: etcd on PATH)", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.doc = "Tries what a run needs on this machine and says what is missing. "
		       "\"NO\" stops runs; \"no\" costs a feature."};
	struct options options = {.etcd = "etcd"};
	struct ability abilities[ABILITIES_MAX];
	int lacking = 0;

	cli_parse(&argp, argc, argv, &options);
	int count = doctor_examine(options.etcd, abilities);

	for (int i = 0; i < count; i++) {
		print_ability(stdout, &abilities[i], log_wants_color(STDOUT_FILENO));
		lacking += abilities[i].state == ABILITY_NO;
	}
	return lacking ? EXIT_MACHINE_LACKS : EXIT_AS_EXPECTED;
}
