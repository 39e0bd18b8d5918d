#include "sandbox/remedy.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"

enum { LIMIT_S = 5 };

static const char script[] =
#include "sandbox/remedy.sh.h"
	;

static const char *const words[] = {
	[REFUSED_NOTHING] = "",  [REFUSED_NAMESPACES] = "namespaces",
	[REFUSED_IDS] = "ids",   [REFUSED_MOUNTS] = "mounts",
	[REFUSED_PROC] = "proc",
};

void remedy_find_below(const char *root, enum refusal refusal, char text[REMEDY_SIZE])
{
	_cleanup_free_ char *output = NULL, *below = strdup(root);
	char shell[] = "sh", option[] = "-c", name[] = "remedy.sh", body[sizeof(script)], word[16];
	char *argv[] = {shell, option, body, name, word, below, NULL};
	struct error err = {0};

	CHECK_MEMORY(below);
	text[0] = '\0';
	if (refusal == REFUSED_NOTHING)
		return;
	memcpy(body, script, sizeof(script));
	text_copy(word, sizeof(word), words[refusal]);
	if (process_run(argv, NULL, &output, clock_now_ns() + LIMIT_S * NS_PER_S, &err)) {
		text_copy(text, REMEDY_SIZE, "README.md says what a machine must allow");
		return;
	}
	output[strcspn(output, "\n")] = '\0';
	text_copy(text, REMEDY_SIZE, output);
}

void remedy_find(enum refusal refusal, char text[REMEDY_SIZE])
{
	remedy_find_below("", refusal, text);
}
