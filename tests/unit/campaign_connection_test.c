/* Who says how an existing cluster is entered, and who of them counts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/connection.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static struct campaign campaign;
static struct error err;

static void begin(void)
{
	static const char *const variables[] = {"ETCDCTL_ENDPOINTS", "ETCDCTL_CACERT",
						"ETCDCTL_CERT",      "ETCDCTL_KEY",
						"ETCDCTL_USER",      "ETCDCTL_PASSWORD"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	memset(&campaign, 0, sizeof(campaign));
	err = (struct error){0};
}

static void say_in_campaign(char *where, size_t size, const char *text)
{
	ck_assert(text_copy(where, size, text));
}
#define IN_CAMPAIGN(field, text)                                                                   \
	say_in_campaign(campaign.cluster.field, sizeof(campaign.cluster.field), text)

static void settles(struct connection_words said)
{
	ck_assert_msg(connection_settle(&said, &campaign, &err) == 0, "%s", err.text);
}

static void refused(struct connection_words said, const char *words)
{
	ck_assert_int_eq(connection_settle(&said, &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, words), "wanted '%s' in: %s", words, err.text);
	ck_assert_msg(!strstr(err.text, "secret"), "%s", err.text);
	err = (struct error){0};
}

/* A file that can be read, with that text. */
static const char *file(const char *name, const char *text)
{
	const char *path = scratch_file(name);
	FILE *out = fopen(path, "w");

	ck_assert(out && fputs(text, out) >= 0 && fclose(out) == 0);
	return path;
}

/* Precedence ------------------------------------------------------------------------------------ */

START_TEST(command_line_counts_before_campaign_before_environment)
{
	_cleanup_free_ char *said = strdup(file("said", "")), *ours = strdup(file("ours", "")),
			    *theirs = strdup(file("theirs", ""));

	setenv("ETCDCTL_CACERT", theirs, 1);
	setenv("ETCDCTL_CERT", theirs, 1);
	setenv("ETCDCTL_KEY", theirs, 1);
	IN_CAMPAIGN(access.cacert, ours);
	IN_CAMPAIGN(access.cert, ours);
	settles((struct connection_words){.endpoints = "https://a:1", .cacert = said});
	ck_assert_str_eq(campaign.cluster.access.cacert, said);
	ck_assert_str_eq(campaign.cluster.access.cert, ours);
	ck_assert_str_eq(campaign.cluster.access.key, theirs);
}
END_TEST

START_TEST(endpoints_come_from_the_environment_only_when_that_is_said)
{
	setenv("ETCDCTL_ENDPOINTS", "https://b:2,c:3", 1);
	settles((struct connection_words){0});
	ck_assert_int_eq(campaign.cluster.endpoints, 0);
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://a:1", &err), 0);
	settles((struct connection_words){0});
	ck_assert_str_eq(campaign.cluster.endpoint[0], "http://a:1");
	settles((struct connection_words){.endpoints = "env"});
	ck_assert_int_eq(campaign.cluster.endpoints, 2);
	ck_assert_int_eq(campaign.cluster.members, 2);
	ck_assert_str_eq(campaign.cluster.endpoint[0], "https://b:2");
	ck_assert_str_eq(campaign.cluster.endpoint[1], "http://c:3");
	setenv("ETCDCTL_CACERT", file("ca", ""), 1);
	settles((struct connection_words){.endpoints = "env"});
	ck_assert_str_eq(campaign.cluster.endpoint[1], "https://c:3");
	settles((struct connection_words){.endpoints = "http://d:4"});
	ck_assert_str_eq(campaign.cluster.endpoint[0], "http://d:4");
	unsetenv("ETCDCTL_ENDPOINTS");
	refused((struct connection_words){.endpoints = "env"}, "ETCDCTL_ENDPOINTS is not set");
}
END_TEST

/* Who and what: the words of each mouth, and what comes of them. */
START_TEST(password_is_that_of_the_user_who_counts)
{
	static const struct {
		const char *said, *campaign, *user_variable, *password_variable;
		bool said_file, campaign_file;
		const char *user, *password; /* NULL: refused, for want of a password */
	} cases[] = {
		{"me:p1", NULL, "you:p2", "p3", false, false, "me", "p1"},
		{"me", NULL, "you:p2", "p3", false, false, "me", "p3"},
		{"me", NULL, "you:p2", NULL, false, false, "me", NULL},
		{"me", NULL, NULL, "p3", true, false, "me", "from said"},
		{"me", NULL, NULL, "p3", false, true, "me", "from campaign"},
		{"me:p1", NULL, NULL, "p3", false, true, "me", "p1"},
		{"me", NULL, NULL, "p3", true, true, "me", "from said"},
		{NULL, "it", "you:p2", "p3", false, false, "it", "p3"},
		{NULL, "it", "you:p2", NULL, false, true, "it", "from campaign"},
		{NULL, NULL, "you:p2", "p3", false, false, "you", "p2"},
		{NULL, NULL, "you", "p3", false, false, "you", "p3"},
		{NULL, NULL, "you:p:2", NULL, false, false, "you", "p:2"},
		{NULL, NULL, NULL, "p3", false, false, "", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *said = strdup(file("said", "from said\r\nnot this\n"));

		begin();
		if (cases[i].user_variable)
			setenv("ETCDCTL_USER", cases[i].user_variable, 1);
		if (cases[i].password_variable)
			setenv("ETCDCTL_PASSWORD", cases[i].password_variable, 1);
		if (cases[i].campaign)
			IN_CAMPAIGN(access.user, cases[i].campaign);
		if (cases[i].campaign_file)
			IN_CAMPAIGN(password_file, file("campaign", "from campaign"));
		struct connection_words words = {.endpoints = "http://a:1",
						 .user = cases[i].said,
						 .password_file = cases[i].said_file ? said : NULL};

		if (!cases[i].password) {
			refused(words, "no password for user me");
			continue;
		}
		settles(words);
		ck_assert_str_eq(campaign.cluster.access.user, cases[i].user);
		ck_assert_str_eq(campaign.cluster.access.password, cases[i].password);
		ck_assert_ptr_null(getenv("ETCDCTL_PASSWORD"));
		const char *left = getenv("ETCDCTL_USER");

		ck_assert_msg(!left || !strchr(left, ':'), "%s", left);
	}
}
END_TEST

/* Refusals -------------------------------------------------------------------------------------- */

START_TEST(what_goes_with_endpoints_is_refused_without)
{
	static const struct connection_words idle[] = {
		{.cacert = "x"}, {.cert = "x"},          {.key = "x"},
		{.user = "x"},   {.password_file = "x"}, {.prefix = "x/"},
	};

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		refused(idle[i], "for a cluster that runs already");
	IN_CAMPAIGN(prefix, "x/");
	refused((struct connection_words){0}, "'prefix' is for a cluster that runs already");
}
END_TEST

START_TEST(environment_alone_means_nothing_to_members_of_our_own)
{
	setenv("ETCDCTL_CACERT", "/nowhere", 1);
	setenv("ETCDCTL_USER", "me", 1);
	settles((struct connection_words){0});
	ck_assert_str_eq(campaign.cluster.access.user, "");
}
END_TEST

START_TEST(what_cannot_be_is_refused_with_the_remedy)
{
	const char *here = file("here", "");
	char lengthy[300] = "";

	memset(lengthy, 'x', sizeof(lengthy) - 1);
#define AT(url) .endpoints = url
	refused((struct connection_words){AT("https://a:1"), .cacert = "/nowhere"}, "/nowhere");
	refused((struct connection_words){AT("https://a:1"), .cert = "/nowhere"}, "/nowhere");
	begin();
	refused((struct connection_words){AT("https://a:1"), .key = here}, "--cert");
	begin();
	refused((struct connection_words){AT("http://a:1"), .cacert = here}, "https://");
	begin();
	refused((struct connection_words){AT("https://me:secret@a:1")}, "--user");
	refused((struct connection_words){AT("https://me:sec,secret@a:1")}, "--user");
	refused((struct connection_words){AT("http://a:1,http://a:1")}, "twice");
	refused((struct connection_words){AT("http://a:1"), .prefix = "x"}, "slash");
	refused((struct connection_words){AT("http://a:1"), .prefix = "/a b/"}, "blank");
	refused((struct connection_words){AT("http://a:1"), .cacert = lengthy}, "255");
	begin();
	refused((struct connection_words){AT("http://a:1"), .user = ":secret"}, "name");
	refused((struct connection_words){AT("http://a:1"), .user = lengthy}, "63");
	refused((struct connection_words){AT("http://a:1"), .user = "me:"}, "empty");
	begin();
	refused((struct connection_words){AT("http://a:1"), .user = "me",
					  .password_file = "/nowhere"},
		"/nowhere");
	refused((struct connection_words){AT("http://a:1"), .user = "me", .password_file = here},
		"no line");
	begin();
	refused((struct connection_words){AT("http://a:1"), .password_file = here}, "--user");
#undef AT
}
END_TEST

/* What is stored is what campaign_print says. */
START_TEST(campaign_is_printed_with_all_but_the_password)
{
	const char *cert = file("cert", "");

	campaign.arms = 0;
	settles((struct connection_words){.endpoints = "https://a:1",
					  .cacert = cert,
					  .cert = cert,
					  .key = cert,
					  .user = "me:secret",
					  .prefix = "their/"});
	ck_assert_str_eq(campaign.cluster.access.password, "secret");
	_cleanup_free_ char *text = campaign_print(&campaign);

	ck_assert_ptr_nonnull(strstr(text, "user = 'me'"));
	ck_assert_ptr_nonnull(strstr(text, "prefix = 'their/'"));
	ck_assert_ptr_nonnull(strstr(text, "cacert = '"));
	ck_assert_ptr_null(strstr(text, "secret"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor connection");
	TCase *tests = tcase_create("all");

	if (!freopen("/dev/null", "r", stdin)) /* nobody is asked */
		return 1;
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, begin, NULL);
	tcase_add_test(tests, command_line_counts_before_campaign_before_environment);
	tcase_add_test(tests, endpoints_come_from_the_environment_only_when_that_is_said);
	tcase_add_test(tests, password_is_that_of_the_user_who_counts);
	tcase_add_test(tests, what_goes_with_endpoints_is_refused_without);
	tcase_add_test(tests, environment_alone_means_nothing_to_members_of_our_own);
	tcase_add_test(tests, what_cannot_be_is_refused_with_the_remedy);
	tcase_add_test(tests, campaign_is_printed_with_all_but_the_password);
	return suite_run(suite);
}
