/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/history.h"

#include <assert.h>

static const char *const names[] = {
	[EVENT_SESSION] = "session",
	[EVENT_OPENING] = "opening",
	[EVENT_UNUSED] = "unused",
	[EVENT_REFUSAL] = "refusal",
	[EVENT_ENCRYPTED] = "encrypted",
	[EVENT_ADJUSTED] = "adjusted",
	[EVENT_CLOSING] = "closing",
};

static_assert(sizeof(names) / sizeof(names[0]) == EVENT_KINDS, "every event has its name");

const char *event_name(enum event_kind kind)
{
	return names[kind];
}

size_t history_read(const struct history *h, uint64_t *next, struct event *out, size_t room,
		    uint64_t *missed)
{
	size_t read = 0;

	if (*next == HISTORY_LATEST)
		*next = h->count;
	if (h->count > HISTORY_SIZE && *next < h->count - HISTORY_SIZE) {
		*missed += h->count - HISTORY_SIZE - *next;
		*next = h->count - HISTORY_SIZE;
	}
	while (read < room && *next < h->count)
		out[read++] = h->events[(*next)++ % HISTORY_SIZE];
	return read;
}
