#include "checker/together.h"

#include <string.h>

#include "base/array.h"

static void crowd_open(struct crowd *crowd, int most)
{
	CHECK(most >= 1 && most <= PERMITS_MAX);
	*crowd = (struct crowd){.most = most};
	ARRAY_NEW(crowd->last, most + 1);
}

void together_open(struct together *together, const struct lane_facts *facts)
{
	together->sharing = facts->sharing;
	crowd_open(&together->all, facts->most);
	crowd_open(&together->alone, 1);
}

void together_close(struct together *together)
{
	free(together->all.last);
	free(together->alone.last);
	*together = (struct together){0};
}

static void crowd_drop(struct crowd *crowd, int at)
{
	CHECK(at < crowd->count);
	crowd->count--;
	memmove(&crowd->last[at], &crowd->last[at + 1],
		(size_t)(crowd->count - at) * sizeof(*crowd->last));
}

static void crowd_add(struct crowd *crowd, const struct piece *piece)
{
	int at = 0;

	for (int i = 0; i < crowd->count; i++) {
		if (crowd->last[i].who != piece->who)
			continue;
		if (crowd->last[i].to >= piece->to)
			return;
		crowd_drop(crowd, i);
	}
	while (at < crowd->count && crowd->last[at].to >= piece->to)
		at++;
	if (at > crowd->most)
		return;
	if (crowd->count > crowd->most)
		crowd_drop(crowd, crowd->most);
	memmove(&crowd->last[at + 1], &crowd->last[at],
		(size_t)(crowd->count - at) * sizeof(*crowd->last));
	crowd->last[at] = *piece;
	crowd->count++;
	CHECK(crowd->count <= crowd->most + 1);
}

void together_add(struct together *together, const struct piece *piece, enum mode mode)
{
	crowd_add(&together->all, piece);
	if (mode == MODE_EXCLUSIVE)
		crowd_add(&together->alone, piece);
}

bool together_bars(const struct together *together, const struct piece *piece, enum mode mode,
		   struct bar *bar)
{
	bool reads = together->sharing == SHARING_RWLOCK && mode == MODE_SHARED;
	const struct crowd *crowd = reads ? &together->alone : &together->all;

	bar->count = 0;
	for (int i = 0; i < crowd->count && bar->count < crowd->most; i++)
		if (crowd->last[i].who != piece->who)
			bar->piece[bar->count++] = &crowd->last[i];
	if (bar->count < crowd->most)
		return false;
	bar->until = bar->piece[bar->count - 1]->to;
	return bar->until > piece->from;
}
