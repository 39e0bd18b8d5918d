/* How every Check program ends. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

/* Runs the suite and frees it, its cases too. What main returns: EXIT_FAILURE when a test failed.
 */
int suite_run(Suite *suite);

#endif
