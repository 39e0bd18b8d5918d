/*
 * The recipes' steps: one symbol for each row of RECIPES (campaign/recipes.h), in a file of
 * workloads/ that tells whose habit it is. Adding a recipe is a row and a file.
 */
#ifndef WORKLOADS_RECIPE_H
#define WORKLOADS_RECIPE_H

#include "campaign/recipes.h"
#include "etcd/etcd.h"
#include "workloads/worker/lock_client.h"

struct lock_service { /* one part for each service that a recipe speaks to */
	struct etcd_target etcd;
};

#define X(name, word, planted, service, model, predicts, habit, steps)                             \
	extern const struct lock_client_steps steps;
RECIPES(X)
#undef X

const struct lock_client_steps *recipe_steps(enum recipe recipe);

#endif
