/* What the subcommands share. */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "campaign/campaign.h"
#include "history/traces/trace.h"
#include "judging/findings.h"
#include "reports/threshold.h"

/* Prints "fencepost: <error>" and returns its code. */
int cli_fail(const struct error *err);

/* argp_parse, with -h as another --help. Ends the process on a usage error, and after the help. */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* The argument, which must not be empty; else a usage error, which ends the process. */
const char *cli_take_text(struct argp_state *state, const char *option, const char *argument);

/* A length of time from a second to a day, in milliseconds; anything else is a usage error, and
 * ends the process. */
int cli_parse_time(struct argp_state *state, const char *option, const char *argument);

/* A whole number from 1 to INT_MAX; anything else is a usage error, and ends the process. */
long cli_parse_number(struct argp_state *state, const char *option, const char *argument);

/* A seed, from 1 on; anything else is a usage error, and ends the process. */
uint64_t cli_parse_seed(struct argp_state *state, const char *argument);

/* What the command line says in a campaign's place; 0 and NULL: nothing. */
struct overrides {
	uint64_t seed;
	int duration_ms;
	const char *etcd;
};

/* Takes --seed (s), --duration (d) and --etcd (e); any other key is ARGP_ERR_UNKNOWN. */
error_t cli_take_override(int key, const char *argument, struct argp_state *state,
			  struct overrides *said);
/* --etcd beside --endpoints is a usage error, and ends the process. */
void cli_refuse_etcd_of_others(struct argp_state *state, const struct overrides *said,
			       const char *endpoints);
/* `name` is what the campaign was called. */
int cli_override(const struct overrides *said, const char *name, struct campaign *campaign,
		 struct error *err);

/* The index of an option's word among the known ones; anything else is a usage error that names the
 * nearest, and ends the process. */
int cli_choose(struct argp_state *state, const char *option, const char *const *known,
	       const char *word);

/* --threshold, as often as it is given; what is none is a usage error, and ends the process. */
enum { THRESHOLDS_MAX = 32 };
struct threshold_list {
	int count;
	struct threshold threshold[THRESHOLDS_MAX];
};
void cli_add_threshold(struct argp_state *state, struct threshold_list *list, const char *argument);

/* Takes the argument, the only one there may be; a second is a usage error, and ends the process.
 * `what`: "run". */
void cli_take_only(struct argp_state *state, const char *what, const char *argument,
		   const char **taken);

/* RUN, then N: the number of a story, from 1. More, or an N that is no number, is a usage error,
 * and ends the process. */
void cli_take_story(struct argp_state *state, const char *argument, const char **run, int *number);

/* The history that an argument means: a file, a run's directory, or nothing: runs/latest. Also the
 * directory that it lies in. */
int cli_find_history(const char *argument, char *path, size_t path_size, char *folder,
		     size_t folder_size, struct error *err);

/* That history with its verdicts, as findings_reopen: to be closed. */
int cli_open_findings(const char *argument, struct findings *findings, struct error *err);

/* The word of --sort; any other is a usage error, and ends the process. */
enum trace_sort cli_choose_sort(struct argp_state *state, const char *word);
/* A run has its order: an error, if the file is one. */
int cli_check_sortable(const char *path, struct error *err);

#endif
