#include "conductor/hunt/sweep_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/word.h"
#include "reports/run_outcome.h"

#define CONF ".conf"

enum { TEXT_MOST = 64 * 1024 };

/* Files and folders --------------------------------------------------------------------------- */

static int make_folder(const char *path, struct error *err)
{
	_cleanup_free_ char *made = strdup(path);

	CHECK_MEMORY(made);
	if (file_make_folders(made) == 0)
		return 0;
	return error_errno(err, EXIT_BAD_USAGE, "cannot make the folder %.300s", made);
}

static int write_text(const char *path, const char *text, struct error *err)
{
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	fputs(text, file.out);
	return file_end(&file, 0, err);
}

static int read_text(const char *path, char **text, struct error *err)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");

	if (!in)
		return error_errno(err, EXIT_BAD_USAGE, "%.300s", path);
	ARRAY_NEW(*text, TEXT_MOST);
	size_t length = fread(*text, 1, TEXT_MOST, in);

	if (length < TEXT_MOST && !ferror(in))
		return 0;
	free(take(*text));
	return error_set(err, EXIT_BAD_USAGE, "%.300s cannot be read, or is too long", path);
}

/* The plan ------------------------------------------------------------------------------------ */

static char *print_axes(const struct sweep_plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	fputs("# What `fencepost tune` sweeps here, over what campaign.conf says.\n", out);
	for (int axis = 0; axis < GRID_AXES_COUNT; axis++) {
		_cleanup_free_ char *values = grid_print(&plan->grid, (enum grid_axis)axis);

		fprintf(out, "%s %s\n", grid_axis_names[axis], values);
	}
	fprintf(out, "rounds %d\n", plan->rounds);
	if (plan->until_width > 0)
		fprintf(out, "until-width %.6g\n", plan->until_width);
	text_end(out, &text);
	return text;
}

static bool read_rounds(const char *value, struct sweep_plan *plan)
{
	char *end;
	long rounds = strtol(value, &end, 10);

	plan->rounds = rounds >= 1 && rounds <= SWEEP_ROUNDS_MOST ? (int)rounds : 0;
	return *value && !*end && plan->rounds;
}

static bool read_width(const char *value, struct sweep_plan *plan)
{
	char *end;

	plan->until_width = strtod(value, &end);
	return *value && !*end && plan->until_width > 0 && plan->until_width < 1;
}

static int read_line(char *line, struct sweep_plan *plan, struct error *err)
{
	char *value = strchr(line, ' ');

	if (value)
		*value++ = '\0';
	int axis = word_index(line, grid_axis_names);

	if (value && axis >= 0)
		return grid_take(&plan->grid, (enum grid_axis)axis, value, err);
	if (value && ((strcmp(line, "rounds") == 0 && read_rounds(value, plan)) ||
		      (strcmp(line, "until-width") == 0 && read_width(value, plan))))
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "'%.40s%s%.40s' is not what a sweep writes there; to begin anew, take "
			 "another folder",
			 line, value ? " " : "", value ? value : "");
}

int sweep_read_axes(const char *text, const char *name, struct sweep_plan *plan, struct error *err)
{
	_cleanup_free_ char *copy = strdup(text);

	CHECK_MEMORY(copy);
	plan->rounds = 1;
	for (char *rest = copy, *line; (line = strsep(&rest, "\n"));)
		if (*line && *line != '#' && read_line(line, plan, err))
			return error_wrap(err, "%.300s", name);
	return 0;
}

bool sweep_folder_is_one(const char *folder)
{
	_cleanup_free_ char *path = text_format("%s/sweep.txt", folder);
	struct stat found;

	return stat(path, &found) == 0;
}

static int load(const char *folder, struct sweep_plan *plan, struct error *err)
{
	_cleanup_free_ char *conf = text_format("%s/campaign.conf", folder);
	_cleanup_free_ char *axes = text_format("%s/sweep.txt", folder), *text = NULL;

	if (read_text(axes, &text, err) || campaign_load(conf, plan->campaign, err) ||
	    sweep_read_axes(text, axes, plan, err))
		return -1;
	if (plan->campaign->arms != 1 || plan->campaign->seed == 0)
		return error_set(err, EXIT_BAD_USAGE,
				 "%.300s is not what a sweep writes there: one arm, and a seed",
				 conf);
	return campaign_validate(plan->campaign, err) ||
			       grid_complete(&plan->grid, plan->campaign, err)
		       ? -1
		       : 0;
}

int sweep_folder_load(const char *folder, struct sweep_plan *plan, struct error *err)
{
	*plan = (struct sweep_plan){.folder = folder};
	if (!sweep_folder_is_one(folder))
		return error_set(
			err, EXIT_BAD_USAGE,
			"%.300s holds no sweep; `fencepost tune CAMPAIGN --ttl 2,5 -o DIR` "
			"begins one",
			folder);
	ARRAY_NEW(plan->campaign, 1);
	if (load(folder, plan, err) == 0)
		return 0;
	sweep_plan_close(plan);
	return -1;
}

int sweep_folder_save(const struct sweep_plan *plan, struct error *err)
{
	_cleanup_free_ char *conf = text_format("%s/campaign.conf", plan->folder);
	_cleanup_free_ char *axes = text_format("%s/sweep.txt", plan->folder);
	_cleanup_free_ char *cells = text_format("%s/cells", plan->folder);
	_cleanup_free_ char *campaign = campaign_print(plan->campaign), *text = print_axes(plan);

	/* The axes last: where they stand, all stands. */
	return make_folder(cells, err) || write_text(conf, campaign, err) ||
			       write_text(axes, text, err)
		       ? -1
		       : 0;
}

void sweep_plan_close(struct sweep_plan *plan)
{
	free(take(plan->campaign));
}

/* Units --------------------------------------------------------------------------------------- */

static int is_campaign(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(CONF) &&
	       length < sizeof(((struct sweep_unit *)0)->name) &&
	       strcmp(entry->d_name + length - strlen(CONF), CONF) == 0;
}

static char *round_folder(const struct sweep_plan *plan, int round)
{
	return text_format("%s/cells/%d", plan->folder, round);
}

int sweep_units_list(const struct sweep_plan *plan, int round, struct sweep_unit **unit, int *units,
		     struct error *err)
{
	_cleanup_free_ char *folder = round_folder(plan, round);
	struct dirent **entry;
	int found = scandir(folder, &entry, is_campaign, alphasort);

	*units = 0;
	*unit = NULL;
	if (found < 0 && errno == ENOENT)
		return 0;
	if (found < 0)
		return error_errno(err, EXIT_BAD_USAGE, "%.300s", folder);
	ARRAY_NEW(*unit, found);
	for (int i = 0; i < found; i++) {
		struct sweep_unit *next = &(*unit)[(*units)++];

		next->round = round;
		CHECK(text_copy(next->name, sizeof(next->name), entry[i]->d_name));
		next->name[strlen(next->name) - strlen(CONF)] = '\0';
		free(entry[i]);
	}
	free(entry);
	return 0;
}

int sweep_unit_load(const struct sweep_plan *plan, const struct sweep_unit *unit,
		    struct campaign *campaign, struct error *err)
{
	_cleanup_free_ char *path =
		text_format("%s/cells/%d/%s" CONF, plan->folder, unit->round, unit->name);

	return campaign_load(path, campaign, err) || campaign_validate(campaign, err) ? -1 : 0;
}

char *sweep_runs_dir(const struct sweep_plan *plan, const struct sweep_unit *unit)
{
	return text_format("%s/runs/%d/%s", plan->folder, unit->round, unit->name);
}

static void print_command(FILE *out, const char *program, const char *folder,
			  const struct sweep_unit *unit)
{
	_cleanup_free_ char *conf =
		text_format("%s/cells/%d/%s" CONF, folder, unit->round, unit->name);
	_cleanup_free_ char *runs = text_format("%s/runs/%d/%s", folder, unit->round, unit->name);

	text_print_quoted(out, program);
	fputs(" run ", out);
	text_print_quoted(out, conf);
	fputs(" -o ", out);
	text_print_quoted(out, runs);
	fputc('\n', out);
}

/* One a line, for a shell anywhere: paths from the root on. */
static int print_commands(FILE *out, const struct sweep_plan *plan, const char *program,
			  const char *folder, struct error *err)
{
	int units = 1;

	for (int round = 1; units > 0; round++) {
		_cleanup_free_ struct sweep_unit *unit = NULL;

		if (sweep_units_list(plan, round, &unit, &units, err))
			return -1;
		for (int i = 0; i < units; i++)
			print_command(out, program, folder, &unit[i]);
	}
	return 0;
}

static int write_commands(const struct sweep_plan *plan, struct error *err)
{
	_cleanup_free_ char *path = text_format("%s/cells.txt", plan->folder);
	_cleanup_free_ char *program = realpath("/proc/self/exe", NULL);
	_cleanup_free_ char *folder = realpath(plan->folder, NULL);
	struct file file;

	if (!program || !folder)
		return error_errno(err, EXIT_MACHINE_LACKS, "%.300s", plan->folder);
	if (file_begin(&file, path, err))
		return -1;
	return file_end(&file, print_commands(file.out, plan, program, folder, err), err);
}

static char *folder_beside(const struct sweep_plan *plan, int round)
{
	return text_format("%s/cells/.%d", plan->folder, round);
}

/* Of campaigns that somebody left who was ended in the midst of it. */
static int empty_folder(const char *folder, struct error *err)
{
	struct dirent **entry;
	int entries = scandir(folder, &entry, is_campaign, NULL), failed = entries < 0;

	for (int i = 0; i < entries; i++) {
		_cleanup_free_ char *path = text_format("%s/%s", folder, entry[i]->d_name);

		failed |= unlink(path) != 0;
		free(entry[i]);
	}
	if (failed)
		return error_errno(err, EXIT_BAD_USAGE, "cannot empty %.300s", folder);
	free(entry);
	return 0;
}

int sweep_round_begin(const struct sweep_plan *plan, int round, struct error *err)
{
	_cleanup_free_ char *beside = folder_beside(plan, round);

	return make_folder(beside, err) || empty_folder(beside, err) ? -1 : 0;
}

int sweep_round_add(const struct sweep_plan *plan, int round, int number,
		    const struct campaign *campaign, struct error *err)
{
	_cleanup_free_ char *path =
		text_format("%s/cells/.%d/%03d" CONF, plan->folder, round, number);
	_cleanup_free_ char *text = campaign_print(campaign);

	return write_text(path, text, err);
}

int sweep_round_end(const struct sweep_plan *plan, int round, struct error *err)
{
	_cleanup_free_ char *beside = folder_beside(plan, round);
	_cleanup_free_ char *folder = round_folder(plan, round);

	return file_take_name(beside, folder, err) || write_commands(plan, err) ? -1 : 0;
}

/* Runs ---------------------------------------------------------------------------------------- */

static int is_run(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "latest") != 0;
}

bool sweep_run_broke(const struct history *history)
{
	for (int i = 0; i < history->notes; i++)
		if (history->note[i].breaks)
			return true;
	return false;
}

static bool is_whole(const struct history *history, uint64_t seed)
{
	return history->sealed && !outcome_was_interrupted(history) &&
	       (uint64_t)history->seed == seed;
}

void sweep_found_close(struct sweep_found *found)
{
	if (found->folder)
		findings_close(&found->findings);
	free(take(found->folder));
	free(take(found->path));
}

/* Not found: nothing to close. */
static int open_run(const struct sweep_plan *plan, const char *folder, uint64_t seed,
		    struct sweep_found *found, struct error *err)
{
	char *path = text_format("%s/%s/history.db", plan->folder, folder);
	struct stat is_there;

	*found = (struct sweep_found){.path = path};
	if (stat(path, &is_there) == 0) {
		if (findings_reopen(path, &found->findings, err)) {
			free(path);
			return -1;
		}
		if (is_whole(&found->findings.history, seed))
			found->folder = text_format("%s", folder);
		else
			findings_close(&found->findings);
	}
	if (!found->folder)
		free(take(found->path));
	return 0;
}

int sweep_found_open(const struct sweep_plan *plan, const struct sweep_unit *unit, uint64_t seed,
		     struct sweep_found *found, struct error *err)
{
	_cleanup_free_ char *runs = sweep_runs_dir(plan, unit);
	struct dirent **entry;
	int entries = scandir(runs, &entry, is_run, alphasort), failed = 0;

	*found = (struct sweep_found){0};
	if (entries < 0 && errno == ENOENT)
		return 0;
	if (entries < 0)
		return error_errno(err, EXIT_BAD_USAGE, "%.300s", runs);
	for (int i = 0; i < entries; i++) {
		bool sound = found->folder && !sweep_run_broke(&found->findings.history);
		_cleanup_free_ char *folder =
			text_format("runs/%d/%s/%s", unit->round, unit->name, entry[i]->d_name);
		struct sweep_found next = {0};

		free(entry[i]);
		if (!failed && !sound)
			failed = open_run(plan, folder, seed, &next, err);
		if (!next.folder)
			continue;
		sweep_found_close(found);
		*found = next;
	}
	free(entry);
	if (failed)
		sweep_found_close(found);
	return failed;
}
