#include "tuning/known_bugs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"

static const char bugs_tsv[] =
#include "tuning/known_bugs.tsv.h"
	;

/* The columns of the table, in its order. */
enum {
	CAMPAIGN,
	VIOLATION,
	HAS,
	LACKS,
	UPSTREAM,
	ENDED,
	FAULTS,
	MEMBERS,
	RECIPE,
	ALSO,
	MEANING,
	COLUMNS
};

struct table {
	char text[sizeof(bugs_tsv)];
	struct known_bug bug[KNOWN_BUGS_MAX];
	int bugs;
};

static struct table table;
static pthread_once_t table_read = PTHREAD_ONCE_INIT;

/* A word of the table that stands for nothing. */
static const char *said(const char *column, const char *nothing)
{
	return strcmp(column, nothing) == 0 ? "" : column;
}

static uint32_t name_bits(const char *words)
{
	uint32_t bits = 0;
	char *copy = strdup(words), *rest = copy;

	CHECK_MEMORY(copy);
	for (char *word; (word = strsep(&rest, " "));) {
		uint32_t before = bits;

		for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
			if (strcmp(word, violation_word((enum violation_name)name)) == 0)
				bits |= 1u << name;
		CHECK(bits != before || !*word);
	}
	free(copy);
	return bits;
}

static uint32_t effect_bits(const char *words)
{
	uint32_t bits = 0;
	char *copy = strdup(words), *rest = copy;

	CHECK_MEMORY(copy);
	for (char *word; strcmp(words, "any") != 0 && (word = strsep(&rest, " "));) {
		enum fault_effect effect = fault_effect_of_word(word);

		CHECK(effect != EFFECT_UNKNOWN);
		bits |= 1u << effect;
	}
	free(copy);
	return bits;
}

static void read_row(char *row)
{
	char *column[COLUMNS], *rest = row;

	for (int i = 0; i < COLUMNS; i++) {
		column[i] = strsep(&rest, "\t");
		CHECK(column[i]);
	}
	CHECK(!rest && table.bugs < KNOWN_BUGS_MAX);
	if (strcmp(column[VIOLATION], "-") == 0)
		return;
	table.bug[table.bugs++] = (struct known_bug){
		.campaign = column[CAMPAIGN],
		.upstream = said(column[UPSTREAM], "none known"),
		.has = column[HAS],
		.lacks = column[LACKS],
		.ended = said(column[ENDED], "-"),
		.meaning = column[MEANING],
		.names = name_bits(column[VIOLATION]) | name_bits(said(column[ALSO], "-")),
		.effects = effect_bits(column[FAULTS]),
		.members = atoi(column[MEMBERS]),
		.recipe = said(column[RECIPE], "-"),
	};
}

static void read_table(void)
{
	char *rest = table.text;

	memcpy(table.text, bugs_tsv, sizeof(bugs_tsv));
	for (char *row; (row = strsep(&rest, "\n"));)
		if (*row && *row != '#')
			read_row(row);
	CHECK(table.bugs > 0);
}

const struct known_bug *known_bugs(int *count)
{
	CHECK(pthread_once(&table_read, read_table) == 0);
	*count = table.bugs;
	return table.bug;
}

struct version {
	int major, minor, patch;
};

/* False: it is no version, but what somebody else's cluster is called. */
static bool version_read(const char *text, struct version *version)
{
	return text &&
	       sscanf(text, "%d.%d.%d", &version->major, &version->minor, &version->patch) == 3;
}

static int compare_lines(const struct version *a, const struct version *b)
{
	return a->major != b->major ? a->major - b->major : a->minor - b->minor;
}

static int compare(const struct version *a, const struct version *b)
{
	int lines = compare_lines(a, b);

	return lines ? lines : a->patch - b->patch;
}

/* The next word of a list, as a version; false: there is none left. */
static bool next_version(const char **list, struct version *version)
{
	*list += strspn(*list, " ");
	if (!version_read(*list, version))
		return false;
	*list += strcspn(*list, " ");
	return true;
}

static bool names(const char *list, const struct version *version)
{
	for (struct version other; next_version(&list, &other);)
		if (compare(&other, version) == 0)
			return true;
	return false;
}

/* A version that nobody tried: by the release of its line, or else of the next line, that ended the
 * bug; or, where none is known, by lying between two versions that have it. */
static bool presumed(const struct known_bug *bug, const struct version *version)
{
	const char *list = bug->ended;
	bool older = false, younger = false;

	for (struct version ended; next_version(&list, &ended);)
		if (compare_lines(version, &ended) <= 0)
			return compare(version, &ended) < 0;
	if (*bug->ended)
		return false;
	list = bug->has;
	for (struct version other; next_version(&list, &other);) {
		older |= compare(&other, version) < 0;
		younger |= compare(&other, version) > 0;
	}
	return older && younger;
}

enum known known_bug_in(const struct known_bug *bug, const char *text)
{
	struct version version;

	if (!version_read(text, &version))
		return KNOWN_UNTOLD;
	if (names(bug->has, &version))
		return KNOWN_IN_IT;
	if (names(bug->lacks, &version))
		return KNOWN_NOT;
	return presumed(bug, &version) ? KNOWN_IN_IT : KNOWN_NOT;
}

static uint32_t effects_over(const struct history *history, const struct violation *violation)
{
	uint32_t effects = 0;

	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];
		const struct fault_row *fault = strcmp(evidence->kind, "fault") == 0
							? history_fault(history, evidence->ref)
							: NULL;

		if (fault)
			effects |= 1u << fault->effect;
	}
	return effects;
}

static const char *recipe_of(const struct history *history, const struct violation *violation)
{
	if (violation->lane < 0 || violation->lane >= history->lanes)
		return "";
	return history->arm[history->lane[violation->lane].arm].recipe;
}

static bool shows(const struct history *history, const struct violation *violation,
		  const struct known_bug *bug)
{
	const char *members = history_text(history, "members");

	if (!(bug->names & 1u << violation->name))
		return false;
	if (bug->members && (!members || atoi(members) != bug->members))
		return false;
	if (*bug->recipe && strcmp(bug->recipe, recipe_of(history, violation)) != 0)
		return false;
	return !bug->effects || (bug->effects & effects_over(history, violation));
}

/* Of two that fit, the one that is of this recipe, or else has been reported, is named. */
static bool is_nearer(const struct known_bug *bug, const struct known_bug *found)
{
	if (*bug->recipe || *found->recipe)
		return *bug->recipe && !*found->recipe;
	return !*found->upstream && *bug->upstream;
}

const struct known_bug *known_bug_of(const struct history *history,
				     const struct violation *violation)
{
	const struct known_bug *found = NULL;
	const char *version = history_text(history, "etcd");
	int count;
	const struct known_bug *bug = known_bugs(&count);

	for (int i = 0; i < count && violation->arm < 0; i++)
		if (known_bug_in(&bug[i], version) == KNOWN_IN_IT &&
		    shows(history, violation, &bug[i]) && (!found || is_nearer(&bug[i], found)))
			found = &bug[i];
	return found;
}

/* "3.4.31, 3.5.13". */
static void print_list(FILE *out, const char *list)
{
	for (; *list; list++)
		fputs(*list == ' ' ? ", " : (char[]){*list, '\0'}, out);
}

char *known_bug_say(const struct history *history, const struct violation *violation)
{
	const struct known_bug *bug = known_bug_of(history, violation);
	struct version version;
	char *text = NULL;
	size_t size;

	if (violation->arm >= 0)
		return NULL;
	FILE *out = text_begin(&text, &size);

	if (!version_read(history_text(history, "etcd"), &version)) {
		fputs("whether it is known cannot be told: the service's version is not", out);
	} else if (!bug) {
		fputs("not known to us", out);
	} else {
		fprintf(out, "known: %s, found in ",
			*bug->upstream ? bug->upstream : "by us alone, as far as we know");
		print_list(out, bug->has);
		if (*bug->ended) {
			fputs(", ended in ", out);
			print_list(out, bug->ended);
		} else {
			fputs(", ended in no release that we know", out);
		}
		fprintf(out, ": %s", bug->meaning);
	}
	text_end(out, &text);
	return text;
}

static bool ends_all(uint32_t bugs, const char *version)
{
	int count;
	const struct known_bug *bug = known_bugs(&count);

	for (int i = 0; i < count; i++)
		if ((bugs & 1u << i) && known_bug_in(&bug[i], version) != KNOWN_NOT)
			return false;
	return true;
}

const char *known_bugs_end(uint32_t bugs, const char *text, char *into, int size)
{
	struct version version, best = {0};
	bool found = false;
	int count;
	const struct known_bug *bug = known_bugs(&count);

	if (!version_read(text, &version))
		return NULL;
	for (int i = 0; i < count; i++) {
		const char *list = (bugs & 1u << i) ? bug[i].ended : "";
		char name[48];

		for (struct version ended; next_version(&list, &ended);) {
			snprintf(name, sizeof(name), "%d.%d.%d", ended.major, ended.minor,
				 ended.patch);
			if (compare(&ended, &version) > 0 && ends_all(bugs, name) &&
			    (!found || compare(&ended, &best) < 0)) {
				best = ended;
				found = true;
			}
		}
	}
	snprintf(into, (size_t)size, "%d.%d.%d", best.major, best.minor, best.patch);
	return found ? into : NULL;
}
