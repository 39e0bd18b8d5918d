/*
 * Theory of operation. A sound process's operations stand together in the file by their ids, which
 * is also the order of its invocations and of its attempts. So each process is read on its own,
 * attempt by attempt, and what the attempts tell is merged by time through a heap. An attempt's
 * release may be told to be later than the next attempts (it is believed to hold until its process
 * ended): what a process has told waits in order until nothing earlier can come.
 *
 * That the file is sound is not assumed: holes.h looks at every operation as it passes.
 */
#include "checker/holds/belief_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "checker/holds/lane_trace.h"
#include "history/traces/heads.h"
#include "history/older.h"
#include "history/row.h"

enum {
	PROCESSES_MOST = 4096 /* of each, a batch of operations is in memory */,
	PROGRESS_OPS = 1 << 16
};

struct stream {
	int process;
	struct process_ops *ops;
	bool more; /* `next` is its next operation */
	struct op_row next;
	struct holes_walk walk;
	bool is_told;
	uint32_t object, number, last; /* number: of its attempts in the trace, so far; the last */

	struct op_row *row; /* of the attempt at hand */
	const struct op_row **op;
	uint32_t rows, row_room, op_room;

	struct trace_op *told; /* by invoked_ns; those before `first` were merged */
	uint32_t first, tolds, told_room;
};

struct requests { /* to the store */
	struct op_row *row;
	int rows;
};

struct merge {
	const struct run *run;
	struct holes holes; /* its text: a hole */
	struct stream *stream;
	int streams;
	bool odd;
	struct requests *request; /* of each lane */
	struct heads heads;
	uint64_t failed, ignored;
};

/* Reading ------------------------------------------------------------------------------------- */

static void read_on(struct merge *merge, struct stream *stream)
{
	enum process_next next = history_next_op(stream->ops, &stream->next);

	stream->more = next == PROCESS_OP;
	merge->odd |= next == PROCESS_ODD;
}

static void take_op(struct merge *merge, struct stream *stream)
{
	const struct op_row *op = &stream->next;

	CHECK(stream->walk.lane >= 0 && stream->walk.lane < merge->run->history->lanes);
	struct requests *requests = &merge->request[stream->walk.lane];

	holes_look_at_op(&merge->holes, &stream->walk, op);
	if (op_asks_store(op))
		*ROWS_APPEND(requests->row, requests->rows) = *op;
	if (!stream->is_told)
		merge->ignored++;
	if (op->attempt) {
		ARRAY_GROW(stream->row, stream->rows, stream->row_room);
		stream->row[stream->rows++] = *op;
	}
	read_on(merge, stream);
}

/* Mostly at the end. */
static void queue(struct stream *stream, const struct trace_op *op)
{
	CHECK(stream->first <= stream->tolds);
	if (stream->first == stream->tolds)
		stream->first = stream->tolds = 0;
	ARRAY_GROW(stream->told, stream->tolds, stream->told_room);
	uint32_t at = stream->tolds++;

	for (; at > stream->first && stream->told[at - 1].invoked_ns > op->invoked_ns; at--)
		stream->told[at] = stream->told[at - 1];
	stream->told[at] = *op;
}

static void tell_attempt(struct merge *merge, struct stream *stream)
{
	struct attempt attempt = {.ops = (int)stream->rows};
	struct trace_op told[2];

	while (stream->op_room < stream->rows)
		ARRAY_GROW(stream->op, stream->op_room, stream->op_room);
	for (uint32_t i = 0; i < stream->rows; i++)
		stream->op[i] = &stream->row[i];
	attempt.op = stream->op;
	facts_read_attempt(merge->run, &attempt);
	holes_look_at_attempt(&merge->holes, &stream->walk, &attempt);
	stream->rows = 0;
	if (!stream->is_told)
		return;
	stream->number++;
	for (int i = 0, ops = attempt_tell(&attempt, told, &merge->failed); i < ops; i++) {
		told[i].object = stream->object;
		told[i].attempt = stream->number;
		queue(stream, &told[i]);
	}
}

/* Until what it tells next is known. */
static void fill(struct merge *merge, struct stream *stream)
{
	while (!merge->odd && stream->more &&
	       (stream->first == stream->tolds ||
		stream->told[stream->first].invoked_ns > stream->next.invoked_ns)) {
		int64_t attempt =
			0; /* of what was read here; operations outside any come between */

		while (!merge->odd && stream->more &&
		       (!attempt || !stream->next.attempt || stream->next.attempt == attempt)) {
			if (stream->next.attempt)
				attempt = stream->next.attempt;
			take_op(merge, stream);
		}
		if (stream->rows > 0)
			tell_attempt(merge, stream);
	}
}

/* At equal times what the recording of facts_tell would have first. */
static struct head head_of(const struct stream *stream, int index)
{
	CHECK(stream->first < stream->tolds);
	const struct trace_op *op = &stream->told[stream->first];

	return (struct head){op->invoked_ns, 2 * op->attempt + (op->f == TRACE_RELEASE),
			     (uint32_t)index};
}

static void merge_all(struct merge *merge, const struct trace_source *source,
		      struct trace_builder *builder)
{
	struct replay *replay = replay_open(builder);
	struct heads *heads = &merge->heads;

	for (int i = 0; i < merge->streams; i++) {
		fill(merge, &merge->stream[i]);
		if (merge->stream[i].first < merge->stream[i].tolds)
			heads_push(heads, head_of(&merge->stream[i], i));
	}
	for (uint32_t done = 1; heads->count > 0 && !merge->odd; done++) {
		int index = (int)heads->head[0].end;

		CHECK(index < merge->streams);
		struct stream *stream = &merge->stream[index];
		const struct trace_op *op = &stream->told[stream->first++];

		if (done % PROGRESS_OPS == 0 && source->progress)
			source->progress(source->context, op->invoked_ns,
					 merge->run->history->duration_ns);
		replay_invoke(replay, op);
		fill(merge, stream);
		if (stream->first < stream->tolds) {
			heads->head[0] = head_of(stream, index);
			heads_sift(heads);
		} else {
			heads_pop(heads);
		}
	}
	replay_close(replay);
}

/* Begin and end ------------------------------------------------------------------------------- */

/* The number of the process's last attempt: they count from 1, or there is a hole. */
static bool count_attempts(const struct history *history, int process, uint32_t *attempts)
{
	int64_t first = (int64_t)process << 32;
	struct rows rows;
	struct error ignored = {0};

	if (rows_open(&rows, history->db, history->arena, "op",
		      "SELECT max(attempt) FROM op WHERE attempt BETWEEN ?1 AND ?2", &ignored))
		return false;
	sqlite3_bind_int64(rows.statement, 1, first);
	sqlite3_bind_int64(rows.statement, 2, first + UINT32_MAX);
	*attempts = rows_next(&rows) ? (uint32_t)rows_int_or(&rows, 0, 0, INT64_MAX) : 0;
	return rows_close(&rows) == 0;
}

/* Attempts are numbered lane by lane, and by their ids. */
static bool number_attempts(struct merge *merge, int lane, uint32_t object, uint32_t *numbered)
{
	const struct history *history = merge->run->history;
	bool told = lane_is_told(history, lane);

	for (int i = 0; i < history->processes; i++) {
		struct stream *stream = &merge->stream[merge->streams];
		uint32_t attempts;

		if (history->process[i].lane != lane)
			continue;
		CHECK(merge->streams < history->processes);
		if (!count_attempts(history, history->process[i].id, &attempts) ||
		    attempts > TRACE_OPS_MAX / 2 - *numbered)
			return false;
		*stream = (struct stream){
			.process = history->process[i].id,
			.walk = {.lane = lane},
			.is_told = told,
			.object = object,
			.number = *numbered,
			.last = *numbered + (told ? attempts : 0),
		};
		*numbered = stream->last;
		merge->streams++;
	}
	return true;
}

static bool open_lanes(struct merge *merge, struct trace_builder *builder)
{
	const struct history *history = merge->run->history;
	uint32_t objects = 0, numbered = 0;

	for (int lane = 0; lane < history->lanes; lane++) {
		uint32_t object = 0;

		if (lane_is_told(history, lane)) {
			object = trace_intern_object(builder, history->lane[lane].name);
			if (object != objects++)
				return false;
		}
		if (!number_attempts(merge, lane, object, &numbered))
			return false;
	}
	return true;
}

static bool open_processes(struct merge *merge)
{
	const struct history *history = merge->run->history;
	int stream = 0;

	for (int lane = 0; lane < history->lanes; lane++)
		for (int i = 0; i < history->processes; i++) {
			if (history->process[i].lane != lane)
				continue;
			struct stream *of = &merge->stream[stream++];

			/* In the order in which their attempts were numbered. */
			CHECK(of->process == history->process[i].id && of->walk.lane == lane);
			of->ops = history_open_process(history, &history->process[i]);
			if (!of->ops)
				return false;
			read_on(merge, of);
		}
	return true;
}

/* The others of one lane, beside its requests. */
static bool look_at_others(struct merge *merge, int lane)
{
	struct requests *requests = &merge->request[lane];
	const struct op_row **by_id;
	struct sort_item *item;
	struct lane_history others;
	struct error ignored = {0};

	if (history_load_others(merge->run->history, lane, &others, &ignored))
		return false;
	ARRAY_NEW(item, requests->rows);
	ARRAY_NEW(by_id, requests->rows);
	for (int i = 0; i < requests->rows; i++)
		item[i] = (struct sort_item){requests->row[i].id, (uint32_t)i};
	sort_items(item, (size_t)requests->rows);
	for (int i = 0; i < requests->rows; i++)
		by_id[i] = &requests->row[item[i].place];
	holes_look_at_decisions(&merge->holes, &others, lane, by_id, requests->rows);
	holes_look_at_keys(&merge->holes, &others, lane);
	free(item);
	free(by_id);
	history_free_lane(&others);
	return true;
}

/* Rows between these ids; also when that cannot be asked. */
static bool has_rows(const struct history *history, int64_t first, int64_t last)
{
	struct error ignored = {0};
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "op",
		      "SELECT id FROM op NOT INDEXED WHERE id BETWEEN ?1 AND ?2 LIMIT 1", &ignored))
		return true;
	sqlite3_bind_int64(rows.statement, 1, first);
	sqlite3_bind_int64(rows.statement, 2, last);
	bool found = rows_next(&rows);

	return rows_close(&rows) != 0 || found;
}

/* Rows that belong to no process of a lane were not read. */
static bool has_strays(const struct history *history)
{
	int64_t next = INT64_MIN; /* the first id behind those that were read */

	for (int i = 0; i < history->processes; i++) {
		int64_t first = (int64_t)history->process[i].id << 32;

		if (history->process[i].lane < 0)
			continue;
		if (first > next && has_rows(history, next, first - 1))
			return true;
		next = first + UINT32_MAX + 1;
	}
	return has_rows(history, next, INT64_MAX);
}

static bool was_recorded(const struct merge *merge, int64_t process, int64_t ops)
{
	const struct history *history = merge->run->history;
	struct error ignored = {0};
	struct rows rows;
	int64_t recorded = -1;

	if (rows_open(&rows, history->db, history->arena, "recorded",
		      "SELECT rows FROM recorded WHERE what = 'op' AND process = ?1", &ignored))
		return false;
	sqlite3_bind_int64(rows.statement, 1, process);
	if (rows_next(&rows))
		recorded = rows_int(&rows, 0, INT64_MAX);
	/* Of a process without operations there may be no count. */
	return rows_close(&rows) == 0 && (recorded == ops || (recorded < 0 && ops == 0 && process));
}

/* As many operations as the recorder counted, of each process and in all. */
static bool read_what_was_recorded(const struct merge *merge)
{
	int64_t all = 0;

	for (int i = 0; i < merge->streams; i++) {
		int64_t ops = merge->stream[i].walk.ops;

		if (!was_recorded(merge, merge->stream[i].process, ops))
			return false;
		all += ops;
	}
	return was_recorded(merge, 0, all);
}

static bool is_whole(struct merge *merge, bool counted)
{
	for (int i = 0; i < merge->streams; i++)
		if (merge->stream[i].number != merge->stream[i].last)
			return false;
	for (int lane = 0; lane < merge->run->history->lanes; lane++)
		if (!look_at_others(merge, lane))
			return false;
	return !*merge->holes.text && !has_strays(merge->run->history) &&
	       (!counted || read_what_was_recorded(merge));
}

static void free_merge(struct merge *merge)
{
	for (int i = 0; i < merge->streams; i++) {
		history_close_process(merge->stream[i].ops);
		free(merge->stream[i].row);
		free(merge->stream[i].op);
		free(merge->stream[i].told);
	}
	for (int i = 0; i < merge->run->history->lanes; i++)
		free(merge->request[i].row);
	free(merge->request);
	free(merge->stream);
	free(merge->heads.head);
}

bool stream_tell(const struct run *run, const struct trace_source *source, struct holes *holes,
		 struct trace_builder *builder, uint64_t *failed, uint64_t *ignored)
{
	struct merge merge = {.run = run, .holes = {.history = run->history}};

	if (!run->history->sealed || run->history->processes > PROCESSES_MOST)
		return false;
	ARRAY_NEW(merge.stream, run->history->processes);
	ARRAY_NEW(merge.request, run->history->lanes);
	bool counted = holes->history && *older_column(run->history->db, "recorded", "what", "");
	bool whole = open_lanes(&merge, builder) && open_processes(&merge);

	if (whole)
		merge_all(&merge, source, builder);
	whole = whole && !merge.odd && is_whole(&merge, counted);
	free_merge(&merge);
	if (whole && holes->history) {
		holes->use = merge.holes.use;
		holes->uses = merge.holes.uses;
		holes->decision = merge.holes.decision;
		holes->decisions = merge.holes.decisions;
	} else {
		free(merge.holes.use);
		free(merge.holes.decision);
	}
	*failed = merge.failed;
	*ignored = merge.ignored;
	return whole;
}
