/*
 * Every option that a campaign can have, as one row each (options.c): from it come its parsing, its
 * limits, where its value lies, the printed campaign, the plan of a fault and the tables of the
 * documentation. A new option is a field and its row.
 */
#ifndef CAMPAIGN_OPTIONS_H
#define CAMPAIGN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "campaign/campaign.h"

enum option_type {                 /* and the field that it fills */
		   OPTION_WHOLE,   /* int */
		   OPTION_SEED,    /* uint64_t */
		   OPTION_DECIMAL, /* double; three decimals */
		   OPTION_FLAG,    /* bool; of two `words`, or true and false */
		   OPTION_WORD,    /* an enum, in the order of `words` */
		   OPTION_TARGET,  /* the same, or a host's name (fault_block.host) */
		   OPTION_BLOCK,   /* int: number of an earlier block from 1; 0: none */
		   OPTION_MS,      /* int */
		   OPTION_SECONDS, /* int; whole ones */
		   OPTION_TIME,    /* int of milliseconds; may be said in TTLs of the first arm */
		   OPTION_RANGE,   /* two ints of milliseconds, one after the other */
		   OPTION_SPAN,    /* struct span */
		   OPTION_TEXT,    /* char[size] */
		   OPTION_WHOLES,  /* int[], and their number elsewhere */
		   OPTION_TEXTS,   /* char[][size], and their number elsewhere */
};

/* What an option may need beside the kind of a fault (enum fault_use), to mean anything. */
enum {
	NEEDS_CLOCK = 1 << 16,   /* the block comes by the clock */
	NEEDS_LEADER = 1 << 17,  /* it follows another */
	NEEDS_MEMBERS = 1 << 18, /* a cluster of our own, not one that runs already */
	NEEDS_RECIPE = 1 << 19,  /* a client of ours, no adapter */
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset, size;  /* the field, or its first element; size 0: no value is kept */
	size_t count;         /* of a list: where its number of elements lies */
	size_t of_kind;       /* where the kind of the fault has the default; 0: it has none */
	const char *standard; /* the default, as text; NULL: it must be said */
	double low, high;     /* of numbers and lengths (ms); a decimal is more than `low` */
	const char *const *words;
	uint32_t needs; /* one of enum fault_use, or of the above; 0: nothing */
	bool quiet;     /* zero, false and empty are not printed */
	/* Of a text in place of its size, else beside the limits. The error says how it must be. */
	int (*check)(const struct option *option, const char *text, struct error *err);
	/* Of a list: one more, which was checked. `base` is what holds the fields. */
	int (*add)(void *base, const char *text, struct error *err);
	const char *takes; /* for the documentation, where type and limits do not tell; NULL */
	const char *means; /* a sentence or two for the documentation, in Markdown */
};

struct option_section {
	const char *name;             /* of its blocks; of the top libconfuse's own word for it */
	const struct option *options; /* end with a NULL name */
	int most;                     /* so many blocks of it */
	/* Names of blocks that stand for something else; NULL: its blocks have none. */
	const char *const *reserved;
};

enum section { SECTION_TOP, SECTION_CLUSTER, SECTION_ARM, SECTION_FAULT, SECTIONS };
extern const struct option_section option_sections[SECTIONS];

/* There must be one of that name. */
const struct option *option_find(enum section section, const char *name);

/* False for one that would mean nothing where it stands, such as the `shape` of a pause. */
bool option_is_meant(const struct option *option, uint32_t there);
/* What nobody says of a fault is its kind's own; the option has of_kind. */
void option_set_to_kinds(const struct option *option, struct fault_block *block);
/* Word number `word` of an OPTION_WORD. */
void option_set_word(const struct option *option, int word, void *base);

/* What there is of enum fault_use and of NEEDS. */
uint32_t cluster_needs(const struct cluster_options *cluster);
uint32_t arm_needs(const struct arm *arm);
uint32_t fault_needs(const struct fault_block *block);

/* Prints "`percent = 20`, `length`": the options that the kind takes, with the defaults that are
 * its own. */
void fault_list_options(FILE *out, enum fault_kind kind);

#endif
