/* Private to the room: what libconfuse has read of a campaign, section by section. */
#ifndef CAMPAIGN_READ_H
#define CAMPAIGN_READ_H

#include <confuse.h>

#include "campaign/options.h"
#include "campaign/source.h"

struct reader {
	struct source source;
	struct error *err;
	cfg_t *cfg;
	int all_blocks, blocks[SECTIONS];      /* closed so far */
	int block[SECTIONS][FAULT_BLOCKS_MAX]; /* which of all, as source_line counts them */
};

/* Reads reader->source, and judges each value by the row of its option. A campaign is read by one
 * thread at a time. reader_close frees what was read, and the source. */
int reader_parse(struct reader *reader);
void reader_close(struct reader *reader);

/* A block, or the top, that was parsed and is copied. */
struct part {
	cfg_t *cfg;
	const struct reader *reader;
	enum section section;
	int block;     /* -1: nowhere */
	int line;      /* where it begins; 0 */
	cfg_t *preset; /* says what the block does not; NULL */
	int ttl_s;     /* of a fault: the TTL that its times count in */
};

/* The preset that the part's block begins with, read as such a block is, and the part's from now
 * on. False: "none", and nothing to close. */
bool part_open_preset(struct part *part, struct reader *reader);

/* Number `number` of its blocks; of a cluster that is not written its defaults. */
struct part reader_part(const struct reader *reader, enum section section, int number);

/* Fills the reader's error with the place of the option, or that of the section. Returns -1. */
int part_refuse(const struct part *part, const char *option, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What is said of it, or else what holds; NULL: nothing. */
const char *part_text(const struct part *part, const char *option);
bool part_is_written(const struct part *part, const char *option);

/* The first option that is written and needs one of `needs`, which is not there; or NULL. */
const struct option *part_find_idle(const struct part *part, uint32_t needs, uint32_t there);

/* Puts the values of all options that need no more than what is there into `base`. */
int part_copy(const struct part *part, uint32_t there, void *base);

/* A fault block (fault_block.c), as number `index` of the campaign's; its arms have been read. */
int part_copy_fault(struct part *part, struct campaign *campaign, int index);

#endif
