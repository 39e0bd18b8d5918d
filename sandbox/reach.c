/* What the kernel says of a host's TCP connections: /proc/net/snmp (proc_net(5)) is of the network
 * namespace of who reads it. */
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"
#include "sandbox/hosts_inside.h"

enum { LINE_SIZE = 1024 };

/* The number under this name: the first line that begins with "Tcp:" has the names, the second the
 * numbers. -1. */
static int64_t find_number(const char *names, const char *numbers, const char *wanted)
{
	char name[64];
	long long number;
	int at = 0, of = 0, length;

	while (sscanf(names + at, " %63s%n", name, &length) == 1) {
		at += length;
		if (strcmp(name, "Tcp:") == 0) {
			of = (int)strlen("Tcp:");
			continue;
		}
		if (sscanf(numbers + of, " %lld%n", &number, &length) != 1)
			return -1;
		of += length;
		if (strcmp(name, wanted) == 0)
			return number;
	}
	return -1;
}

static int read_counts(FILE *file, struct connection_count *count, struct error *err)
{
	char names[LINE_SIZE] = "", numbers[LINE_SIZE] = "";

	while (strncmp(names, "Tcp:", 4) != 0)
		if (!fgets(names, sizeof(names), file))
			return error_set(err, EXIT_OUR_FAULT, "no line \"Tcp:\"");
	if (!fgets(numbers, sizeof(numbers), file))
		return error_set(err, EXIT_OUR_FAULT, "one line \"Tcp:\" only");
	*count = (struct connection_count){
		.opened = find_number(names, numbers, "ActiveOpens"),
		.failed = find_number(names, numbers, "AttemptFails"),
		.reset = find_number(names, numbers, "EstabResets"),
		.retransmitted = find_number(names, numbers, "RetransSegs"),
	};
	if (count->opened < 0 || count->failed < 0 || count->reset < 0 || count->retransmitted < 0)
		return error_set(err, EXIT_OUR_FAULT, "a number is missing");
	return 0;
}

int hosts_count_connections(struct hosts *hosts, int host, struct connection_count *count,
			    struct error *err)
{
	static const char path[] = "/proc/thread-self/net/snmp";

	CHECK(hosts_abilities(hosts) & CAN_CUT && hosts->network.host_fd);
	if (network_enter(&hosts->network, host, err))
		return -1;
	FILE *file = fopen(path, "re");
	int result =
		file ? read_counts(file, count, err) : error_errno(err, EXIT_OUR_FAULT, "%s", path);

	if (file)
		fclose(file);
	if (network_leave(&hosts->network, err))
		return -1;
	return result ? error_wrap(err, "connections of %s", hosts_get(hosts, host)->name) : 0;
}
