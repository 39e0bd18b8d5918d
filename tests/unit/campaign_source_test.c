/* A campaign's text before it is parsed: without comments, with the lines of blocks and options. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/source.h"
#include "tests/support/suite.h"

static struct source source;

static void take(const char *text)
{
	struct error err = {0};

	ck_assert_msg(source_take(text, "c", &source, &err) == 0, "%s of: %s", err.text, text);
}

static void becomes(const char *text, const char *expected)
{
	take(text);
	ck_assert_str_eq(source.text, expected);
	ck_assert_str_eq(source.name, "c");
	source_free(&source);
}

static void refused(const char *text, const char *says)
{
	struct error err = {0};

	ck_assert_msg(source_take(text, "c", &source, &err) == -1, "taken: %s", text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, says) == err.text, "wanted '%s', got: %s", says, err.text);
}

START_TEST(comments_become_blanks_where_they_stood)
{
	becomes("a = 1 # x\nb = 2", "a = 1    \nb = 2");
	becomes("a = 1 // x\nb = 2", "a = 1     \nb = 2");
	becomes("a = 1 #", "a = 1  ");
	becomes("a /* x\ny */= 1", "a     \n    = 1");
	becomes("/**/a = 1", "    a = 1");
	becomes("/***/a = 1 /* */", "     a = 1      ");
	becomes("/*/ a */b = 1", "        b = 1");
	becomes("# it's \"\n\t//'\n{}", "        \n\t   \n{}");
	becomes("", "");
}
END_TEST

START_TEST(what_stands_in_quotes_stays)
{
	becomes("a = '# /* // ${ \" = {'", "a = '# /* // ${ \" = {'");
	becomes("a = \"# /* // ' = {\"", "a = \"# /* // ' = {\"");
	becomes("a = 'x\\'# y' # z", "a = 'x\\'# y'    ");
	becomes("a = \"x\\\"# y\" # z", "a = \"x\\\"# y\"    ");
	becomes("a = 'x\\\\' # z", "a = 'x\\\\'    ");
	becomes("a = \"x\\\ny\" # z", "a = \"x\\\ny\"    ");
	becomes("a = \"${X#Y}\" # z", "a = \"${X#Y}\"    ");
	becomes("a = ${X} # z", "a = ${X}    ");
	becomes("a = ${X=Y{Z} # z", "a = ${X=Y{Z}    ");
	becomes("a = \"$X\" # z", "a = \"$X\"    ");
	becomes("a = b/c", "a = b/c");
}
END_TEST

START_TEST(environment_ends_within_its_line)
{
	refused("a = ${X", "c:1: '${' without '}'");
	refused("\na = ${X\n}", "c:2: '${' without '}'");
	refused("a = \"${X\"", "c:1: '${' without '}'");
	refused("a = \"${X\n}\"", "c:1: '${' without '}'");
}
END_TEST

START_TEST(line_ends_and_the_mark_are_made_plain)
{
	becomes("\xef\xbb\xbf"
		"a = 1\r\nb = 2\r\n",
		"a = 1\nb = 2\n");
	refused("a = 1\rb = 2", "c:1: the byte 0x0d");
	refused("a = 1\n\nb = \x01", "c:3: the byte 0x01");
	refused("# \xff", "c:1: the byte 0xff");
	refused("a = 'x\ny\nz", "c:1: this text does not end; ' is missing");
	refused("\na = \"x\ny", "c:2: this text does not end; \" is missing");
	refused("\n\n/* x\n", "c:3: this comment does not end");
}
END_TEST

static const char several[] = "seed = 1\n"
			      "arm a {\n"
			      "\tlanes = 2\n"
			      "\twork =\n"
			      "\t'1s'  rest = 1s\n"
			      "}\n"
			      "cluster\n"
			      "{ endpoints = {\n"
			      "\t'x', 'y' }\n"
			      "\tmembers = 1 }\n"
			      "name = x\n"
			      "fault f { lanes = 3 }\n";

START_TEST(blocks_and_options_have_their_lines)
{
	static const struct {
		int block;
		const char *option;
		int line;
	} cases[] = {
		{-1, "seed", 1},    {-1, "name", 11},
		{0, "", 2},         {0, "lanes", 3},
		{0, "work", 4},     {0, "rest", 5},
		{1, "", 8},         {1, "endpoints", 8},
		{1, "members", 10}, {2, "", 12},
		{2, "lanes", 12},   {0, "members", 2}, /* which is not there: that of its block */
		{2, "work", 12},    {-1, "lanes", 0},
		{3, "", 0},
	};

	take(several);
	ck_assert_int_eq(source.blocks, 3);
	ck_assert_int_eq(source.options, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(source_line(&source, cases[i].block, cases[i].option) ==
				      cases[i].line,
			      "%d %s: %d", cases[i].block, cases[i].option,
			      source_line(&source, cases[i].block, cases[i].option));
	source_free(&source);
	ck_assert_ptr_null(source.text);
}
END_TEST

START_TEST(an_option_is_set_once_in_its_block)
{
	refused("a { x = 1 }\nb {\n y = 1\n x = 2\n y = 3 }",
		"c:5: 'y' is set twice here, first in line 3");
	refused("x = 1\na { x = 1 }\nx = 2", "c:3: 'x' is set twice here, first in line 1");
	refused("a { x = {1}\n x += {2} }", "c:2: 'x' is set twice here, first in line 1");
	take("x = 1 a { x = 1 } b { x = 1 xx = 2 }");
	ck_assert_int_eq(source.options, 4);
	source_free(&source);
	take("a {\n x += {1} y = 2 }"); /* the first of a list that is added to */
	ck_assert_int_eq(source.options, 2);
	ck_assert_int_eq(source.blocks, 1);
	ck_assert_int_eq(source_line(&source, 0, "x"), 2);
	source_free(&source);
	/* A name longer than any is nobody's. */
	take("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz = 1 "
	     "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz = 1");
	ck_assert_int_eq(source.options, 0);
	source_free(&source);
}
END_TEST

START_TEST(signs_stand_where_they_mean_something)
{
	refused("= 1", "c:1: no name of an option before '='");
	refused("a = = 1", "c:1: no name of an option before '='");
	refused("a\n, = 1", "c:2: no name of an option before '='");
	refused("a { } = 1", "c:1: no name of an option before '='");
	refused("'a' = 1", "c:1: no name of an option before '='");
	refused("a + 1", "c:1: '+' means nothing here");
	refused("\n+= 1", "c:2: no name of an option before '='");
	refused("a = (1)", "c:1: '(' means nothing here");
	refused("a = 1|2", "c:1: '|' means nothing here");
	refused("a = 1)", "c:1: ')' means nothing here");
	take("a = { 1, 2 } }"); /* one brace too many is left to the parser */
	source_free(&source);
	take("} a { x = 1 }");
	ck_assert_int_eq(source_line(&source, 0, "x"), 1);
	source_free(&source);
}
END_TEST

START_TEST(braces_are_closed_and_not_deep)
{
	refused("a {\n b {\n", "c:2: the file ends inside what begins here; '}' is missing");
	refused("a {\n b { }\n", "c:1: the file ends inside what begins here; '}' is missing");
	take("{{{{{{{{}}}}}}}}");
	ck_assert_int_eq(source.blocks, 1);
	source_free(&source);
	refused("{{{{{{{{\n{}}}}}}}}}", "c:2: blocks do not stand within blocks");
}
END_TEST

START_TEST(a_campaign_has_a_thousand_blocks_at_most)
{
	static char text[8192];

	for (int blocks = 1024; blocks <= 1025; blocks++) {
		for (int i = 0; i < blocks; i++)
			memcpy(text + 4 * i, "a{}\n", 5);
		if (blocks == 1025) {
			refused(text, "c:1025: more than 1024 blocks");
			continue;
		}
		take(text);
		ck_assert_int_eq(source.blocks, 1024);
		ck_assert_int_eq(source_line(&source, 1023, ""), 1024);
		source_free(&source);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: source of a campaign");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, comments_become_blanks_where_they_stood);
	tcase_add_test(tests, what_stands_in_quotes_stays);
	tcase_add_test(tests, environment_ends_within_its_line);
	tcase_add_test(tests, line_ends_and_the_mark_are_made_plain);
	tcase_add_test(tests, blocks_and_options_have_their_lines);
	tcase_add_test(tests, an_option_is_set_once_in_its_block);
	tcase_add_test(tests, signs_stand_where_they_mean_something);
	tcase_add_test(tests, braces_are_closed_and_not_deep);
	tcase_add_test(tests, a_campaign_has_a_thousand_blocks_at_most);
	return suite_run(suite);
}
