/* What a story says in sentences: instant by instant, the inequality that broke, and what would
 * have stopped it. All times are the story's. */
#include "reports/story.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "checker/holds/leaders.h"
#include "history/guard.h"

/* Sentences ----------------------------------------------------------------------------------- */

static const char *worker_of(const struct story *story, int hold)
{
	CHECK(hold < story->holds);
	return hold < 0 ? "another worker" : story->hold[hold].worker;
}

/* Not every guard looks at the greatest token. */
static char *say_refusal(const struct story_request *request, const char *what, const char *worker,
			 const char *token)
{
	const struct decision_row *decision = &request->decision;

	CHECK(!decision->accepted);
	if (decision->token && decision->greatest_token > decision->token)
		return text_format("The store refuses a %s of %s%s; the greatest token that it has "
				   "seen is %" PRId64 ".",
				   what, worker, token, decision->greatest_token);
	return text_format("The store refuses a %s of %s%s%s%s.", what, worker, token,
			   request->reason[0] ? ": " : "", request->reason);
}

static char *say_request(const struct story *story, const struct story_request *request)
{
	const struct decision_row *decision = &request->decision;
	const char *worker = worker_of(story, request->hold);
	const char *what = decision->f == F_WRITE ? "write" : "read";
	char token[64] = "";

	if (decision->token)
		snprintf(token, sizeof(token), " with token %" PRId64, decision->token);
	if (!decision->accepted)
		return say_refusal(request, what, worker, token);
	if (decision->f != F_WRITE)
		return text_format("The store answers a read of %s%s: version %" PRId64 ".", worker,
				   token, decision->version_before);
	return text_format("The store applies a write of %s%s: version %" PRId64
			   " becomes version %" PRId64 "%s.",
			   worker, token, decision->version_before, decision->version_after,
			   request->ungranted ? ", although its grant had ended" : "");
}

/* "none-0-1 sends a renewal to m2: ok after 3.4 ms, the lease lives for 1.000 s from its sending."
 */
static char *say_operation(const struct story *story, const struct story_point *point)
{
	static const char *const outcomes[] = {"outcome unknown", "ok", "failed"};
	const struct op_row *op = &point->op;
	const char *what = op->f == F_KEEPALIVE ? "renewal" : function_name(op->f);
	const char *member = member_name(story->history, op->endpoint);
	char took[48] = "", promise[64] = "", whom[32] = "";

	CHECK(op->outcome >= OUTCOME_INFO && op->outcome <= OUTCOME_FAIL);
	if (op->returned_ns != NEVER_NS)
		snprintf(took, sizeof(took), " after %.1f ms",
			 (double)(op->returned_ns - op->invoked_ns) / 1e6);
	if (op->f == F_READ || op->f == F_WRITE)
		snprintf(whom, sizeof(whom), " to the store");
	else if (*member)
		snprintf(whom, sizeof(whom), " to %.24s", member);
	if ((op->f == F_KEEPALIVE || op->f == F_LEASE_GRANT) && op->outcome == OUTCOME_OK)
		snprintf(promise, sizeof(promise),
			 op->ttl_ms ? ", the lease lives for %.3f s from its sending"
				    : ", the lease is gone",
			 op->ttl_ms / 1e3);
	return text_format("%s sends %s %s%s: %s%s%s.", worker_of(story, point->index),
			   strchr("aeiou", what[0]) ? "an" : "a", what, whom, outcomes[op->outcome],
			   took, promise);
}

/* Company ------------------------------------------------------------------------------------- */

/* "1 writer and 2 readers"; of other readers a reader is kept apart by none. */
static void say_others(char *text, size_t size, int writers, int readers)
{
	char some[32] = "", more[32] = "";

	CHECK(writers >= 0 && readers >= 0 && writers + readers > 0);
	if (writers)
		snprintf(some, sizeof(some), "%d writer%s", writers, writers == 1 ? "" : "s");
	if (readers)
		snprintf(more, sizeof(more), "%d reader%s", readers, readers == 1 ? "" : "s");
	snprintf(text, size, "%s%s%s", some, *some && *more ? " and " : "", more);
}

static void say_readers_and_writers(char *text, const struct story_hold *hold)
{
	int writers = hold->others[MODE_EXCLUSIVE], readers = hold->others[MODE_SHARED];
	bool reads = hold->mode == MODE_SHARED, may = reads && writers == 0;
	int against = writers + (reads ? 0 : readers);
	char others[64];

	if (writers + readers == 0)
		return;
	say_others(others, sizeof(others), writers, reads && writers ? 0 : readers);
	if (may)
		snprintf(text, STORY_COMPANY, ", beside %s, as it may", others);
	else
		snprintf(text, STORY_COMPANY,
			 ", while %s believe%s that %s hold%s it: they may not together", others,
			 against == 1 ? "s" : "", against == 1 ? "it" : "they",
			 against == 1 ? "s" : "");
}

const char *story_company(const struct story *story, const struct story_hold *hold, char *text)
{
	int holder = 1 + hold->others[MODE_SHARED];

	*text = '\0';
	if (!(hold->believed_s < INFINITY))
		return text;
	switch (story->sharing) {
	case SHARING_MUTEX:
	case SHARINGS_COUNT:
		break;
	case SHARING_RWLOCK:
		say_readers_and_writers(text, hold);
		break;
	case SHARING_SEMAPHORE:
		if (holder > 1)
			snprintf(text, STORY_COMPANY, ", one of %d at once where %d may", holder,
				 story->permits);
		break;
	}
	return text;
}

const char *story_role(const struct story *story, const struct story_hold *hold, char *text)
{
	const char *part = hold->part ? hold->part : "";
	const char *of_mode = hold->mode == MODE_SHARED ? "reader" : "writer";
	const char *holder = strstr(part, "holder");
	bool held = hold->believed_s < INFINITY;

	if (story->sharing == SHARING_RWLOCK && holder)
		snprintf(text, STORY_ROLE, "%.*s%s", (int)(holder - part), part, of_mode);
	else if (story->sharing == SHARING_RWLOCK)
		snprintf(text, STORY_ROLE, "%.20s%s%s", part, *part ? ", " : "", of_mode);
	else if (story->sharing == SHARING_SEMAPHORE && held)
		snprintf(text, STORY_ROLE, "%.20s%s%d of %d", part, *part ? ", " : "",
			 1 + hold->others[MODE_SHARED], story->permits);
	else
		snprintf(text, STORY_ROLE, "%.40s", part);
	return text;
}

/* Sentences of holds -------------------------------------------------------------------------- */

/* The service takes a key away when its lease is over; or on its holder's word; or another one
 * puts itself into it. */
static char *say_removal(const struct story_hold *hold)
{
	bool asked = (hold->ended_by == F_RELEASE || hold->ended_by == F_LEASE_REVOKE) &&
		     hold->believed_until_s <= hold->granted_until_s;
	char at[48] = "";

	if (hold->removed_revision)
		snprintf(at, sizeof(at), " at revision %" PRId64, hold->removed_revision);
	if (hold->taken_over)
		return text_format("The key of %s is another one's%s, who put itself into it.",
				   hold->worker, at);
	return text_format("The key of %s is seen gone%s%s.", hold->worker, at,
			   asked ? ", as it asked" : ": the service ended its grant");
}

static char *say_hold(const struct story *story, const struct story_point *point)
{
	const struct story_hold *hold = &story->hold[point->index];
	char number[48] = "", company[STORY_COMPANY];

	if (hold->token)
		snprintf(number, sizeof(number), " with token %" PRId64, hold->token);
	else if (hold->grant_revision)
		snprintf(number, sizeof(number), ", revision %" PRId64, hold->grant_revision);
	switch (point->what) {
	case POINT_ASKED:
		return text_format("%s asks for the lock%s.", hold->worker, hold->how);
	case POINT_BELIEVED:
		return text_format("%s is told that it holds the lock%s%s%s.", hold->worker,
				   hold->how, number, story_company(story, hold, company));
	case POINT_GRANTED:
		return text_format("The service makes the key of %s%s.", hold->worker, number);
	case POINT_DEADLINE:
		return text_format("Safe deadline of %s: its last acknowledged renewal, sent at "
				   "%.3f s, promised %.3f s. From here on its lease may be over.",
				   hold->worker, hold->renewed_s, hold->promised_s);
	case POINT_REMOVED:
		return say_removal(hold);
	default:
		return text_format("%s %s.", hold->worker,
				   !hold->ended_by ? "is dead"
				   : hold->ended_by == F_LOSE
					   ? "learns, or decides, that it holds the lock no more"
					   : "gives the lock back");
	}
}

char *story_sentence(const struct story *story, const struct story_point *point)
{
	switch (point->what) {
	case POINT_FAULT_BEGAN:
		CHECK(point->index < story->faults);
		return text_format("Fault %" PRId64 " begins: %s.",
				   story->fault[point->index].row->id,
				   story->fault[point->index].name);
	case POINT_FAULT_ENDED:
		CHECK(point->index < story->faults);
		return text_format("Fault %" PRId64 " ends.", story->fault[point->index].row->id);
	case POINT_REQUEST:
		CHECK(point->index < story->requests);
		return say_request(story, &story->request[point->index]);
	case POINT_OPERATION:
		return say_operation(story, point);
	case POINT_TOLD:
		return text_format("A member tells the witness of the lock's key.");
	case POINT_ASKED:
	case POINT_BELIEVED:
	case POINT_GRANTED:
	case POINT_DEADLINE:
	case POINT_REMOVED:
	case POINT_BELIEVED_NO_MORE:
		CHECK(point->index >= 0 && point->index < story->holds);
		return say_hold(story, point);
	}
	return NULL;
}

/* The inequality ------------------------------------------------------------------------------ */

static const struct story_hold *accused_of(const struct story *story)
{
	CHECK(story->accused < story->holds);
	return story->accused < 0 ? NULL : &story->hold[story->accused];
}

/* The lock's client is somebody else's: how it renews, and what of it can be set, nobody knows. */
static bool is_foreign(const struct story *story)
{
	const struct history *history = story->history;
	int lane = story->violation->lane;

	return lane >= 0 && arm_is_foreign(&history->arm[history->lane[lane].arm]);
}

/* The guilty fault, if it lay over the accused worker and is over; NULL: else. */
static const struct story_fault *fault_over(const struct story *story,
					    const struct story_hold *accused)
{
	if (story->guilty < 0 || !accused)
		return NULL;
	CHECK(story->guilty < story->faults);
	const struct story_fault *fault = &story->fault[story->guilty];

	return fault->row->process == accused->process && !isinf(fault->ended_s) ? fault : NULL;
}

/* A fault over the accused worker that lasted for longer than the lease had left. */
static char *say_left(const struct story *story)
{
	const struct story_hold *hold = accused_of(story);
	const struct story_fault *fault = fault_over(story, hold);

	if (!fault || isnan(hold->safe_until_s))
		return NULL;
	double lasted_s = fault->ended_s - fault->began_s;
	double left_s = hold->safe_until_s - fault->began_s;

	if (left_s <= 0 || lasted_s <= left_s)
		return NULL;
	return text_format("%.3f s that the fault lasted > %.3f s that were left of the lease when "
			   "it began",
			   lasted_s, left_s);
}

/* The write against the safe deadline of its writer, or the end of its grant. */
static char *say_deed(const struct story *story)
{
	const struct story_hold *hold = accused_of(story);
	const struct story_request *deed = story_deed(story);
	char *left;

	if (!hold || !deed)
		return NULL;
	if (story->incident.refused && deed->decision.token &&
	    deed->decision.greatest_token > deed->decision.token)
		return text_format("token %" PRId64 " < %" PRId64
				   ", the greatest that the store had seen",
				   deed->decision.token, deed->decision.greatest_token);
	left = is_foreign(story) ? NULL : say_left(story); /* it may never have renewed at all */
	if (left)
		return left;
	if (deed->at_s > hold->safe_until_s)
		return text_format(
			"%.3f s, when the store had the write > %.3f s, the safe deadline "
			"of its writer",
			deed->at_s, hold->safe_until_s);
	if (deed->at_s > hold->granted_until_s)
		return text_format(
			"%.3f s, when the store had the write > %.3f s, when the service "
			"had ended its writer's grant",
			deed->at_s, hold->granted_until_s);
	return NULL;
}

/* Of those who hold a semaphore no two are too many. */
static char *say_crowd(const struct story *story, const struct story_hold *later)
{
	int holders = 1 + later->others[MODE_SHARED];

	return story->violation->name == VIOLATION_OVERLAP && holders > story->permits
		       ? text_format(
				 "%d believed at %.3f s that they held it > %d that may at once",
				 holders, later->believed_s, story->permits)
		       : NULL;
}

static char *say_two(const struct story *story)
{
	const struct story_hold *hold = accused_of(story);
	const struct story_hold *later = story->later < 0 ? NULL : &story->hold[story->later];

	CHECK(story->later < story->holds);
	if (!hold || !later)
		return NULL;
	if (story->sharing == SHARING_SEMAPHORE)
		return say_crowd(story, later);
	switch (story->violation->name) {
	case VIOLATION_OVERLAP:
		return later->believed_s < hold->believed_until_s
			       ? text_format("%.3f s, the belief of %s begins < %.3f s, that of %s "
					     "ends",
					     later->believed_s, later->worker,
					     hold->believed_until_s, hold->worker)
			       : NULL;
	case VIOLATION_OVERLAP_SAFE:
		return later->believed_s < hold->safe_until_s
			       ? text_format(
					 "%.3f s, %s is told that it holds < %.3f s, until when "
					 "the lease of %s was promised",
					 later->believed_s, later->worker, hold->safe_until_s,
					 hold->worker)
			       : NULL;
	case VIOLATION_OVERLAP_GRANTED:
		return later->believed_s < hold->granted_until_s
			       ? text_format("%.3f s, %s is told that it holds < %.3f s, the key "
					     "of %s goes",
					     later->believed_s, later->worker,
					     hold->granted_until_s, hold->worker)
			       : NULL;
	case VIOLATION_TOKEN_REGRESSION:
		return later->token && later->token <= hold->token
			       ? text_format("token %" PRId64 " of the later %s <= %" PRId64
					     " of the earlier %s",
					     later->token, later->worker, hold->token, hold->worker)
			       : NULL;
	default:
		return NULL;
	}
}

/* The renewal that the evidence names; NULL. */
static const struct op_row *cited_renewal(const struct story *story)
{
	for (int i = 0; i < story->points; i++)
		if (story->point[i].is_proof && story->point[i].what == POINT_OPERATION &&
		    story->point[i].op.ttl_ms > 0 &&
		    (story->point[i].op.f == F_KEEPALIVE || story->point[i].op.f == F_LEASE_GRANT))
			return &story->point[i].op;
	return NULL;
}

/* By time, else by the service's own order: the witness may see a removal late. */
static char *say_ghost(const struct story_hold *hold)
{
	if (hold->granted_until_s < hold->believed_s)
		return text_format("%.3f s, the key was gone < %.3f s, its worker was told that it "
				   "holds the lock",
				   hold->granted_until_s, hold->believed_s);
	if (hold->removed_revision && hold->removed_revision <= hold->answered_revision)
		return text_format("revision %" PRId64 ", the key was removed <= revision %" PRId64
				   ", of which its worker was told that it holds the lock",
				   hold->removed_revision, hold->answered_revision);
	return NULL;
}

/* A lease that was called gone, and a later sign of its life. */
static char *say_life(const struct story *story)
{
	const struct story_point *gone = NULL, *life = NULL;

	for (int i = 0; i < story->points; i++) {
		const struct story_point *point = &story->point[i];

		if (!point->is_proof || point->what != POINT_OPERATION)
			continue;
		if (point->op.f == F_KEEPALIVE && point->op.ttl_ms == 0 && !gone)
			gone = point;
		else if (gone && point->op.invoked_ns > gone->op.returned_ns)
			life = point;
	}
	return life ? text_format(
			      "%.3f s, the lease was called gone < %.3f s, a %s was sent that only "
			      "a living lease is answered so",
			      ((double)gone->op.returned_ns - (double)story->zero_ns) / 1e9,
			      life->at_s, function_name(life->op.f))
		    : NULL;
}

static char *say_service(const struct story *story)
{
	const struct story_hold *hold = accused_of(story);
	const struct op_row *renewal = cited_renewal(story);
	double sent_s =
		renewal ? ((double)renewal->invoked_ns - (double)story->zero_ns) / 1e9 : NAN;

	if (!hold)
		return NULL;
	switch (story->violation->name) {
	case VIOLATION_EARLY_EXPIRY:
		return renewal && hold->granted_until_s < sent_s + renewal->ttl_ms / 1e3
			       ? text_format(
					 "%.3f s, the key was gone < %.3f s = %.3f s, a renewal "
					 "was sent + %.3f s, which it promised",
					 hold->granted_until_s, sent_s + renewal->ttl_ms / 1e3,
					 sent_s, renewal->ttl_ms / 1e3)
			       : NULL;
	case VIOLATION_GHOST_GRANT:
		return say_ghost(hold);
	case VIOLATION_FALSE_GONE:
		return say_life(story);
	case VIOLATION_DEAD_KEEPALIVE:
		return renewal && hold->granted_until_s < sent_s
			       ? text_format(
					 "%.3f s, the key was gone < %.3f s, a renewal was sent "
					 "that was acknowledged",
					 hold->granted_until_s, sent_s)
			       : NULL;
	default:
		return say_two(story);
	}
}

char *story_inequality(const struct story *story)
{
	if (story_deed(story))
		return say_deed(story);
	if (story->violation->arm < 0)
		return say_service(story);
	char *left = story->violation->name == VIOLATION_OVERLAP ? say_left(story) : NULL;

	return left ? left : say_service(story);
}

/* What would have stopped it ------------------------------------------------------------------ */

static unsigned int harm_of(const struct incident *incident)
{
	unsigned int harm = 0;

	for (int i = 0; i < incident->names; i++)
		harm |= 1u << incident->told[i]->name;
	return harm & (NO_STALE_WRITE | NO_LATE_WRITE | NO_LOST_UPDATE);
}

static bool is_told(const struct incident *incident, enum violation_name name)
{
	for (int i = 0; i < incident->names; i++)
		if (!incident->refused && incident->told[i]->name == name)
			return true;
	return false;
}

/* The guards that promise all of it, by name. */
static void print_guards(FILE *out, unsigned int harm)
{
	const char *separator = "";

	for (int g = 0; g < GUARDS_COUNT; g++)
		if (guard_helps(&guard_kinds[g]) && (guard_kinds[g].promises & harm) == harm) {
			fprintf(out, "%s%s", separator, guard_kinds[g].word);
			separator = " or ";
		}
}

char *story_guard(const struct story *story)
{
	const struct incident *incident = &story->incident;
	unsigned int harm = harm_of(incident);
	char *text = NULL;
	size_t size;

	if (incident->refused) {
		CHECK(story->violation->arm >= 0);
		const char *word = story->history->arm[story->violation->arm].guard;
		const struct guard_kind *guard = guard_find(word);

		CHECK(guard && guard->promises); /* others refuse nothing */
		return text_format("That of this variant, %s, did: %s.", word, guard->sentence);
	}
	if (story->violation->arm < 0)
		return text_format("No guard mends what a service breaks. One that refuses old "
				   "tokens still refuses what a holder writes after a later one.");
	if (!harm && !is_told(incident, VIOLATION_OVERLAP))
		return NULL;
	if (story->sharing == SHARING_SEMAPHORE)
		return text_format("None: of those who hold a semaphore at once no token tells who "
				   "is too late.");
	if (!harm)
		return text_format("No guard: none stops a belief. A token stops what would be "
				   "written because of it.");
	if (is_told(incident, VIOLATION_FENCE_BREACH))
		return text_format("That of this variant promises to refuse this write, and did "
				   "not.");
	FILE *out = text_begin(&text, &size);

	fputs("A resource that looks at tokens: guard ", out);
	print_guards(out, harm);
	fputs(" promises to refuse this write.", out);
	text_end(out, &text);
	return text;
}

static char *say_planted(const struct story *story)
{
	const struct arm_row *arm = &story->history->arm[story->violation->arm];

	CHECK(arm->planted & PLANTED_CLIENT);
	return text_format("None: the client of this variant is wrong on purpose (recipe %s).",
			   arm->recipe);
}

/* A worker that stood still, or was cut off, would have lived with a longer lease. */
static char *say_ttl(const struct story *story)
{
	const struct story_hold *hold = accused_of(story);
	const struct story_fault *fault = fault_over(story, hold);

	if (!fault || isnan(hold->renewed_s))
		return NULL;
	double needed_s = fault->ended_s - hold->renewed_s;

	if ((fault->row->effect != EFFECT_STOP && fault->row->effect != EFFECT_PACKETS) ||
	    needed_s <= hold->promised_s)
		return NULL;
	return text_format(
		"A TTL above %.2f s (it was %.3g s): so long it took from the last "
		"renewal to the fault's end. The price: after a holder's death nobody has "
		"the lock for up to as long. It makes this rarer, not impossible.",
		needed_s, hold->promised_s);
}

char *story_setting(const struct story *story)
{
	const struct story_hold *hold = accused_of(story);
	const struct story_request *deed = story_deed(story);
	int arm = story->violation->arm;
	const struct arm_row *row = arm < 0 ? NULL : &story->history->arm[arm];
	const struct guard_kind *guard = row ? guard_find(row->guard) : NULL;

	if (row && row->planted & PLANTED_CLIENT)
		return say_planted(story);
	char *ttl = row && !is_foreign(story) ? say_ttl(story) : NULL;

	if (!hold || !row || !deed || isnan(deed->sent_s) || isnan(hold->safe_until_s) ||
	    (guard && guard->looks_at_deadline)) /* that it had, and it was not enough */
		return ttl;
	double late_s = deed->sent_s - hold->safe_until_s;
	char *look =
		late_s > 0
			? text_format(
				  "%s%sThe write was sent %.3f s after the safe deadline: guard "
				  "deadline, which looks at it before each write, stops that "
				  "unless the worker stands still between look and write.",
				  ttl ? ttl : "", ttl ? " " : "", late_s)
			: text_format(
				  "%s%sThe write was sent %.3f s before the safe deadline: guard "
				  "deadline, which looks at it before each write, would have let "
				  "it pass.",
				  ttl ? ttl : "", ttl ? " " : "", -late_s);

	free(ttl);
	return look;
}
