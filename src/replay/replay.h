/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's decisions over a capture.
 *
 * Every frame goes through: link header, packet, talk (who is who), decide, openings, settle, and out.
 * A capture does not react to what is decided. Where that matters its two ends are imitated: they
 * acknowledge what they would have got (view.h), and send again what was dropped (held.h).
 * Memory is bounded: talks, held segments and openings have their limits.
 */
#ifndef FTPALGD_REPLAY_REPLAY_H
#define FTPALGD_REPLAY_REPLAY_H

#include "core/policy.h"
#include "replay/capture.h"
#include "replay/listing.h"
#include "replay/roles.h"

struct replay;

/* Connections known at a time, by default. */
#define REPLAY_TALKS 65536

struct replay_plan {
	int linktype;
	const struct roles *roles;
	const struct service *service; /* how all services behave; its address and servers are not used */
	struct port_range server_ports; /* the range of every real server; first 0: none is named */
	bool live;                     /* a gateway was at work when the capture was taken */
	size_t talks;                  /* connections known at a time, at least 1 */
	struct listing *listing;
	struct capture_writer *writer; /* or NULL */
};

/* What the plan points to is borrowed. NULL when memory is short. */
struct replay *replay_new(const struct replay_plan *plan);

/* Any bytes of any size may be given. */
void replay_frame(struct replay *r, const struct frame *frame);

/* Says what is left to say, fills in the totals, and frees the replay. */
void replay_finish(struct replay *r, struct totals *totals);

#endif
