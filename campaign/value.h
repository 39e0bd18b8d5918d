/* Private to the room: values of options, from text and to text, as their types say. */
#ifndef CAMPAIGN_VALUE_H
#define CAMPAIGN_VALUE_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "campaign/options.h"

/* Whether the option, or one element of a list, may be that. */
int value_judge(const struct option *option, const char *text, struct error *err);

/* What a judged text says goes to `into`; a time of too many TTLs of `ttl_s` is refused. Of a
 * target, and of the block that one follows, nothing goes anywhere: that takes more than a text. */
int value_take(const struct option *option, const char *text, int ttl_s, void *into,
	       struct error *err);

/* As value_take reads it back. `base` holds the field. */
void value_print(FILE *out, const struct option *option, const void *base);

/* Of numbers, flags and words; the caller frees. */
cJSON *value_as_json(const struct option *option, const void *base);

bool value_is_zero(const struct option *option, const void *base);

/* For the checks of text options: not empty, plain, and it fits. */
int value_check_text(const struct option *option, const char *text, struct error *err);
int value_check_word(const struct option *option, const char *text, struct error *err);

#endif
