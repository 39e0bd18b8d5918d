/* The page of a sweep. */
#include "reports/sweep.h"

#include "base/invariant.h"

const struct sweep_figure_row sweep_figure_rows[SWEEP_FIGURES_COUNT] = {
#define X(name, word, unit, sentence) {(word), (unit), (sentence)},
	SWEEP_FIGURES(X)
#undef X
};

const char *sweep_state_word(enum sweep_state state)
{
	static const char *const words[SWEEP_STATES_COUNT] = {
#define X(name, word) (word),
		SWEEP_STATES(X)
#undef X
	};

	CHECK(state < SWEEP_STATES_COUNT);
	return words[state];
}

int report_write_sweep(const struct sweep *sweep, FILE *out, struct error *err)
{
	CHECK(sweep->cells >= 1 && sweep->cells <= SWEEP_CELLS);
	if (fputs("<!DOCTYPE html>\n<title>A sweep</title>\n", out) < 0)
		return error_set(err, EXIT_MACHINE_LACKS,
				 "the page of the sweep cannot be written");
	return 0;
}
