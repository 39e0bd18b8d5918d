#include "campaign/recipes.h"

#include <stddef.h>

#define X(name, word, ...) word,
const char *const recipe_names[] = {RECIPES(X) NULL};
#undef X

static const struct recipe_facts facts[] = {
#define X(name, word, planted, service, model, predicts, habit, steps)                             \
	{word, planted, service, model, predicts, habit},
	RECIPES(X)
#undef X
};

const struct recipe_facts *recipe_facts(enum recipe recipe)
{
	return &facts[recipe];
}
