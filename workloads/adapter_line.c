#include "workloads/adapter_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "workloads/worker/wire.h"

#define X(name, word) word,
const char *const adapter_token_words[] = {ADAPTER_TOKENS(X) NULL};
#undef X

/* X(name in code, name on the wire, who may say it: an answer, an event) */
#define MEMBERS(X)                                                                                 \
	X(EVENT, "event", false, true)                                                             \
	X(ID, "id", true, true)                                                                    \
	X(OUTCOME, "outcome", true, false)                                                         \
	X(GONE, "gone", true, false)                                                               \
	X(TOKEN, "token", true, false)                                                             \
	X(LEASE, "lease", true, false)                                                             \
	X(SENT_NS, "sent_ns", true, true)                                                          \
	X(VALID_MS, "valid_ms", true, true)                                                        \
	X(KEY, "key", true, false)                                                                 \
	X(ERROR, "error", true, true)                                                              \
	X(FENCEPOST, "fencepost", true, false)                                                     \
	X(NAME, "name", true, false)                                                               \
	X(VERSION, "version", true, false)                                                         \
	X(TOKENS, "tokens", true, false)                                                           \
	X(TELLS_LOSSES, "tells_losses", true, false)                                               \
	X(RENEWS, "renews", true, false)

enum member {
#define X(name, word, answer, event) MEMBER_##name,
	MEMBERS(X)
#undef X
};

static const char *const member_names[] = {
#define X(name, word, answer, event) word,
	MEMBERS(X)
#undef X
		NULL};

static const struct {
	bool answer, event;
} said_by[] = {
#define X(name, word, answer, event) {answer, event},
	MEMBERS(X)
#undef X
};

static const char *const event_names[] = {"lost", "renewed", NULL};
#define X(number, name, word) [number] = word,
static const char *const outcome_names[] = {HISTORY_OUTCOMES(X) NULL};
#undef X

__attribute__((format(printf, 2, 3))) static bool complain(char *complaint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint, ADAPTER_COMPLAINT, format, args);
	va_end(args);
	return false;
}

static bool read_word(const cJSON *item, const char *const *words, int *into, char *complaint)
{
	char all[80];

	*into = cJSON_IsString(item) ? word_index(item->valuestring, words) : -1;
	return *into >= 0 || complain(complaint, "\"%s\" must be one of %s", item->string,
				      word_list(all, sizeof(all), words));
}

static bool read_flag(const cJSON *item, bool *into, char *complaint)
{
	*into = cJSON_IsTrue(item);
	return cJSON_IsBool(item) ||
	       complain(complaint, "\"%s\" must be true or false", item->string);
}

/* Small enough for a JSON number. */
static bool read_whole(const cJSON *item, int least, int most, int *into, char *complaint)
{
	bool fits = cJSON_IsNumber(item) && item->valuedouble >= least && item->valuedouble <= most;

	*into = fits ? (int)item->valuedouble : 0;
	return (fits && item->valuedouble == *into) ||
	       complain(complaint, "\"%s\" must be a whole number from %d to %d", item->string,
			least, most);
}

static bool read_number(const cJSON *item, int64_t *into, char *complaint)
{
	return (wire_number(item, into) && *into > 0) ||
	       complain(complaint, "\"%s\" must be a string of digits, from 1 to 2^63-1",
			item->string);
}

/* One line of what shows, as everywhere in the record. */
static bool read_text(const cJSON *item, char *into, size_t size, char *complaint)
{
	_cleanup_free_ char *shown = cJSON_IsString(item) ? escape_utf8(item->valuestring) : NULL;

	return (shown && *shown && strcmp(shown, item->valuestring) == 0 &&
		!strpbrk(shown, "\n\t") && text_copy(into, size, shown)) ||
	       complain(complaint, "\"%s\" must be a string of 1 to %zu bytes that all show",
			item->string, size - 1);
}

/* What went wrong is told as it is, as far as there is room. */
static bool read_error(const cJSON *item, struct adapter_line *told, char *complaint)
{
	_cleanup_free_ char *shown = cJSON_IsString(item) ? escape_utf8(item->valuestring) : NULL;

	if (!shown)
		return complain(complaint, "\"error\" must be a string");
	for (char *c = shown; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	if (!text_copy(told->error, sizeof(told->error), shown)) {
		size_t end = sizeof(told->error) - 1;

		while (end && (shown[end] & 0xc0) == 0x80) /* not within a character */
			end--;
		told->error[end] = '\0';
	}
	return true;
}

static bool read_member(enum member member, const cJSON *item, struct adapter_line *told,
			char *complaint)
{
	int number = 0;
	bool good = true;

	switch (member) {
	case MEMBER_EVENT:
		good = read_word(item, event_names, &number, complaint);
		told->event = (enum adapter_event)(number + ADAPTER_LOST);
		return good;
	case MEMBER_ID:
		good = read_whole(item, 1, INT32_MAX, &number, complaint);
		told->id = number;
		return good;
	case MEMBER_OUTCOME:
		good = read_word(item, outcome_names, &number, complaint);
		told->outcome = (enum outcome)number;
		return good;
	case MEMBER_GONE:
		return read_flag(item, &told->gone, complaint);
	case MEMBER_TOKEN:
		return read_number(item, &told->token, complaint);
	case MEMBER_LEASE:
		return read_number(item, &told->lease, complaint);
	case MEMBER_SENT_NS:
		return read_number(item, &told->sent_ns, complaint);
	case MEMBER_VALID_MS:
		return read_whole(item, 1, ADAPTER_VALID_MAX_MS, &told->valid_ms, complaint);
	case MEMBER_KEY:
		return read_text(item, told->key, sizeof(told->key), complaint);
	case MEMBER_ERROR:
		return read_error(item, told, complaint);
	case MEMBER_FENCEPOST:
		return read_whole(item, 1, 1000, &told->protocol, complaint);
	case MEMBER_NAME:
		return read_text(item, told->name, sizeof(told->name), complaint);
	case MEMBER_VERSION:
		return read_text(item, told->version, sizeof(told->version), complaint);
	case MEMBER_TOKENS:
		good = read_word(item, adapter_token_words, &number, complaint);
		told->tokens = (enum adapter_token)(good ? number : 0);
		return good;
	case MEMBER_TELLS_LOSSES:
		return read_flag(item, &told->tells_losses, complaint);
	case MEMBER_RENEWS:
		return read_flag(item, &told->renews, complaint);
	}
	return false;
}

static bool unknown_member(const char *name, char *complaint)
{
	const char *near = word_nearest(name, member_names);

	return complain(complaint, "unknown member \"%.40s\"%s%s%s", name,
			near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Two of one name, and which of them counts, are nobody's guess. */
static bool read_members(const cJSON *object, struct adapter_line *told, unsigned *seen,
			 char *complaint)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		int member = word_index(item->string, member_names);

		if (member < 0)
			return unknown_member(item->string, complaint);
		if (*seen & 1u << member)
			return complain(complaint, "\"%s\" is given twice", item->string);
		*seen |= 1u << member;
		if (!read_member((enum member)member, item, told, complaint))
			return false;
	}
	return true;
}

static bool is_whole(const struct adapter_line *told, unsigned seen, char *complaint)
{
	bool event = seen & 1u << MEMBER_EVENT;
	const char *kind = event ? "an event" : "an answer";

	for (int i = 0; member_names[i]; i++)
		if (seen & 1u << i && !(event ? said_by[i].event : said_by[i].answer))
			return complain(complaint, "%s has no \"%s\"", kind, member_names[i]);
	if (!(seen & 1u << MEMBER_ID))
		return complain(complaint, "%s without \"id\"", kind);
	if (!event && !(seen & 1u << MEMBER_OUTCOME))
		return complain(complaint, "an answer without \"outcome\"");
	if (told->sent_ns && !told->valid_ms)
		return complain(complaint, "\"sent_ns\" without \"valid_ms\"");
	CHECK(told->valid_ms >= 0 && told->id > 0);
	return true;
}

bool adapter_line_parse(const char *line, size_t size, struct adapter_line *told,
			char complaint[ADAPTER_COMPLAINT])
{
	_Static_assert((int)ADAPTER_LINE_MAX == (int)WIRE_BODY_MAX, "what wire_parse takes");
	cJSON *object = wire_parse(line, size);
	unsigned seen = 0;

	*told = (struct adapter_line){0};
	if (!object)
		return complain(complaint, "it is not one JSON object of at most %d bytes",
				ADAPTER_LINE_MAX);
	bool good = read_members(object, told, &seen, complaint) && is_whole(told, seen, complaint);

	cJSON_Delete(object);
	return good;
}
