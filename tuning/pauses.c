#include "tuning/pauses.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/duration.h"

#define LOG_NORMAL "lognormal:"
#define Z_99       2.3263478740408408 /* the 99th percentile of a standard normal */

enum { BISECTIONS = 60 };

/* Lengths as they were published: nobody says how often. */
static const struct known_pauses known[] = {
	{"hbase-gc", "8s..10s", "HBase: a full collection, for each GB of heap"},
	{"jvm-log", "4s..15s", "a JVM that logs to a busy disk"},
	{"cloud-maintenance", "100ms..10s",
	 "a virtual machine kept in memory while its host is serviced"},
	{"cloud-rare", "30s", "the same, rarely as long as this"},
	{"vsphere-snapshot", "190ms", "a snapshot's stun, read off its log (vSphere)"},
	{"github-2012", "90s", "GitHub 2012: packets frozen in a switch, then delivered"},
	{"github-2018", "43s", "GitHub 2018: a partition"},
	{"etcd-fsync", "2.9s..4s",
	 "stalls of fsync under etcd, measured in the field (etcd #15247)"},
	{0},
};

const struct known_pauses *pauses_known(int row)
{
	CHECK(row >= 0 && row < (int)(sizeof(known) / sizeof(known[0])));
	return known[row].name ? &known[row] : NULL;
}

static int refuse(const char *word, struct error *err)
{
	return error_set(
		err, EXIT_BAD_USAGE,
		"'%.60s' is no pause: a length (1.5s), a range (1s..3s), lognormal:MEDIAN:P99, "
		"@FILE with one length in seconds a line, or one of `fencepost help pauses`",
		word);
}

static int parse_log_normal(const char *word, struct pause_profile *profile, struct error *err)
{
	char text[64], *colon;
	int median_ms, p99_ms;

	if (!text_copy(text, sizeof(text), word + strlen(LOG_NORMAL)) ||
	    !(colon = strchr(text, ':')))
		return refuse(word, err);
	*colon = '\0';
	if (!duration_parse_ms(text, &median_ms) || !duration_parse_ms(colon + 1, &p99_ms) ||
	    median_ms <= 0 || p99_ms <= median_ms)
		return refuse(word, err);
	profile->shape = PAUSE_LOG_NORMAL;
	profile->median_s = median_ms / 1e3;
	profile->spread = log((double)p99_ms / median_ms) / Z_99;
	return 0;
}

static int parse_range(const char *word, struct pause_profile *profile, struct error *err)
{
	struct span span;

	if (!duration_parse_span(word, &span) || span.in_ttl || span.low <= 0)
		return refuse(word, err);
	profile->shape = PAUSE_RANGE;
	profile->least_s = span.low;
	profile->most_s = span.high;
	return 0;
}

static int by_length(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static void sort_measured(struct pause_profile *profile)
{
	array_sort(profile->measured_s, profile->count, sizeof(double), by_length);
	CHECK(profile->measured_s[0] > 0);
}

static bool is_blank(const char *text)
{
	text += strspn(text, " \t\r\n");
	return !*text || *text == '#';
}

/* Adds the line's length, if it has one. */
static int read_length(const char *line, const char *path, int number,
		       struct pause_profile *profile, struct error *err)
{
	char *end;
	double length_s = strtod(line, &end);

	if (is_blank(line))
		return 0;
	if (end == line || !is_blank(end) || !isfinite(length_s) || length_s <= 0 ||
	    length_s > DAY_S)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%.300s:%d: a length in seconds is wanted, above 0 and at most a day", path,
			number);
	ARRAY_GROW(profile->measured_s, profile->count, profile->room);
	profile->measured_s[profile->count++] = length_s;
	return 0;
}

/* Adds all. What was added before an error is let go of by the caller. */
static int read_lengths(const char *path, struct pause_profile *profile, struct error *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!file)
		return error_errno(err, EXIT_BAD_USAGE, "cannot open %.300s", path);
	for (int number = 1; getline(&line, &size, file) >= 0; number++)
		if (read_length(line, path, number, profile, err))
			return -1;
	if (ferror(file))
		return error_errno(err, EXIT_BAD_USAGE, "cannot read %.300s", path);
	if (!profile->count)
		return error_set(err, EXIT_BAD_USAGE, "%.300s: no length in it", path);
	return 0;
}

static int read_measured(const char *path, struct pause_profile *profile, struct error *err)
{
	profile->shape = PAUSE_MEASURED;
	if (read_lengths(path, profile, err)) {
		pauses_free(profile);
		return -1;
	}
	sort_measured(profile);
	return 0;
}

int pauses_parse(const char *word, struct pause_profile *profile, struct error *err)
{
	*profile = (struct pause_profile){0};
	for (const struct known_pauses *row = known; row->name; row++)
		if (strcmp(row->name, word) == 0) {
			CHECK(pauses_parse(row->word, profile, err) == 0);
			profile->name = row->name;
			profile->source = row->source;
			return 0;
		}
	if (*word == '@')
		return read_measured(word + 1, profile, err);
	if (strncmp(word, LOG_NORMAL, strlen(LOG_NORMAL)) == 0)
		return parse_log_normal(word, profile, err);
	return parse_range(word, profile, err);
}

void pauses_measured(const double *length_s, size_t count, struct pause_profile *profile)
{
	CHECK(count > 0);
	*profile = (struct pause_profile){.shape = PAUSE_MEASURED, .count = count};
	ARRAY_ROOM(profile->measured_s, count);
	memcpy(profile->measured_s, length_s, count * sizeof(double));
	sort_measured(profile);
}

void pauses_free(struct pause_profile *profile)
{
	free(profile->measured_s);
	*profile = (struct pause_profile){0};
}

/* How many are not longer. */
static size_t count_up_to(const struct pause_profile *profile, double length_s)
{
	size_t low = 0, high = profile->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (profile->measured_s[middle] <= length_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double pauses_longer(const struct pause_profile *profile, double than_s)
{
	switch (profile->shape) {
	case PAUSE_RANGE:
		if (than_s < profile->least_s)
			return 1;
		return than_s < profile->most_s
			       ? (profile->most_s - than_s) / (profile->most_s - profile->least_s)
			       : 0;
	case PAUSE_LOG_NORMAL:
		if (than_s <= 0)
			return 1;
		return 0.5 * erfc(log(than_s / profile->median_s) / profile->spread / M_SQRT2);
	case PAUSE_MEASURED:
		break;
	}
	CHECK(profile->shape == PAUSE_MEASURED);
	return (double)(profile->count - count_up_to(profile, than_s)) / (double)profile->count;
}

/* By halving the standard normal's argument, which is exact far out in the tail, too. */
static double normal_exceeded(double share)
{
	double low = -40, high = 40;

	for (int i = 0; i < BISECTIONS; i++) {
		double middle = (low + high) / 2;

		if (0.5 * erfc(middle / M_SQRT2) > share)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

double pauses_exceeded(const struct pause_profile *profile, double share)
{
	CHECK(share > 0 && share < 1);
	switch (profile->shape) {
	case PAUSE_RANGE:
		return profile->most_s - share * (profile->most_s - profile->least_s);
	case PAUSE_LOG_NORMAL:
		return profile->median_s * exp(profile->spread * normal_exceeded(share));
	case PAUSE_MEASURED:
		break;
	}
	CHECK(profile->shape == PAUSE_MEASURED);
	return profile->measured_s[profile->count - 1 - (size_t)(share * (double)profile->count)];
}
