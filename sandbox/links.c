/*
 * Reading the hub's counters. nft prints them as JSON numbers, which cJSON keeps in a double: exact
 * below 2^53, more packets than any run will see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "sandbox/filter.h"
#include "sandbox/hosts_inside.h"

enum { HUB = -1, SET_SIZE = CUT_LINKS_MAX /* as in cuts.c */ };

static int64_t number_of(const cJSON *counter, const char *name)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(counter, name);

	return cJSON_IsNumber(number) && number->valuedouble >= 0 ? (int64_t)number->valuedouble
								  : 0;
}

/* The links found so far; index: which of them goes from host to host, by (from + 1, to + 1). */
struct harvest {
	struct link_count *counts;
	int limit, count, hosts;
	int32_t *index; /* owned; 0: none yet, else 1 + its place */
};

static void begin_harvest(struct harvest *harvest, const struct hosts *hosts,
			  struct link_count *counts, int limit)
{
	size_t side = (size_t)hosts->plan.count + 1;

	CHECK(hosts_abilities(hosts) & CAN_CUT);
	*harvest = (struct harvest){counts, limit, 0, hosts->plan.count,
				    calloc(side * side, sizeof(*harvest->index))};
	CHECK_MEMORY(harvest->index);
}

static struct link_count *link_of(struct harvest *harvest, int from, int to)
{
	int32_t *place = &harvest->index[(from + 1) * (harvest->hosts + 1) + to + 1];

	if (*place == 0) {
		if (harvest->count == harvest->limit)
			return NULL;
		harvest->counts[harvest->count] = (struct link_count){.from = from, .to = to};
		*place = ++harvest->count;
	}
	return &harvest->counts[*place - 1];
}

/* "p12" is host 12; anything else is no port of ours. */
static bool read_port(const cJSON *name, int hosts, int *host)
{
	char rest;

	return cJSON_IsString(name) && sscanf(name->valuestring, "p%d%c", host, &rest) == 1 &&
	       *host >= 0 && *host < hosts;
}

enum what { CARRIED, DROPPED, TO_HUB, FROM_HUB };

static bool read_ends(const cJSON *value, enum what what, int hosts, int *from, int *to)
{
	*from = *to = HUB;
	switch (what) {
	case CARRIED:
	case DROPPED:
		value = cJSON_GetObjectItemCaseSensitive(value, "concat");
		return read_port(cJSON_GetArrayItem(value, 0), hosts, from) &&
		       read_port(cJSON_GetArrayItem(value, 1), hosts, to);
	case TO_HUB:
		return read_port(value, hosts, from);
	case FROM_HUB:
		return read_port(value, hosts, to);
	}
	return false;
}

static int take_element(struct harvest *harvest, const cJSON *element, enum what what,
			struct error *err)
{
	const cJSON *inner = cJSON_GetObjectItemCaseSensitive(element, "elem");
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(inner, "val");
	const cJSON *counter = cJSON_GetObjectItemCaseSensitive(inner, "counter");
	int from, to;

	if (!read_ends(value, what, harvest->hosts, &from, &to))
		return 0; /* the bridge's own port */
	struct link_count *link = link_of(harvest, from, to);

	if (!link)
		return error_set(err, EXIT_OUR_FAULT, "more than %d links", harvest->limit);
	if (what == DROPPED) {
		link->dropped += number_of(counter, "packets");
	} else {
		link->packets += number_of(counter, "packets");
		link->bytes += number_of(counter, "bytes");
	}
	return 0;
}

static int take_set(struct harvest *harvest, const char *name, enum what what, struct error *err)
{
	char command[64];
	cJSON *objects;
	const cJSON *element;
	int result = 0;

	snprintf(command, sizeof(command), "list set bridge fencepost %s", name);
	if (filter_list(command, &objects, err))
		return -1;
	const cJSON *set = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(objects, 0), "set");
	const cJSON *elements = cJSON_GetObjectItemCaseSensitive(set, "elem");

	if (cJSON_GetArraySize(elements) >= SET_SIZE)
		result = error_set(err, EXIT_OUR_FAULT, "the set of links is full");
	cJSON_ArrayForEach (element, elements)
		if (result == 0)
			result = take_element(harvest, element, what, err);
	cJSON_Delete(objects);
	return result;
}

int hosts_count_links(struct hosts *hosts, struct link_count *counts, int limit, int *count,
		      struct error *err)
{
	struct harvest harvest;

	begin_harvest(&harvest, hosts, counts, limit);
	int result = take_set(&harvest, "links", CARRIED, err) ||
		     take_set(&harvest, "drops", DROPPED, err) ||
		     take_set(&harvest, "arrived", TO_HUB, err) ||
		     take_set(&harvest, "left", FROM_HUB, err);

	*count = harvest.count;
	free(harvest.index);
	return result ? error_wrap(err, "counters of the hub") : 0;
}

int hosts_cut_links(struct hosts *hosts, int id, struct link_count *counts, int limit, int *count,
		    struct error *err)
{
	char name[16];
	struct harvest harvest;

	CHECK(id > 0);
	snprintf(name, sizeof(name), "f%d", id);
	begin_harvest(&harvest, hosts, counts, limit);
	int result = take_set(&harvest, name, DROPPED, err);

	*count = harvest.count;
	free(harvest.index);
	return result ? error_wrap(err, "count of cut %d", id) : 0;
}
