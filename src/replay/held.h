/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments that were not passed on, or not whole, and that their sender would send again.
 *
 * In a capture nobody does: the network delivered them. So they are kept, and played again when
 * the gap before them is filled or when the other side's acknowledgement made room. A talk keeps
 * HELD_MAX at most and all of them together HELD_BYTES_MAX; each is played HELD_TRIES_MAX times.
 */
#ifndef FTPALGD_REPLAY_HELD_H
#define FTPALGD_REPLAY_HELD_H

#include "core/flow.h"
#include "replay/capture.h"

#include <sys/queue.h>

#define HELD_MAX 32
#define HELD_TRIES_MAX 32
#define HELD_BYTES_MAX ((size_t)32 << 20)

enum held_why {
	HELD_EARLY,  /* bytes before it were missing */
	HELD_UNREAD, /* it was dropped, or read in part */
	HELD_CUT,    /* it was read, but had no room for all that it became */
};

struct held {
	TAILQ_ENTRY(held) by_age;
	struct frame frame; /* bytes point behind this struct */
	enum direction from;
	uint32_t seq;
	uint32_t end;
	unsigned int tries;
	enum held_why why;
};

TAILQ_HEAD(held_list, held);

/* All that is held anywhere. */
struct held_account {
	size_t bytes;
};

struct held_queue {
	struct held_list list;
	size_t count;
};

void held_init(struct held_queue *q);

/* Copies the frame. Returns it, or NULL when a limit is reached or memory is short. */
struct held *held_add(struct held_queue *q, struct held_account *account,
		      const struct frame *frame, enum direction from);

/* Takes it out of the queue without freeing it. */
void held_take(struct held_queue *q, struct held *h);

/* Frees one that was taken out. */
void held_free(struct held_account *account, struct held *h);

#endif
