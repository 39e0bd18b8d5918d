/* What a client that is a program of its own is called, as it says itself: one card for each arm,
 * in memory that its workers and the conductor share. The first worker who learns it fills it. */
#ifndef WORKLOADS_WORKER_CLIENT_CARD_H
#define WORKLOADS_WORKER_CLIENT_CARD_H

#include <stdatomic.h>
#include <stdbool.h>

struct client_card { /* zeroed: nobody has told */
	_Atomic int state;
	char text[80]; /* "shell-curl 1.0" */
};

void client_card_fill(struct client_card *card, const char *name, const char *version);

/* NULL: nobody has told it yet. */
const char *client_card_text(const struct client_card *card);

#endif
