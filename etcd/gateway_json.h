/*
 * The JSON of etcd's gateway, which is protobuf's mapping: bytes are base64, 64-bit integers are
 * strings (ids exceed 2^53, so they must never become a double), zero values are left out. So a
 * name that is absent reads as zero, and true is returned; false means that the value is there and
 * malformed, or does not fit.
 */
#ifndef ETCD_GATEWAY_JSON_H
#define ETCD_GATEWAY_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define _cleanup_json_ __attribute__((cleanup(json_cleanup)))

static inline void json_cleanup(cJSON **json)
{
	cJSON_Delete(*json);
}

bool json_read_int64(const cJSON *object, const char *name, int64_t *value);
/* A revision, a version, a number of things: from 0 to JSON_COUNT_MAX, which leaves room to add to
 * it and fits whatever records it. */
#define JSON_COUNT_MAX (INT64_C(1) << 62)
bool json_read_count(const cJSON *object, const char *name, int64_t *value);
bool json_read_uint64(const cJSON *object, const char *name, uint64_t *value);
bool json_read_bool(const cJSON *object, const char *name, bool *value);
bool json_read_text(const cJSON *object, const char *name, char *into, size_t size);

/* Base64 into a C string; bytes with a NUL among them are refused. */
bool json_read_bytes(const cJSON *object, const char *name, char *into, size_t size);

/* The same of an item itself, as in a list; there an item that is no text is malformed. */
bool json_read_bytes_item(const cJSON *item, char *into, size_t size);

void json_add_int64(cJSON *object, const char *name, int64_t value);
void json_add_bytes(cJSON *object, const char *name, const void *bytes, size_t size);

/* The request as text, for the caller to free. Takes it. */
char *json_print(cJSON *request);

#endif
