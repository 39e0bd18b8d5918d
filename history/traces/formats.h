/* The importers, one for each format: trace_import (import.c) finds the right one. */
#ifndef HISTORY_TRACES_FORMATS_H
#define HISTORY_TRACES_FORMATS_H

#include "history/traces/input.h"
#include "history/traces/scan.h"
#include "history/traces/trace.h"

/* Each reads the input to its end. On failure *trace is untouched. */
int import_jepsen(struct input *input, struct trace *trace, struct error *err);
int import_register_log(struct input *input, struct trace *trace, struct error *err);
int import_kv_log(struct input *input, struct trace *trace, struct error *err);
int import_jsonl(struct input *input, struct trace *trace, struct error *err);
int import_csv(struct input *input, struct trace *trace, struct error *err);
int import_history_txt(struct input *input, struct trace *trace, struct error *err);
int import_jepsen_log(struct input *input, struct trace *trace, struct error *err);
int import_etcd_operations(struct input *input, struct trace *trace, struct error *err);

/* Does the line begin as one of history.txt: PROCESS :TYPE? */
bool jepsen_log_is_event(struct slice line);

#endif
