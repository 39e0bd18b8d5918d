/*
 * EDN (github.com/edn-format/edn), and what Clojure's printer adds to it: ##NaN, #"patterns",
 * 0x1f inside #object[...]. Scans forms without building anything from them.
 */
#ifndef HISTORY_TRACES_EDN_H
#define HISTORY_TRACES_EDN_H

#include "history/traces/buffer.h"
#include "history/traces/scan.h"

/* White space, commas, comments and discarded forms (#_). */
bool edn_space(struct scan *scan);

/* One form of any kind, tags included. */
bool edn_form(struct scan *scan, struct slice *form);

/* Of logs with one event a line: blanks and tabs between their words; and the next form with what
 * stands behind it skipped, `expected` where the line is over. */
void edn_skip_blanks(struct scan *scan);
bool edn_form_of_line(struct scan *scan, const char *expected, struct slice *form);

/* The same with so many levels around it, which count. */
bool edn_form_within(struct scan *scan, struct slice *form, int depth);

/* "#tag", when one stands there, and the space behind it. */
bool edn_tag(struct scan *scan);

/* Of a form that was scanned ------------------------------------------------------------------ */

/* Equal values have equal texts: one space between forms, no comments; lists as vectors; sets and
 * maps sorted; strings with the fewest escapes; integers without + and N. */
void edn_add_canonical(struct buffer *out, struct slice form);

/* As a name: strings without their quotes; everything else in its canonical form. */
void edn_add_name(struct buffer *out, struct slice form);

/* The two members of a vector or list of two. */
bool edn_pair(struct slice form, struct slice *first, struct slice *second);

/* What stands in a map under this name, as a keyword or a string; false when it is no map, or knows
 * no such name. */
bool edn_find(struct slice form, const char *name, struct slice *value);

#endif
