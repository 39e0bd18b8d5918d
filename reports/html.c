/* The page: one file that needs nothing else and asks nobody for anything. */
#include "reports/report.h"

#include "base/file.h"
#include "base/invariant.h"
#include "reports/glossary.h"
#include "reports/markup.h"
#include "reports/page.h"
#include "reports/twin.h"

static void write_links(FILE *out)
{
	static const char *const links[][2] = {
		{"overview", "The whole run"},
		{"compared", "Side by side"},
		{"failover", "Failover"},
		{"predicted", "Predicted"},
		{"happened", "What happened"},
		{"repeat", "Repeat"},
		{"stories", "Stories"},
		{"coverage", "Coverage"},
		{"plots", "Over time"},
		{"faults", "Faults"},
		{"notes", "Notes"},
		{"environment", "Environment"},
		{"words", "Words"},
	};

	markup_links(out, links, sizeof(links) / sizeof(links[0]));
}

static int write_page(FILE *out, const struct model *model, bool *plots, struct error *err)
{
	const char *name = history_text(model->history, "campaign_name");

	markup_begin_page(out, &(struct markup_page){.title = name ? name : "run", .images = true});
	if (page_answer(out, model, err) || twin_draw(out, model, err))
		return -1;
	write_links(out);
	page_overview(out, model);
	page_compare(out, model);
	page_thresholds(out, model);
	page_failover(out, model);
	if (page_predicted(out, model, err))
		return -1;
	page_what_happened(out, model);
	page_limits(out);
	page_repeat(out, model);
	if (page_stories(out, model, err))
		return -1;
	page_violations(out, model);
	page_coverage(out, model);
	*plots = page_plots(out, model);
	page_faults(out, model);
	if (page_environment(out, model, err))
		return -1;
	page_notes(out, model);
	page_campaign(out, model);
	glossary_write(out);
	fputs("<footer class=\"muted\">Made by fencepost " FENCEPOST_VERSION
	      ". All of it comes from history.db beside it.</footer>\n</main>\n</body>\n</html>\n",
	      out);
	return 0;
}

int report_write_html(const struct model *model, const char *path, bool *plots, struct error *err)
{
	struct file file;

	CHECK(model_is_whole(model));
	*plots = false;
	if (file_begin(&file, path, err))
		return -1;
	return file_end(&file, write_page(file.out, model, plots, err), err);
}
