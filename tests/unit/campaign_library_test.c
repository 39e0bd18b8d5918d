/* Campaigns by name: what came with the binary, told by its first sentence; a user's file first. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/library.h"
#include "tests/support/prefix.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static const struct {
	const char *path, *text;
} files[] = {
	{"share/fencepost/campaigns/default.conf", "# One. And more.\n\narm a { }\n"},
	{"share/fencepost/campaigns/examples/one-way.conf",
	 "# etcd 3.5.16 is late\n# in two lines. Then more\n#\n# no\narm a { }\n"},
	{"share/fencepost/campaigns/examples/plain.conf", "a plain line. No comment\n"},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void setup(void)
{
	enter_prefix();
	mkdir("share", 0755);
	mkdir("share/fencepost", 0755);
	mkdir("share/fencepost/campaigns", 0755);
	mkdir("share/fencepost/campaigns/examples", 0755);
	for (int i = 0; i < FILES; i++)
		write_file(files[i].path, files[i].text);
}

static void teardown(void)
{
	enter_prefix();
	for (int i = 0; i < FILES; i++)
		unlink(files[i].path);
	rmdir("share/fencepost/campaigns/examples");
	rmdir("share/fencepost/campaigns");
	rmdir("share/fencepost");
	rmdir("share");
}

START_TEST(each_is_told_by_the_first_sentence_of_its_head)
{
	static const struct {
		const char *name, *folder, *sentence;
	} expected[FILES] = {
		{"default", "", "One."},
		{"one-way", "examples", "etcd 3.5.16 is late in two lines."},
		{"plain", "examples", ""},
	};
	struct library library;

	library_open(&library);
	ck_assert_int_eq(library.campaigns, FILES);
	for (int i = 0; i < FILES; i++) {
		ck_assert_str_eq(library.campaign[i].name, expected[i].name);
		ck_assert_str_eq(library.campaign[i].folder, expected[i].folder);
		ck_assert_str_eq(library.campaign[i].sentence, expected[i].sentence);
		ck_assert_int_eq(access(library.campaign[i].path, R_OK), 0);
	}
	library_free(&library);
	ck_assert_int_eq(library.campaigns, 0);
}
END_TEST

START_TEST(each_is_called_by_its_name)
{
	static const char *const words[] = {"one-way", "one-way.conf", "examples/one-way",
					    "campaigns/examples/one-way.conf"};
	struct error err = {0};
	char path[PATH_MAX];
	const char *folder = scratch_file("folder");

	ck_assert_int_eq(mkdir(folder, 0755), 0);
	ck_assert_int_eq(chdir(folder), 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ck_assert_int_eq(library_find(words[i], path, sizeof(path), &err), 0);
		ck_assert_ptr_nonnull(strstr(path, "campaigns/examples/one-way.conf"));
	}
	write_file("one-way.conf", "arm a { }\n");
	ck_assert_int_eq(library_find("one-way", path, sizeof(path), &err), 0);
	ck_assert_str_eq(path, "one-way.conf");
}
END_TEST

START_TEST(what_is_not_there_is_told_with_the_nearest)
{
	struct error err = {0};
	char path[PATH_MAX];

	ck_assert_int_eq(library_find("examples", path, sizeof(path), &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	err = (struct error){0};
	ck_assert_int_eq(library_find("plan", path, sizeof(path), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "there is no campaign plan: "));
	ck_assert_ptr_nonnull(strstr(err.text, "(near it: plain; `fencepost campaigns` lists"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("campaigns by name");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, each_is_told_by_the_first_sentence_of_its_head);
	tcase_add_test(tests, each_is_called_by_its_name);
	tcase_add_test(tests, what_is_not_there_is_told_with_the_nearest);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
