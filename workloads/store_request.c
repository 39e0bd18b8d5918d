#include "workloads/store_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/word.h"
#include "workloads/worker/wire.h"

enum member { RESOURCE, TOKEN, OP, VALUE, BASE, SHARED, MEMBERS };

static const char *const member_names[] = {"resource", "token",  "op", "value",
					   "base",     "shared", NULL};

static enum member find_member(const char *name)
{
	int i = 0;

	while (i < MEMBERS && strcmp(member_names[i], name) != 0)
		i++;
	return (enum member)i;
}

__attribute__((format(printf, 2, 3))) static bool complain(char *complaint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint, STORE_COMPLAINT_SIZE, format, args);
	va_end(args);
	return false;
}

static bool unknown_member(const char *name, char *complaint)
{
	const char *near = word_nearest(name, member_names);

	if (near)
		return complain(complaint, "unknown member \"%.40s\": did you mean \"%s\"?", name,
				near);
	return complain(complaint,
			"unknown member \"%.40s\": known are resource, token, op, value, base, "
			"shared",
			name);
}

static bool read_number(const cJSON *item, int64_t least, int64_t *number, char *complaint)
{
	if (wire_number(item, number) && *number >= least)
		return true;
	return complain(complaint, "\"%s\" must be a string of digits, from %d to 2^63-1",
			item->string, (int)least);
}

static bool read_of_write(const cJSON *item, const struct store_request *request, int64_t *number,
			  char *complaint)
{
	if (!request->write)
		return complain(complaint, "a read carries no \"%s\"", item->string);
	return read_number(item, 0, number, complaint);
}

static bool read_member(const cJSON *item, struct store_request *request, char *complaint)
{
	switch (find_member(item->string)) {
	case RESOURCE:
		if (cJSON_IsString(item) && *item->valuestring &&
		    text_copy(request->resource, sizeof(request->resource), item->valuestring))
			return true;
		return complain(complaint, "\"resource\" must be a string of 1 to 63 bytes");
	case TOKEN:
		return read_number(item, 1, &request->token, complaint);
	case OP:
		return read_number(item, 1, &request->op, complaint);
	case VALUE:
		return read_of_write(item, request, &request->value, complaint);
	case BASE:
		return read_of_write(item, request, &request->base, complaint);
	case SHARED:
		request->shared = cJSON_IsTrue(item);
		return cJSON_IsBool(item) ||
		       complain(complaint, "\"shared\" must be true or false");
	case MEMBERS:
		break;
	}
	return unknown_member(item->string, complaint);
}

static bool read_members(const cJSON *object, struct store_request *request, char *complaint)
{
	unsigned seen = 0;
	unsigned needed = 1u << RESOURCE | (request->write ? 1u << VALUE : 0);
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		if (!read_member(item, request, complaint))
			return false;
		unsigned bit = 1u << find_member(item->string);

		if (seen & bit)
			return complain(complaint, "\"%s\" is given twice", item->string);
		seen |= bit;
	}
	for (int i = 0; i < MEMBERS; i++)
		if ((needed & ~seen) & 1u << i)
			return complain(complaint, "\"%s\" is missing", member_names[i]);
	return true;
}

bool store_request_parse(const char *body, size_t size, bool write, struct store_request *request,
			 char *complaint)
{
	cJSON *object = wire_parse(body, size);

	if (!object)
		return complain(complaint, "the body is not one JSON object");
	*request = (struct store_request){.write = write, .base = NO_VERSION};
	bool good = read_members(object, request, complaint);

	cJSON_Delete(object);
	return good;
}
