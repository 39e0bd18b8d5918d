#include "campaign/arm.h"

#include <stddef.h>

#define X(name, text) text,
const char *const recipe_names[] = {RECIPES(X) NULL};
const char *const store_names[] = {STORES(X) NULL};
#undef X
const char *const expectation_names[] = {"any", "safe", "unsafe", NULL};

const char *recipe_name(enum recipe recipe)
{
	return recipe_names[recipe];
}
