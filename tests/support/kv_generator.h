/* Histories of a key of a key-value store; for generate_trace. */
#ifndef TESTS_KV_GENERATOR_H
#define TESTS_KV_GENERATOR_H

#include "tests/support/trace_generator.h"

void generate_kv(const struct generator *wish, struct trace *trace);

#endif
