/* A file is written whole: it takes its name complete or not at all, and through no link. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/descriptors.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static int sync_fails_with; /* 0: it does not */

int fsync(int fd)
{
	(void)fd;
	errno = sync_fails_with;
	return sync_fails_with ? -1 : 0;
}

static char folder[512];
static char paths[3][600];
static int open_before;

static void setup(void)
{
	open_before = descriptors_count();
	snprintf(folder, sizeof(folder), "%s", scratch_file("folder"));
	ck_assert_int_eq(mkdir(folder, 0777), 0);
	snprintf(paths[0], sizeof(paths[0]), "%s/target", folder);
	snprintf(paths[1], sizeof(paths[1]), "%s/victim", folder);
	snprintf(paths[2], sizeof(paths[2]), "%s/other", folder);
}

/* Whether it was written or refused. */
static void no_descriptor_is_left_open(void)
{
	ck_assert_int_eq(descriptors_count(), open_before);
}

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void ck_content(const char *path, const char *expected)
{
	char text[64] = "";
	FILE *in = fopen(path, "re");

	ck_assert_ptr_nonnull(in);
	ck_assert_uint_lt(fread(text, 1, sizeof(text) - 1, in), sizeof(text));
	fclose(in);
	ck_assert_str_eq(text, expected);
}

static int count_entries(void)
{
	DIR *dir = opendir(folder);
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* . and .. */
}

static int write_whole(const char *path, const char *text, struct error *err)
{
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	fputs(text, file.out);
	return file_end(&file, 0, err);
}

static void ck_written(const char *path, const char *text)
{
	struct error err = {0};

	ck_assert_msg(write_whole(path, text, &err) == 0, "%s", err.text);
	ck_content(path, text);
}

static void ck_refused(const char *path, enum exit_code code, const char *word)
{
	struct error err = {0};

	ck_assert_int_eq(write_whole(path, "new", &err), -1);
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
}

START_TEST(file_appears_only_when_it_is_whole)
{
	struct error err = {0};
	struct file file;
	struct stat found;

	put(paths[0], "old");
	ck_assert_int_eq(file_begin(&file, paths[0], &err), 0);
	fputs("new", file.out);
	fflush(file.out);
	ck_content(paths[0], "old");
	ck_assert_int_eq(file_end(&file, 0, &err), 0);
	ck_content(paths[0], "new");
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(stat(paths[0], &found), 0);
	ck_assert_int_eq(found.st_mode & 0777, 0640);
}
END_TEST

START_TEST(file_that_failed_leaves_the_old_one_and_nothing_beside_it)
{
	struct error err = {0};
	struct file file;

	put(paths[0], "old");
	ck_assert_int_eq(file_begin(&file, paths[0], &err), 0);
	fputs("half", file.out);
	error_set(&err, EXIT_VIOLATION, "its writer's own error");
	sync_fails_with = EIO; /* which would be another */
	ck_assert_int_eq(file_end(&file, -1, &err), -1);
	ck_assert_str_eq(err.text, "its writer's own error");
	ck_content(paths[0], "old");
	ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(file_that_does_not_fit_is_an_error_that_names_it)
{
	struct rlimit limit = {4, 4};
	struct error err = {0};
	struct file file;

	put(paths[0], "old");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(file_begin(&file, paths[0], &err), 0);
	fputs("more than four", file.out);
	ck_assert_int_eq(file_end(&file, 0, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_msg(strstr(err.text, "target: File too large") != NULL, "%s", err.text);
	ck_content(paths[0], "old");
	ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(file_that_the_disk_loses_is_none_and_one_that_cannot_be_synced_is)
{
	static const int cannot[] = {EINVAL, EROFS};

	put(paths[0], "old");
	sync_fails_with = EIO;
	ck_refused(paths[0], EXIT_MACHINE_LACKS, "target: Input/output error");
	ck_content(paths[0], "old");
	ck_assert_int_eq(count_entries(), 1);
	for (int i = 0; i < 2; i++) {
		sync_fails_with = cannot[i];
		ck_written(paths[0], i ? "one" : "another");
	}
}
END_TEST

START_TEST(file_replaces_a_link_and_never_writes_through_it)
{
	struct stat found;

	put(paths[1], "victim");
	ck_assert_int_eq(symlink("victim", paths[0]), 0);
	ck_written(paths[0], "new");
	ck_content(paths[1], "victim");
	ck_assert_int_eq(lstat(paths[0], &found), 0);
	ck_assert(S_ISREG(found.st_mode));
}
END_TEST

START_TEST(file_makes_nothing_where_a_dangling_link_leads)
{
	ck_assert_int_eq(symlink("other", paths[0]), 0);
	ck_written(paths[0], "new");
	ck_assert_int_ne(access(paths[2], F_OK), 0);
}
END_TEST

START_TEST(file_leaves_a_second_name_its_content)
{
	put(paths[1], "victim");
	ck_assert_int_eq(link(paths[1], paths[0]), 0);
	ck_written(paths[0], "new");
	ck_content(paths[1], "victim");
}
END_TEST

/* What somebody who knows our habits would lay out beside the name. */
START_TEST(file_trips_over_no_link_beside_its_name)
{
	static const char *const beside[] = {"target.new", "target.tmp", ".target.new", "target~"};

	put(paths[1], "victim");
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(paths[2], sizeof(paths[2]), "%s/%s", folder, beside[i]);
		ck_assert_int_eq(symlink("victim", paths[2]), 0);
	}
	ck_written(paths[0], "new");
	ck_content(paths[1], "victim");
}
END_TEST

START_TEST(file_follows_a_folder_that_is_a_link)
{
	ck_assert_int_eq(symlink(".", paths[2]), 0);
	snprintf(paths[1], sizeof(paths[1]), "%s/other/target", folder);
	ck_written(paths[1], "new");
	ck_content(paths[0], "new");
}
END_TEST

START_TEST(file_in_the_present_folder_needs_no_slash)
{
	ck_assert_int_eq(chdir(folder), 0);
	ck_written("target", "new");
	ck_content(paths[0], "new");
}
END_TEST

START_TEST(file_with_the_longest_name_fits)
{
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	ck_assert_int_eq(chdir(folder), 0);
	ck_written(name, "new");
}
END_TEST

START_TEST(what_cannot_be_a_file_is_a_usage_error)
{
	char name[300];

	memset(name, 'n', 299);
	name[299] = '\0';
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(mkdir("folder", 0777), 0);
	ck_assert_int_eq(mkfifo("pipe", 0666), 0);
	put("file", "old");
	ck_refused("nowhere/target", EXIT_BAD_USAGE, "nowhere/target: No such file");
	ck_refused("file/target", EXIT_BAD_USAGE, "Not a directory");
	ck_refused("folder", EXIT_BAD_USAGE, "Is a directory");
	ck_refused("folder/", EXIT_BAD_USAGE, "Is a directory");
	ck_refused("", EXIT_BAD_USAGE, "No such file");
	ck_refused("pipe", EXIT_BAD_USAGE, "no regular file");
	ck_refused("/dev/fencepost-test", EXIT_BAD_USAGE, "no regular file");
	ck_refused("/proc/fencepost-test", EXIT_BAD_USAGE, "fencepost-test: No such file");
	ck_refused(name, EXIT_BAD_USAGE, "too long");
	ck_assert_int_eq(count_entries(), 3);
}
END_TEST

START_TEST(what_may_not_be_written_is_the_machines_fault)
{
	bool root = geteuid() == 0;

	if (root)
		ck_assert_int_eq(seteuid(65534), 0); /* who may not even enter the folder */
	else
		ck_assert_int_eq(chmod(folder, 0555), 0);
	ck_refused(paths[0], EXIT_MACHINE_LACKS, "target: Permission denied");
	if (root)
		ck_assert(seteuid(0) == 0 &&
			  prctl(PR_SET_DUMPABLE, 1) == 0); /* for the sanitizers */
	else
		ck_assert_int_eq(chmod(folder, 0755), 0);
}
END_TEST

/* Whoever may enter a folder and write there need not be able to list it. */
START_TEST(file_needs_no_right_to_read_its_folder)
{
	char inner[700], inside[720];
	bool root = geteuid() == 0;

	snprintf(inner, sizeof(inner), "/tmp/fencepost-unlisted-%d", (int)getpid());
	snprintf(inside, sizeof(inside), "%s/target", inner);
	ck_assert_int_eq(mkdir(inner, 0777), 0);
	ck_assert_int_eq(chmod(inner, 0333), 0);
	if (root)
		ck_assert_int_eq(seteuid(65534), 0);
	struct error err = {0};
	int failed = write_whole(inside, "new", &err);

	if (root)
		ck_assert(seteuid(0) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0);
	ck_assert_msg(failed == 0, "%s", err.text);
	ck_assert_int_eq(unlink(inside), 0);
	ck_assert_int_eq(rmdir(inner), 0);
}
END_TEST

START_TEST(folders_are_made_with_all_above_or_the_first_that_cannot_be_is_named)
{
	char path[700];
	struct stat found;

	snprintf(path, sizeof(path), "%s/a/b/c", folder);
	for (int again = 0; again < 2; again++)
		ck_assert_int_eq(file_make_folders(path), 0);
	ck_assert(stat(path, &found) == 0 && S_ISDIR(found.st_mode));
	put(paths[0], "no folder");
	snprintf(path, sizeof(path), "%s/below/further", paths[0]);
	ck_assert_int_eq(file_make_folders(path), -1);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_int_eq(strncmp(path, paths[0], strlen(paths[0])), 0);
	ck_assert_str_eq(path + strlen(paths[0]), "/below");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: files");
	TCase *tests = tcase_create("all");

	umask(0027);
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, no_descriptor_is_left_open);
	tcase_add_test(tests, file_appears_only_when_it_is_whole);
	tcase_add_test(tests, file_that_failed_leaves_the_old_one_and_nothing_beside_it);
	tcase_add_test(tests, file_that_does_not_fit_is_an_error_that_names_it);
	tcase_add_test(tests, file_that_the_disk_loses_is_none_and_one_that_cannot_be_synced_is);
	tcase_add_test(tests, file_replaces_a_link_and_never_writes_through_it);
	tcase_add_test(tests, file_makes_nothing_where_a_dangling_link_leads);
	tcase_add_test(tests, file_leaves_a_second_name_its_content);
	tcase_add_test(tests, file_trips_over_no_link_beside_its_name);
	tcase_add_test(tests, file_follows_a_folder_that_is_a_link);
	tcase_add_test(tests, file_in_the_present_folder_needs_no_slash);
	tcase_add_test(tests, file_with_the_longest_name_fits);
	tcase_add_test(tests, what_cannot_be_a_file_is_a_usage_error);
	tcase_add_test(tests, what_may_not_be_written_is_the_machines_fault);
	tcase_add_test(tests, file_needs_no_right_to_read_its_folder);
	tcase_add_test(tests, folders_are_made_with_all_above_or_the_first_that_cannot_be_is_named);
	return suite_run(suite);
}
