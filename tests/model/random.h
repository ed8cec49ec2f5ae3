/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reproducible random numbers (splitmix64): a case is its seed. */
#ifndef FTPALGD_TESTS_MODEL_RANDOM_H
#define FTPALGD_TESTS_MODEL_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* From 0 to below. */
static inline uint32_t random_below(struct random *r, uint32_t below)
{
	return (uint32_t)((random_next(r) >> 32) * below >> 32);
}

static inline uint32_t random_between(struct random *r, uint32_t first, uint32_t last)
{
	return first + random_below(r, last - first + 1);
}

static inline bool random_chance(struct random *r, uint32_t percent)
{
	return random_below(r, 100) < percent;
}

#endif
