/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of one control connection.
 *
 * A session is a fixed-size record in a table. Most sessions never need more; one whose line is
 * unfinished or whose text was edited holds a splice per direction until the receiver has it all.
 */
#ifndef FTPALGD_CORE_SESSION_H
#define FTPALGD_CORE_SESSION_H

#include "core/dialogue.h"

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
	uint16_t journal_slot; /* 0: none; the journal's */
	uint16_t busy;         /* packets of it that wait: the table keeps it meanwhile */
	bool blocked;          /* one of these waits for an opening, the others for it */
	bool adjusted;         /* all its packets must be seen, not only those with payload */
};

#endif
