/*
 * Reading a campaign. libconfuse parses texts; each is judged by the row of its option in a
 * validation callback, because only there the line is known. What remains is copying.
 */
#include "campaign/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "campaign/lock_presets.h"
#include "campaign/value.h"

/* libconfuse's callbacks carry no context: this is what they are about. */
static struct reader *reading;

/* Errors -------------------------------------------------------------------------------------- */

static struct word_hint hint_at_option(const cfg_t *cfg, const char *word)
{
	const char *names[32];
	int count = 0;

	for (const cfg_opt_t *option = cfg->opts; option->name; option++) {
		CHECK(count < 31);
		names[count++] = option->name;
	}
	names[count] = NULL;
	return word_hint(word, names);
}

/* Escapes within double quotes bring in what the file itself may not hold. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

/* Only the first error is kept: what follows it is mostly its echo. */
static void note_error(cfg_t *cfg, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void note_error(cfg_t *cfg, const char *format, va_list args)
{
	char what[400];
	struct word_hint hint = {""};

	if (reading->err->code)
		return;
	if (strncmp(format, "no such option", 14) == 0) {
		va_list again;

		va_copy(again, args);
		hint = hint_at_option(cfg, va_arg(again, const char *));
		va_end(again);
	}
	vsnprintf(what, sizeof(what), format, args);
	make_plain(what);
	error_set(reading->err, EXIT_BAD_USAGE, "%s:%d: %s%s", reading->source.name, cfg->line,
		  what, hint.text);
}

int part_refuse(const struct part *part, const char *option, const char *format, ...)
{
	const char *title = part->block >= 0 ? cfg_title(part->cfg) : NULL;
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	make_plain(why);
	return error_set(
		part->reader->err, EXIT_BAD_USAGE, "%s:%d: %s%s%s: %s", part->reader->source.name,
		source_line(&part->reader->source, part->block, option ? option : ""),
		option_sections[part->section].name, title ? " " : "", title ? title : "", why);
}

/* Judging ------------------------------------------------------------------------------------- */

static enum section section_of(cfg_t *cfg)
{
	int section = 0;

	while (strcmp(option_sections[section].name, cfg_name(cfg)) != 0) {
		section++;
		CHECK(section < SECTIONS);
	}
	return (enum section)section;
}

static int judge_value(cfg_t *cfg, cfg_opt_t *written)
{
	const struct option *option = option_find(section_of(cfg), written->name);
	const char *text = cfg_opt_getnstr(written, cfg_opt_size(written) - 1);
	struct error why = {0};

	if (value_judge(option, text ? text : "", &why) == 0)
		return 0;
	cfg_error(cfg, "%s", why.text);
	return -1;
}

static int judge_name(cfg_t *cfg, const struct option_section *section, const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 20 || *name == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		cfg_error(cfg,
			  "the name of %s '%.60s' must be 1 to 20 of a-z, 0-9 and '-', and not "
			  "begin with '-'",
			  section->name, name);
	else if (word_index(name, section->reserved) >= 0)
		cfg_error(cfg, "the name of %s '%s' stands for something else here; take another",
			  section->name, name);
	else
		return 0;
	return -1;
}

/* libconfuse calls it when the section is closed, in the order of the text. */
static int judge_section(cfg_t *cfg, cfg_opt_t *written)
{
	cfg_t *block = cfg_opt_getnsec(written, cfg_opt_size(written) - 1);
	enum section section = section_of(block);
	const struct option_section *its = &option_sections[section];
	int *count = &reading->blocks[section];

	if (*count < its->most) {
		reading->block[section][(*count)++] = reading->all_blocks++;
		return its->reserved ? judge_name(cfg, its, cfg_title(block)) : 0;
	}
	if (its->most == 1)
		cfg_error(cfg, "a second '%s' block; there is one %s", its->name, its->name);
	else
		cfg_error(cfg, "more than %d blocks '%s'", its->most, its->name);
	return -1;
}

/* Parsing ------------------------------------------------------------------------------------- */

/* To libconfuse every value is a text. */
static cfg_opt_t to_read(const struct option *option)
{
	static char no_list[] = "{}"; /* libconfuse wants it writable */
	cfg_opt_t list = CFG_STR_LIST(option->name, no_list, CFGF_NONE);
	cfg_opt_t text = CFG_STR(option->name, option->standard,
				 option->standard ? CFGF_NONE : CFGF_NODEFAULT);
	cfg_opt_t to_read = option->add ? list : text;

	to_read.validcb = judge_value;
	return to_read;
}

enum { OPTIONS_MOST = 32 };

static int list_options(enum section section, cfg_opt_t *into)
{
	const struct option *option = option_sections[section].options;
	int count = 0;

	for (; option[count].name; count++) {
		CHECK(count < OPTIONS_MOST);
		into[count] = to_read(&option[count]);
	}
	return count;
}

static cfg_t *open_campaign(void)
{
	cfg_opt_t all[SECTIONS][OPTIONS_MOST + SECTIONS + 1];

	memset(all, 0, sizeof(all));
	cfg_opt_t *at = all[SECTION_TOP] + list_options(SECTION_TOP, all[SECTION_TOP]);

	for (int i = SECTION_CLUSTER; i < SECTIONS; i++) {
		const struct option_section *its = &option_sections[i];
		cfg_opt_t block = CFG_SEC(
			its->name, all[i],
			its->reserved ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE);

		block.validcb = judge_section;
		list_options((enum section)i, all[i]);
		*at++ = block;
	}
	cfg_t *cfg = cfg_init(all[SECTION_TOP], CFGF_NONE); /* copies them */

	CHECK_MEMORY(cfg);
	return cfg;
}

int reader_parse(struct reader *reader)
{
	reader->cfg = open_campaign();
	cfg_set_error_function(reader->cfg, note_error);
	reading = reader;
	int result = cfg_parse_buf(reader->cfg, reader->source.text);

	reading = NULL;
	if (result == CFG_SUCCESS)
		return 0;
	return reader->err->code ? -1
				 : error_set(reader->err, EXIT_BAD_USAGE, "%s: not a campaign",
					     reader->source.name);
}

void reader_close(struct reader *reader)
{
	cfg_free(reader->cfg);
	source_free(&reader->source);
}

/* Parts ------------------------------------------------------------------------------------- */

struct part reader_part(const struct reader *reader, enum section section, int number)
{
	const char *name = option_sections[section].name;
	struct part part = {.reader = reader, .section = section, .block = -1};

	part.cfg = section == SECTION_TOP ? reader->cfg
					  : cfg_getnsec(reader->cfg, name, (unsigned int)number);
	if (number < reader->blocks[section])
		part.block = reader->block[section][number];
	part.line = source_line(&reader->source, part.block, "");
	return part;
}

bool part_is_written(const struct part *part, const char *option)
{
	return cfg_getopt(part->cfg, option)->flags & CFGF_MODIFIED;
}

/* What is written beside a preset goes before what that says. */
static cfg_t *said_by(const struct part *part, const char *option)
{
	return part->preset && !part_is_written(part, option) ? part->preset : part->cfg;
}

const char *part_text(const struct part *part, const char *option)
{
	return cfg_getstr(said_by(part, option), option);
}

/* In the words of a block; NULL: "none". The caller frees. */
static char *preset_says(enum section section, const char *name)
{
	const struct fault_preset *fault = fault_presets;
	const struct lock_preset *lock = lock_preset_find(name);

	if (section == SECTION_ARM)
		return lock ? lock_preset_says(lock) : NULL;
	while (fault->name && strcmp(fault->name, name) != 0)
		fault++;
	return fault->name ? text_format("%s", fault->says) : NULL;
}

bool part_open_preset(struct part *part, struct reader *reader)
{
	const char *name = part_text(part, "preset");
	const char *section = option_sections[part->section].name;
	_cleanup_free_ char *says = preset_says(part->section, name), *text = NULL;
	struct error err = {0};

	if (!says)
		return false;
	*reader = (struct reader){.err = &err};
	text = text_format("%s %s { %s }", section, name, says);
	CHECK(source_take(text, name, &reader->source, &err) == 0 && reader_parse(reader) == 0);
	reader->err = NULL;
	part->preset = cfg_getsec(reader->cfg, section);
	return true;
}

const struct option *part_find_idle(const struct part *part, uint32_t needs, uint32_t there)
{
	const struct option *option = option_sections[part->section].options;

	for (; option->name; option++)
		if (option->needs & needs & ~there && part_is_written(part, option->name))
			return option;
	return NULL;
}

static int copy_list(const struct part *part, const struct option *option, void *base,
		     struct error *err)
{
	for (unsigned int i = 0; i < cfg_size(part->cfg, option->name); i++)
		if (option->add(base, cfg_getnstr(part->cfg, option->name, i), err))
			return -1;
	return 0;
}

/* Nothing is left to refuse but a list that is too long, or a time of too many TTLs. */
static int copy_value(const struct part *part, const struct option *option, void *base,
		      struct error *err)
{
	void *into = (char *)base + option->offset;
	cfg_t *cfg = said_by(part, option->name);

	if (option->add)
		return copy_list(part, option, base, err);
	if (!option->of_kind || cfg_getopt(cfg, option->name)->flags & CFGF_MODIFIED)
		return value_take(option, cfg_getstr(cfg, option->name), part->ttl_s, into, err);
	option_set_to_kinds(option, base); /* the kind stands before what hangs on it */
	return 0;
}

int part_copy(const struct part *part, uint32_t there, void *base)
{
	const struct option *option = option_sections[part->section].options;

	for (; option->name; option++) {
		struct error why = {0};

		if ((option->size || option->add) && option_is_meant(option, there) &&
		    copy_value(part, option, base, &why))
			return part_refuse(part, option->name, "%s", why.text);
	}
	return 0;
}
