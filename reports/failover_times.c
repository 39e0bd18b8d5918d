#include "reports/failover_times.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

static int64_t length_of(const struct failover_row *row)
{
	CHECK(row->end != FAILOVER_TAKEN || row->to_ns >= row->fault->began_ns);
	return row->end == FAILOVER_TAKEN ? row->to_ns - row->fault->began_ns : NEVER_NS;
}

static int compare_lengths(const void *left, const void *right)
{
	const struct failover_row *const *a = left, *const *b = right;

	return array_order((*a)->end, (*b)->end) ?: array_order(length_of(*a), length_of(*b));
}

/* What a group has in common. */
static int compare_groups(const struct failover_row *a, const struct failover_row *b)
{
	return strcmp(a->fault->kind, b->fault->kind)
		       ?: strcmp(a->fault->target, b->fault->target)
			       ?: array_order(a->arm, b->arm) ?: array_order(a->led, b->led);
}

static int compare_rows(const void *left, const void *right)
{
	const struct failover_row *const *a = left, *const *b = right;

	return compare_groups(*a, *b) ?: compare_lengths(left, right);
}

/* Of the taken ones, which come first and by their length; those that were cut off are longer. */
static double nearest_rank(const struct failover_row *const *row,
			   const struct failover_times *times, int percent)
{
	int64_t rank = ((times->taken + times->cut_off) * percent + 99) / 100;

	CHECK(rank >= 0 && rank <= times->taken + times->cut_off);
	if (rank == 0 || rank > times->taken)
		return (double)NAN;
	return (double)length_of(row[rank - 1]) / 1e9;
}

/* By compare_lengths. */
static struct failover_times times_of(const struct failover_row *const *row, int count)
{
	struct failover_times times = {0};

	for (int i = 0; i < count; i++) {
		times.taken += row[i]->end == FAILOVER_TAKEN;
		times.unwanted += row[i]->end == FAILOVER_UNWANTED;
		times.cut_off += row[i]->end == FAILOVER_CUT_OFF;
	}
	CHECK(times.taken + times.unwanted + times.cut_off == count);
	times.least_s = times.taken ? (double)length_of(row[0]) / 1e9 : (double)NAN;
	times.median_s = nearest_rank(row, &times, 50);
	times.p99_s = nearest_rank(row, &times, 99);
	times.most_s = nearest_rank(row, &times, 100);
	CHECK(!(times.least_s > times.median_s) && !(times.median_s > times.p99_s) &&
	      !(times.p99_s > times.most_s)); /* as far as they are known; or `row` has no order */
	return times;
}

/* Sorted; the caller frees. */
static const struct failover_row **list_rows(const struct verdicts *verdicts, int arm,
					     int (*compare)(const void *, const void *), int *count)
{
	const struct failover_row **row;

	*count = 0;
	ARRAY_NEW(row, verdicts->failovers);
	for (int i = 0; i < verdicts->failovers; i++)
		if (arm == ALL_ARMS || verdicts->failover[i].arm == arm)
			row[(*count)++] = &verdicts->failover[i];
	array_sort(row, (size_t)*count, sizeof(*row), compare);
	return row;
}

struct failover_times failover_times(const struct verdicts *verdicts, int arm)
{
	int count;
	const struct failover_row **row = list_rows(verdicts, arm, compare_lengths, &count);
	struct failover_times times = times_of(row, count);

	free(row);
	return times;
}

struct failover_group *failover_groups(const struct verdicts *verdicts, int *count)
{
	int rows;
	const struct failover_row **row = list_rows(verdicts, ALL_ARMS, compare_rows, &rows);
	struct failover_group *group;

	*count = 0;
	ARRAY_NEW(group, rows);
	for (int begin = 0, end = 0; begin < rows; begin = end) {
		while (end < rows && compare_groups(row[begin], row[end]) == 0)
			end++;
		group[(*count)++] = (struct failover_group){
			row[begin]->fault->kind, row[begin]->fault->target, row[begin]->arm,
			row[begin]->led, times_of(&row[begin], end - begin)};
	}
	free(row);
	return group;
}

static void say_uncounted(FILE *out, int64_t count, const char *why)
{
	if (count)
		fprintf(out, " %" PRId64 " %s.", count, why);
}

char *failover_sentence(const struct verdicts *verdicts)
{
	const struct failover_times times = failover_times(verdicts, ALL_ARMS);
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (times.taken == 1)
		fprintf(out, "The one failover that was measured took %.3g s.", times.least_s);
	else if (times.taken)
		fprintf(out, "Of %" PRId64 " failovers the shortest took %.3g s", times.taken,
			times.least_s);
	if (times.taken > 1 && !isnan(times.median_s))
		fprintf(out, ", half of them at most %.3g s", times.median_s);
	if (times.taken >= 100 && !isnan(times.p99_s))
		fprintf(out, ", 99 of 100 at most %.3g s", times.p99_s);
	if (times.taken > 1 && !isnan(times.most_s))
		fprintf(out, ", the longest %.3g s", times.most_s);
	fputs(times.taken > 1 ? "." : "", out);
	say_uncounted(out, times.cut_off,
		      "lasted until the run's end: longer than was seen, and no figure that falls "
		      "on them is given");
	say_uncounted(out, times.unwanted,
		      "measure nothing: for some of the time nobody wanted "
		      "the lock");
	text_end(out, &text);
	return text;
}

char *failover_brief(const struct verdicts *verdicts)
{
	const struct failover_times times = failover_times(verdicts, ALL_ARMS);

	if (isnan(times.median_s) || isnan(times.p99_s))
		return NULL;
	return text_format("median %.2g s, p99 %.2g s, of %" PRId64, times.median_s, times.p99_s,
			   times.taken);
}
