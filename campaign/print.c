/* The resolved campaign as text. */
#include <stdio.h>

#include "base/text.h"
#include "campaign/value.h"

static void print_section(FILE *out, const struct campaign *campaign, enum section section,
			  const void *base, uint32_t there)
{
	const struct option *option = option_sections[section].options;

	for (; option->name; option++) {
		if (!option->size || !option_is_meant(option, there) ||
		    (option->quiet && value_is_zero(option, base)))
			continue;
		fprintf(out, "%s%s = ", section == SECTION_TOP ? "" : "\t", option->name);
		if (option->type == OPTION_BLOCK)
			fputs(campaign->block[((const struct fault_block *)base)->follows - 1].name,
			      out);
		else
			value_print(out, option, base);
		fputc('\n', out);
	}
}

char *campaign_print(const struct campaign *campaign)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	print_section(out, campaign, SECTION_TOP, campaign, 0);
	fputs("cluster {\n", out);
	print_section(out, campaign, SECTION_CLUSTER, &campaign->cluster,
		      cluster_needs(&campaign->cluster));
	fputs("}\n", out);
	for (int i = 0; i < campaign->arms; i++) {
		fprintf(out, "arm %s {\n", campaign->arm[i].name);
		print_section(out, campaign, SECTION_ARM, &campaign->arm[i], 0);
		fputs("}\n", out);
	}
	for (int i = 0; i < campaign->blocks; i++) {
		const struct fault_block *block = &campaign->block[i];

		fprintf(out, "fault %s {\n", block->name);
		print_section(out, campaign, SECTION_FAULT, block, fault_needs(block));
		fputs("}\n", out);
	}
	text_end(out, &text);
	return text;
}
