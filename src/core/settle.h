/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries a decision out on the session and on the packet's bytes, once its wants are answered.
 */
#ifndef FTPALGD_CORE_SETTLE_H
#define FTPALGD_CORE_SETTLE_H

#include "core/decide.h"
#include "core/table.h"

enum verdict {
	VERDICT_ACCEPT,  /* the packet goes on as it is */
	VERDICT_REWRITE, /* the bytes in the outcome take its place */
	VERDICT_DROP,
};

/* The ports of a passive opening that a later one of the session has taken the place of. */
struct replaced {
	uint16_t shown, target;
	bool unused; /* nobody had used it, and it was taken back: set by the engine */
};

struct outcome {
	enum verdict verdict;
	size_t size;        /* of the bytes, for VERDICT_REWRITE */
	bool forgotten;     /* dropped as if it had never come: its openings are to be taken back */
	bool adjust;        /* from now on every packet of the session must be seen */
	reason_set reasons; /* in addition to the decision's */
	size_t replaced_count;
	struct replaced replaced[SPLICE_EDITS]; /* unless they were used, to be taken back */
};

/* A packet never grows beyond this size by an edit, or beyond its own where that is larger. */
#define SETTLE_GROWTH_LIMIT 1280

/*
 * at is what was given to decide, d what it said, with made and port of every want filled in.
 * session and table are changed. buffer takes the new packet; PACKET_SIZE_MAX bytes suffice.
 */
void settle(const struct situation *at, struct decision *d, struct table *table,
	    struct session *session, uint8_t *buffer, size_t capacity, struct outcome *outcome);

#endif
