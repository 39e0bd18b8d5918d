/*
 * The words of the page that are ours, each explained once, at its foot. Where one of them stands
 * on the first screen it leads there: plain anchors, no script.
 */
#ifndef REPORTS_GLOSSARY_H
#define REPORTS_GLOSSARY_H

#include <stdio.h>

/* The text, escaped; the first occurrence of each word of the glossary in it is a link. */
void glossary_prose(FILE *out, const char *text);

/* <tag class="class">, glossary_prose, </tag>; class may be NULL. */
void glossary_text(FILE *out, const char *tag, const char *class, const char *text);

/* The section. */
void glossary_write(FILE *out);

/* The same, with the words of the page of a judged trace. */
void glossary_trace_prose(FILE *out, const char *text);
void glossary_trace_write(FILE *out);

#endif
