/* Lengths of time as campaigns write them: "300ms", "2s", "1.5 ttl", "1.2 .. 2.5 ttl", "1s .. 4s".
 */
#ifndef CAMPAIGN_DURATION_H
#define CAMPAIGN_DURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "campaign/fault.h"

enum { DAY_S = 86400, DAY_MS = DAY_S * 1000 }; /* the longest that a campaign knows */

/* One length or two with ".." between; a unit on the second counts for the first when that has
 * none. False when the text is something else, negative, over a day (or as many TTLs), or finer
 * than a millisecond or a thousandth of a TTL. */
bool duration_parse_span(const char *text, struct span *span);

/* Whole milliseconds; no TTLs, no two ends. */
bool duration_parse_ms(const char *text, int *ms);

/* As the parser reads it back; `size` of 48 always suffices. */
void duration_print_span(const struct span *span, char *text, size_t size);
void duration_print_ms(int ms, char *text, size_t size); /* in seconds when they are whole */

#endif
