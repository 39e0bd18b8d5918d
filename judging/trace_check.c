#include "judging/trace_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "base/word.h"
#include "checker/holds/lane_trace.h"
#include "checker/linear/explain.h"
#include "checker/linear/models.h"
#include "judging/trace_stream.h"

/* The model ----------------------------------------------------------------------------------- */

static bool wants_limit(enum model model)
{
	return model == MODEL_SEMAPHORE || model == MODEL_OWNED_SEMAPHORE ||
	       model == MODEL_REENTRANT_MUTEX;
}

static int find_model(const char *word, enum model *model, struct error *err)
{
	int found = word_index(word, model_names);
	char all[256];

	if (found < 0)
		return error_set(err, EXIT_BAD_USAGE, "there is no model '%.60s'%s; known: %s",
				 word, word_hint(word, model_names).text,
				 word_list(all, sizeof(all), model_names));
	*model = (enum model)found;
	return 0;
}

int trace_check_validate(const struct trace_check_request *request, struct error *err)
{
	enum model model = MODEL_MUTEX;

	if (!request->model && request->limit > 0)
		return error_set(err, EXIT_BAD_USAGE,
				 "--limit goes with --model semaphore, owned-semaphore or "
				 "reentrant-mutex");
	if (!request->model)
		return 0;
	if (find_model(request->model, &model, err))
		return -1;
	if (wants_limit(model) && request->limit == 0)
		return error_set(err, EXIT_BAD_USAGE,
				 "--model %s needs --limit N: how many %s there are",
				 request->model,
				 model == MODEL_REENTRANT_MUTEX ? "holds of one owner" : "permits");
	if (!wants_limit(model) && request->limit > 1)
		return error_set(err, EXIT_BAD_USAGE, "--model %s has no limit but 1",
				 request->model);
	return 0;
}

/* A run of ours speaks of leases, whether or not there was an answer that proves anything. */
static bool is_run(const struct trace *trace)
{
	return !strcmp(trace->format, trace_format_names[TRACE_HISTORY]);
}

static int choose_model(const char *word, struct trace_check *check, struct error *err)
{
	char all[256];

	if (word)
		return find_model(word, &check->asked.model, err);
	check->model_guessed = true;
	if (is_run(&check->trace)) {
		check->asked.model = MODEL_LEASED_LOCK;
		return 0;
	}
	if (check->trace.ops == 0)
		return 0;
	ARRAY_NEW(check->models, check->trace.objects);
	check->asked.models = check->models;
	if (models_guess(&check->trace, check->models))
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "the operations of an object belong to no one model; say --model: %s",
			 word_list(all, sizeof(all), model_names));
}

/* Reading and judging ------------------------------------------------------------------------- */

static void show_import(void *context, int64_t done, int64_t all)
{
	(void)context;
	if (all > 0)
		log_progress("reading: %" PRId64 " of %" PRId64 " MB", done / 1000000,
			     all / 1000000);
	else
		log_progress("reading: %" PRId64 " MB", done / 1000000);
}

static void show_objects(void *context, uint32_t done, uint32_t objects)
{
	(void)context;
	if (done % 64 == 0 || done == objects)
		log_progress("checking: %" PRIu32 " of %" PRIu32 " objects", done, objects);
}

static int64_t peak_bytes(void)
{
	struct rusage usage;

	CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
	return (int64_t)usage.ru_maxrss * 1024;
}

/* A history without operations proves nothing, and unknown is never sold as a pass. */
static void judge_nothing(struct trace_check *check)
{
	check->summary = (struct linear_summary){
		.verdict = LINEAR_UNKNOWN,
		.result = {.verdict = LINEAR_UNKNOWN,
			   .procedure = "nothing",
			   .certificate = {.stuck = TRACE_NEVER}},
	};
	text_copy(check->summary.result.bound, sizeof(check->summary.result.bound),
		  "it holds no operation to judge");
}

static enum model model_of(const struct trace_check *check, uint32_t object)
{
	return check->models ? check->models[object] : check->asked.model;
}

static bool uses_attempts(enum model model)
{
	return model_is_lock(model) && model != MODEL_MUTEX && model != MODEL_SEMAPHORE &&
	       model != MODEL_REENTRANT_MUTEX;
}

/* Where not every operation names its attempt, owners are told apart. */
static void count_unjudged(struct trace_check *check, const struct seen *seen)
{
	const struct trace *trace = &check->trace;

	for (uint32_t i = 0; i < trace->objects; i++) {
		enum model model = model_of(check, i);

		if (model_judges_tokens(model, trace))
			check->tokens_judged += seen[i].tokens_ok;
		if (model != MODEL_RWLOCK)
			check->modes_unjudged += seen[i].shared;
		if (seen[i].nameless || !uses_attempts(model))
			check->attempts_unjudged += seen[i].attempts;
		check->mixed |=
			check->models && seen[i].ops && check->models[i] != check->summary.model;
	}
}

/* A first value is of use to some object, and means what its model can begin with. */
static int check_initial(const struct trace_check_request *request, const struct trace_check *check,
			 struct error *err)
{
	const struct trace *trace = &check->trace;
	bool used = false;

	for (uint32_t i = 0; request->initial && i < trace->ops; i++) {
		enum model model = model_of(check, trace->op[i].object);

		used |= model == MODEL_CAS_REGISTER || model == MODEL_KV;
		if (model == MODEL_KV && trace->initial_any)
			return error_set(err, EXIT_BAD_USAGE,
					 "--initial any goes with registers, not with the model %s",
					 model_names[model]);
	}
	if (request->initial && trace->ops && (!used || !trace->initial_told))
		return error_set(err, EXIT_BAD_USAGE,
				 "--initial goes with registers and keys (cas-register, kv); there "
				 "is none in it");
	return 0;
}

/* Each object by itself may be linearizable, and yet not all that the source told. */
static void heed_doubt(struct trace_check *check)
{
	struct linear_summary *summary = &check->summary;

	if (!check->trace.doubt || summary->verdict != LINEARIZABLE)
		return;
	summary->verdict = LINEAR_UNKNOWN;
	summary->result.untold = true;
	snprintf(summary->result.bound, sizeof(summary->result.bound),
		 "each object is linearizable, but there %s", check->trace.doubt);
}

/* The request for another trace: of its objects nothing was guessed yet. */
static int ask_weaker(const struct trace_check *check, const struct trace *weaker,
		      struct linear_request *asked, enum model **models, struct error *err)
{
	*asked = check->asked;
	*models = NULL;
	if (!check->models)
		return 0;
	ARRAY_NEW(*models, weaker->objects);
	asked->models = *models;
	if (models_guess(weaker, *models))
		return 0;
	free(*models);
	return error_set(err, EXIT_OUR_FAULT, "the weaker trace is of no one model");
}

static void take_weaker(struct trace_check *check, enum model *models,
			const struct linear_summary *summary)
{
	struct trace *weaker = check->trace.weaker;

	check->trace.weaker = NULL;
	trace_free(&check->trace);
	check->trace = *weaker;
	free(weaker);
	free(check->models);
	check->models = models;
	check->asked.models = models;
	check->summary = *summary;
}

/* A violation that is none if others did more than the source shows is not certain. One that is one
 * then, too, is told as that. */
static int heed_weaker(struct trace_check *check, struct error *err)
{
	struct linear_summary *summary = &check->summary, weaker;
	struct linear_request asked;
	enum model *models;

	if (!check->trace.weaker || summary->verdict != NOT_LINEARIZABLE)
		return 0;
	if (ask_weaker(check, check->trace.weaker, &asked, &models, err))
		return -1;
	int failed = linear_judge(check->trace.weaker, &asked, &weaker, err);

	if (!failed && weaker.verdict == NOT_LINEARIZABLE) {
		take_weaker(check, models, &weaker);
		return 0;
	}
	free(models);
	if (failed)
		return -1;
	summary->verdict = LINEAR_UNKNOWN;
	summary->result.untold = true;
	summary->unknown += summary->not_linearizable;
	summary->not_linearizable = 0;
	text_copy(summary->result.bound, sizeof(summary->result.bound),
		  "a violation only if this is the log of all who wrote");
	return 0;
}

/* What is told beside the verdict. */
static void finish_check(struct trace_check *check, const struct seen *seen)
{
	count_unjudged(check, seen);
	if (check->models)
		check->asked.model = check->summary.model;
	check->peak_bytes = peak_bytes();
}

static void ask(const struct trace_check_request *request, struct trace_check *check)
{
	check->asked.limit = request->limit > 0 ? request->limit : 1;
	check->asked.bounds = request->bounds;
	check->asked.progress = show_objects;
}

int trace_check_judge(const struct trace_check_request *request, struct trace_check *check,
		      struct error *err)
{
	int64_t began_ns = clock_now_ns();

	if (choose_model(request->model, check, err) || check_initial(request, check, err))
		return -1;
	ask(request, check);
	if (request->max_seconds > 0)
		check->asked.bounds.deadline_ns = began_ns + request->max_seconds * NS_PER_S;
	if (check->trace.ops == 0)
		judge_nothing(check);
	else if (linear_judge(&check->trace, &check->asked, &check->summary, err))
		return -1;
	if (heed_weaker(check, err))
		return -1;
	heed_doubt(check);
	check->judged_ns = clock_now_ns() - began_ns;
	struct seen *seen = models_see(&check->trace);

	finish_check(check, seen);
	free(seen);
	check->explained = request->explain && check->summary.verdict == NOT_LINEARIZABLE;
	if (!check->explained)
		return 0;
	log_progress("explaining");
	explain_summary(&check->trace, &check->asked, &check->summary, &check->explanation);
	return 0;
}

/* What the service kept, unless the model asks for what the workers believed. */
static enum exclusion_level level_of(const struct trace_check_request *request)
{
	bool asked = request->model && strcmp(request->model, model_names[MODEL_LEASED_LOCK]) != 0;

	return asked ? EXCLUSION_CLIENT : EXCLUSION_SERVICE;
}

/* As trace_stream_run. */
static int run_stream(const struct trace_check_request *request, const struct trace_source *source,
		      struct trace_check *check, struct error *err)
{
	struct seen *seen;
	int streamed;

	if (request->model && find_model(request->model, &check->asked.model, err))
		return -1;
	ask(request, check);
	streamed = trace_stream_run(request, source, check, &seen, err);
	log_progress("%s", "");
	if (streamed <= 0)
		return streamed;
	check->streamed = true;
	check->model_guessed = !request->model;
	check->asked.models = check->models;
	finish_check(check, seen);
	free(seen);
	return 1;
}

int trace_check_run(const struct trace_check_request *request, struct trace_check *check,
		    struct error *err)
{
	struct trace_source source = {
		.path = request->path,
		.format = request->format,
		.failed_cas = request->failed_cas,
		.initial = request->initial,
		.prefix = request->prefix,
		.reuse = request->reuse,
		.independent = request->independent,
		.sort = request->sort,
		.more_path = request->more_path,
		.more_paths = request->more_paths,
		.in_parts = request->in_parts,
		.progress = show_import,
	};
	int64_t began_ns = clock_now_ns();

	memset(check, 0, sizeof(*check));
	if (trace_stream_applies(request)) {
		int streamed = run_stream(request, &source, check, err);

		check->read_ns = clock_now_ns() - began_ns;
		if (streamed)
			return streamed > 0 ? 0 : -1;
	}
	if (holds_import(&source, level_of(request), &check->trace, err)) {
		log_progress("%s", "");
		return -1;
	}
	check->read_ns = clock_now_ns() - began_ns;
	int failed = trace_check_judge(request, check, err);

	log_progress("%s", "");
	if (!failed)
		return 0;
	trace_check_free(check);
	return error_wrap(err, "%s", request->path);
}

void trace_check_free(struct trace_check *check)
{
	free(check->models);
	explanation_free(&check->explanation);
	trace_free(&check->trace);
}

enum exit_code trace_check_exit_code(const struct trace_check *check)
{
	if (check->explained && check->explanation.proof == EXPLANATION_REFUTED)
		return EXIT_OUR_FAULT;
	switch (check->summary.verdict) {
	case LINEARIZABLE:
		return EXIT_AS_EXPECTED;
	case NOT_LINEARIZABLE:
		return EXIT_VIOLATION;
	case LINEAR_UNKNOWN:
		return EXIT_INCONCLUSIVE;
	}
	return EXIT_OUR_FAULT;
}
