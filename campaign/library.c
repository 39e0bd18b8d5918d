#include "campaign/library.h"

#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/places.h"
#include "base/word.h"

static const char root[] = "campaigns/", ending[] = ".conf";

static char *copy(const char *text, size_t length)
{
	char *made = strndup(text, length);

	CHECK_MEMORY(made);
	return made;
}

/* Ends behind the first period that a blank follows; "3.5.16" has none. */
static size_t sentence_length(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c == '.' && (c[1] == ' ' || c[1] == '\0'))
			return (size_t)(c - text) + 1;
	return strlen(text);
}

/* Of the comment that a campaign begins with, up to its first empty line. */
static char *read_sentence(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *head = NULL;
	char line[256];
	size_t size;
	FILE *out = text_begin(&head, &size);

	while (file && fgets(line, sizeof(line), file) && line[0] == '#' && line[1] == ' ') {
		line[strcspn(line, "\n")] = '\0';
		fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", line + 2);
	}
	text_end(out, &head);
	return copy(head, sentence_length(head));
}

/* All below the folder that `pattern` names: "ROOT/" and "*.conf" or, a folder deeper, "*" "/"
 * "*.conf". */
static void add(struct library *library, const char *top, const char *pattern)
{
	_cleanup_free_ char *all = text_format("%s/%s", top, pattern);
	glob_t found;

	if (glob(all, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i], *inside = path + strlen(top) + 1;
		const char *slash = strchr(inside, '/'), *name = slash ? slash + 1 : inside;

		library->campaign = array_resized(library->campaign, (size_t)library->campaigns + 1,
						  sizeof(*library->campaign));
		library->campaign[library->campaigns++] = (struct library_campaign){
			.name = copy(name, strlen(name) - strlen(ending)),
			.folder = copy(inside, slash ? (size_t)(slash - inside) : 0),
			.path = copy(path, strlen(path)),
			.sentence = read_sentence(path),
		};
	}
	globfree(&found);
}

void library_open(struct library *library)
{
	char path[PATH_MAX];

	*library = (struct library){0};
	if (place_find("campaigns/default.conf", "share/fencepost/campaigns/default.conf", path,
		       sizeof(path)))
		return;
	const char *top = dirname(path);

	add(library, top, "*.conf");
	add(library, top, "*/*.conf");
}

void library_free(struct library *library)
{
	for (int i = 0; i < library->campaigns; i++) {
		free(library->campaign[i].name);
		free(library->campaign[i].folder);
		free(library->campaign[i].path);
		free(library->campaign[i].sentence);
	}
	free(library->campaign);
	*library = (struct library){0};
}

/* "late-write", "examples/late-write.conf", "campaigns/examples/late-write.conf". */
static bool is_called(const struct library_campaign *campaign, const char *word)
{
	char bare[PATH_MAX], full[PATH_MAX];
	size_t length;

	if (strncmp(word, root, strlen(root)) == 0)
		word += strlen(root);
	if (!text_copy(bare, sizeof(bare), word))
		return false;
	length = strlen(bare);
	if (length > strlen(ending) && strcmp(bare + length - strlen(ending), ending) == 0)
		bare[length - strlen(ending)] = '\0';
	snprintf(full, sizeof(full), "%s%s%s", campaign->folder, *campaign->folder ? "/" : "",
		 campaign->name);
	return strcmp(bare, full) == 0 || strcmp(bare, campaign->name) == 0;
}

static int find_in(const struct library *library, const char *word, char *path, size_t size,
		   struct error *err)
{
	_cleanup_free_ const char **names = NULL;

	for (int i = 0; i < library->campaigns; i++)
		if (is_called(&library->campaign[i], word) &&
		    text_copy(path, size, library->campaign[i].path))
			return 0;
	ARRAY_NEW(names, library->campaigns + 1);
	for (int i = 0; i < library->campaigns; i++)
		names[i] = library->campaign[i].name;
	const char *near = word_nearest(word, names);

	return error_set(
		err, EXIT_BAD_USAGE,
		"there is no campaign %.200s: no such file, and none of that name came with "
		"fencepost (%s%s%s`fencepost campaigns` lists them)",
		word, near ? "near it: " : "", near ? near : "", near ? "; " : "");
}

int library_find(const char *word, char *path, size_t size, struct error *err)
{
	struct library library;

	if (access(word, F_OK) == 0 && text_copy(path, size, word))
		return 0;
	if (snprintf(path, size, "%s%s", word, ending) < (int)size && access(path, F_OK) == 0)
		return 0;
	library_open(&library);
	int failed = find_in(&library, word, path, size, err);

	library_free(&library);
	return failed;
}
