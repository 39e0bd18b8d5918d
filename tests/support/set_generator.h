/* Histories of sets; for generate_trace. */
#ifndef TESTS_SET_GENERATOR_H
#define TESTS_SET_GENERATOR_H

#include "tests/support/trace_generator.h"

void generate_set(const struct generator *wish, struct trace *trace);

#endif
