/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints that somebody looks for again and again: what a look found, in order and each once, and
 * for a while what an earlier one found and this one did not.
 */
#ifndef FTPALGD_KERNEL_SIGHTINGS_H
#define FTPALGD_KERNEL_SIGHTINGS_H

#include "core/endpoint.h"

#define SIGHTINGS_GRACE_SECONDS 10

struct sighting_missing {
	struct endpoint endpoint;
	uint64_t since; /* seconds */
};

struct sightings {
	size_t count;
	struct endpoint *list; /* sorted once they are settled, the missing ones among them */
	size_t missing_count;
	struct sighting_missing *missing; /* sorted */
	size_t room;                      /* of list */
};

/* Adds one; what is over the limit is left out. Returns 0 or -ENOMEM. */
int sightings_add(struct sightings *s, const struct endpoint *e, size_t limit)
	__attribute__((warn_unused_result));

/* Adds all of another. */
int sightings_add_all(struct sightings *s, const struct sightings *other)
	__attribute__((warn_unused_result));

/* Sorts them and takes doubles out: due once all have been added. */
void sightings_settle(struct sightings *s);

/*
 * Adds to what has just been seen, up to the limit, what was seen before and has been missing for
 * less than SIGHTINGS_GRACE_SECONDS. Both are settled. now: seconds of a clock that never goes back.
 * Returns 0 or -ENOMEM.
 */
int sightings_keep(struct sightings *s, const struct sightings *before, size_t limit, uint64_t now)
	__attribute__((warn_unused_result));

/* Whether they are the same endpoints, missing or not. */
bool sightings_equal(const struct sightings *a, const struct sightings *b);

void sightings_free(struct sightings *s);

#endif
