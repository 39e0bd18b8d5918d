#include <argp.h>
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "sandbox/doctor.h"
#include "conductor/etcd_binary.h"
#include "base/escape.h"

struct options {
	const char *etcd;
	bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'e':
		options->etcd = cli_take_text(state, "etcd", argument);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const char *state_word(const struct ability *ability)
{
	switch (ability->state) {
	case ABILITY_YES:
		return "yes";
	case ABILITY_NO:
		return ability->needed ? "NO" : "no";
	case ABILITY_UNTRIED:
		return "-";
	}
	return "?";
}

static const char *state_color(const struct ability *ability)
{
	switch (ability->state) {
	case ABILITY_YES:
		return "\033[32m";
	case ABILITY_NO:
		return ability->needed ? "\033[1;31m" : "\033[33m";
	case ABILITY_UNTRIED:
		return "\033[2m";
	}
	return "";
}

static void print_ability(FILE *out, const struct ability *ability, bool color)
{
	_cleanup_free_ char *found = printable_text(ability->found);

	fprintf(out, "%s%-4s%s %-26s %s\n", color ? state_color(ability) : "", state_word(ability),
		color ? "\033[0m" : "", ability->name, found);
	if (ability->remedy[0])
		log_result("     %-26s remedy: %s", "", ability->remedy);
}

static void print_json(FILE *out, const struct ability *abilities, int count, bool able)
{
	static const char *const words[] = {
		[ABILITY_YES] = "yes", [ABILITY_NO] = "no", [ABILITY_UNTRIED] = "untried"};
	cJSON *root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "abilities");

	cJSON_AddBoolToObject(root, "able", able);
	for (int i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();
		_cleanup_free_ char *found = escape_utf8(abilities[i].found);

		cJSON_AddItemToArray(list, object);
		cJSON_AddStringToObject(object, "name", abilities[i].name);
		cJSON_AddBoolToObject(object, "needed", abilities[i].needed);
		cJSON_AddStringToObject(object, "state", words[abilities[i].state]);
		cJSON_AddStringToObject(object, "found", found);
		cJSON_AddStringToObject(object, "remedy", abilities[i].remedy);
	}
	_cleanup_free_ char *text = cJSON_Print(root);

	CHECK_MEMORY(text);
	fprintf(out, "%s\n", text);
	cJSON_Delete(root);
}

int command_doctor(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"etcd", 'e', "PATH|NAME|VERSION", 0,
		 "the etcd to look at, which is fetched if a version is named (default: etcd on "
		 "PATH)",
		 0},
		{"json", 'j', 0, 0, "print it as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.doc = "Tries what a run needs on this machine and says what is missing. "
		       "\"NO\" stops runs; \"no\" costs a feature; \"-\" could not be tried."};
	struct options options = {.etcd = "etcd"};
	struct ability abilities[ABILITIES_MAX];
	struct error no_etcd = {0};
	char etcd[PATH_MAX];
	bool able = true;

	cli_parse(&argp, argc, argv, &options);
	int missing = etcd_binary_resolve(options.etcd, etcd, sizeof(etcd), &no_etcd);
	int count = doctor_examine(missing ? NULL : etcd, &no_etcd, abilities);

	for (int i = 0; i < count; i++)
		able = able && (!abilities[i].needed || abilities[i].state == ABILITY_YES);
	if (options.json)
		print_json(stdout, abilities, count, able);
	for (int i = 0; i < count && !options.json; i++)
		print_ability(stdout, &abilities[i], log_wants_color(STDOUT_FILENO));
	return able ? EXIT_AS_EXPECTED : EXIT_MACHINE_LACKS;
}
