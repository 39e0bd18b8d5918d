/*
 * What is said of a judged trace (history/traces/trace.h), on the terminal and as a page of its
 * own. The facts are the caller's; texts from outside are made harmless here.
 */
#ifndef REPORTS_TRACE_REPORT_H
#define REPORTS_TRACE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "history/traces/explanation.h"

enum { TRACE_FACTS = 14 };

struct trace_facts {
	const char *name;    /* of the file */
	const char *verdict; /* "NOT LINEARIZABLE" */
	const char *model;   /* empty: none */
	enum exit_code code; /* as expected, violation or inconclusive: how it is coloured */
	const char *meaning; /* one sentence */
	char *summary;       /* the facts in one line; owned */
	int facts;
	struct {
		const char *name; /* "operations"; static */
		char *value;      /* owned */
	} fact[TRACE_FACTS];
};

void trace_facts_add(struct trace_facts *facts, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void trace_facts_free(struct trace_facts *facts);

/* Within 80 columns. `boxes`: the terminal can show box drawing; else ASCII. */
void trace_print_facts(FILE *out, const struct trace_facts *facts, bool color);
void trace_print_explanation(FILE *out, const struct explanation *explanation, bool boxes);

/* "Verified: ..." in one sentence; the caller frees. */
char *trace_proof_sentence(const struct explanation *explanation);

/* One self-contained page; explanation may be NULL. Atomic: beside the path, then renamed. */
int trace_write_page(const char *path, const struct trace_facts *facts,
		     const struct explanation *explanation, struct error *err);

#endif
