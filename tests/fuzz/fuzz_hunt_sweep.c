/* The axes of a sweep, as they stand in its folder. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "conductor/hunt/sweep_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read prints as it reads back. */
static void read_back(const struct sweep_plan *plan, enum grid_axis axis)
{
	char *printed = grid_print(&plan->grid, axis);
	struct grid again = {0};
	struct error err = {0};

	CHECK(grid_take(&again, axis, printed, &err) == 0);
	CHECK(memcmp(&again.axis[axis], &plan->grid.axis[axis],
		     (1 + (size_t)again.axis[axis].count) * sizeof(int)) == 0);
	free(printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sweep_plan plan = {.folder = "."};
	struct error err = {0};
	char *text = malloc(size + 1);

	CHECK_MEMORY(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (sweep_read_axes(text, "sweep.txt", &plan, &err)) {
		CHECK(err.code == EXIT_BAD_USAGE && err.text[0]);
	} else {
		CHECK(plan.rounds >= 1 && plan.rounds <= SWEEP_ROUNDS_MOST);
		CHECK(plan.until_width >= 0 && plan.until_width < 1);
		for (int axis = 0; axis < GRID_AXES_COUNT; axis++)
			if (plan.grid.axis[axis].count)
				read_back(&plan, (enum grid_axis)axis);
	}
	free(text);
	return 0;
}
