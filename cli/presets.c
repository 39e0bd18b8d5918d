/* `fencepost presets`: how real systems keep their locks, and what lint says of them. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/lint_text.h"

enum { NAME_COLUMNS = 22, INDENT = 10 };

struct options {
	bool shows;
	const struct lock_preset *preset;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	if (key == ARGP_KEY_END && options->shows && !options->preset)
		argp_error(state, "show: which? `fencepost presets` lists them");
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (state->arg_num == 0 && strcmp(argument, "show") == 0)
		options->shows = true;
	else if (options->shows && !options->preset)
		options->preset =
			&lock_presets[cli_choose(state, "preset", lock_preset_names + 1, argument)];
	else
		argp_error(state, "'%.40s' is too much; `fencepost presets show NAME` shows one",
			   argument);
	return 0;
}

static const char *kind_of(const struct lock_preset *preset)
{
	return preset->on_etcd ? "on etcd"
			       : "a timing profile: not on etcd, its times played on it";
}

static void print_line(const char *head, const char *text)
{
	_cleanup_free_ char *start = text_format("%-*s", INDENT, head);

	escape_wrapped(stdout, start, INDENT, text);
}

static void list(void)
{
	for (const struct lock_preset *preset = lock_presets; preset->name; preset++) {
		_cleanup_free_ char *head = text_format("  %-*s", NAME_COLUMNS - 2, preset->name);
		_cleanup_free_ char *says = lock_preset_says(preset);
		_cleanup_free_ char *text =
			text_format("%s%s: %s", preset->system,
				    preset->on_etcd ? "" : " (timing profile)", says);

		escape_wrapped(stdout, head, NAME_COLUMNS, text);
	}
}

static void show(const struct lock_preset *preset)
{
	struct stated stated = stated_of_preset(preset);
	_cleanup_free_ char *says = lock_preset_says(preset);

	log_result("# %s\narm %s { %s }\n", preset->system, preset->name, says);
	print_line("kind:", kind_of(preset));
	print_line("source:", preset->source);
	print_line("special:", preset->special);
	print_line("ends:", lease_end_sentences[preset->ends]);
	log_result("%s", "");
	lint_say(preset->name, &stated, NULL);
}

int command_presets(int argc, char **argv)
{
	struct argp argp = {
		.parser = parse,
		.args_doc = "[show NAME]",
		.doc = "Lists the times with which real systems keep their locks; an arm begins "
		       "with them by `preset = NAME`, lint judges them by --preset. `show` prints "
		       "one as a campaign says it, whence it is, and what lint says of it."};
	struct options options = {0};

	cli_parse(&argp, argc, argv, &options);
	if (options.preset)
		show(options.preset);
	else
		list();
	return EXIT_AS_EXPECTED;
}
