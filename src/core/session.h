/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of one control connection.
 *
 * A session is a fixed-size record in a table. Most sessions never need more; one whose line is
 * unfinished or whose text was edited holds a splice per direction until the receiver has it all.
 */
#ifndef FTPALGD_CORE_SESSION_H
#define FTPALGD_CORE_SESSION_H

#include "core/flow.h"

/* Where in its line a stream stands. */
enum phase {
	PHASE_UNSEEN, /* no byte seen yet: next is not valid */
	PHASE_START,  /* at the start of a line */
	PHASE_KEPT,   /* in a line whose beginning is kept in the splice */
	PHASE_SKIP,   /* in a line that is of no interest */
};

struct stream {
	uint32_t next;      /* sender's sequence number behind the last byte read */
	uint32_t early;     /* start of a segment that was dropped because one before it is missing */
	uint16_t multiline; /* code of the multi-line reply that goes on, or 0 */
	uint8_t phase;
	uint8_t early_drops; /* in a row, of that segment */
};

/* The dialogue as far as it was read; decide makes the next one from it. */
struct dialogue {
	struct stream streams[DIRECTIONS];
	uint32_t opened_at;    /* seconds, of the latest opening */
	uint8_t unused;        /* openings since the last transfer began */
	uint8_t unanswered;    /* commands without their final reply */
	uint8_t pasv_pending;  /* among them, PASV commands without their 227 */
	uint8_t epsv_pending;
	bool refused;          /* among their replies so far is a refusal */
	bool auth_pending;
	bool active_pending;   /* an active connection was opened and no reply seen since */
	bool transfer_pending; /* a transfer was asked for that has neither begun nor been refused */
	bool encrypted;
	bool midway;       /* its beginning was not seen */
	bool transferring; /* a transfer has begun and its end was not seen */
	bool closing;
};

struct session {
	struct flow flow;
	struct dialogue dialogue;
	uint32_t splices[DIRECTIONS]; /* 0: none; the table's */
	uint32_t created;             /* seconds, monotonic */
	uint32_t seen;
	uint32_t openings;
	uint32_t newer, older; /* the table's list by age */
	uint32_t service;      /* index in the policy, as policy_find_again keeps it */
	uint32_t chained;      /* the next one in its bucket of the table's index */
	uint16_t busy;         /* packets of it that wait: the table keeps it meanwhile */
	bool blocked;          /* one of these waits for an opening, the others for it */
	bool adjusted;         /* all its packets must be seen, not only those with payload */
};

#endif
