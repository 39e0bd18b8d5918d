/*
 * What a result means for the operation: did it take effect? One table, in outcome.c, each line
 * with its source.
 */
#ifndef ETCD_OUTCOME_H
#define ETCD_OUTCOME_H

#include <stdbool.h>

/* The numbers are those of enum outcome in history/event.h; the rooms do not include each other. */
enum etcd_outcome { ETCD_INFO, ETCD_OK, ETCD_FAIL };

/* Of an answer: HTTP status, gRPC code (-1: none given), and the error's text (empty: none). */
enum etcd_outcome etcd_outcome_of_answer(int http_status, int code, const char *message);

/* Of no answer, whatever libcurl calls the error: all that counts is whether the request left us
 * (etcd/http.h says how that is known). */
enum etcd_outcome etcd_outcome_of_transport(bool request_left);

#endif
