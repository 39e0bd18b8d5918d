/* The value of an option, in the notation of whatever file it goes with. */
#include "history/traces/initial.h"

#include <string.h>

#include "history/traces/edn.h"
#include "history/traces/json.h"

/* What JSON cannot say and a shell's user might: nil, :keyword, #{set}, (list), \character. */
static bool is_edn(struct slice text)
{
	struct scan scan = scan_of(text);
	struct slice form;

	return (slice_is(text, "nil") || strchr(":#(\\[{", *text.at)) && edn_form(&scan, &form) &&
	       scan.at == scan.end;
}

static bool is_json(struct slice text)
{
	struct scan scan = scan_of(text);
	struct slice value;

	return json_value(&scan, &value) && scan.at == scan.end;
}

void initial_add_canonical(struct buffer *out, const char *text)
{
	struct slice slice = {text, strlen(text)};

	if (is_json(slice))
		json_add_canonical(out, slice);
	else if (slice.length > 0 && is_edn(slice))
		edn_add_canonical(out, slice);
	else
		buffer_add_quoted(out, slice);
}
