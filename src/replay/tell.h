/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a segment's passage says to people: its lines, what became of them, and why.
 */
#ifndef FTPALGD_REPLAY_TELL_H
#define FTPALGD_REPLAY_TELL_H

#include "replay/listing.h"
#include "replay/passage.h"

/* d: what was decided; table: of the session, after it was settled. */
void tell_passage(struct listing *listing, const struct passage *p, const struct decision *d,
		  const struct table *table);

/* A control connection shows itself. */
void tell_session(struct listing *listing, const struct passage *p);

/* What is left of a talk's lines when it is over; at belongs to its last frame. */
void tell_end(struct listing *listing, const struct stamp *at, struct talk *talk);

#endif
