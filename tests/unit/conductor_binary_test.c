/* Which etcd is meant, and which version it says it is: asked in the sandbox, of scripts. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "conductor/etcd_binary.h"
#include "tests/support/prefix.h"
#include "tests/support/suite.h"
#include "tests/unit/cluster_rig.h"

static char path[PATH_MAX], version[64];

static void write_script(const char *at, const char *body)
{
	FILE *out = fopen(at, "w");

	ck_assert_ptr_nonnull(out);
	fprintf(out, "#!/bin/sh\n%s\n", body);
	fclose(out);
	ck_assert_int_eq(chmod(at, 0755), 0);
}

static const char *script(const char *name, const char *body)
{
	const char *made = scratch_file(name);

	write_script(made, body);
	return made;
}

static int find(const char *wanted, struct error *err)
{
	*err = (struct error){0};
	*path = *version = '\0';
	return etcd_binary_find(wanted, path, sizeof(path), version, sizeof(version), err);
}

static void refused(const char *wanted, const char *says)
{
	struct error err;

	ck_assert_int_eq(find(wanted, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_msg(strstr(err.text, says) != NULL, "wanted '%s' in: %s", says, err.text);
}

START_TEST(version_is_what_the_program_says)
{
	const char *etcd = script("etcd", "[ \"$1\" = --version ] && [ $# = 1 ] || exit 1\n"
					  "echo 'a line before'\necho 'etcd Version: 9.8.7'\n"
					  "echo 'Git SHA: x'");
	struct error err;

	ck_assert_msg(find(etcd, &err) == 0, "%s", err.text);
	ck_assert_str_eq(path, etcd);
	ck_assert_str_eq(version, "9.8.7");
}
END_TEST

START_TEST(name_is_looked_for_on_the_path)
{
	const char *etcd = script("etcd", "echo 'etcd Version: 1.2.3'");
	char directory[PATH_MAX];
	struct error err;

	snprintf(directory, sizeof(directory), "%s", etcd);
	*strrchr(directory, '/') = '\0';
	setenv("PATH", directory, 1);
	ck_assert_msg(find("etcd", &err) == 0, "%s", err.text);
	ck_assert_str_eq(path, etcd);
	ck_assert_str_eq(version, "1.2.3");
	ck_assert(etcd_binary_is_known("etcd"));
	ck_assert(etcd_binary_is_known(etcd));
	ck_assert(!etcd_binary_is_known("/usr/local/bin/other"));
	setenv("PATH", "/nowhere", 1);
	refused("etcd", "there is no etcd 'etcd'; install it");
	ck_assert(etcd_binary_is_known("etcd"));
	ck_assert(!etcd_binary_is_known(etcd));
}
END_TEST

START_TEST(what_is_no_etcd_is_told)
{
	refused(script("quiet", "true"), "It does not say 'etcd Version' when asked");
	refused(script("other", "echo 'consul Version: 1.2.3'"), "is ");
	refused(script("failing", "echo 'no way' >&2; exit 3"), "no way");
	refused("/nowhere/etcd", "there is no etcd '/nowhere/etcd'");
}
END_TEST

/* This program does not stand where the fetcher is looked for. */
START_TEST(version_is_fetched_and_nothing_else)
{
	refused("3.5.16", "name etcd 3.5.16 by its path");
	refused("3.5", "name etcd 3.5 by its path");
	refused("3", "there is no etcd '3'");
	refused("v3.5.16", "there is no etcd 'v3.5.16'");
	refused("3.5.16/etcd", "there is no etcd '3.5.16/etcd'");
	ck_assert(etcd_binary_is_known("3.5.16"));
	ck_assert(!etcd_binary_is_known("3"));
	ck_assert(!etcd_binary_is_known("3.5.16/etcd"));
}
END_TEST

static void fetch_with(const char *body)
{
	enter_prefix();
	mkdir("libexec", 0755);
	mkdir("libexec/fencepost", 0755);
	write_script("libexec/fencepost/fetch-etcd", body);
}

static void remove_fetcher(void)
{
	enter_prefix();
	unlink("libexec/fencepost/fetch-etcd");
	rmdir("libexec/fencepost");
	rmdir("libexec");
}

START_TEST(version_is_resolved_without_starting_it)
{
	const char *etcd = script("unstarted", "touch \"$0.ran\"");
	char body[PATH_MAX], ran[PATH_MAX];
	struct error err = {0};

	snprintf(body, sizeof(body), "[ \"$1\" = 9.9.1 ] || exit 1\necho %s", etcd);
	fetch_with(body);
	ck_assert_int_eq(etcd_binary_resolve("9.9.1", path, sizeof(path), &err), 0);
	ck_assert_str_eq(path, etcd);
	snprintf(ran, sizeof(ran), "%s.ran", etcd);
	ck_assert_int_ne(access(ran, F_OK), 0);
	ck_assert_int_eq(etcd_binary_resolve("etcd", path, sizeof(path), &err), 0);
	ck_assert_str_eq(path, "etcd");
	ck_assert_int_eq(etcd_binary_resolve("9.9.2", path, sizeof(path), &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_ptr_nonnull(strstr(err.text, "no etcd 9.9.2"));
}
END_TEST

START_TEST(what_was_fetched_is_asked_for_its_version)
{
	const char *etcd = script("fetched", "echo 'etcd Version: 9.9.1'");
	char body[PATH_MAX];
	struct error err;

	snprintf(body, sizeof(body),
		 "[ \"$1\" = 9.9.3 ] && { echo 'no such version' >&2; exit 1; }\n"
		 "echo %s",
		 etcd);
	fetch_with(body);
	ck_assert_msg(find("9.9.1", &err) == 0, "%s", err.text);
	ck_assert_str_eq(path, etcd);
	ck_assert_str_eq(version, "9.9.1");
	refused("9.9.2", "says that it is etcd 9.9.1, not 9.9.2; remove it");
	refused("9.9.3", "no etcd 9.9.3");
	fetch_with("head -c 5000 /dev/zero | tr '\\0' x");
	ck_assert_int_eq(find("9.9.1", &err), -1);
	ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
	ck_assert_ptr_nonnull(strstr(err.text, "the path of etcd 9.9.1 is too long"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: etcd's binary");
	TCase *tests = tcase_create("all"), *fetched = tcase_create("fetched");

	rig_need_sandbox("conductor_binary_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, version_is_what_the_program_says);
	tcase_add_test(tests, name_is_looked_for_on_the_path);
	tcase_add_test(tests, what_is_no_etcd_is_told);
	tcase_add_test(tests, version_is_fetched_and_nothing_else);
	tcase_add_unchecked_fixture(fetched, NULL, remove_fetcher);
	tcase_add_test(fetched, what_was_fetched_is_asked_for_its_version);
	tcase_add_test(fetched, version_is_resolved_without_starting_it);
	suite_add_tcase(suite, fetched);
	return suite_run(suite);
}
