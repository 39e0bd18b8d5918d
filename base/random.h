/*
 * Randomness comes from the campaign's seed, through one named stream per actor ("worker/none/0/2",
 * "nemesis/pause-holder"), so that one more actor does not shift what the others draw.
 * Generator: xoshiro256** seeded by splitmix64 (Blackman & Vigna, prng.di.unimi.it).
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random_stream {
	uint64_t state[4];
};

struct random_stream random_open(uint64_t seed, const char *actor);
uint64_t random_next(struct random_stream *stream);

/* Uniform in [low, high], both included; low <= high. */
int64_t random_between(struct random_stream *stream, int64_t low, int64_t high);

/* A seed from the operating system, for a campaign that names none; never 0, and below 2^53 so that
 * it survives every JSON reader. */
uint64_t random_draw_seed(void);

#endif
