/*
 * A history.db as long as one likes, of the shape that `fencepost run` leaves: lanes of workers who
 * ask for a lease, wait for the lock, learn their token, renew, read and write the resource and
 * give back; three members that tell the witness of each change of a key; the store's decisions.
 * Sound, and written row by row, so that memory does not grow with it.
 */
#ifndef TESTS_BIG_RUN_H
#define TESTS_BIG_RUN_H

#include <stdint.h>

/* The file must not exist. A few operations more, so that every hold has its end; sealed. */
void big_run_write(const char *path, uint32_t operations);

#endif
