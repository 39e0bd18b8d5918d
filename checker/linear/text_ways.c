#include "checker/linear/text_ways.h"

#include <string.h>

#include "base/array.h"

static void open_values(struct ways_values *values, uint32_t texts)
{
	ARRAY_NEW(values->op, texts);
	memset(values->op, 0xff, texts * sizeof(*values->op));
}

void ways_open(struct ways *ways, const struct intern *texts)
{
	*ways = (struct ways){.texts = texts};
	open_values(&ways->set, texts->entries);
	open_values(&ways->appended, texts->entries);
}

void ways_close(struct ways *ways)
{
	free(ways->set.op);
	free(ways->appended.op);
	free(ways->place);
}

bool ways_add(struct ways *ways, struct ways_values *values, uint32_t text, uint32_t op)
{
	size_t length;
	int i = 0;

	CHECK(text < ways->texts->entries && op < WAYS_SEVERAL);
	intern_bytes(ways->texts, text, &length);
	values->op[text] = values->op[text] == WAYS_NOBODY ? op : WAYS_SEVERAL;
	while (i < values->lengths && values->length[i] != length)
		i++;
	if (i == WAYS_LENGTHS)
		return false;
	values->length[i] = (uint32_t)length;
	values->lengths += i == values->lengths;
	return true;
}

static void add_ways(struct ways_place *place, uint32_t op, uint32_t from, uint8_t ways)
{
	bool many = op == WAYS_SEVERAL || ways + place->ways > 1;

	place->op = op;
	place->from = from;
	place->ways = many ? WAYS_MANY : 1;
}

/* The ways to the first `at` bytes, from those to fewer. */
static void find_place(struct ways *ways, const char *text, uint32_t at)
{
	struct ways_place *place = &ways->place[at];
	const struct ways_values *set = &ways->set, *appended = &ways->appended;

	*place = (struct ways_place){0};
	for (int i = 0; i < appended->lengths; i++) {
		uint32_t from = at - appended->length[i];

		if (appended->length[i] > at || ways->place[from].ways == 0)
			continue;
		uint32_t piece = intern_find(ways->texts, text + from, at - from);

		if (piece != UINT32_MAX && appended->op[piece] != WAYS_NOBODY)
			add_ways(place, appended->op[piece], from, ways->place[from].ways);
	}
	for (int i = 0; i < set->lengths; i++) {
		uint32_t value =
			set->length[i] == at ? intern_find(ways->texts, text, at) : UINT32_MAX;

		if (value != UINT32_MAX && set->op[value] != WAYS_NOBODY) {
			add_ways(place, set->op[value], 0, 1);
			place->set = true;
		}
	}
}

static size_t common_length(const char *one, const char *other, size_t most)
{
	size_t length = 0;

	while (length + 64 <= most && memcmp(one + length, other + length, 64) == 0)
		length += 64;
	while (length < most && one[length] == other[length])
		length++;
	return length;
}

int ways_find(struct ways *ways, uint32_t text, uint32_t *length)
{
	size_t size, before;
	const char *bytes = intern_bytes(ways->texts, text, &size);
	const char *other = intern_bytes(ways->texts, ways->text, &before);
	size_t at = 0;

	if (size >= ways->room) {
		ways->room = 2 * size + 1;
		ways->place = array_resized(ways->place, ways->room, sizeof(*ways->place));
	}
	if (ways->parsed > 0)
		at = 1 + common_length(bytes, other, before < size ? before : size);
	for (; at <= size; at++)
		find_place(ways, bytes, (uint32_t)at);
	ways->text = text;
	ways->parsed = size + 1;
	*length = (uint32_t)size;
	return ways->place[size].ways;
}
