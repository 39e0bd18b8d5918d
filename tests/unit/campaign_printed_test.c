/* The campaign as it is printed, stored and told: the text itself, which reading it back forgives.
 */
#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "tests/support/suite.h"

static struct campaign campaign;

/* What was not said stands there as it was taken, and what means nothing does not. */
START_TEST(what_is_printed_tells_all_that_holds_and_no_more)
{
	static const char said[] = "seed = 7\narm a { }\n"
				   "arm b { acquire-within = 2s }\n"
				   "fault f { do = pause target = holder }\n"
				   "fault g { do = compact follows = f }\n";
	static const char expected[] = "name = 'unnamed'\n"
				       "seed = 7\n"
				       "duration = \"30000ms\"\n"
				       "settle = \"5000ms\"\n"
				       "min-exposures = 30\n"
				       "service-expect = any\n"
				       "cluster {\n"
				       "\tmembers = 3\n"
				       "\tetcd = 'etcd'\n"
				       "\theartbeat = \"50ms\"\n"
				       "\telection = \"500ms\"\n"
				       "}\n"
				       "arm a {\n"
				       "\tguard = none\n"
				       "\trecipe = lock\n"
				       "\tstore = honest\n"
				       "\texpect = any\n"
				       "\tlanes = 4\n"
				       "\tworkers = 3\n"
				       "\tretries = 3\n"
				       "\tttl = \"1000ms\"\n"
				       "\theartbeat = \"300ms\"\n"
				       "\tacquire-timeout = \"10000ms\"\n"
				       "\twork = \"0.02s .. 0.2s\"\n"
				       "\trest = \"50ms\"\n"
				       "}\n"
				       "arm b {\n"
				       "\tguard = none\n"
				       "\trecipe = lock\n"
				       "\tstore = honest\n"
				       "\texpect = any\n"
				       "\tlanes = 4\n"
				       "\tworkers = 3\n"
				       "\tretries = 3\n"
				       "\tttl = \"1000ms\"\n"
				       "\theartbeat = \"300ms\"\n"
				       "\tacquire-timeout = \"10000ms\"\n"
				       "\tacquire-within = \"2000ms\"\n"
				       "\twork = \"0.02s .. 0.2s\"\n"
				       "\trest = \"50ms\"\n"
				       "}\n"
				       "fault f {\n"
				       "\tdo = pause\n"
				       "\ttarget = holder\n"
				       "\twhen = now\n"
				       "\tafter = \"0s\"\n"
				       "\tlength = \"1.5 ttl\"\n"
				       "\tfirst = \"1000ms\"\n"
				       "\tevery = \"0ms\"\n"
				       "\tjitter = \"0ms\"\n"
				       "}\n"
				       "fault g {\n"
				       "\tdo = compact\n"
				       "\ttarget = cluster\n"
				       "\twhen = now\n"
				       "\tafter = \"0s\"\n"
				       "\tfollows = f\n"
				       "\tsince = end\n"
				       "}\n";
	struct error err = {0};

	ck_assert_msg(campaign_load_text(said, "test", &campaign, &err) == 0, "%s", err.text);
	_cleanup_free_ char *text = campaign_print(&campaign);

	ck_assert_str_eq(text, expected);
	ck_assert_int_eq(campaign_load_text("arm a { }", "test", &campaign, &err), 0);
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://10.0.0.1:1", &err), 0);
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://10.0.0.2:2", &err), 0);
	text_copy(campaign.cluster.access.user, sizeof(campaign.cluster.access.user), "me");
	_cleanup_free_ char *other = campaign_print(&campaign);

	ck_assert_ptr_nonnull(strstr(other, "cluster {\n\tmembers = 2\n\tendpoints = "
					    "{'http://10.0.0.1:1', 'http://10.0.0.2:2'}\n\tuser "
					    "= 'me'\n}\narm a {\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: printed");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, what_is_printed_tells_all_that_holds_and_no_more);
	return suite_run(suite);
}
