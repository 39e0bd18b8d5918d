#include "reports/threshold.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "reports/failover_times.h"

/* Figures ------------------------------------------------------------------------------------- */

/* What is not counted by name: the first rows. */
enum own {
	OWN_RATE,
	OWN_RATE_LOW,
	OWN_RATE_HIGH,
	OWN_EXPOSURES,
	OWN_EVENTS,
	OWN_DEFINITE,
	OWN_POSSIBLE,
	OWNS
};

static const struct figure owns[OWNS] = {
	[OWN_RATE] = {"rate", "harm per exposure, or failures per test of the guard", FIGURE_SHARE},
	[OWN_RATE_LOW] = {"rate-low", "the lower end of its 95 % interval", FIGURE_SHARE},
	[OWN_RATE_HIGH] = {"rate-high", "the upper end of it", FIGURE_SHARE},
	[OWN_EXPOSURES] = {"exposures", "occasions on which harm was possible", FIGURE_COUNT},
	[OWN_EVENTS] = {"events", "those that ended in harm", FIGURE_COUNT},
	[OWN_DEFINITE] = {"violations", "definite violations of all names", FIGURE_COUNT},
	[OWN_POSSIBLE] = {"possible", "possible violations of all names", FIGURE_COUNT},
};

static const struct {
	enum measure measure;
	struct figure figure;
} measures[] = {
	{MEASURE_STOPPED_IN_TIME,
	 {"stopped-in-time", "exposures whose holder had stopped before", FIGURE_COUNT}},
	{MEASURE_OUTLIVED, {"outlived", "exposures that ended in no harm", FIGURE_COUNT}},
	{MEASURE_LEAST_MARGIN,
	 {"least-margin", "the least time by which one stopped in time", FIGURE_TIME}},
	{MEASURE_GUARD_TESTS, {"guard-tests", "tests of the guard", FIGURE_COUNT}},
	{MEASURE_GUARD_FAILURES, {"guard-failures", "those that it let through", FIGURE_COUNT}},
	{MEASURE_WAIT_MEDIAN,
	 {"acquire-wait-median", "how long an acquire that was answered ok took", FIGURE_TIME}},
	{MEASURE_WAIT_P99, {"acquire-wait-p99", "99 % of them took no longer", FIGURE_TIME}},
	{MEASURE_WAIT_LONGEST, {"acquire-wait-longest", "nor any longer than this", FIGURE_TIME}},
	{MEASURE_TIMEOUTS, {"acquire-timeouts", "acquires given up", FIGURE_COUNT}},
	{MEASURE_UNTAKEN,
	 {"untaken", "the longest time that somebody tried and nobody acquired", FIGURE_TIME}},
	{MEASURE_SPURIOUS_LOSSES,
	 {"spurious-losses", "given up while it surely was the holder's", FIGURE_COUNT}},
};

/* Of an arm, or of all of them; the names begin with FAMILY. */
#define FAMILY "failover"
enum spell { SPELL_COUNT, SPELL_P50, SPELL_P99, SPELL_MAX, SPELLS };

static const struct figure spells[SPELLS] = {
	[SPELL_COUNT] = {FAMILY ".count", "failovers that were measured; without an arm of all",
			 FIGURE_COUNT},
	[SPELL_P50] = {FAMILY ".p50",
		       "from the fault's begin until somebody held the lock again, half of them",
		       FIGURE_TIME},
	[SPELL_P99] = {FAMILY ".p99", "99 % of them took no longer", FIGURE_TIME},
	[SPELL_MAX] = {FAMILY ".max", "nor any longer than this", FIGURE_TIME},
};

enum {
	KINDS = sizeof(measures) / sizeof(measures[0]),
	FAILOVERS = OWNS + KINDS,   /* the first of them, */
	NAMES = FAILOVERS + SPELLS, /* and of the violations */
	FIGURES = NAMES + VIOLATION_NAMES_COUNT
};

const struct figure *threshold_figure(int index)
{
	static struct figure violation;

	CHECK(index >= 0);
	if (index < OWNS)
		return &owns[index];
	if (index < OWNS + KINDS)
		return &measures[index - OWNS].figure;
	if (index < NAMES)
		return &spells[index - FAILOVERS];
	if (index >= FIGURES)
		return NULL;
	violation = (struct figure){violation_words[index - NAMES],
				    violation_kinds[index - NAMES].sentence, FIGURE_COUNT};
	return &violation;
}

static bool is_of_failovers(int figure)
{
	return figure >= FAILOVERS && figure < NAMES;
}

/* NAN: it does not apply. */
static double value_of_failovers(const struct verdicts *verdicts, int arm, int figure)
{
	const struct failover_times times = failover_times(verdicts, arm);

	switch ((enum spell)(figure - FAILOVERS)) {
	case SPELL_COUNT:
		return (double)times.taken;
	case SPELL_P50:
		return times.median_s;
	case SPELL_P99:
		return times.p99_s;
	case SPELL_MAX:
		return times.most_s;
	case SPELLS:
		break;
	}
	CHECK(!"a figure");
	return NAN;
}

/* NAN: it does not apply. */
static double value_of(const struct judgement *judged, int figure)
{
	int64_t sum = 0;

	CHECK(!is_of_failovers(figure));
	if (figure >= OWNS && figure < FAILOVERS) {
		int64_t value = judged->measure[measures[figure - OWNS].measure];
		bool time = measures[figure - OWNS].figure.unit == FIGURE_TIME;

		return value == MEASURE_NONE ? (double)NAN : (double)value / (time ? 1e9 : 1);
	}
	if (figure >= NAMES)
		return (double)judged->definite[figure - NAMES];
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		sum += figure == OWN_POSSIBLE ? judged->possible[name] : judged->definite[name];
	switch ((enum own)figure) {
	case OWN_RATE:
		return judged->rate;
	case OWN_RATE_LOW:
		return judged->rate_low;
	case OWN_RATE_HIGH:
		return judged->rate_high;
	case OWN_EXPOSURES:
		return (double)judged->exposures;
	case OWN_EVENTS:
		return (double)judged->events;
	case OWN_DEFINITE:
	case OWN_POSSIBLE:
		return (double)sum;
	case OWNS:
		break;
	}
	CHECK(!"a figure");
	return NAN;
}

/* Reading ------------------------------------------------------------------------------------- */

static const char *const signs[] = {"<=", ">=", "==", "!=", "<", ">"}; /* enum comparison */

/* Where its sign begins, and which it is; NULL: nowhere. */
static const char *find_sign(const char *text, enum comparison *comparison)
{
	const char *at = strpbrk(text, "<>=!");

	for (int i = 0; at && i < (int)(sizeof(signs) / sizeof(*signs)); i++)
		if (strncmp(at, signs[i], strlen(signs[i])) == 0) {
			*comparison = (enum comparison)i;
			return at;
		}
	return NULL;
}

/* "5s", "300ms", "2min"; "50%", "0.5"; "7". */
static bool read_limit(const char *text, enum figure_unit unit, double *limit)
{
	static const struct {
		const char *word;
		enum figure_unit unit;
		double factor;
	} units[] = {{"s", FIGURE_TIME, 1},     {"ms", FIGURE_TIME, 1e-3}, {"min", FIGURE_TIME, 60},
		     {"%", FIGURE_SHARE, 1e-2}, {"", FIGURE_SHARE, 1},     {"", FIGURE_COUNT, 1}};
	size_t digits = strspn(text, "0123456789.");
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*limit = strtod(text, &end);
	if (end != text + digits)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].unit == unit && strcmp(units[i].word, end) == 0) {
			*limit *= units[i].factor;
			return true;
		}
	return false;
}

static int find_figure(const char *name, const char *text, int *figure, struct error *err)
{
	const char *known[FIGURES + 1] = {0};

	for (int i = 0; i < FIGURES; i++)
		known[i] = threshold_figure(i)->name;
	*figure = word_index(name, known);
	if (*figure >= 0)
		return 0;
	return error_set(
		err, EXIT_BAD_USAGE,
		"threshold %.60s: there is no figure '%.40s'%s; `fencepost help thresholds` "
		"lists them",
		text, name, word_hint(name, known).text);
}

static bool is_figure(const char *name)
{
	for (int i = 0; i < FIGURES; i++)
		if (strcmp(threshold_figure(i)->name, name) == 0)
			return true;
	return false;
}

/* Of "arm.figure" where the figure begins; NULL: there is none, or no arm before it. The dot of
 * "failover.p99" is its own, unless an arm is called so: "failover.rate". */
static char *split(char *left)
{
	char *dot = strrchr(left, '.'), *word;

	if (!dot || dot == left)
		return NULL;
	for (word = dot; word > left && word[-1] != '.'; word--)
		;
	if (strncmp(word, FAMILY ".", strlen(FAMILY ".")) == 0 && !is_figure(dot + 1)) {
		if (word == left)
			return left;
		dot = word - 1;
	}
	*dot = '\0';
	return dot > left ? dot + 1 : NULL;
}

int threshold_parse(const char *text, struct threshold *threshold, struct error *err)
{
	static const char *const kinds[] = {"a whole number", "a share such as 0.5 or 50%",
					    "a time such as 5s or 300ms"};
	const char *sign = find_sign(text, &threshold->comparison);
	char left[sizeof(threshold->text)];
	char *name = NULL;

	if (!text_copy(threshold->text, sizeof(threshold->text), text))
		return error_set(err, EXIT_BAD_USAGE, "threshold %.60s... is too long", text);
	if (sign) {
		snprintf(left, sizeof(left), "%.*s", (int)(sign - text), text);
		name = split(left);
	}
	if (!name)
		return error_set(err, EXIT_BAD_USAGE,
				 "threshold %.60s is none such as token.stale-write==0, "
				 "none.rate<0.5 or failover.p99<5s",
				 text);
	if (!text_copy(threshold->subject, sizeof(threshold->subject), name == left ? "" : left))
		return error_set(err, EXIT_BAD_USAGE, "threshold %.60s: no arm has such a name",
				 text);
	if (find_figure(name, text, &threshold->figure, err))
		return -1;
	const struct figure *figure = threshold_figure(threshold->figure);
	const char *limit = sign + strlen(signs[threshold->comparison]);

	if (!read_limit(limit, figure->unit, &threshold->limit) ||
	    (figure->unit == FIGURE_COUNT && threshold->limit != floor(threshold->limit)))
		return error_set(err, EXIT_BAD_USAGE, "threshold %.60s: '%.20s' is not %s", text,
				 limit, kinds[figure->unit]);
	return 0;
}

int threshold_check_subject(const struct threshold *threshold, const char *const *arms,
			    struct error *err)
{
	const char *known[512] = {"service"};
	int count = 1;
	char all[256];

	for (int i = 0; arms[i] && count < 511; i++)
		known[count++] = arms[i];
	if (!*threshold->subject || word_index(threshold->subject, known) >= 0)
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "threshold %.60s: there is no arm '%.40s'%s; known: %s", threshold->text,
			 threshold->subject, word_hint(threshold->subject, known).text,
			 word_list(all, sizeof(all), known));
}

/* Judging ------------------------------------------------------------------------------------- */

static bool holds(double value, enum comparison comparison, double limit)
{
	switch (comparison) {
	case COMPARE_LE:
		return value <= limit;
	case COMPARE_GE:
		return value >= limit;
	case COMPARE_EQ:
		return !(value < limit) && !(value > limit);
	case COMPARE_NE:
		return value < limit || value > limit;
	case COMPARE_LT:
		return value < limit;
	case COMPARE_GT:
		return value > limit;
	}
	return false;
}

/* Of what is BROKEN no figure is told. */
static double find_value(const struct threshold *threshold, const struct verdicts *verdicts)
{
	bool of_failovers = is_of_failovers(threshold->figure), of_all = !*threshold->subject;

	for (int i = 0; i < verdicts->judgements; i++) {
		const struct judgement *judged = &verdicts->judgement[i];

		if (judged->verdict == VERDICT_BROKEN && of_all)
			return (double)NAN;
		if (strcmp(judged->subject, threshold->subject) != 0 ||
		    judged->verdict == VERDICT_BROKEN)
			continue;
		if (of_failovers)
			return judged->arm < 0 ? (double)NAN
					       : value_of_failovers(verdicts, judged->arm,
								    threshold->figure);
		return value_of(judged, threshold->figure);
	}
	return of_all && verdicts->judgements
		       ? value_of_failovers(verdicts, ALL_ARMS, threshold->figure)
		       : (double)NAN;
}

static void judge(struct threshold_result *result, const struct verdicts *verdicts)
{
	const struct threshold *threshold = &result->threshold;

	result->met = THRESHOLD_UNTOLD;
	result->value = find_value(threshold, verdicts);
	if (!isnan(result->value))
		result->met = holds(result->value, threshold->comparison, threshold->limit)
				      ? THRESHOLD_MET
				      : THRESHOLD_MISSED;
}

struct threshold_result *thresholds_judge(const struct history *history,
					  const struct verdicts *verdicts, int *count)
{
	const char *asked = history_text(history, THRESHOLDS_KEY);
	char *text = text_format("%s", asked ? asked : ""), *rest = text, *line;
	struct threshold_result *result = NULL;
	int room = 0;

	*count = 0;
	while ((line = strsep(&rest, "\n"))) {
		struct error ignored = {0};

		if (!*line)
			continue;
		ARRAY_GROW(result, *count, room);
		struct threshold_result *one = &result[(*count)++];

		*one = (struct threshold_result){.met = THRESHOLD_UNTOLD, .value = NAN};
		if (threshold_parse(line, &one->threshold, &ignored))
			text_copy(one->threshold.text, sizeof(one->threshold.text), line);
		else
			judge(one, verdicts);
		CHECK((one->met == THRESHOLD_UNTOLD) == isnan(one->value));
	}
	free(text);
	return result;
}

int thresholds_add(struct history *history, const char *text, struct error *err)
{
	const char *asked = history_text(history, THRESHOLDS_KEY);
	struct threshold threshold;
	const char **arms;

	if (threshold_parse(text, &threshold, err))
		return -1;
	ARRAY_NEW(arms, history->arms);
	for (int i = 0; i < history->arms; i++)
		arms[i] = history->arm[i].name;
	int failed = threshold_check_subject(&threshold, arms, err);

	free(arms);
	if (failed)
		return -1;
	char *all = text_format("%s%s%s", asked ? asked : "", asked ? "\n" : "", text);

	history_tell(history, THRESHOLDS_KEY, all);
	free(all);
	return 0;
}

const char *threshold_value(const struct threshold_result *result, char *text, size_t size)
{
	if (isnan(result->value)) {
		snprintf(text, size, "unknown");
		return text;
	}
	CHECK(result->threshold.figure >= 0 && result->threshold.figure < FIGURES);
	switch (threshold_figure(result->threshold.figure)->unit) {
	case FIGURE_COUNT:
		snprintf(text, size, "%.0f", result->value);
		break;
	case FIGURE_SHARE:
		snprintf(text, size, "%.3g %%", 100 * result->value);
		break;
	case FIGURE_TIME:
		snprintf(text, size, "%.3f s", result->value);
		break;
	}
	return text;
}

const char *threshold_met_word(enum met met)
{
	static const char *const words[] = {"met", "MISSED", "unknown"};

	CHECK(met <= THRESHOLD_UNTOLD);
	return words[met];
}
