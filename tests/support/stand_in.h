/*
 * A server of the test's own, which stands in for etcd's gateway or for the store: JSON over HTTP
 * on loopback, in threads of the test. What it answers, and when, is the test's, so that nothing
 * depends on how fast the machine is; and it answers what the real thing answers once in a year.
 */
#ifndef TESTS_STAND_IN_H
#define TESTS_STAND_IN_H

#include <cjson/cJSON.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

enum { STAND_IN_ANSWER = 4608 };

struct stand_in;

struct asked {
	const char *path;  /* without the leading slash */
	const char *type;  /* of the content; "": none was given */
	const char *token; /* of the header Authorization; "": none was given */
	const cJSON *body;
	int part; /* of the answer, from 0 */
};

struct told {
	int status;   /* 0: the connection is closed without an answer, or without more of it */
	sem_t *after; /* answers only once this has been posted; NULL: at once */
	bool goes_on; /* the answer has no end: it is asked for its next part when this is sent */
	char text[STAND_IN_ANSWER]; /* empty, of one that goes on: nothing yet */
};

/* Called for one question after the other, in a thread of the stand-in's. */
typedef struct told stand_in_tell(const struct asked *asked);

struct stand_in *stand_in_open(stand_in_tell *tell);

/* "http://127.0.0.1:PORT"; owned by the stand-in. */
const char *stand_in_url(const struct stand_in *stand_in);

/* From now on the test's threads and those that answer see what the others have written: for the
 * thread sanitizer, which does not know that an answer follows its question. */
void stand_in_agree(struct stand_in *stand_in);

/* How many connections there have been. */
int stand_in_connections(const struct stand_in *stand_in);

/* True when every connection has been closed by the other side, or is within 10 s. */
bool stand_in_is_left(struct stand_in *stand_in);

/* From then on its port refuses. Fails the test when it is not left. */
void stand_in_close(struct stand_in *stand_in);

/* What stands in a body under the name: a text ("" when there is none), a number (0), bytes as
 * etcd's gateway writes them ("", good until the next call). */
const char *body_text(const cJSON *body, const char *name);
int64_t body_number(const cJSON *body, const char *name);
const char *body_bytes(const cJSON *body, const char *name);

/* The text as etcd's gateway writes bytes; good until the fourth call after this. */
const char *told_bytes(const char *text);

#endif
