#include "checker/occasions.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "checker/checker.h"
#include "history/row.h"

void occasions_add(struct occasions *occasions, const struct fault_row *fault, int64_t id,
		   bool harmed)
{
	struct trial trial = {OF_ITSELF, id, harmed};

	if (fault && fault->schedule)
		trial = (struct trial){OF_SCHEDULE, fault->schedule, harmed};
	else if (fault)
		trial = (struct trial){OF_FAULT, fault->id, harmed};
	*ROWS_APPEND(occasions->trial, occasions->trials) = trial;
}

void occasions_close(struct occasions *occasions)
{
	free(occasions->trial);
	*occasions = (struct occasions){0};
}

static int compare_trials(const void *left, const void *right)
{
	const struct trial *a = left, *b = right;

	return array_order(a->of, b->of) ?: array_order(a->id, b->id);
}

/* Over occasions: of their trials m and events x. */
struct sums {
	double occasions, trials, events, squares_m, squares_x, products;
};

static void add_occasion(struct sums *sums, double trials, double events, double times)
{
	CHECK(events <= trials && times >= 0);
	sums->occasions += times;
	sums->trials += times * trials;
	sums->events += times * events;
	sums->squares_m += times * trials * trials;
	sums->squares_x += times * events * events;
	sums->products += times * trials * events;
}

/* How many independent trials would tell as much. */
static double effective_trials(const struct sums *sums)
{
	double n = sums->occasions, m = sums->trials, rate = sums->events / m;

	if (n < 2 || sums->events <= 0 || sums->events >= m)
		return n;
	/* The sum of (x - rate * m) squared. */
	double residual =
		sums->squares_x - 2 * rate * sums->products + rate * rate * sums->squares_m;
	double variance = n / (n - 1) * residual / (m * m);
	double alone = rate * (1 - rate) / m;

	if (variance <= alone * 1e-9)
		return m;
	double freedom = checker_student(m - 1) / checker_student(n - 1);

	return fmin(m, m * alone / variance * freedom * freedom);
}

void occasions_reckon(struct occasions *occasions, int64_t alone, struct by_occasion *into)
{
	int count = occasions->trials;
	struct sums sums = {0};

	CHECK(alone >= 0);
	*into = (struct by_occasion){.occasions = alone, .harmed = alone};
	if (count > 0) /* else there is no array to sort */
		array_sort(occasions->trial, (size_t)count, sizeof(*occasions->trial),
			   compare_trials);
	for (int begin = 0, end = 0; begin < count; begin = end) {
		int harmed = 0;

		for (; end < count &&
		       compare_trials(&occasions->trial[begin], &occasions->trial[end]) == 0;
		     end++)
			harmed += occasions->trial[end].harmed;
		add_occasion(&sums, end - begin, harmed, 1);
		into->occasions++;
		into->harmed += harmed > 0;
	}
	add_occasion(&sums, 1, 1, (double)alone);
	checker_interval(into->harmed, into->occasions, &into->harmed_low, &into->harmed_high);
	if (sums.trials <= 0) {
		into->rate_low = into->rate_high = NAN;
		return;
	}
	double trials = effective_trials(&sums);

	CHECK(trials <= sums.trials); /* never more than there were */
	checker_interval_of(sums.events / sums.trials, trials, &into->rate_low, &into->rate_high);
}
