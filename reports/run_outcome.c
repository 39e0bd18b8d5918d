#include "reports/run_outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "reports/threshold.h"

enum { NAMED = 6 /* subjects; the others are counted */ };

const char *outcome_expected(const struct history *history, const struct judgement *judged)
{
	const char *expected = judged->arm >= 0 && judged->arm < history->arms
				       ? history->arm[judged->arm].expect
				       : history_text(history, "service_expect");

	return expected ? expected : "any";
}

static enum exit_code code_of(enum match match)
{
	switch (match) {
	case MATCH_MET:
		return EXIT_AS_EXPECTED;
	case MATCH_MISSED:
		return EXIT_VIOLATION;
	case MATCH_UNTOLD:
		return EXIT_INCONCLUSIVE;
	case MATCH_BROKEN:
		return EXIT_OUR_FAULT;
	}
	return EXIT_OUR_FAULT;
}

static enum exit_code code_for(const struct history *history, const struct judgement *judged)
{
	return code_of(judgement_match(judged, outcome_expected(history, judged)));
}

static enum exit_code code_of_met(enum met met)
{
	switch (met) {
	case THRESHOLD_MET:
		return EXIT_AS_EXPECTED;
	case THRESHOLD_MISSED:
		return EXIT_VIOLATION;
	case THRESHOLD_UNTOLD:
		return EXIT_INCONCLUSIVE;
	}
	return EXIT_OUR_FAULT;
}

static enum exit_code threshold_code(const struct history *history, const struct verdicts *verdicts)
{
	enum exit_code code = EXIT_AS_EXPECTED;
	int count;
	struct threshold_result *result = thresholds_judge(history, verdicts, &count);

	for (int i = 0; i < count; i++)
		code = exit_code_graver(code, code_of_met(result[i].met));
	free(result);
	return code;
}

enum exit_code outcome_exit_code(const struct history *history, const struct verdicts *verdicts)
{
	enum exit_code code = EXIT_AS_EXPECTED;

	for (int i = 0; i < verdicts->judgements; i++)
		code = exit_code_graver(code, code_for(history, &verdicts->judgement[i]));
	return exit_code_graver(code, threshold_code(history, verdicts));
}

bool outcome_was_interrupted(const struct history *history)
{
	const char *interrupted = history_text(history, "interrupted");

	return interrupted && strcmp(interrupted, "0") != 0;
}

static bool expects(const struct history *history, const struct judgement *judged)
{
	return strcmp(outcome_expected(history, judged), "any") != 0;
}

/* "none: unsafe, token: safe"; of many "3 safe, 6 unsafe". */
static void say_expected(FILE *out, const struct history *history, const struct verdicts *verdicts)
{
	int safe = 0, unsafe = 0, named = 0;

	for (int i = 0; i < verdicts->judgements; i++) {
		const struct judgement *judged = &verdicts->judgement[i];
		const char *expected = outcome_expected(history, judged);

		safe += strcmp(expected, "safe") == 0;
		unsafe += expects(history, judged) && strcmp(expected, "safe") != 0;
	}
	if (safe + unsafe > NAMED) {
		fprintf(out, "%d unsafe, %d safe", unsafe, safe);
		return;
	}
	for (int i = 0; i < verdicts->judgements; i++) {
		const struct judgement *judged = &verdicts->judgement[i];

		if (expects(history, judged))
			fprintf(out, "%s%s: %s", named++ ? ", " : "", judged->subject,
				outcome_expected(history, judged));
	}
	CHECK(named == safe + unsafe);
	if (!named)
		fputs("nothing of any arm", out);
}

static void say_one(FILE *out, const struct history *history, const struct judgement *judged)
{
	const char *expected = outcome_expected(history, judged);

	if (verdict_match(judged->verdict, expected) == MATCH_MET)
		fprintf(out, "%s: stuck for longer than its acquire-within", judged->subject);
	else
		fprintf(out, "%s: %s, not %s", judged->subject, verdict_word(judged->verdict),
			expected);
}

static void say_thresholds(FILE *out, const struct history *history,
			   const struct verdicts *verdicts, enum exit_code code, bool first)
{
	int count, said = 0;
	struct threshold_result *result = thresholds_judge(history, verdicts, &count);

	for (int i = 0; i < count; i++)
		if (code_of_met(result[i].met) == code)
			fprintf(out, "%s%s", said++ || !first ? ", " : "threshold ",
				result[i].threshold.text);
	free(result);
}

/* Those for whom the code is that. */
static void say_these(FILE *out, const struct history *history, const struct verdicts *verdicts,
		      enum exit_code code)
{
	int said = 0, more = 0;

	for (int i = 0; i < verdicts->judgements; i++) {
		const struct judgement *judged = &verdicts->judgement[i];

		if (code_for(history, judged) != code)
			continue;
		if (said == NAMED) {
			more++;
			continue;
		}
		if (said++)
			fputs(", ", out);
		say_one(out, history, judged);
	}
	if (more)
		fprintf(out, ", and %d more", more);
	say_thresholds(out, history, verdicts, code, said == 0);
}

static void say(FILE *out, const struct history *history, const struct verdicts *verdicts,
		enum exit_code code)
{
	switch (code) {
	case EXIT_AS_EXPECTED:
		fputs("as this campaign expects (", out);
		say_expected(out, history, verdicts);
		fputs(")", out);
		break;
	case EXIT_VIOLATION:
		fputs("NOT as this campaign expects (", out);
		say_these(out, history, verdicts, code);
		fputs(")", out);
		break;
	case EXIT_INCONCLUSIVE:
		fputs("what this campaign expects is neither shown nor refuted (", out);
		say_these(out, history, verdicts, code);
		fputs(")", out);
		break;
	case EXIT_INTERRUPTED:
		fputs("interrupted, whatever was expected", out);
		break;
	case EXIT_OUR_FAULT:
	case EXIT_MACHINE_LACKS:
	case EXIT_BAD_USAGE:
		fputs("the run itself failed, whatever was expected", out);
		break;
	}
	fprintf(out, ": exit %d", (int)code);
}

char *outcome_sentence(const struct history *history, const struct verdicts *verdicts,
		       enum exit_code code)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	say(out, history, verdicts, code);
	text_end(out, &text);
	return text;
}
