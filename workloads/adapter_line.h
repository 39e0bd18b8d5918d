/*
 * A line that an adapter says (docs/adapter.md): one JSON object, an answer or an event. Bytes from
 * outside: whatever they are, they become a line whose every field is within its bounds, or a
 * complaint. Pure.
 */
#ifndef WORKLOADS_ADAPTER_LINE_H
#define WORKLOADS_ADAPTER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history/event.h"

enum { ADAPTER_PROTOCOL = 1, ADAPTER_COMPLAINT = 128 };
enum { ADAPTER_NAME = 32, ADAPTER_VERSION = 24, ADAPTER_LINE_MAX = 4096 /* without its end */ };
enum { ADAPTER_VALID_MAX_MS = 86400000 };

enum adapter_event { ADAPTER_ANSWER, ADAPTER_LOST, ADAPTER_RENEWED };

/* Of which kind its fencing tokens are. */
#define ADAPTER_TOKENS(X)                                                                          \
	X(NONE, "none")                                                                            \
	X(CREATE_REVISION, "create_revision") /* of the lock's key in etcd */                      \
	X(NUMBER, "number")                   /* grows from holder to holder, and is no more */

enum adapter_token {
#define X(name, word) ADAPTER_TOKEN_##name,
	ADAPTER_TOKENS(X)
#undef X
};
extern const char *const adapter_token_words[]; /* NULL-terminated */

/* What is not told is zero, false or empty. */
struct adapter_line {
	enum adapter_event event;
	int64_t id; /* of the request that it answers; of an event: of the acquire that it is about
		     */
	enum outcome outcome; /* of an answer */
	bool gone;            /* of a renew that failed: the lock is lost */
	int64_t token, lease;
	int64_t sent_ns;  /* CLOCK_MONOTONIC: before the request left that granted or renewed */
	int32_t valid_ms; /* for so long from then on */
	char key[KEY_SIZE];
	char error[ERROR_SIZE];
	/* Of the answer to init. */
	int protocol;
	char name[ADAPTER_NAME], version[ADAPTER_VERSION];
	enum adapter_token tokens;
	bool tells_losses, renews;
};

/* `line` without its newline. False, with what is wrong with it, when it is none. */
bool adapter_line_parse(const char *line, size_t size, struct adapter_line *told,
			char complaint[ADAPTER_COMPLAINT]);

#endif
