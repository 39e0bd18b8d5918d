/*
 * What both ends of the store's protocol agree on: a body is one JSON object, at most WIRE_BODY_MAX
 * bytes, and 64-bit integers travel as decimal strings, for they exceed what a double holds.
 */
#ifndef WORKLOADS_WORKER_WIRE_H
#define WORKLOADS_WORKER_WIRE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_BODY_MAX = 4096 };

/* The object that the body is, all of it, or NULL. The caller frees it with cJSON_Delete. */
cJSON *wire_parse(const char *body, size_t size);

/* True when the item is a string of digits that fits; nothing else (no sign, no space) is one. */
bool wire_number(const cJSON *item, int64_t *number);

/* Adds "name":"number". */
void wire_add_number(cJSON *object, const char *name, int64_t number);

/* The object as text; deletes the object, the caller frees the text. */
char *wire_print(cJSON *object);

#endif
