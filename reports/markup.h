/* The few shapes that the sections of the page are made of. All text is escaped here. */
#ifndef REPORTS_MARKUP_H
#define REPORTS_MARKUP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What is written as it is (a tag, a class, an id) is a word of ours: letters, digits, "-", "_" and
 * blanks. */
bool markup_is_plain(const char *word);

/* <tag class="class">text</tag>; class may be NULL. */
void markup_text(FILE *out, const char *tag, const char *class, const char *text);

/* A cell with a number, aligned with its column. */
void markup_number(FILE *out, int64_t number);

/* A cell with nanoseconds shown as seconds; "-" for NEVER_NS. */
void markup_seconds(FILE *out, int64_t ns);

/* To the page of the run in that folder, seen from this one's: a link that no name can leave, since
 * it is relative and each byte that is not plain is escaped. */
void markup_run_link(FILE *out, const char *folder);

/* <section> with its heading, which `id` names for links; ended by markup_end_section. */
void markup_section(FILE *out, const char *id, const char *heading);
void markup_end_section(FILE *out);

/* A table that scrolls sideways by itself on a narrow screen; heads ends with NULL, and a head that
 * begins with "#" is of a column of numbers. Ended by markup_end_table. */
void markup_table(FILE *out, const char *caption, const char *const *heads);
void markup_end_table(FILE *out);

/* <section class="card class"> with its heading, which `id` names; ended by markup_end_section. */
void markup_card(FILE *out, const char *id, const char *class, const char *heading);

/* Where a page leads to: an id and a name each. */
void markup_links(FILE *out, const char *const (*links)[2], size_t count);

struct markup_page {
	const char *title; /* anybody's */
	const char *mark;  /* a comment behind the doctype; NULL */
	const char *class; /* of <main>; NULL */
	const char *style; /* beside page_style; NULL */
	bool images;       /* has some, as data: in it */
};

/* From the doctype to <main>, and from there to the end. The policy in its head forbids the browser
 * every load and every script, so that even a mistake in escaping could not do more than look
 * wrong. */
void markup_begin_page(FILE *out, const struct markup_page *page);
void markup_end_page(FILE *out, const char *made_by);

#endif
