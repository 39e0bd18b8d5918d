/* tune.json: a sweep for programs. */
#include <math.h>

#include "base/invariant.h"
#include "history/guard.h"
#include "reports/json_whole.h"
#include "reports/sweep_view.h"

static void add_real(cJSON *object, const char *key, double number)
{
	CHECK_MEMORY(cJSON_AddItemToObject(object, key, json_real(number)));
}

static cJSON *add_list(cJSON *object, const char *key)
{
	cJSON *list = cJSON_AddArrayToObject(object, key);

	CHECK_MEMORY(list);
	return list;
}

static cJSON *add_object(cJSON *list)
{
	cJSON *object = cJSON_CreateObject();

	CHECK_MEMORY(object && cJSON_AddItemToArray(list, object));
	return object;
}

static void add_settings(cJSON *object, const struct sweep_cell *cell)
{
	const struct lease *lease = &cell->lease;

	add_real(object, "ttl_s", (double)lease->ttl_ns / 1e9);
	add_real(object, "heartbeat_s", (double)lease->heartbeat_ns / 1e9);
	json_add_whole(object, "retries", lease->retries);
	add_real(object, "election_s", cell->election_ms ? cell->election_ms / 1e3 : (double)NAN);
}

static void add_counts(cJSON *object, const struct sweep_cell *cell)
{
	json_add_whole(object, "exposures", cell->exposures);
	json_add_whole(object, "stale_writes", cell->stale);
	json_add_whole(object, "lost", cell->lost);
	add_real(object, "held_s", cell->held_s);
	json_add_whole(object, "failovers", cell->failovers);
	json_add_whole(object, "failovers_cut_off", cell->failovers_cut_off);
	json_add_whole(object, "renewals", cell->renewals);
	add_real(object, "measured_s", cell->measured_s);
}

static void add_figures(cJSON *object, const struct sweep_cell *cell)
{
	cJSON *figures = cJSON_AddObjectToObject(object, "figures");

	CHECK_MEMORY(figures);
	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++) {
		const struct sweep_figure *figure = &cell->figure[i];
		cJSON *of = cJSON_AddObjectToObject(figures, sweep_figure_rows[i].word);

		CHECK_MEMORY(of);
		add_real(of, "value", figure->value);
		CHECK_MEMORY(cJSON_AddItemToObject(of, "interval",
						   json_interval(figure->low, figure->high)));
	}
}

static void add_cell(cJSON *cells, const struct sweep_cell *cell)
{
	cJSON *object = add_object(cells);

	add_settings(object, cell);
	json_add_text(object, "state", sweep_state_word(cell->state));
	json_add_text(object, "reason", cell->reason);
	add_counts(object, cell);
	add_figures(object, cell);
	cJSON *runs = add_list(object, "runs");

	for (int i = 0; i < cell->runs; i++) {
		cJSON *run = add_object(runs);

		json_add_text(run, "folder", cell->run[i].folder);
		json_add_text(run, "arm", cell->run[i].arm);
	}
}

/* As text: a reader that keeps numbers as doubles would lose digits. */
static void add_seeds(cJSON *object, const struct sweep *sweep)
{
	cJSON *seeds = add_list(object, "seeds");

	for (int i = 0; i < sweep->seeds; i++) {
		char text[24];

		snprintf(text, sizeof(text), "%llu", (unsigned long long)sweep->seed[i]);
		CHECK_MEMORY(cJSON_AddItemToArray(seeds, cJSON_CreateString(text)));
	}
}

int report_write_sweep_json(const struct sweep *sweep, FILE *out, struct error *err)
{
	struct sweep_cell own_cell = sweep_own(sweep);
	cJSON *root = cJSON_CreateObject();

	CHECK_MEMORY(root);
	CHECK(sweep->cells >= 1 && sweep->cells <= SWEEP_CELLS);
	json_add_whole(root, "schema", 1);
	json_add_text(root, "campaign", sweep->campaign);
	json_add_text(root, "arm", sweep->arm);
	json_add_text(root, "guard", sweep->guard->word);
	json_add_text(root, "etcd", sweep->etcd);
	add_real(root, "duration_s", sweep->duration_s);
	add_real(root, "until_width", sweep->until_width > 0 ? sweep->until_width : (double)NAN);
	add_seeds(root, sweep);
	cJSON *own = cJSON_AddObjectToObject(root, "own");

	CHECK_MEMORY(own);
	add_settings(own, &own_cell);
	cJSON *cells = add_list(root, "cells");

	for (int i = 0; i < sweep->cells; i++)
		add_cell(cells, &sweep->cell[i]);
	return json_print_whole(root, out, err);
}
