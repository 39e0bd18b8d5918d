/* wrong-release: what checker/holds/releases.c has found. */
#include "base/invariant.h"
#include "checker/checks.h"

static void file_wrong_release(struct docket *docket, const struct lane_facts *facts,
			       const struct wrong_release *wrong)
{
	const struct op_row *release = wrong->release;
	const struct grant *grant = wrong->grant;

	CHECK(release->f == F_RELEASE && release->outcome == OUTCOME_OK);
	CHECK(wrong->by != wrong->owner && grant->removal > 0);
	struct violation violation = docket_draft(facts, VIOLATION_WRONG_RELEASE, wrong->definite,
						  grant->removed_seen_ns);
	struct label who = attempt_label(wrong->by),
		     whose = {"a key that nobody is known to have made"};

	if (wrong->owner)
		whose = attempt_label(wrong->owner);
	docket_cite(&violation, "op", release->id, "release");
	docket_cite(&violation, "attempt", wrong->by->id, "holder");
	if (wrong->owner)
		docket_cite_attempt(&violation, wrong->owner, "later holder");
	docket_cite(&violation, "key_event", grant->removal, "removal");
	docket_say(&violation,
		   "%s released its lock at %.3f s, and what was deleted at revision %lld, which "
		   "the answer names, was the key of %s",
		   who.text, seconds(release->invoked_ns), (long long)release->revision,
		   whose.text);
	docket_tell_cover(&violation, facts, wrong->by->process, release->invoked_ns,
			  release->returned_ns);
	docket_file(docket, facts, &violation, wrong->by, wrong->owner);
}

void check_wrong_release(struct docket *docket, const struct lane_facts *facts)
{
	for (int i = 0; i < facts->wrong_releases; i++)
		file_wrong_release(docket, facts, &facts->wrong_release[i]);
}
