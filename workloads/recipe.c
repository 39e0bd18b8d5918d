#include "workloads/recipe.h"

#include <stddef.h>

const struct recipe_steps *recipe_find(enum recipe recipe)
{
	switch (recipe) {
	case RECIPE_LOCK:
		return &recipe_lock;
	case RECIPE_BROKEN_PUT:
		return &recipe_broken_put;
	case RECIPE_BROKEN_NO_RENEW:
		return &recipe_broken_no_renew;
	case RECIPE_BROKEN_GHOST:
		return &recipe_broken_ghost;
	case RECIPE_BROKEN_TOKEN:
		return &recipe_broken_token;
	case RECIPE_BROKEN_FOREVER:
		return &recipe_broken_forever;
	case RECIPE_BROKEN_RELEASE:
		return &recipe_broken_release;
	case RECIPE_BROKEN_STEAL:
		return &recipe_broken_steal;
	case RECIPE_BROKEN_KEEPALIVE:
		return &recipe_broken_keepalive;
	case RECIPE_BROKEN_GONE:
		return &recipe_broken_gone;
	case RECIPE_BROKEN_STALE:
		return &recipe_broken_stale;
	}
	return NULL;
}

unsigned int arm_planted(const struct arm *arm)
{
	return (recipe_find(arm->recipe)->planted ? PLANTED_CLIENT : 0u) |
	       (arm->store == STORE_HONEST ? 0u : PLANTED_STORE);
}
