#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "conductor/etcd_binary.h"
#include "conductor/small_etcd.h"
#include "workloads/adapter_trial.h"

struct options {
	const char *etcd;
	const char *word[CLIENT_WORDS_MAX + 1];
	int words;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'e':
		options->etcd = cli_take_text(state, "etcd", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (options->words == CLIENT_WORDS_MAX)
			argp_error(state,
				   "more than %d words; write a script that knows the others",
				   CLIENT_WORDS_MAX);
		options->word[options->words++] = cli_take_text(state, "COMMAND", argument);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which adapter? Name its command");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void tell(void *out, const char *name, enum trial_result result, const char *what)
{
	static const struct {
		const char *word, *color;
	} results[] = {
		[TRIAL_OK] = {"ok", "\033[32m"},
		[TRIAL_FAILED] = {"NO", "\033[1;31m"},
		[TRIAL_LEFT_OUT] = {"no", "\033[33m"},
		[TRIAL_UNTRIED] = {"-", "\033[2m"},
	};
	bool color = log_wants_color(STDOUT_FILENO);
	_cleanup_free_ char *shown = printable_text(what);

	fprintf(out, "%s%-2s%s %-14s %s\n", color ? results[result].color : "",
		results[result].word, color ? "\033[0m" : "", name, shown);
	fflush(out);
}

static int try_adapter(void *context, const struct etcd_target *target)
{
	const struct options *options = context;
	const struct trial_config config = {.argv = options->word,
					    .service = target,
					    .lock = "fencepost/adapter-test/0",
					    .tell = tell,
					    .context = stdout};
	struct error err = {0};
	int failed = adapter_trial(&config, &err);

	if (failed < 0)
		return cli_fail(&err);
	return failed ? EXIT_VIOLATION : EXIT_AS_EXPECTED;
}

int command_adapter_test(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"etcd", 'e', "PATH|NAME|VERSION", 0,
		 "the etcd to try it on, which is fetched if a version is named (default: etcd on "
		 "PATH)",
		 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "COMMAND [ARG...]",
		.doc = "Tries whether an adapter keeps the protocol of docs/adapter.md, on a real "
		       "lock: an etcd of its own. \"NO\" breaks it; \"no\" is left out, and what "
		       "that costs is told; \"-\" could not be tried. Exit code 1 when there is a "
		       "\"NO\". Write -- before a COMMAND whose words begin with a dash.",
	};
	struct options options = {.etcd = "etcd"};
	struct small_etcd small = {.act = try_adapter, .context = &options};
	struct error err = {0};
	char path[PATH_MAX], etcd[PATH_MAX];

	cli_parse(&argp, argc, argv, &options);
	if (adapter_find(options.word[0], path, sizeof(path), &err) ||
	    etcd_binary_resolve(options.etcd, path, sizeof(path), &err))
		return cli_fail(&err);
	if (process_find_program(path, etcd, sizeof(etcd))) {
		error_set(&err, EXIT_MACHINE_LACKS, "there is no etcd at %s; --etcd names another",
			  path);
		return cli_fail(&err);
	}
	small.path = etcd;
	int code = small_etcd_run(&small, &err);

	return err.code ? cli_fail(&err) : code;
}
