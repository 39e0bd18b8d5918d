/*
 * Attempts that exclude each other. The facts are taken from the operations of the certificate's
 * attempts (definitions T2, T2 with leases and T3 of checker/linear/README.md), never from the
 * procedure that found them:
 * - a hold is certain from the answer to its acquire until its release was sent: the confirmed one,
 *   else the earliest one without an answer, else for ever; of a leased lock, from the first answer
 *   that proves possession until the last such proof was sent;
 * - a hold without such a stretch was still there for an instant within a window.
 */
#include "checker/linear/explain_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"
#include "checker/linear/models.h"

struct hold {
	uint32_t acquire;              /* op */
	uint32_t release;              /* the one that ends it: confirmed, else the earliest open */
	uint32_t releases;             /* confirmed ones */
	const struct trace_op *failed; /* a release that failed, hence ended nothing; NULL */
	uint32_t first, last;          /* the operations that prove it, of a leased lock */
	struct instant from, until;    /* certain between; of a point: its window */
	bool point;
};

static struct instant later(struct instant one, struct instant other)
{
	return one.position > other.position ? one : other;
}

static struct instant earlier(struct instant one, struct instant other)
{
	return one.position < other.position ? one : other;
}

/* Gathering the facts ------------------------------------------------------------------------- */

static void note_release(const struct trace *trace, struct hold *hold, uint32_t op)
{
	bool confirmed = trace->op[op].outcome == TRACE_OK;

	CHECK(trace->op[op].f == TRACE_RELEASE);
	hold->releases += confirmed;
	if (hold->release == TRACE_NEVER ||
	    (confirmed && trace->op[hold->release].outcome != TRACE_OK))
		hold->release = op;
}

static void note_proof(const struct trace *trace, struct hold *hold, uint32_t op)
{
	if (trace->op[op].outcome != TRACE_OK)
		return;
	if (hold->first == TRACE_NEVER || trace->op[op].returned < trace->op[hold->first].returned)
		hold->first = op;
	if (hold->last == TRACE_NEVER || trace->op[op].invoked > trace->op[hold->last].invoked)
		hold->last = op;
}

static void note_operation(const struct explaining *about, struct hold *hold, uint32_t op)
{
	const struct trace *trace = about->trace;

	if (trace->op[op].attempt != trace->op[hold->acquire].attempt)
		return;
	if (trace->op[op].f == TRACE_RELEASE)
		note_release(trace, hold, op);
	note_proof(trace, hold, op);
}

/* Sources that tell no attempts: a failed release of the process while it held. */
static bool is_failure_of(const struct trace *trace, const struct hold *hold,
			  const struct trace_op *failure)
{
	const struct trace_op *acquire = &trace->op[hold->acquire];

	if (acquire->attempt != 0 || failure->attempt != 0)
		return acquire->attempt == failure->attempt;
	return acquire->owner == failure->owner && acquire->object == failure->object &&
	       failure->invoked > acquire->invoked &&
	       (hold->release == TRACE_NEVER ||
		failure->invoked <= trace->op[hold->release].invoked);
}

static void measure_core(const struct explaining *about, struct hold *hold)
{
	const struct trace *trace = about->trace;
	const struct instant never = {.position = TRACE_NEVER, .op = TRACE_NEVER};
	bool ended = hold->release != TRACE_NEVER;

	hold->from = instant_returned(trace, hold->acquire);
	hold->until = ended ? instant_invoked(trace, hold->release) : never;
	hold->point = hold->from.position > hold->until.position ||
		      trace->op[hold->acquire].outcome != TRACE_OK;
	if (!hold->point)
		return;
	hold->from = later(instant_invoked(trace, hold->acquire), hold->until);
	hold->until = instant_returned(trace, hold->acquire);
	if (ended)
		hold->until = earlier(hold->until, instant_returned(trace, hold->release));
}

static void measure_leased(const struct explaining *about, struct hold *hold)
{
	const struct trace *trace = about->trace;
	struct instant acquired = instant_invoked(trace, hold->acquire);

	if (hold->first == TRACE_NEVER) { /* nothing proves it: measure_core says it is a point */
		measure_core(about, hold);
		return;
	}
	struct instant proved = instant_returned(trace, hold->first);
	struct instant again = later(acquired, instant_invoked(trace, hold->last));

	hold->point = again.position < proved.position;
	hold->from = hold->point ? again : proved;
	hold->until = hold->point ? proved : again;
}

static void find_failure(const struct trace *trace, struct hold *hold)
{
	for (uint32_t i = 0; i < trace->failures && !hold->failed; i++)
		if (is_failure_of(trace, hold, &trace->failure[i]))
			hold->failed = &trace->failure[i];
}

static void gather(const struct explaining *about, struct hold *hold, int holds)
{
	const struct linear_object *object = about->object;
	const struct trace *trace = about->trace;

	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t op = object_op(object, i);

		for (int j = 0; j < holds && trace->op[op].attempt; j++)
			note_operation(about, &hold[j], op);
	}
	for (int j = 0; j < holds; j++) {
		uint32_t told = about->result->certificate.release[j];

		if (trace->op[hold[j].acquire].attempt == 0 && told != TRACE_NEVER)
			note_release(trace, &hold[j], told);
		if (about->request->model == MODEL_LEASED_LOCK)
			measure_leased(about, &hold[j]);
		else
			measure_core(about, &hold[j]);
		CHECK(hold[j].point || hold[j].from.position <= hold[j].until.position);
		find_failure(trace, &hold[j]);
	}
}

/* Sentences ----------------------------------------------------------------------------------- */

static const char *capitalized(words text)
{
	text[0] = (char)toupper((unsigned char)text[0]);
	return text;
}

/* "process 3 and process 5"; with their lines where one process is there twice. */
static char *name_all(const struct explaining *about, const struct hold *hold, int holds)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	bool twice = false;
	words who, line;
	for (int i = 1; i < holds; i++)
		for (int j = 0; j < i; j++)
			twice |= about->trace->op[hold[i].acquire].process ==
				 about->trace->op[hold[j].acquire].process;
	for (int i = 0; i < holds; i++) {
		fprintf(out, "%s%s",
			i == 0           ? ""
			: i == holds - 1 ? " and "
					 : ", ",
			words_who(who, about, hold[i].acquire));
		if (twice)
			fprintf(out, " (%s)", words_line(line, about, hold[i].acquire));
	}
	text_end(out, &text);
	text[0] = (char)toupper((unsigned char)text[0]);
	return text;
}

static const char *mode_of(const struct explaining *about, const struct hold *hold)
{
	if (about->request->model != MODEL_RWLOCK)
		return "";
	return about->trace->op[hold->acquire].mode == TRACE_SHARED ? " for reading"
								    : " for writing";
}

static void say_failure(const struct explaining *about, const struct hold *hold)
{
	const struct trace_op *failed = hold->failed;
	struct instant sent = {failed->invoked, failed->invoked_ns, TRACE_NEVER};
	words who, at, error;

	explanation_say(about->into,
			"A release by %s (line %" PRIu32 ", sent at %s) failed%s%s: it did not "
			"happen, and ended nothing.",
			words_who(who, about, hold->acquire), failed->line,
			words_at(at, about, sent), failed->a ? " with " : "",
			failed->a ? words_value(error, about->trace, failed->a) : "");
}

static void say_end(const struct explaining *about, const struct hold *hold, FILE *out)
{
	const struct trace *trace = about->trace;
	words at, line;

	if (hold->release == TRACE_NEVER) {
		fputs("for the rest of the history: no release of it happened", out);
		return;
	}
	words_at(at, about, hold->until);
	words_line(line, about, hold->release);
	if (trace->op[hold->release].outcome == TRACE_OK)
		fprintf(out, "until %s, when its release was sent (%s)", at, line);
	else
		fprintf(out,
			"until %s at least: its release, sent then (%s), has no answer, and can "
			"have "
			"taken effect at any time after that, but not before",
			at, line);
}

/* What is proved of one hold. */
static void say_hold(const struct explaining *about, const struct hold *hold)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	words who, lock, at, line;
	words_who(who, about, hold->acquire);
	capitalized(who);
	words_lock(lock, about);
	if (hold->point && about->request->model == MODEL_LEASED_LOCK) {
		fprintf(out, "%s held %s at some instant between %s, ", who, lock,
			words_at(at, about, hold->from));
		fprintf(out, "when the last request that found it in possession was sent (%s), ",
			words_line(line, about, hold->from.op));
		fprintf(out, "and %s, when possession ", words_at(at, about, hold->until));
		fprintf(out, "was first confirmed (%s).", words_line(line, about, hold->until.op));
	} else if (hold->point && hold->release != TRACE_NEVER) {
		fprintf(out, "%s held %s%s for an instant at least between %s ", who, lock,
			mode_of(about, hold), words_at(at, about, hold->from));
		fprintf(out, "and %s: its acquire (%s) took effect by then, ",
			words_at(at, about, hold->until), words_line(line, about, hold->acquire));
		fprintf(out, "and its release (%s) not before %s.",
			words_line(line, about, hold->release), words_at(at, about, hold->from));
	} else if (about->request->model == MODEL_LEASED_LOCK) {
		fprintf(out, "%s certainly held %s from %s, ", who, lock,
			words_at(at, about, hold->from));
		fprintf(out, "when possession was first confirmed (%s), ",
			words_line(line, about, hold->from.op));
		fprintf(out, "until %s, when the last ", words_at(at, about, hold->until));
		fprintf(out, "request that found it in possession was sent (%s).",
			words_line(line, about, hold->until.op));
	} else {
		fprintf(out, "%s certainly held %s%s from %s, ", who, lock, mode_of(about, hold),
			words_at(at, about, hold->from));
		fprintf(out, "when its acquire was answered (%s), ",
			words_line(line, about, hold->acquire));
		say_end(about, hold, out);
		fputc('.', out);
	}
	text_end(out, &text);
	explanation_say(about->into, "%s", text);
	free(text);
	if (hold->failed)
		say_failure(about, hold);
}

static void say_tokens(const struct explaining *about, const struct hold *hold, int holds)
{
	if (holds != 2 || !about->trace->op[hold[0].acquire].has_token ||
	    !about->trace->op[hold[1].acquire].has_token)
		return;
	int64_t one = about->trace->op[hold[0].acquire].token;
	int64_t other = about->trace->op[hold[1].acquire].token;

	if (one == other)
		explanation_say(about->into,
				"Both were given token %" PRId64
				": nothing that checks tokens can tell them apart.",
				one);
	else
		explanation_say(about->into,
				"Their tokens are %" PRId64 " and %" PRId64
				": a resource that has seen the greater refuses the other.",
				one, other);
}

/* The ways of explaining ---------------------------------------------------------------------- */

static const char *allowance(words text, const struct explaining *about)
{
	int limit = about->request->limit;

	*text = '\0';
	if (about->request->model == MODEL_OWNED_SEMAPHORE)
		snprintf(text, WORDS_ROOM, "; only %d may", limit);
	if (about->request->model == MODEL_REENTRANT_MUTEX)
		snprintf(text, WORDS_ROOM, "; it allows one owner, %d deep", limit);
	return text;
}

static void say_no_way_out(const struct explaining *about, struct instant from,
			   struct instant until)
{
	words answered, sent;

	words_at(answered, about, from);
	if (about->request->model == MODEL_LEASED_LOCK)
		explanation_say(about->into,
				"That a lease ran out is no way out: who has lost the lock is "
				"found in possession no more, and each was, before %s and again "
				"after %s.",
				answered, words_at(sent, about, until));
	else if (until.position == TRACE_NEVER)
		explanation_say(about->into,
				"No late answer and no unknown release is a way out: the last of "
				"these acquires was answered at %s, and no release of these holds "
				"was ever sent that did not fail.",
				answered);
	else
		explanation_say(about->into,
				"No late answer and no unknown release is a way out: the last of "
				"these acquires was answered at %s, and no release of these holds, "
				"answered or not, was sent before %s.",
				answered, words_at(sent, about, until));
}

/* All certain holds share a stretch. */
static bool explain_overlap(const struct explaining *about, const struct hold *hold, int holds)
{
	struct instant from = hold[0].from, until = hold[0].until;
	words at, end, length, lock, allowed;

	for (int i = 0; i < holds; i++) {
		if (hold[i].point)
			return false;
		from = later(from, hold[i].from);
		until = earlier(until, hold[i].until);
	}
	if (from.position >= until.position)
		return false;
	char *who = name_all(about, hold, holds);

	if (until.position == TRACE_NEVER)
		explanation_head(about->into, "%s certainly held %s at one time, from %s on%s.",
				 who, words_lock(lock, about), words_at(at, about, from),
				 allowance(allowed, about));
	else
		explanation_head(about->into,
				 "%s certainly held %s at one time%s: from %s until %s%s.", who,
				 words_lock(lock, about), words_length(length, about, from, until),
				 words_at(at, about, from), words_at(end, about, until),
				 allowance(allowed, about));
	free(who);
	for (int i = 0; i < holds; i++)
		say_hold(about, &hold[i]);
	say_no_way_out(about, from, until);
	say_tokens(about, hold, holds);
	return true;
}

/* A hold of an instant at least, within a stretch that others held for certain. */
static bool explain_window(const struct explaining *about, const struct hold *hold, int holds)
{
	int point = -1;
	words who, lock, from, until;

	for (int i = 0; i < holds; i++)
		if (hold[i].point) {
			if (point >= 0 || hold[i].release == TRACE_NEVER)
				return false;
			point = i;
		}
	if (point < 0 || hold[point].from.position >= hold[point].until.position)
		return false;
	for (int i = 0; i < holds; i++)
		if (i != point && (hold[i].from.position >= hold[point].from.position ||
				   hold[i].until.position <= hold[point].until.position))
			return false;
	words_who(who, about, hold[point].acquire);
	explanation_head(about->into,
			 "%s held %s for an instant at least between %s and %s, and all that time "
			 "%s.",
			 capitalized(who), words_lock(lock, about),
			 words_at(from, about, hold[point].from),
			 words_at(until, about, hold[point].until),
			 holds == 2 ? "somebody else certainly held it" : "all permits were taken");
	for (int i = 0; i < holds; i++)
		say_hold(about, &hold[i]);
	return true;
}

/* Why the first hold came first; false when it need not have. */
static bool say_order(const struct explaining *about, const struct hold *one,
		      const struct hold *other)
{
	const struct trace *trace = about->trace;
	words first, second, at, then;

	words_who(first, about, one->acquire);
	words_who(second, about, other->acquire);
	if (trace->op[one->acquire].returned < trace->op[other->acquire].invoked) {
		explanation_say(about->into,
				"The hold of %s came first: its acquire was answered at %s, before "
				"that of %s was sent, at %s.",
				first, words_at(at, about, instant_returned(trace, one->acquire)),
				second,
				words_at(then, about, instant_invoked(trace, other->acquire)));
		return true;
	}
	if (one->point || other->point || one->from.position >= other->from.position)
		return false;
	explanation_say(about->into,
			"The hold of %s came first: it was certain at %s, and the one of %s was "
			"certain only later, at %s.",
			first, words_at(at, about, one->from), second,
			words_at(then, about, other->from));
	return true;
}

static bool explain_tokens(const struct explaining *about, const struct hold *hold, int holds)
{
	const struct trace *trace = about->trace;
	words before, after;

	if (!model_judges_tokens(about->request->model, trace) || holds != 2)
		return false;
	const struct hold *one = &hold[0], *other = &hold[1];

	if (one->from.position > other->from.position) {
		one = &hold[1];
		other = &hold[0];
	}
	int64_t token = trace->op[one->acquire].token, next = trace->op[other->acquire].token;

	if (!trace->op[one->acquire].has_token || !trace->op[other->acquire].has_token ||
	    next > token || !say_order(about, one, other))
		return false;
	words_who(before, about, one->acquire);
	words_who(after, about, other->acquire);
	explanation_head(about->into,
			 "%s was given token %" PRId64 " after %s had been given %s%" PRId64
			 ": tokens must grow from hold to hold.",
			 capitalized(after), next, before, next == token ? "the same, " : "",
			 token);
	say_hold(about, one);
	say_hold(about, other);
	explanation_say(about->into, "A resource that has seen token %" PRId64 " %s.", token,
			next == token ? "cannot tell the two holders apart"
				      : "will refuse the rightful holder");
	return true;
}

/* The owner's acquires answered until the position, less its releases sent until then. */
static int64_t depth_at(const struct explaining *about, uint32_t owner, uint32_t position)
{
	int64_t depth = 0;

	for (uint32_t i = 0; i < about->object->ops; i++) {
		uint32_t index = object_op(about->object, i);
		const struct trace_op *op = &about->trace->op[index];

		if (op->owner != owner)
			continue;
		depth += op_acquires(op) && op->returned <= position;
		depth -= op->f == TRACE_RELEASE && op->invoked <= position;
	}
	return depth;
}

/* One owner, deeper than allowed. What it gave back later is no matter. */
static bool explain_depth(const struct explaining *about, struct hold *hold, int holds)
{
	const struct trace *trace = about->trace;
	uint32_t owner = trace->op[hold[0].acquire].owner;
	struct instant end = {0};
	words who, lock, at, line, answered;

	if (about->request->model != MODEL_REENTRANT_MUTEX || holds <= about->request->limit)
		return false;
	for (int i = 0; i < holds; i++) {
		if (trace->op[hold[i].acquire].owner != owner || hold[i].point)
			return false;
		end = later(end, instant_returned(trace, hold[i].acquire));
	}
	if (depth_at(about, owner, end.position) <= about->request->limit)
		return false;
	words_who(who, about, hold[0].acquire);
	explanation_head(about->into,
			 "At %s %s had acquired %s %d times more than it had given it back; the "
			 "model allows %d.",
			 words_at(at, about, end), who, words_lock(lock, about), holds,
			 about->request->limit);
	for (int i = holds; i-- > 0;) {
		explanation_say(about->into, "Its acquire on %s was answered at %s.",
				words_line(line, about, hold[i].acquire),
				words_at(answered, about, hold[i].from));
		CHECK(hold[i].from.position <= end.position);
		hold[i].until = end;
	}
	explanation_say(about->into, "None of these had been given back at %s.", at);
	return true;
}

/* The drawing and the proof ------------------------------------------------------------------- */

static void add_once(struct excerpt *excerpt, uint32_t op)
{
	if (op == TRACE_NEVER)
		return;
	for (uint32_t i = 0; i < excerpt->ops; i++)
		if (excerpt->op[i] == op)
			return;
	excerpt_add(excerpt, op, OP_AS_IT_WAS);
}

static void draw(const struct explaining *about, const struct excerpt *excerpt,
		 const struct hold *hold, int holds)
{
	struct timeline_op *op = calloc(excerpt->ops + 1, sizeof(*op));

	CHECK_MEMORY(op);
	for (uint32_t i = 0; i < excerpt->ops; i++) {
		op[i].op = excerpt->op[i];
		for (int j = 0; j < holds; j++)
			if (hold[j].acquire == excerpt->op[i] && !hold[j].point) {
				op[i].holds = true;
				op[i].held_from = hold[j].from;
				op[i].held_until = hold[j].until;
			}
	}
	timeline_add(about, op, (int)excerpt->ops);
	free(op);
}

static void collect(const struct explaining *about, const struct hold *hold, int holds,
		    struct excerpt *excerpt)
{
	excerpt_begin(excerpt, about->trace, 4 * (uint32_t)holds);
	excerpt->by_attempt = object_names_attempts(about->object);
	for (int i = 0; i < holds; i++) {
		add_once(excerpt, hold[i].acquire);
		if (about->request->model == MODEL_LEASED_LOCK) {
			add_once(excerpt, hold[i].first);
			add_once(excerpt, hold[i].last);
		}
		add_once(excerpt, hold[i].release);
	}
}

/* There, a certificate pairs nobody with anybody. */
static bool is_anonymous(enum model model)
{
	return model == MODEL_MUTEX || model == MODEL_SEMAPHORE;
}

/* Nobody heard the acquire's answer, but a proof tells of the hold: that is not measured here. */
static bool is_proved_otherwise(const struct explaining *about, const struct hold *hold)
{
	if (about->request->model == MODEL_LEASED_LOCK ||
	    about->trace->op[hold->acquire].outcome == TRACE_OK)
		return false;
	return hold->release == TRACE_NEVER ||
	       (hold->first != TRACE_NEVER && hold->first != hold->release);
}

bool explain_holds(const struct explaining *about)
{
	const struct certificate *certificate = &about->result->certificate;
	struct hold hold[CERTIFICATE_MAX] = {0};
	struct explaining exact = *about;
	struct excerpt excerpt;
	int holds = certificate->attempts;

	CHECK(holds >= 0 && holds <= CERTIFICATE_MAX);
	for (int i = 0; i < holds; i++) {
		uint32_t op = certificate->acquire[i];

		if (op == TRACE_NEVER || !op_acquires(&about->trace->op[op]))
			return false;
		hold[i] = (struct hold){.acquire = op,
					.release = TRACE_NEVER,
					.first = TRACE_NEVER,
					.last = TRACE_NEVER};
	}
	if (holds < 2 || is_anonymous(about->request->model))
		return false;
	gather(about, hold, holds);
	for (int i = 0; i < holds; i++)
		if (hold[i].releases > 1 || is_proved_otherwise(about, &hold[i]))
			return false;
	collect(about, hold, holds, &excerpt);
	words_set_decimals(&exact, excerpt.op, excerpt.ops);
	bool explained = explain_depth(&exact, hold, holds) ||
			 explain_overlap(&exact, hold, holds) ||
			 explain_window(&exact, hold, holds) || explain_tokens(&exact, hold, holds);

	if (explained) {
		draw(&exact, &excerpt, hold, holds);
		explain_verify(&exact, &excerpt);
	}
	excerpt_free(&excerpt);
	return explained;
}
