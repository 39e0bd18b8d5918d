#include "reports/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"

/* Rates --------------------------------------------------------------------------------------- */

enum rate_change compare_rates(const struct judgement *first, const struct judgement *second)
{
	CHECK(strcmp(first->subject, second->subject) == 0);
	if (isnan(first->rate) || isnan(second->rate) ||
	    judgement_is_guarded(first) != judgement_is_guarded(second) ||
	    first->verdict == VERDICT_BROKEN || second->verdict == VERDICT_BROKEN)
		return RATE_UNKNOWN;
	if (second->rate_high < first->rate_low)
		return RATE_LOWER;
	if (second->rate_low > first->rate_high)
		return RATE_HIGHER;
	return RATE_ALIKE;
}

const char *compare_word(enum rate_change change)
{
	static const char *const words[] = {"unknown", "none", "lower", "higher"};

	CHECK(change < sizeof(words) / sizeof(words[0]));
	return words[change];
}

const char *compare_sentence(enum rate_change change)
{
	static const char *const sentences[] = {
		"its rate cannot be compared", "no difference is shown: the intervals overlap",
		"LOWER: the intervals do not meet", "HIGHER: the intervals do not meet"};

	CHECK(change < sizeof(sentences) / sizeof(sentences[0]));
	return sentences[change];
}

/* Subjects ------------------------------------------------------------------------------------ */

const struct judgement *comparison_find(const struct compared *run, const char *subject)
{
	for (int i = 0; i < run->verdicts->judgements; i++)
		if (strcmp(run->verdicts->judgement[i].subject, subject) == 0)
			return &run->verdicts->judgement[i];
	return NULL;
}

static const char **list_subjects(const struct compared *run, int runs, int *count)
{
	const char **subject = NULL;
	int room = 0;

	*count = 0;
	for (int i = 0; i < runs; i++)
		for (int j = 0; j < run[i].verdicts->judgements; j++) {
			const char *name = run[i].verdicts->judgement[j].subject;
			bool known = false;

			for (int k = 0; k < *count; k++)
				known |= strcmp(subject[k], name) == 0;
			if (known)
				continue;
			ARRAY_GROW(subject, *count, room);
			subject[*count] = name;
			*count += 1;
		}
	return subject;
}

enum presence comparison_presence(const struct judgement *first, const struct judgement *second,
				  int name)
{
	CHECK(name >= 0 && name < VIOLATION_NAMES_COUNT);
	return (enum presence)((first->definite[name] > 0 ? 1 : 0) |
			       (second->definite[name] > 0 ? 2 : 0));
}

/* Settings ------------------------------------------------------------------------------------ */

static int list_changes(const struct settings *settings, int runs, const char ***changed)
{
	int count = 0, room = 0;

	*changed = NULL;
	for (int i = 0; i < runs; i++)
		for (int j = 0; j < settings[i].count; j++) {
			const char *name = settings[i].setting[j].name;
			bool differs = false, known = false;

			for (int k = 0; k < count; k++)
				known |= strcmp((*changed)[k], name) == 0;
			for (int k = 0; k < runs && !known; k++) {
				const char *value = settings_find(&settings[k], name);

				differs |= !value ||
					   strcmp(value, settings_find(&settings[i], name)) != 0;
			}
			if (!differs)
				continue;
			ARRAY_GROW(*changed, count, room);
			(*changed)[count++] = name;
		}
	return count;
}

/* The whole ----------------------------------------------------------------------------------- */

void comparison_make(const struct compared *run, int runs, struct beside *comparison)
{
	CHECK(runs >= 2 && runs <= COMPARE_RUNS);
	*comparison = (struct beside){.run = run, .runs = runs};
	ARRAY_NEW(comparison->settings, runs);
	for (int i = 0; i < runs; i++)
		settings_read(run[i].history, &comparison->settings[i]);
	comparison->changes = list_changes(comparison->settings, runs, &comparison->changed);
	comparison->subject = list_subjects(run, runs, &comparison->subjects);
}

void comparison_free(struct beside *comparison)
{
	for (int i = 0; i < comparison->runs; i++)
		settings_free(&comparison->settings[i]);
	free(comparison->settings);
	free(comparison->changed);
	free(comparison->subject);
	*comparison = (struct beside){0};
}
