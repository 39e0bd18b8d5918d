/*
 * The record of a leader, as Kubernetes keeps it in a Lease (kubernetes, api/coordination/v1): who
 * leads, for how long the others are to wait after they saw it change, and since when. A client
 * writes it, no server looks into it.
 *
 * The holder is a number here (in the record hexadecimal digits): what the history has for a lease.
 */
#ifndef WORKLOADS_LEASE_RECORD_H
#define WORKLOADS_LEASE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

enum { LEASE_RECORD_SIZE = 256, LEASE_RECORD_TIME = 32 };

struct lease_record {
	int64_t holder; /* 0: nobody */
	int duration_s;
	int64_t transitions;              /* from holder to holder */
	char acquired[LEASE_RECORD_TIME]; /* by the wall clock of who writes; nobody judges by */
	char renewed[LEASE_RECORD_TIME];  /* them */
};

/* Now, in UTC, with microseconds. */
void lease_record_stamp(char stamp[LEASE_RECORD_TIME]);

void lease_record_print(const struct lease_record *record, char text[LEASE_RECORD_SIZE]);

/* False: the text, which may be anybody's, is no such record. */
bool lease_record_parse(const char *text, struct lease_record *record);

#endif
