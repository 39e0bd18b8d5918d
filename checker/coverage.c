/*
 * Theory of operation. Every entry of the schedule and every fault is a cell of its own at first;
 * sorted, equal ones are added up. Each fault then remembers its cell, so that exposures and
 * violations, of which there may be very many, find it by a binary search.
 */
#include "checker/coverage.h"

#include <string.h>

#include "base/array.h"

struct place {
	int64_t fault;
	struct coverage_cell *cell;
};

static int compare_cells(const void *left, const void *right)
{
	const struct coverage_cell *a = left, *b = right;

	return strcmp(a->kind, b->kind) ?: strcmp(a->moment, b->moment);
}

static int compare_places(const void *left, const void *right)
{
	return array_order(((const struct place *)left)->fault,
			   ((const struct place *)right)->fault);
}

static struct coverage_cell cell_of(const struct fault_row *fault)
{
	return (struct coverage_cell){
		.kind = fault->kind,
		.moment = fault->when ? fault->when : COVERAGE_UNPLANNED,
		.injected = 1,
		.bitten = fault->bitten,
	};
}

static void add_up(struct coverage *coverage, int count)
{
	for (int i = 0; i < count; i++) {
		const struct coverage_cell *added = &coverage->cell[i];
		struct coverage_cell *last =
			coverage->cells ? &coverage->cell[coverage->cells - 1] : NULL;

		if (last && compare_cells(last, added) == 0) {
			last->planned += added->planned;
			last->injected += added->injected;
			last->bitten += added->bitten;
		} else {
			coverage->cell[coverage->cells++] = *added;
		}
	}
	for (int i = 0; i < coverage->cells; i++)
		CHECK(coverage->cell[i].bitten <= coverage->cell[i].injected);
}

void coverage_open(const struct history *history, struct coverage *coverage)
{
	int count = 0;

	*coverage = (struct coverage){.places = history->faults};
	ARRAY_NEW(coverage->cell, (size_t)history->schedules + (size_t)history->faults);
	for (int i = 0; i < history->schedules; i++)
		coverage->cell[count++] = (struct coverage_cell){
			.kind = history->schedule[i].kind,
			.moment = history->schedule[i].when,
			.planned = 1,
		};
	for (int i = 0; i < history->faults; i++)
		coverage->cell[count++] = cell_of(&history->fault[i]);
	qsort(coverage->cell, (size_t)count, sizeof(*coverage->cell), compare_cells);
	add_up(coverage, count);
	ARRAY_NEW(coverage->place, history->faults);
	for (int i = 0; i < history->faults; i++) {
		const struct coverage_cell wanted = cell_of(&history->fault[i]);

		coverage->place[i] =
			(struct place){history->fault[i].id,
				       bsearch(&wanted, coverage->cell, (size_t)coverage->cells,
					       sizeof(wanted), compare_cells)};
		CHECK(coverage->place[i].cell); /* else its exposures would be nobody's */
	}
	qsort(coverage->place, (size_t)coverage->places, sizeof(*coverage->place), compare_places);
}

void coverage_close(struct coverage *coverage)
{
	free(coverage->cell);
	free(coverage->place);
	*coverage = (struct coverage){0};
}

static struct coverage_cell *find_cell(const struct coverage *coverage, int64_t fault)
{
	const struct place wanted = {.fault = fault};
	const struct place *place =
		coverage->places ? bsearch(&wanted, coverage->place, (size_t)coverage->places,
					   sizeof(wanted), compare_places)
				 : NULL;

	return place ? place->cell : NULL;
}

void coverage_count_exposure(struct coverage *coverage, const struct fault_row *fault)
{
	struct coverage_cell *cell = fault ? find_cell(coverage, fault->id) : NULL;

	CHECK(cell || !fault || !coverage->places); /* every fault of the history has one */
	if (cell)
		cell->exposures++;
}

void coverage_count_violation(struct coverage *coverage, const struct violation *violation)
{
	CHECK(violation->definite);
	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];

		if (strcmp(evidence->kind, "fault") != 0)
			continue;
		struct coverage_cell *cell = find_cell(coverage, evidence->ref);

		if (cell)
			cell->violations++;
		return;
	}
}
