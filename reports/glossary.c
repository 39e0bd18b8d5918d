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
	X("holder", "holder",                                                                      \
	  "The worker that was told it has the lock; of an election, that it leads.")              \
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
	  "Two workers believed that they held one lock at the same instant; of a lock that "      \
	  "several may hold, more than may, or a writer beside somebody. No harm by itself: it "   \
	  "is what makes harm possible.")                                                          \
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

/* The same, of the page of a judged trace. */
#define TRACE_WORDS(X)                                                                             \
	X("linearizable", "linearizable",                                                          \
	  "There is one order of all operations, each somewhere between its invocation and its "   \
	  "answer, in which every answer is what the model says. A lock, a register or a set "     \
	  "whose history has no such order broke its promise.")                                    \
	X("history", "history", "What was recorded: invocations and answers, in their order.")     \
	X("operation", "operation", "An invocation, and its answer, if one was recorded.")         \
	X("open", "open",                                                                          \
	  "An operation without a known outcome: it may have happened at any time since its "      \
	  "invocation, or never.")                                                                 \
	X("object", "object", "One lock, register, key or set; each is judged by itself.")         \
	X("model", "model",                                                                        \
	  "What such an object promises: a mutex has one holder at a time, a semaphore so many; "  \
	  "what is read of a register is what was written last.")                                  \
	X("certainly held", "certainly-held",                                                      \
	  "From the answer of an acquire until the invocation of the release: whatever was on "    \
	  "its way, then the lock was held.")                                                      \
	X("fits nowhere", "fits-nowhere",                                                          \
	  "The operation for which no order of those shown has a place.")                          \
	X("fencing token", "token", "A number that grows from holder to holder.")                  \
	X("verified", "verified",                                                                  \
	  "A second search, which shares no code with the first, went through all orders of the "  \
	  "operations shown, and found none that is legal.")                                       \
	X("not known", "not-known",                                                                \
	  "Neither an order was found, nor was it shown that there is none. Never a pass.")

struct word {
	const char *word, *id, *meaning;
};

#define X(word, id, meaning) {word, id, meaning},
static const struct word run_words[] = {WORDS(X)};
static const struct word trace_words[] = {TRACE_WORDS(X)};
#undef X

enum {
	RUN_WORDS = sizeof(run_words) / sizeof(run_words[0]),
	TRACE_WORDS_COUNT = sizeof(trace_words) / sizeof(trace_words[0]),
	WORDS_MOST = RUN_WORDS + VIOLATION_NAMES_COUNT,
};
_Static_assert((int)TRACE_WORDS_COUNT <= (int)WORDS_MOST, "room to mark each word as linked");

static const struct vocabulary {
	const struct word *word;
	int words, all; /* beyond `words` are the names of violations */
} of_runs = {run_words, RUN_WORDS, WORDS_MOST},
  of_traces = {trace_words, TRACE_WORDS_COUNT, TRACE_WORDS_COUNT};

static const char *word_at(const struct vocabulary *known, int i)
{
	CHECK(i >= 0 && i < known->all);
	return i < known->words ? known->word[i].word
				: violation_word((enum violation_name)(i - known->words));
}

static const char *id_at(const struct vocabulary *known, int i)
{
	return i < known->words ? known->word[i].id : word_at(known, i);
}

/* The longest word that begins at `text`, or -1. */
static int find_word(const struct vocabulary *known, const char *text)
{
	int found = -1;

	for (int i = 0; i < known->all; i++) {
		const char *word = word_at(known, i);

		if (strncasecmp(text, word, strlen(word)) == 0 &&
		    (found < 0 || strlen(word) > strlen(word_at(known, found))))
			found = i;
	}
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
static size_t length_of(const struct vocabulary *known, const char *text, int word)
{
	size_t length = strlen(word_at(known, word));

	length += text[length] == 's';
	return goes_on(text[length]) ? 0 : length;
}

static void write_prose(FILE *out, const struct vocabulary *known, const char *text)
{
	bool linked[WORDS_MOST] = {false};
	const char *begin = text;

	for (const char *at = text; *at; at++) {
		bool starts = at == text || !goes_on(at[-1]);
		int word = starts ? find_word(known, at) : -1;
		size_t length = word >= 0 ? length_of(known, at, word) : 0;

		if (!length || linked[word])
			continue;
		linked[word] = true;
		write_part(out, begin, (size_t)(at - begin));
		fprintf(out, "<a class=\"word\" href=\"#word-%s\">", id_at(known, word));
		write_part(out, at, length);
		fputs("</a>", out);
		begin = at + length;
		at = begin - 1;
	}
	escape_html(out, begin);
}

void glossary_prose(FILE *out, const char *text)
{
	write_prose(out, &of_runs, text);
}

void glossary_trace_prose(FILE *out, const char *text)
{
	write_prose(out, &of_traces, text);
}

void glossary_text(FILE *out, const char *tag, const char *class, const char *text)
{
	CHECK(markup_is_plain(tag) && (!class || markup_is_plain(class)));
	fprintf(out, "<%s", tag);
	if (class)
		fprintf(out, " class=\"%s\"", class);
	fputc('>', out);
	glossary_prose(out, text);
	fprintf(out, "</%s>", tag);
}

static void write_word(FILE *out, const char *id, const char *word, const char *meaning)
{
	CHECK(markup_is_plain(id) && !strpbrk(word, "<>&"));
	fprintf(out, "<dt id=\"word-%s\">%s</dt><dd>", id, word);
	escape_html(out, meaning);
	fputs("</dd>\n", out);
}

static void write_words(FILE *out, const struct vocabulary *known)
{
	markup_section(out, "words", "Words");
	fputs("<dl class=\"words\">\n", out);
	for (int i = 0; i < known->words; i++)
		write_word(out, known->word[i].id, known->word[i].word, known->word[i].meaning);
	for (int i = known->words; i < known->all; i++) {
		int name = i - known->words;

		if (name != VIOLATION_OVERLAP) /* stands among the words */
			write_word(out, id_at(known, i), word_at(known, i),
				   violation_kinds[name].sentence);
	}
	fputs("</dl>\n", out);
	markup_end_section(out);
}

void glossary_write(FILE *out)
{
	write_words(out, &of_runs);
}

void glossary_trace_write(FILE *out)
{
	write_words(out, &of_traces);
}
