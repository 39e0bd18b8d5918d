/*
 * Reading a fault block. A preset is what it begins with; each option that is written replaces what
 * the preset says, and one that means nothing to the kind of fault is an error: it would be lost in
 * silence.
 */
#include <math.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "base/word.h"
#include "campaign/read.h"
#include "campaign/duration.h"

enum { DAY_S = 86400 };

static char no_lanes[] = "{}"; /* libconfuse wants it writable */

cfg_opt_t campaign_fault_options[] = {
	CFG_STR("preset", "none", CFGF_NONE),
	CFG_STR("do", NULL, CFGF_NODEFAULT),
	CFG_STR("target", NULL, CFGF_NODEFAULT),
	CFG_STR("from", "all", CFGF_NONE),
	CFG_STR("direction", "both", CFGF_NONE),
	CFG_STR("shape", "halves", CFGF_NONE),
	CFG_STR("scope", "wal", CFGF_NONE),
	CFG_STR("when", "now", CFGF_NONE),
	CFG_STR("after", "0s", CFGF_NONE),
	CFG_STR("length", "1.5 ttl", CFGF_NONE),
	CFG_STR("by", "0s", CFGF_NONE),
	CFG_BOOL("back", cfg_false, CFGF_NONE),
	CFG_FLOAT_CB("percent", 0, CFGF_NONE, parse_decimal),
	CFG_INT_CB("rate", 0, CFGF_NONE, parse_whole),
	CFG_INT_CB("count", 0, CFGF_NONE, parse_whole),
	CFG_STR("first", "1s", CFGF_NONE),
	CFG_STR("every", "0s", CFGF_NONE),
	CFG_STR("jitter", "0s", CFGF_NONE),
	CFG_INT_CB("lanes", 0, CFGF_NONE, parse_whole),
	CFG_INT_LIST_CB("lane", no_lanes, CFGF_NONE, parse_whole),
	CFG_STR("follows", "nothing", CFGF_NONE),
	CFG_STR("since", "end", CFGF_NONE),
	CFG_BOOL("overlap", cfg_false, CFGF_NONE),
	CFG_END(),
};

/* Validation: where the line is known ---------------------------------------------------------- */

static const char *const since_names[] = {"end", "begin", NULL};

WORD_VALIDATOR(valid_kind, fault_kind_names)
WORD_VALIDATOR(valid_from, fault_from_names)
WORD_VALIDATOR(valid_direction, fault_direction_names)
WORD_VALIDATOR(valid_shape, fault_shape_names)
WORD_VALIDATOR(valid_scope, fault_scope_names)
WORD_VALIDATOR(valid_moment, fault_moment_names)
WORD_VALIDATOR(valid_since, since_names)

static const struct fault_preset *find_preset(const char *name)
{
	for (const struct fault_preset *preset = fault_presets; preset->name; preset++)
		if (strcmp(preset->name, name) == 0)
			return preset;
	return NULL;
}

static int valid_preset(cfg_t *cfg, cfg_opt_t *option)
{
	const char *names[32] = {"none"};
	int count = 1;

	for (const struct fault_preset *preset = fault_presets; preset->name; preset++) {
		CHECK(count < 31);
		names[count++] = preset->name;
	}
	return word_is_known(cfg, option, names);
}

/* "m2", "store", "none-0-1": whether there is such a host is seen later. */
static bool looks_like_a_host(const char *word)
{
	size_t length = strlen(word);

	return length > 1 && length < sizeof(((struct fault_block *)0)->host) &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
	       strchr("0123456789", word[length - 1]);
}

static int valid_target(cfg_t *cfg, cfg_opt_t *option)
{
	return looks_like_a_host(newest_text(option))
		       ? 0
		       : word_is_known(cfg, option, fault_target_names);
}

static int valid_fault_lanes(cfg_t *cfg, cfg_opt_t *option)
{
	return in_range(cfg, option, cfg_opt_getnint(option, 0), 0, SCHEDULED_LANES);
}

static int valid_lane(cfg_t *cfg, cfg_opt_t *option)
{
	return in_range(cfg, option, cfg_opt_getnint(option, cfg_opt_size(option) - 1), 0, 63);
}

static int valid_amount(cfg_t *cfg, cfg_opt_t *option)
{
	return in_range(cfg, option, cfg_opt_getnint(option, 0), 1, 100000);
}

/* Occasions have one time, which `jitter` moves. */
static int valid_time(cfg_t *cfg, cfg_opt_t *option)
{
	struct span span;

	if (valid_span(cfg, option))
		return -1;
	CHECK(duration_parse_span(newest_text(option), &span));
	if (span.low == span.high)
		return 0;
	cfg_error(cfg, "%s = '%.60s': one time, not two; 'jitter' moves it at random", option->name,
		  newest_text(option));
	return -1;
}

static int valid_percent(cfg_t *cfg, cfg_opt_t *option)
{
	double percent = cfg_opt_getnfloat(option, 0);

	if (percent > 0 && percent <= 1000)
		return 0;
	cfg_error(cfg, "percent = %g is out of range; more than 0, up to 1000", percent);
	return -1;
}

static const struct {
	const char *option;
	cfg_validate_callback_t validate;
} validators[] = {
	{"fault", valid_section},           {"fault|preset", valid_preset},
	{"fault|do", valid_kind},           {"fault|target", valid_target},
	{"fault|from", valid_from},         {"fault|direction", valid_direction},
	{"fault|shape", valid_shape},       {"fault|scope", valid_scope},
	{"fault|when", valid_moment},       {"fault|after", valid_span},
	{"fault|length", valid_span},       {"fault|by", valid_span},
	{"fault|percent", valid_percent},   {"fault|rate", valid_amount},
	{"fault|count", valid_amount},      {"fault|first", valid_time},
	{"fault|every", valid_time},        {"fault|jitter", valid_time},
	{"fault|lanes", valid_fault_lanes}, {"fault|lane", valid_lane},
	{"fault|since", valid_since},
};

void campaign_fault_validators(cfg_t *cfg)
{
	for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]); i++)
		cfg_set_validate_func(cfg, validators[i].option, validators[i].validate);
}

/* Copying ------------------------------------------------------------------------------------- */

/* A time of the schedule: in TTLs it is counted in those of the first arm. */
static int to_ms(const struct part *part, const struct campaign *campaign, const char *option,
		 struct span span, int *ms)
{
	double seconds = span.in_ttl ? span.low * campaign->arm[0].ttl_s : span.low;

	if (seconds > DAY_S)
		return part_refuse(part, option, "%s = %.10g TTLs of %d s is more than a day",
				   option, span.low, campaign->arm[0].ttl_s);
	*ms = (int)lround(seconds * 1000);
	return 0;
}

static int copy_times(const struct part *part, const struct campaign *campaign,
		      const struct fault_preset *preset, struct fault_block *block)
{
	struct span first = get_span(part->cfg, "first"), every = get_span(part->cfg, "every");

	if (preset && !is_written(part->cfg, "first"))
		first = preset->first;
	if (preset && !is_written(part->cfg, "every"))
		every = preset->every;
	return to_ms(part, campaign, "first", first, &block->first_ms) ||
			       to_ms(part, campaign, "every", every, &block->every_ms) ||
			       to_ms(part, campaign, "jitter", get_span(part->cfg, "jitter"),
				     &block->jitter_ms)
		       ? -1
		       : 0;
}

static void copy_target(cfg_t *cfg, struct fault_block *block)
{
	const char *word = cfg_getstr(cfg, "target");

	if (looks_like_a_host(word)) {
		block->target = TARGET_HOST;
		CHECK(text_copy(block->host, sizeof(block->host), word));
	} else {
		block->target = (enum fault_target)get_word(cfg, "target", fault_target_names);
	}
}

/* What is written replaces what the block has; without a preset also what is not. */
static void copy_words(cfg_t *cfg, bool all, struct fault_block *block)
{
	if (all || is_written(cfg, "from"))
		block->from = (enum fault_from)get_word(cfg, "from", fault_from_names);
	if (all || is_written(cfg, "direction"))
		block->direction =
			(enum fault_direction)get_word(cfg, "direction", fault_direction_names);
	if (all || is_written(cfg, "shape"))
		block->shape = (enum fault_shape)get_word(cfg, "shape", fault_shape_names);
	if (all || is_written(cfg, "scope"))
		block->scope = (enum fault_scope)get_word(cfg, "scope", fault_scope_names);
	if (all || is_written(cfg, "when"))
		block->moment = (enum fault_moment)get_word(cfg, "when", fault_moment_names);
	if (all || is_written(cfg, "after"))
		block->after = get_span(cfg, "after");
	if (all || is_written(cfg, "length"))
		block->length = get_span(cfg, "length");
}

/* What nobody says is the kind's own. */
static void copy_amounts(cfg_t *cfg, struct fault_block *block)
{
	const struct fault_traits *traits = fault_traits(block->kind);

	block->by = is_written(cfg, "by") ? get_span(cfg, "by") : traits->by;
	block->back = cfg_getbool(cfg, "back");
	block->percent =
		is_written(cfg, "percent") ? cfg_getfloat(cfg, "percent") : traits->percent;
	block->rate = is_written(cfg, "rate") ? (int)cfg_getint(cfg, "rate") : traits->rate;
	block->count = is_written(cfg, "count") ? (int)cfg_getint(cfg, "count") : traits->count;
}

/* What means nothing to the kind may come from the preset of another, and is not printed. */
static void clear_idle(struct fault_block *block)
{
	uint32_t uses = fault_traits(block->kind)->uses;

	if (!(uses & USES_FROM)) {
		block->from = (enum fault_from)0;
		block->direction = (enum fault_direction)0;
	}
	if (!(uses & USES_SHAPE))
		block->shape = (enum fault_shape)0;
	if (!(uses & USES_SCOPE))
		block->scope = (enum fault_scope)0;
	if (!(uses & USES_LENGTH))
		block->length = (struct span){0};
}

static int copy_lanes(const struct part *part, struct fault_block *block)
{
	int named = (int)cfg_size(part->cfg, "lane");

	block->lanes = (int)cfg_getint(part->cfg, "lanes");
	if (named > SCHEDULED_LANES)
		return part_refuse(part, "lane", "more than %d lanes are named", SCHEDULED_LANES);
	for (int i = 0; i < named; i++) {
		block->lane[i] = (int)cfg_getnint(part->cfg, "lane", (unsigned int)i);
		for (int k = 0; k < i; k++)
			if (block->lane[k] == block->lane[i])
				return part_refuse(part, "lane", "lane %d is named twice",
						   block->lane[i]);
	}
	block->named_lanes = named;
	return 0;
}

/* Every other block's time comes from its leader's. */
static int refuse_times(const struct part *part, const char *followed)
{
	static const char *const idle[] = {"first", "every", "jitter"};

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (is_written(part->cfg, idle[i]))
			return part_refuse(part, idle[i],
					   "it comes when '%.40s' does; 'first', 'every' and "
					   "'jitter' mean nothing to it, 'after' does",
					   followed);
	return 0;
}

static int copy_following(const struct part *part, const struct campaign *campaign, int index,
			  struct fault_block *block)
{
	const char *names[FAULT_BLOCKS_MAX + 1] = {NULL};
	const char *followed = cfg_getstr(part->cfg, "follows");

	block->with_begin = get_word(part->cfg, "since", since_names) == 1;
	if (strcmp(followed, "nothing") == 0)
		return is_written(part->cfg, "since")
			       ? part_refuse(part, "since", "'since' goes with 'follows'")
			       : 0;
	if (refuse_times(part, followed))
		return -1;
	block->first_ms = block->every_ms = block->jitter_ms = 0;
	for (int i = 0; i < index; i++)
		names[i] = campaign->block[i].name;
	block->follows = word_index(followed, names) + 1;
	if (block->follows)
		return 0;
	return part_refuse(part, "follows", "follows = '%.60s' is no fault block before this one%s",
			   followed, word_hint(followed, names).text);
}

/* Options that mean something to some kinds only. */
static int refuse_idle_options(const struct part *part, const struct fault_block *block)
{
	static const struct {
		const char *name;
		uint32_t use;
	} options[] = {
		{"from", USES_FROM},   {"direction", USES_FROM}, {"shape", USES_SHAPE},
		{"scope", USES_SCOPE}, {"by", USES_BY},          {"percent", USES_PERCENT},
		{"rate", USES_RATE},   {"count", USES_COUNT},    {"length", USES_LENGTH},
		{"back", USES_BACK},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (is_written(part->cfg, options[i].name) &&
		    !(fault_traits(block->kind)->uses & options[i].use))
			return part_refuse(part, options[i].name, "'%s' means nothing to do = %s",
					   options[i].name, fault_kind_names[block->kind]);
	return 0;
}

/* What the load can bear. */
static int refuse_amounts(const struct part *part, const struct fault_block *block)
{
	if (block->count > BALLAST_MAX)
		return part_refuse(part, "count", "count = %d leases; at most %d", block->count,
				   BALLAST_MAX);
	if (block->kind == FAULT_WRITES && block->rate > WRITES_MAX)
		return part_refuse(part, "rate", "rate = %d writes per second; at most %d",
				   block->rate, WRITES_MAX);
	return 0;
}

static int copy_kind(const struct part *part, const struct fault_preset *preset,
		     struct fault_block *block)
{
	cfg_t *cfg = part->cfg;

	if (!cfg_getstr(cfg, "do") && !preset)
		return part_refuse(part, NULL, "neither 'do' nor 'preset'");
	if (cfg_getstr(cfg, "do"))
		block->kind = (enum fault_kind)get_word(cfg, "do", fault_kind_names);
	if (cfg_getstr(cfg, "target"))
		copy_target(cfg, block);
	else if (fault_traits(block->kind)->targets == 1u << TARGET_CLUSTER)
		block->target = TARGET_CLUSTER;
	else if (!preset)
		return part_refuse(part, NULL, "no 'target'");
	return 0;
}

int campaign_copy_fault(const struct part *part, struct campaign *campaign, int index)
{
	cfg_t *cfg = part->cfg;
	const struct fault_preset *preset = find_preset(cfg_getstr(cfg, "preset"));
	struct fault_block *block = &campaign->block[index];

	*block = preset ? preset->block : (struct fault_block){0};
	CHECK(text_copy(block->name, sizeof(block->name), cfg_title(cfg)));
	if (copy_kind(part, preset, block) || refuse_idle_options(part, block))
		return -1;
	copy_words(cfg, !preset, block);
	copy_amounts(cfg, block);
	clear_idle(block);
	block->overlap = cfg_getbool(cfg, "overlap");
	return refuse_amounts(part, block) || copy_times(part, campaign, preset, block) ||
			       copy_lanes(part, block) ||
			       copy_following(part, campaign, index, block)
		       ? -1
		       : 0;
}
