/* Private to campaign*.c: what the readers of sections share. */
#ifndef CONDUCTOR_CAMPAIGN_READ_H
#define CONDUCTOR_CAMPAIGN_READ_H

#include <confuse.h>

#include "conductor/campaign.h"

/* Validators, for libconfuse's callbacks: 0, or -1 after cfg_error. */
const char *newest_text(cfg_opt_t *option);
int word_is_known(cfg_t *cfg, cfg_opt_t *option, const char *const *known);
int in_range(cfg_t *cfg, const cfg_opt_t *option, long value, long low, long high);
int valid_ms(cfg_t *cfg, cfg_opt_t *option);
int valid_span(cfg_t *cfg, cfg_opt_t *option);
int valid_section(cfg_t *cfg, cfg_opt_t *option);

#define WORD_VALIDATOR(name, known)                                                                \
	static int name(cfg_t *cfg, cfg_opt_t *option)                                             \
	{                                                                                          \
		return word_is_known(cfg, option, known);                                          \
	}

/* Getters of what was validated: a failure is a bug of ours. */
int index_of(const char *word, const char *const *known); /* -1: none */
int get_ms(cfg_t *cfg, const char *name);
struct span get_span(cfg_t *cfg, const char *name);
int get_word(cfg_t *cfg, const char *name, const char *const *known);

/* Sections in files of their own. */
extern cfg_opt_t campaign_fault_options[];
void campaign_fault_validators(cfg_t *cfg);
/* Number `index` of the blocks; the arms must have been read. */
int campaign_copy_fault(cfg_t *cfg, struct campaign *campaign, int index, struct error *err);

#endif
