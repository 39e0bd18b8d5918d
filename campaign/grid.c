#include "campaign/grid.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "campaign/duration.h"
#include "campaign/value.h"

const char *const grid_axis_names[] = {
#define X(name, section, word) word,
	GRID_AXES(X)
#undef X
		NULL};

static const struct option *option_of(enum grid_axis axis)
{
	static const enum section sections[] = {
#define X(name, section, word) SECTION_##section,
		GRID_AXES(X)
#undef X
	};
	const struct option *option = option_find(sections[axis], grid_axis_names[axis]);

	CHECK(option->size == sizeof(int));
	return option;
}

/* Taking -------------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right)
{
	return (int)array_order(*(const int *)left, *(const int *)right);
}

static int add_value(struct grid_values *values, const struct option *option, const char *text,
		     struct error *err)
{
	int value = 0;

	if (value_judge(option, text, err) || value_take(option, text, 1, &value, err))
		return -1;
	for (int i = 0; i < values->count; i++)
		if (values->value[i] == value)
			return error_set(err, EXIT_BAD_USAGE, "'%.40s' stands there twice", text);
	if (values->count == GRID_VALUES)
		return error_set(err, EXIT_BAD_USAGE, "more than %d values", GRID_VALUES);
	values->value[values->count++] = value;
	return 0;
}

/* "2" is "2s", but of what is no time. */
static char *with_unit(const struct option *option, const char *text)
{
	bool bare = *text && text[strspn(text, "0123456789.")] == '\0';

	return text_format("%s%s", text, bare && option->type != OPTION_WHOLE ? "s" : "");
}

int grid_take(struct grid *grid, enum grid_axis axis, const char *list, struct error *err)
{
	const struct option *option = option_of(axis);
	struct grid_values *values = &grid->axis[axis];
	_cleanup_free_ char *copy = strdup(list);

	CHECK_MEMORY(copy);
	values->count = 0;
	for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
		_cleanup_free_ char *text = with_unit(option, word);

		if (add_value(values, option, text, err))
			return error_wrap(err, "--%s", option->name);
	}
	array_sort(values->value, (size_t)values->count, sizeof(values->value[0]), by_value);
	CHECK(values->count > 0);
	return 0;
}

static void print_value(FILE *out, const struct option *option, int value)
{
	char text[48];

	if (option->type == OPTION_WHOLE)
		snprintf(text, sizeof(text), "%d", value);
	else
		duration_print_ms(option->type == OPTION_SECONDS ? value * 1000 : value, text,
				  sizeof(text));
	fputs(text, out);
}

char *grid_print(const struct grid *grid, enum grid_axis axis)
{
	const struct grid_values *values = &grid->axis[axis];
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < values->count; i++) {
		fputs(i ? "," : "", out);
		print_value(out, option_of(axis), values->value[i]);
	}
	text_end(out, &text);
	return text;
}

/* Cells --------------------------------------------------------------------------------------- */

/* `part`: an arm, or of GRID_ELECTION a cluster. */
static int *field_of(void *part, enum grid_axis axis)
{
	return (int *)(void *)((char *)part + option_of(axis)->offset);
}

int grid_cells(const struct grid *grid)
{
	int cells = 1;

	for (int axis = 0; axis < GRID_AXES_COUNT; axis++) {
		CHECK(grid->axis[axis].count > 0);
		cells *= grid->axis[axis].count;
	}
	return cells;
}

int grid_complete(struct grid *grid, const struct campaign *campaign, struct error *err)
{
	struct arm own = campaign->arm[0];
	struct cluster_options cluster = campaign->cluster;

	for (int axis = 0; axis < GRID_AXES_COUNT; axis++) {
		void *part = axis == GRID_ELECTION ? (void *)&cluster : &own;

		if (!grid->axis[axis].count)
			grid->axis[axis] = (struct grid_values){
				.count = 1, .value = {*field_of(part, (enum grid_axis)axis)}};
	}
	if (grid_cells(grid) <= GRID_CELLS)
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "%d combinations; a sweep takes %d: fewer values, or several sweeps",
			 grid_cells(grid), GRID_CELLS);
}

int grid_cells_of_cluster(const struct grid *grid)
{
	return grid_cells(grid) / grid->axis[GRID_ELECTION].count;
}

int grid_election_ms(const struct grid *grid, int number)
{
	CHECK(number >= 0 && number < grid_cells(grid));
	return grid->axis[GRID_ELECTION].value[number / grid_cells_of_cluster(grid)];
}

struct arm grid_cell(const struct grid *grid, const struct arm *arm, int number)
{
	struct arm cell = *arm;

	CHECK(number >= 0 && number < grid_cells(grid));
	for (int axis = GRID_AXES_COUNT - 1; axis > GRID_ELECTION; axis--) {
		const struct grid_values *values = &grid->axis[axis];

		*field_of(&cell, (enum grid_axis)axis) = values->value[number % values->count];
		number /= values->count;
	}
	/* No name of an arm may be longer than 20; the longest of these is that long. */
	CHECK(snprintf(cell.name, sizeof(cell.name), "t%dh%dr%d", cell.ttl_s, cell.heartbeat_ms,
		       cell.retries) <= 20);
	return cell;
}

/* The campaign ------------------------------------------------------------------------------- */

static int find_arm(const struct campaign *campaign, const char *name, struct error *err)
{
	const char *names[ARMS_MAX + 1] = {NULL};
	char all[400];

	for (int i = 0; i < campaign->arms; i++)
		names[i] = campaign->arm[i].name;
	int arm = name ? word_index(name, names) : 0;

	if (campaign->arms == 0)
		return error_set(err, EXIT_BAD_USAGE, "%.200s has no arm to make cells of",
				 campaign->place.file);
	if (arm < 0)
		error_set(err, EXIT_BAD_USAGE,
			  "--arm %.40s: %.200s has none of that name%s; it has: %s", name,
			  campaign->place.file, word_hint(name, names).text,
			  word_list(all, sizeof(all), names));
	return arm;
}

static void fix_length(struct span *span, int ttl_s)
{
	if (span->in_ttl)
		*span = (struct span){.low = span->low * ttl_s, .high = span->high * ttl_s};
}

static void fix_lengths(struct fault_block *block, int ttl_s)
{
	const struct option *option = option_sections[SECTION_FAULT].options;

	for (; option->name; option++)
		if (option->type == OPTION_SPAN)
			fix_length((void *)((char *)block + option->offset), ttl_s);
}

int grid_prepare(struct campaign *campaign, const char *arm, struct error *err)
{
	int chosen = find_arm(campaign, arm, err);

	if (chosen < 0)
		return -1;
	campaign->arm[0] = campaign->arm[chosen];
	campaign->place.arm[0] = campaign->place.arm[chosen];
	campaign->arm[0].id = 0;
	campaign->arm[0].expect = EXPECT_ANY;
	campaign->arms = 1;
	campaign->service_expect = EXPECT_ANY;
	for (int i = 0; i < campaign->blocks; i++)
		fix_lengths(&campaign->block[i], campaign->arm[0].ttl_s);
	return campaign_validate(campaign, err);
}
