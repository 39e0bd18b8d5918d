/* Private to the room: what the readers of a campaign's sections share. */
#ifndef CAMPAIGN_READ_H
#define CAMPAIGN_READ_H

#include <confuse.h>

#include "campaign/campaign.h"
#include "campaign/source.h"

/* libconfuse's callbacks carry no context: this is what they are about. A campaign is read by one
 * thread at a time. */
struct reader {
	struct source source;
	struct error *err;
	int sections;                                           /* closed so far */
	int clusters, arms, faults;                             /* of which kind they were */
	int arm_block[ARMS_MAX], fault_block[FAULT_BLOCKS_MAX]; /* as source_line counts them */
	int cluster_block;
};

/* From here on the callbacks report to this reader; NULL ends it. */
void reader_set(struct reader *reader);
void reader_note_error(cfg_t *cfg, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* A section that was parsed and is copied. */
struct part {
	cfg_t *cfg;
	const struct reader *reader;
	int block;        /* -1: the top */
	const char *what; /* "fault"; its title stands in cfg */
};

/* Fills the reader's error with the place of the option, or that of the section. Returns -1. */
int part_refuse(const struct part *part, const char *option, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Validators, for libconfuse's callbacks: 0, or -1 after cfg_error. */
const char *newest_text(cfg_opt_t *option);
int word_is_known(cfg_t *cfg, cfg_opt_t *option, const char *const *known);
int in_range(cfg_t *cfg, const cfg_opt_t *option, long value, long low, long high);
int valid_ms(cfg_t *cfg, cfg_opt_t *option);
int valid_span(cfg_t *cfg, cfg_opt_t *option);
int valid_section(cfg_t *cfg, cfg_opt_t *option);
int valid_text(cfg_t *cfg, cfg_opt_t *option, size_t size); /* plain, and it fits */

/* Decimal numbers, and nothing that libconfuse would take for one ("010" as 8, "1e9"). */
int parse_whole(cfg_t *cfg, cfg_opt_t *option, const char *value, void *number);
int parse_decimal(cfg_t *cfg, cfg_opt_t *option, const char *value, void *number);

#define WORD_VALIDATOR(name, known)                                                                \
	static int name(cfg_t *cfg, cfg_opt_t *option)                                             \
	{                                                                                          \
		return word_is_known(cfg, option, known);                                          \
	}

/* Getters of what was validated: a failure is a bug of ours. */
int get_ms(cfg_t *cfg, const char *name);
struct span get_span(cfg_t *cfg, const char *name);
int get_word(cfg_t *cfg, const char *name, const char *const *known);
bool is_written(cfg_t *cfg, const char *name);

/* Sections in files of their own. */
extern cfg_opt_t campaign_fault_options[];
void campaign_fault_validators(cfg_t *cfg);
/* Number `index` of the blocks; the arms must have been read. */
int campaign_copy_fault(const struct part *part, struct campaign *campaign, int index);

extern cfg_opt_t campaign_cluster_options[];
void campaign_cluster_validators(cfg_t *cfg);
int campaign_copy_cluster(const struct part *part, struct campaign *campaign);

#endif
