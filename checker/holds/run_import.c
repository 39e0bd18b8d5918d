/*
 * A run's history.db as a trace, lane by lane: rows become facts, facts become operations, and all
 * of them are brought into the order of time at the end (history/traces/recording.c).
 */
#include <string.h>
#include <sys/stat.h>

#include "base/invariant.h"
#include "checker/holds/holes.h"
#include "checker/holds/belief_stream.h"
#include "checker/holds/lane_trace.h"
#include "history/database.h"
#include "history/traces/scan.h"

struct importer {
	const struct trace_source *source;
	struct history history;
	struct run run;
	struct holes holes;
	struct trace_builder *builder;
	struct recording recording;
	uint32_t attempts, objects;
	uint64_t failed, ignored;
};

/* Exports are UTF-8, and names are all that they take over. */
static int check_names(const struct history *history, struct error *err)
{
	for (int i = 0; i < history->lanes; i++) {
		const char *name = history->lane[i].name;
		struct scan scan = scan_of((struct slice){name, strlen(name)});

		while (scan.at < scan.end) {
			if ((unsigned char)*scan.at < 0x80)
				scan.at++;
			else if (!scan_utf8(&scan))
				return error_set(err, EXIT_BAD_USAGE,
						 "%.300s: table lane, row with id %d, column name: "
						 "not UTF-8",
						 history->path, i);
		}
	}
	return 0;
}

/* The way of most: at the client level an attempt tells all by itself. */
static bool tell_by_process(struct importer *importer, enum exclusion_level level)
{
	if (level != EXCLUSION_CLIENT ||
	    !stream_tell(&importer->run, importer->source, &importer->holes, importer->builder,
			 &importer->failed, &importer->ignored)) {
		struct trace spoilt;

		trace_end(importer->builder, &spoilt);
		trace_free(&spoilt);
		importer->builder = trace_begin("history");
		importer->failed = importer->ignored = 0;
		return false;
	}
	return true;
}

static int tell_lane(struct importer *importer, int lane, enum exclusion_level level,
		     const struct lane_history *rows, struct error *err)
{
	struct lane_facts facts;
	int failed = 0;

	if (importer->recording.count > TRACE_OPS_MAX - 3 * (uint32_t)rows->ops)
		return error_set(err, EXIT_BAD_USAGE, "%.300s: more than 2^30 operations",
				 importer->history.path);
	facts_open(&importer->run, lane, rows, &facts);
	if (importer->holes.history)
		holes_look(&importer->holes, &facts);
	if (lane_is_told(&importer->history, lane)) {
		uint32_t object = trace_intern_object(importer->builder, facts.lane->name);

		if (object != importer->objects++) /* else two locks would be judged as one */
			failed = error_set(err, EXIT_BAD_USAGE,
					   "%.300s: table lane, row with id %d, column name: "
					   "another lane has it, too",
					   importer->history.path, lane);
		importer->failed += facts_tell(&facts, level, object, importer->attempts + 1,
					       &importer->recording);
		CHECK((uint32_t)facts.attempts <= TRACE_OPS_MAX - importer->attempts);
		importer->attempts += (uint32_t)facts.attempts;
	} else {
		importer->ignored += (uint64_t)rows->ops;
	}
	facts_close(&facts);
	return failed;
}

static int64_t size_of(const char *path)
{
	struct stat status = {0};

	stat(path, &status); /* nothing, when it has gone meanwhile */
	return status.st_size;
}

/* Progress is told in bytes, as far as the lanes tell. */
static int tell_lanes(struct importer *importer, enum exclusion_level level, struct error *err)
{
	const struct trace_source *source = importer->source;
	int lanes = importer->history.lanes;
	int64_t size = size_of(source->path);

	if (importer->holes.history && holes_count_operations(&importer->holes, err))
		return -1;
	for (int lane = 0; lane < lanes; lane++) {
		struct lane_history rows;

		if (history_load_lane(&importer->history, lane, &rows, err))
			return -1;
		int failed = tell_lane(importer, lane, level, &rows, err);

		history_free_lane(&rows);
		if (failed)
			return -1;
		if (source->progress)
			source->progress(source->context, size / lanes * (lane + 1), size);
	}
	return 0;
}

/* A run that did not end in order lacks its end; that is told elsewhere. */
static int open_holes(struct importer *importer, struct error *err)
{
	if (importer->source->in_parts || !importer->history.sealed)
		return 0;
	return holes_open(&importer->holes, &importer->history, err);
}

static int close_holes(struct importer *importer, struct error *err)
{
	holes_close(&importer->holes);
	if (!*importer->holes.text)
		return 0;
	return error_set(
		err, EXIT_OUR_FAULT,
		"%.300s: the record has a hole, so that nothing can be concluded from it: %s",
		importer->source->path, importer->holes.text);
}

int holds_import_run(const struct trace_source *source, enum exclusion_level level,
		     struct trace *trace, struct error *err)
{
	struct importer importer = {.source = source};
	struct error ignored = {0};

	if (strcmp(source->path, "-") == 0)
		return error_set(err, EXIT_BAD_USAGE,
				 "standard input: a history.db is read from a file only");
	if (history_open(source->path, &importer.history, err))
		return -1;
	run_open(&importer.history, NEVER_NS, 0, &importer.run);
	importer.builder = trace_begin("history");
	int failed = history_foresee_lanes(&importer.history, NULL, err) ||
		     check_names(&importer.history, err) || open_holes(&importer, err) ||
		     (!tell_by_process(&importer, level) && tell_lanes(&importer, level, err));

	if (close_holes(&importer, failed ? &ignored : err))
		failed = -1;
	run_close(&importer.run);
	history_close(&importer.history);
	if (!failed)
		recording_replay(&importer.recording, importer.builder);
	recording_free(&importer.recording);
	trace_end(importer.builder, trace);
	trace->shows_tokens = true;
	trace->left_out = importer.failed;
	trace->ignored = importer.ignored;
	trace->has_owners = true;
	if (failed)
		trace_free(trace);
	return failed ? -1 : 0;
}

int holds_import(const struct trace_source *source, enum exclusion_level level, struct trace *trace,
		 struct error *err)
{
	bool is_run = source->format == TRACE_HISTORY;

	*trace = (struct trace){0};
	if (source->format == TRACE_AUTO && database_recognise(source->path, &is_run, err))
		return -1;
	return is_run ? holds_import_run(source, level, trace, err)
		      : trace_import(source, trace, err);
}
