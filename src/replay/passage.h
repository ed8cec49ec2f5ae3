/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One segment of a capture on its way through the decision code.
 */
#ifndef FTPALGD_REPLAY_PASSAGE_H
#define FTPALGD_REPLAY_PASSAGE_H

#include "core/settle.h"
#include "replay/capture.h"
#include "replay/segment.h"
#include "replay/talk.h"

struct passage {
	struct frame frame;
	double seconds;         /* since the first frame */
	size_t ip;              /* where in the frame the packet begins */
	struct segment segment; /* as captured */
	struct packet given;    /* as the daemon would have met it */
	struct packet settled;  /* for VERDICT_REWRITE */
	struct outcome outcome;
	bool withheld;          /* nothing of it reaches its receiver yet */
	struct talk *talk;
	struct session *session;
	struct dialogue before; /* as it was when the segment came */
	enum direction from;
	unsigned int tries;     /* how often it went before */
	bool forced;            /* what is missing before it will not come */
	bool last;              /* it cannot be held any more */
};

#endif
