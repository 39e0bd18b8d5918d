/*
 * A source of any format, told as it is read: what the stream decides, the whole trace says, too.
 */
#include "checker/linear/stream.h"
#include "tests/fuzz/trace_round_trip.h"

enum { PATIENCE = 6 };

static void judge_whole(const struct trace_source *source, const struct trace *told,
			const struct linear_summary *summary, const enum model *models)
{
	struct linear_request request = {.models = models, .limit = 1};
	struct linear_summary whole;
	struct error err = {0};
	enum model *guessed;
	struct trace trace;

	CHECK(!trace_import(source, &trace, &err));
	CHECK(trace.ops == told->ops && trace.open == told->open && trace.objects == told->objects);
	CHECK(trace.left_out == told->left_out && trace.tokens_ok == told->tokens_ok);
	guessed = calloc(trace.objects + 1, sizeof(*guessed));
	CHECK(guessed && models_guess(&trace, guessed));
	CHECK(memcmp(guessed, models, trace.objects * sizeof(*models)) == 0);
	CHECK(!linear_judge(&trace, &request, &whole, &err));
	CHECK(whole.verdict == LINEARIZABLE && whole.objects == summary->objects);
	CHECK(strcmp(whole.result.procedure, summary->result.procedure) == 0);
	free(guessed);
	trace_free(&trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	int fd = memfd_create("source", MFD_CLOEXEC);
	struct trace_listener listener;
	struct stream *stream = stream_open(NULL, 1, &listener);
	struct linear_summary summary;
	struct error err = {0};
	enum model *models;
	struct seen *seen;
	struct trace trace;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct trace_source source = {.path = path, .listener = &listener};

	listener.patience = PATIENCE;
	int result = trace_import(&source, &trace, &err);

	CHECK(result == 0 || err.code == EXIT_BAD_USAGE);
	if (!result && stream_finish(stream, &trace, &summary, &models, &seen)) {
		source.listener = NULL;
		judge_whole(&source, &trace, &summary, models);
		free(models);
		free(seen);
	}
	stream_close(stream);
	trace_free(&trace);
	close(fd);
	return 0;
}
