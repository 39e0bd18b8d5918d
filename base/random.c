#include "base/random.h"

#include <sys/random.h>

#include "base/invariant.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

struct random_stream random_open(uint64_t seed, const char *actor)
{
	struct random_stream stream;
	uint64_t mix = seed ^ fnv1a(actor);

	stream.state[0] = splitmix(&mix);
	stream.state[1] = splitmix(&mix);
	stream.state[2] = splitmix(&mix);
	stream.state[3] = splitmix(&mix);
	return stream;
}

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t random_next(struct random_stream *stream)
{
	uint64_t *s = stream->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

int64_t random_between(struct random_stream *stream, int64_t low, int64_t high)
{
	CHECK(low <= high);
	uint64_t span = (uint64_t)high - (uint64_t)low + 1;

	if (span == 0) /* the whole range of int64_t */
		return (int64_t)random_next(stream);
	/* Rejection keeps it uniform: draws past the last whole multiple of span are drawn again.
	 */
	uint64_t limit = UINT64_MAX - UINT64_MAX % span;
	uint64_t draw;

	do
		draw = random_next(stream);
	while (draw >= limit);
	return (int64_t)((uint64_t)low + draw % span);
}

uint64_t random_draw_seed(void)
{
	uint64_t seed = 0;

	while (seed == 0) {
		CHECK(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
		seed &= (UINT64_C(1) << 53) - 1;
	}
	return seed;
}
