#include "reports/glossary.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "history/violation.h"
#include "reports/markup.h"

/* X(word, id, what it means). Beside these each name of a violation is a word. Other forms of a
 * word, a plural, are found with it as long as they begin with it. */
#define WORDS(X)                                                                                   \
	X("variant", "variant",                                                                    \
	  "One way to use the lock that was tried: a recipe, a guard and settings. All variants "  \
	  "of a run share the cluster, the seed and the faults. In the campaign file it is an "    \
	  "arm.")                                                                                  \
	X("arm", "arm", "The campaign file's word for a variant.")                                 \
	X("lane", "lane",                                                                          \
	  "One lock, the workers that want it, and the resource that it protects.")                \
	X("holder", "holder", "The worker that was told it has the lock.")                         \
	X("lease", "lease",                                                                        \
	  "What the service promises a holder: its key stays for the TTL, counted anew by each "   \
	  "renewal.")                                                                              \
	X("TTL", "ttl", "Time to live: how long a lease outlives its last renewal.")               \
	X("safe deadline", "safe-deadline",                                                        \
	  "The sending of the last renewal that was acknowledged, plus the TTL. Until then the "   \
	  "lease surely lives; a client that stops by then is on time.")                           \
	X("exposure", "exposure",                                                                  \
	  "An occasion on which harm was possible: a holder's lease ended without its asking "     \
	  "while somebody wanted the lock. Each ended in one of three ways: the holder had "       \
	  "stopped in time, it went on but did no harm, or it went wrong.")                        \
	X("went wrong", "went-wrong",                                                              \
	  "An exposure that took part in a definite violation that counts for its variant.")       \
	X("guard", "guard",                                                                        \
	  "What stands between a holder whose time is over and the resource. A guard does not "    \
	  "stop anybody from believing that it holds the lock; it stops the write.")               \
	X("fencing token", "token",                                                                \
	  "A number that grows with each holder (of an etcd lock: the create_revision of its "     \
	  "key). It goes along with each request, and the store refuses one that is smaller than " \
	  "the greatest it has seen.")                                                             \
	X("test", "guard-test",                                                                    \
	  "Of a guard: a request of an old holder that reached the store after a later holder's "  \
	  "first one. The verdict of a guarded variant rests on these.")                           \
	X("stale request", "stale-request", "The same as a test of the guard.")                    \
	X("overlap", "overlap",                                                                    \
	  "Two workers believed that they held one lock at the same instant. No harm by itself: "  \
	  "it is what makes harm possible.")                                                       \
	X("definite", "definite",                                                                  \
	  "Proved by what was recorded. What is only possible depends on an operation whose "      \
	  "outcome nobody knows.")                                                                 \
	X("contended", "contended", "The moment at which somebody waits for a lock that is held.") \
	X("witness", "witness", "A process that watches the lock keys on every member.")           \
	X("fault", "fault",                                                                        \
	  "What was done to a process, a host or the network on purpose. It counts only when "     \
	  "something proves that it bit.")                                                         \
	X("revision", "revision", "etcd's count of changes; larger is later.")                     \
	X("95 %", "confidence",                                                                    \
	  "Were the run repeated very often, the interval would hold the true rate in 95 of 100 "  \
	  "cases, if the trials were independent. One occasion can make several of them, so the "  \
	  "interval by occasion stands beside it.")                                                \
	X("occasion", "occasion",                                                                  \
	  "An entry of the schedule of faults. It may hit many lanes, which then go wrong, or "    \
	  "not, together: so an interval by occasion takes what one occasion did for one trial, "  \
	  "as far as its exposures (or tests) agree. It is never narrower than the plain one.")    \
	X("failover", "failover",                                                                  \
	  "From the begin of a fault that ended a hold until somebody held that lock again. "      \
	  "Measured only if somebody tried at every instant from when the lock was free until "    \
	  "then. Faults that are older than the hold do not count; what the run's end cut off "    \
	  "is longer than was seen.")

static const struct word {
	const char *word, *id, *meaning;
} words[] = {
#define X(word, id, meaning) {word, id, meaning},
	WORDS(X)
#undef X
};

enum { WORDS_COUNT = sizeof(words) / sizeof(words[0]), ALL = WORDS_COUNT + VIOLATION_NAMES_COUNT };

static const char *word_at(int i)
{
	CHECK(i >= 0 && i < ALL);
	return i < WORDS_COUNT ? words[i].word
			       : violation_word((enum violation_name)(i - WORDS_COUNT));
}

static const char *id_at(int i)
{
	return i < WORDS_COUNT ? words[i].id : word_at(i);
}

/* The longest word that begins at `text`, or -1. */
static int find_word(const char *text)
{
	int found = -1;

	for (int i = 0; i < ALL; i++)
		if (strncasecmp(text, word_at(i), strlen(word_at(i))) == 0 &&
		    (found < 0 || strlen(word_at(i)) > strlen(word_at(found))))
			found = i;
	return found;
}

static void write_part(FILE *out, const char *text, size_t length)
{
	char *part = strndup(text, length);

	CHECK_MEMORY(part);
	escape_html(out, part);
	free(part);
}

static bool goes_on(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* How much of the text the word takes, a plural's "s" included; 0 where it is only the begin of
 * another word. */
static size_t length_of(const char *text, int word)
{
	size_t length = strlen(word_at(word));

	length += text[length] == 's';
	return goes_on(text[length]) ? 0 : length;
}

void glossary_prose(FILE *out, const char *text)
{
	bool linked[ALL] = {false};
	const char *begin = text;

	for (const char *at = text; *at; at++) {
		bool starts = at == text || !goes_on(at[-1]);
		int word = starts ? find_word(at) : -1;
		size_t length = word >= 0 ? length_of(at, word) : 0;

		if (!length || linked[word])
			continue;
		linked[word] = true;
		write_part(out, begin, (size_t)(at - begin));
		fprintf(out, "<a class=\"word\" href=\"#word-%s\">", id_at(word));
		write_part(out, at, length);
		fputs("</a>", out);
		begin = at + length;
		at = begin - 1;
	}
	escape_html(out, begin);
}

void glossary_text(FILE *out, const char *tag, const char *class, const char *text)
{
	fprintf(out, "<%s", tag);
	if (class)
		fprintf(out, " class=\"%s\"", class);
	fputc('>', out);
	glossary_prose(out, text);
	fprintf(out, "</%s>", tag);
}

static void write_word(FILE *out, const char *id, const char *word, const char *meaning)
{
	fprintf(out, "<dt id=\"word-%s\">%s</dt><dd>", id, word);
	escape_html(out, meaning);
	fputs("</dd>\n", out);
}

void glossary_write(FILE *out)
{
	markup_section(out, "words", "Words");
	fputs("<dl class=\"words\">\n", out);
	for (int i = 0; i < WORDS_COUNT; i++)
		write_word(out, words[i].id, words[i].word, words[i].meaning);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		const char *word = violation_word((enum violation_name)name);

		if (name != VIOLATION_OVERLAP) /* stands among the words */
			write_word(out, word, word, violation_kinds[name].sentence);
	}
	fputs("</dl>\n", out);
	markup_end_section(out);
}
