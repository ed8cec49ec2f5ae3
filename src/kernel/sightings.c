/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sightings.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

static int make_room(struct sightings *s, size_t count)
{
	size_t room = s->room > 0 ? s->room : FIRST_ROOM;
	void *grown;

	while (room < count)
		room *= 2;
	if (room == s->room)
		return 0;
	grown = reallocarray(s->list, room, sizeof(*s->list));
	if (grown == NULL)
		return -ENOMEM;
	s->list = grown;
	s->room = room;
	return 0;
}

int sightings_add(struct sightings *s, const struct endpoint *e, size_t limit)
{
	int error = s->count < limit ? make_room(s, s->count + 1) : 0;

	if (error == 0 && s->count < limit)
		s->list[s->count++] = *e;
	return error;
}

int sightings_add_all(struct sightings *s, const struct sightings *other)
{
	int error = make_room(s, s->count + other->count);

	for (size_t i = 0; error == 0 && i < other->count; i++)
		s->list[s->count++] = other->list[i];
	return error;
}

static void sort(struct sightings *s)
{
	if (s->count > 0)
		qsort(s->list, s->count, sizeof(*s->list), endpoint_compare);
}

void sightings_settle(struct sightings *s)
{
	size_t kept = 0;

	sort(s);
	for (size_t i = 0; i < s->count; i++)
		if (i == 0 || !endpoint_equal(&s->list[i], &s->list[kept - 1]))
			s->list[kept++] = s->list[i];
	s->count = kept;
}

static uint64_t missing_since(const struct sightings *s, const struct endpoint *e, uint64_t now)
{
	const struct sighting_missing *m = NULL;

	if (s->missing_count > 0)
		m = bsearch(e, s->missing, s->missing_count, sizeof(*s->missing), endpoint_compare);
	return m != NULL ? m->since : now;
}

static bool has(const struct sightings *s, size_t count, const struct endpoint *e)
{
	return count > 0 && bsearch(e, s->list, count, sizeof(*e), endpoint_compare) != NULL;
}

int sightings_keep(struct sightings *s, const struct sightings *before, size_t limit, uint64_t now)
{
	const size_t seen = s->count;
	int error;

	if (before->count == 0)
		return 0;
	error = make_room(s, s->count + before->count);
	s->missing = error == 0 ? calloc(before->count, sizeof(*s->missing)) : NULL;
	if (s->missing == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < before->count && s->count < limit; i++) {
		const struct endpoint *e = &before->list[i];
		const uint64_t since = missing_since(before, e, now);

		if (now - since >= SIGHTINGS_GRACE_SECONDS || has(s, seen, e))
			continue;
		s->missing[s->missing_count++] = (struct sighting_missing){ *e, since };
		s->list[s->count++] = *e;
	}
	sort(s);
	return 0;
}

bool sightings_equal(const struct sightings *a, const struct sightings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!endpoint_equal(&a->list[i], &b->list[i]))
			return false;
	return true;
}

void sightings_free(struct sightings *s)
{
	free(s->list);
	free(s->missing);
	*s = (struct sightings){ 0 };
}
