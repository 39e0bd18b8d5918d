/* Values for JSON. Whole numbers digit by digit: cJSON keeps numbers as doubles and prints 15
 * digits of most, so that a greater number, such as a seed, would come out as another. */
#ifndef REPORTS_JSON_WHOLE_H
#define REPORTS_JSON_WHOLE_H

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* Never fail: without memory they abort. The object owns what is added. */
void json_add_whole(cJSON *object, const char *key, int64_t number);
void json_add_unsigned(cJSON *object, const char *key, uint64_t number);
void json_add_text(cJSON *object, const char *key, const char *text); /* NULL: null */

/* null for what is not finite; and an array of the two. */
cJSON *json_real(double number);
cJSON *json_interval(double low, double high);

/* Prints and deletes it. */
int json_print_whole(cJSON *root, FILE *out, struct error *err);

#endif
