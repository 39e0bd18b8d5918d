/* What one request to the store asks, read strictly from its JSON body. */
#ifndef WORKLOADS_STORE_REQUEST_H
#define WORKLOADS_STORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/rule/store_rule.h"

enum { STORE_COMPLAINT_SIZE = 160 };

/* False, with what is wrong in `complaint` (STORE_COMPLAINT_SIZE bytes), when the body is anything
 * but an object of the known members, each once and of the right type. */
bool store_request_parse(const char *body, size_t size, bool write, struct store_request *request,
			 char *complaint);

#endif
