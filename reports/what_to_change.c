#include "reports/what_to_change.h"

#include <stdlib.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "reports/glossary.h"

static void write_part(FILE *out, const char *class, const char *label, const char *text)
{
	CHECK(text); /* each rule says change, gain and price */
	fprintf(out, "<span class=\"%s\">%s", class, label);
	glossary_prose(out, text);
	fputs(".</span>", out);
}

void what_to_change_write_html(FILE *out, const struct advice *advice)
{
	for (int i = 0; i < advice->items; i++) {
		fputs("<li>", out);
		write_part(out, "what", "", advice->item[i].change);
		/* A link inside of a summary could not be followed by keyboard. */
		fputs(" <details class=\"change\"><summary>Gain and price</summary>", out);
		write_part(out, "gain", "", advice->item[i].gain);
		write_part(out, "price", " Price: ", advice->item[i].price);
		fputs("</details></li>\n", out);
	}
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	char *valid = escape_utf8(text);

	CHECK(valid);
	cJSON_AddStringToObject(object, key, valid);
	free(valid);
}

void what_to_change_add_json(const struct advice *advice, cJSON *root)
{
	cJSON *items = cJSON_AddArrayToObject(root, "what_to_change");

	for (int i = 0; i < advice->items; i++) {
		cJSON *object = cJSON_CreateObject();

		add_text(object, "rule", advice_rule_word(advice->item[i].rule));
		add_text(object, "brief", advice->item[i].brief);
		add_text(object, "change", advice->item[i].change);
		add_text(object, "gain", advice->item[i].gain);
		add_text(object, "price", advice->item[i].price);
		cJSON_AddItemToArray(items, object);
	}
}
