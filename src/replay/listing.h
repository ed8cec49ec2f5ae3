/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said about a capture: a line of text for each event, or a JSON object a line.
 *
 * Every event has the number and time of the frame it belongs to, and the client's end of its
 * control connection. Texts are printable ASCII already (transcript.h).
 */
#ifndef FTPALGD_REPLAY_LISTING_H
#define FTPALGD_REPLAY_LISTING_H

#include "core/decide.h"

#include <stdio.h>

struct listing;

/* Where in the capture an event belongs. */
struct stamp {
	uint64_t frame;
	double seconds;                /* since the first frame */
	const struct endpoint *client; /* borrowed */
};

struct totals {
	uint64_t frames;
	uint64_t not_ip;     /* or cut off before it begins */
	uint64_t cut_short;  /* by the capture's snapshot length */
	uint64_t malformed;
	uint64_t sessions;
	uint64_t openings;
	uint64_t rewritten;
	uint64_t withheld;
	uint64_t dropped;
};

/* Writes to file, which stays the caller's. NULL when memory is short. */
struct listing *listing_new(FILE *file, bool json);
void listing_free(struct listing *r);

/* server_known: flow.server is more than the other end in the capture. */
void listing_session(struct listing *r, const struct stamp *at, const struct flow *flow,
		    bool server_known);
void listing_line(struct listing *r, const struct stamp *at, enum direction from, const char *text);

/* The line as it goes on. */
void listing_becomes(struct listing *r, const struct stamp *at, const char *text);
void listing_opening(struct listing *r, const struct stamp *at, const struct flow *flow,
		    bool server_known, const struct want *want);
void listing_data(struct listing *r, const struct stamp *at, const struct endpoint *source,
		 const struct endpoint *destination);
void listing_reasons(struct listing *r, const struct stamp *at, reason_set reasons);

/* Anything else: event is one word. */
void listing_event(struct listing *r, const struct stamp *at, const char *event, const char *text);

void listing_totals(struct listing *r, const struct totals *totals);

/* Returns 0, or -EIO or -ENOMEM when anything could not be written. */
int listing_finish(struct listing *r) __attribute__((warn_unused_result));

#endif
