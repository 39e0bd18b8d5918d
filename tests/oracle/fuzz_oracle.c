/*
 * Usage: fuzz-oracle [SEED [HISTORIES [MODEL]]]
 *
 * All enumerated histories and HISTORIES drawn ones (eight million), on every processor there is.
 * Ends with status 1 when anybody disagreed with the exhaustive search.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "checker/linear/linear.h"
#include "tests/oracle/oracle.h"

int main(int argc, char **argv)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct oracle_plan plan = {
		.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : random_draw_seed(),
		.drawn = argc > 2 ? strtoull(argv[2], NULL, 10) : 8000000,
		.stride = 1,
		.processes = processors < 1   ? 1
			     : processors > 8 ? 8
					      : (int)processors,
	};

	for (enum model model = 0; argc > 3 && model < MODELS_COUNT; model++)
		if (strcmp(argv[3], model_names[model]) != 0)
			plan.without |= 1U << model;
	if (plan.without == (1U << MODELS_COUNT) - 1) {
		fprintf(stderr, "%s: no model\n", argv[3]);
		return 64;
	}
	printf("seed %lu: %lu drawn histories and all small ones, %d processes\n", plan.seed,
	       plan.drawn, plan.processes);
	return oracle_run(&plan, stdout) == 0 ? 0 : 1;
}
