/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The latest events of a worker, for those who ask what happened.
 *
 * A ring that overwrites its oldest: adding is a copy, and nothing ever waits for a reader.
 * Events are numbered from 0 on, so that a reader can go on where it was and sees how many it
 * has missed. Written and read in the worker's thread only (worker_call).
 */
#ifndef FTPALGD_TRAFFIC_HISTORY_H
#define FTPALGD_TRAFFIC_HISTORY_H

#include "core/decide.h"

#define HISTORY_SIZE 2048

/*
 * Events of one client that are taken in so many seconds: the history of the others then reaches back four
 * times as long at least.
 */
#define HISTORY_CLIENT_MAX (HISTORY_SIZE / 4)
#define HISTORY_CLIENT_SECONDS 60

/* As *next of history_read: nothing that has happened so far. */
#define HISTORY_LATEST UINT64_MAX

enum event_kind {
	EVENT_SESSION,   /* begun */
	EVENT_OPENING,
	EVENT_UNUSED,    /* nobody used that opening; of the flow the server may not be known */
	EVENT_REFUSAL,
	EVENT_ENCRYPTED, /* from here on its text is TLS */
	EVENT_ADJUSTED,  /* from here on its sequence numbers are corrected */
	EVENT_CLOSING,   /* goodbye was said */
	EVENT_KINDS,
};

struct event {
	uint64_t time; /* ms, monotonic */
	enum event_kind kind;
	enum reason reason; /* of EVENT_REFUSAL */
	int error;          /* likewise: what the kernel said, or 0 */
	struct want want;   /* of EVENT_OPENING, and of EVENT_UNUSED as far as it says what was announced */
	struct flow flow;
};

struct history {
	uint64_t count; /* of all events so far */
	struct event events[HISTORY_SIZE];
};

static inline void history_add(struct history *h, const struct event *e)
{
	h->events[h->count++ % HISTORY_SIZE] = *e;
}

/*
 * Copies events from number *next on, oldest first, and moves *next behind them. Returns their
 * number; what was overwritten meanwhile is passed over and added to *missed.
 */
size_t history_read(const struct history *h, uint64_t *next, struct event *out, size_t room,
		    uint64_t *missed);

/* "session", "opening", ... */
const char *event_name(enum event_kind kind);

#endif
