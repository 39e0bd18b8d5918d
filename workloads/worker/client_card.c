#include "workloads/worker/client_card.h"

#include <stdio.h>

enum { EMPTY, TAKEN, FILLED };

void client_card_fill(struct client_card *card, const char *name, const char *version)
{
	int empty = EMPTY;

	if (!atomic_compare_exchange_strong(&card->state, &empty, TAKEN))
		return;
	snprintf(card->text, sizeof(card->text), "%s%s%s", name, *version ? " " : "", version);
	atomic_store(&card->state, FILLED);
}

const char *client_card_text(const struct client_card *card)
{
	return atomic_load(&card->state) == FILLED ? card->text : NULL;
}
