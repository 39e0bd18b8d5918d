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

enum { TRACE_FACTS = 14, TRACE_PAGE_MOST = 3000000 /* bytes of a page, however many files */ };

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
		bool caveat;
	} fact[TRACE_FACTS];
};

void trace_facts_add(struct trace_facts *facts, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same of a caveat: what the verdict does not rest on, or a reader should know of it. */
void trace_facts_warn(struct trace_facts *facts, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void trace_facts_free(struct trace_facts *facts);

/* One file, as the page tells of it. */
struct trace_told {
	char *name; /* owned; facts.name */
	struct trace_facts facts;
	char *unread; /* owned; why it was not read, and then there are no facts; NULL: it was */
	bool explained;
	struct explanation explanation;
};

void trace_told_free(struct trace_told *told);

/* Within 80 columns. `boxes`: the terminal can show box drawing; else ASCII. */
void trace_print_facts(FILE *out, const struct trace_facts *facts, bool color);
void trace_print_explanation(FILE *out, const struct explanation *explanation, bool boxes);

/* "Verified: ..." in one sentence; the caller frees. */
char *trace_proof_sentence(const struct explanation *explanation);

/*
 * One self-contained page of all files, at least one. Of those for which there is no room the
 * verdict stands there, and that the rest is left out. `command`: what
 * explains a file; of several it lacks its name. Atomic: beside
 * the path, then renamed.
 */
int trace_write_page(const char *path, const char *command, const struct trace_told *told,
		     int count, struct error *err);

/* trace_drawing.c: its operations by time, HTML; `number` of the drawing in the page, for ids. */
void trace_draw_html(FILE *out, const struct explanation *explanation, int number);

#endif
